package folder

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"outreach/internal/objects"
)

// Path is the prefix of the paths of pre-signed URLs.
const Path = "/assets/objects/"

// Query parameters of a pre-signed URL.
const (
	paramExpires     = "expires" // Unix seconds
	paramSize        = "size"    // of a PUT: bytes
	paramType        = "response-content-type"
	paramDisposition = "response-content-disposition"
	paramSignature   = "signature"
)

// PresignPut returns a request that puts a new object of exactly size bytes.
func (s *Store) PresignPut(_ context.Context, key string, size int64, until time.Duration) (objects.Request, error) {
	if err := check(key); err != nil {
		return objects.Request{}, err
	}
	if size < 1 {
		return objects.Request{}, fmt.Errorf("put %s: a size of %d bytes", key, size)
	}
	address := s.sign(http.MethodPut, key, url.Values{paramSize: {strconv.FormatInt(size, 10)}}, until)
	return objects.Request{Method: http.MethodPut, URL: address, Headers: map[string]string{}, Fields: map[string]string{}}, nil
}

// PresignGet returns a URL of the object, with the Content-Type and Content-Disposition of header.
func (s *Store) PresignGet(_ context.Context, key string, header http.Header, until time.Duration) (string, error) {
	if err := check(key); err != nil {
		return "", err
	}
	query := url.Values{}
	for param, name := range map[string]string{paramType: "Content-Type", paramDisposition: "Content-Disposition"} {
		if value := header.Get(name); value != "" {
			query.Set(param, value)
		}
	}
	return s.sign(http.MethodGet, key, query, until), nil
}

func (s *Store) sign(method, key string, query url.Values, until time.Duration) string {
	query.Set(paramExpires, strconv.FormatInt(s.Now().Add(until).Unix(), 10))
	query.Set(paramSignature, s.signature(method, key, query))
	return s.baseURL + (&url.URL{Path: Path + key, RawQuery: query.Encode()}).String()
}

func (s *Store) signature(method, key string, query url.Values) string {
	mac := hmac.New(sha256.New, s.secret)
	for _, part := range []string{method, key, query.Get(paramExpires), query.Get(paramSize), query.Get(paramType), query.Get(paramDisposition)} {
		_, _ = fmt.Fprintf(mac, "%d:%s", len(part), part) // a hash never fails
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// ServeHTTP serves pre-signed URLs. The signature is the only authorisation.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, key, found := strings.Cut(r.URL.Path, Path)
	query := r.URL.Query()
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	expires, err := strconv.ParseInt(query.Get(paramExpires), 10, 64)
	signed := hmac.Equal([]byte(query.Get(paramSignature)), []byte(s.signature(method, key, query)))
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case method != http.MethodGet && method != http.MethodPut:
		w.Header().Set("Allow", "GET, HEAD, PUT")
		answer(w, http.StatusMethodNotAllowed, "Objects are read with GET and put with PUT.")
	case !found || err != nil || !signed:
		answer(w, http.StatusForbidden, "This address is not signed for that.")
	case s.Now().Unix() >= expires:
		answer(w, http.StatusForbidden, "This address has expired.")
	case method == http.MethodPut:
		s.servePut(w, r, key)
	default:
		s.serveGet(w, r, key)
	}
}

func (s *Store) servePut(w http.ResponseWriter, r *http.Request, key string) {
	size, err := strconv.ParseInt(r.URL.Query().Get(paramSize), 10, 64)
	if err != nil {
		answer(w, http.StatusForbidden, "This address is not signed for that.")
		return
	}
	body := &exactly{body: r.Body, left: size}
	if r.ContentLength > size {
		err = errTooMuch
	} else if r.ContentLength >= 0 && r.ContentLength < size {
		err = errTooLittle
	}
	var info objects.Info
	if err == nil {
		if _, statErr := s.Stat(r.Context(), key); statErr == nil {
			err = errExists // reported before the body is read
		}
	}
	if err == nil {
		info, err = s.put(r.Context(), key, body, true)
	}
	switch {
	case err == nil:
		w.Header().Set("ETag", strconv.Quote(info.ETag))
		w.WriteHeader(http.StatusOK)
	case errors.Is(err, errTooMuch):
		answer(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("More came than the %d bytes that were announced.", size))
	case errors.Is(err, errTooLittle):
		answer(w, http.StatusBadRequest, fmt.Sprintf("Less came than the %d bytes that were announced.", size))
	case errors.Is(err, errExists):
		answer(w, http.StatusForbidden, "This address has been used.")
	case errors.Is(err, objects.ErrUnavailable):
		w.Header().Set("Retry-After", "5")
		answer(w, http.StatusServiceUnavailable, "The object could not be kept. Try again.")
	default:
		answer(w, http.StatusBadRequest, "The body could not be read.")
	}
}

var (
	errTooMuch   = errors.New("more than was announced")
	errTooLittle = errors.New("less than was announced")
)

// exactly reads a body that must have left bytes more.
type exactly struct {
	body io.Reader
	left int64
}

func (e *exactly) Read(p []byte) (int, error) {
	n, err := e.body.Read(p)
	e.left -= int64(n)
	switch {
	case e.left < 0:
		return n, errTooMuch
	case e.left > 0 && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return n, errTooLittle
	}
	return n, err
}

func (s *Store) serveGet(w http.ResponseWriter, r *http.Request, key string) {
	file, info, err := s.open(r.Context(), key)
	switch {
	case errors.Is(err, objects.ErrNotFound):
		answer(w, http.StatusNotFound, "There is no such object.")
		return
	case err != nil:
		w.Header().Set("Retry-After", "5")
		answer(w, http.StatusServiceUnavailable, "The object could not be read. Try again.")
		return
	}
	defer func() { _ = file.Close() }() // opened for reading
	query := r.URL.Query()
	w.Header().Set("Content-Type", "application/octet-stream")
	if kind := query.Get(paramType); kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	if disposition := query.Get(paramDisposition); disposition != "" {
		w.Header().Set("Content-Disposition", disposition)
	}
	if !strings.HasPrefix(query.Get(paramDisposition), "attachment") {
		// What is shown is on the pages' own origin: whatever it is, nothing in it runs or is loaded.
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox")
	}
	w.Header().Set("ETag", strconv.Quote(info.ETag))
	http.ServeContent(w, r, "", info.Arrived, file)
}

// answer writes a problem in the format of RFC 9457.
func answer(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client is gone
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail,
	})
}
