package objects

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"
)

// unnamed is an error whose text does not tell a file's name.
type unnamed struct {
	error
	names []string
}

// GivenID is the id in the key of an upload that the tracker gave, uploads/{project}/{owner}/{id}/file; "" of all others.
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

// Unnamed is an error about an object without the file's name, for people name files after people: where somebody put a file at
// uploads/{project}/{owner}/… themselves, what they called it may stand in any error about it, also as it is escaped in
// addresses. Of all other keys, which the tracker gave, the error is left as it is.
func Unnamed(key string, err error) error {
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
	return &unnamed{err, slices.DeleteFunc(names, func(name string) bool { return name == "" })}
}

func (u *unnamed) Error() string {
	told := u.error.Error()
	for _, name := range u.names {
		told = strings.ReplaceAll(told, name, "…")
	}
	return told
}

func (u *unnamed) Unwrap() error { return u.error }
