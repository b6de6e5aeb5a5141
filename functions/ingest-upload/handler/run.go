package handler

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"

	"outreach/internal/fact"
	"outreach/internal/importer"
	"outreach/internal/objects"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/store"
	"outreach/internal/uploads"
)

// run is the processing of one file. Nothing of it counts before its last step.
type run struct {
	in           *Ingest
	project      string
	defined      projects.Defined
	upload       uploads.Upload
	file         *os.File
	kind         *schema.Kind
	who          roster
	found        uploads.Findings
	fingerprints []compared
}

// compared is a row's fingerprint and what was said under its natural key before.
type compared struct {
	uploads.Fingerprint
	row    int32
	amount int64 // what the row adds to the file's total, in millionths
	before state

	content0 [8]byte // its content as version 0 of the schema identified it, where files of that time count
}

// content is the row's content as a version of the schema identifies it.
func (p *compared) content(schema int) [8]byte {
	if schema == 0 {
		return p.content0
	}
	return p.Content
}

type state byte

const (
	isNew state = iota
	isChanged
	isUnchanged
)

func (r *run) process(ctx context.Context, info objects.Info) error {
	if err := r.fetch(ctx, info); err != nil {
		return err
	}
	if !r.upload.CheckOnly {
		same, found, err := r.in.Uploads.SameBytes(ctx, r.project, r.upload.Owner, r.upload.SHA256)
		if err != nil {
			return err
		}
		if found && same.ID != r.upload.ID {
			u := r.upload
			u.State, u.SameAs, u.Kind, u.Rows, u.Unchanged, u.Totals = uploads.AcceptedUp, same.ID, same.Kind, same.Rows, same.Rows, same.Totals
			return r.in.Uploads.FinishUpload(ctx, r.project, u, uploads.Findings{})
		}
	}
	ok, err := r.check(ctx)
	if err != nil {
		return err
	}
	if !ok {
		r.upload.State = uploads.RejectedUp
		return r.in.Uploads.FinishUpload(ctx, r.project, r.upload, r.found)
	}
	if !r.upload.CheckOnly {
		if err := r.who.settle(ctx, r.in.App, r.project, r.kind); err != nil {
			return err
		}
	}
	if err := r.write(ctx); err != nil {
		return err
	}
	if r.upload.CheckOnly {
		r.upload.State = uploads.Checked
		return r.in.Uploads.FinishUpload(ctx, r.project, r.upload, r.found)
	}
	return r.in.Uploads.AcceptUpload(ctx, r.project, r.upload, r.found)
}

// fetch brings the object, exactly the one that was looked at, to a file of our own: it is read several times.
func (r *run) fetch(ctx context.Context, info objects.Info) error {
	body, _, err := r.in.DB.Objects.Open(ctx, info.Key, info.ETag)
	if err != nil {
		return err
	}
	defer body.Close()
	if r.file, err = os.CreateTemp("", "upload-"); err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(r.file, sum), io.LimitReader(body, importer.MaxBytes+1))
	if err != nil {
		return err
	}
	r.upload.Bytes, r.upload.SHA256 = n, hex.EncodeToString(sum.Sum(nil))
	return nil
}

func (r *run) close() {
	if r.file != nil {
		r.file.Close()
		os.Remove(r.file.Name())
	}
}

func (r *run) scope() schema.Scope {
	d := r.defined.Definition
	return schema.Scope{Definition: d, Today: d.Day(r.upload.Arrived), Loose: true}
}

// allowed tells which kinds the owner may upload: a partner its own media, the office all.
func (r *run) allowed(k *schema.Kind) bool {
	if r.upload.Owner == uploads.Office {
		return true
	}
	_, known := r.defined.Definition.Partner(r.upload.Owner)
	return known && k.Name == schema.Media
}

// pass reads the file once more.
func (r *run) pass(ctx context.Context, line func(importer.Line) error) (importer.Checked, error) {
	return importer.Check(ctx, importer.File{Body: r.file, Size: r.upload.Bytes}, r.scope(), r.allowed, line)
}

// check tells whether every cell of the file is right, and whom it names.
func (r *run) check(ctx context.Context) (bool, error) {
	r.who = newRoster()
	checked, err := r.pass(ctx, func(l importer.Line) error {
		if !l.Entry.Person.Empty() {
			r.who.gather(l.Entry.Person)
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	r.kind, r.upload.Rows = checked.Kind, checked.Rows
	if r.kind != nil {
		r.upload.Kind = r.kind.Plural
	}
	wrong, warnings := checked.Errors, checked.Warnings
	if r.kind != nil {
		if err := r.who.judge(ctx, r.in.App, r.project); err != nil {
			return false, err
		}
		var repeats importer.Repeats
		_, err := r.pass(ctx, func(l importer.Line) error {
			who := r.upload.Owner
			if r.kind.Person {
				who = r.who.id(l.Entry.Person)
				if problem := r.who.problem(l.Entry.Person); problem != nil {
					add := &warnings
					if problem.Code == schema.TwoPeople {
						add = &wrong
					}
					add.Add(importer.CellError{Row: l.Row, Column: problem.Field, Code: problem.Code, Value: maskRef(l.Entry.Person)})
				}
			}
			if l.Entry.Row != nil {
				repeats.Add(l.Row, r.kind.NaturalKey(who, l.Entry.Row))
			}
			return nil
		})
		if err != nil {
			return false, err
		}
		hint := ""
		if r.kind.Name == schema.Signup {
			hint = "signup" // of which not the last counts
		}
		for _, again := range repeats.Rows() {
			warnings.Add(importer.CellError{Row: again.Row, Code: schema.Repeated, Hint: hint, Args: map[string]string{"row": strconv.Itoa(again.Earlier)}})
		}
	}
	r.found = uploads.Findings{Errors: findings(wrong.List), ErrorsCut: wrong.Cut(), Warnings: findings(warnings.List), WarningsCut: warnings.Cut()}
	return wrong.Total == 0, nil
}

func findings(list []importer.CellError) []uploads.Finding {
	slices.SortStableFunc(list, func(a, b importer.CellError) int { return cmp.Compare(a.Row, b.Row) })
	out := make([]uploads.Finding, len(list))
	for i, e := range list {
		out[i] = uploads.Finding{Row: e.Row, Column: e.Column, Value: e.Value, Problem: schema.Problem{Field: e.Column, Code: e.Code, Hint: e.Hint, Args: e.Args, Options: e.Options}}
	}
	return out
}

// write puts the rows under the upload, and tells how they compare with what counted before. Of a file that is only
// checked nothing is written.
func (r *run) write(ctx context.Context) error {
	packer := r.in.Uploads.Packer(ctx, r.project, r.upload.ID, r.kind)
	isSignups := r.kind.Name == schema.Signup
	layers, err := r.layers(ctx)
	if err != nil {
		return err
	}
	old := slices.ContainsFunc(layers, func(u uploads.Upload) bool { return u.Schema == 0 })
	staff := map[string]string{}
	created := 0
	seen, signed := map[string]bool{}, map[string]bool{}
	_, err = r.pass(ctx, func(l importer.Line) error {
		row := l.Entry.Row
		who, person := r.upload.Owner, ""
		if r.kind.Person {
			person = r.who.id(l.Entry.Person)
			who = person
		} else if r.kind.Name != schema.Media {
			who = ""
		}
		if err := r.nameStaff(ctx, row, staff); err != nil {
			return err
		}
		fingerprint := r.in.Records.Fingerprint(r.project, r.kind, who, row)
		if !isSignups {
			var content0 [8]byte
			if old {
				content0 = r.in.Records.FingerprintOfVersion0(r.project, r.kind, row)
			}
			r.fingerprints = append(r.fingerprints, compared{Fingerprint: fingerprint, content0: content0, row: int32(l.Row), amount: millionths(r.kind.Get(row, totalled(r.kind)))})
		}
		if r.upload.CheckOnly {
			if activity := r.kind.Get(row, "activity"); isSignups && !seen[who+"#"+activity] {
				seen[who+"#"+activity] = true
				live, err := r.in.Signups.SignedUpTo(ctx, r.project, activity, who)
				if err != nil {
					return err
				}
				if !live {
					created++
				}
			}
			return nil
		}
		if isSignups {
			did, err := r.signUp(ctx, l)
			if err != nil {
				return err
			}
			person = did.Signup.Person
			signed[person] = true
			if did.Created {
				created++
			}
		}
		var texts map[string]string
		if r.kind.Name != schema.Media && !isSignups {
			texts = r.kind.Private(row)
		}
		return packer.Add(fact.Line{Row: l.Row, Person: person, Values: r.in.DB.SealRow(r.project, r.kind, row)}, fingerprint, texts)
	})
	if closed := packer.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	r.upload.Packs, r.upload.Schema = packer.Packs, schema.SchemaVersion
	if isSignups {
		r.upload.New, r.upload.Changed, r.upload.Unchanged = created, 0, r.upload.Rows-created
		return r.in.Uploads.Mention(ctx, r.project, r.upload.ID, slices.Sorted(maps.Keys(signed)))
	}
	if r.kind.Person && !r.upload.CheckOnly {
		if err := r.in.Uploads.Mention(ctx, r.project, r.upload.ID, r.who.ids()); err != nil {
			return err
		}
	}
	return r.compare(ctx, layers)
}

// signUp does what the office's form does for one row; the row has an id of its own, so that doing it again changes nothing.
func (r *run) signUp(ctx context.Context, l importer.Line) (signups.SignedUp, error) {
	activity, _ := r.defined.Definition.Activity(schema.Builtin().Kind(schema.Signup).Get(l.Entry.Row, "activity"))
	submitted := r.upload.Arrived
	if given := schema.Builtin().Kind(schema.Signup).Get(l.Entry.Row, "submitted_at"); given != "" {
		at, err := parseInstant(given)
		if err != nil {
			return signups.SignedUp{}, err
		}
		submitted = at
	}
	return r.in.Signups.SignUp(ctx, r.project, signups.SignupDraft{
		Activity: activity, Row: l.Entry.Row, Submitted: submitted, By: r.upload.By,
		Entry: fact.LineID(r.upload.ID, r.upload.Arrived, l.Row), Upload: r.upload.ID, Line: l.Row,
	}, store.Once{})
}

// nameStaff puts random ids in the place of addresses.
func (r *run) nameStaff(ctx context.Context, row schema.Row, known map[string]string) error {
	for i := range r.kind.Fields {
		if r.kind.Fields[i].Keep != schema.Staff || row[i] == "" {
			continue
		}
		id, ok := known[row[i]]
		if !ok && !r.upload.CheckOnly {
			var err error
			if id, err = r.in.Access.Staff(ctx, r.project, row[i]); err != nil {
				return err
			}
			known[row[i]] = id
		}
		row[i] = id
	}
	return nil
}
