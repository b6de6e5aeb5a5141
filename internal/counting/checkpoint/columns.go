package checkpoint

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"

	"outreach/internal/counting"
	"outreach/internal/fact"
	"outreach/internal/schema"
)

// column is one column: how it is read from a state row and written back. An empty value is null.
type column struct {
	name  string
	field string // whose values it has; "": of no field
	node  parquet.Node
	get   func(b *[]byte, kind int, p *counting.StateRow) parquet.Value // from a row of the kind; texts are appended to b
	set   func(*textCache, *counting.StateRow, parquet.Value)
	has   func(kind int) bool // whether rows of the kind may have a value; nil: rows of every kind may
}

// fileLayout is the columns of a checkpoint over the kinds of a registry.
type fileLayout struct {
	registry *schema.Registry
	kinds    map[string]int // the index of a kind in the registry
	most     int            // the longest row of all kinds
	columns  []column
	schema   *parquet.Schema
}

func newFileLayout(registry *schema.Registry) *fileLayout {
	l := &fileLayout{registry: registry, kinds: map[string]int{}}
	for i, k := range registry.Kinds {
		l.kinds[k.Name] = i
		l.most = max(l.most, len(k.Fields))
	}
	l.columns = l.makeColumns()
	l.schema = parquet.NewSchema("checkpoint", makeGroup(l.columns))
	return l
}

// kind returns the index of a kind in the registry, or -1.
func (l *fileLayout) kind(name string) int {
	if i, there := l.kinds[name]; there {
		return i
	}
	return -1
}

func textValue(bytes *[]byte, text string) parquet.Value {
	if text == "" {
		return parquet.NullValue()
	}
	start := len(*bytes)
	*bytes = append(*bytes, text...)
	return parquet.ByteArrayValue((*bytes)[start:])
}

// few is a column of texts with few distinct values, written with a dictionary.
func few() parquet.Node {
	return parquet.Optional(parquet.Encoded(parquet.String(), &parquet.RLEDictionary))
}

// many is a column of texts that are mostly distinct.
func many() parquet.Node {
	return parquet.Optional(parquet.Encoded(parquet.String(), &parquet.DeltaLengthByteArray))
}

// whole is a column of integers.
func whole() parquet.Node {
	return parquet.Optional(parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked))
}

func text(name string, node parquet.Node, of func(*counting.StateRow) *string) column {
	return column{
		name: name, node: node,
		get: func(b *[]byte, _ int, p *counting.StateRow) parquet.Value { return textValue(b, *of(p)) },
		set: func(t *textCache, p *counting.StateRow, v parquet.Value) { *of(p) = t.of(v.ByteArray()) },
	}
}

func number(name string, of func(*counting.StateRow) *int) column {
	return column{
		name: name, node: whole(),
		get: func(_ *[]byte, _ int, p *counting.StateRow) parquet.Value {
			if *of(p) == 0 {
				return parquet.NullValue()
			}
			return parquet.Int64Value(int64(*of(p)))
		},
		set: func(_ *textCache, p *counting.StateRow, v parquet.Value) { *of(p) = int(v.Int64()) },
	}
}

// makeColumns returns the columns in their order: first those that a reader of the figures needs, then the fields of
// records, then those that only the next fold needs.
func (l *fileLayout) makeColumns() []column {
	type p = counting.StateRow
	out := []column{
		text("kind", few(), func(p *p) *string { return &p.Kind }),
		text("id", many(), func(p *p) *string { return &p.ID }),
		number("version", func(p *p) *int { return &p.Version }),
		text("person", few(), func(p *p) *string { return &p.Person }),
		{
			name: "date", node: parquet.Optional(parquet.Date()),
			get: func(_ *[]byte, _ int, p *p) parquet.Value { return dateValue(p.Date) },
			set: func(_ *textCache, p *p, v parquet.Value) { p.Date = dateText(v) },
		},
		text("upload", few(), func(p *p) *string { return &p.Upload }),
		number("row", func(p *p) *int { return &p.Row }),
		{
			name: "live", node: parquet.Leaf(parquet.BooleanType),
			get: func(_ *[]byte, _ int, p *p) parquet.Value { return parquet.BooleanValue(p.Live) },
			set: func(_ *textCache, p *p, v parquet.Value) { p.Live = v.Boolean() },
		},
		text("state", few(), func(p *p) *string { return &p.State }),
		text("counts_for", few(), func(p *p) *string { return &p.Marks }),
	}
	out = append(out, l.fieldColumns(out)...)
	return append(out,
		text("fact", few(), func(p *p) *string { return &p.Fact }),
		column{
			name: "said_at", node: parquet.Optional(parquet.Timestamp(parquet.Nanosecond)),
			get: func(_ *[]byte, _ int, p *p) parquet.Value {
				if p.At.IsZero() {
					return parquet.NullValue()
				}
				return parquet.Int64Value(p.At.UnixNano())
			},
			set: func(_ *textCache, p *p, v parquet.Value) { p.At = time.Unix(0, v.Int64()).UTC() },
		},
		text("entry", many(), func(p *p) *string { return &p.Entry }),
		text("first_state", few(), func(p *p) *string { return &p.First }),
		text("cleared", few(), func(p *p) *string { return &p.Cleared }),
		text("merged_into", many(), func(p *p) *string { return &p.Into }),
		text("owner", few(), func(p *p) *string { return &p.Owner }),
		text("object", many(), func(p *p) *string { return &p.Object }),
		number("file_rows", func(p *p) *int { return &p.Rows }),
		number("file_packs", func(p *p) *int { return &p.Packs }),
		text("sha256", many(), func(p *p) *string { return &p.SHA256 }),
		column{
			name: "natural_key", node: parquet.Optional(parquet.Leaf(parquet.FixedLenByteArrayType(len(counting.StateRow{}.Key)))),
			get: func(b *[]byte, _ int, p *p) parquet.Value {
				if p.Fact != fact.KindRecordEntered && p.Fact != counting.FileRow {
					return parquet.NullValue()
				}
				start := len(*b)
				*b = append(*b, p.Key[:]...)
				return parquet.FixedLenByteArrayValue((*b)[start:])
			},
			set: func(_ *textCache, p *p, v parquet.Value) { copy(p.Key[:], v.ByteArray()) },
		},
	)
}

// furtherColumns are the endings of the columns of a field whose type differs from that of a field of the same name in
// an earlier kind. No id of a field has a hyphen.
var furtherColumns = map[schema.Storage]string{schema.Texts: "-text", schema.Wholes: "-whole", schema.Doubles: "-decimal"}

// fieldColumns returns the columns of the fields of all kinds. Fields of the same name and type share a column. If a
// field has the name of one of the other columns (the kind of an airing or an output), its column is prefixed with
// "field_".
func (l *fileLayout) fieldColumns(others []column) []column {
	var out []column
	type stored struct {
		name string
		as   schema.Storage
	}
	var fields []stored // by column
	type field struct {
		column int
		of     string
	}
	places := map[field]int{} // in the rows of a kind
	for _, k := range l.registry.Kinds {
		for i := range k.Fields {
			f := &k.Fields[i]
			if f.Name == "date" || !f.Counts() {
				continue
			}
			at := slices.Index(fields, stored{f.Name, f.Stored()})
			if at < 0 {
				at = len(out)
				name := f.Name
				if slices.ContainsFunc(fields, func(other stored) bool { return other.name == f.Name }) {
					name += furtherColumns[f.Stored()]
				}
				fields = append(fields, stored{f.Name, f.Stored()})
				out = append(out, column{name: name, field: f.Name})
			}
			places[field{at, k.Name}] = i
		}
	}
	for i := range out {
		c, as := &out[i], fields[i].as
		in := make([]int, len(l.registry.Kinds)) // the index of the field in rows of a kind; -1: it has none
		for j, k := range l.registry.Kinds {
			in[j] = -1
			if place, ok := places[field{i, k.Name}]; ok {
				in[j] = place
			}
		}
		if slices.ContainsFunc(others, func(other column) bool { return other.name == c.name }) {
			c.name = "field_" + c.name
		}
		c.node = fieldNode(as, c.field)
		c.get = func(b *[]byte, kind int, p *counting.StateRow) parquet.Value {
			if in[kind] >= len(p.Values) {
				return parquet.NullValue()
			}
			return fieldValue(b, as, p.Values[in[kind]])
		}
		c.has = func(kind int) bool { return kind >= 0 && in[kind] >= 0 }
		c.set = func(t *textCache, p *counting.StateRow, v parquet.Value) {
			p.Values[in[l.kind(p.Kind)]] = fieldText(t, as, v)
		}
	}
	return out
}

// fieldColumn returns the name of the column of a field.
func (l *fileLayout) fieldColumn(k *schema.Kind, field int) string {
	name, kind := k.Fields[field].Name, l.kinds[k.Name]
	i := slices.IndexFunc(l.columns, func(c column) bool {
		return c.has != nil && c.has(kind) && c.field == name
	})
	return l.columns[i].name
}

func fieldNode(t schema.Storage, name string) parquet.Node {
	switch {
	case t == schema.Wholes:
		return whole()
	case t == schema.Doubles:
		return parquet.Optional(parquet.Leaf(parquet.DoubleType))
	case name == "title":
		return many()
	default:
		return few()
	}
}

// fieldValue returns a canonical text as a value. fieldText restores the same text.
func fieldValue(b *[]byte, t schema.Storage, text string) parquet.Value {
	switch {
	case text == "":
		return parquet.NullValue()
	case t == schema.Wholes:
		n, _ := strconv.ParseInt(text, 10, 64)
		return parquet.Int64Value(n)
	case t == schema.Doubles:
		n, _ := strconv.ParseFloat(text, 64)
		return parquet.DoubleValue(n)
	default:
		return textValue(b, text)
	}
}

func fieldText(made *textCache, t schema.Storage, v parquet.Value) string {
	var digits [24]byte
	switch t {
	case schema.Wholes:
		return made.of(strconv.AppendInt(digits[:0], v.Int64(), 10))
	case schema.Doubles:
		return made.of(strconv.AppendFloat(digits[:0], v.Double(), 'f', -1, 64))
	default:
		return made.of(v.ByteArray())
	}
}

const secondsOfDay = 24 * 60 * 60

func dateValue(date string) parquet.Value {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return parquet.NullValue()
	}
	return parquet.Int32Value(int32(at.Unix() / secondsOfDay))
}

func dateText(v parquet.Value) string {
	return time.Unix(int64(v.Int32())*secondsOfDay, 0).UTC().Format(time.DateOnly)
}

// group keeps the columns in their order; parquet.Group sorts them by name.
type group struct {
	parquet.Group
	fields []parquet.Field
}

func (g group) Fields() []parquet.Field { return g.fields }

func makeGroup(columns []column) group {
	g := group{Group: parquet.Group{}}
	for _, c := range columns {
		if _, there := g.Group[c.name]; there {
			panic(fmt.Sprintf("two columns are called %s", c.name))
		}
		g.Group[c.name] = c.node
		g.fields = append(g.fields, parquet.Group{c.name: c.node}.Fields()[0])
	}
	return g
}
