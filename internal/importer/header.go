package importer

import (
	"io"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// layout maps the columns of a file to the fields of a kind.
type layout struct {
	kind           *schema.Kind
	columns        []column
	missing        []string      // names of required columns that the file does not have
	clock          int           // the place in the row of the time of day, -1 if the kind has none
	separatePerson bool          // the keys of the person are not fields of the kind
	unknown        *schema.Field // masks values of columns that are not fields

	mapping   *Mapping       // how it was read; nil: by the names of our own columns
	names     map[string]int // of a mapping: the places of the columns by name
	asked     map[string]int // of a mapping: the places by the names that its condition has, -1: none
	further   []further      // of a mapping: columns that are read as several fields, once more
	ambiguous []string       // the names of the mappings that the header is of, where it is of several
}

// column is one column of a file.
type column struct {
	field    *schema.Field // nil if the name is unknown
	place    int           // in the row, or one of those of a person
	unknown  bool          // it has a name, which is not that of a field
	used     bool          // a row has a value in a column that is unknown
	nameless bool          // it has no name
	twice    bool          // an earlier column is the same field
	mapped   *mapped       // how a mapping reads it; nil: as our own columns are read
	read     *readBefore   // nil: nothing yet
}

// readBefore is what a column had before: of a list values by text, else the last value.
type readBefore struct {
	listed map[string]listed
	last
}

// listed is a value of a list, and whether its text had to be cleaned.
type listed struct {
	canonical string
	cleaned   bool
}

// last is a value of the field, with its limits in the row, and the text that it was read from.
type last struct {
	text  string
	field *schema.Field
	listed
}

// Places of the columns about a person, where these are not part of the row. The keys follow, in their order.
const (
	placeFirst = -1
	placeLast  = -2
	placeYear  = -3
	placeName  = -4 // both names
	placeKeys  = -5
)

// keyAt returns the key of a person that belongs in a column with a place, nil for other columns.
func (l *layout) keyAt(place int) *schema.Field {
	if place > placeKeys {
		return nil
	}
	return l.kind.PersonKeys().Fields[placeKeys-place]
}

// maxListed is the size of a column's cache of list values.
const maxListed = 500

// parse reads a cell of the column as a value of its field with its limits in the row, and reports whether its text had
// to be cleaned. Values of lists are cached: looking one up in all spellings is slow, and a column repeats few values.
// So is the value of the row before: many columns have the same text in row after row.
func (c *column) parse(value cell, field *schema.Field, scope schema.Scope) (canonical string, cleaned bool, problem *schema.Problem) {
	if c.mapped != nil {
		return c.mapped.parse(value, field, scope)
	}
	if value.form != written || value.shown != "" {
		return value.read(field, scope)
	}
	if c.read == nil {
		c.read = &readBefore{}
	}
	if field.Type != schema.Choice {
		if c.read.field != field || c.read.text != value.text {
			canonical, cleaned, problem = value.read(field, scope)
			if problem != nil {
				return canonical, cleaned, problem
			}
			c.read.last = last{value.text, field, listed{canonical, cleaned}}
		}
		return c.read.canonical, c.read.cleaned, nil
	}
	if known, ok := c.read.listed[value.text]; ok {
		return known.canonical, known.cleaned, nil
	}
	canonical, cleaned, problem = value.read(field, scope)
	if problem == nil && len(c.read.listed) < maxListed {
		if c.read.listed == nil {
			c.read.listed = map[string]listed{}
		}
		c.read.listed[strings.Clone(value.text)] = listed{canonical, cleaned}
	}
	return canonical, cleaned, problem
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
	for _, f := range l.further {
		if f.field.Name == name && f.at < len(cells) {
			return f.field, cells[f.at].text
		}
	}
	return nil, ""
}

// vocabulary is the kinds of file, each with its columns by all their names, and which kinds the sender may upload.
type vocabulary struct {
	kinds   []*schema.Kind
	columns map[*schema.Kind]map[string]*schema.Field
	allowed func(*schema.Kind) bool

	mappings []*Mapping
}

func newVocabulary(registry *schema.Registry, allowed func(*schema.Kind) bool, mappings []*Mapping) *vocabulary {
	v := &vocabulary{kinds: registry.Kinds, columns: make(map[*schema.Kind]map[string]*schema.Field, len(registry.Kinds)), allowed: allowed, mappings: mappings}
	for _, k := range registry.Kinds {
		names := map[string]*schema.Field{}
		for _, f := range slices.Concat(k.NameColumns(), k.Columns()) {
			for _, name := range f.ColumnNames() {
				if name = fold(name); names[name] == nil || name == fold(f.Name) {
					names[name] = f
				}
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

// titleRows is the number of the last row in which a header may stand, below a title.
const titleRows = 20

// header is the header of a table.
type header struct {
	layout
	row   int
	cells []cell
	above []int // the rows above it that are not blank
}

// findHeader returns the header among the first titleRows rows: the first one that has all required columns of a kind,
// or that is of a mapping, else the one that matches the most columns. A header that a kind explains is of no mapping.
// It returns the table below the header as well. It returns false, and the first row that is not blank, if there is no
// header, and an error if these rows cannot be read; io.EOF if all are blank.
func (v *vocabulary) findHeader(table rows) (h header, below rows, found bool, err error) {
	var all []held
	best, known := 0, 0
	for len(all) == 0 || all[len(all)-1].number < titleRows {
		next, err := nextFilled(table)
		if err == io.EOF && len(all) > 0 {
			break
		}
		if err != nil && len(all) == 0 {
			return h, nil, false, err
		}
		if err != nil {
			all = append(all, held{err: err}) // told when it is reached
			break
		}
		next.cells = slices.Clone(next.cells)
		all = append(all, held{row: next})
		if next.number > titleRows && len(all) > 1 {
			break
		}
		l, ok := v.recognise(next.cells)
		if !ok || !l.explains() || slices.ContainsFunc(v.mappings, func(m *Mapping) bool { return m.Always }) {
			if own, is := v.mapped(next.cells); is {
				best, known, h.layout = len(all)-1, max(1, own.known()), own
				break
			}
		}
		if n := l.known(); ok && n > known {
			best, known, h.layout = len(all)-1, n, l
		}
		if ok && len(l.missing) == 0 {
			break
		}
	}
	for _, r := range all[:best] {
		h.above = append(h.above, r.number)
	}
	h.row, h.cells = all[best].number, all[best].cells
	return h, &replayed{first: all[best+1:], rest: table}, known > 0, nil
}

// known returns how many columns are fields.
func (l *layout) known() int {
	n := 0
	for _, c := range l.columns {
		if c.field != nil && !c.twice {
			n++
		}
	}
	return n
}

// explains reports whether each column of the header is a field, and none that is required is missing.
func (l *layout) explains() bool {
	return len(l.missing) == 0 && !slices.ContainsFunc(l.columns, func(c column) bool { return c.unknown })
}

// held is a row that was read before its turn, or the error instead of it.
type held struct {
	row
	err error
}

// replayed is a table whose first rows were read already.
type replayed struct {
	first []held
	rest  rows
}

func (r *replayed) next() (row, error) {
	if len(r.first) == 0 {
		return r.rest.next()
	}
	next := r.first[0]
	r.first = r.first[1:]
	return next.row, next.err
}

// match returns the layout of a header for a kind, and the number of matching columns.
func (v *vocabulary) match(k *schema.Kind, head []cell) (layout, int) {
	l := layout{kind: k, columns: make([]column, len(head)), separatePerson: k.Separate()}
	if k.Person {
		l.unknown = &schema.EmailField
	}
	l.clock = slices.IndexFunc(k.Fields, func(f schema.Field) bool { return f.Type == schema.TimeOfDay })
	names := v.columns[k]
	seen := map[*schema.Field]bool{}
	for i, h := range head {
		field := names[fold(h.text)]
		c := column{field: field, nameless: h.blank(), twice: seen[field]}
		c.unknown = field == nil && !c.nameless && h.form != uncomputed
		if field != nil {
			c.place = l.placeOf(field)
			seen[field] = true
		}
		l.columns[i] = c
	}
	for len(l.columns) > 0 && l.columns[len(l.columns)-1].nameless {
		l.columns = l.columns[:len(l.columns)-1]
	}
	l.lacks(seen)
	return l, len(seen)
}

// placeOf returns where the value of a field belongs.
func (l *layout) placeOf(field *schema.Field) int {
	switch field {
	case &schema.FirstNameField:
		return placeFirst
	case &schema.LastNameField:
		return placeLast
	case &schema.BirthYearField:
		return placeYear
	case &schema.FullNameField, &schema.ParticipantField:
		return placeName
	}
	if key := slices.Index(l.kind.PersonKeys().Fields, field); l.separatePerson && key >= 0 {
		return placeKeys - key
	}
	return l.kind.Index(field.Name)
}

// lacks adds the required columns that are not among those that were seen.
func (l *layout) lacks(seen map[*schema.Field]bool) {
	k, keys := l.kind, l.kind.PersonKeys()
	key, year := false, false
	for _, f := range k.Columns() {
		if f.Required && !seen[f] {
			l.missing = append(l.missing, f.Name)
		}
		key, year = key || seen[f] && keys.Field(f.Name) != nil, year || seen[f] && f.Name == schema.BirthYearField.Name
	}
	named := seen[&schema.FullNameField] || seen[&schema.ParticipantField] || seen[&schema.FirstNameField] && seen[&schema.LastNameField]
	if k.Person && !k.Optional && !key && !(keys.Name && year && (named || !l.separatePerson)) {
		l.missing = slices.Insert(l.missing, 0, keys.First())
	}
}

// isFile reports whether a name is that of a field of the kind that holds files, for which there is no column.
func (l *layout) isFile(name string) bool {
	return slices.ContainsFunc(l.kind.Files(), func(f *schema.Field) bool {
		return slices.ContainsFunc(f.ColumnNames(), func(own string) bool { return fold(own) == fold(name) })
	})
}

// noHeader returns the fault of a file without a header: with the columns of the kind that it most likely is, if any.
func (v *vocabulary) noHeader(first header) error {
	wrong := unreadable(first.row, "header")
	var best *schema.Kind
	most, allowed := 0, 0
	for _, k := range v.kinds {
		if !v.allowed(k) {
			continue
		}
		allowed++
		if n := v.hints(k, first.cells); n > most || allowed == 1 {
			best, most = k, n
		}
	}
	if best == nil || most == 0 && allowed > 1 {
		return wrong
	}
	wrong.hint = "header_kind"
	if best.Name == schema.Media {
		wrong.hint = "header_media"
	}
	for _, f := range best.Columns() {
		if f.Required || best.Person && f.Name == best.PersonKeys().First() {
			label := project.Text{}
			for _, language := range text.Languages() {
				label[language] = f.ColumnIn(language)
			}
			wrong.options = append(wrong.options, text.Choice{ID: f.Name, Label: label})
		}
	}
	return wrong
}

// shortestHint is the number of letters from which a column's name within another one hints at its kind.
const shortestHint = 4

// hints returns how many columns of a kind have a name that is part of a cell.
func (v *vocabulary) hints(k *schema.Kind, cells []cell) int {
	seen := map[*schema.Field]bool{}
	names := k.NameColumns() // they are of many tables
	for _, c := range cells {
		for name, field := range v.columns[k] {
			if !slices.Contains(names, field) && len(name) >= shortestHint && strings.Contains(fold(c.text), name) {
				seen[field] = true
			}
		}
	}
	return len(seen)
}
