package uploads

import (
	"context"
	"encoding/json"
	"iter"
	"maps"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/table"
)

// Archived is an upload with the name of its file and what was found in it, as an archive has it.
type Archived struct {
	Upload   Upload                     `json:"upload"`
	Filename string                     `json:"filename,omitempty"`
	Findings map[string]json.RawMessage `json:"findings,omitempty"`
}

// Archive iterates over all uploads of a project in the order of their ids. It ends after the first error.
func (s *Store) Archive(ctx context.Context, project string) iter.Seq2[Archived, error] {
	return func(yield func(Archived, error) bool) {
		for u, err := range table.Values[Upload](ctx, s.Tracker, table.Query{PK: Partition(project)}) {
			a := Archived{Upload: u, Findings: map[string]json.RawMessage{}}
			if err == nil {
				a.Filename, _, err = table.Load[string](ctx, s.People, filenameKey(project, u.ID))
			}
			if err == nil {
				err = s.archiveFindings(ctx, project, a)
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}

func (s *Store) archiveFindings(ctx context.Context, project string, a Archived) error {
	for it, err := range table.Items(ctx, s.Tracker, table.Query{PK: findingsKey(project, a.Upload.ID, errorsFound).PK}) {
		if err != nil {
			return err
		}
		a.Findings[it.SK] = it.Data
	}
	return nil
}

// Restore returns the operations that store an upload of an archive: on the people table and on the tracker table.
func (s *Store) Restore(project string, a Archived) (private, tracker []table.Op) {
	u := a.Upload
	put := s.putUpload(project, u)
	put.If = table.Always
	tracker = append(tracker, put)
	if a.Filename != "" {
		private = append(private, table.PutJSON(filenameKey(project, u.ID), a.Filename, table.Always))
	}
	if u.State == Accepted && u.SameAs == "" && u.SHA256 != "" {
		tracker = append(tracker, table.PutJSON(bytesKey(project, u.Owner, u.SHA256), u.ID, table.Always))
	}
	for sk, data := range a.Findings {
		tracker = append(tracker, table.Op{Item: table.Item{Key: findingsKey(project, u.ID, sk), Data: data}})
	}
	return private, tracker
}

// Packed is one pack of an upload's rows with the private texts of these rows, as an archive has it.
type Packed struct {
	Upload string                    `json:"upload"`
	Pack   int                       `json:"pack"`
	Rows   json.RawMessage           `json:"rows"` // as fact.ReadPack reads it
	Texts  map[int]map[string]string `json:"texts,omitempty"`
}

// ArchiveRows iterates over the packs of an upload in the order of the file, each with the private texts of its rows.
// It holds one pack, and one item of texts, at a time. It ends after the first error.
func (s *Store) ArchiveRows(ctx context.Context, project string, u Upload) iter.Seq2[Packed, error] {
	return func(yield func(Packed, error) bool) {
		next, stop := iter.Pull2(s.rowTexts(ctx, project, u.ID))
		defer stop()
		texts, last, more := map[int]map[string]string{}, 0, true // those that were read and not yet used
		for pack := range u.Packs {
			key := packKey(project, u.ID, pack)
			found, err := s.Tracker.Get(ctx, key)
			p := Packed{Upload: u.ID, Pack: pack, Texts: map[int]map[string]string{}}
			var lines fact.Pack
			if err == nil {
				p.Rows = found[key].Data
				lines, err = fact.ReadPack(p.Rows, "")
			}
			end := 0
			for _, l := range lines.Lines {
				end = max(end, l.Row)
			}
			for err == nil && more && last < end {
				var read map[int]map[string]string
				if read, err, more = next(); more && err == nil {
					maps.Copy(texts, read)
					for row := range read {
						last = max(last, row)
					}
				}
			}
			for _, l := range lines.Lines {
				if t, there := texts[l.Row]; there {
					p.Texts[l.Row] = t
					delete(texts, l.Row)
				}
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// rowTexts iterates over the items of the private texts of an upload's rows, in the order of the file.
func (s *Store) rowTexts(ctx context.Context, project, upload string) iter.Seq2[map[int]map[string]string, error] {
	return table.Values[map[int]map[string]string](ctx, s.People, table.Query{PK: people.TextKey(project, upload, 0).PK})
}

// RestorePack returns the operation that stores a pack of rows.
func RestorePack(project, upload string, pack int, rows []byte) table.Op {
	return table.Op{Item: table.Item{Key: packKey(project, upload, pack), Data: rows}}
}

// RestoreTexts returns the operations on the people table that store private texts of rows, from the n-th item on.
func RestoreTexts(project, upload string, n int, texts map[int]map[string]string) (ops []table.Op) {
	part, size := map[int]map[string]string{}, 0
	put := func() {
		if len(part) > 0 {
			ops = append(ops, table.PutJSON(people.TextKey(project, upload, n+len(ops)), part, table.Always))
		}
		part, size = map[int]map[string]string{}, 0
	}
	for row, of := range texts {
		part[row] = of
		for name, text := range of {
			size += len(name) + len(text) + 20
		}
		if size > packBytes/2 {
			put()
		}
	}
	put()
	return ops
}

// RestoreFingerprints returns the operation that stores the fingerprints of some rows: those of the n-th pack.
func RestoreFingerprints(project, upload string, n int, prints []Fingerprint) table.Op {
	data := []byte{schema.SchemaVersion}
	for _, print := range prints {
		data = append(append(data, print.Natural[:]...), print.Content[:]...)
	}
	return table.Op{Item: table.Item{Key: keyPackKey(project, upload, n), Data: data}}
}
