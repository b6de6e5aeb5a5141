package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"outreach/internal/schema"
	"outreach/internal/store"
)

// Limits of what is sent.
const (
	MostBody = 1 << 20 // bytes of a JSON body or form
	MostKey  = 255     // characters of an idempotency key
)

// Fields of forms that are not fields of what is sent.
const (
	formKey     = "idempotency_key"
	formMethod  = "_method"
	formVersion = "_if_match"
)

// Body is what was sent, read once.
type Body struct {
	Given schema.Given
	Form  bool       // a web form: all values are texts as people write them
	Typed url.Values // the form as typed, to be shown again
	Once  store.Once

	method, version string
}

// Read reads a JSON object or a web form. An empty body is an empty object.
func (c *Call) Read() (Body, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(c.W, c.Request.Body, MostBody))
	if err != nil {
		return Body{}, err
	}
	if !utf8.Valid(raw) {
		return Body{}, &Error{Status: http.StatusBadRequest, Detail: "not_utf8"}
	}
	body := Body{Given: schema.Given{}}
	key := c.Header.Get("Idempotency-Key")
	kind := c.Header.Get("Content-Type")
	media, _, _ := mime.ParseMediaType(kind)
	switch {
	case len(bytes.TrimSpace(raw)) == 0:
		body.Form = media == "application/x-www-form-urlencoded"
	case isJSON(kind):
		if err := readJSON(raw, &body.Given); err != nil {
			return body, err
		}
	case media == "application/x-www-form-urlencoded":
		body.Form = true
		if body.Typed, err = url.ParseQuery(string(raw)); err != nil {
			return body, &Error{Status: http.StatusBadRequest, Detail: "not_a_form"}
		}
		for name, values := range body.Typed {
			value := values[len(values)-1]
			switch name {
			case formKey:
				if key == "" {
					key = value
				}
			case formMethod:
				body.method = strings.ToUpper(value)
			case formVersion:
				body.version = value
			default:
				body.Given[name] = value
			}
		}
	default:
		return body, &Error{Status: http.StatusUnsupportedMediaType}
	}
	if utf8.RuneCountInString(key) > MostKey {
		return body, Invalid(schema.Problem{Field: "Idempotency-Key", Code: schema.TooLong, Args: map[string]string{"longest": strconv.Itoa(MostKey), "length": strconv.Itoa(utf8.RuneCountInString(key))}})
	}
	body.Once = c.Site.DB.Once(c.Project, c.Method+" "+c.URL.Path, c.Who.Subject, key, raw)
	return body, nil
}

func readJSON(raw []byte, given *schema.Given) error {
	bad := &Error{Status: http.StatusBadRequest, Detail: "not_json"}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return bad
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return bad
	}
	object, ok := value.(map[string]any)
	if !ok {
		return &Error{Status: http.StatusBadRequest, Detail: "not_an_object"}
	}
	*given = object
	return nil
}

// Method is what the sender means: a browser's form can only POST, and says PUT or DELETE in a field.
func (b Body) Method(c *Call) string {
	if c.Request.Method == http.MethodPost && b.Form && b.method != "" {
		return b.method
	}
	return c.Request.Method
}

// IfMatch is the version that the sender means to change, "" for any.
func (b Body) IfMatch(c *Call) string {
	if v := c.Header.Get("If-Match"); v != "" {
		return v
	}
	return b.version
}

// Take removes a field that is the caller's own and gives its text.
func (b Body) Take(name string) string {
	value, _ := b.Given[name].(string)
	delete(b.Given, name)
	return strings.TrimSpace(value)
}

// Values are the form's fields as typed, for showing it again.
func (b Body) Values() map[string]string {
	out := map[string]string{}
	for name, value := range b.Given {
		if text, ok := value.(string); ok {
			out[name] = text
		}
	}
	return out
}

func isJSON(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// quality is how much an Accept header wants a media type, 0 to 1.
func quality(accept, media string) float64 {
	best, exact := 0.0, false
	for part := range strings.SplitSeq(accept, ",") {
		name, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if major, _, _ := strings.Cut(media, "/"); err != nil || name != media && name != major+"/*" {
			continue
		}
		q := 1.0
		if given, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(given, 64); err != nil {
				q = 0
			}
		}
		best, exact = max(best, q), true
	}
	if !exact {
		return 0
	}
	return best
}
