package notices

import (
	"context"
	"fmt"
	"testing"
	"time"

	"outreach/internal/store/storetest"
)

func TestMailboxIsOneWhateverTagOrDots(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"ewa.nowak@example.org": "ewanowak@example.org", " Ewa.N.o.wak+1@Example.org ": "ewanowak@example.org", "ewanowak+a+b.c@example.org": "ewanowak@example.org",
		"+48600100200@example.org": "+48600100200@example.org", "ewa@sub.example.org": "ewa@sub.example.org",
	} {
		if got := Mailbox(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

func TestAMailboxGetsThreeUnaskedLettersADay(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	now := time.Date(2126, 6, 1, 8, 0, 0, 0, time.UTC)
	db.Now = func() time.Time { return now }
	s, ctx := New(db), context.Background()
	allow := func(address, id string, want bool) {
		t.Helper()
		if got, err := s.AllowUnasked(ctx, address, id); err != nil || got != want {
			t.Errorf("%s to %s: %v, %v", id, address, got, err)
		}
	}
	for i, address := range []string{"ewa@example.org", "e.wa+x@example.org", "EWA@example.org", "ewa+y@example.org"} {
		allow(address, fmt.Sprint(i), i < 3)
	}
	allow("e.w.a@example.org", "1", true) // the same letter once more, after a failure
	allow("ewa@example.com", "4", true)
	now = now.AddDate(0, 0, 1)
	allow("ewa@example.org", "3", true)
}
