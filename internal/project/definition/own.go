package definition

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// The maximum number of a project's own attributes, kinds, fields of a kind, and options of a list.
const (
	mostAttributes = 200
	mostKinds      = 50
	mostFields     = 60
	mostOptions    = 300
)

// The types of fields that a definition may add, and the types of the schema that hold their values.
var ownTypes = []string{"text", "choice", "choices", "yes-no", "date", "number", "file"}

// reservedWords are no ids of attributes, kinds and fields: they have a meaning in rules, in how figures are counted
// and shown, or in records of every kind.
var reservedWords = sync.OnceValue(func() []string {
	return slices.Concat(rule.Words(), countingWords(), []string{"id", "date", "state", "person", "total", "age", "email", "pesel", "adviser", "version", "at"})
})

// countingWords are the words by which definitions say what counts, and snapshots what was found. The word status is
// not among them: packs have a field of that id, and so have the definitions that were expanded from them.
func countingWords() []string {
	named := slices.DeleteFunc(slices.Clone(indicatorKeys), func(key string) bool {
		return slices.Contains([]string{"code", "label", "unit"}, key) // which every list has
	})
	return slices.Concat(named, counts, []string{
		"participants", "indicators", "achieved", "numerator", "denominator", "percent", "by_month", "quality", "rule_errors", "seal", "unknown", "refused", "hidden",
	})
}

var ownID = lazily(`^[a-z][a-z0-9_]{0,63}$`)

// ownWord checks the id of an attribute, kind or field, which is a key of the YAML.
func (o object) ownWord(e entry, path string) bool {
	switch {
	case !ownID().MatchString(e.key):
		o.reportAt(e.line, e.column, path, notAnID, wantOwnID(e.key))
	case slices.Contains(reservedWords(), e.key):
		o.reportAt(e.line, e.column, path, notAllowed, idReserved(e.key))
	default:
		return true
	}
	return false
}

// entries calls item for each key of a field that is a mapping with keys of the definition's choice.
func (o object) entries(key string, most int, item func(e entry, path string)) {
	n := o.fields[key]
	if n == nil {
		return
	}
	if n.shape != mapping {
		o.report(n, o.at(key), wrongForm, wantOwnKeys(key))
		return
	}
	if len(n.entries) > most {
		o.report(n, o.at(key), tooLarge, tooManyItems(key, len(n.entries), most))
		return
	}
	seen := map[string]int{}
	for _, e := range n.entries {
		path := o.at(key) + "." + e.key
		if first, repeats := seen[e.key]; repeats {
			o.reportAt(e.line, e.column, path, repeated, keyTwice(e.key, first))
			continue
		}
		seen[e.key] = e.line
		item(e, path)
	}
}

// attributes reads the attributes of the part people: what the project asks people beside, or in place of, the built-in
// attributes.
func (o object) attributes() []project.RecordKind {
	builtin := schema.Builtin().Kind(schema.Signup)
	kind := project.RecordKind{Name: builtin.Name, Plural: builtin.Plural}
	var fields []added
	o.entries("attributes", mostAttributes, func(e entry, path string) {
		f := builtin.Field(e.key)
		switch {
		case f != nil && f.Attribute:
			kind.Fields = append(kind.Fields, o.changedField(f, e, path, true))
		case f != nil:
			o.reportAt(e.line, e.column, path, notAllowed, idReserved(e.key))
		case schema.Builtin().Plural(e.key) != nil: // it is a list in rules over people
			o.reportAt(e.line, e.column, path, notAllowed, idReserved(e.key))
		case o.ownWord(e, path):
			field := o.ownField(e, path, true)
			field.Attribute, field.Section = true, "about"
			kind.Fields = append(kind.Fields, field)
			fields = append(fields, added{field, e, path})
		}
	})
	o.distinctColumns(builtin, kind.Fields, fields)
	if len(kind.Fields) == 0 {
		return nil
	}
	return []project.RecordKind{kind}
}

// fieldKeys are the keys of a field.
var fieldKeys = []string{"type", "label", "hint", "required", "options", "open", "decimals", "min", "max", "unit", "refusable", "public", "sensitive"}

// changedField reads what a definition changes of a built-in field: its list and words, whether it must be given, and
// for attributes whether it is asked at all.
func (o object) changedField(f *schema.Field, e entry, path string, attribute bool) project.RecordField {
	keys := []string{"label", "hint", "required", "public"}
	if isAnswer(f) {
		keys = append(keys, "refusable", "sensitive")
	}
	if f.Type.Listed() && f.Options != nil {
		keys = append(keys, "options")
	}
	if attribute {
		keys = append(keys, "ask")
	}
	out := project.RecordField{ID: f.Name}
	part, ok := o.object(e.value, path, keys...)
	if !ok {
		return out
	}
	out.Label, out.Hint, out.Required = part.optionalText("label", longestName), part.optionalText("hint", longestText), part.yes("required", false)
	out.Options = part.options()
	out.NotAsked = !part.yes("ask", true)
	out.Refusable, out.NotPublic, out.Sensitive = part.yes("refusable", false), !part.yes("public", true), part.yes("sensitive", false)
	return out
}

// isAnswer reports whether a built-in field may be refused or sensitive: not if it says what a record is about, when it
// was, who it was, or how many people something reached.
func isAnswer(f *schema.Field) bool {
	switch f.Name {
	case "date", "activity", "reach":
		return false
	}
	return f.Privacy == schema.Open || f.Privacy == schema.Sealed
}

// ownField reads a field that the definition adds, of people or of records. One of people may be asked no more.
func (o object) ownField(e entry, path string, ofPeople bool) project.RecordField {
	out := project.RecordField{ID: e.key}
	keys := fieldKeys
	if ofPeople {
		keys = append(slices.Clone(keys), "ask")
	}
	part, ok := o.object(e.value, path, keys...)
	if !ok {
		return out
	}
	part.require("type")
	written := part.oneOf("type", ownTypes...)
	out.Type = written
	out.Label, out.Hint, out.Required = part.optionalText("label", longestName), part.optionalText("hint", longestText), part.yes("required", false)
	out.Refusable, out.NotPublic, out.Sensitive = part.yes("refusable", false), !part.yes("public", true), part.yes("sensitive", false)
	out.NotAsked = !part.yes("ask", true)
	part.only(written, "options", "choice", "choices")
	part.only(written, "open", "text")
	for _, key := range []string{"decimals", "min", "max", "unit"} {
		part.only(written, key, "number")
	}
	switch written {
	case schema.File.Name:
		if ofPeople {
			part.report(part.fields["type"], part.at("type"), notAllowed, filesOfRecords)
			out.Type = schema.Text.Name // the problem is reported; the rest can be checked
		}
	case "choice", "choices":
		part.require("options")
		if out.Options = part.options(); len(out.Options) == 0 {
			out.Options = []project.RecordOption{{ID: "unknown"}} // the problem is reported; the rest can be checked
		}
	case "text":
		if !part.yes("open", false) {
			out.Privacy = "sealed"
		}
	case "number":
		out.Decimals = int(part.whole("decimals", 0, mostDecimals))
		out.Type = "whole"
		if out.Decimals > 0 {
			out.Type = "decimal"
		}
		out.Min, out.Max, out.Unit = part.limit("min"), part.limit("max"), part.unit()
		if out.Max == 0 && (out.Min >= 0 || part.fields["max"] == nil) {
			out.Max = largest
		}
		switch {
		case out.Min <= out.Max:
		case part.fields["min"] == nil: // then it is 0
			part.report(part.fields["max"], part.at("max"), outOfRange, maxBelowZero(schema.Number(out.Max)))
		default:
			part.report(part.fields["min"], part.at("min"), outOfRange, wantBetween(schema.Number(out.Min), -largest, out.Max))
		}
	}
	return out
}

// only reports a key that fields of other types have.
func (o object) only(written, key string, types ...string) {
	if n := o.fields[key]; n != nil && written != "" && !slices.Contains(types, written) {
		o.report(n, o.at(key), notAllowed, onlyOfTypes(key, written, types))
	}
}

// options reads a list of values, each with a label, or an id alone.
func (o object) options() []project.RecordOption {
	var out []project.RecordOption
	seen := map[string]int{}
	o.each("options", mostOptions, func(n *node, path string) {
		if n.shape == scalar {
			n = &node{shape: mapping, line: n.line, column: n.column, entries: []entry{{key: "id", line: n.line, column: n.column, value: n}}}
		}
		l, ok := o.object(n, path, "id", "label")
		if !ok {
			return
		}
		l.require("id")
		id := l.optionID()
		l.once("id", id, seen)
		label := l.optionalText("label", longestName)
		if len(label) == 0 {
			label = project.SameInAllLanguages(id)
		}
		out = append(out, project.RecordOption{ID: id, Label: label})
	})
	return out
}

var optionID = lazily(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// optionID reads the id of a value of a list: records and rules have it beside words with another meaning.
func (o object) optionID() string {
	id, n, ok := o.value("id")
	switch {
	case !ok:
	case !optionID().MatchString(id):
		o.report(n, o.at("id"), notAnID, wantOptionID(id))
	case slices.Contains([]string{"unknown", "refused", "hidden"}, id):
		o.report(n, o.at("id"), notAllowed, idReserved(id))
	}
	return id
}

// optionalText reads a text by language, nil where it was not given.
func (o object) optionalText(key string, longest int) project.Text {
	if o.fields[key] == nil {
		return nil
	}
	return o.text(key, longest)
}

// yes reads yes or no, also as true and false.
func (o object) yes(key string, otherwise bool) bool {
	value, n, ok := o.value(key)
	if !ok {
		return otherwise
	}
	if isYesOrNo(value) {
		return slices.Contains([]string{"yes", "true"}, strings.ToLower(value))
	}
	o.report(n, o.at(key), notInList, wantOneOf(value, []string{"yes", "no"}))
	return otherwise
}

func isYesOrNo(value string) bool {
	return slices.Contains([]string{"yes", "true", "no", "false"}, strings.ToLower(value))
}

// records reads what the definition adds to the built-in kinds of record, and kinds of its own. Rules over people name
// kinds and attributes alike, so that no kind of its own may have the id of an attribute.
func (o object) records(attributes []project.RecordKind) []project.RecordKind {
	var out []project.RecordKind
	o.entries("records", mostKinds, func(e entry, path string) {
		builtin := schema.Builtin().Kind(e.key)
		switch {
		case builtin != nil && builtin.Name == schema.Signup:
			o.reportAt(e.line, e.column, path, notAllowed, signupsHaveAttributes)
		case builtin != nil:
			part, ok := o.object(e.value, path, "fields")
			if ok {
				out = append(out, project.RecordKind{Name: builtin.Name, Plural: builtin.Plural, Fields: part.ownFields(builtin)})
			}
		case schema.Builtin().Plural(e.key) != nil:
			o.reportAt(e.line, e.column, path, notAllowed, idReserved(e.key))
		case isAttribute(attributes, e.key):
			o.reportAt(e.line, e.column, path, repeated, kindIsAttribute(e.key))
		case o.ownWord(e, path):
			part, ok := o.object(e.value, path, "label", "person", "by", "key", "fields")
			if ok {
				out = append(out, part.ownKind(e.key))
			}
		}
	})
	return out
}

// isAttribute reports whether an id is one of a built-in attribute, or of one of the definition's own.
func isAttribute(own []project.RecordKind, id string) bool {
	if f := schema.Builtin().Kind(schema.Signup).Field(id); f != nil && f.Attribute {
		return true
	}
	return slices.ContainsFunc(own, func(k project.RecordKind) bool {
		return slices.ContainsFunc(k.Fields, func(f project.RecordField) bool { return f.ID == id })
	})
}

func (o object) ownFields(builtin *schema.Kind) []project.RecordField {
	var out []project.RecordField
	var fields []added
	o.entries("fields", mostFields, func(e entry, path string) {
		if builtin != nil {
			if f := builtin.Field(e.key); f != nil {
				out = append(out, o.changedField(f, e, path, false))
				return
			}
		}
		if o.ownWord(e, path) {
			field := o.ownField(e, path, false)
			out = append(out, field)
			fields = append(fields, added{field, e, path})
		}
	})
	o.distinctColumns(builtin, out, fields)
	return out
}

// added is a field that the definition adds, and where.
type added struct {
	field project.RecordField
	at    entry
	path  string
}

// distinctColumns reports labels of added fields that name the column of another field of the kind, which is nil for
// one of the project's own: a file with such a column could not be read. all is what the definition says of the kind's
// fields.
func (o object) distinctColumns(kind *schema.Kind, all []project.RecordField, fields []added) {
	columns := map[string]string{}
	names := func(f *schema.Field) {
		if slices.ContainsFunc(all, func(said project.RecordField) bool { return said.ID == f.Name && said.NotAsked }) {
			return
		}
		for _, name := range f.ColumnNames() {
			columns[schema.Same(name)] = f.Name
		}
	}
	if kind == nil {
		names(schema.Builtin().Kind(schema.Consultation).Field("date"))
	} else {
		for _, f := range slices.Concat(kind.Columns(), kind.NameColumns()) {
			names(f)
		}
	}
	for _, f := range fields {
		columns[schema.Same(f.field.ID)] = f.field.ID
	}
	for _, f := range fields {
		for _, language := range f.field.Label.Languages() {
			label := f.field.Label[language]
			other := cmp.Or(columns[schema.Same(label)], f.field.ID)
			if other != f.field.ID {
				o.reportAt(f.at.line, f.at.column, f.path+".label", repeated, labelTwice(label, other))
				break
			}
			columns[schema.Same(label)] = f.field.ID
		}
	}
}

// ownKind reads a kind of record of the project's own. Every record has a date, which is part of its natural key.
func (o object) ownKind(name string) project.RecordKind {
	o.require("label", "fields")
	seen := map[string]int{}
	out := project.RecordKind{Name: name, Label: o.optionalText("label", longestName)}
	if about, n, given := o.value("person"); given && strings.EqualFold(about, "optional") {
		out.Person, out.Optional = true, true
	} else if given && !isYesOrNo(about) {
		o.report(n, o.at("person"), notInList, wantOneOf(about, []string{"yes", "no", "optional"}))
	} else {
		out.Person = o.yes("person", false)
	}
	o.each("by", len(recorders), func(n *node, path string) {
		role, ok := o.scalar(n, path)
		switch first, twice := seen[role]; {
		case !ok:
			return
		case !slices.Contains(recorders, role):
			o.report(n, path, notInList, wantOneOf(role, recorders))
		case twice:
			o.report(n, path, repeated, keyTwice(role, first))
		case role == "partner" && out.Person:
			o.report(n, path, notAllowed, partnersNamePeople)
		case role != "coordinator":
			out.By = append(out.By, role)
		}
		seen[role] = n.line
	})
	out.Fields = append(out.Fields, project.RecordField{ID: "date", Type: "date", Required: true, Key: true})
	out.Fields = append(out.Fields, o.ownFields(nil)...)
	o.each("key", mostFields, func(n *node, path string) {
		id, ok := o.scalar(n, path)
		if !ok {
			return
		}
		i := slices.IndexFunc(out.Fields, func(f project.RecordField) bool { return f.ID == id })
		if i < 0 {
			var names []string
			for _, f := range out.Fields {
				names = append(names, f.ID)
			}
			o.report(n, path, notInList, wantOneOf(id, names))
			return
		}
		if out.Fields[i].Type == schema.File.Name {
			o.report(n, path, notAllowed, fileNoKey(id))
			return
		}
		out.Fields[i].Key = true
	})
	return out
}

// recorders are the roles that may record a kind of the project's own; the coordinator always may.
var recorders = []string{"coordinator", "adviser", "partner"}

var partnersNamePeople = text.NewMessage("definition.error.partners_name_people")

var signupsHaveAttributes = text.NewMessage("definition.error.signups_have_attributes")

var filesOfRecords = text.NewMessage("definition.error.files_of_records")

func fileNoKey(field string) text.Message {
	return text.NewMessage("definition.error.file_no_key", "field", field)
}

func fileNotRead(variable string) text.Message {
	return text.NewMessage("definition.error.file_not_read", "variable", variable)
}

func wantOwnID(id string) text.Message {
	return text.NewMessage("definition.error.want_own_id", "id", short(id))
}

func labelTwice(label, other string) text.Message {
	return text.NewMessage("definition.error.label_twice", "label", short(label), "other", other)
}

func kindIsAttribute(id string) text.Message {
	return text.NewMessage("definition.error.kind_is_attribute", "id", id)
}

func wantOptionID(id string) text.Message {
	return text.NewMessage("definition.error.want_option_id", "id", short(id))
}

func wantOwnKeys(key string) text.Message {
	return text.NewMessage("definition.error.want_own_keys", "key", key)
}

func onlyOfTypes(key, written string, types []string) text.Message {
	return text.NewMessage("definition.error.only_of_types", "key", key, "type", written, "list", types)
}
