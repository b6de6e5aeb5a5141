package checkpoint

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"

	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/schema"
)

// ErrCounts means that a checkpoint was counted by another definition or program, or not at all.
var ErrCounts = fmt.Errorf("%w: the checkpoint was counted differently", counting.ErrRecount)

// Continue reads a checkpoint into a Fold that continues its counts, without the texts of its records: it costs a
// fraction of Read. It fails as Read does, and with ErrCounts unless this definition (its SHA-256) and this program
// counted the records.
func Continue(data []byte, rules *counting.Rules, definition, program string) (*counting.Fold, fact.Heads, Counts, error) {
	f, file, err := continued(data, rules, definition, program)
	if err != nil {
		return nil, fact.Heads{}, Counts{}, fmt.Errorf("checkpoint: continue: %w", err)
	}
	return f, file.heads, file.counts, nil
}

func continued(data []byte, rules *counting.Rules, definition, program string) (*counting.Fold, opened, error) {
	registry := rules.Registry()
	file, err := open(bytes.NewReader(data), int64(len(data)), registry)
	if err != nil {
		return nil, file, err
	}
	if file.counts.Definition != definition || file.counts.Program != program || program == "" || file.counts.AsOf == "" {
		return nil, file, ErrCounts
	}
	f := counting.New(registry)
	r := &baseReader{file: file, rules: rules, fold: f, rows: map[string]*counting.BaseRows{}, marks: []string{""}}
	for _, group := range file.groups {
		said, err := r.first(group, "fact")
		if err != nil {
			return nil, file, err
		}
		if said != fact.KindRecordEntered && said != counting.FileRow {
			if err := file.layout.restore(f, group, file.columns); err != nil {
				return nil, file, err
			}
			continue
		}
		kind, err := r.first(group, "kind")
		if err != nil {
			return nil, file, err
		}
		if err := r.read(group, kind, said); err != nil {
			return nil, file, err
		}
	}
	return f, file, f.Continue(r.rows, r.marks, file.counts.AsOf)
}

// baseReader reads the records of a checkpoint column by column.
type baseReader struct {
	file  opened
	rules *counting.Rules
	fold  *counting.Fold
	rows  map[string]*counting.BaseRows // by kind
	marks []string
}

// chunk returns the values of a column, nil if all of them are null.
func (r *baseReader) chunk(group parquet.RowGroup, name string) (parquet.ColumnChunk, *column) {
	i := slices.IndexFunc(r.file.columns, func(c *column) bool { return c != nil && c.name == name })
	chunk := group.ColumnChunks()[i]
	if c, ok := chunk.(*parquet.FileColumnChunk); ok && c.NullCount() == c.NumValues() {
		return nil, r.file.columns[i]
	}
	return chunk, r.file.columns[i]
}

// first returns the text in the first row, "" if it is null.
func (r *baseReader) first(group parquet.RowGroup, name string) (text string, err error) {
	chunk, _ := r.chunk(group, name)
	if chunk == nil {
		return "", nil
	}
	values := parquet.NewColumnChunkValueReader(chunk)
	defer values.Close()
	var buffer [1]parquet.Value
	if n, err := values.ReadValues(buffer[:]); n == 0 {
		return "", cmp.Or(err, io.ErrUnexpectedEOF)
	}
	return string(buffer[0].ByteArray()), nil
}

// each calls a function with all values of a column, none if all of them are null.
func (r *baseReader) each(group parquet.RowGroup, name string, take func(c *column, v parquet.Value)) error {
	chunk, c := r.chunk(group, name)
	if chunk == nil {
		return nil
	}
	values := parquet.NewColumnChunkValueReader(chunk)
	defer values.Close()
	var buffer [512]parquet.Value
	for left := group.NumRows(); left > 0; {
		n, err := values.ReadValues(buffer[:min(left, int64(len(buffer)))])
		if n == 0 {
			return cmp.Or(err, io.ErrUnexpectedEOF)
		}
		for _, v := range buffer[:n] {
			take(c, v)
		}
		left -= int64(n)
	}
	return nil
}

// add appends the values of a column, converted, the zero value for null.
func add[T any](r *baseReader, group parquet.RowGroup, name string, to *[]T, of func(c *column, v parquet.Value) T) error {
	var zero T
	end := len(*to) + int(group.NumRows())
	*to = slices.Grow(*to, int(group.NumRows()))
	err := r.each(group, name, func(c *column, v parquet.Value) {
		if v.IsNull() {
			*to = append(*to, zero)
		} else {
			*to = append(*to, of(c, v))
		}
	})
	for len(*to) < end {
		*to = append(*to, zero)
	}
	return err
}

// interned returns a function that gives texts numbers by intern, and asks it once for equal texts in a row.
func interned(intern func([]byte) uint32) func(*column, parquet.Value) uint32 {
	var last []byte
	var n uint32
	return func(_ *column, v parquet.Value) uint32 {
		if text := v.ByteArray(); len(last) == 0 || !bytes.Equal(text, last) {
			last, n = append(last[:0], text...), intern(text)
		}
		return n
	}
}

// mark returns the index of a mark.
func (r *baseReader) mark(text []byte) uint32 {
	i := slices.Index(r.marks, string(text))
	if i < 0 {
		i = len(r.marks)
		r.marks = append(r.marks, string(text))
	}
	return uint32(i)
}

// read adds a row group of records of a kind.
func (r *baseReader) read(group parquet.RowGroup, kind, said string) error {
	k := r.file.layout.registry.Kind(kind)
	if k == nil {
		return fmt.Errorf("%w: records of an unknown kind", ErrFormat)
	}
	rows := r.rows[kind]
	if rows == nil {
		rows = &counting.BaseRows{Wholes: map[int][]int64{}, Texts: map[int][]uint32{}}
		r.rows[kind] = rows
	}
	whole := func(_ *column, v parquet.Value) int64 { return v.Int64() }
	errs := []error{
		add(r, group, "live", &rows.Live, func(_ *column, v parquet.Value) bool { return v.Boolean() }),
		add(r, group, "date", &rows.Days, func(_ *column, v parquet.Value) int32 { return v.Int32() }),
		add(r, group, "counts_for", &rows.Marks, interned(r.mark)),
		add(r, group, "upload", &rows.Uploads, interned(r.fold.Intern)),
		add(r, group, "row", &rows.Numbers, func(_ *column, v parquet.Value) int32 { return int32(v.Int64()) }),
		r.each(group, "natural_key", func(_ *column, v parquet.Value) { rows.Keys = append(rows.Keys, v.ByteArray()...) }),
	}
	if k.Person {
		errs = append(errs, add(r, group, "person", &rows.Persons, interned(r.fold.Intern)))
	}
	if said == fact.KindRecordEntered {
		errs = append(errs,
			add(r, group, "id", &rows.IDs, func(_ *column, v parquet.Value) string { return string(v.ByteArray()) }),
			add(r, group, "version", &rows.Versions, func(_ *column, v parquet.Value) int { return int(v.Int64()) }),
			add(r, group, "said_at", &rows.Said, whole),
			add(r, group, "owner", &rows.Owners, interned(r.fold.Intern)),
		)
	}
	wholes, texts := r.rules.Columns(kind)
	for _, field := range wholes {
		values := rows.Wholes[field]
		errs = append(errs, add(r, group, r.file.layout.fieldColumn(k, field), &values, whole))
		rows.Wholes[field] = values
	}
	for _, field := range texts {
		values := rows.Texts[field]
		cache := textCache{lookup: r.fold.Text}
		row := counting.StateRow{Kind: kind, Values: make(schema.Row, len(k.Fields))}
		errs = append(errs, add(r, group, r.file.layout.fieldColumn(k, field), &values, func(c *column, v parquet.Value) uint32 {
			c.set(&cache, &row, v)
			return r.fold.Intern([]byte(row.Values[field]))
		}))
		rows.Texts[field] = values
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if len(rows.Keys) != len(rows.Live)*len(counting.StateRow{}.Key) {
		return fmt.Errorf("%w: a record has no natural key", ErrFormat)
	}
	return nil
}
