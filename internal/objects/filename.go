package objects

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"
)

// errorWithoutFileName is an error whose text does not contain a file's name.
type errorWithoutFileName struct {
	error
	names []string
}

// GivenID returns the upload's id in a key that the tracker has chosen, uploads/{project}/{owner}/{id}/file, and "" for
// all other keys.
func GivenID(key string) string {
	parts := strings.Split(key, "/")
	if len(parts) != 5 || parts[0] != "uploads" || parts[4] != "file" {
		return ""
	}
	if _, err := ulid.ParseStrict(parts[3]); err != nil {
		return ""
	}
	return parts[3]
}

// WithoutFileName removes the file's name from an error about an object, as names of files may contain names of people:
// an error about a file that a partner put at uploads/{project}/{owner}/… may contain its name, in plain text or
// escaped. An error about any other key is returned as it is.
func WithoutFileName(key string, err error) error {
	parts := strings.Split(key, "/")
	if err == nil || len(parts) < 4 || parts[0] != "uploads" || GivenID(key) != "" {
		return err
	}
	var names []string
	for _, name := range append(parts[3:], strings.Join(parts[3:], "/")) {
		quoted := strconv.Quote(name)
		escaped := url.QueryEscape(name)
		spaced := strings.ReplaceAll(escaped, "+", "%20")
		names = append(names, name, quoted[1:len(quoted)-1], url.PathEscape(name), escaped, spaced, strings.ReplaceAll(spaced, "%2F", "/"))
	}
	// The longest first: a folder's name may be a part of a file's.
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	return &errorWithoutFileName{err, slices.DeleteFunc(names, func(name string) bool { return name == "" })}
}

func (u *errorWithoutFileName) Error() string {
	text := u.error.Error()
	for _, name := range u.names {
		text = strings.ReplaceAll(text, name, "…")
	}
	return text
}

func (u *errorWithoutFileName) Unwrap() error { return u.error }
