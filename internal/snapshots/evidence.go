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
	"math"
	"math/big"
	"strings"

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
// night without news writes none. Each snapshot has an index of its parts. If the figures continue those of an earlier
// snapshot, the index has that snapshot's parts, and the records that are new or gone since. Snapshots made before
// there was an index have parts of their own.

// Index is where the evidence of a snapshot is, by the code of the figure.
type Index map[string]figure

// figure is the evidence of one figure: the hashes of its parts, in order, and how it differs from what is in them.
type figure struct {
	Parts   []string          `json:"parts"`
	Changes []snapshot.Change `json:"changes"`
}

// MarshalJSON writes parts without changes as a list.
func (f figure) MarshalJSON() ([]byte, error) {
	if len(f.Changes) == 0 {
		return json.Marshal(f.Parts)
	}
	type plain figure
	return json.Marshal(plain(f))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *figure) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		return json.Unmarshal(data, &f.Parts)
	}
	type plain figure
	return json.Unmarshal(data, (*plain)(f))
}

// Since is an earlier evidence, and how that of some figures differs from it. The zero Since has none.
type Since struct {
	Index   Index
	Changes func(code string) ([]snapshot.Change, bool)
}

// changes returns the evidence of a figure as that of the earlier one with changes, false if it has to be stored
// itself. It fails if there are changes, and no earlier evidence of the figure.
func (s Since) changes(code string) (figure, bool, error) {
	if s.Changes == nil {
		return figure{}, false, nil
	}
	changes, of := s.Changes(code)
	before, had := s.Index[code]
	if of && (!had || len(before.Changes) > 0) {
		return figure{}, false, fmt.Errorf("evidence of %q: the earlier one is not whole", code)
	}
	return figure{Parts: before.Parts, Changes: changes}, of, nil
}

// EvidenceIndex returns where the evidence of a snapshot, or of SaveEvidence, is. It fails with objects.ErrNotFound if
// there is no index.
func (s *Store) EvidenceIndex(ctx context.Context, project, id string) (index Index, err error) {
	return index, s.getJSON(ctx, evidenceIndex(project, id), &index)
}

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
// index. Of a figure that continues the earlier evidence it stores the changes alone, in the index.
func (s *Store) saveEvidence(ctx context.Context, project, id string, codes []string, evidence func(code string) iter.Seq[snapshot.Counted], since Since) error {
	stored, err := s.newestParts(ctx, project)
	if err != nil {
		return err
	}
	index := Index{}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	put := func(code string, rows []snapshot.Counted) error {
		body, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		hash := hex.EncodeToString(sum[:])
		index[code] = figure{Parts: append(index[code].Parts, hash)}
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
		changed, of, failed := since.changes(code)
		if err = failed; err != nil {
			break
		}
		if of {
			index[code] = changed
			continue
		}
		index[code] = figure{Parts: []string{}}
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

// SaveEvidence stores the records behind each figure as SaveSnapshot does, and returns the id of their index. No
// snapshot has it.
func (s *Store) SaveEvidence(ctx context.Context, project string, codes []string, evidence func(code string) iter.Seq[snapshot.Counted]) (string, error) {
	id := s.NewID()
	return id, s.saveEvidence(ctx, project, id, codes, evidence, Since{})
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
	index, err := s.EvidenceIndex(ctx, project, newest.ID)
	if err != nil && !errors.Is(err, objects.ErrNotFound) {
		return nil, err
	}
	for _, figure := range index {
		for _, hash := range figure.Parts {
			stored[hash] = true
		}
	}
	return stored, nil
}

// readEvidence returns the reader of the evidence behind one figure. It reads the snapshot's index.
func (s *Store) readEvidence(ctx context.Context, k Kept, code string) (*reader, error) {
	index, err := s.EvidenceIndex(ctx, k.Project, k.ID)
	if errors.Is(err, objects.ErrNotFound) {
		return &reader{parts: math.MaxInt, read: func(ctx context.Context, part int) ([]snapshot.Counted, error) {
			rows, err := s.part(ctx, oldEvidencePart(k.Project, k.ID, code, part))
			if errors.Is(err, objects.ErrNotFound) {
				return nil, nil
			}
			return rows, err
		}}, nil
	}
	figure := index[code]
	return &reader{parts: len(figure.Parts), changes: figure.Changes, read: func(ctx context.Context, part int) ([]snapshot.Counted, error) {
		return s.part(ctx, evidencePart(k.Project, figure.Parts[part]))
	}}, err
}

// Evidence returns up to limit records behind a figure, starting at an index. next is the index to go on at, -1 at the
// end.
func (s *Store) Evidence(ctx context.Context, k Kept, code string, from, limit int) (items []snapshot.Counted, next int, err error) {
	in, err := s.readEvidence(ctx, k, code)
	more := false
	if err == nil {
		items, more, err = in.records(ctx, from, limit)
	}
	switch {
	case err != nil:
		return nil, -1, fmt.Errorf("evidence of snapshot %s: %w", k.ID, err)
	case more:
		return items, from + limit, nil
	default:
		return items, -1, nil
	}
}

// AllEvidence iterates over all records behind a figure. It reads the snapshot's index and each part once, and ends
// after the first error.
func (s *Store) AllEvidence(ctx context.Context, k Kept, code string) iter.Seq2[snapshot.Counted, error] {
	const portion = 50 * EvidencePart
	return func(yield func(snapshot.Counted, error) bool) {
		in, err := s.readEvidence(ctx, k, code)
		for from, more := 0, true; more && err == nil; from += portion {
			var items []snapshot.Counted
			items, more, err = in.records(ctx, from, portion)
			for _, item := range items {
				if err == nil && !yield(item, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(snapshot.Counted{}, fmt.Errorf("evidence of snapshot %s: %w", k.ID, err))
		}
	}
}

func (s *Store) part(ctx context.Context, name string) (rows []snapshot.Counted, err error) {
	return rows, s.getJSON(ctx, name, &rows)
}

// reader reads parts with their changes, and the last part once.
type reader struct {
	parts   int // how many there may be
	read    func(ctx context.Context, part int) ([]snapshot.Counted, error)
	changes []snapshot.Change // ordered by place
	rows    []snapshot.Counted
	part    int // the number of rows' part plus 1
}

// records returns up to limit records of the parts with their changes, starting at an index, and whether there may be
// more.
func (r *reader) records(ctx context.Context, from, limit int) ([]snapshot.Counted, bool, error) {
	items, shift := []snapshot.Counted{}, new(big.Rat)
	index, stored, read := 0, 0, 0 // of the next record, of the next one in the parts, and of the one after what was read
	take := func(most int) error {
		skip := max(from-index, 0)
		if skip >= most {
			return nil
		}
		rows, err := r.slice(ctx, stored+skip, min(most-skip, limit-len(items)))
		read = stored + skip + len(rows)
		for _, row := range rows {
			row.Total = plus(row.Total, shift)
			items = append(items, row)
		}
		return err
	}
	for _, c := range r.changes {
		if err := take(c.At - stored); err != nil || len(items) == limit {
			return items, true, err
		}
		index, stored = index+c.At-stored, c.At
		if c.Row == nil {
			stored++
			shift.Sub(shift, number(c.Less))
			continue
		}
		if index >= from && len(items) < limit {
			items = append(items, *c.Row)
		}
		index++
		shift.Add(shift, number(c.Row.Adds))
	}
	read = stored
	err := take(math.MaxInt)
	return items, len(items) == limit && !r.ended(read), err
}

// ended reports whether the parts have no record at an index, as far as is known without reading another part.
func (r *reader) ended(at int) bool {
	part := at / EvidencePart
	return part >= r.parts || r.part == part+1 && at%EvidencePart >= len(r.rows)
}

// slice returns up to n records of the parts, starting at an index.
func (r *reader) slice(ctx context.Context, from, n int) (out []snapshot.Counted, err error) {
	for len(out) < n && !r.ended(from) {
		if part := from / EvidencePart; r.part != part+1 {
			if r.rows, err = r.read(ctx, part); err != nil {
				return nil, err
			}
			r.part = part + 1
			continue
		}
		start := from % EvidencePart
		more := min(len(r.rows)-start, n-len(out))
		out, from = append(out, r.rows[start:start+more]...), from+more
	}
	return out, nil
}

func number(text json.Number) *big.Rat {
	if n, ok := new(big.Rat).SetString(text.String()); ok {
		return n
	}
	return new(big.Rat)
}

// plus adds to a total, written as totals are: with up to two decimals.
func plus(total json.Number, shift *big.Rat) json.Number {
	if total == "" || shift.Sign() == 0 {
		return total
	}
	text := new(big.Rat).Add(number(total), shift).FloatString(2)
	return json.Number(strings.TrimSuffix(strings.TrimRight(text, "0"), "."))
}
