package access

import (
	"testing"
	"time"

	"outreach/internal/store/storetest"
)

func TestEndedSessionsStayEnded(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.New(t)), t.Context()
	first := time.Date(2126, 6, 1, 8, 0, 0, 0, time.UTC)
	for _, step := range []struct{ at, want time.Time }{
		{first, first}, {first.Add(-time.Hour), first}, {first, first}, {first.Add(time.Hour), first.Add(time.Hour)},
	} {
		if err := s.EndSessions(ctx, "anna", step.at, step.at.Add(8*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.SessionsEnded(ctx, "anna"); err != nil || !got.Equal(step.want) {
			t.Errorf("after %s: %s, %v, want %s", step.at, got, err, step.want)
		}
	}
	if got, err := s.SessionsEnded(ctx, "eva"); err != nil || !got.IsZero() {
		t.Errorf("another subject's sessions: %s, %v", got, err)
	}
}

func TestAStaffIDIsOfOneAddressInOneProject(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.New(t)), t.Context()
	id := func(project, email string) string {
		t.Helper()
		id, err := s.Staff(ctx, project, email)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	anna := id("town", "anna@example.org")
	if second := id("town", "anna@example.org"); second != anna {
		t.Errorf("a second id for the same address: %s and %s", anna, second)
	}
	if id("village", "anna@example.org") == anna || id("town", "eva@example.org") == anna {
		t.Error("the id of another address or project is the same")
	}
	if id("town", "") != "" {
		t.Error("the empty address has an id")
	}
	if unknown, err := s.FindStaff(ctx, "town", "nobody@example.org"); err != nil || unknown != "" {
		t.Errorf("an unknown address: %q, %v", unknown, err)
	}
	emails, err := s.StaffEmails(ctx, "town", []string{anna, "unknown", "", anna})
	if err != nil || len(emails) != 1 || emails[anna] != "anna@example.org" {
		t.Errorf("got %v, %v", emails, err)
	}
}
