package served

import (
	"encoding/json"
	"maps"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
	"outreach/internal/web/shape"
)

// object is a JSON object of the document.
type object = map[string]any

// Sent returns the schema of a record of a kind in a JSON request.
func Sent(s shape.Sent) object {
	k, properties, required := s.Kind, object{}, []string{}
	for i := range k.Fields {
		f := &k.Fields[i]
		p := Property(f, &project.Definition{})
		if f.Required {
			required = append(required, f.Name)
		} else {
			p = OrNull(p)
		}
		properties[f.Name] = p
	}
	if k.Person && k.Index("email") < 0 { // the person is a member beside the fields
		properties["person"] = Ref("person-ref")
		required = append([]string{"person"}, required...)
	}
	for _, name := range s.Also {
		properties[name] = object{"type": []string{"string", "null"}}
	}
	out := Closed(properties, required...)
	if k.Index("email") >= 0 && k.Index("pesel") >= 0 {
		out["anyOf"] = []object{needs("email"), needs("pesel")}
	}
	out["description"] = "As a project has it whose definition adds no fields and has no lists of its own; those of a definition are checked like these."
	if k.Name == schema.Signup {
		properties["consent_processing"].(object)["const"] = true
		properties["submitted_at"].(object)["description"] = "For coordinators, who enter late paper. " + properties["submitted_at"].(object)["description"].(string)
	}
	return out
}

func needs(field string) object {
	return object{"required": []string{field}, "properties": object{field: object{"type": "string"}}}
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
	if choices, ok := schema["oneOf"].([]object); ok {
		schema["oneOf"] = append(choices, object{"type": "null"})
		return schema
	}
	schema["type"] = []any{schema["type"], "null"}
	return schema
}

// Property returns the schema of a record's field, with the values of a definition's lists.
func Property(f *schema.Field, d *project.Definition) object {
	words := text.Of(text.English)
	out := object{"title": f.LabelIn(words)}
	about := []string{}
	if !f.NoColumn {
		names := []string{"`" + f.Name + "`"}
		for _, language := range text.Languages() {
			if language != text.English {
				names = append(names, "`"+f.ColumnIn(language)+"`")
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
		if f.Max != 0 {
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
