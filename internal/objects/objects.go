// Package objects defines the store of files: uploads, checkpoints, evidence. It has two implementations with the same
// behaviour: S3 (package s3) and a folder (package folder).
package objects

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// ErrNotFound is wrapped in the error if no object has the key.
var ErrNotFound = errors.New("object not found")

// ErrUnavailable is wrapped in the error if the store did not answer in time or failed, after retries of its own. The
// caller responds with 503, or lets the event be delivered again.
var ErrUnavailable = errors.New("object store is unavailable")

// ErrChanged is wrapped in the error if the object has another ETag than the one asked for.
var ErrChanged = errors.New("object has changed")

// Info describes an object.
type Info struct {
	Key     string
	Size    int64     // bytes
	ETag    string    // changes with the bytes, and may with each Put; without quotes
	Arrived time.Time // when it was put: on S3 in seconds; in a folder in microseconds, and different for each put
}

// Request is a pre-signed request that anyone may send, once, until it expires. Sent a second time it is refused with a
// status from 400 to 499, and changes nothing.
type Request struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Fields  map[string]string `json:"fields"`
}

// Store stores objects. It is safe for concurrent use. Keys are names in UTF-8 separated by slashes. For the folder's
// sake no name is empty or begins with a dot, and no key is a prefix of another up to a slash.
type Store interface {
	// Put stores an object, in place of one with the same key.
	Put(ctx context.Context, key string, body io.ReadSeeker, contentType string) error
	// Open opens an object for reading, ErrChanged if it has another ETag. An etag of "" opens any version.
	Open(ctx context.Context, key, etag string) (io.ReadCloser, Info, error)
	Stat(ctx context.Context, key string) (Info, error)
	// List calls each for every object whose key begins with the prefix, in bytewise order of keys. It ends with the
	// first error of each.
	List(ctx context.Context, prefix string, each func(Info) error) error
	// Delete removes an object. It is no error if there is none.
	Delete(ctx context.Context, key string) error
	// Erase removes every version of an object that was put up to an instant, all versions for the zero time. It is no
	// error if there is none.
	Erase(ctx context.Context, key string, upTo time.Time) error
	// PresignPut returns a request to put a new object of exactly size bytes, at least one. It expires after until.
	PresignPut(ctx context.Context, key string, size int64, until time.Duration) (Request, error)
	// PresignGet returns a URL to read an object at, with the Content-Type and Content-Disposition of header. It
	// expires after until.
	PresignGet(ctx context.Context, key string, header http.Header, until time.Duration) (string, error)
}
