// Package parquet writes tables as Apache Parquet, for DuckDB, Athena and pandas.
package parquet

import (
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"outreach/internal/schema"
)

// Type is the type of a column. Every column may be null.
type Type int

// The types of columns, with what they are in Parquet.
const (
	Text    Type = iota // STRING. A text that begins like a formula is prefixed with an apostrophe, as in CSV
	Date                // DATE, of YYYY-MM-DD
	Instant             // TIMESTAMP in microseconds of UTC, of RFC 3339
	Whole               // INT64
	Decimal             // DECIMAL(38, 6)
	List                // LIST of STRING, of texts with | between them
)

// Decimals is the scale of columns of decimals. Fields of records have at most as many.
const Decimals = 6

const (
	digits   = 38
	size     = 16     // bytes of a decimal
	rowGroup = 20_000 // rows that are in memory before they are compressed
)

// Column is a column of a table. Columns whose names begin alike up to a dot are the members of one STRUCT, and must
// follow one another: fields.hours is the member hours of the column fields.
type Column struct {
	Name string
	Type Type
}

// NotOfTypeError says that a value is not of its column's type.
type NotOfTypeError struct{ Column string }

func (e NotOfTypeError) Error() string {
	return "a value of the column " + e.Column + " is not of its type"
}

// Writer writes a table in row groups, of which one is in memory. It is not safe for concurrent use.
type Writer struct {
	columns []Column
	file    *parquet.GenericWriter[any]
	row     parquet.Row
}

// NewWriter begins a table. Close must be called at its end.
func NewWriter(w io.Writer, table string, columns []Column) *Writer {
	file := parquet.NewGenericWriter[any](w, parquet.NewSchema(table, makeGroup(columns)),
		parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(rowGroup))
	return &Writer{columns: columns, file: file}
}

// Row writes one row, with a value in its canonical text for each column; an empty one is null. It fails with a
// NotOfTypeError, and then the table is of no use.
func (w *Writer) Row(values ...string) error {
	w.row = w.row[:0]
	for i, c := range w.columns {
		if values[i] == "" {
			w.row = append(w.row, parquet.NullValue().Level(0, 0, i))
			continue
		}
		if c.Type == List {
			for j, one := range strings.Split(values[i], "|") {
				w.row = append(w.row, parquet.ByteArrayValue([]byte(schema.Escape(one))).Level(min(j, 1), 2, i))
			}
			continue
		}
		v, err := valueOf(c.Type, values[i])
		if err != nil {
			return NotOfTypeError{c.Name}
		}
		w.row = append(w.row, v.Level(0, 1, i))
	}
	_, err := w.file.WriteRows([]parquet.Row{w.row})
	return err
}

// Close ends the table.
func (w *Writer) Close() error { return w.file.Close() }

func valueOf(t Type, value string) (parquet.Value, error) {
	switch t {
	case Date:
		at, err := time.Parse(time.DateOnly, value)
		return parquet.Int32Value(int32(at.Unix() / int64(24*time.Hour/time.Second))), err
	case Instant:
		at, err := time.Parse(time.RFC3339, value)
		return parquet.Int64Value(at.UnixMicro()), err
	case Whole:
		number, fits := new(big.Int).SetString(value, 10)
		if !fits || !number.IsInt64() {
			return parquet.Value{}, fmt.Errorf("no whole number of 64 bits")
		}
		return parquet.Int64Value(number.Int64()), nil
	case Decimal:
		return decimal(value)
	default:
		return parquet.ByteArrayValue([]byte(schema.Escape(value))), nil
	}
}

// decimal returns a decimal as a big-endian integer in two's complement.
func decimal(value string) (parquet.Value, error) {
	number, isNumber := new(big.Rat).SetString(value)
	if !isNumber {
		return parquet.Value{}, fmt.Errorf("no number")
	}
	number.Mul(number, new(big.Rat).SetInt(power(Decimals)))
	if !number.IsInt() || number.Num().CmpAbs(power(digits)) >= 0 {
		return parquet.Value{}, fmt.Errorf("not in DECIMAL(%d, %d)", digits, Decimals)
	}
	unscaled := new(big.Int).Set(number.Num())
	if unscaled.Sign() < 0 {
		unscaled.Add(unscaled, new(big.Int).Lsh(big.NewInt(1), 8*size))
	}
	return parquet.FixedLenByteArrayValue(unscaled.FillBytes(make([]byte, size))), nil
}

func power(exponent int64) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(exponent), nil)
}

func (t Type) node() parquet.Node {
	switch t {
	case Date:
		return parquet.Optional(parquet.Date())
	case Instant:
		return parquet.Optional(parquet.Timestamp(parquet.Microsecond))
	case Whole:
		return parquet.Optional(parquet.Int(64))
	case Decimal:
		return parquet.Optional(parquet.Decimal(Decimals, digits, parquet.FixedLenByteArrayType(size)))
	case List:
		return parquet.Optional(parquet.List(parquet.String()))
	default:
		return parquet.Optional(parquet.Encoded(parquet.String(), &parquet.RLEDictionary))
	}
}

// group keeps the columns in their order; parquet.Group sorts them by name.
type group struct {
	parquet.Group
	fields []parquet.Field
}

func (g group) Fields() []parquet.Field { return g.fields }

func makeGroup(columns []Column) group {
	g := group{Group: parquet.Group{}}
	for i := 0; i < len(columns); i++ {
		name, node := columns[i].Name, columns[i].Type.node()
		if outer, _, nested := strings.Cut(name, "."); nested {
			var members []Column
			for ; i < len(columns) && strings.HasPrefix(columns[i].Name, outer+"."); i++ {
				members = append(members, Column{columns[i].Name[len(outer)+1:], columns[i].Type})
			}
			i--
			name, node = outer, makeGroup(members)
		}
		g.Group[name] = node
		g.fields = append(g.fields, parquet.Group{name: node}.Fields()[0])
	}
	return g
}
