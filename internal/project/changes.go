package project

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Change is one difference between two definitions.
type Change struct {
	Part   string `json:"part"`             // indicators, activities, groups, output_kinds, partners; "" for a key of the definition itself
	ID     string `json:"id"`               // the item's code or id, or the key, below people and records with all keys above it: people.attributes.group
	Label  Text   `json:"label"`            // of the item
	What   string `json:"what"`             // Added, Removed or Altered
	Fields []Edit `json:"fields,omitempty"` // of an altered item
}

// Edit is a field with another value. Before and After are empty where the value is a list or an object.
type Edit struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Kinds of change.
const (
	Added   = "added"
	Removed = "removed"
	Altered = "changed"
)

// lists are the parts of a definition that are lists of named items, each with the key of the name.
var lists = []struct{ part, id string }{{"indicators", "code"}, {"activities", "id"}, {"partners", "id"}, {"groups", "id"}, {"output_kinds", "id"}}

// Changes returns what differs between two definitions: lists first, in the order of lists, then other keys in
// alphabetical order. Keys are named as the author writes them. A nil definition is an empty one. The result is never
// nil.
func Changes(before, after *Definition) []Change {
	was, is := plain(before), plain(after)
	changes := []Change{}
	for _, l := range lists {
		changes = append(changes, changed(l.part, items(was[l.part], l.id), items(is[l.part], l.id))...)
		delete(was, l.part)
		delete(is, l.part)
	}
	spread(was, before)
	spread(is, after)
	for _, e := range edits(was, is) {
		c := Change{ID: e.Field, What: Altered, Fields: []Edit{e}}
		old, ofItem := was[e.Field].(map[string]any)
		if now, both := is[e.Field].(map[string]any); ofItem && both && strings.Contains(e.Field, ".") {
			c.Fields = edits(old, now)
		}
		switch {
		case was[e.Field] == nil:
			c.What = Added
		case is[e.Field] == nil:
			c.What = Removed
		}
		changes = append(changes, c)
	}
	return changes
}

// spread puts in the place of the keys people and records of a plain definition what is below them: each attribute and
// identifier, kind and field with a key of its own, in the words of the author.
func spread(plain map[string]any, d *Definition) {
	delete(plain, "people")
	delete(plain, "records")
	if d == nil {
		return
	}
	set := func(value any, keys ...string) {
		if !isBlank(value) {
			plain[strings.Join(keys, ".")] = value
		}
	}
	list := func(ids []string) any { return strings.Join(ids, ", ") }
	const people, records = "people", "records"
	set(list(d.People.Keys), people, "keys")
	set(list(d.People.Complete), people, "complete")
	set(d.People.Incomplete, people, "incomplete")
	for id, identifier := range d.People.Identifiers {
		set(map[string]any{"label": identifier.Label, "pattern": identifier.Pattern}, people, "identifiers", id)
	}
	for _, k := range d.Records {
		at := []string{records, k.Name, "fields"}
		switch {
		case k.Name == "signup": // sign-ups have attributes alone
			at = []string{people, "attributes"}
		case k.Plural == "": // of the project's own
			kind := map[string]any{"label": k.Label, "person": map[bool]string{true: "yes", false: "no"}[k.Person], "by": list(k.By)}
			if k.Optional {
				kind["person"] = "optional"
			}
			var key []string
			for _, f := range k.Fields {
				if f.Key && f.ID != "date" {
					key = append(key, f.ID)
				}
			}
			kind["key"] = list(key)
			set(kind, records, k.Name)
		}
		for _, f := range k.Fields {
			if f.ID != "date" || k.Plural != "" {
				set(f.written(), append(slices.Clone(at), f.ID)...)
			}
		}
	}
}

// written returns what a definition says of the field, by its keys there.
func (f RecordField) written() map[string]any {
	out := map[string]any{}
	set := func(key string, said bool, value any) {
		if said {
			out[key] = value
		}
	}
	set("type", f.Type != "", map[string]string{"whole": "number", "decimal": "number"}[f.Type])
	if out["type"] == "" {
		out["type"] = f.Type
	}
	set("label", len(f.Label) > 0, f.Label)
	set("hint", len(f.Hint) > 0, f.Hint)
	set("options", len(f.Options) > 0, f.Options)
	set("unit", f.Unit != "", f.Unit)
	set("decimals", f.Decimals != 0, float64(f.Decimals))
	set("min", f.Min != 0, f.Min)
	set("max", f.Max != 0 || f.Min < 0, f.Max)
	set("required", f.Required, "yes")
	set("refusable", f.Refusable, "yes")
	set("sensitive", f.Sensitive, "yes")
	set("open", f.Type == "text" && f.Privacy == "", "yes")
	set("ask", f.NotAsked, "no")
	set("public", f.NotPublic, "no")
	return out
}

// named is an item of a list.
type named struct {
	id     string
	values map[string]any
}

// label returns the item's name or label.
func (n named) label() Text {
	if name, ok := n.values["name"].(string); ok {
		return SameInAllLanguages(name)
	}
	label, _ := n.values["label"].(map[string]any)
	text := Text{}
	for tag, one := range label {
		if in, _ := one.(string); in != "" {
			text[tag] = in
		}
	}
	return text
}

// plain returns a definition as decoded JSON.
func plain(d *Definition) map[string]any {
	out := map[string]any{}
	if d == nil {
		return out
	}
	encoded, err := json.Marshal(d)
	if err == nil {
		err = json.Unmarshal(encoded, &out)
	}
	if err != nil {
		panic(fmt.Sprintf("project: encode a definition: %v", err)) // only texts and numbers
	}
	maps.DeleteFunc(out, func(_ string, value any) bool { return isBlank(value) })
	return out
}

// isBlank reports whether a decoded value has no text, and no number but 0: the JSON of a definition has keys that were
// not written.
func isBlank(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for _, one := range v {
			if !isBlank(one) {
				return false
			}
		}
		return true
	case []any:
		return len(v) == 0
	}
	return value == nil || reflect.ValueOf(value).IsZero()
}

// items decodes a list of objects; id is the key of their names.
func items(list any, id string) []named {
	all, _ := list.([]any)
	out := make([]named, 0, len(all))
	for _, one := range all {
		values, _ := one.(map[string]any)
		name, _ := values[id].(string)
		out = append(out, named{name, values})
	}
	return out
}

// changed returns the changes of one list: new and edited items in the new order, then removed ones.
func changed(part string, was, is []named) []Change {
	var out []Change
	find := func(list []named, id string) int {
		return slices.IndexFunc(list, func(n named) bool { return n.id == id })
	}
	for _, n := range is {
		at := find(was, n.id)
		if at < 0 {
			out = append(out, Change{Part: part, ID: n.id, Label: n.label(), What: Added})
		} else if fields := edits(was[at].values, n.values); len(fields) > 0 {
			out = append(out, Change{Part: part, ID: n.id, Label: n.label(), What: Altered, Fields: fields})
		}
	}
	for _, n := range was {
		if find(is, n.id) < 0 {
			out = append(out, Change{Part: part, ID: n.id, Label: n.label(), What: Removed})
		}
	}
	return out
}

// edits returns the keys whose values differ, in alphabetical order.
func edits(was, is map[string]any) []Edit {
	var out []Edit
	keys := map[string]bool{}
	for key := range was {
		keys[key] = true
	}
	for key := range is {
		keys[key] = true
	}
	for key := range keys {
		if before, after := was[key], is[key]; !reflect.DeepEqual(before, after) {
			e := Edit{Field: key}
			if single(before) && single(after) {
				e.Before, e.After = written(before), written(after)
			}
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b Edit) int { return strings.Compare(a.Field, b.Field) })
	return out
}

// single reports whether a decoded value is neither a list nor an object.
func single(value any) bool {
	switch value.(type) {
	case nil, string, float64, bool:
		return true
	}
	return false
}

// written returns a single value as text.
func written(value any) string {
	if value == nil {
		return ""
	}
	if n, ok := value.(float64); ok {
		number, err := json.Marshal(n)
		if err == nil {
			return string(number)
		}
	}
	return fmt.Sprint(value)
}

// UsesAny reports whether the indicator's rule, or what it counts, uses any of some fields.
func (in Indicator) UsesAny(fields []string) bool {
	return slices.Contains(fields, in.Field) || in.Rule.UsesAny(fields) || in.Among != nil && in.Among.UsesAny(fields)
}

// UsesAny reports whether the rule's expression names any of some fields outside of quotes.
func (r Rule) UsesAny(fields []string) bool {
	var words strings.Builder
	quote := rune(0)
	escaped := false
	for _, c := range r.Where + " " + r.Who {
		switch {
		case quote != 0:
			if !escaped && c == quote {
				quote = 0
			}
			escaped = !escaped && c == '\\' && quote != '`'
			continue
		case c == '"' || c == '\'' || c == '`':
			quote = c
			words.WriteByte(' ')
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9':
			words.WriteRune(c)
		default:
			words.WriteByte(' ')
		}
	}
	for word := range strings.FieldsSeq(words.String()) {
		if slices.Contains(fields, word) {
			return true
		}
	}
	return false
}
