// Package objects keeps files: partners' uploads, checkpoints, evidence. It has two homes that behave alike: S3 (package
// s3) and a folder (package folder).
package objects

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// ErrNotFound is in the error where no object has the key.
var ErrNotFound = errors.New("object not found")

// ErrUnavailable is in every error that says the store did not answer in time or could not work, even after the home's own
// retries: the caller answers 503, or leaves the event to be delivered again.
var ErrUnavailable = errors.New("object store is unavailable")

// ErrChanged is in the error where the object is no longer the one that was asked for (another ETag).
var ErrChanged = errors.New("object has changed")

// Info describes an object.
type Info struct {
	Key     string
	Size    int64     // bytes
	ETag    string    // changes with the bytes, and may with each Put; without quotes
	Arrived time.Time // when it was put: on S3 to the second, in a folder to the microsecond and no two puts alike
}

// Request is a pre-signed request that anybody may send, once, until it expires: sent again it is refused with a status
// from 400 to 499, and changes nothing.
type Request struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Fields  map[string]string `json:"fields"`
}

// Store keeps objects. All methods may be called at the same time. Keys are UTF-8, of names with slashes between them; for
// the folder's sake no name is empty or begins with a dot, and no key goes on behind another object's.
type Store interface {
	Put(ctx context.Context, key string, body io.ReadSeeker, contentType string) error
	Open(ctx context.Context, key, etag string) (io.ReadCloser, Info, error) // etag "": whichever is there
	Stat(ctx context.Context, key string) (Info, error)
	List(ctx context.Context, prefix string, each func(Info) error) error // in the order of keys
	Delete(ctx context.Context, key string) error                         // of no object is no error
	// Erase removes an object with all that it ever was: no version of it can be had again. What was put after an instant stays;
	// none: nothing does. Of no object it is no error.
	Erase(ctx context.Context, key string, upTo time.Time) error
	// PresignPut gives a request to put an object of exactly that many bytes, at least one, where there is none yet.
	PresignPut(ctx context.Context, key string, size int64, until time.Duration) (Request, error)
	// PresignGet gives an address to read an object at. Of the header, Content-Type and Content-Disposition are the answer's.
	PresignGet(ctx context.Context, key string, header http.Header, until time.Duration) (string, error)
}
