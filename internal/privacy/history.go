package privacy

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/uploads"
)

// History is the history of everything stored about a person. A subject-access export has it beside PersonData.
type History struct {
	Submissions map[string][]Submission  // of each sign-up, by its id
	States      map[string][]StateChange // of each sign-up, by its id
	Versions    []Version                // of records, also of those that were replaced or voided, and rows of withdrawn files
	Files       []FileRow
	Merges      []Merge
}

// Submission is a sign-up form as it was sent once.
type Submission struct {
	ID        string
	At        time.Time // when it was received
	Submitted time.Time
	Row       schema.Row // in the clear
	sealed    schema.Values
	person    string // the id in it
	Upload    string
	Line      int
}

// StateChange is a state of a sign-up and when it began.
type StateChange struct {
	State   string
	Version int
	At      time.Time
}

// Version is one version of a record about the person. One that is voided, or of a kind that the
// registry lacks, has no row.
type Version struct {
	Kind   string
	Record string
	Number int
	At     time.Time
	Row    schema.Row // in the clear
	sealed schema.Values
	Reason string
	Void   bool
	Upload string // the file it came in, where it is a row
	Line   int
}

// FileRow is a row of a file that mentions the person.
type FileRow struct {
	Upload, Kind, State string
	Line                int
}

// Merge is a merge of two ids of the person.
type Merge struct {
	ID, Into string
	At       time.Time
}

// History reads the history of a person under all their ids from facts, rows of files and private texts. It reads every
// fact of the project.
func (s *Store) History(ctx context.Context, registry *schema.Registry, project string, p people.Person) (History, error) {
	d := History{Submissions: map[string][]Submission{}, States: map[string][]StateChange{}}
	if err := s.readFacts(ctx, project, p.IDs(), &d); err != nil {
		return d, err
	}
	for id, submissions := range d.Submissions {
		for i := range submissions {
			form, err := s.signups.SentForm(ctx, project, submissions[i].person, id, submissions[i].ID)
			if err != nil {
				return d, err
			}
			submissions[i].Row = registry.Kind(schema.Signup).Reveal(submissions[i].sealed, form)
		}
	}
	for i := range d.Versions {
		v := &d.Versions[i]
		private, err := s.persons.Text(ctx, project, v.Record, v.Number)
		if err != nil {
			return d, err
		}
		kind := registry.Kind(v.Kind)
		if kind == nil {
			v.Reason = private["reason"]
			continue
		}
		v.Reason = private[kind.ReasonName()]
		if !v.Void {
			v.Row = kind.Reveal(v.sealed, private)
		}
	}
	files := map[string]bool{}
	for _, id := range p.IDs() {
		err := s.persons.EachMention(ctx, project, id, func(kind, what string) error {
			if kind == "upload" && !files[what] {
				files[what] = true
				return s.readRows(ctx, registry, project, what, p.IDs(), &d)
			}
			return nil
		})
		if err != nil {
			return d, err
		}
	}
	var advisers []*string
	for _, v := range d.Versions {
		if v.Row != nil {
			advisers = append(advisers, adviserCell(registry.Kind(v.Kind), v.Row)...)
		}
	}
	return d, s.nameAdvisers(ctx, project, advisers)
}

// readFacts collects from the facts what concerns a person under any of the ids.
func (s *Store) readFacts(ctx context.Context, project string, ids []string, d *History) error {
	voids, moves := map[string]Version{}, map[string][]StateChange{}
	type last struct {
		version      int
		kind, person string
	}
	lasts := map[string]last{} // the last version of each record, which has its current person
	var mu sync.Mutex
	err := s.db.Log().ReadAll(ctx, project, nil, func(f fact.Fact) error {
		mu.Lock()
		defer mu.Unlock()
		switch f.Kind {
		case fact.KindSignup:
			var data fact.Signup
			if err := json.Unmarshal(f.Data, &data); err != nil || !slices.Contains(ids, data.Person) {
				return err
			}
			d.Submissions[data.Signup] = append(d.Submissions[data.Signup], Submission{ID: data.Entry, At: f.At, Submitted: data.Submitted, sealed: data.Values, person: data.Person, Upload: data.Upload, Line: data.Line})
			if data.State != "" {
				d.States[data.Signup] = append(d.States[data.Signup], StateChange{State: data.FirstState(), Version: 1, At: f.At})
			}
		case fact.KindSignupMoved:
			var data fact.SignupMoved
			if err := json.Unmarshal(f.Data, &data); err != nil {
				return err
			}
			moves[data.Signup] = append(moves[data.Signup], StateChange{State: data.NewState(), Version: data.Version, At: f.At})
		case fact.KindRecordEntered:
			var data fact.RecordEntered
			if err := json.Unmarshal(f.Data, &data); err != nil {
				return err
			}
			if lasts[data.Record].version < data.Version {
				lasts[data.Record] = last{data.Version, data.Kind, data.Person}
			}
			if !slices.Contains(ids, data.Person) {
				return nil
			}
			d.Versions = append(d.Versions, Version{Kind: data.Kind, Record: data.Record, Number: data.Version, At: f.At, sealed: data.Values})
		case fact.KindRecordVoided:
			var data fact.RecordVoided
			if err := json.Unmarshal(f.Data, &data); err != nil {
				return err
			}
			voids[data.Record] = Version{Record: data.Record, Number: data.Version, At: f.At, Void: true}
		case fact.KindPersonMerged:
			var data fact.PersonMerged
			if err := json.Unmarshal(f.Data, &data); err != nil || !slices.Contains(ids, data.Person) && !slices.Contains(ids, data.Into) {
				return err
			}
			d.Merges = append(d.Merges, Merge{ID: data.Person, Into: data.Into, At: f.At})
		}
		return nil
	})
	// Lanes have no common order: a void may be read before its record. Records that were corrected to another person
	// are not this one's.
	d.Versions = slices.DeleteFunc(d.Versions, func(v Version) bool { return !slices.Contains(ids, lasts[v.Record].person) })
	for id, l := range lasts {
		if v, voided := voids[id]; voided && slices.Contains(ids, l.person) {
			v.Kind = l.kind
			d.Versions = append(d.Versions, v)
		}
	}
	for id := range d.Submissions {
		d.States[id] = append(d.States[id], moves[id]...)
		slices.SortFunc(d.States[id], func(a, b StateChange) int { return a.Version - b.Version })
		slices.SortFunc(d.Submissions[id], func(a, b Submission) int { return a.At.Compare(b.At) })
	}
	slices.SortFunc(d.Versions, func(a, b Version) int { return a.At.Compare(b.At) })
	slices.SortFunc(d.Merges, func(a, b Merge) int { return a.At.Compare(b.At) })
	return err
}

// readRows collects the rows of a file that mention a person. Values of rows that count are in PersonData, not here.
func (s *Store) readRows(ctx context.Context, registry *schema.Registry, project, id string, ids []string, d *History) error {
	u, err := s.uploads.Upload(ctx, project, id)
	if err != nil || u.Packs == 0 {
		return err
	}
	k := registry.Plural(u.Kind)
	if k == nil {
		return nil
	}
	texts := map[int]map[string]string{}
	if u.State != uploads.Accepted {
		if texts, err = s.uploads.RowTexts(ctx, project, id); err != nil {
			return err
		}
	}
	for pack := range u.Packs {
		rows, err := s.uploads.Pack(ctx, project, id, k.Name, pack)
		if err != nil {
			return err
		}
		for _, l := range rows.In(k) {
			if !slices.Contains(ids, l.Person) {
				continue
			}
			d.Files = append(d.Files, FileRow{Upload: id, Kind: u.Kind, State: u.State, Line: l.Row})
			if u.State != uploads.Accepted && k.Name != schema.Signup {
				d.Versions = append(d.Versions, Version{
					Kind: k.Name, Record: fact.LineID(id, u.Arrived, l.Row), At: u.Arrived, Row: k.Reveal(k.Values(l.Values), texts[l.Row]), Upload: id, Line: l.Row,
				})
			}
		}
	}
	return nil
}

// adviserCell returns the value of a row that names an adviser, none where the kind has no such field.
func adviserCell(kind *schema.Kind, row schema.Row) []*string {
	if at := kind.Index("adviser"); at >= 0 {
		return []*string{&row[at]}
	}
	return nil
}

// nameAdvisers replaces advisers' random ids by their e-mail addresses.
func (s *Store) nameAdvisers(ctx context.Context, project string, advisers []*string) error {
	ids := make([]string, len(advisers))
	for i, id := range advisers {
		ids[i] = *id
	}
	emails, err := s.staff.StaffEmails(ctx, project, ids)
	if err != nil {
		return err
	}
	for _, id := range advisers {
		*id = emails[*id]
	}
	return nil
}
