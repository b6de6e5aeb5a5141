package store

import (
	"context"
	"maps"
	"slices"
	"strings"

	"outreach/internal/fact"
	"outreach/internal/person"
	"outreach/internal/record"
	"outreach/internal/signup"
	"outreach/internal/table"
)

// Story is everything held on one person.
type Story struct {
	Signups []StorySignup
	Records []StoryRecord
}

// StorySignup is a sign-up with all that was ever sent for it.
type StorySignup struct {
	signup.Signup
	Form map[string]string   // what the first sending said of who it is
	Row  record.Row          // in the clear
	Sent []map[string]string // what each sending said of who it is
}

// StoryRecord is a record about the person: typed in, or a row of a file.
type StoryRecord struct {
	Kind   string
	ID     string
	Row    record.Row // in the clear
	Upload string
	Line   int
}

// about lists what mentions a person, by kind ("upload" for files) and id.
func (s *Store) about(ctx context.Context, project, id string, each func(kind, what string) error) error {
	for it, err := range items(ctx, s.Tracker, table.Query{PK: aboutPartition(project, id)}) {
		if err != nil {
			return err
		}
		kind, what, _ := strings.Cut(it.SK, "#")
		if err := each(kind, what); err != nil {
			return err
		}
	}
	return nil
}

// Story gathers everything held on one person, under all ids that ever stood for them.
func (s *Store) Story(ctx context.Context, project string, p person.Person) (Story, error) {
	var story Story
	staff := []string{}
	for _, id := range p.IDs() {
		err := s.about(ctx, project, id, func(kind, what string) error {
			switch kind {
			case record.Signup:
				return s.tellSignup(ctx, project, what, &story)
			case "upload":
				return s.tellUpload(ctx, project, what, p.IDs(), &story)
			}
			k := record.Builtin().Kind(kind)
			if k == nil {
				return nil
			}
			t, rev, err := load[Typed](ctx, s.Tracker, recordKey(project, kind, what))
			if err != nil || rev == 0 || t.Voided || !slices.Contains(p.IDs(), t.Person) {
				return err // or it was found to be another person's
			}
			texts, err := s.Texts(ctx, project, []Typed{t})
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
		staff = append(staff, record.Builtin().Kind(r.Kind).Get(r.Row, "adviser"))
	}
	emails, err := s.StaffEmails(ctx, project, staff)
	if err != nil {
		return story, err
	}
	for _, r := range story.Records {
		if at := record.Builtin().Kind(r.Kind).Index("adviser"); at >= 0 {
			r.Row[at] = emails[r.Row[at]]
		}
	}
	slices.SortStableFunc(story.Records, func(a, b StoryRecord) int {
		return strings.Compare(record.Builtin().Kind(a.Kind).Get(a.Row, "date"), record.Builtin().Kind(b.Kind).Get(b.Row, "date"))
	})
	return story, nil
}

func (s *Store) tellSignup(ctx context.Context, project, id string, story *Story) error {
	su, err := s.Signup(ctx, project, id)
	if err != nil {
		return err
	}
	told := StorySignup{Signup: su}
	page, err := list[map[string]string](ctx, s.People, table.Query{PK: formKey(project, id, "").PK})
	if err != nil {
		return err
	}
	if told.Sent = page.Items; len(told.Sent) > 0 {
		told.Form = told.Sent[0]
	}
	told.Row = record.Builtin().Kind(record.Signup).Reveal(su.Values, told.Form)
	story.Signups = append(story.Signups, told)
	return nil
}

func (s *Store) tellUpload(ctx context.Context, project, id string, ids []string, story *Story) error {
	u, err := s.Upload(ctx, project, id)
	if err != nil || u.State != AcceptedUp || u.Kind == record.Builtin().Kind(record.Signup).Plural {
		return err // sign-ups are told by themselves
	}
	k := record.Builtin().Plural(u.Kind)
	texts, err := s.rowTexts(ctx, project, id)
	if err != nil {
		return err
	}
	for l, err := range s.Lines(ctx, project, u) {
		if err != nil {
			return err
		}
		if slices.Contains(ids, l.Person) {
			story.Records = append(story.Records, StoryRecord{Kind: k.Name, ID: fact.LineID(id, u.Arrived, l.Row), Row: k.Reveal(k.Values(l.Values), texts[l.Row]), Upload: id, Line: l.Row})
		}
	}
	return nil
}

// rowTexts reads the private texts of an upload's rows.
func (s *Store) rowTexts(ctx context.Context, project, upload string) (map[int]map[string]string, error) {
	out := map[int]map[string]string{}
	for texts, err := range values[map[int]map[string]string](ctx, s.People, table.Query{PK: textKey(project, upload, 0).PK}) {
		if err != nil {
			return nil, err
		}
		maps.Copy(out, texts)
	}
	return out, nil
}
