package access

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/store"
	"outreach/internal/table"
)

// MostGrants is how many members of the staff may have roles in a project by the tracker's own list.
const MostGrants = 500

// ErrTooMany reports that MostGrants have roles.
var ErrTooMany = errors.New("too many have access")

// Grant is what the tracker's own list allows a member of the staff in a project, beside the groups of their tokens.
// It has no address.
type Grant struct {
	ID    string    `json:"id"`    // the staff id
	Roles []string  `json:"roles"` // as in groups: "coordinator", "partner:radio"; never empty
	At    time.Time `json:"at"`    // when they were last set
	By    string    `json:"by"`    // the staff id of who set them, "" for an administrator without an address
}

// sealed returns the keyed hash that stands for an address in all projects.
func (s *Store) sealed(email string) string { return s.Seal("", "staff", email) }

// Granted returns the roles that the list gives an address in a project.
func (s *Store) Granted(ctx context.Context, project, email string) ([]string, error) {
	g, _, err := table.Load[Grant](ctx, s.Tracker, grantKey(project, s.sealed(email)))
	return g.Roles, err
}

// GrantedGroups returns what the list gives an address in all projects, as groups: "<project>:<role>". A change of the
// last moments may be missing.
func (s *Store) GrantedGroups(ctx context.Context, email string) ([]string, error) {
	var groups []string
	for it, err := range table.Items(ctx, s.Tracker, table.Query{PK: grantsIndex(s.sealed(email)), Index: true}) {
		if err != nil {
			return nil, err
		}
		g, err := table.Decode[Grant](it)
		if err != nil {
			return nil, err
		}
		for _, role := range g.Roles {
			groups = append(groups, group(it.Index.SK, role))
		}
	}
	return groups, nil
}

// grants returns the list of a project.
func (s *Store) grants(ctx context.Context, project string) ([]Grant, error) {
	var all []Grant
	for g, err := range table.Values[Grant](ctx, s.Tracker, table.Query{PK: grantPartition(project)}) {
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, nil
}

// Grant gives an address the roles, in place of those that the list gave it before, and reports whether that changes
// anything; no roles take it off the list. The fact of it leads to the letter that invites. It may be repeated, and
// called concurrently. It fails with ErrTooMany.
func (s *Store) Grant(ctx context.Context, project, email string, roles []string, by string) (g Grant, changed bool, err error) {
	id, err := s.Staff(ctx, project, email)
	if err != nil {
		return Grant{}, false, err
	}
	roles = slices.Compact(slices.Sorted(slices.Values(roles)))
	key := grantKey(project, s.sealed(email))
	var before Grant
	err = table.Retry(ctx, func() error {
		var rev int64
		if before, rev, err = table.Load[Grant](ctx, s.Tracker, key); err != nil {
			return err
		}
		if changed = !slices.Equal(before.Roles, roles); !changed {
			g = before
			g.ID = id
			return nil
		}
		if before.ID == "" {
			all, err := s.grants(ctx, project)
			if err != nil {
				return err
			}
			if len(all) >= MostGrants {
				return ErrTooMany
			}
		}
		g = Grant{ID: id, Roles: roles, At: s.Now().UTC(), By: by}
		f, err := s.NewFact(fact.KindAccessSet, by, fact.AccessSet{Member: id, Roles: roles, Before: before.Roles})
		if err != nil {
			return err
		}
		op := table.Indexed(table.PutJSON(key, g, table.At(rev)), table.Key{PK: grantsIndex(s.sealed(email)), SK: project})
		if len(roles) == 0 {
			op = table.Remove(key, table.At(rev))
		}
		return s.Log().Append(ctx, project, []fact.Fact{f}, op)
	})
	if err != nil || !changed {
		return g, false, err
	}
	gone := slices.DeleteFunc(slices.Clone(before.Roles), func(role string) bool { return slices.Contains(roles, role) })
	return g, true, s.forgetRoles(ctx, project, email, gone)
}

// forgetRoles ends the letters of roles that were taken away. Where a token gives one of them too, its next use brings
// it back.
func (s *Store) forgetRoles(ctx context.Context, project, email string, gone []string) error {
	if len(gone) == 0 {
		return nil
	}
	return s.register(ctx, email, func(r *profile) []string {
		r.Roles[project] = slices.DeleteFunc(slices.Clone(r.Roles[project]), func(role string) bool { return slices.Contains(gone, role) })
		return nil
	})
}

// Listed is a member of the staff as the list of access shows them.
type Listed struct {
	Grant
	Email string   `json:"email"`
	Other []string `json:"other"` // roles of their tokens that the list does not give
	Seen  string   `json:"seen"`  // the last day on which they were here with one of the roles, in UTC; "" for never
}

// List returns who has access to a project: by the list, and by tokens with which they came in the time for which roles
// are kept. It is in the order of addresses. The roles are those that exist in the project.
func (s *Store) List(ctx context.Context, project string, roles []string) ([]Listed, error) {
	grants, err := s.grants(ctx, project)
	if err != nil {
		return nil, err
	}
	all := map[string]*Listed{}
	var ids []string
	for _, g := range grants {
		all[g.ID], ids = &Listed{Grant: g}, append(ids, g.ID)
	}
	for _, role := range roles {
		members, err := s.StaffWith(ctx, project, role)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			one := all[m.ID]
			if one == nil {
				one = &Listed{Grant: Grant{ID: m.ID}}
				all[m.ID], ids = one, append(ids, m.ID)
			}
			one.Seen = max(one.Seen, m.Seen)
			if !slices.Contains(one.Roles, role) {
				one.Other = append(one.Other, role)
			}
		}
	}
	emails, err := s.StaffEmails(ctx, project, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Listed, 0, len(ids))
	for _, id := range ids {
		one := *all[id]
		one.Email = emails[id]
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b Listed) int { return strings.Compare(a.Email+a.ID, b.Email+b.ID) })
	return out, nil
}

// Member returns a member of the staff as a recipient of letters, with the language in which they were here last, ""
// for never; the zero Member for an unknown id.
func (s *Store) Member(ctx context.Context, project, id string) (Member, error) {
	email, _, err := table.Load[string](ctx, s.People, staffKey(project, id))
	if err != nil || email == "" {
		return Member{}, err
	}
	last, _, err := table.Load[profile](ctx, s.People, staffRolesKey(s.sealed(email)))
	return Member{ID: id, Email: email, Language: last.Language}, err
}

// EmailOf returns the address of a member of the staff. The error of an unknown one wraps store.ErrNotFound.
func (s *Store) EmailOf(ctx context.Context, project, id string) (string, error) {
	email, _, err := store.LoadExisting[string](ctx, s.People, staffKey(project, id), "member "+id)
	return email, err
}
