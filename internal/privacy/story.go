package privacy

import (
	"context"
	"slices"
	"strings"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/uploads"
)

// Story is what is currently stored about one person: sign-ups and records that count. See Dossier for what was
// replaced.
type Story struct {
	Signups []StorySignup
	Records []StoryRecord
}

// StorySignup is a sign-up with everything its forms said.
type StorySignup struct {
	signups.Signup
	Form map[string]string   // the identity fields of the first submission
	Row  schema.Row          // in the clear
	Sent []map[string]string // the identity fields of each submission
}

// StoryRecord is a record about the person: entered by staff, or a row of a file (then Upload and Line are set).
type StoryRecord struct {
	Kind   string
	ID     string
	Row    schema.Row // in the clear
	Upload string
	Line   int
}

// Story reads the sign-ups and records of a person, under all their ids, sorted by date. Kinds that the registry lacks
// are left out.
func (s *Store) Story(ctx context.Context, registry *schema.Registry, project string, p people.Person) (Story, error) {
	var story Story
	staff := []string{}
	for _, id := range p.IDs() {
		err := s.persons.About(ctx, project, id, func(kind, what string) error {
			switch kind {
			case schema.Signup:
				return s.tellSignup(ctx, registry.Kind(schema.Signup), project, what, &story)
			case "upload":
				return s.tellUpload(ctx, registry, project, what, p.IDs(), &story)
			}
			k := registry.Kind(kind)
			if k == nil {
				return nil
			}
			t, err := s.records.Typed(ctx, project, k, what)
			if store.IsNotFound(err) || err == nil && !slices.Contains(p.IDs(), t.Person) {
				return nil // voided, or corrected to another person
			}
			if err != nil {
				return err
			}
			texts, err := s.records.Texts(ctx, project, []records.Typed{t})
			if err != nil {
				return err
			}
			story.Records = append(story.Records, StoryRecord{Kind: kind, ID: t.ID, Row: k.Reveal(t.Values, texts[t.ID])})
			return nil
		})
		if err != nil {
			return story, err
		}
	}
	for _, r := range story.Records {
		staff = append(staff, registry.Kind(r.Kind).Get(r.Row, "adviser"))
	}
	emails, err := s.staff.StaffEmails(ctx, project, staff)
	if err != nil {
		return story, err
	}
	for _, r := range story.Records {
		if at := registry.Kind(r.Kind).Index("adviser"); at >= 0 {
			r.Row[at] = emails[r.Row[at]]
		}
	}
	slices.SortStableFunc(story.Records, func(a, b StoryRecord) int {
		return strings.Compare(registry.Kind(a.Kind).Get(a.Row, "date"), registry.Kind(b.Kind).Get(b.Row, "date"))
	})
	return story, nil
}

func (s *Store) tellSignup(ctx context.Context, kind *schema.Kind, project, id string, story *Story) error {
	su, err := s.signups.Signup(ctx, project, id)
	if err != nil {
		return err
	}
	told := StorySignup{Signup: su}
	sent, err := s.signups.SentForms(ctx, project, id)
	if err != nil {
		return err
	}
	if told.Sent = sent; len(told.Sent) > 0 {
		told.Form = told.Sent[0]
	}
	told.Row = kind.Reveal(su.Values, told.Form)
	story.Signups = append(story.Signups, told)
	return nil
}

func (s *Store) tellUpload(ctx context.Context, registry *schema.Registry, project, id string, ids []string, story *Story) error {
	u, err := s.uploads.Upload(ctx, project, id)
	if err != nil || u.State != uploads.Accepted || u.Kind == registry.Kind(schema.Signup).Plural {
		return err // sign-ups are index items of their own
	}
	k := registry.Plural(u.Kind)
	if k == nil {
		return nil
	}
	texts, err := s.uploads.RowTexts(ctx, project, id)
	if err != nil {
		return err
	}
	for l, err := range s.uploads.Lines(ctx, project, k, u) {
		if err != nil {
			return err
		}
		if slices.Contains(ids, l.Person) {
			story.Records = append(story.Records, StoryRecord{Kind: k.Name, ID: fact.LineID(id, u.Arrived, l.Row), Row: k.Reveal(k.Values(l.Values), texts[l.Row]), Upload: id, Line: l.Row})
		}
	}
	return nil
}
