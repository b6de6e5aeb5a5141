package openapi

import (
	"net/http"
	"slices"
	"strings"

	"outreach/internal/fact"
	"outreach/internal/record"
	"outreach/internal/text"
)

// Who may do it, in words.
const (
	coordinator          = "coordinator"
	funderAndCoordinator = "funder (approved ones), coordinator (all)"
	uploaders            = "partner (own), coordinator (all)"
)

const (
	csvType  = "text/csv"
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

func asJSON(schema object) object { return object{"application/json": object{"schema": schema}} }

// asPage is for programs and browsers.
func asPage(schema object) object {
	out := asJSON(schema)
	out["text/html"] = object{"schema": object{"type": "string"}}
	return out
}

func asFile(mediaType string) object {
	return object{mediaType: object{"schema": object{"type": "string"}}}
}

// asSent is a body, as JSON or a web form.
func asSent(body, form object) object {
	return object{"application/json": object{"schema": body}, "application/x-www-form-urlencoded": object{"schema": form}}
}

// page is a page of a list.
func page(items object) object {
	return closed(object{"items": list(items), "next": object{"type": []string{"string", "null"}, "description": "The cursor of the next page"}}, "items", "next")
}

func paged(more ...object) []object {
	return append(more, parameterRef("limit"), parameterRef("cursor"))
}

func query(name, description string, schema object) object {
	return object{"name": name, "in": "query", "description": description, "schema": schema}
}

func ok(description string, content object) answer {
	return answer{status: http.StatusOK, description: description, content: content}
}

func created(description string, schema object) answer {
	return answer{status: http.StatusCreated, description: description, content: asJSON(schema), headers: object{
		"Location": object{"description": "Where it is", "schema": object{"type": "string"}},
	}}
}

// elsewhere sends a browser on after a form.
var elsewhere = answer{status: http.StatusSeeOther, description: "After a browser's form: on to the page"}

// work is where the first page and a project's lead whoever comes to them from signing in.
var work = answer{status: http.StatusSeeOther, description: "A browser that comes from signing in (`?work=1`): on to the page where this person's work begins"}

// waiting is a long answer, kept at a pre-signed address.
var waiting = answer{status: http.StatusSeeOther, description: "An answer over 4 MB waits at a short-lived pre-signed address", headers: object{
	"Location": object{"schema": object{"type": "string", "format": "uri"}},
}}

func tagged(a answer) answer {
	headers := object{"ETag": object{"description": "The version, for `If-Match`", "schema": object{"type": "string"}}}
	for name, header := range a.headers {
		headers[name] = header
	}
	a.headers = headers
	return a
}

func operations() []operation {
	out := slices.Concat(publicOperations(), signupOperations(), activityOperations(), uploadOperations())
	for _, k := range typed() {
		out = append(out, recordOperations(k)...)
	}
	return slices.Concat(out, officeOperations(), peopleOperations(), snapshotOperations(), definitionOperations())
}

func publicOperations() []operation {
	results := closed(object{"project": ref("project"), "snapshot": object{"oneOf": []object{ref("snapshot"), {"type": "null"}}}}, "project", "snapshot")
	return []operation{
		{method: "GET", path: "/", id: "listProjects", tag: "public", summary: "The projects", answers: []answer{ok("All projects", asPage(page(ref("project-line")))), work}},
		{method: "GET", path: "/{project}", id: "showResults", tag: "public", summary: "Planned and achieved", more: "From the latest approved snapshot. Of breakdowns, small numbers are hidden.",
			answers: []answer{ok("The project, and its snapshot or null", asPage(results)), work}},
		{method: "GET", path: "/{project}/signup", id: "showSignupForm", tag: "public", summary: "The sign-up form",
			query: []object{query("activity", "Preselects an activity", object{"type": "string"})},
			answers: []answer{ok("The form; for programs, what one can sign up to", asPage(closed(object{
				"project": said("The project's id"),
				"activities": list(closed(object{"id": said("The activity's id"), "label": label(), "open": object{"type": "boolean", "description": "The one who asks may sign somebody up now"},
					"full":        object{"type": "boolean", "description": "Whoever signs up now is put on the waiting list"},
					"places_left": object{"type": "integer", "minimum": 0, "description": "Places that sign-ups can still get; not of an activity without a limit"}},
					"id", "label", "open", "full")),
				"consent": closed(object{"version": object{"type": "string", "format": "date", "description": "Since when the words are as they are; it is kept with each sign-up"}, "text": list(object{"type": "string"})}, "version", "text"),
			}, "project", "activities", "consent")))}},
		{method: "GET", path: "/openapi.json", id: "describe", tag: "public", summary: "This document", answers: []answer{ok("OpenAPI 3.1", asJSON(object{"type": "object"}))}},
		{method: "GET", path: "/health", id: "health", tag: "public", summary: "Whether the tracker can answer", answers: []answer{ok("It can", asJSON(closed(object{"status": enum("ok"), "version": said("Of the running program")}, "status", "version")))}},
	}
}

func label() object {
	properties := object{}
	for _, tag := range text.Languages() {
		properties[tag] = said("In " + text.Name(tag)[text.English])
	}
	return object{"type": "object", "properties": properties}
}

func signupOperations() []operation {
	activity := query("activity", "Of this activity alone", object{"type": "string"})
	withdrawn := closed(object{"activity": said("The activity's id"), "state": enum("received", "cancelled")}, "activity", "state")
	token := object{"name": "token", "in": "query", "required": true, "description": "From the e-mail about the sign-up", "schema": object{"type": "string"}}
	const export = "In the order of submission, all of them at once."
	return []operation{
		{method: "POST", path: "/{project}/signups", id: "signUp", tag: "sign-ups", summary: "Sign up", once: true,
			more: "Anyone is answered with a receipt, a new one each time, whether or not they were on the list already. A coordinator is answered with the sign-up's id and state: `accepted`, `waitlisted` when the activity's capacity is taken, or `held`.\n\n" +
				"The public form is closed after the project's period and after the activity's `closes` (422, code `closed`); a coordinator may still enter late paper, with `submitted_at`. One person has one sign-up to an activity, however often the form is sent.",
			body:     asSent(ref("signup"), ref("signup-form")),
			conflict: "For coordinators: the e-mail address and the PESEL belong to two people (`two_people`)",
			answers:  []answer{{status: http.StatusCreated, description: "Signed up", content: asPage(object{"oneOf": []object{ref("receipt"), ref("signup-moved")}})}, elsewhere}},
		{method: "GET", path: "/{project}/signups", id: "listSignups", tag: "sign-ups", summary: "Sign-ups", who: coordinator, query: paged(activity),
			answers: []answer{ok("A page of the list, in the order of submission", asPage(page(ref("signup-kept")))), waiting}},
		{method: "GET", path: "/{project}/signups.csv", id: "exportSignupsCSV", tag: "sign-ups", summary: "Sign-ups as CSV", more: export, who: coordinator, query: []object{activity},
			answers: []answer{ok("The list", asFile(csvType)), waiting}},
		{method: "GET", path: "/{project}/signups.xlsx", id: "exportSignupsXLSX", tag: "sign-ups", summary: "Sign-ups as XLSX", more: export, who: coordinator, query: []object{activity},
			answers: []answer{ok("The list", asFile(xlsxType)), waiting}},
		{method: "PUT", path: "/{project}/signups/{id}", id: "moveSignup", tag: "sign-ups", summary: "Change a sign-up's state", who: coordinator, match: true,
			more:     "Cancelling an accepted one gives the place, at once, to the first of the queue. A held one that is accepted while no place is free joins the queue.",
			body:     asJSON(closed(object{"state": enum("accepted", "waitlisted", "held", "cancelled"), "reason": object{"type": []string{"string", "null"}}}, "state")),
			conflict: "No place is free, the sign-up is cancelled already, or its keys belong to two people",
			answers:  []answer{tagged(ok("Changed", asJSON(ref("signup-moved"))))}},
		{method: "GET", path: "/{project}/signups/{id}/cancel", id: "showCancel", tag: "sign-ups", summary: "One's own sign-up", who: "", more: "Who holds the token of the e-mail. It shows, and changes nothing.", query: []object{token},
			answers: []answer{ok("The sign-up", asPage(withdrawn))}},
		{method: "POST", path: "/{project}/signups/{id}/cancel", id: "cancelSignup", tag: "sign-ups", summary: "Withdraw one's own sign-up", more: "Who holds the token of the e-mail. Doing it again changes nothing.",
			query: []object{query("token", "From the e-mail about the sign-up; a body may bring it instead", object{"type": "string"})},
			body:  asSent(closed(object{"token": said("From the e-mail")}), object{"type": "object", "properties": object{"token": said("From the e-mail")}}), optional: true,
			answers: []answer{ok("Withdrawn", asPage(withdrawn)), elsewhere}},
	}
}

func uploadOperations() []operation {
	kind := query("kind", "The kind of file, `media` where it is not given; a partner's are media", enum("media", "signups", "consultations", "attendance", "tests", "outputs"))
	const filledIn = "The columns in the reader's language, and two rows that show what stands in them."
	return []operation{
		{method: "GET", path: "/{project}/uploads", id: "listUploads", tag: "uploads", summary: "Uploads", who: uploaders, query: paged(),
			answers: []answer{ok("A page of the list, newest first; cells are told by each upload's own address", asPage(page(ref("upload")))), waiting}},
		{method: "POST", path: "/{project}/uploads", id: "askUpload", tag: "uploads", summary: "Ask for a place to upload", who: "partner (media only), coordinator (any kind)", once: true,
			more: filesInWords(),
			body: object{"application/json": object{"schema": ref("upload-asked")}, "multipart/form-data": object{"schema": object{
				"type": "object", "required": []string{"file"}, "properties": object{
					"file": object{"type": "string", "format": "binary", "description": "The file itself, up to 4 MB: for browsers without JavaScript"}, "check_only": said("Any value: check only"), "idempotency_key": said("As the header"),
				}}}},
			answers: []answer{created("Send the file there: its arrival is the event", ref("upload-place")), elsewhere}},
		{method: "GET", path: "/{project}/uploads/template.csv", id: "downloadTemplateCSV", tag: "uploads", summary: "A file to fill in, as CSV", who: "partner (media), coordinator (any kind)", more: filledIn, query: []object{kind},
			answers: []answer{ok("The file", asFile(csvType))}},
		{method: "GET", path: "/{project}/uploads/template.xlsx", id: "downloadTemplateXLSX", tag: "uploads", summary: "A file to fill in, as XLSX", who: "partner (media), coordinator (any kind)", more: filledIn + " A second sheet explains each column.", query: []object{kind},
			answers: []answer{ok("The file", asFile(xlsxType))}},
		{method: "GET", path: "/{project}/uploads/{id}", id: "showUpload", tag: "uploads", summary: "What became of a file", who: uploaders,
			answers: []answer{ok("The upload", asPage(ref("upload"))), waiting}},
		{method: "DELETE", path: "/{project}/uploads/{id}", id: "withdrawUpload", tag: "uploads", summary: "Withdraw an accepted file", who: uploaders,
			more:     "Its rows stop counting, and what they had replaced counts again; sign-ups that it created are cancelled. Doing it again changes nothing.",
			conflict: "The file does not count: it is not accepted",
			answers:  []answer{ok("Withdrawn", asJSON(ref("upload"))), elsewhere}},
		{method: "POST", path: "/{project}/uploads/{id}/counting", id: "countUpload", tag: "uploads", summary: "Let a file count that was only checked", who: uploaders, once: true,
			more: "The same file is sent once more, to a place of its own, and checked anew: what becomes of it is told by the address of the new upload.",
			body: asSent(closed(object{}), object{"type": "object", "properties": object{"idempotency_key": said("As the header")}}), optional: true,
			conflict: "The file was not only checked, or the original is no longer there",
			answers:  []answer{created("On its way", ref("upload")), elsewhere}},
		{method: "GET", path: "/{project}/uploads/{id}/errors.csv", id: "listUploadErrors", tag: "uploads", summary: "The list of bad cells as CSV", who: uploaders,
			answers: []answer{ok("The list", asFile(csvType)), waiting}},
		{method: "GET", path: "/{project}/uploads/{id}/original", id: "showUploadOriginal", tag: "uploads", summary: "The file as it was sent", who: uploaders,
			answers: []answer{{status: http.StatusSeeOther, description: "It is at a short-lived pre-signed address", headers: object{"Location": object{"schema": object{"type": "string", "format": "uri"}}}},
				{status: http.StatusGone, description: "It was removed: somebody in it was erased, or it was kept long enough", content: object{"application/problem+json": object{"schema": ref("problem")}}}}},
	}
}

// filesInWords tells the columns of each kind of file.
func filesInWords() string {
	var b strings.Builder
	b.WriteString("CSV, TSV or XLSX, up to 50 MB and 200,000 rows. The kind of file is recognised from its header, in any column order, in English or Polish. One bad cell rejects the file.\n\n")
	for _, k := range record.Builtin().Kinds {
		var names []string
		for _, f := range k.Columns() {
			name := "`" + f.Name + "`"
			if polish := f.ColumnIn(text.Polish); polish != f.Name {
				name += " (" + polish + ")"
			}
			names = append(names, name)
		}
		b.WriteString("- " + k.Plural + ": " + strings.Join(names, ", ") + "\n")
	}
	return b.String()
}

func recordOperations(k *record.Kind) []operation {
	plural, name := k.Plural, strings.ToUpper(k.Name[:1])+k.Name[1:]
	who := coordinator
	if k.Name == "consultation" {
		who = "adviser (own), coordinator"
	}
	address, body, answered := "/{project}/"+plural, asSent(ref(k.Name), ref(k.Name+"-form")), ref(k.Name+"-kept")
	conflict := "A live typed record has the same natural key: `existing` names it"
	if k.Person {
		conflict += "; or the person's keys belong to two people (`two_people`)"
	}
	out := []operation{
		{method: "GET", path: address, id: "list" + name, tag: "records", summary: "List " + plural, who: who, query: paged(),
			answers: []answer{ok("A page of the list, newest first", asPage(page(answered))), waiting}},
		{method: "POST", path: address, id: "create" + name, tag: "records", summary: "Record " + article(k.Name), who: who, once: true, body: body, conflict: conflict,
			more: "What a file had said under the same natural key is corrected by it.", answers: []answer{tagged(created("The record", answered)), elsewhere}},
		{method: "GET", path: address + "/{id}", id: "show" + name, tag: "records", summary: "Show " + article(k.Name), who: who,
			answers: []answer{tagged(ok("The record", asPage(answered)))}},
		{method: "PUT", path: address + "/{id}", id: "replace" + name, tag: "records", summary: "Replace " + article(k.Name), who: who, match: true, body: body, conflict: conflict,
			more: "It needs no `reason`, but takes one.", answers: []answer{tagged(ok("The record as it is now", asJSON(answered)))}},
		{method: "DELETE", path: address + "/{id}", id: "void" + name, tag: "records", summary: "Void " + article(k.Name), who: who, match: true, query: []object{query("reason", "Why", object{"type": "string"})},
			more: "It stops counting, and what it had corrected counts again.", answers: []answer{ok("Voided", asJSON(closed(object{"id": said("The record's id"), "state": enum("voided")}, "id", "state")))}},
	}
	if k.Name == "consultation" {
		out = append(out, operation{method: "GET", path: address + "/sheet", id: "showConsultationSheet", tag: "records", summary: "An adviser's month, to print and sign", who: who,
			query:   []object{query("month", "YYYY-MM; the present month, or the project's last, where it is not given", object{"type": "string"}), query("adviser", "An adviser's e-mail address, needed of a coordinator", object{"type": "string"})},
			answers: []answer{ok("The records that were typed, in the order of their dates, and what they come to", asPage(sheet(answered))), waiting}})
	}
	return out
}

func sheet(items object) object {
	counted := object{"type": "integer", "minimum": 0}
	sum := func(more object) object {
		more["records"], more["minutes"] = counted, counted
		return closed(more, "records", "minutes")
	}
	return closed(object{
		"adviser": said("The adviser's e-mail address"), "month": object{"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}, "items": list(items),
		"total": sum(object{}), "by_field": list(sum(object{"field": said("The field of advice")})),
	}, "adviser", "month", "items", "total", "by_field")
}

func article(name string) string {
	if strings.ContainsRune("aeiou", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

func peopleOperations() []operation {
	return []operation{
		{method: "GET", path: "/{project}/people", id: "searchPeople", tag: "people", summary: "Search people", who: coordinator,
			query:   paged(query("q", "An e-mail address, a PESEL, or the beginnings of words of a name, in any order", object{"type": "string"})),
			answers: []answer{ok("A page of the list", asPage(page(ref("person")))), waiting}},
		{method: "GET", path: "/{project}/people/duplicates", id: "listDuplicates", tag: "people", summary: "Probable duplicates", who: coordinator, query: paged(),
			more:    "The same name, one spelt alike or in another order, the same phone, or nearly the same e-mail address.",
			answers: []answer{ok("Pairs of people", asPage(page(ref("duplicates")))), waiting}},
		{method: "GET", path: "/{project}/people/{id}", id: "showPerson", tag: "people", summary: "Everything held on one person", who: coordinator,
			answers: []answer{tagged(ok("The person", asPage(ref("person-held")))), waiting}},
		{method: "PUT", path: "/{project}/people/{id}", id: "correctPerson", tag: "people", summary: "Correct who somebody is", who: coordinator, match: true, body: asJSON(ref("identity")),
			more:     "All five fields are put in the place of what was known; of several addresses or PESELs the first is replaced. A key that is no longer theirs leads nowhere.",
			conflict: "The e-mail address or the PESEL belongs to another person: `existing` names them",
			answers:  []answer{tagged(ok("The person as it is now", asJSON(ref("person"))))}},
		{method: "GET", path: "/{project}/people/{id}.json", id: "exportPerson", tag: "people", summary: "The subject-access export", who: coordinator,
			answers: []answer{ok("Everything held on one person", asJSON(ref("person-held"))), waiting}},
		{method: "DELETE", path: "/{project}/people/{id}", id: "erasePerson", tag: "people", summary: "Erase a person", who: coordinator,
			more:    "Identity and attributes go; counts stay, where the rule asks for no attribute.",
			answers: []answer{ok("Erased", asJSON(closed(object{"id": said("The id that was theirs"), "state": enum("erased")}, "id", "state")))}},
		{method: "GET", path: "/{project}/people/{id}/erasure", id: "previewErasure", tag: "people", summary: "What an erasure would take, and what would stay", who: coordinator,
			answers: []answer{ok("Numbers, and the figures that may change", asPage(ref("erasure")))}},
		{method: "GET", path: "/{project}/people/{id}/merge", id: "previewMerge", tag: "people", summary: "What a merge would make", who: coordinator,
			query:   []object{query("into", "The right person, by id, e-mail address or PESEL", object{"type": "string"})},
			answers: []answer{ok("Both people, the one they would be, and what both have", asPage(ref("merge-preview")))}},
		{method: "POST", path: "/{project}/people/{id}/merge", id: "mergePeople", tag: "people", summary: "Two records of one person become one", who: coordinator,
			body:    asSent(ref("merge"), ref("merge")),
			answers: []answer{ok("The person that both are now", asJSON(ref("person"))), elsewhere}},
		{method: "POST", path: "/{project}/people/{id}/apart", id: "tellApart", tag: "people", summary: "Two records that look like one person's are two people's", who: coordinator,
			more:    "They are no longer listed as probable duplicates. They may still be merged later.",
			body:    asSent(ref("apart"), ref("apart")),
			answers: []answer{ok("Told apart", asJSON(closed(object{"id": said("The one"), "from": said("The other"), "state": enum("apart")}, "id", "from", "state"))), elsewhere}},
	}
}

func officeOperations() []operation {
	return []operation{
		{method: "GET", path: "/{project}/attention", id: "showAttention", tag: "office", summary: "What waits for the office", who: coordinator,
			answers: []answer{ok("The most pressing first", asPage(page(ref("task"))))}},
		{method: "GET", path: "/{project}/audit", id: "showAudit", tag: "office", summary: "Who did what, and when", who: coordinator,
			more: "Where few of many are asked for, a page may be shorter than its limit, or empty, and still have a next one.",
			query: paged(query("kind", "Of this kind alone", enum(fact.Kinds...)),
				query("who", "By this member of the staff alone, an e-mail address; or `form`, `delivery` or `schedule`", object{"type": "string"})),
			answers: []answer{ok("A page of the list, newest first", asPage(page(ref("happened")))), waiting}},
	}
}

func snapshotOperations() []operation {
	const about = "`latest` is an id: the newest that the one who asks may see."
	address := "/{project}/snapshots/{id}"
	figure := func(summary string, path, id string) []operation {
		return []operation{
			{method: "GET", path: path, id: "show" + id, tag: "snapshots", summary: "The records behind " + summary, who: funderAndCoordinator, more: about, query: paged(),
				answers: []answer{ok("A page of the list", asPage(page(ref("evidence")))), waiting}},
			{method: "GET", path: path + ".csv", id: "export" + id, tag: "snapshots", summary: "The records behind " + summary + ", as CSV", who: funderAndCoordinator, more: about,
				answers: []answer{ok("The whole list", asFile(csvType)), waiting}},
		}
	}
	drawn := func(suffix, mediaType string) operation {
		return operation{method: "GET", path: address + "." + suffix, id: "exportSnapshot" + strings.ToUpper(suffix), tag: "snapshots", summary: "A snapshot as " + strings.ToUpper(suffix), who: funderAndCoordinator, more: about,
			answers: []answer{ok("The snapshot", asFile(mediaType)), waiting}}
	}
	asJSONFile := drawn("json", "application/json")
	asJSONFile.answers[0].content = asJSON(ref("snapshot"))
	now := closed(object{"as_of": object{"type": []string{"string", "null"}, "format": "date", "description": "Today where it is not given"}})
	return slices.Concat([]operation{
		{method: "GET", path: "/{project}/snapshots", id: "listSnapshots", tag: "snapshots", summary: "Snapshots", who: funderAndCoordinator, query: paged(),
			answers: []answer{ok("A page of the list, newest first", asPage(page(ref("snapshot-line")))), waiting}},
		{method: "POST", path: "/{project}/snapshots", id: "compileSnapshot", tag: "snapshots", summary: "Compile now", who: coordinator, once: true,
			more: "Compiling the same day again with other results makes a new snapshot, which names the one it supersedes.",
			body: asSent(now, object{"type": "object", "properties": object{"as_of": object{"type": "string"}, "idempotency_key": said("As the header")}}), optional: true,
			answers: []answer{
				created("A new snapshot", ref("snapshot")), ok("Nothing has changed: the present one", asJSON(ref("snapshot"))),
				{status: http.StatusAccepted, description: "It takes long: look there", headers: object{"Location": object{"schema": object{"type": "string"}}}}, elsewhere,
			}},
		{method: "GET", path: address, id: "showSnapshot", tag: "snapshots", summary: "A snapshot", who: funderAndCoordinator, more: about, answers: []answer{ok("The snapshot", asPage(ref("snapshot"))), waiting}},
		asJSONFile, drawn("csv", csvType), drawn("xlsx", xlsxType), drawn("pdf", "application/pdf"),
		{method: "GET", path: address + "/changes", id: "showChanges", tag: "snapshots", summary: "What changed since the last", who: funderAndCoordinator,
			more:    "Against the approved snapshot of the latest day before. " + about,
			answers: []answer{ok("The figures now and before", asPage(ref("changes"))), waiting}},
		{method: "POST", path: address + "/approval", id: "decideSnapshot", tag: "snapshots", summary: "Approve or reject", who: coordinator,
			more: "An approved one is what the public and the funder see.", body: asSent(ref("decision"), ref("decision")),
			answers: []answer{ok("Decided", asJSON(closed(object{"id": said("The snapshot's id"), "state": enum("approved", "rejected")}, "id", "state"))), elsewhere}},
		{method: "POST", path: address + "/verification", id: "verifySnapshot", tag: "snapshots", summary: "Compute a snapshot again from the first fact", who: funderAndCoordinator,
			more: "Where someone in it was erased since, the hash may differ: the answer names the erasures, and what was removed because it is kept no longer.", answers: []answer{ok("What it comes to", asPage(ref("verification")))}},
	}, figure("an indicator", address+"/indicators/{code}/evidence", "IndicatorEvidence"), figure("the participants", address+"/participants/evidence", "ParticipantsEvidence"))
}

func definitionOperations() []operation {
	yaml := object{"application/yaml": object{"schema": object{"description": "A definition, at most 256 KB of UTF-8"}}}
	text := object{"text/html": object{"schema": object{"type": "string"}}, "application/yaml": yaml["application/yaml"]}
	bad := answer{status: http.StatusUnprocessableEntity, description: "What is wrong, and where", content: object{"application/problem+json": object{"schema": ref("line-problem")}}}
	set := closed(object{"project": said("The project's id"), "version": object{"type": "integer", "minimum": 1}, "sha256": said("Of the text"), "valid": object{"const": true}, "errors": object{"type": "array", "maxItems": 0},
		"summary": said("Of a dry run, in the reader's language"), "changes": object{"type": "array", "items": ref("change"), "description": "Of a dry run: what would differ from the present version"}}, "project")
	return []operation{
		{method: "GET", path: "/{project}/definition", id: "showDefinition", tag: "definition", summary: "The project's definition", who: coordinator, answers: []answer{tagged(ok("YAML", text))}},
		{method: "GET", path: "/{project}/definition/versions", id: "listDefinitionVersions", tag: "definition", summary: "All versions of the definition", who: coordinator, query: paged(),
			answers: []answer{ok("A page of the list, newest first", asPage(page(ref("version")))), waiting}},
		{method: "GET", path: "/{project}/definition/versions/{number}", id: "showDefinitionVersion", tag: "definition", summary: "The text of one version", who: coordinator,
			answers: []answer{tagged(ok("YAML", text))}},
		{method: "PUT", path: "/{project}/definition", id: "setDefinition", tag: "definition", summary: "Set the project's definition", who: "coordinator; admin, also for a project that does not exist yet", match: true,
			more:    "A new version counts from the next snapshot on; approved snapshots stay as they are.",
			query:   []object{query("dry_run", "`1`: only check", enum("0", "1"))},
			body:    yaml,
			answers: []answer{tagged(ok("Set; or, of a dry run, found right", asJSON(set))), tagged(created("A new project", set)), bad}},
	}
}
