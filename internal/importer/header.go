package importer

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"outreach/internal/schema"
)

// layout says which column of a file is which field.
type layout struct {
	kind           *schema.Kind
	columns        []column
	missing        []string      // names of required columns that are not there
	separatePerson bool          // the person's keys are not fields of the kind
	stranger       *schema.Field // by which a value without a column is masked
}

// column is one column of a file.
type column struct {
	field    *schema.Field // nil where it is none
	place    int           // in rows, or placeEmail, placePesel
	unknown  bool          // it has a name that is no field's
	nameless bool          // it has no name
	twice    bool          // an earlier column is the same field
	listed   map[string]string
}

// The places of the columns that name a person who is not a part of the row.
const (
	placeEmail = -1
	placePesel = -2
)

// maxListed bounds what a column remembers of its list: all spellings of a sensible definition, and nobody's memory.
const maxListed = 500

// parse checks a cell of the column. Looking a value up in a list, in every spelling, is slow, and a column of that type
// says the same few things again and again.
func (c *column) parse(value cell, scope schema.Scope) (string, *schema.Problem) {
	if c.field.Type != schema.List || value.form != written {
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

// cell finds the field of a name, and the text that a row has there.
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

// vocabulary is the kinds that a file may be of, each with its columns by every name they may have, and which of them the sender
// may upload.
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
			names[fold(f.Name)] = f
			for _, name := range f.Column {
				names[fold(name)] = f
			}
		}
		v.columns[k] = names
	}
	return v
}

// fold makes names of columns comparable: only letters and digits count, without case or diacritics.
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

// score says how well a header fits a kind.
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

// recognise finds the kind of a header: the one most of whose columns are there; of equals, one that is allowed; of those,
// the one that misses fewer required columns; of those, the first. A header that shares but one column with any kind is
// no header.
func (v *vocabulary) recognise(head []cell) (layout, bool) {
	var best layout
	var top score
	for _, k := range v.kinds {
		l, known := v.lay(k, head)
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

// titleRows is how many rows above a header are passed over to say where it stands.
const titleRows = 20

// headerBelow finds the row of a header that does not come first, as below a title.
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

// lay lays a header over a kind, and tells how many of its columns are there.
func (v *vocabulary) lay(k *schema.Kind, head []cell) (layout, int) {
	l := layout{kind: k, columns: make([]column, len(head)), separatePerson: k.Person && k.Index("email") < 0}
	if k.Person {
		l.stranger = &schema.EmailField
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
