// Package objectstest is the test suite of every implementation of objects.Store.
package objectstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/objects"
)

// Run tests an implementation. It calls open once, and puts all objects below a random prefix. Pre-signed requests are
// sent to their URLs.
func Run(t *testing.T, open func(t *testing.T) objects.Store) {
	store := open(t)
	for _, c := range []struct {
		name string
		try  func(s *suite)
	}{
		{"an object is returned as it was put", asPut},
		{"a missing object is not found, and may be deleted", notThere},
		{"another object under the key has another ETag", replaced},
		{"an object is erased with all versions, and no other object", erased},
		{"a list is in the bytewise order of keys, and only of the prefix", list},
		{"a list ends with the error of its reader", listEnds},
		{"a pre-signed put stores the object, once", presignedPut},
		{"of concurrent pre-signed puts one succeeds", presignedRace},
		{"a pre-signed put of another size stores nothing", presignedSize},
		{"a pre-signed put is only for its key and method", presignedElsewhere},
		{"a pre-signed put of no size is refused", presignedNothing},
		{"a pre-signed get answers with the object as it was signed", presignedGet},
		{"a cancelled call ends with the context's error", cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.try(&suite{T: t, store: store, ctx: t.Context(), prefix: fmt.Sprintf("%016x/", rand.Uint64())})
		})
	}
}

type suite struct {
	*testing.T
	store  objects.Store
	ctx    context.Context
	prefix string
}

func (s *suite) put(name, content string) objects.Info {
	s.Helper()
	if err := s.store.Put(s.ctx, s.prefix+name, strings.NewReader(content), "text/csv"); err != nil {
		s.Fatal(err)
	}
	info, err := s.store.Stat(s.ctx, s.prefix+name)
	if err != nil {
		s.Fatal(err)
	}
	return info
}

func (s *suite) read(name, etag string) (string, objects.Info) {
	s.Helper()
	body, info, err := s.store.Open(s.ctx, s.prefix+name, etag)
	if err != nil {
		s.Fatal(err)
	}
	content, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil {
		s.Fatal(err)
	}
	return string(content), info
}

func (s *suite) missing(name string) {
	s.Helper()
	if _, err := s.store.Stat(s.ctx, s.prefix+name); !errors.Is(err, objects.ErrNotFound) {
		s.Errorf("stat of a missing object: %v", err)
	}
	if _, _, err := s.store.Open(s.ctx, s.prefix+name, ""); !errors.Is(err, objects.ErrNotFound) {
		s.Errorf("open of a missing object: %v", err)
	}
}

func (s *suite) presign(name string, size int64) objects.Request {
	s.Helper()
	r, err := s.store.PresignPut(s.ctx, s.prefix+name, size, time.Minute)
	if err != nil {
		s.Fatal(err)
	}
	return r
}

// send sends a pre-signed request with nothing but what it has, and returns the status.
func (s *suite) send(r objects.Request, body io.Reader) int {
	s.Helper()
	request, err := http.NewRequestWithContext(s.ctx, r.Method, r.URL, body)
	if err != nil {
		s.Fatal(err)
	}
	for name, value := range r.Headers {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		s.Fatal(err)
	}
	return answer.StatusCode
}

func (s *suite) fetch(address string) (int, http.Header, string) {
	s.Helper()
	request, err := http.NewRequestWithContext(s.ctx, http.MethodGet, address, nil)
	if err != nil {
		s.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		s.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(body)
}

func erased(s *suite) {
	s.put("list.csv", "first")
	s.put("list.csv", "second")
	s.put("list.csv.more", "another's")
	for range 2 { // the second time there is nothing to erase
		if err := s.store.Erase(s.ctx, s.prefix+"list.csv", time.Time{}); err != nil {
			s.Fatal(err)
		}
		s.missing("list.csv")
	}
	if got, _ := s.read("list.csv.more", ""); got != "another's" {
		s.Errorf("an object whose key begins so is %q now", got)
	}
	s.put("list.csv", "third")
	third, err := s.store.Stat(s.ctx, s.prefix+"list.csv")
	if err != nil {
		s.Fatal(err)
	}
	if err := s.store.Erase(s.ctx, s.prefix+"list.csv", third.Arrived.Add(-time.Second)); err != nil {
		s.Fatal(err)
	}
	if got, _ := s.read("list.csv", ""); got != "third" {
		s.Errorf("what came after is %q now", got)
	}
	if err := s.store.Erase(s.ctx, s.prefix+"list.csv", third.Arrived); err != nil {
		s.Fatal(err)
	}
	s.missing("list.csv")
	s.put("list.csv", "fourth")
	if err := s.store.Delete(s.ctx, s.prefix+"list.csv"); err != nil {
		s.Fatal(err)
	}
	if err := s.store.Erase(s.ctx, s.prefix+"list.csv", time.Time{}); err != nil {
		s.Errorf("an object that was deleted: %v", err)
	}
}

func asPut(s *suite) {
	before := time.Now().Add(-time.Minute) // the home's clock may be another machine's
	for name, content := range map[string]string{
		"empty":                  "",
		"a few bytes":            "date;title\r\n",
		"with dots.v1.csv":       "x",
		"Polish/zażółć gęślą":    "jaźń",
		"signs/a+b & c=d %20 #?": "x",
		"deep/er/and/deeper":     "x",
		"several megabytes":      strings.Repeat("0123456789abcdef", 400_000),
	} {
		info := s.put(name, content)
		got, opened := s.read(name, "")
		if got != content {
			s.Errorf("%s came back as %d bytes that are not the %d put", name, len(got), len(content))
		}
		if info.Key != s.prefix+name || info.Size != int64(len(content)) || info.ETag == "" || info.Arrived.Before(before) {
			s.Errorf("stat: %+v", info)
		}
		if diff := cmp.Diff(info, opened); diff != "" {
			s.Errorf("%s: stat and open disagree:\n%s", name, diff)
		}
		if got, _ := s.read(name, info.ETag); got != content {
			s.Errorf("%s by its ETag: other bytes", name)
		}
	}
}

func notThere(s *suite) {
	s.missing("nothing")
	if err := s.store.Delete(s.ctx, s.prefix+"nothing"); err != nil {
		s.Error(err)
	}
	s.put("a/b", "x")
	s.missing("a")
	s.missing("a/b/c")
	if err := s.store.Delete(s.ctx, s.prefix+"a"); err != nil {
		s.Error(err)
	}
	if got, _ := s.read("a/b", ""); got != "x" {
		s.Errorf("deleted with what it lies below: %q", got)
	}
	if err := s.store.Delete(s.ctx, s.prefix+"a/b"); err != nil {
		s.Error(err)
	}
	s.missing("a/b")
	s.put("a", "what was a folder may be an object")
}

func replaced(s *suite) {
	first := s.put("key", "first")
	second := s.put("key", "other")
	if first.ETag == second.ETag {
		s.Error("other bytes have the same ETag")
	}
	if second.Arrived.Before(first.Arrived) {
		s.Errorf("the second arrived at %s, before the first at %s", second.Arrived, first.Arrived)
	}
	if _, _, err := s.store.Open(s.ctx, s.prefix+"key", first.ETag); !errors.Is(err, objects.ErrChanged) {
		s.Errorf("the replaced object: %v", err)
	}
	if got, _ := s.read("key", second.ETag); got != "other" {
		s.Errorf("the present object is %q", got)
	}
	if err := s.store.Delete(s.ctx, s.prefix+"key"); err != nil {
		s.Fatal(err)
	}
	if _, _, err := s.store.Open(s.ctx, s.prefix+"key", second.ETag); !errors.Is(err, objects.ErrNotFound) {
		s.Errorf("the deleted object: %v", err)
	}
}

func (s *suite) list(prefix string) []string {
	s.Helper()
	var keys []string
	err := s.store.List(s.ctx, s.prefix+prefix, func(info objects.Info) error {
		if info.Size != 1 || info.ETag == "" || info.Arrived.IsZero() {
			s.Errorf("listed as %+v", info)
		}
		keys = append(keys, strings.TrimPrefix(info.Key, s.prefix))
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return keys
}

func list(s *suite) {
	keys := []string{"a b", "a-a", "a-b/c", "a/b", "a/c/d", "a/c/e", "a0", "b/1", "b/10", "b/2", "z", "ó", "ł/1"}
	if !slices.IsSorted(keys) {
		s.Fatal("the list itself must be sorted")
	}
	for _, i := range rand.Perm(len(keys)) {
		s.put(keys[i], "x")
	}
	for prefix, want := range map[string][]string{
		"":      keys,
		"a":     {"a b", "a-a", "a-b/c", "a/b", "a/c/d", "a/c/e", "a0"},
		"a/":    {"a/b", "a/c/d", "a/c/e"},
		"a/c":   {"a/c/d", "a/c/e"},
		"b/1":   {"b/1", "b/10"},
		"ł":     {"ł/1"},
		"none":  nil,
		"a/b/c": nil,
	} {
		if got := s.list(prefix); !slices.Equal(got, want) {
			s.Errorf("%q gives %q, not %q", prefix, got, want)
		}
	}
	stat, err := s.store.Stat(s.ctx, s.prefix+"a/b")
	if err != nil {
		s.Fatal(err)
	}
	if err := s.store.List(s.ctx, s.prefix+"a/b", func(info objects.Info) error {
		if diff := cmp.Diff(stat, info); diff != "" {
			s.Errorf("stat and list disagree:\n%s", diff)
		}
		return nil
	}); err != nil {
		s.Error(err)
	}
}

func listEnds(s *suite) {
	s.put("1", "x")
	s.put("2", "x")
	enough, calls := errors.New("enough"), 0
	err := s.store.List(s.ctx, s.prefix, func(objects.Info) error { calls++; return enough })
	if !errors.Is(err, enough) || calls != 1 {
		s.Errorf("%v after %d", err, calls)
	}
}

func presignedPut(s *suite) {
	const content = "Zażółć;gęślą;jaźń\n"
	r := s.presign("in/żądanie 1.csv", int64(len(content)))
	if r.Method != http.MethodPut || r.Headers == nil || r.Fields == nil {
		s.Errorf("request %+v", r)
	}
	if status := s.send(r, strings.NewReader(content)); status != http.StatusOK {
		s.Fatalf("status %d", status)
	}
	got, info := s.read("in/żądanie 1.csv", "")
	if got != content {
		s.Errorf("kept as %q", got)
	}
	if status := s.send(r, strings.NewReader(strings.ToUpper(content))); status < 400 || status > 499 {
		s.Errorf("the second time: status %d", status)
	}
	if _, again := s.read("in/żądanie 1.csv", ""); again != info {
		s.Errorf("the second time it changed from %+v to %+v", info, again)
	}
}

func presignedRace(s *suite) {
	const writers = 6
	r := s.presign("prize", 1)
	statuses := make([]int, writers)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() { statuses[i] = s.send(r, strings.NewReader(fmt.Sprint(i))) })
	}
	group.Wait()
	winner := slices.Index(statuses, http.StatusOK)
	if winner < 0 || slices.Contains(statuses[winner+1:], http.StatusOK) {
		s.Fatalf("statuses %v", statuses)
	}
	if got, _ := s.read("prize", ""); got != fmt.Sprint(winner) {
		s.Errorf("%d won, but it holds %q", winner, got)
	}
}

func presignedSize(s *suite) {
	for name, content := range map[string]string{"less": "1234", "more": "123456", "none": ""} {
		if status := s.send(s.presign(name, 5), bytes.NewBufferString(content)); status < 400 || status > 499 {
			s.Errorf("%s: status %d", name, status)
		}
		s.missing(name)
	}
}

func presignedElsewhere(s *suite) {
	s.put("there", "x")
	r := s.presign("here", 1)
	for name, change := range map[string]func(r *objects.Request){
		"another key": func(r *objects.Request) { r.URL = strings.Replace(r.URL, "here?", "elsewhere?", 1) },
		"a get":       func(r *objects.Request) { r.Method = http.MethodGet },
		"a delete":    func(r *objects.Request) { r.Method = http.MethodDelete },
		"no signature": func(r *objects.Request) {
			r.URL, _, _ = strings.Cut(r.URL, "?")
		},
	} {
		changed := r
		change(&changed)
		if status := s.send(changed, strings.NewReader("y")); status < 400 || status > 499 {
			s.Errorf("%s: status %d", name, status)
		}
	}
	s.missing("here")
	s.missing("elsewhere")
	address, err := s.store.PresignGet(s.ctx, s.prefix+"there", nil, time.Minute)
	if err != nil {
		s.Fatal(err)
	}
	if status := s.send(objects.Request{Method: http.MethodPut, URL: address}, strings.NewReader("y")); status < 400 || status > 499 {
		s.Errorf("a put to a get: status %d", status)
	}
	if got, _ := s.read("there", ""); got != "x" {
		s.Errorf("a put to a get made it %q", got)
	}
}

func presignedNothing(s *suite) {
	for _, size := range []int64{0, -1} {
		if r, err := s.store.PresignPut(s.ctx, s.prefix+"a", size, time.Minute); err == nil {
			s.Errorf("%d bytes: %+v", size, r)
		}
	}
}

func presignedGet(s *suite) {
	s.put("raport 1.csv", "a;b\n")
	for name, want := range map[string]http.Header{
		"with a type and a name": {"Content-Type": {"text/csv; charset=utf-8"}, "Content-Disposition": {`attachment; filename="raport; 1.csv"`}},
		"with a type":            {"Content-Type": {"application/json"}},
	} {
		address, err := s.store.PresignGet(s.ctx, s.prefix+"raport 1.csv", want, time.Minute)
		if err != nil {
			s.Fatal(err)
		}
		status, header, body := s.fetch(address)
		if status != http.StatusOK || body != "a;b\n" {
			s.Errorf("%s: status %d, %q", name, status, body)
		}
		for field := range want {
			if header.Get(field) != want.Get(field) {
				s.Errorf("%s: %s is %q, not %q", name, field, header.Get(field), want.Get(field))
			}
		}
		if status, _, _ := s.fetch(strings.Replace(address, "text%2Fcsv", "text%2Fhtml", 1)); name == "with a type and a name" && status != http.StatusForbidden {
			s.Errorf("with another type than was signed: status %d", status)
		}
	}
	address, err := s.store.PresignGet(s.ctx, s.prefix+"nothing", nil, time.Minute)
	if err != nil {
		s.Fatal(err)
	}
	if status, _, _ := s.fetch(address); status != http.StatusNotFound {
		s.Errorf("of nothing: status %d", status)
	}
}

func cancelled(s *suite) {
	s.put("a", "x")
	call := func(ctx context.Context, want error, unavailable bool) {
		_, _, openErr := s.store.Open(ctx, s.prefix+"a", "")
		_, statErr := s.store.Stat(ctx, s.prefix+"a")
		for name, err := range map[string]error{
			"open": openErr, "stat": statErr,
			"put":    s.store.Put(ctx, s.prefix+"b", strings.NewReader("x"), ""),
			"delete": s.store.Delete(ctx, s.prefix+"a"),
			"list":   s.store.List(ctx, s.prefix, func(objects.Info) error { return nil }),
		} {
			if !errors.Is(err, want) || errors.Is(err, objects.ErrUnavailable) != unavailable {
				s.Errorf("%s: %v", name, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	call(ctx, context.Canceled, false)
	ctx, cancel = context.WithDeadline(s.ctx, time.Unix(1, 0))
	defer cancel()
	call(ctx, context.DeadlineExceeded, true)
	s.missing("b")
	s.read("a", "")
}
