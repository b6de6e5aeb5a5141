package identity_test

import (
	"slices"
	"testing"

	"outreach/internal/identity"
)

func TestGroupsGrantRoles(t *testing.T) {
	t.Parallel()
	who := identity.Identity{Subject: "1", Groups: []string{"ces:coordinator", "ces:partner:tv-partner", "ces:partner:city-radio", "other:funder"}}
	for _, c := range []struct {
		name      string
		got, want bool
	}{
		{"a coordinator of a project is its coordinator", who.HasRole("ces", "coordinator"), true},
		{"but not of another project", who.HasRole("other", "coordinator"), false},
		{"nor its adviser", who.HasRole("ces", "adviser"), false},
		{"a funder of the other project is", who.HasRole("other", "funder"), true},
		{"reporting for a partner is no role of its own", who.HasRole("ces", "partner"), false},
		{"a project's name cannot reach into a partner's group", who.HasRole("ces:partner", "tv-partner"), false},
		{"a role's name neither", who.HasRole("ces", "partner:tv-partner"), false},
		{"a project without a name has no roles", who.HasRole("", ""), false},
		{"a coordinator is no admin", who.Admin(), false},
		{"an admin is", identity.Identity{Groups: []string{"admin"}}.Admin(), true},
		{"an admin is no coordinator", identity.Identity{Groups: []string{"admin"}}.HasRole("ces", "coordinator"), false},
		{"a subject is somebody", who.SignedIn(), true},
		{"the zero identity is anyone", identity.Identity{}.SignedIn(), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v", c.name, c.got)
		}
	}
	if got, want := who.Partners("ces"), []string{"tv-partner", "city-radio"}; !slices.Equal(got, want) {
		t.Errorf("partners: got %q, want %q", got, want)
	}
	if got := who.Partners("other"); got != nil {
		t.Errorf("partners of another project: got %q, want none", got)
	}
}
