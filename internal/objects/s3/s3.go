// Package s3 stores objects in a bucket on S3. Times of arrival are in seconds.
package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"outreach/internal/objects"
)

// Store stores objects in a bucket.
type Store struct {
	client  *s3.Client
	presign *s3.PresignClient
	bucket  string
}

var _ objects.Store = (*Store)(nil)

// New returns the store in an existing bucket. Requests are pre-signed with the client's credentials.
func New(client *s3.Client, bucket string) *Store {
	return &Store{client: client, presign: s3.NewPresignClient(client), bucket: bucket}
}

// Put stores an object, in place of one with the same key.
func (s *Store) Put(ctx context.Context, key string, body io.ReadSeeker, contentType string) error {
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: &key, Body: body}
	if contentType != "" {
		in.ContentType = &contentType
	}
	if _, err := s.client.PutObject(ctx, in); err != nil {
		return failed(ctx, "put", key, err)
	}
	return nil
}

// Open opens an object for reading.
func (s *Store) Open(ctx context.Context, key, etag string) (io.ReadCloser, objects.Info, error) {
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key}
	if etag != "" {
		in.IfMatch = aws.String(`"` + etag + `"`)
	}
	out, err := s.client.GetObject(ctx, in)
	if err != nil {
		return nil, objects.Info{}, failed(ctx, "open", key, err)
	}
	return out.Body, describe(key, out.ContentLength, out.ETag, out.LastModified), nil
}

// Stat returns the Info of an object.
func (s *Store) Stat(ctx context.Context, key string) (objects.Info, error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return objects.Info{}, failed(ctx, "stat", key, err)
	}
	return describe(key, out.ContentLength, out.ETag, out.LastModified), nil
}

// describe returns the Info of an object. Responses quote the ETag and events do not: Info has no quotes.
func describe(key string, size *int64, etag *string, arrived *time.Time) objects.Info {
	return objects.Info{
		Key: key, Size: aws.ToInt64(size), ETag: strings.Trim(aws.ToString(etag), `"`),
		Arrived: aws.ToTime(arrived).UTC().Truncate(time.Second), // lists and responses differ in the fractions
	}
}

// List calls each for the objects whose keys begin with the prefix, in bytewise order of keys.
func (s *Store) List(ctx context.Context, prefix string, each func(objects.Info) error) error {
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list %s: %w", prefix, wrap(ctx, err))
		}
		for _, o := range page.Contents {
			if err := each(describe(aws.ToString(o.Key), o.Size, o.ETag, o.LastModified)); err != nil {
				return fmt.Errorf("list %s: %w", prefix, err)
			}
		}
	}
	return nil
}

// Delete removes an object.
func (s *Store) Delete(ctx context.Context, key string) error {
	if _, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key}); err != nil {
		return failed(ctx, "delete", key, err)
	}
	return nil
}

// Erase removes every version and delete marker of an object up to an instant, in seconds; all for the zero time.
func (s *Store) Erase(ctx context.Context, key string, upTo time.Time) error {
	matches := func(found *string, at *time.Time) bool { // the listing is by prefix
		return aws.ToString(found) == key && (upTo.IsZero() || !aws.ToTime(at).Truncate(time.Second).After(upTo))
	}
	pages := s3.NewListObjectVersionsPaginator(s.client, &s3.ListObjectVersionsInput{Bucket: &s.bucket, Prefix: &key})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return failed(ctx, "versions of", key, err)
		}
		var versions []*string
		for _, v := range page.Versions {
			if matches(v.Key, v.LastModified) {
				versions = append(versions, v.VersionId)
			}
		}
		for _, m := range page.DeleteMarkers {
			if matches(m.Key, m.LastModified) {
				versions = append(versions, m.VersionId)
			}
		}
		for _, version := range versions {
			if _, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key, VersionId: version}); err != nil {
				return failed(ctx, "erase", key, err)
			}
		}
	}
	return nil
}

// PresignPut returns a request that puts a new object of exactly size bytes. The length is signed, but not among the
// headers of the Request: every client sends it by itself, and browsers do not let pages set it.
func (s *Store) PresignPut(ctx context.Context, key string, size int64, until time.Duration) (objects.Request, error) {
	if size < 1 {
		return objects.Request{}, fmt.Errorf("put %s: a size of %d bytes", key, size)
	}
	signed, err := s.presign.PresignPutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: &key, ContentLength: &size, IfNoneMatch: aws.String("*"),
	}, s3.WithPresignExpires(until))
	if err != nil {
		return objects.Request{}, failed(ctx, "sign put", key, err)
	}
	header := maps.Clone(signed.SignedHeader)
	header.Del("Host")
	header.Del("Content-Length")
	r := objects.Request{Method: signed.Method, URL: signed.URL, Headers: make(map[string]string, len(header)), Fields: map[string]string{}}
	for name := range header {
		r.Headers[http.CanonicalHeaderKey(name)] = header.Get(name)
	}
	return r, nil
}

// PresignGet returns a URL of the object, with the Content-Type and Content-Disposition of header.
func (s *Store) PresignGet(ctx context.Context, key string, header http.Header, until time.Duration) (string, error) {
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key}
	if value := header.Get("Content-Type"); value != "" {
		in.ResponseContentType = &value
	}
	if value := header.Get("Content-Disposition"); value != "" {
		in.ResponseContentDisposition = &value
	}
	signed, err := s.presign.PresignGetObject(ctx, in, s3.WithPresignExpires(until))
	if err != nil {
		return "", failed(ctx, "sign get", key, err)
	}
	return signed.URL, nil
}

// failed returns the error of a call about an object, without the name of a file.
func failed(ctx context.Context, call, key string, err error) error {
	return objects.WithoutFileName(key, fmt.Errorf("%s %s: %w", call, key, wrap(ctx, err)))
}

// wrap wraps an error of the client in the errors of package objects.
func wrap(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	// An error of the service means unavailability if the client would retry it; without a response every error does.
	api, answered := errors.AsType[smithy.APIError](err)
	if answered {
		switch api.ErrorCode() {
		case "NoSuchKey", "NotFound": // the response to HEAD has no body with a code
			return fmt.Errorf("%w: %w", objects.ErrNotFound, err)
		case "PreconditionFailed":
			return fmt.Errorf("%w: %w", objects.ErrChanged, err)
		}
	}
	if !answered || api.ErrorFault() == smithy.FaultServer || retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary {
		return fmt.Errorf("%w: %w", objects.ErrUnavailable, err)
	}
	return err
}
