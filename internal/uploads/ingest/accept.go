package ingest

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
	"strings"

	"outreach/internal/fact"
	"outreach/internal/importer"
	"outreach/internal/objects"
	"outreach/internal/projects"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/sources/mapping"
	"outreach/internal/uploads"
)

// run processes one file. Nothing in the file counts before the last step.
type run struct {
	*Ingester
	project      string
	defined      projects.Defined
	upload       uploads.Upload
	file         *os.File
	rows         *spool         // what the first pass found in the file
	sums         *importer.Sums // of rows with the same natural key, nil where the source adds up none
	kind         *schema.Kind
	roster       roster
	found        uploads.Findings
	naturals     hashes // of the rows of a kind without people, in the order of the file
	fingerprints []compared
	contents0    [][8]byte // the hashes of the contents by version 0 of the schema, by compared.at; nil where no file of that version counts
}

// hashes is a list of natural hashes in pieces: a list in one piece would be copied, and take twice its size, whenever
// it outgrows its room.
type hashes struct {
	pieces [][][16]byte
	length int
}

const hashesInPiece = 4096

func (h *hashes) add(hash [16]byte) {
	if h.length%hashesInPiece == 0 {
		h.pieces = append(h.pieces, make([][16]byte, hashesInPiece))
	}
	h.pieces[h.length/hashesInPiece][h.length%hashesInPiece] = hash
	h.length++
}

func (h *hashes) at(i int) [16]byte { return h.pieces[i/hashesInPiece][i%hashesInPiece] }

// compared is the fingerprint of a row, and how the row compares with what counted before it.
type compared struct {
	Natural [16]byte
	Content [8]byte
	amount  int64 // what the row adds to the file's total, in millionths
	at      int32 // its place among the rows, in the order of the file
	before  state
}

// content returns the hash of a row's content by a version of the schema.
func (r *run) content(p *compared, schema int) [8]byte {
	if schema == 0 {
		return r.contents0[p.at]
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
		same, found, err := r.uploads.SameBytes(ctx, r.project, r.upload.Owner, r.upload.SHA256)
		if err != nil {
			return err
		}
		if found && same.ID != r.upload.ID {
			u := r.upload
			u.State, u.SameAs, u.Kind, u.Rows, u.Unchanged, u.Totals = uploads.Accepted, same.ID, same.Kind, same.Rows, same.Rows, same.Totals
			u.Source = same.Source
			return r.uploads.FinishUpload(ctx, r.project, u, uploads.Findings{})
		}
	}
	ok, err := r.check(ctx)
	if err != nil {
		return err
	}
	if !ok {
		r.upload.State = uploads.Rejected
		return r.uploads.FinishUpload(ctx, r.project, r.upload, r.found)
	}
	if !r.upload.CheckOnly {
		if err := r.roster.register(ctx, r.people, r.project); err != nil {
			return err
		}
	}
	if err := r.write(ctx); err != nil {
		return err
	}
	if r.upload.CheckOnly {
		r.upload.State = uploads.Checked
		return r.uploads.FinishUpload(ctx, r.project, r.upload, r.found)
	}
	if err := r.uploads.AcceptUpload(ctx, r.project, r.upload, r.found); err != nil {
		return err
	}
	return r.sum(ctx, r.defined.Definition, r.upload)
}

// fetch copies the object to a temporary file, because a workbook is not read from the front to the back. ErrChanged if
// it is no longer the one in info.
func (r *run) fetch(ctx context.Context, info objects.Info) error {
	body, _, err := r.objects.Open(ctx, info.Key, info.ETag)
	if err != nil {
		return err
	}
	defer body.Close()
	if r.file, err = os.CreateTemp(r.folder, "upload-"); err != nil {
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
	if r.rows != nil {
		r.rows.close()
	}
}

func (r *run) scope() schema.Scope {
	d := r.defined.Definition
	return schema.Scope{Definition: d, Today: d.Day(r.upload.Arrived), Loose: true}
}

// allowed reports whether the owner may upload a kind: a partner what partners send, the office every kind.
func (r *run) allowed(k *schema.Kind) bool {
	if r.upload.Owner == uploads.Office {
		return true
	}
	_, known := r.defined.Definition.Partner(r.upload.Owner)
	return known && k.SentByPartners()
}

// read reads the file and calls line for each valid row. It calls line for an invalid row whose person is readable,
// too, without values: Entry.Row is nil.
func (r *run) read(ctx context.Context, line func(importer.Line) error) (importer.Checked, error) {
	refs, always := r.upload.Sources()
	mappings, refs, err := mapping.Load(ctx, r.sources, r.defined.Definition, refs, always, mapping.Rules(rule.CompileRow))
	if err != nil {
		return importer.Checked{}, err
	}
	checked, err := importer.Check(ctx, importer.File{Body: r.file, Size: r.upload.Bytes, Mappings: mappings}, r.scope(), r.allowed, line)
	r.upload.Source = nil
	for i := range mappings {
		if checked.Mapping == mappings[i] {
			r.upload.Source = &refs[i]
		}
	}
	return checked, err
}

// again calls line as read did, for the same lines. A line's row is valid until line returns.
func (r *run) again(ctx context.Context, line func(importer.Line) error) error {
	if r.rows.full() {
		_, err := r.read(ctx, line)
		return err
	}
	return r.rows.each(func(l importer.Line) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.Kind = r.kind
		return line(l)
	})
}

// counted calls line for each record of a file whose rows are valid: each row, but those that were added to another.
func (r *run) counted(ctx context.Context, line func(importer.Line) error) error {
	return r.again(ctx, func(l importer.Line) error {
		if r.sums != nil && !r.sums.Apply(l) {
			return nil
		}
		return line(l)
	})
}

// natural returns the hash of the natural key of a row, where the people of the file are known.
func (r *run) natural(l importer.Line) [16]byte {
	who := r.kind.Owner(r.upload.Owner)
	if r.kind.Person {
		who = r.roster.id(l.Entry.Person)
	}
	return r.records.Natural(r.project, r.kind, who, l.Entry.Row)
}

// addUp adds up the rows with the same natural key, and checks the sums.
func (r *run) addUp(ctx context.Context, checked importer.Checked, wrong, warnings *importer.Findings) error {
	err := r.again(ctx, func(l importer.Line) error {
		if l.Entry.Row != nil {
			r.sums.Add(l.Place(), r.natural(l))
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.sums.Group()
	if err := r.again(ctx, func(l importer.Line) error { r.sums.Take(l); return nil }); err != nil {
		return err
	}
	err = r.counted(ctx, func(l importer.Line) error {
		r.sums.Check(l, checked, r.scope(), wrong, warnings)
		return nil
	})
	r.sums.Warn(checked, warnings)
	return err
}

// check reads the file without storing anything. It reports whether every cell is valid, fills the roster with the
// people in the file, and sets what was found.
func (r *run) check(ctx context.Context) (bool, error) {
	r.roster = newRoster()
	var err error
	if r.rows, err = newSpool(r.folder, r.mostSpooled); err != nil {
		return false, err
	}
	var repeats importer.Repeats
	var key, values []byte
	note := func(l importer.Line, key []byte) {
		values = l.Kind.AppendContent(values[:0], l.Entry.Row)
		repeats.Add(l.Place(), key, values)
	}
	checked, err := r.read(ctx, func(l importer.Line) error {
		if !l.Entry.Person.Empty() {
			r.roster.add(l.Entry.Person)
		}
		if !l.Kind.Person && l.Entry.Row != nil {
			natural := r.records.Natural(r.project, l.Kind, l.Kind.Owner(r.upload.Owner), l.Entry.Row)
			r.naturals.add(natural)
			note(l, natural[:])
		}
		return r.rows.add(l)
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
		if err := r.roster.resolve(ctx, r.people, r.project, r.kind); err != nil {
			return false, err
		}
		if r.kind.Person {
			err := r.again(ctx, func(l importer.Line) error {
				found, isWrong := r.roster.problems(l.Entry.Person)
				for _, problem := range found {
					e := importer.CellError{Sheet: checked.Sheet(l), Row: l.Row, Column: problem.Field, Code: problem.Code, Hint: problem.Hint, Value: maskRef(l.Entry.Person)}
					if isWrong {
						wrong.Add(e)
					} else {
						warnings.Warn(e)
					}
				}
				if l.Entry.Row != nil {
					key = l.Kind.AppendNaturalKey(key[:0], r.roster.id(l.Entry.Person), l.Entry.Row)
					note(l, key)
				}
				return nil
			})
			if err != nil {
				return false, err
			}
		}
		if r.sums = importer.NewSums(checked.Mapping); r.sums == nil {
			r.repeated(checked, repeats.Rows(), &wrong, &warnings)
		} else if err := r.addUp(ctx, checked, &wrong, &warnings); err != nil {
			return false, err
		}
	}
	r.found = uploads.Findings{Errors: findings(checked, wrong.List), ErrorsCut: wrong.Cut(), Warnings: findings(checked, warnings.List), WarningsCut: warnings.Cut()}
	return wrong.Total == 0, nil
}

// repeated adds what is to be told about rows with the natural key of an earlier one. Of sign-ups the first one counts
// and later ones are the form sent again; of other records the last one counts, and two that say different things are
// an error.
func (r *run) repeated(checked importer.Checked, rows []importer.Repeat, wrong, warnings *importer.Findings) {
	for _, repeat := range rows {
		this, before := importer.At(repeat.Row), importer.At(repeat.Earlier)
		at := importer.CellError{Sheet: checked.Sheet(this), Row: this.Row}
		row, earlier := strconv.Itoa(this.Row), strconv.Itoa(before.Row)
		if before.Sheet != this.Sheet {
			row, earlier = row+" ("+checked.Sheet(this)+")", earlier+" ("+checked.Sheet(before)+")"
		}
		switch {
		case r.kind.Name == schema.Signup:
			warnings.Warn(importer.CellError{Sheet: at.Sheet, Row: at.Row, Code: schema.Repeated, Hint: "signup", Args: map[string]string{"row": earlier}})
		case repeat.Other:
			wrong.Add(importer.CellError{
				Sheet: at.Sheet, Row: at.Row, Code: schema.Conflicting, Hint: r.kind.Name, Args: map[string]string{"earlier": earlier, "row": row},
				Rows: []int{before.Row, this.Row}, Count: 2,
			})
		default:
			warnings.Warn(importer.CellError{Sheet: at.Sheet, Row: at.Row, Code: schema.Repeated, Args: map[string]string{"row": earlier}})
		}
	}
}

// findings returns a list in the order of the file.
func findings(checked importer.Checked, list []importer.CellError) []uploads.Finding {
	sheet := func(e importer.CellError) int {
		first, _, _ := strings.Cut(e.Sheet, ", ")
		return slices.Index(checked.Sheets, first)
	}
	slices.SortStableFunc(list, func(a, b importer.CellError) int {
		return cmp.Or(cmp.Compare(sheet(a), sheet(b)), cmp.Compare(a.Row, b.Row))
	})
	out := make([]uploads.Finding, len(list))
	for i, e := range list {
		out[i] = uploads.Finding{Sheet: e.Sheet, Row: e.Row, Column: e.Column, Value: e.Value, Rows: e.Rows, Count: e.Count, Problem: schema.Problem{Field: e.Column, Code: e.Code, Hint: e.Hint, Args: e.Args, Options: e.Options}}
	}
	return out
}

// write stores the rows under the upload, and counts how they compare with what counted before. It stores nothing of a
// file that is only checked.
func (r *run) write(ctx context.Context) error {
	packer := r.uploads.Packer(ctx, r.project, r.upload.ID, r.kind)
	isSignups := r.kind.Name == schema.Signup
	layers, err := r.layers(ctx)
	if err != nil {
		return err
	}
	old := slices.ContainsFunc(layers, func(u uploads.Upload) bool { return u.Schema == 0 })
	staff := map[string]string{}
	created := 0
	seen := map[string]bool{}
	queue := signupQueue{run: r, packer: packer, signed: map[string]bool{}}
	total := -1
	if field := totalled(r.kind); field != "" {
		total = r.kind.Index(field)
	}
	if !isSignups {
		r.fingerprints = make([]compared, 0, r.upload.Rows)
	}
	rows := r.counted
	if isSignups {
		rows = r.bySubmission
	}
	seal := r.sealer.RowSealer(r.project, r.kind)
	at := -1 // the place of the row
	err = rows(ctx, func(l importer.Line) error {
		at++
		row, person := l.Entry.Row, ""
		if err := r.nameStaff(ctx, row, staff); err != nil {
			return err
		}
		var natural [16]byte
		if r.kind.Person {
			person = r.roster.id(l.Entry.Person)
			natural = r.records.Natural(r.project, r.kind, person, row)
		} else if r.sums != nil {
			natural = r.natural(l)
		} else {
			natural = r.naturals.at(at)
		}
		sealed := seal(row)
		fingerprint := r.records.Fingerprint(r.project, r.kind, natural, sealed)
		if !isSignups {
			found := compared{Natural: fingerprint.Natural, Content: fingerprint.Content, at: int32(at)}
			if old {
				r.contents0 = append(r.contents0, r.records.FingerprintOfVersion0(r.project, r.kind, sealed))
			}
			if total >= 0 {
				found.amount = millionths(row[total])
			}
			r.fingerprints = append(r.fingerprints, found)
		}
		if r.upload.CheckOnly {
			if activity := r.kind.Get(row, "activity"); isSignups && !seen[person+"#"+activity] {
				seen[person+"#"+activity] = true
				live, err := r.signups.SignedUpTo(ctx, r.project, activity, person)
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
			return queue.add(ctx, l, sealed, fingerprint)
		}
		var texts map[string]string
		if r.kind.Name != schema.Media {
			texts = r.kind.Private(row)
		}
		return packer.Add(fact.Line{Row: l.Place(), Person: person, Values: sealed, Derived: schema.OfPesel(r.defined.Definition, l.Entry.Person.Pesel)}, fingerprint, texts)
	})
	if err == nil {
		err = queue.flush(ctx)
	}
	if closed := packer.Close(); closed != nil {
		err = closed // the failed write ended the pass
	}
	if err != nil {
		return err
	}
	r.upload.Packs, r.upload.Schema = packer.Packs, schema.SchemaVersion
	if isSignups {
		created += queue.created
		r.upload.New, r.upload.Changed, r.upload.Unchanged = created, 0, r.upload.Rows-created
		return r.uploads.Mention(ctx, r.project, r.upload.ID, slices.Sorted(maps.Keys(queue.signed)))
	}
	if r.kind.Person && !r.upload.CheckOnly {
		if err := r.uploads.Mention(ctx, r.project, r.upload.ID, r.roster.ids()); err != nil {
			return err
		}
	}
	return r.compare(ctx, layers)
}

// nameStaff replaces the e-mail addresses of staff in a row by their random ids. known caches the ids by address.
func (r *run) nameStaff(ctx context.Context, row schema.Row, known map[string]string) error {
	for i := range r.kind.Fields {
		if r.kind.Fields[i].Privacy != schema.Staff || row[i] == "" {
			continue
		}
		id, ok := known[row[i]]
		if !ok && !r.upload.CheckOnly {
			var err error
			if id, err = r.staff.Staff(ctx, r.project, row[i]); err != nil {
				return err
			}
			known[row[i]] = id
		}
		row[i] = id
	}
	return nil
}
