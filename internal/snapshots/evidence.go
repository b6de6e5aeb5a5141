package snapshots

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

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
//
// The index says of each figure the root of the RFC 6962 tree over its records. Where all evidence was stored, the
// hashes of all leaves are stored too, so that a snapshot that continues it hashes only the records that are new.

// Index is where the evidence of a snapshot is.
type Index struct {
	Figures map[string]figure // by their codes
	Leaves  string            // the SHA-256 of the hashes of all leaves; "": they are not stored
	Few     []byte            // the hashes of the leaves, if they are few; others are an object
}

// figure is the evidence of one figure: the hashes of its parts, in order, and how it differs from what is in them.
type figure struct {
	Parts   []string          `json:"parts"`
	Changes []snapshot.Change `json:"changes,omitempty"`
	Records int64             `json:"records"`
	Root    string            `json:"root"`             // "" before snapshots were sealed
	Fields  []string          `json:"fields,omitempty"` // the names of all fields that any of the records has
}

// has notes the fields of a record.
func (f *figure) has(fields snapshot.Fields) {
	for i := range fields {
		if name := fields[i].Name; !slices.Contains(f.Fields, name) {
			f.Fields = append(f.Fields, name)
		}
	}
}

// storedIndex is how an Index is stored since snapshots are sealed; before, it was the figures alone.
type storedIndex struct {
	Sealed  bool              `json:"sealed"`
	Figures map[string]figure `json:"figures"`
	Leaves  string            `json:"leaves,omitempty"`
	Few     []byte            `json:"few,omitempty"`
}

// MarshalJSON writes what UnmarshalJSON reads.
func (i Index) MarshalJSON() ([]byte, error) {
	return json.Marshal(storedIndex{Sealed: true, Figures: i.Figures, Leaves: i.Leaves, Few: i.Few})
}

// UnmarshalJSON reads an index of any form: where no snapshot was sealed, a figure without changes was a list of parts.
func (i *Index) UnmarshalJSON(data []byte) error {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	if string(members["sealed"]) == "true" {
		var stored storedIndex
		err := json.Unmarshal(data, &stored)
		*i = Index{Figures: stored.Figures, Leaves: stored.Leaves, Few: stored.Few}
		return err
	}
	*i = Index{Figures: map[string]figure{}}
	for code, member := range members {
		var f figure
		to := any(&f)
		if bytes.HasPrefix(member, []byte("[")) {
			to = &f.Parts
		}
		if err := json.Unmarshal(member, to); err != nil {
			return err
		}
		i.Figures[code] = f
	}
	return nil
}

// codes returns the codes of the figures in order.
func (i Index) codes() []string { return slices.Sorted(maps.Keys(i.Figures)) }

// root returns the root over all figures.
func (i Index) root() string {
	var branches []snapshot.Branch
	for code, f := range i.Figures {
		branches = append(branches, snapshot.Branch{Code: code, Records: f.Records, Root: f.Root})
	}
	return snapshot.EvidenceRoot(branches)
}

// Since is an earlier evidence, and how that of some figures differs from it. The zero Since has none.
type Since struct {
	Changes func(code string) ([]snapshot.Change, bool)
	index   Index
	leaves  map[string][]byte // of each figure of the index, one hash after the other
}

// changes returns the evidence of a figure as that of the earlier one with changes, false if it has to be stored
// itself. It fails if there are changes, and no earlier evidence of the figure.
func (s Since) changes(code string, leaf func(snapshot.Counted) tlog.Hash) (figure, bool, error) {
	if s.Changes == nil {
		return figure{}, false, nil
	}
	changes, of := s.Changes(code)
	if !of {
		return figure{}, false, nil
	}
	before, had := s.index.Figures[code]
	if !had || len(before.Changes) > 0 {
		return figure{}, false, fmt.Errorf("evidence of %q: the earlier one is not whole", code)
	}
	var tree snapshot.Tree
	leaves, next := s.leaves[code], 0
	upTo := func(at int) {
		for ; next < at; next++ {
			tree.Add(tlog.Hash(leaves[next*tlog.HashSize:][:tlog.HashSize]))
		}
	}
	for _, c := range changes {
		if c.At*tlog.HashSize > len(leaves) {
			return figure{}, false, fmt.Errorf("evidence of %q: the earlier one has no record %d", code, c.At)
		}
		upTo(c.At)
		if c.Row == nil {
			next++
		} else {
			tree.Add(leaf(*c.Row))
		}
	}
	upTo(len(leaves) / tlog.HashSize)
	now := figure{Parts: before.Parts, Changes: changes, Records: tree.Leaves(), Root: tree.Root(), Fields: slices.Clone(before.Fields)}
	for _, c := range changes {
		if c.Row != nil {
			now.has(c.Row.Fields)
		}
	}
	return now, true, nil
}

// EvidenceSince reads the evidence of SaveSnapshot or SaveEvidence, whose index has a SHA-256, to continue it. It fails
// with store.ErrDamaged if it is not what was stored, or was stored before snapshots were sealed.
func (s *Store) EvidenceSince(ctx context.Context, project, id, hash string) (since Since, err error) {
	if err := s.getJSON(ctx, evidenceIndex(project, id), hash, &since.index); err != nil {
		return Since{}, err
	}
	if since.index.Leaves == "" {
		return Since{}, fmt.Errorf("evidence %s: %w: it has no leaves", id, store.ErrDamaged)
	}
	leaves := since.index.Few
	if len(leaves) == 0 {
		if leaves, err = s.get(ctx, evidenceLeaves(project, since.index.Leaves), since.index.Leaves); err != nil {
			return Since{}, err
		}
	}
	since.leaves = map[string][]byte{}
	for _, code := range since.index.codes() {
		size := int(since.index.Figures[code].Records) * tlog.HashSize
		if size < 0 || size > len(leaves) {
			return Since{}, fmt.Errorf("evidence %s: %w: leaves are missing", id, store.ErrDamaged)
		}
		since.leaves[code], leaves = leaves[:size], leaves[size:]
	}
	return since, nil
}

// Salt returns what keeps somebody who has the hash of a record's leaf from guessing the record. It follows from the
// record and the tracker's secret, so that a snapshot that is compiled again has the same root. A record of a snapshot
// that another tracker made has it already.
func (s *Store) Salt(project string, record snapshot.Counted) string {
	if record.Salt != "" {
		return record.Salt
	}
	salt := s.Digest(project, "evidence", record.Canonical(make([]byte, 0, 256), ""))
	return hex.EncodeToString(salt[:])
}

// fewLeaves is how many leaves an index has itself: it is read for each page of evidence, but a small project writes no
// further object in a night.
const fewLeaves = 1000

func evidenceLeaves(project, hash string) string {
	return "snapshots/" + project + "/evidence/" + hash + ".leaves"
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

// saveEvidence stores the records behind each figure: those parts that are not stored, then the index. Of a figure that
// continues the earlier evidence it stores the changes alone, in the index. It returns the root of the evidence and the
// SHA-256 of the index.
func (s *Store) saveEvidence(ctx context.Context, project, id string, codes []string, evidence func(code string) iter.Seq[snapshot.Counted], since Since, stored map[string]bool) (root, hash string, err error) {
	index := Index{Figures: map[string]figure{}}
	leaves := map[string][]byte{} // if the evidence is whole
	whole := since.leaves == nil
	leaf := func(r snapshot.Counted) tlog.Hash { return r.Leaf(s.Salt(project, r)) }
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	put := func(code string, rows []snapshot.Counted) error {
		body, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		hash := sum(body)
		figure := index.Figures[code]
		figure.Parts = append(figure.Parts, hash)
		index.Figures[code] = figure
		if stored[hash] {
			return nil
		}
		stored[hash] = true
		group.Go(func() error {
			return s.Objects.Put(within, evidencePart(project, hash), bytes.NewReader(body), "application/json")
		})
		return within.Err()
	}
	save := func(code string) error {
		changed, of, err := since.changes(code, leaf)
		if of || err != nil {
			index.Figures[code] = changed
			return err
		}
		index.Figures[code] = figure{Parts: []string{}}
		var tree snapshot.Tree
		rows, named := make([]snapshot.Counted, 0, EvidencePart), figure{}
		for r := range evidence(code) {
			named.has(r.Fields)
			hash := leaf(r)
			tree.Add(hash)
			if whole {
				leaves[code] = append(leaves[code], hash[:]...)
			}
			if rows = append(rows, r); len(rows) < EvidencePart {
				continue
			}
			if err := put(code, rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
		if len(rows) > 0 {
			err = put(code, rows)
		}
		done := index.Figures[code]
		done.Records, done.Root, done.Fields = tree.Leaves(), tree.Root(), named.Fields
		index.Figures[code] = done
		return err
	}
	for _, code := range codes {
		if err = save(code); err != nil {
			break
		}
	}
	if failed := group.Wait(); failed != nil {
		err = failed // a failed write ends the rest
	}
	if err != nil {
		return "", "", err
	}
	if whole {
		var all []byte
		for _, code := range index.codes() {
			all = append(all, leaves[code]...)
			delete(leaves, code)
		}
		switch index.Leaves = sum(all); {
		case len(all) <= fewLeaves*tlog.HashSize:
			index.Few = all
		case !stored[index.Leaves]:
			if err := s.Objects.Put(ctx, evidenceLeaves(project, index.Leaves), bytes.NewReader(all), "application/octet-stream"); err != nil {
				return "", "", err
			}
		}
	}
	body, err := json.Marshal(index)
	if err != nil {
		return "", "", err
	}
	return index.root(), sum(body), s.Objects.Put(ctx, evidenceIndex(project, id), bytes.NewReader(body), "application/json")
}

// SaveEvidence stores the records behind each figure as SaveSnapshot does, and returns the id of their index, and its
// SHA-256. No snapshot has it.
func (s *Store) SaveEvidence(ctx context.Context, project string, codes []string, evidence func(code string) iter.Seq[snapshot.Counted]) (id, hash string, err error) {
	stored, err := s.newestParts(ctx, project)
	if err != nil {
		return "", "", err
	}
	id = s.NewID()
	_, hash, err = s.saveEvidence(ctx, project, id, codes, evidence, Since{}, stored)
	return id, hash, err
}

// EvidenceRoot returns the root that the evidence of a snapshot gets when it is stored.
func (s *Store) EvidenceRoot(project string, codes []string, evidence func(code string) iter.Seq[snapshot.Counted]) string {
	var branches []snapshot.Branch
	for _, code := range codes {
		var tree snapshot.Tree
		for r := range evidence(code) {
			tree.Add(r.Leaf(s.Salt(project, r)))
		}
		branches = append(branches, snapshot.Branch{Code: code, Records: tree.Leaves(), Root: tree.Root()})
	}
	return snapshot.EvidenceRoot(branches)
}

// Evidenced is a branch with the sum at its last record.
type Evidenced struct {
	snapshot.Branch
	Total json.Number
	Of    json.Number // the sum of what the records add to what the sum is divided by
}

// Evidenced reads all evidence of a snapshot, and returns it by the codes of the figures; nothing of a snapshot from
// before evidence had an index. It fails with store.ErrDamaged if a part is not what was stored, or if the snapshot is
// sealed and the evidence has another root.
func (s *Store) Evidenced(ctx context.Context, k Kept) (out []Evidenced, err error) {
	var index Index
	if err := s.getJSON(ctx, evidenceIndex(k.Project, k.ID), k.Index, &index); errors.As(err, new(missing)) && k.Root == "" {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var branches []snapshot.Branch
	for _, code := range index.codes() {
		var tree snapshot.Tree
		last, of := json.Number("0"), new(big.Rat)
		for r, err := range s.AllEvidence(ctx, k, code) {
			if err != nil {
				return nil, err
			}
			tree.Add(r.Leaf(s.Salt(k.Project, r)))
			last = r.Total
			of.Add(of, number(r.Of))
		}
		branch := snapshot.Branch{Code: code, Records: tree.Leaves(), Root: tree.Root()}
		branches, out = append(branches, branch), append(out, Evidenced{branch, last, json.Number(of.FloatString(0))})
	}
	if k.Root != "" && len(s.Secret) > 0 && snapshot.EvidenceRoot(branches) != k.Root {
		return nil, fmt.Errorf("evidence of snapshot %s: %w: it has another root", k.ID, store.ErrDamaged)
	}
	return out, nil
}

// newestParts returns the hashes of the parts that the newest snapshot of the project has. Of a damaged one it returns
// none: then all parts are written.
func (s *Store) newestParts(ctx context.Context, project string) (map[string]bool, error) {
	stored := map[string]bool{}
	newest, err := s.Newest(ctx, project)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDamaged) {
		return stored, nil
	}
	if err != nil {
		return nil, err
	}
	var index Index
	if err := s.getJSON(ctx, evidenceIndex(project, newest.ID), newest.Index, &index); err != nil && !errors.Is(err, store.ErrDamaged) {
		return nil, err
	}
	stored[index.Leaves] = true
	for _, figure := range index.Figures {
		for _, hash := range figure.Parts {
			stored[hash] = true
		}
	}
	return stored, nil
}

// readEvidence returns the reader of the evidence behind one figure. It reads the snapshot's index.
func (s *Store) readEvidence(ctx context.Context, k Kept, code string) (*reader, error) {
	var index Index
	err := s.getJSON(ctx, evidenceIndex(k.Project, k.ID), k.Index, &index)
	if errors.As(err, new(missing)) && k.Root == "" {
		return &reader{parts: math.MaxInt, read: func(ctx context.Context, part int) ([]snapshot.Counted, error) {
			rows, err := s.part(ctx, oldEvidencePart(k.Project, k.ID, code, part), "")
			if errors.As(err, new(missing)) {
				return nil, nil
			}
			return rows, err
		}}, nil
	}
	figure := index.Figures[code]
	in := &reader{parts: len(figure.Parts), changes: figure.Changes, read: func(ctx context.Context, part int) ([]snapshot.Counted, error) {
		return s.part(ctx, evidencePart(k.Project, figure.Parts[part]), figure.Parts[part])
	}}
	if err == nil && k.Moved && k.Root != "" {
		err = s.moved(ctx, k, code, figure.Parts, in)
	}
	return in, err
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

// EvidenceFields returns the names of the fields that records behind a figure have, none of a snapshot from before
// evidence had fields.
func (s *Store) EvidenceFields(ctx context.Context, k Kept, code string) ([]string, error) {
	var index Index
	err := s.getJSON(ctx, evidenceIndex(k.Project, k.ID), k.Index, &index)
	if errors.As(err, new(missing)) && k.Root == "" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("evidence of snapshot %s: %w", k.ID, err)
	}
	return index.Figures[code].Fields, nil
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

func (s *Store) part(ctx context.Context, name, hash string) (rows []snapshot.Counted, err error) {
	return rows, s.getJSON(ctx, name, hash, &rows)
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
	text := new(big.Rat).Add(number(total), shift).FloatString(6)
	return json.Number(strings.TrimSuffix(strings.TrimRight(text, "0"), "."))
}
