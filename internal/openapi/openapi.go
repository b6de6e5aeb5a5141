// Package openapi is the tracker's description of itself: every address, who may use it, what it takes and what it
// answers, as an OpenAPI 3.1 document. The fields of records come from the tables of the six kinds, the shapes of
// snapshots and definitions from their types, so that the document cannot say something else than the code.
package openapi

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"outreach/internal/text"
)

// object is a piece of the document.
type object = map[string]any

// Document gives the document, to be written as JSON. BaseURL is where the tracker is found, without a slash at the end.
func Document(baseURL string) any {
	out := maps.Clone(document())
	out["servers"] = []object{{"url": baseURL}}
	return out
}

var document = sync.OnceValue(func() object {
	paths := object{}
	for _, o := range operations() {
		item, found := paths[o.path].(object)
		if !found {
			item = object{}
			if parameters := pathParameters(o.path); len(parameters) > 0 {
				item["parameters"] = parameters
			}
			paths[o.path] = item
		}
		item[strings.ToLower(o.method)] = o.describe()
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title":       "Outreach tracker",
			"version":     "1",
			"description": languages().Replace(introduction),
		},
		"tags":  tags,
		"paths": paths,
		"components": object{
			"schemas":    schemas(),
			"responses":  problemResponses(),
			"parameters": sharedParameters,
			"securitySchemes": object{
				"bearer":  object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An OpenID Connect token, whose groups are the roles."},
				"session": object{"type": "apiKey", "in": "cookie", "name": "session", "description": "The session of a person who signed in at `/auth/sign-in`; over HTTPS the cookie is called `__Host-session`."},
			},
		},
	}
})

// languages fills in which languages are offered.
func languages() *strings.Replacer {
	var names, tags []string
	for _, tag := range text.Languages() {
		names, tags = append(names, text.Name(tag)[text.English]), append(tags, "`"+tag+"`")
	}
	return strings.NewReplacer("{languages}", strings.Join(names, " or "), "{tags}", strings.Join(tags, " or "))
}

const introduction = `Planned and achieved of funded outreach projects: sign-ups, advice, attendance, tests, outputs and media reports go in,
snapshots that explain every figure come out.

One address is one thing. A browser (` + "`Accept: text/html`" + `) gets a page, a program (` + "`Accept: application/json`" + `, or a JSON body) gets JSON.
Forms and JSON bodies have the same fields; a form's values are texts as people write them, in {languages}.
Messages are in the language of ` + "`Accept-Language`" + `, {languages}; the parameter ` + "`lang`" + ` ({tags}) overrides it.

Roles are claims of an OpenID Connect token, in ` + "`groups`" + `: ` + "`{project}:coordinator`, `{project}:adviser`, `{project}:funder`, `{project}:partner:{partner}`" + `, and ` + "`admin`" + `, who may begin projects.
Each address says for whom it is.

Dates are ` + "`YYYY-MM-DD`" + ` in the project's time zone, instants RFC 3339, ids ULIDs. What an answer does not know, it leaves out.
Errors are RFC 9457 problems; of bad input every error is named at once. An answer over 4 MB is a 303 to a short-lived pre-signed address.
A POST that creates may carry an ` + "`Idempotency-Key`" + `: the same key and body give the same answer again, and make nothing new, for 24 hours at least.`

var tags = []object{
	{"name": "public", "description": "For anyone"},
	{"name": "office", "description": "What waits, and what was done"},
	{"name": "sign-ups", "description": "The list of an activity"},
	{"name": "records", "description": "What people type in"},
	{"name": "uploads", "description": "Files of records"},
	{"name": "people", "description": "Who somebody is"},
	{"name": "snapshots", "description": "Planned and achieved on a day, and the records behind each figure"},
	{"name": "definition", "description": "What was promised, and how it is counted"},
}

// operation is one method of one address.
type operation struct {
	method, path string
	id, tag      string
	summary      string
	more         string   // what else there is to know
	who          string   // the roles, in words; "": anyone
	query        []object // parameters
	body         object   // the media types that a body may have; nil: there is none
	optional     bool     // the body may be left out
	once         bool     // it creates, and takes an Idempotency-Key
	match        bool     // it takes an If-Match
	conflict     string   // what a 409 means; "": there is none
	answers      []answer
}

// answer is one that is no problem.
type answer struct {
	status      int
	description string
	content     object // by media type
	headers     object
}

func (o operation) describe() object {
	out := object{"operationId": o.id, "tags": []string{o.tag}, "summary": o.summary, "description": o.words(), "responses": o.responses()}
	parameters := append([]object{}, o.query...)
	if o.once {
		parameters = append(parameters, parameterRef("idempotency-key"))
	}
	if o.match {
		parameters = append(parameters, parameterRef("if-match"))
	}
	if len(parameters) > 0 {
		out["parameters"] = parameters
	}
	if o.body != nil {
		out["requestBody"] = object{"required": !o.optional, "content": o.body}
	}
	out["security"] = []object{}
	if o.who != "" {
		out["security"] = []object{{"bearer": []string{}}, {"session": []string{}}}
	}
	return out
}

func (o operation) words() string {
	who := o.who
	if who == "" {
		who = "anyone"
	}
	return strings.TrimSpace("For: " + who + ".\n\n" + o.more)
}

func (o operation) responses() object {
	out := object{}
	for _, a := range o.answers {
		response := object{"description": a.description}
		if a.content != nil {
			response["content"] = a.content
		}
		if a.headers != nil {
			response["headers"] = a.headers
		}
		out[strconv.Itoa(a.status)] = response
	}
	problem := func(statuses ...int) {
		for _, status := range statuses {
			key := strconv.Itoa(status)
			if _, told := out[key]; !told {
				out[key] = object{"$ref": "#/components/responses/" + key}
			}
		}
	}
	problem(http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	if o.who != "" || o.method != http.MethodGet {
		problem(http.StatusForbidden) // of a POST, also where another site's page sent it
	}
	if strings.Contains(o.path, "{project}") {
		problem(http.StatusNotFound)
	}
	if o.body != nil {
		problem(http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if len(o.query) > 0 {
		problem(http.StatusBadRequest) // a cursor that is none
	}
	if o.body != nil || len(o.query) > 0 {
		problem(http.StatusUnprocessableEntity)
	}
	if o.match {
		problem(http.StatusPreconditionFailed)
	}
	if o.conflict != "" {
		out["409"] = object{"description": o.conflict, "content": object{"application/problem+json": object{"schema": ref("problem")}}}
	}
	return out
}

func pathParameters(path string) []object {
	var out []object
	for part := range strings.SplitSeq(path, "/") {
		name, _, found := strings.Cut(strings.TrimPrefix(part, "{"), "}")
		if found && strings.HasPrefix(part, "{") {
			out = append(out, parameterRef(name))
		}
	}
	return out
}

func parameterRef(name string) object { return object{"$ref": "#/components/parameters/" + name} }

func ref(schema string) object { return object{"$ref": "#/components/schemas/" + schema} }

var sharedParameters = object{
	"project":  object{"name": "project", "in": "path", "required": true, "description": "The id of the project's definition", "schema": object{"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"}},
	"id":       object{"name": "id", "in": "path", "required": true, "description": "An id; of snapshots also `latest`", "schema": object{"type": "string"}},
	"number":   object{"name": "number", "in": "path", "required": true, "description": "The version's number", "schema": object{"type": "integer", "minimum": 1}},
	"activity": object{"name": "activity", "in": "path", "required": true, "description": "The activity's id in the definition", "schema": object{"type": "string"}},
	"code":     object{"name": "code", "in": "path", "required": true, "description": "The indicator's code", "schema": object{"type": "string", "maxLength": 40}},
	"idempotency-key": object{"name": "Idempotency-Key", "in": "header", "description": "The same key and body give the same answer again; the same key with another body is 422. A form carries it in the field `idempotency_key`.",
		"schema": object{"type": "string", "maxLength": 255}},
	"if-match": object{"name": "If-Match", "in": "header", "description": "The `ETag` of what is to be changed: 412 where it was changed meanwhile", "schema": object{"type": "string"}},
	"limit":    object{"name": "limit", "in": "query", "description": "How many items, 1 to 200; any other value means 50", "schema": object{"type": "integer", "default": 50}},
	"cursor":   object{"name": "cursor", "in": "query", "description": "`next` of the page before", "schema": object{"type": "string"}},
}

var problems = map[int]string{
	http.StatusBadRequest:            "The request cannot be read",
	http.StatusUnauthorized:          "Nobody is signed in, or the token or session is not valid",
	http.StatusForbidden:             "The role does not allow it",
	http.StatusNotFound:              "There is no such thing, or none that the one who asks may know of",
	http.StatusPreconditionFailed:    "It was changed since the version that `If-Match` names",
	http.StatusRequestEntityTooLarge: "The body is too large",
	http.StatusUnsupportedMediaType:  "The body has a media type that is not taken",
	http.StatusUnprocessableEntity:   "Bad values or unknown fields: every one is named in `errors`",
	http.StatusTooManyRequests:       "Too many requests: `Retry-After` says when to try again",
	http.StatusServiceUnavailable:    "Not now: `Retry-After` says when to try again",
}

func problemResponses() object {
	out := object{}
	for status, description := range problems {
		response := object{"description": description, "content": object{"application/problem+json": object{"schema": ref("problem")}}}
		switch status {
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			response["headers"] = object{"Retry-After": object{"description": "Seconds", "schema": object{"type": "integer"}}}
		case http.StatusUnauthorized:
			response["headers"] = object{"WWW-Authenticate": object{"schema": object{"type": "string"}}}
		}
		out[strconv.Itoa(status)] = response
	}
	return out
}
