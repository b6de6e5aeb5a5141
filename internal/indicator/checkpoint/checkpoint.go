// Package checkpoint keeps what a Fold remembers, with the numbers of the facts that it has seen, as one Parquet file, so
// that the next compile reads only what came since; and so that DuckDB, Athena or pandas read the same pseudonymous
// records that the figures came from:
//
//	SELECT medium, sum(reach) FROM 'checkpoint.parquet' WHERE kind = 'media' AND live GROUP BY medium
//
// Package compile writes and reads it. A checkpoint only spares work: whoever cannot read one folds from the first fact.
package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"outreach/internal/fact"
	"outreach/internal/indicator"
	"outreach/internal/kinds"
	"outreach/internal/record"
)

// What stands in the file's own metadata.
const (
	formatKey = "outreach.format"
	format    = "1"
	headsKey  = "outreach.heads"
	sumKey    = "outreach.sum"
)

// The checksum covers every byte of the file but itself: it is worked out with noSum in its place. In the file's footer
// it is what comes last of all that begins so.
const sumMark = "outreach-checkpoint-sha256:"

var noSum = bytes.Repeat([]byte{'0'}, 2*sha256.Size)

// One codec for all files keeps its encoders.
var compression = &zstd.Codec{Level: zstd.SpeedFastest}

const batch = 4096 // rows written or read at once

// Write writes what a Fold remembers, and up to which facts.
func Write(w io.Writer, f *indicator.Fold, heads fact.Heads) error {
	file, err := encode(f, heads)
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

func encode(f *indicator.Fold, heads fact.Heads) ([]byte, error) {
	lanes, err := json.Marshal(heads)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	w := parquet.NewWriter(&file, schema,
		parquet.Compression(compression),
		parquet.DictionaryMaxBytes(1<<20),
		parquet.KeyValueMetadata(formatKey, format),
		parquet.KeyValueMetadata(headsKey, string(lanes)),
		parquet.KeyValueMetadata(sumKey, sumMark+string(noSum)),
	)
	rows := make([]parquet.Row, 0, batch)
	values := make([]parquet.Value, 0, batch*len(columns))
	s := &scratch{}
	flush := func() error {
		_, err := w.WriteRows(rows)
		rows, values, s.bytes = rows[:0], values[:0], s.bytes[:0]
		return err
	}
	for p := range f.Pieces() {
		start := len(values)
		for i := range columns {
			v := columns[i].get(s, p)
			level := 1
			if v.IsNull() || !columns[i].node.Optional() {
				level = 0
			}
			values = append(values, v.Level(0, level, i))
		}
		rows = append(rows, values[start:len(values):len(values)])
		if len(rows) == batch {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return file.Bytes(), nil
}

// Errors of Read. Whatever the error, the caller folds from the first fact.
var (
	ErrDamaged = errors.New("the checkpoint is damaged")
	ErrFormat  = errors.New("the checkpoint was written by another version of the tracker")
)

// Read reads a checkpoint of size bytes.
func Read(r io.ReaderAt, size int64) (*indicator.Fold, fact.Heads, error) {
	f, heads, err := read(r, size)
	if err != nil {
		return nil, fact.Heads{}, fmt.Errorf("checkpoint: read: %w", err)
	}
	return f, heads, nil
}

func read(r io.ReaderAt, size int64) (*indicator.Fold, fact.Heads, error) {
	var heads fact.Heads
	data := make([]byte, size)
	if n, err := r.ReadAt(data, 0); n < len(data) {
		return nil, heads, err
	}
	if err := verify(data); err != nil {
		return nil, heads, err
	}
	file, err := parquet.OpenFile(bytes.NewReader(data), size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, heads, err
	}
	if version, _ := file.Lookup(formatKey); version != format || file.Schema().String() != schema.String() {
		return nil, heads, ErrFormat
	}
	lanes, _ := file.Lookup(headsKey)
	if err := json.Unmarshal([]byte(lanes), &heads); err != nil {
		return nil, heads, err
	}
	f := indicator.New()
	for _, group := range file.RowGroups() {
		if err := restore(f, group); err != nil {
			return nil, heads, err
		}
	}
	return f, heads, nil
}

// verify works out the checksum anew. Nothing else looks at the file before.
func verify(data []byte) error {
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

func restore(f *indicator.Fold, group parquet.RowGroup) error {
	in := group.Rows()
	defer in.Close()
	rows := make([]parquet.Row, batch)
	s := &scratch{text: f.Text, row: make(record.Row, mostFields)}
	for {
		n, err := in.ReadRows(rows)
		for _, row := range rows[:n] {
			if err := f.Restore(s.piece(row)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// piece reads a row of the file.
func (s *scratch) piece(row parquet.Row) *indicator.Piece {
	clear(s.row)
	p := &indicator.Piece{Values: s.row}
	for _, v := range row {
		if !v.IsNull() {
			columns[v.Column()].set(s, p, v)
		}
	}
	if k := kinds.ByName(p.Kind); k != nil {
		p.Values = s.row[:len(k.Fields)]
		if date := k.Index("date"); date >= 0 {
			p.Values[date] = p.Date
		}
	}
	return p
}
