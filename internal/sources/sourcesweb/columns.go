package sourcesweb

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/importer"
	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/project/definition"
	"outreach/internal/schema"
	"outreach/internal/sources"
	"outreach/internal/sources/mapping"
	"outreach/internal/sources/propose"
	"outreach/internal/sources/ready"
	"outreach/internal/store"
	"outreach/internal/text"
	"outreach/internal/uploads"
	"outreach/internal/web"
)

// Limits of the page on which columns are named.
const (
	mostRead  = 300 // rows from which a proposal is made
	mostShown = 5   // rows that are shown
	longest   = 40  // characters of a cell that are shown
	mostNamed = 200 // columns that are shown
)

// chosen is what is said, or proposed, of the columns of a file.
type chosen struct {
	kind      *schema.Kind
	header    int                 // the index of the header's row
	fields    map[int]string      // the names of fields, by the place of the column
	formats   map[int]string      // by the place of the column
	sum       map[string]bool     // the fields that are added where rows have the same natural key
	values    []map[string]string // theirs to ours, by the place of the column
	constants map[string]string
	id, skip  string

	tool      string // the one whose file it is by its header, "" for none that is known
	analytics bool   // the tool's files have no records
}

// rejected reads the upload in the path, which the caller may read again, and its beginning as a table. It fails with
// 409 for a file that was not rejected, or is no longer there.
func (h Handlers) rejected(c *web.Call) (u uploads.Upload, table importer.Table, err error) {
	who, err := partner(c)
	if err != nil {
		return u, table, err
	}
	u, err = h.uploads.Upload(c.Context(), c.Project, c.PathValue("id"))
	if err == nil && who != "" && u.Owner != who {
		err = store.ErrNotFound
	}
	if err != nil {
		return u, table, err
	}
	if u.State != uploads.Rejected {
		return u, table, &web.Error{Status: http.StatusConflict, Detail: "not_rejected"}
	}
	file, err := h.uploads.Original(c.Context(), u)
	if errors.Is(err, uploads.ErrNoOriginal) {
		err = &web.Error{Status: http.StatusConflict, Detail: "original_gone"}
	}
	if err != nil {
		return u, table, err
	}
	defer uploads.Discard(file)
	table, err = importer.ReadTable(c.Context(), importer.File{Body: file, Size: u.Bytes}, schema.For(c.Defined.Definition), mostRead)
	return u, table, err
}

// kinds returns the kinds that files of an owner may be of.
func kinds(c *web.Call, owner string) []*schema.Kind {
	return slices.DeleteFunc(slices.Clone(schema.For(c.Defined.Definition).Kinds), func(k *schema.Kind) bool {
		return k.NeedsFile() != nil || owner != uploads.Office && !k.SentByPartners() || !c.HasRole(web.Coordinator) && k.Name != schema.Media
	})
}

// showColumns proposes which column of a rejected file is which.
func (h Handlers) showColumns(c *web.Call) error {
	u, table, err := h.rejected(c)
	if err != nil {
		return err
	}
	query := c.URL.Query()
	said, err := h.before(c, u, table, query)
	if err != nil {
		return err
	}
	if said.kind == nil {
		said = h.proposal(c, u, table, query)
	}
	return h.showChosen(c, http.StatusOK, u, table, said, nil)
}

// proposal returns what is proposed for a table, for the kind and the row that the query names.
func (h Handlers) proposal(c *web.Call, u uploads.Upload, table importer.Table, query url.Values) chosen {
	allowed := kinds(c, u.Owner)
	row, _ := strconv.Atoi(query.Get("row"))
	if !slices.ContainsFunc(table.Rows, func(r importer.TableRow) bool { return r.Row == row }) {
		row = 0
	}
	registry := schema.For(c.Defined.Definition)
	kind := registry.Kind(query.Get("kind"))
	known, at := readyOf(table, row)
	if known.Tool != "" && !known.Analytics && kind == nil && slices.Contains(allowed, registry.Kind(known.Kind)) {
		kind, row = registry.Kind(known.Kind), table.Rows[at].Row
	}
	p := propose.Of(c.Defined.Definition, table, func(k *schema.Kind) bool { return slices.Contains(allowed, k) }, kind, row)
	said := chosen{kind: p.Kind, header: p.Header, constants: p.Constants, sum: map[string]bool{}, fields: map[int]string{}, formats: map[int]string{}, values: make([]map[string]string, len(p.Columns)), id: newID(u)}
	if p.Kind == nil && len(allowed) > 0 {
		said.kind = allowed[0]
	}
	for i, col := range p.Columns {
		said.values[i] = map[string]string{}
		if col.Field == nil {
			continue
		}
		said.fields[i], said.formats[i] = col.Field.Name, col.Format
		for _, v := range col.Unread {
			said.values[i][v.Theirs] = v.Ours
		}
	}
	if known.Analytics {
		said.tool, said.analytics = known.Tool, true
	} else if known.Tool != "" && said.kind != nil && said.kind.Name == known.Kind && said.header == at {
		said.fill(known, table)
	}
	return said
}

// mostAbove is in how many of the first rows the header of a known tool may be.
const mostAbove = 20

// readyOf returns the ready format that a table is of, and the index of its header. row is the number of the header's
// row, 0 for any. A table of no known tool has a format without a tool.
func readyOf(table importer.Table, row int) (of ready.Format, header int) {
	for i, r := range table.Rows[:min(len(table.Rows), mostAbove)] {
		if row > 0 && r.Row != row {
			continue
		}
		names := make([]string, len(r.Cells))
		for j, cell := range r.Cells {
			names[j] = cell.Text
		}
		if f, found := ready.Of(names); found && len(f.Recognise) > len(of.Recognise) {
			of, header = f, i
		}
	}
	return of, header
}

// fill says of the columns that a known tool adds what they are. What else is proposed stays.
func (said *chosen) fill(known ready.Format, table importer.Table) {
	said.tool = known.Tool
	if said.constants == nil {
		said.constants = map[string]string{}
	}
	for field, value := range known.Constants {
		if known.Columns[field] == "" {
			said.constants[field] = value
		}
	}
	for _, field := range known.Sum {
		said.sum[field] = true
	}
	if known.Skip != "" {
		said.skip = known.Skip
	}
	for field, name := range known.Columns {
		at := slices.IndexFunc(table.Rows[said.header].Cells, func(c importer.TableCell) bool { return schema.Same(c.Text) == schema.Same(name) })
		if at < 0 {
			continue
		}
		for other, is := range said.fields {
			if is == field && other != at {
				delete(said.fields, other)
				delete(said.formats, other)
			}
		}
		said.fields[at] = field
		if written := known.Formats[field]; written != "" {
			said.formats[at] = written
		}
		for theirs, ours := range known.Values[field] {
			said.values[at][theirs] = ours
		}
	}
}

// before returns what the source says by which the file was read, without a kind if it was read by none.
func (h Handlers) before(c *web.Call, u uploads.Upload, table importer.Table, query url.Values) (chosen, error) {
	if u.Source == nil || query.Get("kind") != "" {
		return chosen{}, nil
	}
	s, err := h.sources.Version(c.Context(), c.Project, *u.Source)
	if err != nil {
		return chosen{}, err
	}
	said := chosen{kind: schema.For(c.Defined.Definition).Kind(s.Source.Kind), header: -1, constants: s.Source.Constants, id: s.Source.ID, skip: s.Source.Skip, sum: map[string]bool{}, fields: map[int]string{}, formats: map[int]string{}}
	for _, field := range s.Source.Sum {
		said.sum[field] = true
	}
	for at, row := range table.Rows {
		places := map[string]int{}
		for i, cell := range row.Cells {
			if _, twice := places[schema.Same(cell.Text)]; !twice {
				places[schema.Same(cell.Text)] = i
			}
		}
		if slices.ContainsFunc(s.Source.Recognise, func(name string) bool { _, there := places[schema.Same(name)]; return !there }) {
			continue
		}
		said.header, said.values = at, make([]map[string]string, len(row.Cells))
		for field, name := range s.Source.Columns {
			if i, there := places[schema.Same(name)]; there {
				said.fields[i], said.formats[i], said.values[i] = field, s.Source.Formats[field], s.Source.Values[field]
			}
		}
		return said, nil
	}
	return chosen{}, nil
}

// notInIDs are the characters that ids of sources do not have, and the numbers of a file's name.
var notInIDs = regexp.MustCompile(`[^a-z]+`)

// newID returns an id for the source of a file, after its name.
func newID(u uploads.Upload) string {
	name := u.Filename
	if at := strings.LastIndexByte(name, '.'); at > 0 {
		name = name[:at]
	}
	id := strings.Trim(notInIDs.ReplaceAllString(schema.Unmarked(name), "-"), "-")
	if id == "" {
		id = "format"
	}
	if u.Owner != uploads.Office {
		id = u.Owner + "-" + id
	}
	return strings.Trim(id[:min(len(id), 60)], "-")
}

// needs returns the format and the values that the column at a place needs said for a field.
func needs(c *web.Call, table importer.Table, said chosen, at int) (field *schema.Field, written string, unread []propose.Value) {
	for _, f := range importer.FieldsOf(said.kind) {
		if f.Name == said.fields[at] {
			written, unread = propose.Needs(c.Defined.Definition, said.kind, f, at, table.Rows[said.header+1:])
			return f, written, unread
		}
	}
	return nil, "", nil
}

// showChosen shows what is said of the columns, with what is wrong.
func (h Handlers) showChosen(c *web.Call, status int, u uploads.Upload, table importer.Table, said chosen, problems []string) error {
	d := c.Defined.Definition
	content := page.Columns{
		Definition: d, Upload: u.ID, Filename: u.Filename, Kinds: kinds(c, u.Owner), Kind: said.kind, Values: said.constants, ID: said.id, Skip: said.skip, Tool: said.tool, Analytics: said.analytics, Problems: problems, Today: c.Today(), Once: c.Site.DB.NewID(),
	}
	if len(table.Rows) == 0 || said.kind == nil || said.header >= len(table.Rows) {
		content.Kind, content.Problems = nil, append(content.Problems, c.Messages().Say("columns.none"))
		return c.Show(status, content)
	}
	content.Fields = importer.FieldsOf(said.kind)
	head := table.Rows[said.header]
	content.Header = head.Row
	taken := map[string]bool{}
	for i, cell := range head.Cells[:min(len(head.Cells), mostNamed)] {
		col := page.FileColumn{Place: i, Name: cell.Text, Field: said.fields[i], Format: said.formats[i]}
		if f, _, unread := needs(c, table, said, i); f != nil {
			taken[f.Name] = true
			_, col.Formats = mapping.Dated(f)
			col.Adds, col.Summed = mapping.Added(said.kind, f), said.sum[f.Name]
			for _, v := range unread {
				ours, known := said.values[i][v.Theirs]
				if !known {
					ours = v.Ours
				}
				value := page.FileValue{Theirs: v.Theirs, Ours: ours}
				if f.Options != nil {
					value.Options = f.Options(d)
				} else {
					value.Options = []schema.Option{{ID: "yes", Label: answer("yes")}, {ID: "no", Label: answer("no")}}
				}
				col.Values = append(col.Values, value)
			}
		}
		for _, r := range table.Rows[said.header+1:] {
			if i < len(r.Cells) && r.Cells[i].Text != "" && len(col.Examples) < 3 {
				col.Examples = append(col.Examples, shorter(r.Cells[i].Shown()))
			}
		}
		content.Columns = append(content.Columns, col)
	}
	for _, r := range table.Rows[said.header+1 : min(len(table.Rows), said.header+1+mostShown)] {
		row := page.FileRow{Row: r.Row, Cells: make([]page.FileCell, len(content.Columns))}
		for i := range min(len(r.Cells), len(row.Cells)) {
			row.Cells[i].Text = shorter(r.Cells[i].Shown())
		}
		content.Rows = append(content.Rows, row)
	}
	named := said.kind.Name == schema.Signup && taken[schema.FullNameField.Name]
	for _, f := range content.Fields {
		ofName := f.Name == schema.FirstNameField.Name || f.Name == schema.LastNameField.Name
		if !taken[f.Name] && (f.Required && !(named && ofName) || said.constants[f.Name] != "") {
			content.Constants = append(content.Constants, f)
		}
	}
	return c.Show(status, content)
}

// saveColumns makes a source of what is said of the columns of a rejected file, and reads the file by it.
func (h Handlers) saveColumns(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	u, table, err := h.rejected(c)
	if err != nil {
		return err
	}
	if len(table.Rows) == 0 {
		return h.showChosen(c, http.StatusUnprocessableEntity, u, table, chosen{}, nil)
	}
	said := typed(c, body.Typed, table)
	if said.kind == nil || !slices.Contains(kinds(c, u.Owner), said.kind) {
		return web.Invalid(schema.Problem{Field: "kind", Code: schema.NotInList})
	}
	problems := missingValues(c, table, &said, body.Typed)
	s, twice := said.source(c, u, table)
	problems = append(problems, twice...)
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	who, err := partner(c)
	if err != nil {
		return err
	}
	checked, wrong := definition.ParseSource(c.Defined.Definition, "", content)
	for _, p := range wrong {
		problems = append(problems, c.Messages().Word(p.Message))
	}
	var before sources.Stored
	if len(wrong) == 0 {
		if before, err = h.sources.Source(c.Context(), c.Project, checked.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		same := u.Source != nil && u.Source.ID == checked.ID || slices.Equal(before.Source.Recognise, checked.Recognise)
		if err == nil && !same {
			problems = append(problems, c.Messages().Say("columns.taken", "id", checked.ID))
		}
	}
	if len(problems) > 0 {
		return h.showChosen(c, http.StatusUnprocessableEntity, u, table, said, problems)
	}
	if err := h.permit(c, who, checked); err != nil {
		return err
	}
	set, _, err := h.save(c, *checked, content, "")
	if err != nil {
		return err
	}
	ref := set.Ref()
	again := uploads.Upload{CheckOnly: u.CheckOnly, Language: text.Spoken(c.Language), Wanted: &ref, By: set.By}
	again, err = h.uploads.SendAgain(c.Context(), c.Project, u, again, body.Once)
	if errors.Is(err, uploads.ErrNoOriginal) {
		err = &web.Error{Status: http.StatusConflict, Detail: "original_gone"}
	}
	if err != nil {
		return err
	}
	return c.Redirect("/" + c.Project + "/uploads/" + again.ID)
}

// typed returns what a form says of the columns of a table.
func typed(c *web.Call, form url.Values, table importer.Table) chosen {
	said := chosen{
		kind: schema.For(c.Defined.Definition).Kind(form.Get("kind")), fields: map[int]string{}, formats: map[int]string{}, sum: map[string]bool{}, constants: map[string]string{},
		id: strings.TrimSpace(form.Get("id")), skip: strings.TrimSpace(form.Get("skip")),
	}
	row, _ := strconv.Atoi(form.Get("row"))
	said.header = max(0, slices.IndexFunc(table.Rows, func(r importer.TableRow) bool { return r.Row == row }))
	said.values = make([]map[string]string, len(table.Rows[said.header].Cells))
	for i := range said.values {
		said.values[i] = map[string]string{}
		place := strconv.Itoa(i)
		if field := form.Get("column." + place); field != "" {
			said.fields[i], said.formats[i] = field, strings.TrimSpace(form.Get("format."+place))
			said.sum[field] = said.sum[field] || form.Get("sum."+place) == field
		}
		for n := 0; form.Has("theirs." + place + "." + strconv.Itoa(n)); n++ {
			said.values[i][form.Get("theirs."+place+"."+strconv.Itoa(n))] = form.Get("ours." + place + "." + strconv.Itoa(n))
		}
	}
	for name, values := range form {
		if field, is := strings.CutPrefix(strings.TrimSuffix(name, "[]"), "constant."); is {
			if value := strings.Join(slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" }), "|"); value != "" {
				said.constants[field] = value
			}
		}
	}
	return said
}

// missingValues fills in the formats that columns need whose field was chosen just now, and returns the problem that
// values of lists have not been asked for yet.
func missingValues(c *web.Call, table importer.Table, said *chosen, form url.Values) []string {
	var names []string
	for i, cell := range table.Rows[said.header].Cells {
		f, written, unread := needs(c, table, *said, i)
		if f == nil {
			continue
		}
		if said.formats[i] == "" && !form.Has("format."+strconv.Itoa(i)) {
			said.formats[i] = written
		}
		if slices.ContainsFunc(unread, func(v propose.Value) bool { _, asked := said.values[i][v.Theirs]; return !asked }) {
			names = append(names, cell.Text)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{c.Messages().Say("columns.values", "columns", names)}
}

// written is a source as it is stored, with the keys in their order.
type written struct {
	ID        string                       `json:"id"`
	Kind      string                       `json:"kind"`
	By        []string                     `json:"by,omitempty"`
	Recognise []string                     `json:"recognise"`
	Columns   map[string]string            `json:"columns"`
	Formats   map[string]string            `json:"formats,omitempty"`
	Values    map[string]map[string]string `json:"values,omitempty"`
	Constants map[string]string            `json:"constants,omitempty"`
	Sum       []string                     `json:"sum,omitempty"`
	Ignore    any                          `json:"ignore,omitempty"`
	Skip      string                       `json:"skip,omitempty"`
}

// source returns the source of what is said. Its header is known by the columns that are read; the others that the file
// has are passed over, and no further ones: what is new in a later file is to be seen.
func (said chosen) source(c *web.Call, u uploads.Upload, table importer.Table) (s written, problems []string) {
	s = written{ID: said.id, Kind: said.kind.Name, Columns: map[string]string{}, Formats: map[string]string{}, Values: map[string]map[string]string{}, Constants: map[string]string{}, Skip: said.skip}
	if u.Owner != uploads.Office {
		s.By = []string{u.Owner}
	}
	head := table.Rows[said.header].Cells
	all := false
	var ignored []string
	seen := map[string]bool{}
	for i, cell := range head {
		name := cell.Text
		twice := seen[schema.Same(name)]
		seen[schema.Same(name)] = true
		field := said.fields[i]
		switch {
		case name == "":
			all = all || filled(table, said.header, i)
			continue
		case twice:
			all = true
			continue
		case field == "":
			ignored = append(ignored, name)
			continue
		case s.Columns[field] != "":
			problems = append(problems, c.Messages().Say("columns.twice", "field", field, "columns", []string{s.Columns[field], name}))
			continue
		}
		s.Columns[field] = name
		s.Recognise = append(s.Recognise, name)
		if said.formats[i] != "" {
			s.Formats[field] = said.formats[i]
		}
		if said.sum[field] {
			s.Sum = append(s.Sum, field)
		}
		for theirs, ours := range said.values[i] {
			if ours == "" {
				continue // it is to be seen in the file's errors
			}
			if s.Values[field] == nil {
				s.Values[field] = map[string]string{}
			}
			s.Values[field][theirs] = ours
		}
	}
	for _, r := range table.Rows[said.header+1:] {
		all = all || len(r.Cells) > len(head)
	}
	for field, value := range said.constants {
		if s.Columns[field] == "" {
			s.Constants[field] = value
		}
	}
	switch {
	case all:
		s.Ignore = "*"
	case len(ignored) > 0:
		s.Ignore = ignored
	}
	return s, problems
}

// filled reports whether a column has a value below the header.
func filled(table importer.Table, header, at int) bool {
	return slices.ContainsFunc(table.Rows[header+1:], func(r importer.TableRow) bool { return at < len(r.Cells) && r.Cells[at].Text != "" })
}

// answer returns yes or no in all languages.
func answer(id string) project.Text { return text.InAllLanguages("value." + id) }

// shorter returns a text cut to the characters that are shown.
func shorter(text string) string {
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return text
}
