package archive

import (
	"encoding/csv"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// readable is a table for people to read: its columns, and what writes its rows.
type readable struct {
	tableDoc
	rows func(row func(cells ...string)) error
}

// tables writes the tables for people to read.
func (e *export) tables() error {
	for _, t := range e.allTables() {
		w, err := e.create(t.file())
		if err != nil {
			return err
		}
		out := csv.NewWriter(w)
		out.UseCRLF = true
		var head []string
		for _, c := range t.columns {
			head = append(head, c.name)
		}
		_ = out.Write(head) // the writer keeps its first error
		if err := t.rows(func(cells ...string) { _ = out.Write(cells) }); err != nil {
			return err
		}
		if out.Flush(); out.Error() != nil {
			return out.Error()
		}
	}
	return nil
}

// allTables returns the tables in the order of the README.
func (e *export) allTables() []readable {
	all := []readable{e.peopleTable(), e.signupsTable()}
	for _, name := range slices.Sorted(maps.Keys(e.kinds)) {
		if name != schema.Signup {
			all = append(all, e.recordsTable(e.kinds[name]))
		}
	}
	return append(all, e.uploadsTable(), e.attachmentsTable(), e.saidTable(), e.snapshotsTable(), e.definitionsTable(), e.erasuresTable())
}

func instant(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

func (e *export) peopleTable() readable {
	return readable{tableDoc{"people", "Everybody who is known, with their identity. Attributes are in signups.csv.", []column{
		{"id", "a random id, by which other tables name the person"},
		{"merged_into", "the id of the person that this one was found to be; blank: none"},
		{"state", "undecided: the office has not decided who this is"},
		{"first_name", "first name"},
		{"last_name", "last name"},
		{"other_first_names", "further first names by which the office knows the person, separated by |"},
		{"emails", "e-mail addresses, separated by |"},
		{"pesels", "PESEL numbers, separated by |"},
		{"other_keys", "other keys as kind:value, separated by |"},
		{"phone", "telephone number"},
		{"birth_year", "year of birth, as the first form says that gave it"},
	}}, func(row func(...string)) error {
		for a, err := range e.app.People.Archive(e.ctx, e.project) {
			if err != nil {
				return err
			}
			p, state := a.Person, ""
			if p.Undecided {
				state = "undecided"
			}
			var further []string
			for _, k := range p.Further {
				further = append(further, k.Kind+":"+k.Value)
			}
			emails := p.Emails
			if p.Address != "" {
				emails = append(slices.Clone(emails), p.Address)
			}
			row(p.ID, p.Into, state, p.FirstName, p.LastName, strings.Join(p.Also, "|"), strings.Join(emails, "|"), strings.Join(p.Pesels, "|"), strings.Join(further, "|"), p.Phone, p.BirthYear)
		}
		return nil
	}}
}

// fieldColumns returns a column for each field of a kind.
func fieldColumns(k *schema.Kind) []column {
	var out []column
	for i := range k.Fields {
		f := &k.Fields[i]
		about := f.Label.In("en")
		if about == "" {
			about = strings.ReplaceAll(f.Name, "_", " ")
		}
		switch f.Privacy {
		case schema.Staff:
			about += "; the e-mail address of a member of the staff"
		case schema.Sealed:
			about += "; blank where the text was removed"
		}
		out = append(out, column{f.Name, about})
	}
	return out
}

// cells returns a row with staff by address.
func (e *export) cells(k *schema.Kind, row schema.Row) []string {
	out := slices.Clone(row)
	for i := range k.Fields {
		if k.Fields[i].Privacy == schema.Staff && out[i] != "" {
			if email := e.emails[out[i]]; email != "" {
				out[i] = email
			}
		}
	}
	return out
}

func (e *export) signupsTable() readable {
	k := e.kinds[schema.Signup]
	return readable{tableDoc{"signups", "Sign-ups to activities, in the order of submission, with what the first form said.", append([]column{
		{"id", "a random id"},
		{"person", "whose: id of people.csv, or a pseudonym of an erased person"},
		{"state", "accepted, waitlisted, held or cancelled"},
		{"upload", "the file it came in: id of uploads.csv; blank: none"},
		{"consent", "the day of the wording on the use of data that the person agreed to; blank: on paper"},
		{"received_at", "when the form was submitted"},
	}, fieldColumns(k)...)}, func(row func(...string)) error {
		for _, activity := range e.defined.ActivityIDs() {
			for page, err := range inPages(e.app.Signups.All(e.ctx, e.project, activity)) {
				if err != nil {
					return err
				}
				forms, err := e.app.Signups.Forms(e.ctx, e.project, page)
				if err != nil {
					return err
				}
				for _, su := range page {
					form := forms[su.ID]
					values := k.Reveal(su.Values, form)
					row(append([]string{su.ID, su.Person, su.State, su.Upload, form[signups.ConsentGiven], instant(su.Submitted)}, e.cells(k, values)...)...)
				}
			}
		}
		return nil
	}}
}

// inPages iterates over lists of some hundred values. It ends after the first error.
func inPages[T any](values iter.Seq2[T, error]) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		page := make([]T, 0, table.MostPage)
		for value, err := range values {
			if err != nil {
				yield(nil, err)
				return
			}
			if page = append(page, value); len(page) == cap(page) {
				if !yield(page, nil) {
					return
				}
				page = page[:0]
			}
		}
		if len(page) > 0 {
			yield(page, nil)
		}
	}
}

func (e *export) recordsTable(k *schema.Kind) readable {
	columns := append([]column{
		{"id", "a random id of a typed record; blank: a row of a file"},
		{"upload", "the file: id of uploads.csv; blank: a typed record"},
		{"row", "the file's row; row 1 is the header"},
		{"state", "voided, or withdrawn with its file; blank: it counts, unless a later record says otherwise of the same thing"},
		{"person", "id of people.csv, or a pseudonym of an erased person"},
		{"partner", "the partner who sent it; blank: the office"},
		{"entered_at", "when it was typed, or when the file arrived"},
		{"entered_by", "the e-mail address of who typed it"},
	}, fieldColumns(k)...)
	about := "Records of the kind " + k.Name + ": those that were typed, in their latest version, then the rows of files that were accepted."
	return readable{tableDoc{recordFolder + k.Name, about, columns}, func(row func(...string)) error {
		for page, err := range inPages(e.app.Records.All(e.ctx, e.project, k.Name)) {
			if err != nil {
				return err
			}
			texts, err := e.app.Records.Texts(e.ctx, e.project, page)
			if err != nil {
				return err
			}
			for _, t := range page {
				state := ""
				if t.Voided {
					state = "voided"
				}
				row(append([]string{t.ID, "", "", state, t.Person, t.Partner, instant(t.At), e.emails[t.By]}, e.cells(k, k.Reveal(t.Values, texts[t.ID]))...)...)
			}
		}
		files := e.packs(func(u uploads.Upload, of *schema.Kind, lines []fact.Line, p uploads.Packed) error {
			state, partner := "", u.Owner
			if u.State == uploads.Withdrawn {
				state = "withdrawn"
			}
			if partner == uploads.Office {
				partner = ""
			}
			for _, l := range lines {
				values := of.Reveal(of.Values(l.Values), p.Texts[l.Row])
				row(append([]string{"", u.ID, strconv.Itoa(fact.RowOf(l.Row)), state, l.Person, partner, instant(u.Arrived), e.emails[u.By]}, e.cells(of, values)...)...)
			}
			return nil
		}, k)
		for _, err := range files {
			if err != nil {
				return err
			}
		}
		return nil
	}}
}

func (e *export) uploadsTable() readable {
	return readable{tableDoc{"uploads", "Files of rows. Those that were not removed are in originals/, by their ids.", []column{
		{"id", "a random id"},
		{"filename", "as it was sent; blank where the file was removed"},
		{"owner", "the partner, or coordinator"},
		{"state", "received, processing, accepted, rejected, checked or withdrawn"},
		{"kind", "the kind of records"},
		{"sha256", "of the file"},
		{"bytes", "of the file"},
		{"rows", "read"},
		{"same_as", "the file with the same bytes that counts in its place"},
		{"received_at", "when it arrived"},
		{"finished_at", "when it had been read"},
		{"removed_at", "when the file was removed"},
		{"sent_by", "the e-mail address of who sent it"},
	}}, func(row func(...string)) error {
		for a, err := range e.app.Uploads.Archive(e.ctx, e.project) {
			if err != nil {
				return err
			}
			u := a.Upload
			row(u.ID, a.Filename, u.Owner, u.State, u.Kind, u.SHA256, strconv.FormatInt(u.Bytes, 10), strconv.Itoa(u.Rows), u.SameAs, instant(u.Arrived), instant(u.Finished), instant(u.Removed), e.emails[u.By])
		}
		return nil
	}}
}

func (e *export) attachmentsTable() readable {
	return readable{tableDoc{"attachments", "Photos and documents of records. Those that were not removed are in attachments/, by their ids.", []column{
		{"id", "a random id, which is the value of the record's field"},
		{"filename", "as it was sent"},
		{"type", "media type"},
		{"bytes", "size"},
		{"kind", "of the record that names it"},
		{"record", "id of the record"},
		{"field", "of the record"},
		{"sent_at", "when its place was asked for"},
		{"removed_at", "when the file was removed"},
	}}, func(row func(...string)) error {
		for a, err := range e.app.Attachments.Archive(e.ctx, e.project, e.files) {
			if err != nil {
				return err
			}
			f := a.Attachment
			row(f.ID, a.Filename, f.Type, strconv.FormatInt(f.Size, 10), f.Kind, f.Record, f.Field, instant(f.Asked), instant(f.Removed))
		}
		return nil
	}}
}

func (e *export) saidTable() readable {
	return readable{tableDoc{"said", "What the office said of indicators that are not counted: of each day what was said last.", []column{
		{"indicator", "its code"}, {"as_of", "the day"}, {"value", "a number, or one of the scale"}, {"said_at", "when"}, {"said_by", "the e-mail address of who said it"},
	}}, func(row func(...string)) error {
		for v, err := range e.app.Said.All(e.ctx, e.project) {
			if err != nil {
				return err
			}
			row(v.Indicator, v.AsOf, v.Value, instant(v.At), e.emails[v.By])
		}
		return nil
	}}
}

func (e *export) snapshotsTable() readable {
	return readable{tableDoc{"snapshots", "Snapshots in the order in which they were compiled. Their figures are in snapshots/.", []column{
		{"id", "a random id"}, {"as_of", "the day"}, {"known_at", "when it was compiled"}, {"state", "draft, approved or rejected"}, {"definition", "version"},
		{"hash", "of the figures"}, {"seal", "over hash and evidence; blank: not sealed"}, {"supersedes", "the snapshot of the day before this one"}, {"decided_by", "the e-mail address of who approved or rejected it"},
	}}, func(row func(...string)) error {
		for k, err := range e.app.Snapshots.All(e.ctx, e.project) {
			if err != nil {
				return err
			}
			before := ""
			if k.Supersedes != nil {
				before = *k.Supersedes
			}
			row(k.ID, k.AsOf, k.KnownAt, k.State, strconv.Itoa(k.Definition.Version), k.Hash, k.Seal(), before, e.emails[k.DecidedBy])
		}
		return nil
	}}
}

func (e *export) definitionsTable() readable {
	return readable{tableDoc{"definitions", "Versions of the definition. Their texts are in definition/.", []column{
		{"version", "from 1"}, {"sha256", "of the text"}, {"set_at", "when it was put in force"}, {"set_by", "the e-mail address of who set it"},
	}}, func(row func(...string)) error {
		for d, err := range e.app.Projects.Versions(e.ctx, e.project) {
			if err != nil {
				return err
			}
			row(strconv.Itoa(d.Version), d.SHA256, instant(d.At), e.emails[d.By])
		}
		return nil
	}}
}

func (e *export) erasuresTable() readable {
	return readable{tableDoc{"erasures", "The erasure ledger: who was erased, without anything that identifies them.", []column{
		{"pseudonym", "stands in the person's place in other tables"}, {"ids", "the ids that the person had, separated by |"}, {"erased_at", "when"}, {"erased_by", "the e-mail address of who did it; blank: the data were kept no longer"},
	}}, func(row func(...string)) error {
		ledger, err := e.ledger()
		if err != nil {
			return err
		}
		for _, one := range ledger {
			row(one.Fresh, strings.Join(one.IDs, "|"), instant(one.At), e.emails[one.By])
		}
		return nil
	}}
}
