package served

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
	"outreach/internal/web/shape"
)

// object is a JSON object of the document.
type object = map[string]any

// Sent returns the schema of a record of a kind in a JSON request to a project. Of an empty definition it is that of
// all projects.
func Sent(s shape.Sent, d *project.Definition) object {
	k, properties, required := s.Kind, object{}, []string{}
	for i := range k.Fields {
		f := &k.Fields[i]
		properties[f.Name] = Asked(f, d)
		if f.Required {
			required = append(required, f.Name)
		}
	}
	if k.Separate() { // the person is a member beside the fields
		properties["person"] = Ref("person-ref")
		if !k.Optional {
			required = append([]string{"person"}, required...)
		}
	}
	for _, name := range s.Also {
		properties[name] = object{"type": []string{"string", "null"}}
	}
	out := Closed(properties, required...)
	if keys := anyKey(k); keys != nil {
		out["anyOf"] = keys
	}
	if k.Name == schema.Signup {
		properties["consent_processing"].(object)["enum"] = []any{true, "yes"}
		properties["submitted_at"].(object)["description"] = "For coordinators, who enter late paper. " + properties["submitted_at"].(object)["description"].(string)
	}
	return out
}

// anyKey returns the alternatives of a kind of which one field at least is required; nil for any other.
func anyKey(k *schema.Kind) []object {
	var out []object
	for _, r := range k.Rules {
		if r.Rule != schema.AnyOf {
			continue
		}
		for _, name := range r.Fields {
			out = append(out, needs(name, jsonType(k.Field(name))))
		}
	}
	return out
}

func jsonType(f *schema.Field) string {
	if f != nil && f.Type.Number() {
		return "integer"
	}
	return "string"
}

func needs(field, jsonType string) object {
	return object{"required": []string{field}, "properties": object{field: object{"type": jsonType}}}
}

// Person returns the schema of a reference to a person by the keys of a project.
func Person(keys *schema.Keys, d *project.Definition) object {
	properties := object{"id": object{"type": "string", "maxLength": 26, "description": "A person's id"}}
	one := []object{needs("id", "string")}
	for _, f := range keys.Fields {
		properties[f.Name] = Property(f, d)
		one = append(one, needs(f.Name, "string"))
	}
	for _, f := range []*schema.Field{&schema.FirstNameField, &schema.LastNameField} {
		properties[f.Name] = Property(f, d)
		properties[f.Name].(object)["description"] = "Says which of the people who share a key is meant."
	}
	if keys.Name {
		parts, required := object{}, []string{}
		for _, f := range keys.Names() {
			parts[f.Name], required = Property(f, d), append(required, f.Name)
			delete(parts[f.Name].(object), "description")
		}
		properties[project.KeyName] = Closed(parts, required...)
		one = append(one, needs(project.KeyName, "object"))
	}
	out := Closed(properties)
	out["description"] = "The person that a record is about, by one or more keys. Keys of two people are a 409."
	out["anyOf"] = one
	return out
}

// Asked returns the schema of a field in a JSON request.
func Asked(f *schema.Field, d *project.Definition) object {
	out := Property(f, d)
	if f.TakesBooleans(d) {
		values := []any{true, false}
		ids, listed := out["enum"].([]string)
		if !listed {
			ids = []string{"yes", "no"}
		}
		for _, id := range ids {
			values = append(values, id)
		}
		delete(out, "type")
		out["enum"] = values
	}
	if f.Refusable {
		out = object{"anyOf": []object{out, Enum(schema.Refused)}}
		if !f.Required {
			out["anyOf"] = append(out["anyOf"].([]object), object{"type": "null"})
		}
		return out
	}
	if !f.Required {
		out = OrNull(out)
	}
	return out
}

// Answered returns the schema of a field in a response to a project. A list has been another one, perhaps, when the
// record was stored.
func Answered(f *schema.Field, d *project.Definition) object {
	out := Property(f, d)
	one, several := out, f.Type == schema.Choices
	if several {
		one = out["items"].(object)
	}
	if ids, is := one["enum"].([]string); is {
		delete(one, "enum")
		out["description"] = strings.TrimSpace(fmt.Sprintf("%s One of `%s`, or of a list that the definition had before.", out["description"], strings.Join(ids, "`, `")))
	}
	delete(out, "minLength")
	if f.Refusable {
		out = object{"anyOf": []object{out, Enum(schema.Refused)}}
	}
	return out
}

// Form returns the schema of a record in a web form to a project: all strings, with the person's keys and names beside
// the fields.
func Form(k *schema.Kind, also ...string) object {
	properties, required := object{}, []string{}
	fields := k.Columns()
	if k.Separate() {
		fields = append(fields, k.PersonKeys().Names()...)
	}
	for i := range k.Fields {
		if k.Fields[i].NoColumn {
			fields = append(fields, &k.Fields[i])
		}
	}
	for _, f := range fields {
		properties[f.Name] = Typed(f)
		if f.Type == schema.Choices {
			properties[f.Name+"[]"] = list(object{"type": "string"})
		}
		if f.Required {
			required = append(required, f.Name)
		}
	}
	for _, name := range also {
		properties[name] = object{"type": "string"}
	}
	return Closed(properties, required...)
}

func list(items object) object { return object{"type": "array", "items": items} }

// Typed returns the schema of a field in a web form.
func Typed(f *schema.Field) object {
	title := f.LabelIn(text.Of(text.English))
	if f.Type == schema.Choices {
		return object{"type": "string", "title": title, "description": "Several with ; between them, or `" + f.Name + "[]` once for each."}
	}
	return object{"type": "string", "title": title}
}

// Enum returns the schema of one of some texts.
func Enum(values ...string) object { return object{"type": "string", "enum": values} }

// Closed returns the schema of an object without further properties.
func Closed(properties object, required ...string) object {
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// OrNull returns a schema that also accepts null. It changes the given one.
func OrNull(schema object) object {
	if schema["$ref"] != nil {
		return object{"anyOf": []object{schema, {"type": "null"}}}
	}
	if values, ok := schema["enum"].([]string); ok {
		all := make([]any, len(values), len(values)+1)
		for i, v := range values {
			all[i] = v
		}
		schema["enum"] = append(all, nil)
	}
	if values, ok := schema["enum"].([]any); ok && schema["type"] == nil {
		schema["enum"] = append(values, nil)
		return schema
	}
	if choices, ok := schema["oneOf"].([]object); ok {
		schema["oneOf"] = append(choices, object{"type": "null"})
		return schema
	}
	schema["type"] = []any{schema["type"], "null"}
	return schema
}

// re2Only finds parts of regular expressions that those of JSON Schema do not have.
var re2Only = regexp.MustCompile(`\(\?[^:]|\\[pPAzQEaxC]|\[\[:`)

// Property returns the schema of a record's field, with the values of a definition's lists.
func Property(f *schema.Field, d *project.Definition) object {
	words := text.Of(text.English)
	out := object{"title": f.LabelIn(words)}
	about := []string{}
	if !f.NoColumn {
		names := []string{"`" + f.Name + "`"}
		for _, language := range text.Languages() {
			if name := "`" + f.ColumnIn(language) + "`"; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		about = append(about, "In files "+strings.Join(names, " or ")+".")
	}
	switch f.Type {
	case schema.Date:
		out["type"], out["format"] = "string", "date"
		about = append(about, "Not after today.")
	case schema.TimeOfDay:
		out["type"], out["pattern"] = "string", `^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$`
	case schema.Instant:
		out["type"], out["format"] = "string", "date-time"
		about = append(about, "Not after now.")
	case schema.Whole, schema.Decimal:
		out["type"] = map[schema.Storage]string{schema.Wholes: "integer", schema.Doubles: "number"}[f.Type.Stored()]
		out["minimum"] = json.Number(schema.Number(f.Min))
		if f.Limited != "" {
			out["type"], out["minimum"] = "number", json.Number(schema.Number(-f.Max))
			about = append(about, "A whole number above 0, unless the definition gives its `"+f.Limited+"` `decimals` or `correction`.")
		}
		if !f.OfPeople() {
			out["maximum"] = json.Number(schema.Number(f.Max))
		} else {
			about = append(about, "At most the region's population.")
		}
	case schema.YesNo:
		out["type"] = "boolean"
	case schema.File:
		out["type"], out["pattern"] = "string", "^[0-9A-HJKMNP-TV-Z]{26}$"
		about = append(about, "The id of a file that was sent to `/{project}/attachments`.")
	case schema.Email:
		out["type"], out["format"], out["maxLength"] = "string", "email", 254
		about = append(about, "Compared trimmed and in lower case.")
	case schema.Pesel:
		out["type"] = "string"
		about = append(about, "Eleven digits, the last of which is a check digit.")
	case schema.Choice, schema.Choices:
		ids := []string{}
		for _, o := range f.Options(d) {
			ids = append(ids, o.ID)
		}
		one := object{"type": "string"}
		if len(ids) > 0 {
			one["enum"] = ids
		} else {
			about = append(about, "An id of the definition's list.")
		}
		if f.Type == schema.Choices {
			one = object{"type": "array", "items": one, "uniqueItems": true}
		}
		maps.Copy(out, one)
	default:
		if pattern := f.PatternText(); pattern != "" && !re2Only.MatchString(pattern) {
			out["pattern"] = "^(?:" + pattern + ")$"
		} else if pattern != "" {
			about = append(about, "The whole value matches `"+pattern+"` (RE2).")
		}
		out["type"], out["maxLength"] = "string", f.Longest
		if f.Longest == 0 {
			out["maxLength"] = schema.DefaultLongest
		}
	}
	if f.Key {
		about = append(about, "Part of the natural key.")
	}
	if f.Required && (f.Type == nil || f.Type == schema.Text || f.Type == schema.Choice) {
		out["minLength"] = 1
	}
	out["description"] = strings.Join(about, " ")
	return out
}

// Ref returns a reference to a named schema.
func Ref(schema string) object { return object{"$ref": "#/components/schemas/" + schema} }
