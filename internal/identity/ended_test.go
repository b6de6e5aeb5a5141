package identity_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"outreach/internal/identity"
)

// register remembers ended sessions as the tracker's table does, until it is broken.
type register struct {
	mu     sync.Mutex
	ended  map[string]time.Time
	until  time.Time
	broken bool
}

func (r *register) EndSessions(_ context.Context, subject string, at, until time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken {
		return errors.New("the table is away")
	}
	r.ended[subject], r.until = at, until
	return nil
}

func (r *register) SessionsEnded(_ context.Context, subject string) (time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken {
		return time.Time{}, errors.New("the table is away")
	}
	return r.ended[subject], nil
}

func TestSigningOutEndsEverySession(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	kept := &register{ended: map[string]time.Time{}}
	settings := f.settings()
	settings.Sessions = kept
	a := authority(t, settings)
	desk, phone := newBrowser(t, a, "http://localhost:3000"), newBrowser(t, a, "http://localhost:3000")
	desk.signIn(f, "/")
	phone.signIn(f, "/")
	stolen := desk.request()
	out := func() *http.Request { return httptest.NewRequest(http.MethodPost, "/auth/sign-out", nil) }

	kept.broken = true
	if _, err := a.Identify(phone.request()); !errors.Is(err, identity.ErrUnavailable) {
		t.Errorf("whether it was ended cannot be read: %v, want that it is unavailable", err)
	}
	if answer := desk.send(out()); answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" || len(answer.Cookies()) > 0 {
		t.Errorf("signing out while it cannot be remembered: %s, cookies %v", answer.Status, answer.Cookies())
	}
	kept.broken = false

	f.advance(time.Second)
	if answer := desk.send(out()); answer.StatusCode != http.StatusSeeOther {
		t.Fatal(answer.Status)
	}
	if want := f.now().Add(8 * time.Hour); !kept.until.Equal(want) {
		t.Errorf("it is remembered until %s, want %s, when the last session would be over", kept.until, want)
	}
	for name, r := range map[string]*http.Request{"the cookie that was kept": stolen, "the other browser's": phone.request()} {
		if who, err := a.Identify(r); err == nil || who.SignedIn() {
			t.Errorf("%s: got %v, %v, want a refusal", name, who, err)
		}
		if who, err := authority(t, settings).Identify(r); err == nil || who.SignedIn() {
			t.Errorf("%s, in another process: got %v, %v, want a refusal", name, who, err)
		}
	}
	f.advance(time.Second)
	desk.signIn(f, "/")
	if who, err := a.Identify(desk.request()); err != nil || !who.SignedIn() {
		t.Errorf("signed in anew: %v, %v", who, err)
	}
	if who, err := a.Identify(phone.request()); err == nil {
		t.Errorf("the other browser's, after that: %v, want a refusal", who)
	}
	ended := kept.ended["248289761001"]
	stranger := newBrowser(t, a, "http://localhost:3000")
	if answer := stranger.send(out()); answer.StatusCode != http.StatusSeeOther || !kept.ended["248289761001"].Equal(ended) || len(kept.ended) != 1 {
		t.Errorf("somebody who was not signed in: %s, ended %v", answer.Status, kept.ended)
	}
}

func TestAnOverlongCookieIsRefused(t *testing.T) {
	t.Parallel()
	a := authority(t, newFake(t).settings())
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: strings.Repeat("A", 1<<20)})
	if who, err := a.Identify(r); err == nil || who.SignedIn() {
		t.Errorf("got %v, %v, want a refusal", who, err)
	}
}
