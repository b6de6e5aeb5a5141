package openapi

import (
	"maps"
	"net/http"

	"outreach/internal/project"
	"outreach/internal/record"
	"outreach/internal/text"
)

var (
	wholeNumber = object{"type": "integer", "minimum": 0}
	cursor      = object{"type": []string{"string", "null"}, "description": "The cursor of the next page"}
)

// standing is an activity and how many signed up to it.
func standing() object {
	return object{
		"id": said("The activity's id"), "label": label(), "place": said("Where it is"), "starts": said("A day, or an instant"), "ends": said("A day, or an instant"),
		"capacity": object{"type": "integer", "minimum": 1, "description": "How many places there are; left out where there is no limit"},
		"accepted": wholeNumber, "waitlisted": wholeNumber, "held": wholeNumber,
	}
}

// some are properties of a kind, none of which has to be there.
func some(k *record.Kind, names ...string) object {
	out := object{}
	for _, name := range names {
		out[name] = property(&k.Fields[k.Index(name)])
	}
	return out
}

func activityOperations() []operation {
	d := &project.Definition{}
	var outcomes []string
	for _, o := range record.Builtin().Kind(record.Attendance).Field("outcome").Options(d) {
		outcomes = append(outcomes, o.ID)
	}
	day := object{"type": "string", "format": "date"}
	hours := object{"type": "number", "minimum": 0, "description": "Of all days"}
	line, whole := closed(standing(), "id", "label", "accepted", "waitlisted", "held"), standing()
	whole["items"] = list(closed(object{
		"person": ref("person"), "signup": said("The sign-up's id"), "state": enum(record.Accepted, record.Waitlisted, record.Held, record.Cancelled),
		"days": list(day), "hours": hours, "outcome": object{"type": "string", "enum": outcomes, "description": "How it ended: completed where any day says so, else withdrew where any does"},
		"tests": list(object{"type": "object", "properties": some(record.Builtin().Kind(record.Test), "date", "pre_score", "post_score", "max_score")}),
	}, "person", "signup", "state", "days", "tests"))
	whole["next"] = cursor
	listed := closed(object{"activity": said("The activity's id"), "date": object{"type": []string{"string", "null"}}, "items": list(closed(object{"person": ref("person")}, "person")), "next": cursor}, "activity", "date", "items", "next")
	certificate := closed(object{"person": ref("person"), "number": said("The same whenever it is printed"), "hours": hours, "from": day, "to": day}, "person", "number", "from", "to")
	const address = "/{project}/activities/{activity}"
	out := []operation{
		{method: "GET", path: "/{project}/activities", id: "listActivities", tag: "sign-ups", summary: "The project's activities", who: coordinator,
			answers: []answer{ok("All of them, in the definition's order", asPage(page(line))), waiting}},
		{method: "GET", path: address, id: "showActivity", tag: "sign-ups", summary: "An activity, and what is known of everybody there", who: coordinator, query: paged(),
			answers: []answer{ok("The activity, and a page of those who signed up, by name", asPage(closed(whole, "id", "label", "accepted", "waitlisted", "held", "items", "next"))), waiting}},
		{method: "GET", path: address + "/list", id: "showAttendanceList", tag: "sign-ups", summary: "The attendance list of a day", who: coordinator, more: "For browsers it is a page to print and sign.",
			query:   paged(query("date", "The day; without it, the one on which the activity begins", day), query("empty", "Lines for those who come without having signed up", object{"type": "integer", "minimum": 0, "maximum": 60, "default": 5})),
			answers: []answer{ok("Those who have a place, by name", asPage(listed)), waiting}},
		{method: "GET", path: address + "/certificates", id: "showCertificates", tag: "sign-ups", summary: "Certificates", who: coordinator, more: "Of all who completed the activity, or of one person. For browsers they are pages to print.",
			query:   paged(query("person", "A person's id", object{"type": "string"}), query("in", "The language of the certificates", enum(text.Languages()...))),
			answers: []answer{ok("What is certified", asPage(page(certificate))), waiting}},
	}
	return append(append(out, sheetOperations(record.Builtin().Kind(record.Attendance), "outcome", "hours")...), sheetOperations(record.Builtin().Kind(record.Test), "pre_score", "post_score", "max_score")...)
}

// sheetOperations are the records of one kind of everybody at an activity on one day.
func sheetOperations(k *record.Kind, columns ...string) []operation {
	const rows = 100
	shown, sent := some(k, columns...), object{}
	for name, p := range shown {
		sent[name] = orNull(maps.Clone(p.(object)))
	}
	version := said("What held, to be sent back; empty where there was nothing")
	shown["person"], shown["version"], shown["upload"], shown["row"] = ref("person"), version, said("The file that says so"), object{"type": "integer", "description": "The file's row"}
	sent["person"], sent["version"] = ref("person-ref"), said("`version` as it was answered; without it, whatever holds now is replaced")
	day := object{"type": "string", "format": "date"}
	count := object{"new": wholeNumber, "changed": wholeNumber, "unchanged": wholeNumber, "removed": wholeNumber}
	saved := closed(count, "new", "changed", "unchanged", "removed")
	refused := func(status int, description string) answer {
		return answer{status: status, description: description, content: object{"application/problem+json": object{"schema": object{"allOf": []object{ref("problem"), {"type": "object", "properties": object{"saved": saved}}}}}}}
	}
	body := closed(object{"date": day, "rows": object{"type": "array", "maxItems": rows, "items": closed(sent, "person")}}, "date", "rows")
	form := object{"type": "object", "required": []string{"date"}, "properties": object{"date": said("The day"), "idempotency_key": said("As the header")},
		"additionalProperties": object{"type": "string"}, "description": "The rows' fields are numbered from 0: person-0, seen-0, and each column"}
	address, what := "/{project}/activities/{activity}/"+k.Plural, "attendance"
	if k == record.Builtin().Kind(record.Test) {
		what = "tests"
	}
	name := map[string]string{"attendance": "Attendance", "tests": "Tests"}[what]
	return []operation{
		{method: "GET", path: address, id: "show" + name + "Sheet", tag: "records", summary: "Everybody's " + what + " at an activity on a day", who: coordinator, query: paged(query("date", "The day", day)),
			answers: []answer{ok("A row for each person with a place, by name, up to 100", asPage(closed(object{"activity": said("The activity's id"), "date": day, "items": list(closed(shown, "person", "version")), "next": cursor}, "activity", "date", "items", "next"))), waiting}},
		{method: "POST", path: address, id: "save" + name + "Sheet", tag: "records", summary: "Record everybody's " + what + " at once", who: coordinator, once: true, body: asSent(body, form),
			more: "Each row is taken by itself, as a record that is typed in alone would be: it makes a record, replaces the one that there is, leaves alone what agrees, or, with a person alone, voids it. Rows that are right are saved whatever is wrong with others; " +
				"the problem names the others as `rows.<number>`, and `saved` says what became of the rest. A row whose `version` no longer holds is not saved (`stale`).",
			answers: []answer{ok("All rows are saved", asPage(saved)), elsewhere, refused(http.StatusPreconditionFailed, "Rows were changed by somebody else meanwhile; the others are saved"), refused(http.StatusUnprocessableEntity, "Rows are wrong; the others are saved")}},
	}
}
