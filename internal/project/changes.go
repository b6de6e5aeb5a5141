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
	ID     string `json:"id"`               // the item's code or id, or the key
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
// alphabetical order. A nil definition is an empty one. The result is never nil.
func Changes(before, after *Definition) []Change {
	was, is := plain(before), plain(after)
	changes := []Change{}
	for _, l := range lists {
		changes = append(changes, changed(l.part, items(was[l.part], l.id), items(is[l.part], l.id))...)
		delete(was, l.part)
		delete(is, l.part)
	}
	for _, e := range edits(was, is) {
		c := Change{ID: e.Field, What: Altered, Fields: []Edit{e}}
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
