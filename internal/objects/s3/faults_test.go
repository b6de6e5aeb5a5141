package s3

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"outreach/internal/objects"
)

// wire responds to requests with the entries of its script in order; the last entry is repeated.
type wire struct {
	script []reply
	asked  int
}

type reply struct {
	status int
	code   string
	err    error // no answer came
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
	}
	answer := w.script[min(w.asked, len(w.script)-1)]
	w.asked++
	if answer.err != nil {
		return nil, answer.err
	}
	body := ""
	if answer.code != "" && r.Method != http.MethodHead {
		body = "<Error><Code>" + answer.code + "</Code><Message>no</Message></Error>"
	}
	return &http.Response{StatusCode: answer.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// over returns a store on the wire, whose client does not wait between retries.
func over(w *wire) *Store {
	return New(s3.New(s3.Options{
		Region: "eu-central-1", HTTPClient: &http.Client{Transport: w}, DisableLogOutputChecksumValidationSkipped: true,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
	}), "bucket")
}

func TestFaults(t *testing.T) {
	var (
		done      = reply{status: 200}
		lost      = reply{err: errors.New("read: connection reset by peer")}
		slow      = reply{status: 503, code: "SlowDown"}
		broken    = reply{status: 500, code: "InternalError"}
		gone      = reply{status: 404, code: "NoSuchKey"}
		noBucket  = reply{status: 404, code: "NoSuchBucket"}
		changed   = reply{status: 412, code: "PreconditionFailed"}
		forbidden = reply{status: 403, code: "AccessDenied"}
	)
	other := errors.New("other")
	for _, c := range []struct {
		name   string
		script []reply
		want   error // of open; other: none that the package names
		asked  int
	}{
		{"a lost response is retried", []reply{lost, done}, nil, 2},
		{"throttling is retried", []reply{slow, broken, done}, nil, 3},
		{"endless throttling is unavailability", []reply{slow}, objects.ErrUnavailable, 3},
		{"a service failing without end is unavailability", []reply{broken}, objects.ErrUnavailable, 3},
		{"no answer at all is unavailability", []reply{lost}, objects.ErrUnavailable, 3},
		{"what is not there is not found", []reply{gone}, objects.ErrNotFound, 1},
		{"a changed object is reported", []reply{changed}, objects.ErrChanged, 1},
		{"a missing bucket is a mistake of ours", []reply{noBucket}, other, 1},
		{"a missing permission is too", []reply{forbidden}, other, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &wire{script: c.script}
			body, _, err := over(w).Open(t.Context(), "k", "etag")
			if err == nil {
				err = body.Close()
			}
			for _, known := range []error{objects.ErrUnavailable, objects.ErrNotFound, objects.ErrChanged} {
				if errors.Is(err, known) != (c.want == known) {
					t.Errorf("%v", err)
				}
			}
			if (err == nil) != (c.want == nil) || w.asked != c.asked {
				t.Errorf("%v, asked %d times", err, w.asked)
			}
		})
	}
	t.Run("every call reports unavailability", func(t *testing.T) {
		s := over(&wire{script: []reply{slow}})
		_, stat := s.Stat(t.Context(), "k")
		for name, err := range map[string]error{
			"stat": stat, "put": s.Put(t.Context(), "k", strings.NewReader("x"), "text/csv"), "delete": s.Delete(t.Context(), "k"), "erase": s.Erase(t.Context(), "k", time.Time{}),
			"list": s.List(t.Context(), "", func(objects.Info) error { return nil }),
		} {
			if !errors.Is(err, objects.ErrUnavailable) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Errors do not contain the name of a file: neither in the key, nor in the URL, nor in the response of the service.
func TestErrorsDoNotContainNamesOfFiles(t *testing.T) {
	const key = "uploads/ces/coordinator/Jan Kowalski.xlsx"
	for name, answer := range map[string]reply{
		"no answer": {err: errors.New("read: connection reset by peer")},
		"refused":   {status: 403, code: "AccessDenied</Code><Message>s3:DeleteObjectVersion on arn:aws:s3:::bucket/" + key + "</Message><Code>"},
	} {
		s := over(&wire{script: []reply{answer}})
		_, _, open := s.Open(t.Context(), key, "")
		_, stat := s.Stat(t.Context(), key)
		for call, err := range map[string]error{"open": open, "stat": stat, "put": s.Put(t.Context(), key, strings.NewReader("x"), ""), "delete": s.Delete(t.Context(), key), "erase": s.Erase(t.Context(), key, time.Time{})} {
			if err == nil || strings.Contains(err.Error(), "Kowalski") {
				t.Errorf("%s, %s: %v", name, call, err)
			}
		}
	}
}

func TestPresign(t *testing.T) {
	s := over(&wire{})
	t.Run("a put is signed with its length, and for a new key", func(t *testing.T) {
		r, err := s.PresignPut(t.Context(), "uploads/ces/a.csv", 17, 15*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		address, err := url.Parse(r.URL)
		if err != nil {
			t.Fatal(err)
		}
		q := address.Query()
		if got := q.Get("X-Amz-SignedHeaders"); got != "content-length;host;if-none-match" {
			t.Errorf("signed are %s", got)
		}
		if got := q.Get("X-Amz-Expires"); got != "900" {
			t.Errorf("it expires after %s", got)
		}
		for name := range q {
			if strings.Contains(strings.ToLower(name), "checksum") {
				t.Errorf("the checksum of nothing is signed: %s", name)
			}
		}
		if diff := cmp.Diff(map[string]string{"If-None-Match": "*"}, r.Headers); diff != "" || r.Method != http.MethodPut {
			t.Errorf("%s with headers (-want +got):\n%s", r.Method, diff)
		}
	})
	t.Run("a get is signed with the headers of its answer", func(t *testing.T) {
		signed, err := s.PresignGet(t.Context(), "k", http.Header{"Content-Type": {"text/csv"}, "Content-Disposition": {"attachment"}}, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		address, err := url.Parse(signed)
		if err != nil {
			t.Fatal(err)
		}
		if q := address.Query(); q.Get("response-content-type") != "text/csv" || q.Get("response-content-disposition") != "attachment" || q.Get("X-Amz-Expires") != "60" {
			t.Error(signed)
		}
	})
	t.Run("without credentials signing fails as unavailable", func(t *testing.T) {
		none := New(s3.New(s3.Options{Region: "eu-central-1", Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New("no credentials now")
		})}), "bucket")
		if _, err := none.PresignGet(t.Context(), "k", nil, time.Minute); !errors.Is(err, objects.ErrUnavailable) {
			t.Error(err)
		}
		if _, err := none.PresignPut(t.Context(), "k", 1, time.Minute); !errors.Is(err, objects.ErrUnavailable) {
			t.Error(err)
		}
	})
}
