package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"outreach/internal/app"
	"outreach/internal/attachments"
	"outreach/internal/fact"
	"outreach/internal/importer"
	"outreach/internal/objects"
	"outreach/internal/people"
	"outreach/internal/projects"
	"outreach/internal/records"
	"outreach/internal/said"
	"outreach/internal/schema"
	"outreach/internal/snapshots"
	"outreach/internal/sources"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/uploads"
	"outreach/internal/version"
)

// Store makes archives and takes them in. It is safe for concurrent use.
type Store struct {
	app *app.App
	db  *store.DB
}

// New returns a Store on the features of an application. It reads and writes nothing.
func New(a *app.App) *Store { return &Store{a, a.DB} }

// mostAttempts is how often an archive is begun anew because something was recorded meanwhile.
const mostAttempts = 3

// ErrChanging reports that something was recorded whenever an archive was made: it would have had one half of it.
var ErrChanging = fmt.Errorf("the project changes while it is archived: %w", table.ErrBusy)

// Make writes the archive of a project to a temporary file, which the caller closes and removes. It needs the same
// memory for any number of records. It fails with ErrChanging where somebody records something all the time, and with
// store.ErrNotFound for an unknown project.
func (s *Store) Make(ctx context.Context, project string) (file *os.File, err error) {
	if file, err = os.CreateTemp(s.db.Folder, "archive-"); err != nil {
		return nil, err
	}
	err = s.app.Privacy.WithStableFacts(ctx, project, func() error {
		for range mostAttempts {
			if err := rewind(file); err != nil {
				return err
			}
			before, err := s.app.Facts.Heads(ctx, project)
			if err != nil {
				return err
			}
			out := bufio.NewWriterSize(file, 1<<16)
			if err := errors.Join(s.write(ctx, project, before, out), out.Flush()); err != nil {
				return err
			}
			if same, err := s.unchanged(ctx, project, before); same || err != nil {
				return err
			}
		}
		return ErrChanging
	})
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	return file, nil
}

func rewind(file *os.File) error {
	_, err := file.Seek(0, io.SeekStart)
	return errors.Join(err, file.Truncate(0))
}

// unchanged reports whether all facts above a position are of no account to what is archived.
func (s *Store) unchanged(ctx context.Context, project string, above fact.Heads) (bool, error) {
	now, err := s.app.Facts.Heads(ctx, project)
	if err != nil {
		return false, err
	}
	same := true
	err = s.app.Facts.Read(ctx, project, above, now, func(f fact.Fact) error {
		same = same && (f.Kind == fact.KindPersonViewed || f.Kind == fact.KindPeopleExported)
		return nil
	})
	return same, err
}

// export writes one archive.
type export struct {
	*Store
	ctx       context.Context
	project   string
	heads     fact.Heads // the last facts of the archive
	zip       *zip.Writer
	defined   projects.Defined        // in force
	kinds     map[string]*schema.Kind // by name, of all versions of the definition; the newest version's
	uploads   []uploads.Upload
	staff     map[string]bool // ids that were met
	emails    map[string]string
	files     []string // ids of attachments that records name
	sourceIDs []string // of the sources that were set

	spool  *os.File // lines of sealsData
	seals  *bufio.Writer
	sealed map[string]bool // some of the texts in it
}

// write writes the archive with the facts up to a position.
func (s *Store) write(ctx context.Context, project string, heads fact.Heads, w io.Writer) (err error) {
	e := &export{Store: s, ctx: ctx, project: project, heads: heads, zip: zip.NewWriter(w), kinds: map[string]*schema.Kind{}, staff: map[string]bool{}, emails: map[string]string{}, sealed: map[string]bool{}}
	if e.defined, err = s.app.Projects.Definition(ctx, project); err != nil {
		return err
	}
	if e.spool, err = os.CreateTemp(s.db.Folder, "archive-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.spool.Close(), os.Remove(e.spool.Name())) }()
	e.seals = bufio.NewWriterSize(e.spool, 1<<16)
	steps := []func() error{
		e.definitions, e.head, e.people, e.distinct, e.records, e.signups, e.uploadList, e.rows, e.attachments, e.snapshots, e.said, e.reports, e.purges,
		e.facts, e.sources, e.deliveries, e.sealList, e.staffList, e.tables, e.originals,
	}
	for _, step := range steps {
		if err := errors.Join(step(), ctx.Err()); err != nil {
			return err
		}
	}
	return e.zip.Close()
}

// create begins an entry.
func (e *export) create(name string) (io.Writer, error) {
	return e.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: e.db.Now().UTC().Truncate(time.Second)})
}

// text writes an entry.
func (e *export) text(name string, content []byte) error {
	w, err := e.create(name)
	if err == nil {
		_, err = w.Write(content)
	}
	return err
}

// lines writes an entry with a line for each value. each is called before a value is written.
func lines[T any](e *export, name string, values iter.Seq2[T, error], each func(*T) error) error {
	w, err := e.create(name)
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for value, err := range values {
		if err == nil && each != nil {
			err = each(&value)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := out.Encode(value); err != nil {
			return err
		}
	}
	return nil
}

// definitions writes the versions of the definition.
func (e *export) definitions() error {
	versions := 0
	err := lines(e, definitionsData, e.app.Projects.Versions(e.ctx, e.project), func(d *projects.Defined) error {
		versions = d.Version
		e.meet(d.By)
		for _, k := range schema.For(d.Definition).Kinds {
			e.kinds[k.Name] = k
		}
		return nil
	})
	for version := 1; version <= versions && err == nil; version++ {
		var text []byte
		if text, err = e.app.Projects.DefinitionText(e.ctx, e.project, version); err == nil {
			err = e.text(fmt.Sprintf("%s%d.yaml", definitionFolder, version), text)
		}
	}
	return err
}

// head writes what says how to read the rest.
func (e *export) head() error {
	m := manifest{Format: Version, Project: e.project, Made: e.db.Now().UTC().Truncate(time.Second), Program: version.String(), Heads: e.heads}
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	var docs []tableDoc
	for _, t := range e.allTables() {
		docs = append(docs, t.tableDoc)
	}
	return errors.Join(e.text(manifestName, append(body, '\n')), e.text(readmeName, []byte(readme(m, docs))))
}

// meet remembers the ids of members of the staff.
func (e *export) meet(ids ...string) {
	for _, id := range ids {
		if id != "" {
			e.staff[id] = true
		}
	}
}

// meetIn remembers the members of the staff in the values of a record.
func (e *export) meetIn(k *schema.Kind, get func(field string) string) {
	for i := range k.Fields {
		if k.Fields[i].Privacy == schema.Staff {
			e.meet(get(k.Fields[i].Name))
		}
	}
}

// seal is a private text with the keyed hash in its place.
type seal struct {
	Seal string `json:"seal"`
	Text string `json:"text"`
}

// mostSealed is how many texts are remembered so that they are not written twice.
const mostSealed = 20_000

// keep writes a private text with its keyed hash.
func (e *export) keep(text string) error {
	if text == "" || e.sealed[text] {
		return nil
	}
	if len(e.sealed) >= mostSealed {
		clear(e.sealed)
	}
	e.sealed[text] = true
	line, err := json.Marshal(seal{e.db.Seal(e.project, "text", text), text})
	if err == nil {
		_, err = e.seals.Write(append(line, '\n'))
	}
	return err
}

// keepAll writes the private texts of a record of a kind that have keyed hashes in facts. A field that the kind lacks
// may be one of an earlier version.
func (e *export) keepAll(k *schema.Kind, texts map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		f := k.Field(name)
		if f != nil && f.Privacy != schema.Sealed {
			continue
		}
		if f != nil {
			if err := e.keep(f.Hashed(texts[name])); err != nil {
				return err
			}
			continue
		}
		if err := errors.Join(e.keep(texts[name]), e.keep(schema.Same(texts[name]))); err != nil {
			return err
		}
	}
	return nil
}

func (e *export) people() error {
	kind := e.kinds[schema.Signup]
	return lines(e, peopleData, e.app.People.Archive(e.ctx, e.project), func(a *people.Archived) error {
		for _, sk := range slices.Sorted(maps.Keys(a.Private)) {
			var form map[string]string
			var correction people.AttributeCorrection
			if json.Unmarshal(a.Private[sk], &form) == nil {
				if err := e.keepAll(kind, form); err != nil {
					return err
				}
			} else if json.Unmarshal(a.Private[sk], &correction) == nil {
				e.meet(correction.By)
				texts := map[string]string{}
				for _, v := range correction.Values.All() {
					texts[v.Field] = v.Text
				}
				if err := e.keepAll(kind, texts); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (e *export) distinct() error {
	return lines(e, distinctData, e.app.People.ArchiveDistinct(e.ctx, e.project), nil)
}

// typed is a typed record with its private texts.
type typed struct {
	Record records.Typed  `json:"record"`
	Texts  []people.Texts `json:"texts,omitempty"` // of all versions
}

// records writes the typed records of all kinds, then the texts of snapshots and of what was said.
func (e *export) records() error {
	err := lines(e, recordsData, e.typed(), func(t *typed) error {
		e.meet(t.Record.By)
		if t.Record.Under != t.Record.Partner {
			e.meet(t.Record.Under)
		}
		kind := e.kinds[t.Record.Kind]
		e.meetIn(kind, t.Record.Values.Get)
		for _, f := range kind.Files() {
			if id := f.Answer(t.Record.Values.Get(f.Name)); id != "" {
				e.files = append(e.files, id)
			}
		}
		var err error
		t.Texts, err = e.textsOf(kind, t.Record.ID)
		return err
	})
	if err != nil {
		return err
	}
	return lines(e, textsData, e.notes(), nil)
}

func (e *export) typed() iter.Seq2[typed, error] {
	return func(yield func(typed, error) bool) {
		for _, name := range slices.Sorted(maps.Keys(e.kinds)) {
			for t, err := range e.app.Records.All(e.ctx, e.project, name) {
				if !yield(typed{Record: t}, err) || err != nil {
					return
				}
			}
		}
	}
}

// textsOf returns the private texts of a record of a kind, and keeps them.
func (e *export) textsOf(kind *schema.Kind, id string) (all []people.Texts, err error) {
	for t, err := range e.app.People.ArchiveTexts(e.ctx, e.project, id) {
		var texts map[string]string
		if err == nil && json.Unmarshal(t.Data, &texts) == nil {
			err = e.keepAll(kind, texts)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// notes iterates over the notes of snapshots and of what was said.
func (e *export) notes() iter.Seq2[people.Texts, error] {
	return func(yield func(people.Texts, error) bool) {
		each := func(id string, err error) bool {
			var texts []people.Texts
			if err == nil {
				texts, err = e.textsOf(&schema.Kind{}, id)
			}
			if err != nil {
				yield(people.Texts{}, err)
				return false
			}
			for _, t := range texts {
				if !yield(t, nil) {
					return false
				}
			}
			return true
		}
		for k, err := range e.app.Snapshots.All(e.ctx, e.project) {
			if !each(k.ID, err) {
				return
			}
		}
		for v, err := range e.app.Said.All(e.ctx, e.project) {
			if !each(said.TextsOf(v), err) {
				return
			}
		}
	}
}

func (e *export) signups() error {
	w, err := e.create(signupsData)
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	for _, activity := range e.defined.ActivityIDs() {
		for su, err := range e.app.Signups.All(e.ctx, e.project, activity) {
			if err != nil {
				return err
			}
			if err := out.Encode(su); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *export) uploadList() error {
	return lines(e, uploadsData, e.app.Uploads.Archive(e.ctx, e.project), func(a *uploads.Archived) error {
		e.meet(a.Upload.By)
		e.uploads = append(e.uploads, a.Upload)
		return nil
	})
}

// kindOfFile returns the kind of a file's rows, nil for one that was not recognised.
func (e *export) kindOfFile(u uploads.Upload) *schema.Kind {
	for _, k := range e.kinds {
		if k.Plural == u.Kind {
			return k
		}
	}
	return nil
}

// packs iterates over the packs of all files, or of those of one kind unless it is nil. It calls each with the rows of
// a pack before it yields it.
func (e *export) packs(each func(u uploads.Upload, k *schema.Kind, lines []fact.Line, p uploads.Packed) error, only *schema.Kind) iter.Seq2[uploads.Packed, error] {
	return func(yield func(uploads.Packed, error) bool) {
		for _, u := range e.uploads {
			k := e.kindOfFile(u)
			if u.Packs == 0 || k == nil || only != nil && k != only {
				continue
			}
			for p, err := range e.app.Uploads.ArchiveRows(e.ctx, e.project, u) {
				if err == nil {
					var pack fact.Pack
					if pack, err = fact.ReadPack(p.Rows, k.Name); err == nil {
						err = each(u, k, pack.In(k), p)
					}
				}
				if !yield(p, err) || err != nil {
					return
				}
			}
		}
	}
}

func (e *export) rows() error {
	err := lines(e, rowsData, e.packs(func(u uploads.Upload, k *schema.Kind, lines []fact.Line, p uploads.Packed) error {
		for _, l := range lines {
			e.meetIn(k, func(field string) string { return k.Get(l.Values, field) })
			if err := e.keepAll(k, p.Texts[l.Row]); err != nil {
				return err
			}
		}
		return nil
	}, nil), nil)
	for _, u := range e.uploads {
		if err == nil && u.Packs > 0 && u.Removed.IsZero() {
			err = e.keepOriginal(u)
		}
	}
	return err
}

// keepOriginal keeps the private texts of a file whose rows are about nobody: they are in the original alone. A file
// that cannot be read any more has none: then its rows count as ever, and the same rows sent again are changed ones.
func (e *export) keepOriginal(u uploads.Upload) (err error) {
	k := e.kindOfFile(u)
	if k == nil || k.Person || !slices.ContainsFunc(k.Fields, func(f schema.Field) bool { return f.Privacy == schema.Sealed }) {
		return nil
	}
	body, _, err := e.db.Objects.Open(e.ctx, u.Object, "")
	if errors.Is(err, objects.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer body.Close()
	file, err := os.CreateTemp(e.db.Folder, "archive-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	size, err := io.Copy(file, io.LimitReader(body, importer.MaxBytes))
	if err != nil {
		return err
	}
	d := e.defined.Definition
	scope := schema.Scope{Definition: d, Today: d.Day(u.Arrived), Loose: true}
	var wrote error
	_, _ = importer.Check(e.ctx, importer.File{Body: file, Size: size}, scope, func(*schema.Kind) bool { return true }, func(l importer.Line) error {
		for i, value := range l.Entry.Row {
			if f := &l.Kind.Fields[i]; f.Privacy == schema.Sealed && wrote == nil {
				wrote = e.keep(f.Hashed(value))
			}
		}
		return wrote
	})
	if e.ctx.Err() != nil || wrote != nil {
		return errors.Join(e.ctx.Err(), wrote)
	}
	return nil
}

func (e *export) attachments() error {
	var found []string
	names := map[string]string{}
	err := lines(e, attachmentsData, e.app.Attachments.Archive(e.ctx, e.project, e.files), func(a *attachments.Archived) error {
		e.meet(a.Attachment.By)
		if a.Attachment.Removed.IsZero() {
			found = append(found, a.Attachment.ID)
			names[a.Attachment.ID] = ending(a.Filename)
		}
		return nil
	})
	for _, id := range found {
		if err != nil {
			return err
		}
		err = e.object(attachmentFolder+id+names[id], attachments.Object(e.project, id))
	}
	return err
}

// object writes an object as an entry; none where there is no object.
func (e *export) object(name, key string) error {
	body, _, err := e.db.Objects.Open(e.ctx, key, "")
	if errors.Is(err, objects.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return e.copy(name, body)
}

func (e *export) copy(name string, body io.ReadCloser) error {
	defer body.Close()
	w, err := e.create(name)
	if err == nil {
		_, err = io.Copy(w, body)
	}
	return err
}

// ending returns the ending of a file's name, with its full stop, where it is a usual one.
func ending(filename string) string {
	ending := strings.ToLower(path.Ext(filename))
	if len(ending) < 2 || len(ending) > 6 || strings.Trim(ending[1:], "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ""
	}
	return ending
}

// lists are the lists of snapshots, and the counts of tasks that were noted last.
type lists struct {
	snapshots.Lists
	Noted *fact.AttentionNoted `json:"noted,omitempty"`
}

func (e *export) snapshots() error {
	var kept []snapshots.Kept
	err := lines(e, snapshotsData, e.app.Snapshots.All(e.ctx, e.project), func(k *snapshots.Kept) error {
		e.meet(k.DecidedBy)
		kept = append(kept, *k)
		return nil
	})
	if err != nil {
		return err
	}
	l, err := e.app.Snapshots.ArchiveLists(e.ctx, e.project)
	if err != nil {
		return err
	}
	noted, err := e.app.Attention.Last(e.ctx, e.project)
	if err != nil {
		return err
	}
	if err := lines(e, listsData, each([]lists{{l, noted}}), nil); err != nil {
		return err
	}
	var names []string
	err = e.app.Snapshots.EachObject(e.ctx, e.project, func(name string, _ int64) error {
		names = append(names, name)
		return nil
	})
	for _, name := range names {
		if err != nil {
			return err
		}
		var body io.ReadCloser
		if body, err = e.app.Snapshots.OpenObject(e.ctx, e.project, name); err == nil {
			err = e.copy(snapshotFolder+name, body)
		}
	}
	had := map[string]bool{}
	for _, k := range kept {
		if err != nil {
			return err
		}
		err = e.app.Snapshots.ArchiveSalts(e.ctx, k, had, func(name string, content []byte) error {
			return e.text(snapshotFolder+name, content)
		})
	}
	return err
}

// each iterates over the values of a list.
func each[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, value := range list {
			if !yield(value, nil) {
				return
			}
		}
	}
}

func (e *export) said() error {
	return lines(e, saidData, e.app.Said.All(e.ctx, e.project), func(v *said.Value) error {
		e.meet(v.By)
		return nil
	})
}

func (e *export) reports() error {
	all, err := e.app.Reports.Reports(e.ctx, e.project, "")
	if err != nil {
		return err
	}
	return lines(e, reportsData, each(all), nil)
}

func (e *export) purges() error {
	if err := lines(e, purgesData, e.app.Privacy.Purges(e.ctx, e.project), nil); err != nil {
		return err
	}
	ledger, err := e.ledger()
	if err != nil {
		return err
	}
	return lines(e, erasuresData, each(ledger), nil)
}

// ledger returns the erasure ledger in the order of time, without the keyed hashes of identities, which lead nowhere in
// another tracker.
func (e *export) ledger() ([]people.Erasure, error) {
	ledger, err := e.app.Privacy.Erasures(e.ctx, e.project)
	slices.SortFunc(ledger, func(a, b people.Erasure) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Fresh, b.Fresh)) })
	for i := range ledger {
		ledger[i].Keys = []string{}
		e.meet(ledger[i].By)
	}
	return ledger, err
}

func (e *export) facts() error {
	w, err := e.create(factsData)
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	return e.app.Facts.Archive(e.ctx, e.project, e.heads, func(a fact.Archived, by string) error {
		e.meet(by)
		if bytes.Contains(a.Fact, sourceSet) {
			if err := e.meetSource(a.Fact); err != nil {
				return err
			}
		}
		return out.Encode(a)
	})
}

// sourceSet is in each fact that a source was set, and in few others.
var sourceSet = []byte(fact.KindSourceSet)

// meetSource remembers the source that a fact says was set.
func (e *export) meetSource(raw []byte) error {
	var f fact.Fact
	if err := json.Unmarshal(raw, &f); err != nil || f.Kind != fact.KindSourceSet {
		return err
	}
	var set fact.SourceSet
	if err := json.Unmarshal(f.Data, &set); err != nil {
		return err
	}
	if !slices.Contains(e.sourceIDs, set.Source) {
		e.sourceIDs = append(e.sourceIDs, set.Source)
	}
	return nil
}

// sources writes the versions of all sources that facts say were set, without secrets.
func (e *export) sources() error {
	slices.Sort(e.sourceIDs)
	return lines(e, sourcesData, e.app.Sources.VersionsOf(e.ctx, e.project, e.sourceIDs), func(v *sources.Stored) error {
		e.meet(v.By)
		return nil
	})
}

// deliveries writes what form tools sent that waits for the office.
func (e *export) deliveries() error {
	return lines(e, deliveriesData, e.app.Hooks.Archive(e.ctx, e.project), nil)
}

func (e *export) sealList() error {
	if err := e.seals.Flush(); err != nil {
		return err
	}
	if _, err := e.spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	w, err := e.create(sealsData)
	if err == nil {
		_, err = io.Copy(w, e.spool)
	}
	return err
}

// member is a member of the staff.
type member struct {
	ID    string `json:"id"`
	Email string `json:"email"`
}

func (e *export) staffList() (err error) {
	ids := slices.Sorted(maps.Keys(e.staff))
	if e.emails, err = e.app.Access.StaffEmails(e.ctx, e.project, ids); err != nil {
		return err
	}
	var all []member
	for _, id := range ids {
		if email := e.emails[id]; email != "" {
			all = append(all, member{id, email})
		}
	}
	return lines(e, staffData, each(all), nil)
}

// originals writes the files of rows that were not removed.
func (e *export) originals() error {
	for a, err := range e.app.Uploads.Archive(e.ctx, e.project) {
		if err != nil {
			return err
		}
		if u := a.Upload; u.Removed.IsZero() && !u.Arrived.IsZero() {
			if err := e.object(originalFolder+u.ID+ending(a.Filename), u.Object); err != nil {
				return err
			}
		}
	}
	return nil
}

// digits returns the bytes of a keyed hash, false of any other text.
func digits(text string) (sum [16]byte, is bool) {
	if len(text) != 2*len(sum) {
		return sum, false
	}
	n, err := hex.Decode(sum[:], []byte(text))
	return sum, err == nil && n == len(sum)
}
