package folder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"outreach/internal/objects"
)

var noon = time.Date(2010, 7, 21, 12, 0, 0, 0, time.UTC)

// ask sends a request to the store without a network, and returns the response.
func ask(s *Store, method, address string, body io.Reader) *http.Response {
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, httptest.NewRequest(method, address, body))
	return answer.Result()
}

func opened(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir, "http://localhost:3000/", secret)
	if err != nil {
		t.Fatal(err)
	}
	s.Now = func() time.Time { return noon }
	return s
}

func signedPut(t *testing.T, s *Store, key string, size int64, until time.Duration) string {
	t.Helper()
	r, err := s.PresignPut(t.Context(), key, size, until)
	if err != nil {
		t.Fatal(err)
	}
	return r.URL
}

// unsized is a body of unknown length.
type unsized struct{ io.Reader }

func TestSignedPut(t *testing.T) {
	s := opened(t, t.TempDir())
	for _, c := range []struct {
		name    string
		body    io.Reader
		later   time.Duration
		change  func(url.Values)
		method  string
		status  int
		arrived bool
	}{
		{name: "what was announced is kept", body: strings.NewReader("12345"), status: 200, arrived: true},
		{name: "in pieces too", body: unsized{strings.NewReader("12345")}, status: 200, arrived: true},
		{name: "until the last second", body: strings.NewReader("12345"), later: 15*time.Minute - time.Second, status: 200, arrived: true},
		{name: "not after", body: strings.NewReader("12345"), later: 15 * time.Minute, status: 403},
		{name: "more is too much", body: strings.NewReader("123456"), status: 413},
		{name: "more in pieces is too much", body: unsized{strings.NewReader("123456")}, status: 413},
		{name: "less is not what was announced", body: strings.NewReader("1234"), status: 400},
		{name: "less in pieces is not either", body: unsized{strings.NewReader("1234")}, status: 400},
		{name: "a body that breaks off is kept in no part", body: unsized{io.MultiReader(strings.NewReader("123"), broken{})}, status: 400},
		{name: "another size was not signed", body: strings.NewReader("1234567"), change: func(q url.Values) { q.Set(paramSize, "7") }, status: 403},
		{name: "a later end was not signed", body: strings.NewReader("12345"), change: func(q url.Values) { q.Set(paramExpires, "9999999999") }, status: 403},
		{name: "another signature is none", body: strings.NewReader("12345"), change: func(q url.Values) { q.Set(paramSignature, strings.Repeat("A", 43)) }, status: 403},
		{name: "no signature is none", body: strings.NewReader("12345"), change: func(q url.Values) { q.Del(paramSignature) }, status: 403},
		{name: "to put is not to get", method: http.MethodGet, status: 403},
		{name: "there is nothing to post", method: http.MethodPost, status: 405},
		{name: "nor to delete", method: http.MethodDelete, status: 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			key := "uploads/" + strings.ReplaceAll(c.name, " ", "-") + ".csv"
			address, err := url.Parse(signedPut(t, s, key, 5, 15*time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			if c.change != nil {
				q := address.Query()
				c.change(q)
				address.RawQuery = q.Encode()
			}
			method := c.method
			if method == "" {
				method = http.MethodPut
			}
			s.Now = func() time.Time { return noon.Add(c.later) }
			answer := ask(s, method, address.String(), c.body)
			s.Now = func() time.Time { return noon }
			if answer.StatusCode != c.status {
				t.Errorf("status %d", answer.StatusCode)
			}
			info, err := s.Stat(t.Context(), key)
			switch {
			case c.arrived && (err != nil || info.Size != 5 || answer.Header.Get("ETag") != strconv.Quote(info.ETag)):
				t.Errorf("%+v, %v; ETag %s", info, err, answer.Header.Get("ETag"))
			case !c.arrived && !errors.Is(err, objects.ErrNotFound):
				t.Errorf("it is there: %+v, %v", info, err)
			case !c.arrived:
				var problem struct {
					Status int
					Detail string
				}
				if err := json.NewDecoder(answer.Body).Decode(&problem); err != nil || problem.Status != c.status || problem.Detail == "" || answer.Header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("problem %+v, %v", problem, err)
				}
			}
		})
	}
	t.Run("a second time it is refused, even by a store opened again, and changes nothing", func(t *testing.T) {
		dir := t.TempDir()
		s := opened(t, dir)
		address := signedPut(t, s, "once", 1, time.Hour)
		for i, status := range []int{200, 403, 403} {
			if i == 2 {
				s = opened(t, dir)
			}
			if got := ask(s, http.MethodPut, address, strings.NewReader(strconv.Itoa(i))).StatusCode; got != status {
				t.Errorf("time %d: status %d", i+1, got)
			}
		}
		if content, err := os.ReadFile(filepath.Join(dir, "once")); err != nil || string(content) != "0" {
			t.Errorf("%q, %v", content, err)
		}
	})
	t.Run("a second time it is refused before the body comes", func(t *testing.T) {
		s := opened(t, t.TempDir())
		address := signedPut(t, s, "once", 5, time.Hour)
		for range 2 {
			body := strings.NewReader("12345")
			status := ask(s, http.MethodPut, address, body).StatusCode
			if unread := body.Len() == 5; unread != (status == 403) {
				t.Errorf("status %d, %d bytes unread", status, body.Len())
			}
		}
	})
	t.Run("a store with another secret refuses the signature", func(t *testing.T) {
		other, err := Open(t.TempDir(), "http://localhost:3000", []byte("another secret of tests"))
		if err != nil {
			t.Fatal(err)
		}
		other.Now = s.Now
		if got := ask(other, http.MethodPut, signedPut(t, s, "k", 1, time.Hour), strings.NewReader("x")).StatusCode; got != 403 {
			t.Errorf("status %d", got)
		}
	})
	t.Run("a failed put leaves no file", func(t *testing.T) {
		entries, err := fs.ReadDir(s.root.FS(), incoming)
		if err != nil || len(entries) != 0 {
			t.Errorf("%v, %v", entries, err)
		}
	})
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestSignedGet(t *testing.T) {
	s := opened(t, t.TempDir())
	if err := s.Put(t.Context(), "a/b c.csv", strings.NewReader("a;b\n"), "text/csv"); err != nil {
		t.Fatal(err)
	}
	address, err := s.PresignGet(t.Context(), "a/b c.csv", http.Header{"Content-Disposition": {`attachment; filename="b.csv"`}}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the address is below the base address", func(t *testing.T) {
		if !strings.HasPrefix(address, "http://localhost:3000/assets/objects/a/b%20c.csv?") {
			t.Error(address)
		}
	})
	t.Run("the response is not cached, and its type is not guessed", func(t *testing.T) {
		answer := ask(s, http.MethodGet, address, nil)
		for name, want := range map[string]string{
			"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff", "Content-Type": "application/octet-stream",
			"Content-Disposition": `attachment; filename="b.csv"`, "Content-Length": "4",
		} {
			if got := answer.Header.Get(name); answer.StatusCode != 200 || got != want {
				t.Errorf("status %d, %s: %s", answer.StatusCode, name, got)
			}
		}
	})
	t.Run("a range can be read, and the head alone", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodGet, address, nil)
		r.Header.Set("Range", "bytes=2-2")
		part := httptest.NewRecorder()
		s.ServeHTTP(part, r)
		if part.Code != http.StatusPartialContent || part.Body.String() != "b" {
			t.Errorf("status %d, %q", part.Code, part.Body)
		}
		head := ask(s, http.MethodHead, address, nil)
		if body, err := io.ReadAll(head.Body); head.StatusCode != 200 || len(body) != 0 || err != nil {
			t.Errorf("status %d, %q, %v", head.StatusCode, body, err)
		}
	})
	t.Run("it expires", func(t *testing.T) {
		s.Now = func() time.Time { return noon.Add(time.Minute) }
		defer func() { s.Now = func() time.Time { return noon } }()
		if status := ask(s, http.MethodGet, address, nil).StatusCode; status != 403 {
			t.Errorf("status %d", status)
		}
	})
	t.Run("another key was not signed", func(t *testing.T) {
		for _, other := range []string{"a/b%20c.txt", "../secret", "a/%2e%2e/a/b%20c.csv", ".incoming/x", ""} {
			if status := ask(s, http.MethodGet, strings.Replace(address, "a/b%20c.csv", other, 1), nil).StatusCode; status != 403 {
				t.Errorf("%s: status %d", other, status)
			}
		}
	})
}

func TestKeys(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, filepath.Join(dir, "objects"))
	outside := filepath.Join(dir, "outside")
	if err := os.WriteFile(outside, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "objects", "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "objects", "up")); err != nil {
		t.Fatal(err)
	}
	refuse := func(t *testing.T, key string) {
		t.Helper()
		_, openInfo, openErr := s.Open(t.Context(), key, "")
		_, statErr := s.Stat(t.Context(), key)
		putErr := s.Put(t.Context(), key, strings.NewReader("y"), "")
		if openErr == nil || statErr == nil || putErr == nil {
			t.Errorf("%q: open %+v %v, stat %v, put %v", key, openInfo, openErr, statErr, putErr)
		}
	}
	for name, key := range map[string]string{
		"no key": "", "the root": "/", "from the root": "/etc/passwd", "upward": "../outside", "upward later": "a/../../outside", "here": "./a", "hidden": ".incoming/x",
		"hidden later": "a/.b", "an empty name": "a//b", "a folder": "a/", "a zero byte": "a\x00b", "a backslash": `..\outside`, "not UTF-8": "a\xff",
		"too long": strings.Repeat("a/", 512) + "a", "too long a name": strings.Repeat("a", 256), "through a link": "up/outside",
	} {
		t.Run(name+" is not a key", func(t *testing.T) {
			refuse(t, key)
			if _, err := s.PresignPut(t.Context(), key, 1, time.Minute); err == nil && name != "through a link" {
				t.Error("signed for a put")
			}
			if _, err := s.PresignGet(t.Context(), key, nil, time.Minute); err == nil && name != "through a link" {
				t.Error("signed for a get")
			}
		})
	}
	t.Run("a link to the outside is not an object", func(t *testing.T) {
		if _, _, err := s.Open(t.Context(), "link", ""); err == nil {
			t.Error("it was opened")
		}
		if err := s.List(t.Context(), "", func(o objects.Info) error { return errors.New(o.Key) }); err != nil {
			t.Errorf("listed: %v", err)
		}
	})
	t.Run("no key reaches a file outside", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			parts := rapid.SliceOfN(rapid.SampledFrom([]string{"..", ".", "", "a", "up", "link", "outside", `\`, "ł", "objects"}), 1, 5).Draw(t, "parts")
			key := strings.Join(parts, "/")
			_ = s.Put(context.Background(), key, strings.NewReader("overwritten"), "") // any answer is right
			_ = s.Delete(context.Background(), key)
			if content, err := os.ReadFile(outside); err != nil || string(content) != "x" {
				t.Fatalf("%q: %q, %v", key, content, err)
			}
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
				t.Fatalf("%q: %v, %v", key, entries, err)
			}
		})
	})
	if content, err := os.ReadFile(outside); err != nil || string(content) != "x" {
		t.Errorf("%q, %v", content, err)
	}
}

func TestArrival(t *testing.T) {
	t.Run("of two puts the later arrived later, however slow the clock", func(t *testing.T) {
		s := opened(t, t.TempDir())
		var last objects.Info
		for i, at := range []time.Time{noon, noon, noon, noon.Add(-time.Hour), noon.Add(time.Second), noon.Add(time.Second)} {
			s.Now = func() time.Time { return at }
			if err := s.Put(t.Context(), "k", strings.NewReader(strconv.Itoa(i)), ""); err != nil {
				t.Fatal(err)
			}
			info, err := s.Stat(t.Context(), "k")
			if err != nil || !info.Arrived.After(last.Arrived) || info.ETag == last.ETag {
				t.Errorf("put %d: %+v after %+v, %v", i, info, last, err)
			}
			last = info
		}
		if want := noon.Add(time.Second + tick); !last.Arrived.Equal(want) {
			t.Errorf("arrived at %s, not %s", last.Arrived, want)
		}
	})
	t.Run("concurrent puts arrive at different times", func(t *testing.T) {
		s := opened(t, t.TempDir())
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				if err := s.Put(t.Context(), strconv.Itoa(i), strings.NewReader("x"), ""); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		seen := map[time.Time]bool{}
		if err := s.List(t.Context(), "", func(o objects.Info) error { seen[o.Arrived] = true; return nil }); err != nil || len(seen) != 20 {
			t.Errorf("%d instants, %v", len(seen), err)
		}
	})
	t.Run("a store opened again returns the same", func(t *testing.T) {
		dir := t.TempDir()
		s := opened(t, dir)
		if err := s.Put(t.Context(), "a/b", strings.NewReader("x"), ""); err != nil {
			t.Fatal(err)
		}
		before, err := s.Stat(t.Context(), "a/b")
		if err != nil || !before.Arrived.Equal(noon) {
			t.Fatal(before, err)
		}
		if after, err := opened(t, dir).Stat(t.Context(), "a/b"); err != nil || after != before {
			t.Errorf("%+v, not %+v, %v", after, before, err)
		}
	})
}

func TestFolder(t *testing.T) {
	t.Run("a file copied by hand is an object", func(t *testing.T) {
		dir := t.TempDir()
		s := opened(t, dir)
		if err := os.MkdirAll(filepath.Join(dir, "uploads", "ces"), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string]string{"airings.csv": "a;b", ".airings.csv.swp": "hidden"} {
			if err := os.WriteFile(filepath.Join(dir, "uploads", "ces", name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var listed objects.Info
		if err := s.List(t.Context(), "", func(o objects.Info) error {
			if listed.Key != "" {
				t.Errorf("listed as well: %s", o.Key)
			}
			listed = o
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		body, info, err := s.Open(t.Context(), "uploads/ces/airings.csv", listed.ETag)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(body)
		if err := errors.Join(err, body.Close()); err != nil || string(content) != "a;b" || info != listed {
			t.Errorf("%q, %+v, listed as %+v, %v", content, info, listed, err)
		}
	})
	t.Run("an object is a plain file at its key, for its owner alone", func(t *testing.T) {
		dir := t.TempDir()
		if err := opened(t, dir).Put(t.Context(), "a/b.csv", strings.NewReader("x"), ""); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(dir, "a", "b.csv"))
		if err != nil || string(content) != "x" {
			t.Errorf("%q, %v", content, err)
		}
		if info, err := os.Stat(filepath.Join(dir, "a", "b.csv")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
	})
	t.Run("an open object can be read to its end, even if it is replaced", func(t *testing.T) {
		s := opened(t, t.TempDir())
		first := bytes.Repeat([]byte("first"), 100_000)
		if err := s.Put(t.Context(), "k", bytes.NewReader(first), ""); err != nil {
			t.Fatal(err)
		}
		body, _, err := s.Open(t.Context(), "k", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Put(t.Context(), "k", strings.NewReader("second"), ""), s.Delete(t.Context(), "k")); err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(body)
		if err := errors.Join(err, body.Close()); err != nil || !bytes.Equal(content, first) {
			t.Errorf("%d bytes, %v", len(content), err)
		}
	})
	t.Run("a failed put leaves the object before it", func(t *testing.T) {
		s := opened(t, t.TempDir())
		if err := s.Put(t.Context(), "k", strings.NewReader("first"), ""); err != nil {
			t.Fatal(err)
		}
		err := s.Put(t.Context(), "k", failing{strings.NewReader("second")}, "")
		if err == nil || errors.Is(err, objects.ErrUnavailable) {
			t.Errorf("a body that cannot be read: %v", err)
		}
		if info, err := s.Stat(t.Context(), "k"); err != nil || info.Size != 5 {
			t.Errorf("%+v, %v", info, err)
		}
	})
	t.Run("a deleted object leaves no empty folders", func(t *testing.T) {
		dir := t.TempDir()
		s := opened(t, dir)
		for _, key := range []string{"a/b/c", "a/d"} {
			if err := s.Put(t.Context(), key, strings.NewReader("x"), ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Delete(t.Context(), "a/b/c"); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "a", "b")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a/b: %v", err)
		}
		if _, err := s.Stat(t.Context(), "a/d"); err != nil {
			t.Error(err)
		}
	})
	t.Run("incomplete files of ended processes are removed, those being written stay", func(t *testing.T) {
		dir := t.TempDir()
		opened(t, dir)
		for name, at := range map[string]time.Time{"old": time.Now().Add(-2 * time.Hour), "new": time.Now()} {
			file := filepath.Join(dir, incoming, name)
			if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chtimes(file, at, at)); err != nil {
				t.Fatal(err)
			}
		}
		opened(t, dir)
		entries, err := os.ReadDir(filepath.Join(dir, incoming))
		if err != nil || len(entries) != 1 || entries[0].Name() != "new" {
			t.Errorf("%v, %v", entries, err)
		}
	})
	t.Run("each durable put is reported once, with the object's Info", func(t *testing.T) {
		s := opened(t, t.TempDir())
		var reported []objects.Info
		s.OnPut(func(o objects.Info) {
			if now, err := s.Stat(t.Context(), o.Key); err != nil || now != o {
				t.Errorf("reported %+v, there is %+v, %v", o, now, err)
			}
			reported = append(reported, o)
		})
		if err := s.Put(t.Context(), "by/put", strings.NewReader("x"), ""); err != nil {
			t.Fatal(err)
		}
		address := signedPut(t, s, "by/http", 1, time.Hour)
		for range 2 {
			ask(s, http.MethodPut, address, strings.NewReader("x"))
		}
		ask(s, http.MethodPut, signedPut(t, s, "by/nobody", 2, time.Hour), strings.NewReader("x"))
		if len(reported) != 2 || reported[0].Key != "by/put" || reported[1].Key != "by/http" {
			t.Errorf("%+v", reported)
		}
	})
	t.Run("a key below an object, or of a directory, is a permanent error", func(t *testing.T) {
		s := opened(t, t.TempDir())
		if err := s.Put(t.Context(), "a/b", strings.NewReader("x"), ""); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"a", "a/b/c"} {
			if err := s.Put(t.Context(), key, strings.NewReader("y"), ""); err == nil || errors.Is(err, objects.ErrUnavailable) {
				t.Errorf("%s: %v", key, err)
			}
		}
		if info, err := s.Stat(t.Context(), "a/b"); err != nil || info.Size != 1 {
			t.Errorf("%+v, %v", info, err)
		}
	})
	t.Run("a full or missing disk is unavailability", func(t *testing.T) {
		s := opened(t, t.TempDir())
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip("this system has no full disk to offer")
		}
		if _, err := io.Copy(disk{full}, strings.NewReader("x")); !errors.Is(err, objects.ErrUnavailable) {
			t.Errorf("full: %v", err)
		}
		if err := errors.Join(full.Close(), s.root.Close()); err != nil {
			t.Fatal(err)
		}
		_, stat := s.Stat(t.Context(), "k")
		for name, err := range map[string]error{
			"stat": stat, "put": s.Put(t.Context(), "k", strings.NewReader("x"), ""), "delete": s.Delete(t.Context(), "k"),
			"list": s.List(t.Context(), "", func(objects.Info) error { return nil }),
		} {
			if !errors.Is(err, objects.ErrUnavailable) {
				t.Errorf("%s: %v", name, err)
			}
		}
		s.Now = func() time.Time { return noon }
		for _, method := range []string{http.MethodGet, http.MethodPut} {
			address := s.sign(method, "k", url.Values{paramSize: {"1"}}, time.Minute)
			if answer := ask(s, method, address, strings.NewReader("x")); answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
				t.Errorf("%s: status %d", method, answer.StatusCode)
			}
		}
	})
	t.Run("a short secret is refused", func(t *testing.T) {
		if _, err := Open(t.TempDir(), "http://localhost:3000", []byte("short")); err == nil {
			t.Error("no error")
		}
	})
	t.Run("a path that is not a directory is refused", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(file, "http://localhost:3000", secret); err == nil {
			t.Error("no error")
		}
	})
}

type failing struct{ *strings.Reader }

func (f failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil {
		err = errors.New("cannot be read")
	}
	return n, err
}

func (f failing) WriteTo(io.Writer) (int64, error) { return 0, errors.New("cannot be read") }
