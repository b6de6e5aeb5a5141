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
	"outreach/internal/store"
)

// MostAnswer is the longest response body in bytes; a longer one is stored and the client redirected to a pre-signed
// URL.
const MostAnswer = 4 << 20

// Limit returns the page size that the query asks for: 1 to 200, or 50 for any other value or none.
func (c *Call) Limit() int { return c.LimitOr(50, 200) }

// LimitOr returns the page size that the query asks for: 1 to most, or usual for any other value or none.
func (c *Call) LimitOr(usual, most int) int {
	n, err := strconv.Atoi(c.URL.Query().Get("limit"))
	if err != nil || n < 1 || n > most {
		return usual
	}
	return n
}

// Cursor returns the query's cursor, "" for the first page.
func (c *Call) Cursor() string { return c.URL.Query().Get("cursor") }

// Offset returns the query's cursor where it is an index in a list, 0 for the first page. It fails with 400 for any
// other cursor.
func (c *Call) Offset() (int, error) {
	cursor := c.Cursor()
	if cursor == "" {
		return 0, nil
	}
	from, err := strconv.Atoi(cursor)
	if err != nil || from < 0 {
		return 0, &Error{Status: http.StatusBadRequest, Detail: "cursor"}
	}
	return from, nil
}

// Activity returns the activity that the query filters by, "" if it has none. It fails with 422 for an id that is in no
// version of the definition.
func (c *Call) Activity() (string, error) {
	asked := c.URL.Query().Get("activity")
	ids := c.Defined.ActivityIDs()
	if asked != "" && !slices.Contains(ids, asked) {
		return "", Invalid(schema.Problem{Field: "activity", Code: schema.NotInList, Args: map[string]string{"list": strings.Join(ids, ", ")}})
	}
	return asked, nil
}

// NextAddress returns the request's URL with another cursor, "" if next is "" (the end of the list).
func (c *Call) NextAddress(next string) string {
	if next == "" {
		return ""
	}
	query := c.URL.Query()
	query.Set("cursor", next)
	return (&url.URL{Path: c.URL.Path, RawQuery: query.Encode()}).String()
}

// JSON responds with a value as JSON.
func (c *Call) JSON(status int, value any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	return c.send(status, "application/json", "", b.Bytes())
}

// List responds with a page of a list as JSON; next is the cursor of the following page, "" at the end.
func (c *Call) List(items any, next string) error {
	cursor := &next
	if next == "" {
		cursor = nil
	}
	return c.JSON(http.StatusOK, map[string]any{"items": items, "next": cursor})
}

// Download responds with a file to be saved under a name.
func (c *Call) Download(contentType, filename string, body []byte) error {
	return c.send(http.StatusOK, contentType, fmt.Sprintf("attachment; filename=%q", filename), body)
}

func (c *Call) send(status int, contentType, disposition string, body []byte) error {
	if len(body) > MostAnswer && c.Site.DB.Objects != nil {
		return c.store(contentType, disposition, body)
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

// store puts a long response into object storage, from which it expires, and redirects to it.
func (c *Call) store(contentType, disposition string, body []byte) error {
	key := store.AnswerObject(c.Project, c.Site.DB.NewID())
	if err := c.Site.DB.Objects.Put(c.Context(), key, bytes.NewReader(body), contentType); err != nil {
		return err
	}
	return c.RedirectToObject(key, contentType, disposition)
}

// RedirectToObject redirects to a stored object by a pre-signed URL that is valid for five minutes.
func (c *Call) RedirectToObject(key, contentType, disposition string) error {
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
