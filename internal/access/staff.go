// Package access stores the members of the staff with their roles, for letters, and which of their sessions were ended.
package access

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"outreach/internal/store"
	"outreach/internal/table"
)

// Store keeps the staff and ended sessions. It is safe for concurrent use.
type Store struct{ *store.DB }

// New returns a Store on a base.
func New(db *store.DB) *Store { return &Store{db} }

// Member is a member of the staff as a recipient of letters.
type Member struct {
	ID       string `json:"id"`
	Email    string `json:"email"`
	Language string `json:"language"`
	Seen     string `json:"seen,omitempty"` // the last day, in UTC, on which they were here with the role
}

// profile is what a member of the staff last signed in with: their language, and their roles by project.
type profile struct {
	Language string              `json:"language"`
	Roles    map[string][]string `json:"roles"`
	Seen     map[string]string   `json:"seen,omitempty"` // by group: the last day, in UTC, on which they had it
}

// group is a role in a project, as groups of the identity provider name it.
func group(project, role string) string { return project + ":" + role }

// expiry returns when a role expires, counted from the last day on which it was seen. Roles without a day, stored by
// older versions, do not expire: the time is zero.
func (r profile) expiry(project, role string) time.Time {
	seen, err := time.Parse(time.DateOnly, r.Seen[group(project, role)])
	switch {
	case err != nil:
		return time.Time{}
	case role == "funder":
		return seen.AddDate(0, 0, funderSeenDays)
	}
	return seen.AddDate(0, 0, staffSeenDays)
}

// Days after which a role that was not seen gets no more letters. A funder may come for the yearly report only.
const (
	funderSeenDays = 400
	staffSeenDays  = 180
)

// maxRoles bounds how many groups of one token are stored.
const maxRoles = 1000

// Staff returns the random id of a member of the staff, and makes one for a new address. The id of the address "" is
// "". It may be called concurrently.
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

// FindStaff returns the random id of a member of the staff, "" for an unknown address.
func (s *Store) FindStaff(ctx context.Context, project, email string) (string, error) {
	id, _, err := table.Load[string](ctx, s.People, staffIdentityKey(project, s.Seal(project, "staff", email)))
	return id, err
}

// StaffEmails returns the addresses of staff ids, by id. Unknown ids are left out.
func (s *Store) StaffEmails(ctx context.Context, project string, ids []string) (map[string]string, error) {
	var keys []table.Key
	for _, id := range ids {
		if id != "" {
			keys = append(keys, staffKey(project, id))
		}
	}
	found, err := table.LoadAll[string](ctx, s.People, keys)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for key, email := range found {
		out[strings.TrimPrefix(key.PK, staffKey(project, "").PK)] = email
	}
	return out, nil
}

// RegisterStaff stores the language and roles of a member of the staff who signs in, so that letters reach them. The
// groups, written as "<project>:<role>", are complete: roles that are not among them are removed. Repeated calls write
// once a day.
func (s *Store) RegisterStaff(ctx context.Context, email, language string, groups []string) error {
	roles := map[string][]string{}
	for _, group := range groups[:min(len(groups), maxRoles)] {
		if project, role, found := strings.Cut(group, ":"); found {
			roles[project] = append(roles[project], role)
		}
	}
	return s.register(ctx, email, func(r *profile) []string {
		r.Language, r.Roles = language, roles
		return groups
	})
}

// RegisterRoles adds roles in a project to those of a member of the staff. It removes none, as a token may be old. The
// language is stored only where none was. Repeated calls write once a day.
func (s *Store) RegisterRoles(ctx context.Context, project, email, language string, roles []string) error {
	return s.register(ctx, email, func(r *profile) (seen []string) {
		if r.Language == "" {
			r.Language = language
		}
		all := slices.Concat(r.Roles[project], roles)
		r.Roles[project] = all[:min(len(all), maxRoles)]
		for _, role := range roles {
			seen = append(seen, group(project, role))
		}
		return seen
	})
}

// register changes the profile of an address. The change returns the groups that were seen now.
func (s *Store) register(ctx context.Context, email string, change func(*profile) (seen []string)) error {
	if !strings.Contains(email, "@") {
		return nil // a subject of the provider, not an address
	}
	key := staffRolesKey(s.Seal("", "staff", email))
	return table.Retry(ctx, func() error {
		before, rev, err := table.Load[profile](ctx, s.People, key)
		if err != nil {
			return err
		}
		after := profile{Language: before.Language, Roles: maps.Clone(before.Roles)}
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
		// Role items come first, in as many writes as they need. The profile comes last, so that a retry repeats what
		// is missing.
		if err := table.WriteAll(ctx, s.People, ops); err != nil {
			return err
		}
		return s.People.Write(ctx, table.PutJSON(key, after, table.At(rev)))
	})
}

// roleChanges returns the writes that bring the role items of an address from one profile to another: items that are
// new, have another language or expire later are put, those of removed roles are deleted.
func (s *Store) roleChanges(ctx context.Context, email string, before, after profile) ([]table.Op, error) {
	var ops []table.Op
	each := func(roles map[string][]string, other profile, add func(project, id, role string)) error {
		for project, names := range roles {
			names = slices.DeleteFunc(slices.Clone(names), func(role string) bool {
				return slices.Contains(other.Roles[project], role) && before.Language == after.Language && before.expiry(project, role).Equal(after.expiry(project, role))
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
		member := Member{ID: id, Email: email, Language: after.Language, Seen: after.Seen[group(project, role)]}
		op := table.Indexed(table.PutJSON(staffRoleKey(project, id, role), member, table.Always), table.Key{PK: staffIndex(project, role), SK: id})
		op.Item.Expires = after.expiry(project, role)
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

// StaffWith returns the members of the staff with a role in a project that has not expired: "coordinator", "funder", or
// "partner:" and a partner's id.
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
