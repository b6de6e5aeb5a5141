package snapshots

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"golang.org/x/sync/errgroup"

	"outreach/internal/objects"
	"outreach/internal/snapshot"
	"outreach/internal/store"
)

// EvidencePart is the number of records of evidence in one object.
const EvidencePart = 2000

// writers is how many objects of evidence are written at once.
const writers = 8

// Evidence lies in parts that are named by the hash of their content, so that snapshots share those that are alike: a
// night without news writes none. Each snapshot has an index of its parts. Snapshots made before there was an index
// have parts of their own.

// parts are the hashes of the parts of evidence, in order, by the code of the figure.
type parts map[string][]string

func evidenceIndex(project, id string) string {
	return "snapshots/" + project + "/" + id + "/evidence.json"
}

func evidencePart(project, hash string) string {
	return "snapshots/" + project + "/evidence/" + hash + ".json"
}

// oldEvidencePart is the object of a part of a snapshot without an index.
func oldEvidencePart(project, id, code string, part int) string {
	return fmt.Sprintf("snapshots/%s/%s/evidence/%s/%06d.json", project, id, code, part)
}

// saveEvidence stores the records behind each figure: those parts that the newest snapshot does not have, then the
// index.
func (s *Store) saveEvidence(ctx context.Context, project, id string, codes []string, evidence func(code string) iter.Seq[snapshot.Counted]) error {
	stored, err := s.newestParts(ctx, project)
	if err != nil {
		return err
	}
	index := parts{}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	put := func(code string, rows []snapshot.Counted) error {
		body, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		hash := hex.EncodeToString(sum[:])
		index[code] = append(index[code], hash)
		if stored[hash] {
			return nil
		}
		stored[hash] = true
		group.Go(func() error {
			return s.Objects.Put(within, evidencePart(project, hash), bytes.NewReader(body), "application/json")
		})
		return within.Err()
	}
	for _, code := range codes {
		index[code] = []string{}
		rows := make([]snapshot.Counted, 0, EvidencePart)
		for r := range evidence(code) {
			if rows = append(rows, r); len(rows) < EvidencePart {
				continue
			}
			if err = put(code, rows); err != nil {
				break
			}
			rows = rows[:0]
		}
		if err == nil && len(rows) > 0 {
			err = put(code, rows)
		}
		if err != nil {
			break
		}
	}
	if failed := group.Wait(); failed != nil {
		err = failed // a failed write ends the rest
	}
	if err != nil {
		return err
	}
	return s.putJSON(ctx, evidenceIndex(project, id), index)
}

// newestParts returns the hashes of the parts that the newest snapshot of the project has.
func (s *Store) newestParts(ctx context.Context, project string) (map[string]bool, error) {
	stored := map[string]bool{}
	newest, err := s.Newest(ctx, project)
	if errors.Is(err, store.ErrNotFound) {
		return stored, nil
	}
	if err != nil {
		return nil, err
	}
	var index parts
	if err := s.getJSON(ctx, evidenceIndex(project, newest.ID), &index); err != nil && !errors.Is(err, objects.ErrNotFound) {
		return nil, err
	}
	for _, hashes := range index {
		for _, hash := range hashes {
			stored[hash] = true
		}
	}
	return stored, nil
}

// evidenceReader reads the parts of the evidence behind one figure.
type evidenceReader struct {
	*Store
	kept  Kept
	code  string
	index parts // nil of a snapshot without an index
}

// readEvidence returns the reader of a figure's evidence. It reads the snapshot's index.
func (s *Store) readEvidence(ctx context.Context, k Kept, code string) (evidenceReader, error) {
	r := evidenceReader{Store: s, kept: k, code: code}
	if err := s.getJSON(ctx, evidenceIndex(k.Project, k.ID), &r.index); err != nil && !errors.Is(err, objects.ErrNotFound) {
		return r, err
	}
	return r, nil
}

// part returns a part's records, none after the last part. A part with fewer than EvidencePart records is the last one.
func (r evidenceReader) part(ctx context.Context, n int) (rows []snapshot.Counted, err error) {
	name := oldEvidencePart(r.kept.Project, r.kept.ID, r.code, n)
	if r.index != nil {
		if n >= len(r.index[r.code]) {
			return nil, nil
		}
		name = evidencePart(r.kept.Project, r.index[r.code][n])
	}
	err = r.getJSON(ctx, name, &rows)
	if r.index == nil && errors.Is(err, objects.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("evidence of snapshot %s: %w", r.kept.ID, err)
	}
	return rows, nil
}

// Evidence returns up to limit records behind a figure, starting at an index. next is the index to go on at, -1 at the
// end.
func (s *Store) Evidence(ctx context.Context, k Kept, code string, from, limit int) (items []snapshot.Counted, next int, err error) {
	items = []snapshot.Counted{}
	r, err := s.readEvidence(ctx, k, code)
	if err != nil {
		return nil, -1, err
	}
	for len(items) < limit {
		part, err := r.part(ctx, from/EvidencePart)
		if err != nil {
			return nil, -1, err
		}
		start := from % EvidencePart
		if start >= len(part) {
			return items, -1, nil
		}
		take := min(len(part)-start, limit-len(items))
		items, from = append(items, part[start:start+take]...), from+take
		if start+take == len(part) && len(part) < EvidencePart {
			return items, -1, nil
		}
	}
	return items, from, nil
}

// AllEvidence iterates over all records behind a figure. It reads the snapshot's index once and one part at a time, and
// ends after the first error.
func (s *Store) AllEvidence(ctx context.Context, k Kept, code string) iter.Seq2[snapshot.Counted, error] {
	return func(yield func(snapshot.Counted, error) bool) {
		r, err := s.readEvidence(ctx, k, code)
		for n := 0; err == nil; n++ {
			var rows []snapshot.Counted
			if rows, err = r.part(ctx, n); err != nil {
				break
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if len(rows) < EvidencePart {
				return
			}
		}
		yield(snapshot.Counted{}, err)
	}
}
