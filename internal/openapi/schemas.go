package openapi

import (
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"outreach/internal/openapi/served"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/snapshot"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// writer generates schemas. Named ones are generated once, as components.
type writer struct {
	registry   *schema.Registry
	components object
	names      map[reflect.Type]string
}

func newWriter(routes []web.Route, registry *schema.Registry) (*writer, error) {
	w := &writer{registry: registry, components: object{"problem": problem(), "person-ref": personRef()}, names: map[reflect.Type]string{}}
	for _, r := range routes {
		bodies := []any{r.Request, r.Response}
		for _, o := range r.Others {
			bodies = append(bodies, o.Response)
		}
		for _, body := range bodies {
			if err := w.name(body); err != nil {
				return nil, fmt.Errorf("%s %s: %w", r.Method, r.Path, err)
			}
		}
	}
	for t, name := range w.names {
		w.components[name] = w.structure(t)
	}
	for _, k := range registry.Kinds {
		w.components[k.Name] = general(shape.Sent{Kind: k, Also: also(routes, k)})
	}
	return w, nil
}

// kind returns the registry's version of a kind that a route names, and whether k is a kind at all (not nil).
func (w *writer) kind(k *schema.Kind) (*schema.Kind, bool) {
	if k == nil {
		return nil, false
	}
	if ours := w.registry.Kind(k.Name); ours != nil {
		return ours, true
	}
	return k, false
}

// also returns the further members that routes accept beside a kind's fields.
func also(routes []web.Route, k *schema.Kind) []string {
	var ofAny []string
	for _, r := range routes {
		switch s, ok := r.Request.(shape.Sent); {
		case !ok:
		case s.Kind == nil:
			ofAny = s.Also
		case s.Kind.Name == k.Name:
			return s.Also
		}
	}
	if !k.Typed() {
		return nil
	}
	if name := k.PartnerName(); name != "" {
		return append(slices.Clone(ofAny), name)
	}
	return ofAny
}

// name registers each struct that is a body as a component. It fails if the name is taken by another type or a kind.
func (w *writer) name(body any) error {
	switch b := body.(type) {
	case shape.List:
		return w.name(b.Of)
	case shape.OneOf:
		for _, one := range b {
			if err := w.name(one); err != nil {
				return err
			}
		}
		return nil
	case nil, shape.Sent, shape.Record, shape.With, shape.Array, shape.Text, shape.Multipart, shape.Any:
		return nil
	}
	t := reflect.TypeOf(body)
	if t.Kind() != reflect.Struct || t.Name() == "" {
		return nil
	}
	name := kebab(strings.TrimSuffix(t.Name(), "View"))
	if name == "" {
		name = path.Base(t.PkgPath())
	}
	for other, taken := range w.names {
		if taken == name && other != t {
			return fmt.Errorf("two types are called %s in the document: %s and %s", name, other, t)
		}
	}
	if w.registry.Kind(name) != nil {
		return fmt.Errorf("a type has the name of the kind %s", name)
	}
	w.names[t] = name
	return nil
}

func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// schema returns the schema of a shape.
func (w *writer) schema(of any) object {
	switch s := of.(type) {
	case shape.List:
		return served.Closed(object{"items": list(w.schema(s.Of)), "next": object{"type": []string{"string", "null"}, "description": "The cursor of the next page"}}, "items", "next")
	case shape.Array:
		out := list(w.schema(s.Of))
		if s.Most > 0 {
			out["maxItems"] = s.Most
		}
		return out
	case shape.OneOf:
		var all []object
		for _, one := range s {
			all = append(all, w.schema(one))
		}
		return object{"anyOf": all}
	case shape.Record:
		return w.record(s)
	case shape.With:
		out := w.whole(s.Of)
		for name, member := range s.Members {
			out["properties"].(object)[name] = w.schema(member)
		}
		return out
	case shape.Any:
		return object{"type": "object"}
	}
	return w.shape(reflect.TypeOf(of))
}

// whole returns a schema without a reference at its top, which the caller may change.
func (w *writer) whole(of any) object {
	if r, ok := of.(shape.Record); ok {
		return w.record(r)
	}
	return w.structure(reflect.TypeOf(of))
}

// record returns the schema of a record in a response, where fields without a value are left out.
func (w *writer) record(r shape.Record) object {
	if _, written := w.components[r.Name]; written && r.Name != "" {
		return served.Ref(r.Name)
	}
	properties, required := object{}, []string{}
	kind, _ := w.kind(r.Kind)
	for i := range fieldsOf(kind) {
		f := &kind.Fields[i]
		if r.Only != nil && !slices.Contains(r.Only, f.Name) || slices.Contains(r.Without, f.Name) {
			continue
		}
		needed := *f
		needed.Required = f.Required && !r.Partly
		if needed.Required {
			required = append(required, f.Name)
		}
		p := answered(served.Property(f, &project.Definition{}))
		if r.Sent {
			p = served.Asked(&needed, &project.Definition{})
		}
		properties[f.Name] = p
	}
	if r.And != nil {
		w.members(reflect.TypeOf(r.And), properties, &required)
	}
	slices.Sort(required)
	required = slices.Compact(required)
	out := served.Closed(properties, required...)
	switch {
	case r.Kind == nil:
		delete(out, "additionalProperties")
		out["description"] = "With the fields of its kind"
	case !r.Sent:
		out["additionalProperties"] = object{"description": "A field that the project's definition adds"}
	}
	if r.Name == "" {
		return out
	}
	w.components[r.Name] = out
	return served.Ref(r.Name)
}

// answered returns the schema of a field in a response. A definition may have a list of its own in place of the
// built-in one, and let the answer be refused. It changes the given one.
func answered(property object) object {
	if ids, is := property["enum"].([]string); is {
		delete(property, "enum")
		property["description"] = strings.TrimSpace(fmt.Sprintf("%s One of `%s`, or of the list that the project's definition has.", property["description"], strings.Join(ids, "`, `")))
	}
	if property["type"] == "integer" || property["type"] == "number" || property["type"] == "boolean" {
		property["type"] = []any{property["type"], "string"}
		property["pattern"] = "^" + schema.Refused + "$"
		property["description"] = strings.TrimSpace(fmt.Sprintf("%s `%s` where the answer was refused, in a project that allows it.", property["description"], schema.Refused))
	}
	return property
}

func fieldsOf(k *schema.Kind) []schema.Field {
	if k == nil {
		return nil
	}
	return k.Fields
}

// sent returns the schema of a record in a JSON request.
func (w *writer) sent(s shape.Sent) object {
	if s.Kind == nil {
		var kinds []object
		for _, k := range w.registry.Kinds {
			if k.Typed() {
				kinds = append(kinds, served.Ref(k.Name))
			}
		}
		kinds = append(kinds, object{"type": "object", "description": "The fields of a kind of the project's own, as `/{project}/openapi.json` describes them."})
		return object{"anyOf": kinds}
	}
	if _, found := w.kind(s.Kind); found {
		return served.Ref(s.Kind.Name)
	}
	return general(s)
}

// general returns the schema of a record in a JSON request to any project.
func general(s shape.Sent) object {
	out := served.Sent(s, &project.Definition{})
	out["description"] = "As a project has it whose definition adds no fields and has no lists of its own; those of a definition are checked like these."
	return out
}

// form returns the schema of a record in a web form: all strings, with the person's keys beside the fields.
func (w *writer) form(s shape.Sent, once bool) object {
	kind, found := w.kind(s.Kind)
	if !found {
		return object{"type": "object", "additionalProperties": object{"type": "string"}}
	}
	out := served.Form(kind, s.Also...)
	properties := out["properties"].(object)
	if once {
		properties["idempotency_key"] = said("As the header `Idempotency-Key`")
	}
	if kind.Name == schema.Signup {
		properties[signups.Trap] = object{"type": "string", "maxLength": 0, "description": "Must be empty: it is hidden from people, and a value shows that a robot filled in the form"}
	}
	return out
}

func said(description string) object { return object{"type": "string", "description": description} }

func list(items object) object { return object{"type": "array", "items": items} }

func problem() object {
	return object{
		"type":        "object",
		"description": "RFC 9457",
		"required":    []string{"type", "title", "status", "detail"},
		"properties": object{
			"type":     said("A URI"),
			"title":    said("What kind of problem it is"),
			"status":   object{"type": "integer"},
			"detail":   said("What can be done about it"),
			"existing": said("Of a 409: the id of the existing record"),
			"errors": list(object{"type": "object", "required": []string{"field", "code", "message"}, "properties": object{
				"field":   said("The field's name"),
				"code":    said("What is wrong, as a code for programs"),
				"message": said("What is wrong, and what to do, in the reader's language"),
			}}),
		},
	}
}

func personRef() object {
	out := served.Person(schema.Builtin().Keys, &project.Definition{})
	out["description"] = out["description"].(string) + " A project whose definition names other keys (`people.keys`) takes these in their place: `{\"phone\": …}`, `{\"number\": …}`, an identifier of its own, or `{\"name\": {\"first_name\", \"last_name\", \"birth_year\"}}`."
	return out
}

var (
	numberType    = reflect.TypeFor[json.Number]()
	timeType      = reflect.TypeFor[time.Time]()
	breakdownType = reflect.TypeFor[snapshot.Breakdown]()
	fieldsType    = reflect.TypeFor[snapshot.Fields]()
	personRefType = reflect.TypeFor[schema.PersonRef]()

	personViewType = reflect.TypeFor[people.PersonView]()
)

// shape returns the schema of a Go type as encoding/json marshals it.
func (w *writer) shape(t reflect.Type) object {
	switch {
	case t == numberType:
		return object{"type": "number"}
	case t == timeType:
		return object{"type": "string", "format": "date-time"}
	case t == personRefType:
		return served.Ref("person-ref")
	case t == fieldsType:
		return object{"type": "object", "additionalProperties": object{"type": []string{"number", "string"}}}
	case t == breakdownType:
		return object{
			"type": "object", "description": "People by code, of records what they add up to, `unknown` last. The public sees `<5` in the place of 1 to 4, and `hidden` where a part could be worked out from it.",
			"additionalProperties": object{"oneOf": []object{{"type": "number"}, served.Enum(snapshot.Few, snapshot.Hidden)}},
		}
	}
	if name := w.names[t]; name != "" {
		return served.Ref(name)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return w.shape(t.Elem())
	case reflect.Slice:
		return list(w.shape(t.Elem()))
	case reflect.Map:
		if t.Elem().Kind() == reflect.Interface {
			return object{"type": "object"}
		}
		return object{"type": "object", "additionalProperties": w.shape(t.Elem())}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Struct:
		return w.structure(t)
	case reflect.Interface:
		return object{"type": []string{"number", "string", "null"}}
	default:
		return object{"type": "string"}
	}
}

func (w *writer) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	w.members(t, properties, &required)
	out := object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	if t == personViewType {
		out["additionalProperties"] = said("A key of another kind by which the project recognises people, as `people.keys` of its definition says")
	}
	return out
}

func (w *writer) members(t reflect.Type, properties object, required *[]string) {
	for f := range t.Fields() {
		if f.Anonymous {
			w.members(f.Type, properties, required)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		left := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		if !left {
			*required = append(*required, name)
		}
		member := tagged(w.shape(f.Type), f.Tag)
		if !left && f.Type.Kind() == reflect.Pointer || f.Tag.Get("null") == "true" {
			member = served.OrNull(member)
		}
		properties[name] = member
	}
}

// tagged adds the struct tags of a member to its schema, or for a list to that of its items. See package shape for the
// tags.
func tagged(schema object, tag reflect.StructTag) object {
	if doc := tag.Get("doc"); doc != "" && schema["$ref"] == nil {
		schema["description"] = doc
	}
	values := schema
	if items, ok := schema["items"].(object); ok {
		values = items
	}
	if all := tag.Get("enum"); all != "" {
		values["enum"] = strings.Split(all, ",")
	}
	for _, name := range []string{"format", "pattern"} {
		if value := tag.Get(name); value != "" {
			values[name] = value
		}
	}
	if marks := tag.Get("marks"); marks != "" {
		about := schema["description"]
		delete(schema, "description")
		text := object{"type": "string"} // of any
		if marks != "*" {
			text = served.Enum(strings.Split(marks, ",")...)
		}
		schema = object{"oneOf": []object{schema, text}}
		if about != nil {
			schema["description"] = about
		}
	}
	return schema
}
