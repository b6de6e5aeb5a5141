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

// ErrUnavailable is in every error that says the store did not answer.
var ErrUnavailable = errors.New("object store is unavailable")

// ErrChanged is in the error where the object is no longer the one that was asked for (another ETag).
var ErrChanged = errors.New("object has changed")

// Info describes an object.
type Info struct {
	Key     string
	Size    int64
	ETag    string // changes with the bytes
	Arrived time.Time
}

// Request is a pre-signed request that anybody may send, once, until it expires.
type Request struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Fields  map[string]string `json:"fields"`
}

// Store keeps objects.
type Store interface {
	Put(ctx context.Context, key string, body io.ReadSeeker, contentType string) error
	Open(ctx context.Context, key, etag string) (io.ReadCloser, Info, error) // etag "": whichever is there
	Stat(ctx context.Context, key string) (Info, error)
	List(ctx context.Context, prefix string, each func(Info) error) error // in the order of keys
	Delete(ctx context.Context, key string) error                         // of no object is no error
	PresignPut(ctx context.Context, key string, size int64, until time.Duration) (Request, error)
	PresignGet(ctx context.Context, key string, header http.Header, until time.Duration) (string, error) // header: content type and disposition of the answer
}
