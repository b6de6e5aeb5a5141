// Package checkpoint stores the state of a Fold, with the numbers of the facts applied to it, as one Parquet file, so
// that the next compile reads only later facts. Of each record it says for what it counts, so that the next compile
// need not count it again. DuckDB, Athena or pandas can read the same file, with the pseudonymous records that the
// figures come from:
//
//	SELECT medium, sum(reach) FROM 'checkpoint.parquet' WHERE kind = 'media' AND live GROUP BY medium
//
// Package snapshots/compile writes and reads it. A checkpoint is a cache: if it cannot be read, all facts are replayed.
package checkpoint

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/schema"
)

// Keys and values of the metadata of the file.
const (
	formatKey = "outreach.format"
	format    = "3"
	headsKey  = "outreach.heads"
	countsKey = "outreach.counts"
	sumKey    = "outreach.sum"
)

// Counts says how the records of a checkpoint were counted.
type Counts struct {
	Definition string            `json:"definition"` // the SHA-256 of the definition
	AsOf       string            `json:"as_of"`
	Evidence   string            `json:"evidence"` // the id of the index of the evidence
	Index      string            `json:"index"`    // the SHA-256 of that index
	Program    string            `json:"program"`  // identifies the program that counted, because another one may count differently
	Figures    *counting.Figures `json:"-"`
}

// sumMark precedes the checksum. The checksum covers every byte of the file but itself: it is computed with noSum in
// its place. It follows the last sumMark of the file, which is in the footer.
const sumMark = "outreach-checkpoint-sha256:"

var noSum = bytes.Repeat([]byte{'0'}, 2*sha256.Size)

// compression is shared by all files, so that its encoders are reused.
var compression = &zstd.Codec{Level: zstd.SpeedFastest}

const mostRows = 1 << 16 // of a row group

// Write writes the state of a Fold, the heads up to which facts were applied to it, and how it was counted: the zero
// Counts if it was not. The same state gives the same bytes.
func Write(w io.Writer, f *counting.Fold, heads fact.Heads, counts Counts) error {
	file, err := encode(f, heads, counts)
	if err != nil {
		return fmt.Errorf("checkpoint: write: %w", err)
	}
	place := bytes.LastIndex(file, []byte(sumMark)) + len(sumMark)
	sum := sha256.Sum256(file)
	hex.Encode(file[place:], sum[:])
	if _, err := w.Write(file); err != nil {
		return fmt.Errorf("checkpoint: write: %w", err)
	}
	return nil
}

func encode(f *counting.Fold, heads fact.Heads, counts Counts) ([]byte, error) {
	lanes, err := json.Marshal(heads)
	if err != nil {
		return nil, err
	}
	counted, err := json.Marshal(counts)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	l := newFileLayout(f.Registry())
	w := parquet.NewGenericWriter[any](&file, l.schema,
		parquet.Compression(compression),
		parquet.DictionaryMaxBytes(1<<20),
		parquet.KeyValueMetadata(formatKey, format),
		parquet.KeyValueMetadata(headsKey, string(lanes)),
		parquet.KeyValueMetadata(countsKey, string(counted)),
		parquet.KeyValueMetadata(sumKey, sumMark+string(noSum)),
	)
	g := &groupWriter{layout: l, file: w, columns: make([][]parquet.Value, len(l.columns))}
	for p := range f.State(counts.Figures) {
		// Rows of a row group have one fact and kind, so most of its columns are empty and are skipped by readers.
		if p.Fact != g.fact || p.Kind != g.kind || g.rows == mostRows {
			if err := g.flush(); err != nil {
				return nil, err
			}
			g.begin(p.Fact, p.Kind)
		}
		g.add(p)
	}
	if err := g.flush(); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return file.Bytes(), nil
}

// groupWriter collects a row group, column by column.
type groupWriter struct {
	layout  *fileLayout
	file    *parquet.GenericWriter[any]
	fact    string
	kind    string
	number  int               // the kind's
	active  []int             // the columns that may have values
	columns [][]parquet.Value // empty while all of them are null
	nulls   []parquet.Value
	texts   []byte // what the values of texts point into
	rows    int
}

func (g *groupWriter) begin(fact, kind string) {
	g.fact, g.kind, g.number, g.active = fact, kind, g.layout.kind(kind), g.active[:0]
	for i := range g.layout.columns {
		if has := g.layout.columns[i].has; has == nil || has(g.number) {
			g.active = append(g.active, i)
		}
	}
}

func (g *groupWriter) add(p *counting.StateRow) {
	for _, i := range g.active {
		v := g.layout.columns[i].get(&g.texts, g.number, p)
		values := g.columns[i]
		if v.IsNull() && len(values) == 0 {
			continue
		}
		if len(values) < g.rows {
			values = fill(values, i, g.rows)
		}
		level := 1
		if v.IsNull() || !g.layout.columns[i].node.Optional() {
			level = 0
		}
		g.columns[i] = append(values, v.Level(0, level, i))
	}
	g.rows++
}

// fill appends nulls for the rows before, in which the column had no value.
func fill(values []parquet.Value, column, rows int) []parquet.Value {
	null := parquet.NullValue().Level(0, 0, column)
	for len(values) < rows {
		values = append(values, null)
	}
	return values
}

func (g *groupWriter) flush() error {
	if g.rows == 0 {
		return nil
	}
	for i, w := range g.file.ColumnWriters() {
		values := g.columns[i]
		if len(values) == 0 {
			g.nulls = fill(g.nulls[:0], i, g.rows)
			values = g.nulls
		}
		if _, err := w.WriteRowValues(values); err != nil {
			return err
		}
		g.columns[i] = g.columns[i][:0]
	}
	g.rows, g.texts = 0, g.texts[:0]
	return g.file.Flush()
}

// Errors of Read. Whatever the error, the caller replays all facts.
var (
	ErrDamaged = errors.New("the checkpoint is damaged")
	ErrFormat  = errors.New("the checkpoint was written by another version of the tracker")
)

// Read reads a checkpoint of size bytes into a Fold over the kinds of a registry, and returns the heads that Write was
// given. It fails with ErrDamaged if the checksum is wrong, and with ErrFormat if a column of a field is missing or has
// another type. Columns of unknown fields are ignored, and the order of columns does not matter.
func Read(r io.ReaderAt, size int64, registry *schema.Registry) (*counting.Fold, fact.Heads, error) {
	f, heads, err := read(r, size, registry)
	if err != nil {
		return nil, fact.Heads{}, fmt.Errorf("checkpoint: read: %w", err)
	}
	return f, heads, nil
}

func read(r io.ReaderAt, size int64, registry *schema.Registry) (*counting.Fold, fact.Heads, error) {
	file, err := open(r, size, registry)
	if err != nil {
		return nil, fact.Heads{}, err
	}
	f := counting.New(registry)
	for _, group := range file.groups {
		if err := file.layout.restore(f, group, file.columns); err != nil {
			return nil, file.heads, err
		}
	}
	return f, file.heads, nil
}

// opened is a checkpoint whose checksum and columns are right.
type opened struct {
	layout  *fileLayout
	columns []*column
	groups  []parquet.RowGroup
	heads   fact.Heads
	counts  Counts
}

func open(r io.ReaderAt, size int64, registry *schema.Registry) (out opened, err error) {
	data := make([]byte, size)
	if n, err := r.ReadAt(data, 0); n < len(data) {
		return out, err
	}
	if err := Whole(data); err != nil {
		return out, err
	}
	file, err := parquet.OpenFile(bytes.NewReader(data), size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return out, err
	}
	out.layout, out.groups = newFileLayout(registry), file.RowGroups()
	columns, found := out.layout.columnsOf(file.Schema())
	if version, _ := file.Lookup(formatKey); version != format || !found {
		return out, ErrFormat
	}
	out.columns = columns
	lanes, _ := file.Lookup(headsKey)
	if err := json.Unmarshal([]byte(lanes), &out.heads); err != nil {
		return out, err
	}
	counts, _ := file.Lookup(countsKey)
	return out, json.Unmarshal([]byte(counts), &out.counts)
}

// Whole fails with ErrDamaged unless a file has its checksum. It runs before anything else reads the file.
func Whole(data []byte) error {
	place := bytes.LastIndex(data, []byte(sumMark))
	if place < 0 || len(data) < place+len(sumMark)+len(noSum) {
		return ErrDamaged
	}
	place += len(sumMark)
	hash := sha256.New()
	hash.Write(data[:place])
	hash.Write(noSum)
	hash.Write(data[place+len(noSum):])
	if hex.EncodeToString(hash.Sum(nil)) != string(data[place:place+len(noSum)]) {
		return ErrDamaged
	}
	return nil
}

// columnsOf returns, for each column of a file, the column that reads it, or nil. It returns false if a column is
// missing or has another type.
func (l *fileLayout) columnsOf(schema *parquet.Schema) ([]*column, bool) {
	fields := schema.Fields()
	out := make([]*column, len(fields))
	found := 0
	for i, field := range fields {
		for j, ours := range l.schema.Fields() {
			if ours.Name() != field.Name() {
				continue
			}
			if !parquet.EqualNodes(ours, field) {
				return nil, false
			}
			out[i] = &l.columns[j]
			found++
		}
	}
	return out, found == len(l.columns)
}

func (l *fileLayout) restore(f *counting.Fold, group parquet.RowGroup, columns []*column) error {
	var cursors []*cursor
	for i, chunk := range group.ColumnChunks() {
		if c, ok := chunk.(*parquet.FileColumnChunk); ok && c.NullCount() == c.NumValues() || columns[i] == nil {
			continue
		}
		values := parquet.NewColumnChunkValueReader(chunk)
		defer values.Close()
		cursors = append(cursors, &cursor{column: columns[i], in: values, texts: textCache{lookup: f.Text}})
	}
	row := make(schema.Row, l.most)
	for range group.NumRows() {
		clear(row)
		p := counting.StateRow{Values: row}
		for _, c := range cursors {
			if err := c.read(&p); err != nil {
				return err
			}
		}
		if k := l.registry.Kind(p.Kind); k != nil {
			p.Values = row[:len(k.Fields)]
			if date := k.Index("date"); date >= 0 {
				p.Values[date] = p.Date
			}
		}
		if err := f.Restore(&p); err != nil {
			return err
		}
	}
	return nil
}

// cursor reads a column, value by value.
type cursor struct {
	column *column
	texts  textCache
	in     parquet.ValueReader
	buffer [256]parquet.Value
	next   int
	end    int
}

func (c *cursor) read(p *counting.StateRow) error {
	if c.next == c.end {
		// Values point into one page, which is valid until the next call.
		n, err := c.in.ReadValues(c.buffer[:])
		if n == 0 {
			return cmp.Or(err, io.ErrUnexpectedEOF)
		}
		c.next, c.end = 0, n
	}
	if v := c.buffer[c.next]; !v.IsNull() {
		c.column.set(&c.texts, p, v)
	}
	c.next++
	return nil
}

// textCache converts bytes to texts, and allocates no text that lookup or the value before has.
type textCache struct {
	last   string
	lookup func([]byte) string
}

func (t *textCache) of(text []byte) string {
	if t.last != string(text) {
		t.last = t.lookup(text)
	}
	return t.last
}
