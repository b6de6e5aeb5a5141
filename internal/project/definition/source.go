package definition

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"outreach/internal/importer"
	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/sources"
	"outreach/internal/sources/format"
	sourcemapping "outreach/internal/sources/mapping"
	"outreach/internal/text"
)

// The maximum number of items of each list of a source, and the longest text in it.
const (
	mostColumns       = 200
	mostValues        = 200 // of one field
	longestColumn     = 300
	longestSourceText = 2000
)

// addedKeys are the keys that an answer adds to a source. They are passed over, so that an answer may be sent back.
var addedKeys = []string{"version", "sha256", "at", "changed_by", "removed"}

// ParseSource parses and checks a source of a project, in YAML or JSON; the id "" accepts any. It returns the source,
// or its problems in the order of lines. Like Parse, it never panics, its time is bounded, and it is safe for
// concurrent use.
func ParseSource(d *project.Definition, id string, from []byte) (*sources.Source, []Problem) {
	r := &reader{languages: d.Languages}
	var s *sources.Source
	if root := r.read(from); root != nil {
		s = r.source(root, d, id)
	}
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, r.problems[:min(len(r.problems), mostProblems)]
	}
	return s, nil
}

func (r *reader) source(root *node, d *project.Definition, id string) *sources.Source {
	s := &sources.Source{}
	if root.shape == mapping {
		root.entries = slices.DeleteFunc(root.entries, func(e entry) bool { return slices.Contains(addedKeys, e.key) })
	}
	o, ok := r.object(root, "", "id", "kind", "by", "recognise", "columns", "formats", "values", "constants", "sum", "ignore", "skip", "consent", "signature", "delivery")
	if !ok {
		return s
	}
	if o.fields["id"] == nil && id != "" {
		s.ID = id // the address has it
	} else {
		o.require("id")
		s.ID = o.id("id")
	}
	if n := o.fields["id"]; n != nil && id != "" && s.ID != "" && s.ID != id {
		r.report(n, "id", notAllowed, text.NewMessage("source.error.other_id", "id", s.ID, "want", id))
	}
	o.require("kind")
	kind := o.kindOf(schema.For(d))
	s.By = o.partnersOf(d, kind)
	s.Recognise = o.texts("recognise", mostColumns)
	s.Ignore, s.IgnoreAll = o.ignored()
	s.Skip = o.condition("skip")
	s.Consent = o.optionalText("consent", longestSourceText)
	s.Signature, s.Delivery = o.header("signature"), o.pointer("delivery")
	if kind == nil {
		return s
	}
	s.Kind = kind.Name
	fields := fieldsOfKind{registry: schema.For(d), kind: kind, scope: schema.Scope{Definition: d, Today: lastDay, Loose: true}}
	s.Columns = o.columns(fields)
	s.Formats = o.formats(fields, d)
	s.Values = o.values(fields)
	s.Constants = o.constants(fields)
	s.Sum = o.summed(fields)
	o.lacking(s, d)
	return s
}

// lastDay is the day of records that a source is checked with: a constant date may be any.
const lastDay = "9999-12-31"

// kindOf reads the kind of the records, by its name or its plural.
func (o object) kindOf(registry *schema.Registry) *schema.Kind {
	name, n, ok := o.value("kind")
	if !ok {
		return nil
	}
	var names []string
	for _, k := range registry.Kinds {
		if k.NeedsFile() == nil {
			names = append(names, k.Name)
			if k.Name == name || k.Plural == name {
				return k
			}
		}
	}
	o.report(n, o.at("kind"), notInList, wantNear(name, names))
	return nil
}

// wantNear is the message of a value that is not in a list, with the nearest one that is.
func wantNear(value string, list []string) text.Message {
	near := nearest(value, list)
	if near == "" {
		return wantOneOf(value, list)
	}
	return text.NewMessage("source.error.no_such", "value", short(value), "near", near, "list", list)
}

// nearest returns the text of a list that differs least from a value, "" where none is like it.
func nearest(value string, list []string) string {
	value = schema.Unmarked(schema.Same(value))
	best, least := "", 1+len([]rune(value))/3
	for _, one := range list {
		if d := distance(value, schema.Unmarked(schema.Same(one))); d <= least && (best == "" || d < least) {
			best, least = one, d
		}
	}
	return best
}

// distance returns how many letters have to be added, taken away, changed or swapped with the next one to make b of a.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	if len(from) > longestName || len(to) > longestName {
		return longestName
	}
	var older, before []int
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i := range from {
		older, before, row = before, row, make([]int, len(to)+1)
		row[0] = i + 1
		for j := range to {
			cost := 1
			if from[i] == to[j] {
				cost = 0
			}
			row[j+1] = min(before[j]+cost, before[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				row[j+1] = min(row[j+1], older[j-1]+1)
			}
		}
	}
	return row[len(to)]
}

// partnersOf reads which partners may use the source.
func (o object) partnersOf(d *project.Definition, kind *schema.Kind) []string {
	var ids, out []string
	for _, p := range d.Partners {
		ids = append(ids, p.ID)
	}
	seen := map[string]int{}
	o.each("by", mostPartners, func(n *node, path string) {
		id, ok := o.scalar(n, path)
		if !ok {
			return
		}
		switch first, twice := seen[id]; {
		case twice:
			o.report(n, path, repeated, valueTwice("by", id, first))
		case !slices.Contains(ids, id):
			o.report(n, path, notInList, wantNear(id, ids))
		case kind != nil && !kind.SentByPartners():
			o.report(n, path, notAllowed, text.NewMessage("source.error.not_by_partners", "kind", kind.Name))
		}
		seen[id] = n.line
		out = append(out, id)
	})
	return out
}

// texts reads a list of names of columns.
func (o object) texts(key string, most int) []string {
	var out []string
	o.each(key, most, func(n *node, path string) {
		if name := o.name(n, path); name != "" {
			out = append(out, name)
		}
	})
	return out
}

// name reads the name of a column.
func (o object) name(n *node, path string) string {
	name, ok := o.scalar(n, path)
	if !ok {
		return ""
	}
	if name, _ = schema.TidyWords(name); name == "" {
		o.report(n, path, missing, text.NewMessage("source.error.no_name"))
	}
	return o.checkText(name, n, path, longestColumn)
}

// ignored reads the columns that are passed over: a list, or "*".
func (o object) ignored() (names []string, all bool) {
	n := o.fields["ignore"]
	if n != nil && n.shape == scalar {
		if schema.Clean(n.text) != "*" {
			o.report(n, o.at("ignore"), wrongForm, text.NewMessage("source.error.want_ignore"))
		}
		return nil, true
	}
	names = o.texts("ignore", mostColumns)
	if all = slices.Contains(names, "*"); all {
		names = nil
	}
	return names, all
}

// condition reads and checks an expression over the cells of a row.
func (o object) condition(key string) string {
	n := o.fields[key]
	if n == nil {
		return ""
	}
	if n.shape != scalar {
		o.report(n, o.at(key), wrongForm, wantQuotedRule)
		return ""
	}
	if strings.TrimSpace(n.text) == "" {
		return ""
	}
	if _, err := rule.CompileRow(n.text); err != nil {
		o.reportRule(key, err)
	}
	return n.text
}

// headerName is the syntax of the name of a header.
var headerName = lazily("^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")

// ownHeaders are headers that have a meaning of their own.
var ownHeaders = []string{"accept", "accept-language", "authorization", "content-length", "content-type", "cookie", "host", "idempotency-key"}

// header reads the name of a header.
func (o object) header(key string) string {
	name, n, ok := o.value(key)
	if ok && (!headerName().MatchString(name) || slices.Contains(ownHeaders, strings.ToLower(name))) {
		o.report(n, o.at(key), notAllowed, text.NewMessage("source.error.header", "value", short(name)))
	}
	return name
}

// pointer reads a JSON Pointer.
func (o object) pointer(key string) string {
	at, n, ok := o.value(key)
	if ok && !strings.HasPrefix(at, "/") {
		o.report(n, o.at(key), notAllowed, text.NewMessage("source.error.pointer", "value", short(at)))
	}
	return o.checkText(at, n, o.at(key), longestColumn)
}

// fieldsOfKind are the fields that the keys of a source may name.
type fieldsOfKind struct {
	registry *schema.Registry
	kind     *schema.Kind
	scope    schema.Scope
}

// find returns the field of a name: its own, or a name of its column in any language.
func (f fieldsOfKind) find(name string) *schema.Field {
	for _, field := range importer.FieldsOf(f.kind) {
		if field.Name == name {
			return field
		}
	}
	return nil
}

func (f fieldsOfKind) names() []string {
	var out []string
	for _, field := range importer.FieldsOf(f.kind) {
		out = append(out, field.Name)
	}
	return out
}

// eachField calls item for each key of a mapping that is named for a field.
func (o object) eachField(key string, fields fieldsOfKind, item func(f *schema.Field, e entry, path string)) {
	n := o.fields[key]
	if n == nil {
		return
	}
	if n.shape != mapping {
		o.report(n, o.at(key), wrongForm, wantMapping(fields.names()))
		return
	}
	seen := map[string]int{}
	for _, e := range n.entries {
		path := o.at(key) + "." + e.key
		field := fields.find(e.key)
		switch first, twice := seen[e.key]; {
		case twice:
			o.reportAt(e.line, e.column, path, repeated, keyTwice(e.key, first))
		case field == nil && fields.kind.Field(e.key) != nil:
			o.reportAt(e.line, e.column, path, notAllowed, text.NewMessage("source.error.no_column", "field", e.key))
		case field == nil:
			names := fields.names()
			o.reportAt(e.line, e.column, path, unknownKey, wantFieldNear(e.key, fields.kind.Name, names))
		default:
			seen[e.key] = e.line
			item(field, e, path)
		}
	}
}

func wantFieldNear(name, kind string, names []string) text.Message {
	return text.NewMessage("source.error.no_such_field", "field", short(name), "kind", kind, "near", nearest(name, names), "list", names)
}

func (o object) columns(fields fieldsOfKind) map[string]string {
	out := map[string]string{}
	o.eachField("columns", fields, func(f *schema.Field, e entry, path string) {
		if e.value.shape == empty {
			o.report(e.value, path, missing, text.NewMessage("source.error.no_name"))
			return
		}
		if name := o.name(e.value, path); name != "" {
			out[f.Name] = name
		}
	})
	return out
}

func (o object) formats(fields fieldsOfKind, d *project.Definition) map[string]string {
	out := map[string]string{}
	o.eachField("formats", fields, func(f *schema.Field, e entry, path string) {
		written, ok := o.scalar(e.value, path)
		if !ok {
			return
		}
		dated, formatted := sourcemapping.Dated(f)
		var wrong *text.Message
		switch {
		case !formatted:
			o.report(e.value, path, notAllowed, text.NewMessage("source.error.no_format", "field", f.Name))
			return
		case dated:
			var read *format.Date
			if read, wrong = format.NewDate(written, d.Languages...); wrong != nil {
				break
			}
			clock := f.Type == schema.TimeOfDay
			if clock && !read.Clocks() || !clock && !read.Days() {
				message := text.NewMessage(map[bool]string{true: "source.error.format_of_clock", false: "source.error.format_of_day"}[clock], "format", written, "field", f.Name)
				wrong = &message
			}
		case f.Hours && written == format.InMinutes:
		default:
			_, wrong = format.NewNumber(written)
		}
		if wrong != nil {
			o.report(e.value, path, badFormat, *wrong)
			return
		}
		out[f.Name] = written
	})
	return out
}

// badFormat is the code of a format that no date or number can have.
const badFormat = "bad_format"

func (o object) values(fields fieldsOfKind) map[string]map[string]string {
	out := map[string]map[string]string{}
	o.eachField("values", fields, func(f *schema.Field, e entry, path string) {
		if e.value.shape != mapping {
			o.report(e.value, path, wrongForm, text.NewMessage("source.error.want_values", "field", f.Name))
			return
		}
		seen := map[string]int{}
		ours := map[string]string{}
		if len(e.value.entries) > mostValues {
			o.report(e.value, path, tooLarge, tooManyItems(f.Name, len(e.value.entries), mostValues))
			return
		}
		for _, v := range e.value.entries {
			at := path + "." + v.key
			theirs := schema.Same(schema.Clean(v.key))
			if first, twice := seen[theirs]; twice {
				o.reportAt(v.line, v.column, at, repeated, keyTwice(v.key, first))
				continue
			}
			seen[theirs] = v.line
			value := ""
			if v.value.shape != empty {
				var ok bool
				if value, ok = o.scalar(v.value, at); !ok {
					continue
				}
			}
			optional := *f
			optional.Required = false
			if canonical, ok := o.accepted(&optional, v.value, at, value, fields.scope); ok {
				ours[v.key] = canonical
			}
		}
		out[f.Name] = ours
	})
	return out
}

func (o object) constants(fields fieldsOfKind) map[string]string {
	out := map[string]string{}
	o.eachField("constants", fields, func(f *schema.Field, e entry, path string) {
		if e.value.shape == empty {
			o.report(e.value, path, missing, mustBeGiven(f.Name))
			return
		}
		value, ok := o.scalar(e.value, path)
		if !ok {
			return
		}
		if canonical, ok := o.accepted(f, e.value, path, value, fields.scope); ok {
			out[f.Name] = canonical
		}
	})
	return out
}

// summed reads the fields that are added where rows have the same natural key.
func (o object) summed(fields fieldsOfKind) []string {
	var names, out []string
	for _, f := range importer.FieldsOf(fields.kind) {
		if sourcemapping.Added(fields.kind, f) {
			names = append(names, f.Name)
		}
	}
	seen := map[string]int{}
	o.each("sum", mostColumns, func(n *node, path string) {
		name, ok := o.scalar(n, path)
		if !ok {
			return
		}
		switch first, twice := seen[name]; {
		case twice:
			o.report(n, path, repeated, valueTwice("sum", name, first))
		case slices.Contains(names, name):
			out = append(out, name)
		case fields.find(name) != nil:
			o.report(n, path, notAllowed, text.NewMessage("source.error.no_sum", "field", name, "list", names))
		default:
			o.report(n, path, notInList, wantFieldNear(name, fields.kind.Name, names))
		}
		seen[name] = n.line
	})
	return out
}

// accepted returns a value of a field in canonical form, and reports one that the field refuses.
func (o object) accepted(f *schema.Field, n *node, path, value string, scope schema.Scope) (string, bool) {
	o.checkText(value, n, path, longestSourceText)
	if f.Limits() {
		return value, true // its limits are those of another field of each record
	}
	canonical, problem := f.Parse(value, scope)
	if problem == nil {
		return canonical, true
	}
	code := problem.Code
	var options []string
	for _, c := range problem.Options {
		options = append(options, c.ID)
	}
	if len(options) > 0 {
		o.report(n, path, code, wantNear(value, options))
		return "", false
	}
	o.report(n, path, code, text.NewMessage("source.error.refused", "value", short(value), "field", f.Name, "problem", *problem))
	return "", false
}

// lacking reports what each record needs and the source does not give, and columns of which the source says two things.
func (o object) lacking(s *sources.Source, d *project.Definition) {
	if len(o.problems) > 0 {
		return // what is missing may be what is wrong
	}
	m, err := sourcemapping.Of(d, *s, sourcemapping.Rules(rule.CompileRow))
	if err != nil {
		o.report(o.node, "", unreadable, text.NewMessage("source.error.not_usable", "detail", err.Error()))
		return
	}
	for _, name := range m.Lacks() {
		o.report(o.node, o.at("columns."+name), missing, text.NewMessage("source.error.lacks", "field", name, "kind", s.Kind))
	}
	for i, name := range s.Ignore {
		for field, column := range s.Columns {
			if schema.Same(column) == schema.Same(name) {
				o.report(o.fields["ignore"].items[i], fmt.Sprintf("%s[%d]", o.at("ignore"), i), notAllowed, text.NewMessage("source.error.ignored_column", "column", name, "field", field))
			}
		}
	}
}
