package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/attachments"
	"outreach/internal/attention"
	"outreach/internal/fact"
	"outreach/internal/hooks"
	"outreach/internal/nights"
	"outreach/internal/notices"
	"outreach/internal/people"
	"outreach/internal/privacy"
	"outreach/internal/projects"
	"outreach/internal/reports"
	"outreach/internal/said"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/sources"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Imported is what was taken in.
type Imported struct {
	Project   string `json:"project"`
	Version   int    `json:"version" doc:"Of the definition in force"`
	Facts     int64  `json:"facts"`
	People    int    `json:"people" doc:"Those merged into others too"`
	Signups   int    `json:"signups" doc:"Cancelled ones too"`
	Records   int    `json:"records" doc:"Typed ones, voided ones too"`
	Uploads   int    `json:"uploads"`
	Rows      int    `json:"rows" doc:"Of files that were accepted"`
	Snapshots int    `json:"snapshots"`
	Erased    int    `json:"erased" doc:"People of the erasure ledger who were in the archive and were erased again"`
	// Latest is the newest snapshot of the latest day, nil where there is none.
	Latest *Latest `json:"latest" doc:"The snapshot of the latest day; null: none"`
}

// Latest names a snapshot.
type Latest struct {
	ID   string `json:"id"`
	AsOf string `json:"as_of" format:"date"`
	Hash string `json:"hash"`
}

// releaseTime is how long the end of a lease may take after an interruption.
const releaseTime = 5 * time.Second

// Import makes the project of an archive. It reads and checks all of it before it writes anything: a file that is none,
// or beyond the limits, is a *Refused. may reports whether a project may have an id. The project exists, whole, once
// its definition is in force, which is written last; the originals and the erasures of the ledger follow. After an
// interruption the same archive completes the work. It fails as projects.BeginImport does.
func (s *Store) Import(ctx context.Context, file io.ReadSeeker, size int64, may func(project string) bool) (Imported, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return Imported{}, err
	}
	at, ok := file.(io.ReaderAt)
	if !ok {
		return Imported{}, errors.New("the file cannot be read at any place")
	}
	r, err := open(at, size)
	if err != nil {
		return Imported{}, err
	}
	if !may(r.Project) {
		return Imported{}, refused(manifestName, "project")
	}
	i := &taking{Store: s, reader: r, ctx: ctx, project: r.Project, kinds: map[string]*schema.Kind{}}
	if err := i.readSeals(); err != nil {
		return Imported{}, err
	}
	if err := i.all(); err != nil { // writes nothing
		return Imported{}, err
	}
	begun, err := s.app.Projects.BeginImport(ctx, i.project, hex.EncodeToString(sum.Sum(nil)))
	if err != nil {
		return Imported{}, err
	}
	i.begun = begun
	if err := i.write(); err != nil {
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
		defer cancel()
		return Imported{}, errors.Join(err, begun.Release(release))
	}
	return i.done, nil
}

// write writes everything.
func (i *taking) write() error {
	if !i.begun.Live {
		if err := i.all(); err != nil {
			return err
		}
		if err := i.finish(); err != nil {
			return err
		}
	}
	if err := i.originals(); err != nil {
		return err
	}
	if err := i.erase(); err != nil {
		return err
	}
	return i.begun.End(i.ctx)
}

// taking takes in one archive. all is called twice: first without begun, when it only checks.
type taking struct {
	*Store
	*reader
	ctx     context.Context
	project string
	begun   *projects.Import
	seals   map[[16]byte][16]byte // keyed hashes of the tracker that made the archive, and ours of the same texts
	defined projects.Defined      // the newest version
	kinds   map[string]*schema.Kind
	uploads map[string]uploads.Upload // by id, of files with rows
	heads   fact.Heads                // the last facts that were read
	ledger  []people.Erasure
	kept    map[string]snapshots.Kept
	tracker batch
	private batch
	done    Imported
}

// batch collects operations and writes them many at a time, the last one of each key.
type batch struct {
	ops  []table.Op
	at   map[table.Key]int
	size int
}

// add adds operations to those of the tracker table or, private ones, of the people table.
func (i *taking) add(b *batch, ops ...table.Op) error {
	for _, op := range ops {
		if table.CheckKey(op.Item.Key) != nil || op.Item.Index != (table.Key{}) && table.CheckKey(op.Item.Index) != nil || len(op.Item.Data) > table.MostData {
			return errWrong
		}
		if i.begun == nil {
			continue
		}
		if at, twice := b.at[op.Item.Key]; twice {
			b.size += len(op.Item.Data) - len(b.ops[at].Item.Data)
			b.ops[at] = op
			continue
		}
		if len(b.ops) == table.MostWrites || b.size+len(op.Item.Data) > table.MostDataSum-table.MostData {
			if err := i.flush(b); err != nil {
				return err
			}
		}
		if b.at == nil {
			b.at = map[table.Key]int{}
		}
		b.at[op.Item.Key] = len(b.ops)
		b.ops, b.size = append(b.ops, op), b.size+len(op.Item.Data)
	}
	return nil
}

// flush writes what a batch has, and renews the lease in time.
func (i *taking) flush(b *batch) error {
	if len(b.ops) == 0 {
		return nil
	}
	if err := i.renew(); err != nil {
		return err
	}
	to := i.db.Tracker
	if b == &i.private {
		to = i.db.People
	}
	err := table.Retry(i.ctx, func() error { return to.Write(i.ctx, b.ops...) })
	*b = batch{}
	return err
}

func (i *taking) renew() error {
	if i.begun != nil && i.begun.Due() {
		return i.begun.Renew(i.ctx)
	}
	return i.ctx.Err()
}

// flushAll writes what is left.
func (i *taking) flushAll() error { return errors.Join(i.flush(&i.private), i.flush(&i.tracker)) }

// readSeals makes our keyed hashes of the private texts whose hashes are in the archive.
func (i *taking) readSeals() error {
	i.seals = map[[16]byte][16]byte{}
	return readLines(i.reader, sealsData, nil, func(s seal) error {
		theirs, is := digits(s.Seal)
		if !is {
			return errWrong
		}
		i.seals[theirs] = i.db.Digest(i.project, "text", []byte(s.Text))
		return nil
	})
}

// resealed puts our keyed hashes in the place of the other tracker's in JSON. A hash of a text that is not there any
// more stays: it is equal to itself alone, as before.
func (i *taking) resealed(line []byte) []byte {
	const length = 32
	for from := 0; ; {
		quote := bytes.IndexByte(line[from:], '"')
		if quote < 0 {
			return line
		}
		from += quote + 1
		if end := from + length; end < len(line) && line[end] == '"' {
			if theirs, is := digits(string(line[from:end])); is {
				if ours, known := i.seals[theirs]; known {
					hex.Encode(line[from:end], ours[:])
				}
				from = end
			}
		}
	}
}

// isID reports whether each text is an id.
func isID(ids ...string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool {
		_, err := ulid.ParseStrict(id)
		return err != nil
	})
}

// all checks every entry and, once the import has begun, writes it. The definition is left to finish, originals and
// erasures to what follows it.
func (i *taking) all() error {
	i.done, i.heads, i.ledger = Imported{Project: i.project}, fact.Heads{}, nil
	i.uploads, i.kept = map[string]uploads.Upload{}, map[string]snapshots.Kept{}
	steps := []func() error{
		i.definitions, i.staff, i.people, i.shared, i.distinct, i.signups, i.records, i.notes, i.uploadList, i.rows, i.attachments,
		i.snapshots, i.lists, i.said, i.sources, i.deliveries, i.reports, i.purges, i.objects, i.facts, i.flushAll, i.complete,
	}
	for _, step := range steps {
		if err := errors.Join(step(), i.ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}

func (i *taking) definitions() error {
	last := 0
	err := readLines(i.reader, definitionsData, nil, func(d projects.Defined) error {
		if d.Definition == nil || d.Definition.ID != i.project || d.Version != last+1 {
			return errWrong
		}
		last = d.Version
		name := fmt.Sprintf("%s%d.yaml", definitionFolder, d.Version)
		if i.entries[name] == nil {
			return refused(name, "missing")
		}
		text, err := i.read(name, table.MostData)
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != d.SHA256 {
			return refused(name, "hash")
		}
		for _, k := range schema.For(d.Definition).Kinds {
			i.kinds[k.Name] = k
		}
		i.defined = d
		return i.add(&i.tracker, projects.RestoreVersion(i.project, d, text)...)
	})
	if err == nil && last == 0 {
		err = refused(definitionsData, "empty")
	}
	i.done.Version = last
	return err
}

func (i *taking) staff() error {
	return readLines(i.reader, staffData, nil, func(m member) error {
		if !isID(m.ID) || m.Email == "" {
			return errWrong
		}
		return i.add(&i.private, i.app.Access.RestoreStaff(i.project, m.ID, m.Email)...)
	})
}

func (i *taking) people() error {
	return readLines(i.reader, peopleData, nil, func(a people.Archived) error {
		p := a.Person
		if !isID(p.ID) || !isID(p.Was...) || p.Into != "" && !isID(p.Into) {
			return errWrong
		}
		i.done.People++
		private, tracker := i.app.People.Restore(i.project, a)
		return errors.Join(i.add(&i.private, private...), i.add(&i.tracker, tracker...))
	})
}

// shared stores who shares keys, after everybody's own.
func (i *taking) shared() error {
	if err := i.flush(&i.private); err != nil {
		return err
	}
	return readLines(i.reader, peopleData, nil, func(a people.Archived) error {
		for _, k := range a.Shared {
			if !isID(k.People...) {
				return errWrong
			}
		}
		return i.add(&i.private, i.app.People.RestoreShared(i.project, a)...)
	})
}

func (i *taking) distinct() error {
	return readLines(i.reader, distinctData, nil, func(pair people.DistinctPair) error {
		if !isID(pair.One, pair.Other) {
			return errWrong
		}
		return i.add(&i.tracker, people.RestoreDistinct(i.project, pair))
	})
}

func (i *taking) signups() error {
	places := map[string]*signups.Places{}
	err := readLines(i.reader, signupsData, i.resealed, func(su signups.Signup) error {
		if !isID(su.ID, su.Person) || su.Activity == "" {
			return errWrong
		}
		i.done.Signups++
		if places[su.Activity] == nil {
			places[su.Activity] = &signups.Places{}
		}
		su.Count(places[su.Activity], 1)
		return i.add(&i.tracker, i.app.Signups.Restore(i.project, su)...)
	})
	for activity, counts := range places {
		err = errors.Join(err, i.add(&i.tracker, signups.RestorePlaces(i.project, activity, *counts)))
	}
	return err
}

// revealed returns a row with the private texts that are known in the place of their keyed hashes.
func revealed(k *schema.Kind, row schema.Row, texts map[string]string) schema.Row {
	out := slices.Clone(row)
	for n := range k.Fields {
		if text, known := texts[k.Fields[n].Name]; known && k.Fields[n].Privacy == schema.Sealed {
			out[n] = text
		}
	}
	return out
}

func (i *taking) records() error {
	return readLines(i.reader, recordsData, i.resealed, func(t typed) error {
		k := i.kinds[t.Record.Kind]
		if k == nil || !isID(t.Record.ID) || t.Record.Person != "" && !isID(t.Record.Person) {
			return errWrong
		}
		i.done.Records++
		texts := map[string]string{}
		for _, of := range t.Texts {
			if of.Of != t.Record.ID {
				return errWrong
			}
			if of.At == people.TextKey(i.project, of.Of, t.Record.Version).SK && json.Unmarshal(of.Data, &texts) != nil {
				return errWrong
			}
			if err := i.add(&i.private, people.RestoreTexts(i.project, of)); err != nil {
				return err
			}
		}
		return i.add(&i.tracker, i.app.Records.Restore(i.project, k, t.Record, revealed(k, k.Row(t.Record.Values), texts))...)
	})
}

func (i *taking) notes() error {
	return readLines(i.reader, textsData, nil, func(t people.Texts) error {
		return i.add(&i.private, people.RestoreTexts(i.project, t))
	})
}

func (i *taking) uploadList() error {
	return readLines(i.reader, uploadsData, nil, func(a uploads.Archived) error {
		u := a.Upload
		if !isID(u.ID) || u.Owner == "" || strings.ContainsAny(u.Owner, "/#") || u.SameAs != "" && !isID(u.SameAs) {
			return errWrong
		}
		i.done.Uploads++
		if u.Removed.IsZero() { // under the key of an upload that was created here, whose arrival is no news
			a.Upload.Object = uploads.ObjectKey(i.project, u.Owner, u.ID)
		}
		if u.Packs > 0 {
			i.uploads[u.ID] = u
		}
		private, tracker := i.app.Uploads.Restore(i.project, a)
		return errors.Join(i.add(&i.private, private...), i.add(&i.tracker, tracker...))
	})
}

func (i *taking) rows() error {
	next := map[string]int{}  // the number of an upload's next pack
	texts := map[string]int{} // and of its next item of texts
	return readLines(i.reader, rowsData, i.resealed, func(p uploads.Packed) error {
		u, known := i.uploads[p.Upload]
		var k *schema.Kind
		for _, one := range i.kinds {
			if one.Plural == u.Kind {
				k = one
			}
		}
		if !known || k == nil || p.Pack != next[p.Upload] || p.Pack >= u.Packs {
			return errWrong
		}
		next[p.Upload]++
		pack, err := fact.ReadPack(p.Rows, k.Name)
		if err != nil {
			return errWrong
		}
		var prints []uploads.Fingerprint
		for _, l := range pack.In(k) {
			who := l.Person
			if !k.Person {
				who = k.Owner(u.Owner)
			}
			prints = append(prints, i.app.Records.Fingerprint(i.project, k, i.app.Records.Natural(i.project, k, who, revealed(k, l.Values, p.Texts[l.Row])), l.Values))
		}
		i.done.Rows += len(prints)
		private := uploads.RestoreTexts(i.project, p.Upload, texts[p.Upload], p.Texts)
		texts[p.Upload] += len(private)
		return errors.Join(
			i.add(&i.private, private...),
			i.add(&i.tracker, uploads.RestorePack(i.project, p.Upload, p.Pack, p.Rows), uploads.RestoreFingerprints(i.project, p.Upload, p.Pack, prints)))
	})
}

func (i *taking) attachments() error {
	return readLines(i.reader, attachmentsData, nil, func(a attachments.Archived) error {
		if !isID(a.Attachment.ID) || a.Attachment.Person != "" && !isID(a.Attachment.Person) {
			return errWrong
		}
		private, tracker := attachments.Restore(i.project, a)
		return errors.Join(i.add(&i.private, private...), i.add(&i.tracker, tracker...))
	})
}

func (i *taking) snapshots() error {
	return readLines(i.reader, snapshotsData, nil, func(k snapshots.Kept) error {
		if k.Project != i.project || !isID(k.ID) || k.Definition.Version < 1 || k.Definition.Version > i.done.Version {
			return errWrong
		}
		i.kept[k.ID] = k
		i.done.Snapshots++
		if i.done.Latest == nil || k.AsOf > i.done.Latest.AsOf || k.AsOf == i.done.Latest.AsOf && k.ID > i.done.Latest.ID {
			i.done.Latest = &Latest{k.ID, k.AsOf, k.Hash}
		}
		if theirs, is := digits(k.Note); is {
			if ours, known := i.seals[theirs]; known {
				k.Note = hex.EncodeToString(ours[:])
			}
		}
		ops := snapshots.Restore(i.project, k)
		if k.State == snapshot.Approved {
			ops = append(ops, notices.RestoreReportSent(i.project, k.ID))
		}
		return i.add(&i.tracker, ops...)
	})
}

func (i *taking) lists() error {
	return readLines(i.reader, listsData, nil, func(l lists) error {
		for _, id := range l.Latest {
			if _, known := i.kept[id]; !known {
				return errWrong
			}
		}
		ops, err := snapshots.RestoreLists(i.project, l.Lists)
		if err != nil {
			return errWrong
		}
		// The office got a letter about these tasks already, or gets one after a day here.
		var noted fact.AttentionNoted
		if l.Noted != nil {
			noted = *l.Noted
		}
		noted.Day = i.defined.Definition.Day(i.db.Now())
		if noted.Counts == nil {
			noted.Counts = json.RawMessage("null")
		}
		ops = append(ops, attention.Restore(i.project, noted))
		return i.add(&i.tracker, ops...)
	})
}

func (i *taking) said() error {
	return readLines(i.reader, saidData, i.resealed, func(v said.Value) error {
		return i.add(&i.tracker, said.Restore(i.project, v))
	})
}

func (i *taking) sources() error {
	last := map[string]int{}
	return readLines(i.reader, sourcesData, nil, func(v sources.Stored) error {
		if v.Source.ID == "" || v.Version != last[v.Source.ID]+1 {
			return errWrong
		}
		last[v.Source.ID] = v.Version
		return i.add(&i.tracker, sources.Restore(i.project, v)...)
	})
}

func (i *taking) deliveries() error {
	return readLines(i.reader, deliveriesData, nil, func(a hooks.Archived) error {
		if !a.Valid() {
			return errWrong
		}
		tracker, private := hooks.Restore(i.project, a)
		return errors.Join(i.add(&i.tracker, tracker...), i.add(&i.private, private...))
	})
}

// reports stores which snapshots were reports. Periods that ended before now get none here.
func (i *taking) reports() error {
	err := readLines(i.reader, reportsData, nil, func(r reports.Report) error {
		return i.add(&i.tracker, reports.Restore(i.project, r))
	})
	if err == nil {
		err = i.add(&i.tracker, reports.RestoreLastCheck(i.project, nights.Yesterday(i.defined.Definition, i.db.Now())))
	}
	return err
}

func (i *taking) purges() error {
	err := readLines(i.reader, purgesData, nil, func(p privacy.Purged) error {
		return i.add(&i.tracker, privacy.RestorePurged(i.project, p))
	})
	if err != nil {
		return err
	}
	return readLines(i.reader, erasuresData, nil, func(e people.Erasure) error {
		if !isID(e.Fresh) || len(e.IDs) == 0 || !isID(e.IDs...) {
			return errWrong
		}
		e.Keys = nil
		i.ledger = append(i.ledger, e)
		return i.add(&i.tracker, privacy.RestoreErasure(i.project, e))
	})
}

// objects checks or stores the figures and evidence of snapshots, and attachments. Of originals it checks that they can
// be read.
func (i *taking) objects() error {
	figures := map[string]bool{}
	for _, name := range i.names {
		folder, rest, _ := strings.Cut(name, "/")
		switch folder + "/" {
		case snapshotFolder:
			content, err := i.read(name, mostObject)
			if err != nil {
				return err
			}
			if err := snapshots.CheckObject(rest, content); err != nil {
				return refused(shown(name), "hash")
			}
			if id, is := strings.CutSuffix(rest, "/snapshot.json"); is {
				if err := i.checkFigures(name, id, content); err != nil {
					return err
				}
				figures[id] = true
			}
			if i.begun != nil {
				if err := errors.Join(i.renew(), i.app.Snapshots.RestoreObject(i.ctx, i.project, rest, content)); err != nil {
					return err
				}
			}
		case attachmentFolder, originalFolder:
			id, _, _ := strings.Cut(rest, ".")
			key := ""
			if i.begun != nil && folder+"/" == attachmentFolder {
				key = attachments.Object(i.project, id)
			}
			if err := i.file(name, key); err != nil {
				return err
			}
		}
	}
	for id := range i.kept {
		if !figures[id] {
			return refused(snapshotFolder+id+"/snapshot.json", "missing")
		}
	}
	return nil
}

// checkFigures refuses the figures of a snapshot that do not have its hash.
func (i *taking) checkFigures(name, id string, content []byte) error {
	var snap snapshot.Snapshot
	if err := json.Unmarshal(content, &snap); err != nil {
		return refused(name, "hash")
	}
	kept, known := i.kept[id]
	if hash, err := snap.Digest(); err != nil || !known || hash != kept.Hash {
		return refused(name, "hash")
	}
	return nil
}

// file reads an entry, and stores it as an object unless the key is "". It goes through a temporary file, since objects
// are put from what can be read twice.
func (i *taking) file(name, key string) (err error) {
	body, err := i.stream(name)
	if err != nil {
		return err
	}
	defer body.Close()
	if key == "" {
		if _, err := io.Copy(io.Discard, body); err != nil {
			return damaged(name, err)
		}
		return nil
	}
	spool, err := os.CreateTemp(i.db.Folder, "archive-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, spool.Close(), os.Remove(spool.Name())) }()
	if _, err := io.Copy(spool, body); err != nil {
		return damaged(name, err)
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return errors.Join(i.renew(), i.db.Objects.Put(i.ctx, key, spool, "application/octet-stream"))
}

// facts stores the facts after what they are about, and before them that letters about them were sent.
func (i *taking) facts() error {
	if err := errors.Join(i.add(&i.tracker, notices.RestoreSent(i.project, i.Heads)), i.flushAll()); err != nil {
		return err
	}
	return readLines(i.reader, factsData, i.resealed, func(a fact.Archived) error {
		var f fact.Fact
		if a.Lane < 0 || a.Lane >= fact.Lanes || a.Number != i.heads[a.Lane]+1 || json.Unmarshal(a.Fact, &f) != nil || f.Kind == "" || f.At.IsZero() {
			return errWrong
		}
		i.heads[a.Lane] = a.Number
		i.done.Facts++
		return i.add(&i.tracker, fact.Restore(i.project, a))
	})
}

// complete is called when all facts were read. It refuses an archive that lacks some.
func (i *taking) complete() error {
	whole := i.heads == i.Heads
	for _, k := range i.kept {
		for lane, head := range k.Heads {
			whole = whole && head <= i.heads[lane]
		}
	}
	if !whole {
		return refused(factsData, "facts")
	}
	return nil
}

// finish puts the definition in force. People of the ledger who are in the archive are marked first, so that they are
// erased even if that is interrupted.
func (i *taking) finish() error {
	again, err := i.toErase()
	if err == nil && len(again) > 0 {
		err = i.app.Privacy.OpenErasures(i.ctx, i.project, again)
	}
	if err != nil {
		return err
	}
	return i.begun.Finish(i.ctx, i.defined, nights.MarkOp(i.project))
}

// toErase returns the entries of the ledger whose people came with the archive.
func (i *taking) toErase() (again []people.Erasure, err error) {
	for _, e := range i.ledger {
		there, err := i.app.People.Remains(i.ctx, i.project, e)
		if err != nil {
			return nil, err
		}
		if there {
			again = append(again, e)
		}
	}
	return again, nil
}

// originals stores the files of rows. Their uploads are there and final: their arrival changes nothing.
func (i *taking) originals() error {
	for _, name := range i.names {
		if rest, is := strings.CutPrefix(name, originalFolder); is {
			id, _, _ := strings.Cut(rest, ".")
			u, err := i.app.Uploads.Stored(i.ctx, i.project, id)
			if err != nil {
				return err
			}
			if u.ID != id || !u.Removed.IsZero() {
				continue
			}
			if err := i.file(name, u.Object); err != nil {
				return err
			}
		}
	}
	return nil
}

// erase erases the people of the ledger who came with the archive.
func (i *taking) erase() error {
	again, err := i.toErase()
	for _, e := range again {
		if err == nil {
			err = errors.Join(i.renew(), i.app.Privacy.ReplayErasure(i.ctx, i.project, e))
		}
	}
	i.done.Erased = len(again)
	return err
}
