// Package access keeps the members of the staff and their roles, and which of their sessions have ended.
package access

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"outreach/internal/store"
	"outreach/internal/table"
)

// Store keeps who of the staff may do what, and which sessions have ended.
type Store struct{ *store.DB }

// New is the Store on a base.
func New(db *store.DB) *Store { return &Store{db} }

// Member is a member of the staff, as letters know them.
type Member struct {
	ID       string `json:"id"`
	Email    string `json:"email"`
	Language string `json:"language"`
}

// registered is what was last known of somebody: their language, and their roles by project.
type registered struct {
	Language string              `json:"language"`
	Roles    map[string][]string `json:"roles"`
	Seen     map[string]string   `json:"seen,omitempty"` // by group: the day, in UTC, on which they last came with it
}

func group(project, role string) string { return project + ":" + role }

// until is when a role of theirs is kept no longer, as nobody has seen them with it for so long: a funder may come for the
// yearly report alone. Of roles from before days were kept it is zero: they stay until they are seen.
func (r registered) until(project, role string) time.Time {
	seen, err := time.Parse(time.DateOnly, r.Seen[group(project, role)])
	switch {
	case err != nil:
		return time.Time{}
	case role == "funder":
		return seen.AddDate(0, 0, funderSeenDays)
	}
	return seen.AddDate(0, 0, staffSeenDays)
}

// Whoever has not been seen with a role for so many days gets no more letters: a funder, and all others.
const (
	funderSeenDays = 400
	staffSeenDays  = 180
)

// mostRoles bounds how many of somebody's groups are kept of one token.
const mostRoles = 1000

// Staff gives the random id of a member of the staff, making one for an address not seen before. No address: no id.
func (s *Store) Staff(ctx context.Context, project, email string) (id string, err error) {
	if email == "" {
		return "", nil
	}
	key := staffIdentityKey(project, s.Seal(project, "staff", email))
	err = table.Retry(ctx, func() error {
		found, rev, err := table.Load[string](ctx, s.People, key)
		if err != nil || rev != 0 {
			id = found
			return err
		}
		id = s.NewID()
		return s.People.Write(ctx, table.PutJSON(key, id, table.Absent), table.PutJSON(staffKey(project, id), email, table.Absent))
	})
	return id, err
}

// KnownStaff gives the random id of a member of the staff, "" where the address was not seen before.
func (s *Store) KnownStaff(ctx context.Context, project, email string) (string, error) {
	id, _, err := table.Load[string](ctx, s.People, staffIdentityKey(project, s.Seal(project, "staff", email)))
	return id, err
}

// StaffEmails gives the addresses of staff ids.
func (s *Store) StaffEmails(ctx context.Context, project string, ids []string) (map[string]string, error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var keys []table.Key
	for _, id := range ids {
		if id != "" {
			keys = append(keys, staffKey(project, id))
		}
	}
	out := map[string]string{}
	for len(keys) > 0 {
		part := keys[:min(len(keys), table.MostGet)]
		keys = keys[len(part):]
		found, err := s.People.Get(ctx, part...)
		if err != nil {
			return nil, err
		}
		for _, k := range part {
			if it, ok := found[k]; ok {
				var email string
				if err := json.Unmarshal(it.Data, &email); err != nil {
					return nil, fmt.Errorf("staff: %w", err)
				}
				out[strings.TrimPrefix(k.PK, staffKey(project, "").PK)] = email
			}
		}
	}
	return out, nil
}

// RegisterStaff keeps who somebody of the staff is and what they may do, groups written as "<project>:<role>", so that
// letters find them. The groups are all that they have: a role that they had before and have no more is taken away. That
// they have been seen is written down once a day.
func (s *Store) RegisterStaff(ctx context.Context, email, language string, groups []string) error {
	roles := map[string][]string{}
	for _, group := range groups[:min(len(groups), mostRoles)] {
		if project, role, found := strings.Cut(group, ":"); found {
			roles[project] = append(roles[project], role)
		}
	}
	return s.register(ctx, email, func(r *registered) []string {
		r.Language, r.Roles = language, roles
		return groups
	})
}

// RegisterRoles keeps that somebody of the staff has roles in a project, beside those that they are known to have: a token
// may be old, so that only signing in takes a role away. Their language is what they last signed in with, or else the one given.
func (s *Store) RegisterRoles(ctx context.Context, project, email, language string, roles []string) error {
	return s.register(ctx, email, func(r *registered) (seen []string) {
		if r.Language == "" {
			r.Language = language
		}
		all := slices.Concat(r.Roles[project], roles)
		r.Roles[project] = all[:min(len(all), mostRoles)]
		for _, role := range roles {
			seen = append(seen, group(project, role))
		}
		return seen
	})
}

// register changes what is known of somebody. The change gives the groups that they have come with now.
func (s *Store) register(ctx context.Context, email string, change func(*registered) (seen []string)) error {
	if !strings.Contains(email, "@") {
		return nil // a subject of the provider: nobody can be written to
	}
	key := staffRolesKey(s.Seal("", "staff", email))
	return table.Retry(ctx, func() error {
		before, rev, err := table.Load[registered](ctx, s.People, key)
		if err != nil {
			return err
		}
		after := registered{Language: before.Language, Roles: maps.Clone(before.Roles)}
		if after.Roles == nil {
			after.Roles = map[string][]string{}
		}
		seen := change(&after)
		after.Seen = map[string]string{}
		for project, roles := range after.Roles {
			roles = slices.Compact(slices.Sorted(slices.Values(roles)))
			if after.Roles[project] = roles; len(roles) == 0 {
				delete(after.Roles, project)
			}
			for _, role := range roles {
				if day, kept := before.Seen[group(project, role)]; kept {
					after.Seen[group(project, role)] = day
				}
			}
		}
		for _, g := range seen {
			if project, role, _ := strings.Cut(g, ":"); slices.Contains(after.Roles[project], role) {
				after.Seen[g] = s.Now().UTC().Format(time.DateOnly)
			}
		}
		if rev == 0 && len(after.Roles) == 0 || before.Language == after.Language && maps.EqualFunc(before.Roles, after.Roles, slices.Equal) && maps.Equal(before.Seen, after.Seen) {
			return nil
		}
		ops, err := s.roleChanges(ctx, email, before, after)
		if err != nil {
			return err
		}
		// The roles first, in as many writes as they need: what is known of somebody says so only when it is done.
		for part := range slices.Chunk(ops, table.MostWrites) {
			if err := s.People.Write(ctx, part...); err != nil {
				return err
			}
		}
		return s.People.Write(ctx, table.PutJSON(key, after, table.At(rev)))
	})
}

// roleChanges are the items by which letters find somebody: those that are new, say another language or stay for longer, and
// those that go.
func (s *Store) roleChanges(ctx context.Context, email string, before, after registered) ([]table.Op, error) {
	var ops []table.Op
	each := func(roles map[string][]string, other registered, add func(project, id, role string)) error {
		for project, names := range roles {
			names = slices.DeleteFunc(slices.Clone(names), func(role string) bool {
				return slices.Contains(other.Roles[project], role) && before.Language == after.Language && before.until(project, role).Equal(after.until(project, role))
			})
			if len(names) == 0 {
				continue
			}
			id, err := s.Staff(ctx, project, email)
			if err != nil {
				return err
			}
			for _, role := range names {
				add(project, id, role)
			}
		}
		return nil
	}
	err := each(after.Roles, before, func(project, id, role string) {
		member := Member{ID: id, Email: email, Language: after.Language}
		op := table.Indexed(table.PutJSON(staffRoleKey(project, id, role), member, table.Always), table.Key{PK: staffIndex(project, role), SK: id})
		op.Item.Expires = after.until(project, role)
		ops = append(ops, op)
	})
	if err != nil {
		return nil, err
	}
	return ops, each(before.Roles, after, func(project, id, role string) {
		if !slices.Contains(after.Roles[project], role) {
			ops = append(ops, table.Remove(staffRoleKey(project, id, role), table.Always))
		}
	})
}

// StaffWith finds whoever has a role in a project, "coordinator", "funder", or "partner:" and a partner's id, and has been
// seen with it lately.
func (s *Store) StaffWith(ctx context.Context, project, role string) ([]Member, error) {
	var members []Member
	for it, err := range table.Items(ctx, s.People, table.Query{PK: staffIndex(project, role), Index: true}) {
		if err != nil {
			return nil, err
		}
		if !it.Expires.IsZero() && !it.Expires.After(s.Now()) {
			continue
		}
		m, err := table.Decode[Member](it)
		if err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	return members, nil
}
