package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"outreach/internal/store/storetest"
	"outreach/internal/table/tabletest"
)

// More roles than one write has room for are added and removed.
func TestAMemberOfManyProjectsIsFoundInEach(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.New(t)), context.Background()
	var groups []string
	for n := range 250 {
		project := fmt.Sprintf("p%d", n)
		groups = append(groups, project+":funder")
		if err := s.RegisterRoles(ctx, project, "busy@example.org", "pl", []string{"coordinator"}); err != nil {
			t.Fatal(err)
		}
	}
	found := func(role string) (n int) {
		t.Helper()
		for i := range groups {
			members, err := s.StaffWith(ctx, fmt.Sprintf("p%d", i), role)
			if err != nil {
				t.Fatal(err)
			}
			n += len(members)
		}
		return n
	}
	if n := found("coordinator"); n != 250 {
		t.Errorf("a coordinator in %d of 250 projects", n)
	}
	if err := s.RegisterStaff(ctx, "busy@example.org", "en", groups); err != nil {
		t.Fatal(err)
	}
	if c, f := found("coordinator"), found("funder"); c != 0 || f != 250 {
		t.Errorf("after signing in as funder of all: %d times a coordinator, %d times a funder", c, f)
	}
}

func TestRolesAreThoseOfTheLastSignIn(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.New(t)), context.Background()
	signIn := func(email, language string, groups ...string) {
		t.Helper()
		if err := s.RegisterStaff(ctx, email, language, groups); err != nil {
			t.Fatal(err)
		}
	}
	with := func(project, role, want string) {
		t.Helper()
		members, err := s.StaffWith(ctx, project, role)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range members {
			got = append(got, m.Email+" "+m.Language)
			if id, err := s.Staff(ctx, project, m.Email); err != nil || id != m.ID {
				t.Errorf("%s is %s, and acts as %s: %v", m.Email, m.ID, id, err)
			}
		}
		slices.Sort(got)
		if found := strings.Join(got, ", "); found != want {
			t.Errorf("%s of %s: %q, want %q", role, project, found, want)
		}
	}
	signIn("a@example.org", "pl", "town:coordinator", "town:partner:radio", "village:funder", "admin")
	signIn("b@example.org", "en", "town:coordinator")
	with("town", "coordinator", "a@example.org pl, b@example.org en")
	with("town", "partner:radio", "a@example.org pl")
	with("village", "funder", "a@example.org pl")
	with("village", "coordinator", "")
	with("tow", "coordinator", "")

	signIn("a@example.org", "en", "town:partner:radio")
	with("town", "coordinator", "b@example.org en")
	with("town", "partner:radio", "a@example.org en")
	with("village", "funder", "")
	signIn("a@example.org", "en")
	with("town", "partner:radio", "")
	signIn("a@example.org", "en", "town:coordinator", "town:coordinator")
	with("town", "coordinator", "a@example.org en, b@example.org en")

	for range 2 { // a program's token repeats the same roles
		if err := s.RegisterRoles(ctx, "town", "b@example.org", "pl", []string{"funder"}); err != nil {
			t.Fatal(err)
		}
		if err := s.RegisterRoles(ctx, "town", "c@example.org", "pl", []string{"coordinator"}); err != nil {
			t.Fatal(err)
		}
	}
	with("town", "coordinator", "a@example.org en, b@example.org en, c@example.org pl")
	with("town", "funder", "b@example.org en")

	signIn("248289761001", "pl", "town:funder") // a provider without addresses
	with("town", "funder", "b@example.org en")
	var many []string
	for n := range 500 {
		many = append(many, fmt.Sprintf("p%d:coordinator", n))
	}
	signIn("d@example.org", "pl", many...)
	signIn("d@example.org", "pl", slices.Concat(many[300:], many[:300])...)
	with("p300", "coordinator", "d@example.org pl")
	with("p0", "coordinator", "d@example.org pl")
}

// The test runs a century from now: a table removes expired items by its own clock.
func TestRolesExpireWhenTheyAreNotSeen(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.New(t)), context.Background()
	begin := time.Date(2126, 1, 1, 23, 0, 0, 0, time.UTC)
	now := begin
	s.Now = func() time.Time { return now }
	writes := 0
	s.People = &tabletest.Faulty{Table: s.People, Before: func(c tabletest.Call) error {
		if c.Verb == "write" {
			writes++
		}
		return nil
	}}
	visit := func(email string, roles ...string) {
		t.Helper()
		if err := s.RegisterRoles(ctx, "town", email, "pl", roles); err != nil {
			t.Fatal(err)
		}
	}
	with := func(day int, role, want string) {
		t.Helper()
		now = begin.AddDate(0, 0, day)
		members, err := s.StaffWith(ctx, "town", role)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range members {
			got = append(got, strings.TrimSuffix(m.Email, "@example.org"))
		}
		slices.Sort(got)
		if found := strings.Join(got, " "); found != want {
			t.Errorf("day %d, %s: %q, want %q", day, role, found, want)
		}
	}
	if err := s.RegisterStaff(ctx, "signs@example.org", "pl", []string{"town:coordinator", "town:funder"}); err != nil {
		t.Fatal(err)
	}
	visit("left@example.org", "coordinator", "funder")
	visit("program@example.org", "coordinator", "funder")
	with(100, "coordinator", "left program signs")
	for range 3 { // the funder's role is not among those of the token any more
		visit("program@example.org", "coordinator")
		visit("signs@example.org", "coordinator")
	}
	with(179, "coordinator", "left program signs")
	with(180, "coordinator", "program signs")
	with(180, "funder", "left program signs")
	with(279, "coordinator", "program signs")
	with(280, "coordinator", "")
	with(399, "funder", "left program signs")
	with(400, "funder", "")
	if err := s.RegisterStaff(ctx, "signs@example.org", "pl", []string{"town:coordinator", "town:funder"}); err != nil {
		t.Fatal(err)
	}
	with(401, "coordinator", "signs")
	with(401, "funder", "signs")

	visit("left@example.org", "coordinator")
	before := writes
	for range 5 {
		visit("left@example.org", "coordinator")
	}
	if writes != before {
		t.Errorf("%d writes for a second visit on the same day", writes-before)
	}
}
