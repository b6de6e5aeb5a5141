package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"outreach/internal/schema"
	"outreach/internal/store"
)

// Limits of requests.
const (
	MostBody = 1 << 20 // bytes of a JSON body or form
	MostKey  = 255     // characters of an idempotency key

	// MostFormFiles is the most bytes of a form with files, without JavaScript: what a function may be sent.
	MostFormFiles = 4 << 20

	mostDepth  = 16      // levels of a JSON body
	mostFields = 1000    // of a JSON body itself; those after them are counted, and not kept
	mostValues = 10_000  // of a JSON body or a form
	mostQuery  = 8 << 10 // bytes
	mostAccept = 4 << 10 // bytes of the header Accept that are read
)

// Form fields that carry request headers or the method, and are not part of the record.
const (
	formKey     = "idempotency_key"
	formMethod  = "_method"
	formVersion = "_if_match"
)

// Body is a parsed request body. Its texts are without invisible characters, such as those that turn the direction of
// what follows.
type Body struct {
	Given schema.Given
	Form  bool            // a web form: all values are strings as typed
	Typed url.Values      // all fields of the form as typed
	Once  store.Once      // the request's idempotency key and fingerprint
	Files map[string]File // the files of a form, by field; see ReadWithFiles

	method, version string
}

// Read parses the request's body, a JSON object or a web form, in which the values of a field whose name ends with []
// are joined by |; an empty body is an empty object. It consumes the body, so it may be called once. It fails with 400
// for a body that is not UTF-8, not an object, not a form or nested too deeply, 413 above MostBody bytes or mostValues
// values, 415 for another media type, and 422 for an idempotency key of more than MostKey characters.
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
		if body.Given, c.unread, err = readJSON(raw, c.isField); err != nil {
			return body, err
		}
	case media == "application/x-www-form-urlencoded":
		body.Form = true
		if bytes.Count(raw, []byte{'&'}) >= mostValues {
			return body, tooManyValues()
		}
		if body.Typed, err = url.ParseQuery(string(raw)); err != nil {
			return body, &Error{Status: http.StatusBadRequest, Detail: "not_a_form"}
		}
	default:
		return body, &Error{Status: http.StatusUnsupportedMediaType}
	}
	err = c.complete(&body, key, raw)
	return body, err
}

// complete makes Given of the fields of a form, but for those that carry headers or the method, and sets the
// idempotency key, which is that of the header or else of the form, and the fingerprint.
func (c *Call) complete(body *Body, key string, fingerprint []byte) error {
	for name, values := range body.Typed {
		for i := range values {
			values[i] = visible(values[i])
		}
		value := values[len(values)-1]
		switch name {
		case formKey:
			key = cmp.Or(key, value)
		case formMethod:
			body.method = strings.ToUpper(value)
		case formVersion:
			body.version = value
		default:
			name = visible(name)
			if several, ok := strings.CutSuffix(name, "[]"); ok {
				name, value = several, strings.Join(values, "|")
			}
			body.Given[name] = value
		}
	}
	if err := CheckKey(key); err != nil {
		return err
	}
	body.Once = c.Site.DB.Once(c.Project, body.Method(c)+" "+c.URL.Path, c.Caller.Subject, key, fingerprint)
	return nil
}

// CheckKey returns an error with status 422 for an idempotency key of more than MostKey characters.
func CheckKey(key string) error {
	length := utf8.RuneCountInString(key)
	if length <= MostKey {
		return nil
	}
	return Invalid(schema.Problem{Field: "Idempotency-Key", Code: schema.TooLong, Args: map[string]string{"longest": strconv.Itoa(MostKey), "length": strconv.Itoa(length)}})
}

// File is a file of a form.
type File struct {
	Name    string // without folders and without characters that are special in a header
	Content []byte
}

// ReadWithFiles parses the request's body as Read does, and also a form with files, as browsers without JavaScript send
// it. An empty field of files, and an empty value beside another one of the same field, count as not given. It fails
// with 413 above MostFormFiles bytes.
func (c *Call) ReadWithFiles() (Body, error) {
	if media, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type")); media != "multipart/form-data" {
		return c.Read()
	}
	body := Body{Given: schema.Given{}, Form: true, Typed: url.Values{}, Files: map[string]File{}}
	c.Request.Body = http.MaxBytesReader(c.W, c.Request.Body, MostFormFiles)
	var tooLarge *http.MaxBytesError
	switch err := c.ParseMultipartForm(MostFormFiles); {
	case errors.As(err, &tooLarge):
		return body, &Error{Status: http.StatusRequestEntityTooLarge, Detail: "form_files", Args: []any{"most", MostFormFiles >> 20}}
	case err != nil:
		return body, &Error{Status: http.StatusBadRequest, Detail: "not_a_form"}
	}
	values := 0
	for name, all := range c.MultipartForm.Value {
		if values += len(all); values > mostValues {
			return body, tooManyValues()
		}
		for _, value := range all {
			if !utf8.ValidString(name) || !utf8.ValidString(value) {
				return body, &Error{Status: http.StatusBadRequest, Detail: "not_utf8"}
			}
			if value != "" || len(all) == 1 {
				body.Typed[name] = append(body.Typed[name], value)
			}
		}
	}
	fingerprint := []byte(body.Typed.Encode())
	for _, name := range slices.Sorted(maps.Keys(c.MultipartForm.File)) {
		header := c.MultipartForm.File[name][0]
		file, err := header.Open()
		if err != nil {
			return body, err
		}
		content, err := io.ReadAll(file)
		if err = errors.Join(err, file.Close()); err != nil {
			return body, err
		}
		sum := sha256.Sum256(content)
		fingerprint = fmt.Appendf(fingerprint, "&%s=%x", url.QueryEscape(name), sum)
		body.Files[visible(name)] = File{Name: SafeName(header.Filename), Content: content}
	}
	err := c.complete(&body, c.Header.Get("Idempotency-Key"), fingerprint)
	return body, err
}

// mostName is the maximum length of a file's name, in bytes.
const mostName = 200

// SafeName returns a file's name without folders and without characters that are special in a header, at most mostName
// bytes long.
func SafeName(name string) string {
	name = visible(path.Base(strings.ReplaceAll(name, `\`, "/")))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`"<>|?*:#%`, r) || r == utf8.RuneError {
			return '_'
		}
		return r
	}, name)
	name = strings.TrimLeft(name, ". ")
	for len(name) > mostName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if name == "" || name == "/" {
		return "file"
	}
	return name
}

// visible returns a text without invisible characters.
func visible(text string) string {
	text, _ = schema.Tidy(text)
	return text
}

func tooManyValues() error {
	return &Error{Status: http.StatusRequestEntityTooLarge, Detail: "too_many_values", Args: []any{"most", mostValues}}
}

// isField reports whether a kind of record has a field of this name.
func (c *Call) isField(name string) bool {
	return c.Defined.Definition != nil && slices.ContainsFunc(schema.For(c.Defined.Definition).Kinds, func(k *schema.Kind) bool { return k.Index(name) >= 0 })
}

// readJSON parses a JSON object within the limits of a body. Of an object with more than mostFields fields it keeps
// the first and those of records, and returns how many it left out: nothing has so many, so that those that are kept
// are refused anyway.
func readJSON(raw []byte, isField func(name string) bool) (given schema.Given, unread int, err error) {
	bad := &Error{Status: http.StatusBadRequest, Detail: "not_json"}
	if !json.Valid(raw) {
		return nil, 0, bad
	}
	in := &jsonReader{Decoder: json.NewDecoder(bytes.NewReader(raw))}
	in.UseNumber()
	if start, err := in.Token(); err != nil || start != json.Delim('{') {
		return nil, 0, &Error{Status: http.StatusBadRequest, Detail: "not_an_object"}
	}
	given = schema.Given{}
	for in.More() {
		key, err := in.Token()
		if err != nil {
			return nil, 0, bad
		}
		name := visible(key.(string)) // the decoder returns only texts as keys of an object
		_, again := given[name]
		in.skip = len(given) >= mostFields && !again && !isField(name)
		value, err := in.value(2)
		if err != nil {
			return nil, 0, err
		}
		if in.skip {
			unread++
		} else {
			given[name] = value
		}
	}
	return given, unread, nil
}

// ReadObject parses the JSON object of another program within the limits of a body, and fails as Read does; with 413
// also above mostFields fields.
func ReadObject(raw []byte) (map[string]any, error) {
	if !utf8.Valid(raw) {
		return nil, &Error{Status: http.StatusBadRequest, Detail: "not_utf8"}
	}
	given, unread, err := readJSON(raw, func(string) bool { return false })
	if err == nil && unread > 0 {
		err = tooManyValues()
	}
	return given, err
}

// IsJSON reports whether the request has a JSON body, by its media type.
func (c *Call) IsJSON() bool { return isJSON(c.Header.Get("Content-Type")) }

// jsonReader reads the values of valid JSON one by one, so that what is too much is never in memory.
type jsonReader struct {
	*json.Decoder
	values int
	skip   bool // values are read and not kept
}

// value returns the next value, at a depth from 1.
func (in *jsonReader) value(depth int) (any, error) {
	token, err := in.Token()
	if err != nil {
		return nil, &Error{Status: http.StatusBadRequest, Detail: "not_json"}
	}
	if !in.skip {
		in.values++
	}
	if in.values > mostValues {
		return nil, tooManyValues()
	}
	if text, is := token.(string); is {
		return visible(text), nil
	}
	start, compound := token.(json.Delim)
	if !compound {
		return token, nil
	}
	if depth > mostDepth {
		return nil, &Error{Status: http.StatusBadRequest, Detail: "too_deep", Args: []any{"most", mostDepth}}
	}
	object, list := map[string]any{}, []any{}
	for in.More() {
		name := ""
		if start == '{' {
			key, err := in.Token()
			if err != nil {
				return nil, &Error{Status: http.StatusBadRequest, Detail: "not_json"}
			}
			name = visible(key.(string))
		}
		value, err := in.value(depth + 1)
		switch {
		case err != nil:
			return nil, err
		case in.skip:
		case start == '{':
			object[name] = value
		default:
			list = append(list, value)
		}
	}
	if _, err := in.Token(); err != nil { // the end
		return nil, &Error{Status: http.StatusBadRequest, Detail: "not_json"}
	}
	if start == '{' {
		return object, nil
	}
	return list, nil
}

// Scope returns what values are checked against: the project's definition and today's date. Values of a form are read
// loosely.
func (c *Call) Scope(form bool) schema.Scope {
	return schema.Scope{Definition: c.Defined.Definition, Today: c.Today(), Loose: form}
}

// Method returns the intended method: that of the request, or for a form sent by POST the one in its field _method,
// since browsers cannot send PUT and DELETE.
func (b Body) Method(c *Call) string {
	if c.Request.Method == http.MethodPost && b.Form && b.method != "" {
		return b.method
	}
	return c.Request.Method
}

// IfMatch returns the version to be changed, from the header If-Match or the form field _if_match; "" means any
// version.
func (b Body) IfMatch(c *Call) string {
	if v := c.Header.Get("If-Match"); v != "" {
		return v
	}
	return b.version
}

// Take removes a field from Given and returns its trimmed text, "" if it is missing or not a string.
func (b Body) Take(name string) string {
	value, _ := b.Given[name].(string)
	delete(b.Given, name)
	return strings.TrimSpace(value)
}

// Values returns the fields of Given that are strings, for rendering the form again.
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

// quality returns the quality value, 0 to 1, of a media type in an Accept header; 0 if the header does not include
// it.
func quality(accept, media string) float64 {
	accept = accept[:min(len(accept), mostAccept)]
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
