package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/schema"
	"outreach/internal/table"
)

// MostAnswer is the longest answer given at once, in bytes; a longer one waits at a pre-signed address.
const MostAnswer = 4 << 20

// Limit is how many items of a list are wanted: 1 to 200, else 50.
func (c *Call) Limit() int { return c.LimitOr(50, 200) }

// LimitOr returns how many items the address asks for, 1 to most, else usual.
func (c *Call) LimitOr(usual, most int) int {
	n, err := strconv.Atoi(c.URL.Query().Get("limit"))
	if err != nil || n < 1 || n > most {
		return usual
	}
	return n
}

// Cursor is where a list goes on.
func (c *Call) Cursor() string { return c.URL.Query().Get("cursor") }

// Activity is the activity to which a list is narrowed, "" where it is not. One that no version of
// the definition named is an error.
func (c *Call) Activity() (string, error) {
	asked := c.URL.Query().Get("activity")
	ids := c.Defined.ActivityIDs()
	if asked != "" && !slices.Contains(ids, asked) {
		return "", Invalid(schema.Problem{Field: "activity", Code: schema.NotInList, Args: map[string]string{"list": strings.Join(ids, ", ")}})
	}
	return asked, nil
}

// NextAddress is the page's address with another cursor, "" at the end of the list.
func (c *Call) NextAddress(next string) string {
	if next == "" {
		return ""
	}
	query := c.URL.Query()
	query.Set("cursor", next)
	return (&url.URL{Path: c.URL.Path, RawQuery: query.Encode()}).String()
}

// JSON answers a program.
func (c *Call) JSON(status int, value any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	return c.send(status, "application/json", "", b.Bytes())
}

// List answers a program with a page of a list.
func (c *Call) List(items any, next string) error {
	cursor := &next
	if next == "" {
		cursor = nil
	}
	return c.JSON(http.StatusOK, map[string]any{"items": items, "next": cursor})
}

// Download answers with a file.
func (c *Call) Download(contentType, filename string, body []byte) error {
	return c.send(http.StatusOK, contentType, fmt.Sprintf("attachment; filename=%q", filename), body)
}

func (c *Call) send(status int, contentType, disposition string, body []byte) error {
	if len(body) > MostAnswer && c.Site.DB.Objects != nil {
		return c.lend(contentType, disposition, body)
	}
	h := c.W.Header()
	h.Set("Content-Type", contentType)
	if disposition != "" {
		h.Set("Content-Disposition", disposition)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.W.WriteHeader(status)
	_, err := c.W.Write(body)
	return err
}

// lend keeps a long answer among the objects for a while, and sends the reader there.
func (c *Call) lend(contentType, disposition string, body []byte) error {
	key := "answers/" + c.Project + "/" + c.Site.DB.NewID()
	if err := c.Site.DB.Objects.Put(c.Context(), key, bytes.NewReader(body), contentType); err != nil {
		return err
	}
	return c.Lend(key, contentType, disposition)
}

// Lend sends the reader to an object by a short-lived pre-signed address.
func (c *Call) Lend(key, contentType, disposition string) error {
	header := http.Header{"Content-Type": {contentType}}
	if disposition != "" {
		header.Set("Content-Disposition", disposition)
	}
	to, err := c.Site.DB.Objects.PresignGet(c.Context(), key, header, 5*time.Minute)
	if err != nil {
		return err
	}
	return c.Redirect(to)
}

// All reads every page of a list, for exports.
func All[T any](read func(cursor string) (table.PageOf[T], error)) ([]T, error) {
	var all []T
	cursor := ""
	for {
		page, err := read(cursor)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
}
