package openapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/snapshot"
	"outreach/internal/text"
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
		w.components[k.Name] = sent(shape.Sent{Kind: k, Also: also(routes, k)})
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
	if k.Typed() {
		return ofAny
	}
	return nil
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
		return closed(object{"items": list(w.schema(s.Of)), "next": object{"type": []string{"string", "null"}, "description": "The cursor of the next page"}}, "items", "next")
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
		return ref(r.Name)
	}
	properties, required := object{}, []string{}
	kind, _ := w.kind(r.Kind)
	for i := range fieldsOf(kind) {
		f := &kind.Fields[i]
		if r.Only != nil && !slices.Contains(r.Only, f.Name) || slices.Contains(r.Without, f.Name) {
			continue
		}
		p := property(f)
		if !r.Sent {
			p = answered(p)
		}
		if f.Required && !r.Partly {
			required = append(required, f.Name)
		} else if r.Sent {
			p = orNull(p)
		}
		properties[f.Name] = p
	}
	if r.And != nil {
		w.members(reflect.TypeOf(r.And), properties, &required)
	}
	slices.Sort(required)
	required = slices.Compact(required)
	out := closed(properties, required...)
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
	return ref(r.Name)
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
				kinds = append(kinds, ref(k.Name))
			}
		}
		return object{"anyOf": kinds}
	}
	if _, found := w.kind(s.Kind); found {
		return ref(s.Kind.Name)
	}
	return sent(s)
}

func sent(s shape.Sent) object {
	k, properties, required := s.Kind, object{}, []string{}
	for i := range k.Fields {
		f := &k.Fields[i]
		p := property(f)
		if f.Required {
			required = append(required, f.Name)
		} else {
			p = orNull(p)
		}
		properties[f.Name] = p
	}
	if k.Person && k.Index("email") < 0 { // the person is a member beside the fields
		properties["person"] = ref("person-ref")
		required = append([]string{"person"}, required...)
	}
	for _, name := range s.Also {
		properties[name] = object{"type": []string{"string", "null"}}
	}
	out := closed(properties, required...)
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

// form returns the schema of a record in a web form: all strings, with the person's keys beside the fields.
func (w *writer) form(s shape.Sent, once bool) object {
	properties, required := object{}, []string{}
	if once {
		properties["idempotency_key"] = said("As the header `Idempotency-Key`")
	}
	kind, found := w.kind(s.Kind)
	if !found {
		return object{"type": "object", "additionalProperties": object{"type": "string"}}
	}
	columns := kind.Columns()
	for i := range kind.Fields {
		if kind.Fields[i].NoColumn {
			columns = append(columns, &kind.Fields[i])
		}
	}
	for _, f := range columns {
		properties[f.Name] = object{"type": "string", "title": f.LabelIn(text.Of(text.English))}
		if f.Required {
			required = append(required, f.Name)
		}
	}
	for _, name := range s.Also {
		properties[name] = object{"type": "string"}
	}
	if kind.Name == schema.Signup {
		properties[signups.Trap] = object{"type": "string", "maxLength": 0, "description": "Must be empty: it is hidden from people, and a value shows that a robot filled in the form"}
	}
	return closed(properties, required...)
}

func said(description string) object { return object{"type": "string", "description": description} }

func enum(values ...string) object { return object{"type": "string", "enum": values} }

func list(items object) object { return object{"type": "array", "items": items} }

// closed returns the schema of an object without further properties.
func closed(properties object, required ...string) object {
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// orNull returns a schema that also accepts null. It changes the given one.
func orNull(schema object) object {
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

// property returns the schema of a record's field.
func property(f *schema.Field) object {
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
	case schema.Email:
		out["type"], out["format"], out["maxLength"] = "string", "email", 254
		about = append(about, "Compared trimmed and in lower case.")
	case schema.Pesel:
		out["type"] = "string"
		about = append(about, "Eleven digits, the last of which is a check digit.")
	case schema.Choice, schema.Choices:
		ids := []string{}
		for _, o := range f.Options(&project.Definition{}) {
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
	properties := object{"id": object{"type": "string", "maxLength": 26, "description": "A person's id"}}
	for _, f := range []*schema.Field{&schema.EmailField, &schema.PeselField} {
		properties[f.Name] = property(f)
	}
	out := closed(properties)
	out["description"] = "The person that a record is about, by one or more keys. Keys of two people are a 409. A project whose definition names other keys (`people.keys`) takes these in their place: `{\"phone\": …}`, `{\"number\": …}`, an identifier of its own, or `{\"name\": {\"first_name\", \"last_name\", \"birth_year\"}}`."
	out["minProperties"] = 1
	return out
}

var (
	numberType    = reflect.TypeFor[json.Number]()
	timeType      = reflect.TypeFor[time.Time]()
	breakdownType = reflect.TypeFor[snapshot.Breakdown]()
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
		return ref("person-ref")
	case t == breakdownType:
		return object{
			"type": "object", "description": "People by code, of records what they add up to, `unknown` last. The public sees `<5` in the place of 1 to 4, and `hidden` where a part could be worked out from it.",
			"additionalProperties": object{"oneOf": []object{{"type": "number"}, enum(snapshot.Few, snapshot.Hidden)}},
		}
	}
	if name := w.names[t]; name != "" {
		return ref(name)
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
			member = orNull(member)
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
			text = enum(strings.Split(marks, ",")...)
		}
		schema = object{"oneOf": []object{schema, text}}
		if about != nil {
			schema["description"] = about
		}
	}
	return schema
}
