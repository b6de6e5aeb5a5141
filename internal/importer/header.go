package importer

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"outreach/internal/schema"
)

// layout maps the columns of a file to the fields of a kind.
type layout struct {
	kind           *schema.Kind
	columns        []column
	missing        []string      // names of required columns that the file does not have
	separatePerson bool          // the keys of the person are not fields of the kind
	unknown        *schema.Field // masks values of columns that are not fields
}

// column is one column of a file.
type column struct {
	field    *schema.Field     // nil if the name is unknown
	place    int               // in the row, or placeEmail, placePesel
	unknown  bool              // it has a name, which is not that of a field
	nameless bool              // it has no name
	twice    bool              // an earlier column is the same field
	listed   map[string]string // cache of a list: canonical values by text
}

// Places of the columns with the keys of a person, where these are not part of the row.
const (
	placeEmail = -1
	placePesel = -2
)

// maxListed is the size of a column's cache of list values.
const maxListed = 500

// parse reads a cell of the column. Values of lists are cached: looking one up in all spellings is slow, and a column
// repeats few values.
func (c *column) parse(value cell, scope schema.Scope) (string, *schema.Problem) {
	if c.field.Type != schema.Choice || value.form != written {
		return value.read(c.field, scope)
	}
	if canonical, ok := c.listed[value.text]; ok {
		return canonical, nil
	}
	canonical, problem := value.read(c.field, scope)
	if problem == nil && len(c.listed) < maxListed {
		if c.listed == nil {
			c.listed = map[string]string{}
		}
		c.listed[strings.Clone(value.text)] = canonical
	}
	return canonical, problem
}

// cell returns the field with a name, and the text of a row in its column.
func (l *layout) cell(name string, cells []cell) (*schema.Field, string) {
	for i, c := range l.columns {
		if c.field != nil && c.field.Name == name && !c.twice {
			if i < len(cells) {
				return c.field, cells[i].text
			}
			return c.field, ""
		}
	}
	return nil, ""
}

// vocabulary is the kinds of file, each with its columns by all their names, and which kinds the sender may upload.
type vocabulary struct {
	kinds   []*schema.Kind
	columns map[*schema.Kind]map[string]*schema.Field
	allowed func(*schema.Kind) bool
}

func newVocabulary(registry *schema.Registry, allowed func(*schema.Kind) bool) *vocabulary {
	v := &vocabulary{kinds: registry.Kinds, columns: make(map[*schema.Kind]map[string]*schema.Field, len(registry.Kinds)), allowed: allowed}
	for _, k := range registry.Kinds {
		names := map[string]*schema.Field{}
		for _, f := range k.Columns() {
			for _, name := range f.ColumnNames() {
				names[fold(name)] = f
			}
		}
		v.columns[k] = names
	}
	return v
}

// fold returns a name of a column for comparison: letters and digits only, without case or diacritics.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'ł':
			return 'l'
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return r
		}
		return -1
	}, norm.NFD.String(strings.ToLower(name)))
}

// score is how well a header matches a kind.
type score struct{ known, allowed, missing int }

func (s score) better(than score) bool {
	if s.known != than.known {
		return s.known > than.known
	}
	if s.allowed != than.allowed {
		return s.allowed > than.allowed
	}
	return s.missing < than.missing
}

// recognise returns the layout of a header for the kind with the most matching columns. Ties are broken by being
// allowed, then by fewer missing required columns, then by the order of kinds. It returns false if fewer than two
// columns match.
func (v *vocabulary) recognise(head []cell) (layout, bool) {
	var best layout
	var top score
	for _, k := range v.kinds {
		l, known := v.match(k, head)
		s := score{known: known, missing: len(l.missing)}
		if v.allowed(k) {
			s.allowed = 1
		}
		if best.kind == nil || s.better(top) {
			best, top = l, s
		}
	}
	return best, top.known >= 2
}

// titleRows is the number of rows that are searched for a header below a title.
const titleRows = 20

// headerBelow returns the row of a header that is not the first row, as below a title.
func (v *vocabulary) headerBelow(table rows) (row int, found bool) {
	for range titleRows {
		number, cells, err := nextFilled(table)
		if err != nil {
			return 0, false
		}
		if _, ok := v.recognise(cells); ok {
			return number, true
		}
	}
	return 0, false
}

// match returns the layout of a header for a kind, and the number of matching columns.
func (v *vocabulary) match(k *schema.Kind, head []cell) (layout, int) {
	l := layout{kind: k, columns: make([]column, len(head)), separatePerson: k.Person && k.Index("email") < 0}
	if k.Person {
		l.unknown = &schema.EmailField
	}
	names := v.columns[k]
	seen := map[*schema.Field]bool{}
	for i, h := range head {
		field := names[fold(h.text)]
		c := column{field: field, nameless: h.blank(), twice: seen[field]}
		c.unknown = field == nil && !c.nameless
		switch field {
		case nil:
		case &schema.EmailField:
			c.place = placeEmail
		case &schema.PeselField:
			c.place = placePesel
		default:
			c.place = k.Index(field.Name)
		}
		if field != nil {
			seen[field] = true
		}
		l.columns[i] = c
	}
	for len(l.columns) > 0 && l.columns[len(l.columns)-1].nameless {
		l.columns = l.columns[:len(l.columns)-1]
	}
	key := false
	for _, f := range k.Columns() {
		if f.Required && !seen[f] {
			l.missing = append(l.missing, f.Name)
		}
		key = key || seen[f] && (f.Name == "email" || f.Name == "pesel")
	}
	if k.Person && !key {
		l.missing = slices.Insert(l.missing, 0, "email")
	}
	return l, len(seen)
}
