package privacy

import (
	"context"
	"slices"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/uploads"
)

// PersonData is what is currently stored about one person: sign-ups and records that count. See History for what was
// replaced.
type PersonData struct {
	Signups     []SignupData
	Records     []RecordData
	Corrections []people.AttributeCorrection
}

// Attributes returns a person's attributes by name, as a snapshot of today counts them: of each the value that was
// submitted first in a sign-up that is not cancelled, else what follows from a PESEL (derived), or the last correction.
func (d PersonData) Attributes(registry *schema.Registry, derived schema.Values) map[string]string {
	out, since := map[string]string{}, map[string]time.Time{}
	kind := registry.Kind(schema.Signup)
	for _, s := range d.Signups {
		for _, name := range registry.AttributeNames() {
			value := kind.Get(s.Row, name)
			if value == "" || !s.Live() {
				continue
			}
			submitted, later := s.Since[name]
			if !later {
				submitted = s.Submitted
			}
			if out[name] == "" || submitted.Before(since[name]) {
				out[name], since[name] = value, submitted
			}
		}
	}
	for _, v := range derived.All() {
		if out[v.Field] == "" {
			out[v.Field] = v.Text
		}
	}
	return people.Corrected(out, d.Corrections)
}

// SignupData is a sign-up with everything its forms said.
type SignupData struct {
	signups.Signup
	Form map[string]string   // the identity fields of the first submission
	Row  schema.Row          // in the clear
	Sent []map[string]string // the identity fields of each submission
}

// RecordData is a record about the person: entered by staff, or a row of a file (then Upload and Line are set).
type RecordData struct {
	Kind   string
	ID     string
	Row    schema.Row // in the clear
	Upload string
	Line   int
}

// PersonData reads the sign-ups and records of a person, under all their ids: sign-ups in the order in which they were
// made, records by date. Kinds that the registry lacks are left out.
func (s *Store) PersonData(ctx context.Context, registry *schema.Registry, project string, p people.Person) (PersonData, error) {
	var data PersonData
	for _, id := range p.IDs() {
		before := len(data.Signups)
		err := s.persons.EachMention(ctx, project, id, func(kind, what string) error {
			switch kind {
			case schema.Signup:
				return s.addSignup(ctx, registry.Kind(schema.Signup), project, what, &data)
			case "upload":
				return s.addUpload(ctx, registry, project, what, p.IDs(), &data)
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
			data.Records = append(data.Records, RecordData{Kind: kind, ID: t.ID, Row: k.Reveal(t.Values, texts[t.ID])})
			return nil
		})
		if err != nil {
			return data, err
		}
		slices.SortFunc(data.Signups[before:], func(a, b SignupData) int { return strings.Compare(a.ID, b.ID) })
	}
	var advisers []*string
	for _, r := range data.Records {
		advisers = append(advisers, adviserCell(registry.Kind(r.Kind), r.Row)...)
	}
	if err := s.nameAdvisers(ctx, project, advisers); err != nil {
		return data, err
	}
	corrections, err := s.persons.AttributeCorrections(ctx, project, p)
	if err != nil {
		return data, err
	}
	data.Corrections = corrections
	slices.SortStableFunc(data.Records, func(a, b RecordData) int {
		return strings.Compare(registry.Kind(a.Kind).Get(a.Row, "date"), registry.Kind(b.Kind).Get(b.Row, "date"))
	})
	return data, nil
}

func (s *Store) addSignup(ctx context.Context, kind *schema.Kind, project, id string, data *PersonData) error {
	su, err := s.signups.Signup(ctx, project, id)
	if err != nil {
		return err
	}
	one := SignupData{Signup: su}
	sent, err := s.signups.SentForms(ctx, project, su.Person, id)
	if err != nil {
		return err
	}
	if one.Sent = sent; len(one.Sent) > 0 {
		one.Form = one.Sent[0]
	}
	one.Row = kind.Reveal(su.Values, one.Form)
	data.Signups = append(data.Signups, one)
	return nil
}

func (s *Store) addUpload(ctx context.Context, registry *schema.Registry, project, id string, ids []string, data *PersonData) error {
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
			data.Records = append(data.Records, RecordData{Kind: k.Name, ID: fact.LineID(id, u.Arrived, l.Row), Row: k.Reveal(k.Values(l.Values), texts[l.Row]), Upload: id, Line: l.Row})
		}
	}
	return nil
}
