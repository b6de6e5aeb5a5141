package openapi

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"outreach/internal/fact"
	pages "outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/record"
	"outreach/internal/signups"
	"outreach/internal/snapshot"
	"outreach/internal/text"
)

func schemas() object {
	out := object{
		"problem":       problem(),
		"line-problem":  lineProblem(),
		"person-ref":    personRef(),
		"person":        person(),
		"person-held":   personHeld(),
		"identity":      identity(),
		"duplicates":    duplicates(),
		"merge":         merge(),
		"merge-preview": mergePreview(),
		"apart":         apart(),
		"erasure":       erasure(),
		"task":          task(),
		"happened":      happened(),
		"version":       version(),
		"change":        definitionChange(),
		"decision":      decision(),
		"signup-form":   form(record.Builtin().Kind(record.Signup)),
		"signup-kept":   keptSignup(),
		"signup-moved": closed(object{
			"id":    said("The sign-up's id"),
			"state": enum(record.Accepted, record.Waitlisted, record.Held, record.Cancelled),
		}, "id", "state"),
		"receipt": closed(object{
			"receipt": said("A new one each time; it says nothing of whether the person was known"),
			"state":   enum("received"),
		}, "receipt", "state"),
		"upload-asked":  uploadAsked(),
		"upload-place":  uploadPlace(),
		"upload":        upload(),
		"cell":          cell(),
		"snapshot":      wholeSnapshot(),
		"verification":  verification(),
		"snapshot-line": snapshotLine(),
		"changes":       shape(reflect.TypeFor[snapshot.Changes]()),
		"evidence":      shape(reflect.TypeFor[snapshot.Evidence]()),
		"project":       shape(reflect.TypeFor[project.Definition]()),
		"project-line":  projectLine(),
	}
	for _, k := range record.Builtin().Kinds {
		out[k.Name] = sent(k)
	}
	for _, k := range typed() {
		out[k.Name+"-form"] = form(k)
		out[k.Name+"-kept"] = kept(k)
	}
	return out
}

// typed are the kinds of record that people type in one by one.
func typed() []*record.Kind {
	return slices.DeleteFunc(slices.Clone(record.Builtin().Kinds), func(k *record.Kind) bool { return k.Name == "signup" || k.Name == "media" })
}

func said(description string) object { return object{"type": "string", "description": description} }

func enum(values ...string) object { return object{"type": "string", "enum": values} }

func list(items object) object { return object{"type": "array", "items": items} }

// closed is an object of exactly these properties.
func closed(properties object, required ...string) object {
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// orNull is a schema that takes null too.
func orNull(schema object) object {
	if values, ok := schema["enum"].([]string); ok {
		all := make([]any, len(values), len(values)+1)
		for i, v := range values {
			all[i] = v
		}
		schema["enum"] = append(all, nil)
	}
	schema["type"] = []any{schema["type"], "null"}
	return schema
}

// property is a field of a record as JSON.
func property(f *record.Field) object {
	words := text.Of(text.English)
	out := object{"title": f.LabelIn(words)}
	about := []string{}
	if !f.NoColumn {
		about = append(about, "In files `"+f.Name+"` or `"+f.ColumnIn(text.Polish)+"`.")
	}
	switch f.Type {
	case record.Date:
		out["type"], out["format"] = "string", "date"
		about = append(about, "Not after today.")
	case record.Clock:
		out["type"], out["pattern"] = "string", `^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$`
	case record.Instant:
		out["type"], out["format"] = "string", "date-time"
		about = append(about, "Not after now.")
	case record.Whole, record.Decimal:
		out["type"] = map[record.Storage]string{record.Wholes: "integer", record.Doubles: "number"}[f.Type.Stored()]
		out["minimum"] = json.Number(record.Number(f.Min))
		if f.Max != 0 {
			out["maximum"] = json.Number(record.Number(f.Max))
		} else {
			about = append(about, "At most the region's population.")
		}
	case record.YesNo:
		out["type"] = "boolean"
	case record.Email:
		out["type"], out["format"], out["maxLength"] = "string", "email", 254
		about = append(about, "Compared trimmed and in lower case.")
	case record.Pesel:
		out["type"] = "string"
		about = append(about, "Eleven digits, the last of which checks the others.")
	case record.List:
		out["type"] = "string"
		ids := []string{}
		for _, o := range f.Options(&project.Definition{}) {
			ids = append(ids, o.ID)
		}
		if len(ids) > 0 {
			out["enum"] = ids
		} else {
			about = append(about, "An id of the definition's list.")
		}
	default:
		out["type"], out["maxLength"] = "string", f.Longest
		if f.Longest == 0 {
			out["maxLength"] = record.DefaultLongest
		}
	}
	if f.Key {
		about = append(about, "Part of what identifies the record.")
	}
	if f.Required && (f.Type == nil || f.Type == record.Text || f.Type == record.List) {
		out["minLength"] = 1
	}
	out["description"] = strings.Join(about, " ")
	return out
}

func fields(k *record.Kind) (properties object, required []string) {
	properties = object{}
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
	return properties, required
}

// separate tells that a kind names its person beside its fields.
func separate(k *record.Kind) bool { return k.Person && k.Index("email") < 0 }

// sent is a record as a program gives it.
func sent(k *record.Kind) object {
	properties, required := fields(k)
	if separate(k) {
		properties["person"] = ref("person-ref")
		required = append([]string{"person"}, required...)
	}
	out := closed(properties, required...)
	switch k.Name {
	case "media":
		out["description"] = "An airing, as a row of a media partner's file says it"
	case "signup":
		out["anyOf"] = []object{needs("email"), needs("pesel")}
		properties["consent_processing"].(object)["const"] = true
		properties["submitted_at"].(object)["description"] = "For coordinators, who enter late paper. " + properties["submitted_at"].(object)["description"].(string)
	default:
		properties["reason"] = object{"type": []string{"string", "null"}, "description": "Why a record is changed, where somebody wants to say it"}
	}
	return out
}

func needs(field string) object {
	return object{"required": []string{field}, "properties": object{field: object{"type": "string"}}}
}

// form is a record as a web form gives it: texts, as people write them, with the person's keys beside the fields.
func form(k *record.Kind) object {
	properties := object{"idempotency_key": said("As the header `Idempotency-Key`")}
	var required []string
	columns := k.Columns()
	for i := range k.Fields {
		if k.Fields[i].NoColumn {
			columns = append(columns, &k.Fields[i])
		}
	}
	for _, f := range columns {
		properties[f.Name] = object{"type": "string", "title": f.LabelIn(text.Of(text.English))}
		if f.Required {
			required = append(required, f.Name)
		}
	}
	if k.Name == "signup" {
		properties[signups.Trap] = object{"type": "string", "maxLength": 0, "description": "Stays empty: people do not see it, and what robots fill in is refused"}
	} else {
		properties["reason"] = said("Why a record is changed")
	}
	return closed(properties, required...)
}

// kept is a record as it is answered: what was not given is left out.
func kept(k *record.Kind) object {
	properties, required := object{"id": said("The record's id")}, []string{"id"}
	for i := range k.Fields {
		properties[k.Fields[i].Name] = property(&k.Fields[i])
		if k.Fields[i].Required {
			required = append(required, k.Fields[i].Name)
		}
	}
	if k.Person {
		properties["person"] = ref("person")
		required = append(required, "person")
	}
	return object{"type": "object", "properties": properties, "required": required}
}

func keptSignup() object {
	out := kept(record.Builtin().Kind(record.Signup))
	properties := out["properties"].(object)
	for i := range record.Builtin().Kind(record.Signup).Fields {
		if f := record.Builtin().Kind(record.Signup).Fields[i]; f.Keep == record.Who && f.Name != "phone" {
			delete(properties, f.Name)
		}
	}
	properties["state"] = enum(record.Accepted, record.Waitlisted, record.Held, record.Cancelled)
	properties["entries"] = object{"type": "integer", "description": "How often the form was sent"}
	properties["upload"] = said("The file it came in")
	properties[signups.ConsentGiven] = object{"type": "string", "format": "date", "description": "Since when the form had said what it said on the use of data: which words the person agreed to"}
	out["required"] = []string{"id", "person", "activity", "state", "submitted_at"}
	return out
}

func problem() object {
	return object{
		"type":        "object",
		"description": "RFC 9457",
		"required":    []string{"type", "title", "status", "detail"},
		"properties": object{
			"type":       said("A URI"),
			"title":      said("What kind of problem it is"),
			"status":     object{"type": "integer"},
			"detail":     said("What can be done about it"),
			"request_id": said("By which the log names the request; the header X-Request-Id says it, too"),
			"existing":   said("Of a 409: the id of the record that is there already"),
			"errors": list(object{"type": "object", "required": []string{"field", "code", "message"}, "properties": object{
				"field":   said("The field's name"),
				"code":    said("What is wrong, as a word for programs"),
				"message": said("What is wrong, and what to do, in the reader's language"),
			}}),
		},
	}
}

func lineProblem() object {
	place := object{"type": "integer", "minimum": 1}
	return object{"allOf": []object{ref("problem"), {"properties": object{
		"errors": list(object{"type": "object", "required": []string{"field", "code", "message", "line", "column"}, "properties": object{"line": place, "column": place}}),
	}}}}
}

func personRef() object {
	properties := object{"id": object{"type": "string", "maxLength": 26, "description": "A person's id"}}
	for _, f := range []*record.Field{&record.EmailField, &record.PeselField} {
		properties[f.Name] = property(f)
	}
	out := closed(properties)
	out["description"] = "The person a record is about, by one key or several. Keys of two people are a 409."
	out["minProperties"] = 1
	return out
}

func personProperties() object {
	return object{"id": said("A random id"), "first_name": said("First name"), "last_name": said("Last name"), "email": said("E-mail address"), "pesel": said("PESEL")}
}

func person() object {
	return closed(personProperties(), "id")
}

func personHeld() object {
	properties := personProperties()
	whole := personProperties()
	whole["emails"], whole["pesels"], whole["phone"] = list(object{"type": "string"}), list(object{"type": "string"}), said("Phone")
	whole["was"] = list(object{"type": "string"})
	properties["person"] = object{"type": "object", "properties": whole, "required": []string{"id"}}
	properties["signups"] = list(object{"allOf": []object{ref("signup-kept"), {"type": "object", "properties": object{
		"sendings": list(object{"type": "object", "description": "What one sending of the form said, attributes and consents too", "properties": object{
			"id": said("Its id"), "received_at": instants(), "submitted_at": instants(), "upload": said("The file it came in"), "row": object{"type": "integer", "description": "The file's row"},
		}, "required": []string{"id", "received_at", "submitted_at"}}),
		"states": list(closed(object{"state": enum(record.Accepted, record.Waitlisted, record.Held, record.Cancelled), "at": instants()}, "state", "at")),
		"sent":   object{"type": "array", "items": object{"type": "object", "additionalProperties": object{"type": "string"}}, "description": "What each sending of the form said"},
	}}}})
	var records []object
	for _, k := range typed() {
		if k.Person {
			one := kept(k)
			fields := one["properties"].(object)
			delete(fields, "person")
			fields["upload"], fields["row"] = said("The file it came in"), object{"type": "integer", "description": "The file's row"}
			if _, taken := fields["kind"]; !taken {
				fields["kind"] = enum(k.Name)
			}
			one["required"] = slices.DeleteFunc(one["required"].([]string), func(name string) bool { return name == "person" })
			records = append(records, one)
		}
	}
	properties["records"] = list(object{"anyOf": records})
	properties["history"] = list(object{"type": "object", "description": "What was ever said in a record about the person, also where it was replaced, voided, or came in a file that was withdrawn", "properties": object{
		"record": said("The record's id"), "of": said("Its kind"), "version": object{"type": "integer"}, "at": instants(), "void": object{"type": "boolean"}, "reason": said("Why, where one was given"),
		"upload": said("The file it came in"), "row": object{"type": "integer", "description": "The file's row"},
	}, "required": []string{"record", "of", "at", "void"}})
	properties["uploads"] = list(closed(object{"id": said("A file in which the person stands"), "kind": said("Of the file"), "state": said("Of the file"), "row": object{"type": "integer", "description": "The file's row"}}, "id", "kind", "state", "row"))
	properties["merges"] = list(closed(object{"id": said("What had been the person's id"), "into": said("The id since"), "at": instants()}, "id", "into", "at"))
	return object{"type": "object", "description": "Everything held on one person", "properties": properties, "required": []string{"id", "person", "signups", "records", "history", "uploads", "merges"}}
}

func instants() object { return object{"type": "string", "format": "date-time"} }

func duplicates() object {
	return closed(object{
		"people":  object{"type": "array", "items": ref("person"), "minItems": 2, "maxItems": 2},
		"reason":  enum(people.SameName, people.SamePhone, people.SimilarEmail, people.SimilarName),
		"reasons": object{"type": "array", "items": object{"type": "string"}, "minItems": 1, "description": "All reasons, the strongest first"},
	}, "people", "reason", "reasons")
}

// identity is who somebody is, as the office corrects it.
func identity() object {
	properties := object{}
	for i := range pages.Identity.Fields {
		properties[pages.Identity.Fields[i].Name] = orNull(property(&pages.Identity.Fields[i]))
	}
	out := closed(properties)
	out["anyOf"] = []object{needs("email"), needs("pesel")}
	return out
}

func number(description string) object {
	return object{"type": "integer", "minimum": 0, "description": description}
}

func mergePreview() object {
	side := closed(object{
		"person": ref("person"), "emails": number("How many addresses lead to them"), "pesels": number("How many PESELs do"),
		"signups": number("How many sign-ups they have"), "records": number("How many records are about them"),
	}, "person", "emails", "pesels", "signups", "records")
	return closed(object{"from": side, "into": side, "result": side, "collisions": list(closed(object{
		"kind": said("The kind of record"), "activity": said("Of which activity"), "date": object{"type": "string", "format": "date"},
	}, "kind"))}, "from", "into", "result", "collisions")
}

func erasure() object {
	return closed(object{
		"person": ref("person"),
		"goes": closed(object{
			"keys": number("E-mail addresses and PESELs"), "forms": number("Forms as they were sent"), "attributes": number("Sign-ups that say something of the person"), "texts": number("Topics and notes"),
			"files": number("Files, as they were sent, in which the person stands"),
		}, "keys", "forms", "attributes", "texts", "files"),
		"stays": closed(object{
			"signups": number("Sign-ups"), "records": number("Records that were typed in"), "rows": number("Rows of files"),
		}, "signups", "records", "rows"),
		"figures": object{"type": "array", "description": "Figures of later snapshots that may change", "items": closed(object{
			"code": said("The indicator's, empty for the participants"), "label": label(),
			"rule": object{"type": "boolean", "description": "Its rule asks for what goes"}, "breakdown": object{"type": "boolean", "description": "It is broken down by what goes"},
		}, "code", "label", "rule", "breakdown")},
	}, "person", "goes", "stays", "figures")
}

func task() object {
	return closed(object{
		"what":  enum("reports", "rejected_files", "waiting_with_places", "held", "duplicates", "no_snapshot", "old_snapshot", "lines_behind", "people_without_attributes", "waiting"),
		"count": object{"type": "integer", "minimum": 1}, "activity": said("Of which activity"), "message": said("The same in words, in the reader's language"), "href": said("Where it is done"),
	}, "what", "count", "message", "href")
}

func happened() object {
	return closed(object{
		"id": said("The fact's"), "at": object{"type": "string", "format": "date-time"}, "kind": enum(fact.Kinds...),
		"by":      said("The e-mail address of who of the staff it was; left out where nobody of them was, or nobody knows any more"),
		"origin":  object{"type": "string", "enum": append([]string{"staff"}, pages.Origins...), "description": "Or where else it came from: the form, a file that was put, the schedule"},
		"message": said("In words, in the reader's language"),
		"person":  said("Whom it is about"), "signup": said("The sign-up's id"), "record": said("The record's id"), "upload": said("The file's id"), "snapshot": said("The snapshot's id"),
		"version": object{"type": "integer", "description": "Of the definition"},
	}, "id", "at", "kind", "origin", "message")
}

func version() object {
	return closed(object{
		"version": object{"type": "integer", "minimum": 1}, "sha256": said("Of the text"),
		"at": object{"type": "string", "format": "date-time"}, "by": said("Who set it"),
	}, "version", "sha256")
}

func definitionChange() object {
	out := shape(reflect.TypeFor[project.Change]())
	properties := out["properties"].(object)
	properties["what"] = enum(project.Added, project.Removed, project.Altered)
	properties["message"] = said("In words, in the reader's language")
	return out
}

func uploadAsked() object {
	return closed(object{
		"filename":   object{"type": "string", "minLength": 1, "maxLength": 200},
		"size":       object{"type": "integer", "minimum": 1, "maximum": 50 << 20, "description": "Bytes"},
		"check_only": object{"type": []string{"boolean", "null"}, "description": "A good file ends as `checked`, with the same answer, and counts nothing"},
	}, "filename", "size")
}

func uploadPlace() object {
	texts := func(description string) object {
		return object{"type": []string{"object", "null"}, "additionalProperties": object{"type": "string"}, "description": description}
	}
	return object{
		"type":        "object",
		"description": "A pre-signed request, valid for 15 minutes, for that size, once: PUT with these headers, or POST as a form with these fields before `file`",
		"required":    []string{"id", "method", "url"},
		"properties":  object{"id": said("The upload's id"), "method": enum("PUT", "POST"), "url": said("Where to"), "headers": texts("Of a PUT"), "fields": texts("Of a POST")},
	}
}

func upload() object {
	counted := object{"type": "integer", "minimum": 0}
	instant := object{"type": []string{"string", "null"}, "format": "date-time"}
	plurals := make([]any, 0, len(record.Builtin().Kinds)+1)
	for _, k := range record.Builtin().Kinds {
		plurals = append(plurals, k.Plural)
	}
	return object{
		"type":     "object",
		"required": []string{"id", "state", "kind", "filename", "sha256", "bytes", "rows", "new", "changed", "unchanged", "errors", "warnings", "received_at", "finished_at"},
		"properties": object{
			"id":                  said("The upload's id"),
			"state":               enum("received", "processing", "accepted", "rejected", "checked", "withdrawn"),
			"kind":                object{"type": []string{"string", "null"}, "enum": append(plurals, nil), "description": "Recognised from the header"},
			"filename":            said("The file's name"),
			"owner":               said("A partner's id, or `coordinator`"),
			"sha256":              object{"type": []string{"string", "null"}, "description": "Of the file, in hex"},
			"bytes":               counted,
			"rows":                counted,
			"new":                 object{"type": "integer", "minimum": 0, "description": "Rows about things not heard of before"},
			"changed":             object{"type": "integer", "minimum": 0, "description": "Rows that say something else than what counted before"},
			"unchanged":           object{"type": "integer", "minimum": 0, "description": "Rows that say the same"},
			"totals":              object{"type": "object", "additionalProperties": object{"type": "number"}, "description": "What the rows add up to, by field: `reach`, `minutes`, `hours` or `quantity`; a row that stands there twice once"},
			"errors":              object{"type": "array", "items": ref("cell"), "description": "Every bad cell, up to 1,000"},
			"warnings":            object{"type": "array", "items": ref("cell"), "description": "What does not reject the file"},
			"errors_cut":          object{"type": "boolean", "description": "There are more errors"},
			"warnings_cut":        object{"type": "boolean", "description": "There are more warnings"},
			"same_as":             said("The upload with the same bytes, which this one says nothing beside, and ends with"),
			"check_only":          object{"type": "boolean"},
			"received_at":         instant,
			"finished_at":         instant,
			"original_removed_at": object{"type": "string", "format": "date-time", "description": "When the file as it was sent was removed, with its name; what its rows said goes on counting"},
		},
	}
}

func cell() object {
	return object{
		"type":     "object",
		"required": []string{"row", "column", "code", "value", "message"},
		"properties": object{
			"row":     object{"type": "integer", "description": "1 is the header"},
			"column":  said("The column's English name"),
			"code":    said("What is wrong, as a word for programs"),
			"value":   said("What stands there; masked where it identifies a person"),
			"message": said("What is wrong, in the uploader's language"),
		},
	}
}

// wholeSnapshot adds to the snapshot's shape what its types do not tell.
func wholeSnapshot() object {
	out := shape(reflect.TypeFor[snapshot.Snapshot]())
	properties := out["properties"].(object)
	properties["as_of"] = object{"type": "string", "format": "date"}
	properties["known_at"] = object{"type": "string", "format": "date-time", "description": "When the facts were read"}
	properties["state"] = enum(snapshot.Draft, snapshot.Approved, snapshot.Rejected)
	properties["supersedes"].(object)["description"] = "The snapshot of the same day that this one stands in the place of"
	properties["hash"] = object{"type": "string", "pattern": "^sha256:[0-9a-f]{64}$", "description": "SHA-256 over RFC 8785 JSON of all but `id`, `known_at`, `state`, `supersedes`, `hash` and the definition's `version`"}
	indicator := properties["indicators"].(object)["items"].(object)["properties"].(object)
	indicator["status"] = enum("achieved", "on-track", "behind", "not-started")
	indicator["by_month"].(object)["items"].(object)["properties"].(object)["month"] = object{"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}
	return out
}

func snapshotLine() object {
	whole := wholeSnapshot()
	properties, names := object{}, []string{}
	for _, name := range []string{"project", "id", "as_of", "known_at", "definition", "state", "supersedes", "hash"} {
		properties[name], names = whole["properties"].(object)[name], append(names, name)
	}
	return object{"type": "object", "properties": properties, "required": names}
}

func verification() object {
	return object{
		"type":     "object",
		"required": []string{"hash", "computed", "same", "erasures", "purges"},
		"properties": object{
			"hash":       said("The snapshot's"),
			"computed":   said("From the first fact"),
			"checkpoint": said("From the last checkpoint, where that lies before the snapshot"),
			"same":       object{"type": "boolean"},
			"erasures": object{"type": []string{"array", "null"}, "description": "People erased since", "items": object{
				"type": "object", "required": []string{"fact", "at"}, "properties": object{"fact": said("The fact's id"), "at": object{"type": "string", "format": "date-time"}},
			}},
			"purges": list(closed(object{"fact": said("The fact's id"), "at": instants(), "class": enum("people", "texts", "originals")}, "fact", "at", "class")),
		},
	}
}

func projectLine() object {
	whole := shape(reflect.TypeFor[project.Definition]())["properties"].(object)
	return object{
		"type":     "object",
		"required": []string{"id", "title", "period", "state", "signup_open"},
		"properties": object{
			"id": whole["id"], "title": whole["title"], "programme": whole["programme"], "period": whole["period"],
			"state":       enum(project.Upcoming, project.Running, project.Ended),
			"signup_open": object{"type": "boolean", "description": "The public form takes sign-ups to some activity"},
		},
	}
}

var (
	numberType    = reflect.TypeFor[json.Number]()
	breakdownType = reflect.TypeFor[snapshot.Breakdown]()
)

// shape is the schema of a type as it is written as JSON.
func shape(t reflect.Type) object {
	switch {
	case t == numberType:
		return object{"type": "number"}
	case t == breakdownType:
		return object{
			"type": "object", "description": "People by code, `unknown` last. The public sees `<5` in the place of 1 to 4, and `hidden` where a part could be worked out from it.",
			"additionalProperties": object{"oneOf": []object{{"type": "integer", "minimum": 0}, enum(snapshot.Few, snapshot.Hidden)}},
		}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return orNull(shape(t.Elem()))
	case reflect.Slice:
		return list(shape(t.Elem()))
	case reflect.Map:
		return object{"type": "object", "additionalProperties": shape(t.Elem())}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Struct:
		properties, required := object{}, []string{}
		members(t, properties, &required)
		return object{"type": "object", "properties": properties, "required": required}
	default:
		return object{"type": "string"}
	}
}

func members(t reflect.Type, properties object, required *[]string) {
	for f := range t.Fields() {
		if f.Anonymous {
			members(f.Type, properties, required)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		properties[name] = shape(f.Type)
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			*required = append(*required, name)
		}
	}
}

func merge() object {
	return closed(object{"into": object{"type": "string", "minLength": 1, "maxLength": 26, "description": "The id of the person that the other one is"}}, "into")
}

func apart() object {
	return closed(object{"from": object{"type": "string", "minLength": 1, "maxLength": 26, "description": "The id of the other person"}}, "from")
}

func decision() object {
	return closed(object{"decision": enum("approve", "reject"), "note": object{"type": []string{"string", "null"}, "maxLength": 2000}}, "decision")
}
