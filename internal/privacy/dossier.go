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

// Dossier is what was ever said of a person, beside the story of what holds now: a subject-access export asks for both.
type Dossier struct {
	Sendings map[string][]Sending  // of each sign-up, by its id
	States   map[string][]StateHad // of each sign-up, by its id
	Versions []Version             // of records, also of those that were replaced or voided, and rows of withdrawn files
	Files    []FileRow
	Merges   []MergeHad
}

// Sending is one sending of a sign-up's form.
type Sending struct {
	ID        string
	At        time.Time // when it was received
	Submitted time.Time
	Row       schema.Row // in the clear
	sealed    schema.Values
	Upload    string
	Line      int
}

// StateHad is a state that a sign-up came to.
type StateHad struct {
	State   string
	Version int
	At      time.Time
}

// Version is what was once said in a record about the person. A void one has no row.
type Version struct {
	Kind   string
	Record string
	Number int
	At     time.Time
	Row    schema.Row // in the clear
	sealed schema.Values
	Reason string
	Void   bool
	Upload string // the withdrawn file that it came in
	Line   int
}

// FileRow is a row of a file in which the person stands.
type FileRow struct {
	Upload, Kind, State string
	Line                int
}

// MergeHad says that another record of the person became one with this.
type MergeHad struct {
	ID, Into string
	At       time.Time
}

// Dossier gathers what was ever said of a person, from all facts, rows and private texts that are still kept.
func (s *Store) Dossier(ctx context.Context, project string, p people.Person) (Dossier, error) {
	d := Dossier{Sendings: map[string][]Sending{}, States: map[string][]StateHad{}}
	if err := s.saidOf(ctx, project, p.IDs(), &d); err != nil {
		return d, err
	}
	for id, sendings := range d.Sendings {
		for i := range sendings {
			form, err := s.signups.SentForm(ctx, project, id, sendings[i].ID)
			if err != nil {
				return d, err
			}
			sendings[i].Row = schema.Builtin().Kind(schema.Signup).Reveal(sendings[i].sealed, form)
		}
	}
	for i := range d.Versions {
		v := &d.Versions[i]
		private, err := s.persons.Text(ctx, project, v.Record, v.Number)
		if err != nil {
			return d, err
		}
		if v.Reason = private["reason"]; !v.Void {
			v.Row = schema.Builtin().Kind(v.Kind).Reveal(v.sealed, private)
		}
	}
	files := map[string]bool{}
	for _, id := range p.IDs() {
		err := s.persons.About(ctx, project, id, func(kind, what string) error {
			if kind == "upload" && !files[what] {
				files[what] = true
				return s.rowsOf(ctx, project, what, p.IDs(), &d)
			}
			return nil
		})
		if err != nil {
			return d, err
		}
	}
	return d, s.nameAdvisers(ctx, project, d.Versions)
}

// saidOf gathers what facts said of a person under any of the ids.
func (s *Store) saidOf(ctx context.Context, project string, ids []string, d *Dossier) error {
	voids, moves := map[string]Version{}, map[string][]StateHad{}
	type last struct {
		version      int
		kind, person string
	}
	lasts := map[string]last{} // of each record its last version, which says whose it is
	var mu sync.Mutex
	err := s.Log().ReadAll(ctx, project, nil, func(f fact.Fact) error {
		mu.Lock()
		defer mu.Unlock()
		switch f.Kind {
		case fact.KindSignup:
			var said fact.Signup
			if err := json.Unmarshal(f.Data, &said); err != nil || !slices.Contains(ids, said.Person) {
				return err
			}
			d.Sendings[said.Signup] = append(d.Sendings[said.Signup], Sending{ID: said.Entry, At: f.At, Submitted: said.Submitted, sealed: said.Values, Upload: said.Upload, Line: said.Line})
			if said.State != "" {
				d.States[said.Signup] = append(d.States[said.Signup], StateHad{State: said.State, Version: 1, At: f.At})
			}
		case fact.KindSignupMoved:
			var said fact.SignupMoved
			if err := json.Unmarshal(f.Data, &said); err != nil {
				return err
			}
			moves[said.Signup] = append(moves[said.Signup], StateHad{State: said.State, Version: said.Version, At: f.At})
		case fact.KindSaid:
			var said fact.Said
			if err := json.Unmarshal(f.Data, &said); err != nil {
				return err
			}
			if lasts[said.Record].version < said.Version {
				lasts[said.Record] = last{said.Version, said.Kind, said.Person}
			}
			if !slices.Contains(ids, said.Person) {
				return nil
			}
			d.Versions = append(d.Versions, Version{Kind: said.Kind, Record: said.Record, Number: said.Version, At: f.At, sealed: said.Values})
		case fact.KindVoided:
			var said fact.Voided
			if err := json.Unmarshal(f.Data, &said); err != nil {
				return err
			}
			voids[said.Record] = Version{Record: said.Record, Number: said.Version, At: f.At, Void: true}
		case fact.KindPersonMerged:
			var said fact.Merged
			if err := json.Unmarshal(f.Data, &said); err != nil || !slices.Contains(ids, said.Person) && !slices.Contains(ids, said.Into) {
				return err
			}
			d.Merges = append(d.Merges, MergeHad{ID: said.Person, Into: said.Into, At: f.At})
		}
		return nil
	})
	// Lanes have no order: what became of a record may be read before the record. What was found to be another person's is
	// none of this one's.
	d.Versions = slices.DeleteFunc(d.Versions, func(v Version) bool { return !slices.Contains(ids, lasts[v.Record].person) })
	for id, l := range lasts {
		if v, voided := voids[id]; voided && slices.Contains(ids, l.person) {
			v.Kind = l.kind
			d.Versions = append(d.Versions, v)
		}
	}
	for id := range d.Sendings {
		d.States[id] = append(d.States[id], moves[id]...)
		slices.SortFunc(d.States[id], func(a, b StateHad) int { return a.Version - b.Version })
		slices.SortFunc(d.Sendings[id], func(a, b Sending) int { return a.At.Compare(b.At) })
	}
	slices.SortFunc(d.Versions, func(a, b Version) int { return a.At.Compare(b.At) })
	slices.SortFunc(d.Merges, func(a, b MergeHad) int { return a.At.Compare(b.At) })
	return err
}

// rowsOf gathers the rows of a file in which a person stands. Those of one that counts are told by the story.
func (s *Store) rowsOf(ctx context.Context, project, id string, ids []string, d *Dossier) error {
	u, err := s.uploads.Upload(ctx, project, id)
	if err != nil || u.Packs == 0 {
		return err
	}
	k := schema.Builtin().Plural(u.Kind)
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

// nameAdvisers puts addresses in the place of advisers' random ids.
func (s *Store) nameAdvisers(ctx context.Context, project string, versions []Version) error {
	var staff []string
	each := func(name func(string) string) {
		for _, v := range versions {
			if at := schema.Builtin().Kind(v.Kind).Index("adviser"); at >= 0 && at < len(v.Row) {
				v.Row[at] = name(v.Row[at])
			}
		}
	}
	each(func(id string) string { staff = append(staff, id); return id })
	emails, err := s.staff.StaffEmails(ctx, project, staff)
	each(func(id string) string { return emails[id] })
	return err
}
