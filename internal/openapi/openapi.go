// Package openapi generates the API description, an OpenAPI 3.1 document, from the routes: every endpoint with its
// roles, requests and responses. The fields of records come from their kinds and the schemas of responses from the Go
// types that are marshalled, so the document cannot differ from the code.
package openapi

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/openapi/served"
	"outreach/internal/schema"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// object is a JSON object of the document.
type object = map[string]any

// Document returns the API description, to be marshalled as JSON, of the routes and of the registry's kinds of record.
// It has no server URL. It fails if two types of bodies would get the same name.
func Document(routes []web.Route, registry *schema.Registry) (any, error) {
	w, err := newWriter(routes, registry)
	if err != nil {
		return nil, err
	}
	paths := object{}
	for _, route := range routes {
		if route.ID == "" {
			continue
		}
		item, found := paths[route.Path].(object)
		if !found {
			item = object{}
			if parameters := pathParameters(route); len(parameters) > 0 {
				item["parameters"] = parameters
			}
			paths[route.Path] = item
		}
		item[strings.ToLower(route.Method)] = w.operation(route)
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title":       "Outreach tracker",
			"version":     "1",
			"description": introduction,
		},
		"tags":  Tags(),
		"paths": paths,
		"components": object{
			"schemas":    w.components,
			"responses":  problemResponses(),
			"parameters": sharedParameters,
			"securitySchemes": object{
				"bearer":  object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An OpenID Connect token, whose groups are the roles."},
				"secret":  object{"type": "http", "scheme": "bearer", "description": "The secret of a source's hook. In its place a signature of the body may come, in the header that the source names."},
				"session": object{"type": "apiKey", "in": "cookie", "name": "session", "description": "The session of a person who signed in at `/auth/sign-in`; over HTTPS the cookie is called `__Host-session`."},
			},
		},
	}, nil
}

const introduction = `Planned and achieved of funded outreach projects: sign-ups, advice, attendance, tests, outputs and media reports go in,
snapshots that explain every figure come out.

Each resource has one address. A browser (` + "`Accept: text/html`" + `) gets a page, a program (` + "`Accept: application/json`" + `, or a JSON body) gets JSON.
Forms and JSON bodies have the same fields; the values of a form are strings as people write them, in any language of the pages.
Invisible characters, such as zero-width spaces and marks of direction, are removed from all texts of both, and of files.
Messages are in the language of ` + "`Accept-Language`" + `: Polish (` + "`pl`" + `), German (` + "`de`" + `), English (` + "`en`" + `), Spanish (` + "`es`" + `) or Ukrainian (` + "`uk`" + `); the parameter ` + "`lang`" + ` overrides it.

Roles are claims of an OpenID Connect token, in ` + "`groups`" + `: ` + "`{project}:coordinator`, `{project}:adviser`, `{project}:funder`, `{project}:partner:{partner}`" + `, ` + "`programme:{programme}`" + `, and ` + "`admin`" + `, who may create projects.
Each operation names the roles that may use it.

Dates are ` + "`YYYY-MM-DD`" + ` in the project's time zone, instants RFC 3339, ids ULIDs. Fields without a value are left out of answers.
Errors are RFC 9457 problems; for invalid input all errors are listed at once. An answer over 4 MB is a 303 to a short-lived pre-signed URL.
A POST that creates may carry an ` + "`Idempotency-Key`" + `: for at least 24 hours a repeated request with the same key and body returns the first answer and creates nothing.`

// Tag groups routes by topic.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Tags returns the tags of routes in the order of the document.
func Tags() []Tag {
	return []Tag{
		{"public", "For anyone"},
		{"office", "What waits, and what was done"},
		{"sign-ups", "The list of an activity"},
		{"records", "What people type in"},
		{"uploads", "Files of records"},
		{"access", "Who has which role"},
		{"people", "Who somebody is"},
		{"snapshots", "Planned and achieved on a day, and the records behind each figure"},
		{"subscriptions", "Programs that hear of what happens"},
		{"definition", "What was promised, and how it is counted"},
		{"archive", "A project as a whole"},
		{"programme", "Projects side by side, for the funder of a programme"},
	}
}

func (w *writer) operation(r web.Route) object {
	out := object{
		"operationId": r.ID, "tags": []string{r.Tag}, "summary": r.Summary, "description": strings.TrimSpace("For: " + Who(r) + ".\n\n" + r.Detail),
		"responses": w.responses(r), "security": []object{},
	}
	if len(r.Roles) > 0 || r.Admin {
		out["security"] = []object{{"bearer": []string{}}, {"session": []string{}}}
	}
	if r.Scope == web.Secret {
		out["security"] = []object{{"secret": []string{}}}
	}
	if parameters := w.parameters(r); len(parameters) > 0 {
		out["parameters"] = parameters
	}
	if r.Request != nil {
		out["requestBody"] = object{"required": !r.Optional, "content": w.request(r.Request, r.Once)}
	}
	return out
}

// Who returns a description of the callers that may use a route.
func Who(r web.Route) string {
	if len(r.Roles) == 0 && r.Scope == web.Holder {
		return "anyone who has the token"
	}
	switch {
	case r.Scope == web.Secret:
		return "another program that has the secret"
	case r.Admin:
		return "admin"
	case len(r.Roles) == 0:
		return "anyone"
	}
	var who []string
	for _, role := range r.Roles {
		if role != web.Coordinator && r.Scope != "" {
			role += " (" + string(r.Scope) + ")"
		}
		who = append(who, role)
	}
	if r.Begins {
		who = append(who, "admin (a new project)")
	}
	return strings.Join(who, ", ")
}

func (w *writer) parameters(r web.Route) []object {
	var out []object
	for _, p := range r.Query {
		if p.Name == web.Limit || p.Name == web.Cursor {
			out = append(out, parameterRef(p.Name))
			continue
		}
		one := object{"name": p.Name, "in": "query", "description": p.Description, "schema": object{"type": "string"}}
		switch {
		case p.Values != nil:
			one["schema"] = served.Enum(p.Values...)
		case p.Schema != nil:
			one["schema"] = w.schema(p.Schema)
		}
		if p.Required {
			one["required"] = true
		}
		out = append(out, one)
	}
	if r.Once {
		out = append(out, parameterRef("idempotency-key"))
	}
	if r.Match {
		out = append(out, parameterRef("if-match"))
	}
	return out
}

// request returns the content of a request body by media type.
func (w *writer) request(body any, once bool) object {
	switch b := body.(type) {
	case shape.OneOf:
		out := object{}
		for _, one := range b {
			maps.Copy(out, w.request(one, once))
		}
		return out
	case shape.Text:
		return asText(b)
	case shape.Multipart:
		properties := object{"file": object{"type": "string", "format": "binary", "description": b.File}}
		for _, name := range b.Fields {
			properties[name] = object{"type": "string"}
		}
		return object{"multipart/form-data": object{"schema": object{"type": "object", "required": []string{"file"}, "properties": properties}}}
	case shape.Sent:
		return object{"application/json": object{"schema": w.sent(b)}, formType: object{"schema": w.form(b, once)}}
	}
	return object{"application/json": object{"schema": w.schema(body)}, formType: object{"schema": object{"type": "object", "additionalProperties": object{"type": "string"}}}}
}

const (
	formType    = "application/x-www-form-urlencoded"
	problemType = "application/problem+json"
)

func asText(t shape.Text) object {
	schema := object{"type": "string"}
	if t.About != "" {
		schema["description"] = t.About
	}
	return object{t.Type: object{"schema": schema}}
}

// content returns the content of a response by media type.
func (w *writer) content(body any, page bool) object {
	out := object{}
	switch b := body.(type) {
	case nil:
		return nil
	case shape.Text:
		out = asText(b)
	default:
		out["application/json"] = object{"schema": w.schema(body)}
	}
	if page {
		out["text/html"] = object{"schema": object{"type": "string"}}
	}
	return out
}

func (w *writer) responses(r web.Route) object {
	out := object{}
	if r.Success != "" {
		status, response := cmp.Or(r.Status, http.StatusOK), object{"description": r.Success, "content": w.content(r.Response, r.Page)}
		headers := object{}
		if r.Creates {
			status = http.StatusCreated
			headers["Location"] = object{"description": "Where it is", "schema": object{"type": "string"}}
		}
		if r.Tagged {
			headers["ETag"] = object{"description": "The version, for `If-Match`", "schema": object{"type": "string"}}
		}
		if len(headers) > 0 {
			response["headers"] = headers
		}
		out[strconv.Itoa(status)] = response
	}
	add := func(status int, response object) {
		if key := strconv.Itoa(status); out[key] == nil {
			out[key] = response
		}
	}
	for _, o := range r.Others {
		add(o.Status, w.other(o))
	}
	location := object{"Location": object{"schema": object{"type": "string", "format": "uri-reference"}}}
	switch {
	case r.Method == http.MethodGet && strings.Contains(r.Path, "{project}") && !r.Short:
		add(http.StatusSeeOther, object{"description": "An answer over 4 MB is at a short-lived pre-signed URL", "headers": location})
	case r.Method == http.MethodPost && (r.Request != nil || r.Page):
		add(http.StatusSeeOther, object{"description": "After a browser's form: redirects to the page", "headers": location})
	}
	if r.Conflict != "" {
		add(http.StatusConflict, object{"description": r.Conflict, "content": object{problemType: object{"schema": served.Ref("problem")}}})
	}
	for _, status := range usualProblems(r) {
		add(status, object{"$ref": "#/components/responses/" + strconv.Itoa(status)})
	}
	return out
}

func (w *writer) other(o web.Other) object {
	out := object{"description": o.Description}
	if o.Response != nil {
		out["content"] = w.content(o.Response, false)
	}
	if o.Problem != nil {
		more := w.schema(o.Problem)
		delete(more, "additionalProperties") // they are added to the members of every problem
		delete(more, "required")
		out["content"] = object{problemType: object{"schema": object{"allOf": []object{served.Ref("problem"), more}}}}
	}
	if slices.Contains([]int{http.StatusCreated, http.StatusAccepted, http.StatusSeeOther}, o.Status) {
		out["headers"] = object{"Location": object{"schema": object{"type": "string", "format": "uri-reference"}}}
	}
	return out
}

// usualProblems returns the error statuses that follow from the route's fields.
func usualProblems(r web.Route) []int {
	out := []int{http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	if len(r.Roles) > 0 || r.Method != http.MethodGet {
		out = append(out, http.StatusForbidden) // a POST is also refused if a page of another site sent it
	}
	if strings.Contains(r.Path, "{project}") {
		out = append(out, http.StatusNotFound)
	}
	if r.Request != nil {
		out = append(out, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
	}
	if len(r.Query) > 0 {
		out = append(out, http.StatusBadRequest, http.StatusUnprocessableEntity) // for an invalid cursor
	}
	if r.Match {
		out = append(out, http.StatusPreconditionFailed)
	}
	return slices.Compact(slices.Sorted(slices.Values(out)))
}

func pathParameters(r web.Route) []object {
	var out []object
	for _, name := range r.Names() {
		out = append(out, parameterRef(name))
	}
	return out
}

func parameterRef(name string) object { return object{"$ref": "#/components/parameters/" + name} }

var sharedParameters = object{
	"project":   object{"name": "project", "in": "path", "required": true, "description": "The id of the project's definition", "schema": object{"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"}},
	"id":        object{"name": "id", "in": "path", "required": true, "description": "An id; of snapshots also `latest`", "schema": object{"type": "string"}},
	"kind":      object{"name": "kind", "in": "path", "required": true, "description": "The name of a kind of typed records, of the tracker or of the project's definition", "schema": object{"type": "string"}},
	"number":    object{"name": "number", "in": "path", "required": true, "description": "The version's number", "schema": object{"type": "integer", "minimum": 1}},
	"activity":  object{"name": "activity", "in": "path", "required": true, "description": "The activity's id in the definition", "schema": object{"type": "string"}},
	"code":      object{"name": "code", "in": "path", "required": true, "description": "The indicator's code", "schema": object{"type": "string", "maxLength": 40}},
	"export":    object{"name": "export", "in": "path", "required": true, "description": "The id of one of the definition's exports", "schema": object{"type": "string", "pattern": `^[a-z0-9][a-z0-9-]{0,63}$`}},
	"programme": object{"name": "programme", "in": "path", "required": true, "description": "The id of a programme", "schema": object{"type": "string", "pattern": `^[a-z0-9][a-z0-9-]{0,63}$`}},
	"source":    object{"name": "source", "in": "path", "required": true, "description": "The source's id", "schema": object{"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"}},
	"question":  object{"name": "question", "in": "path", "required": true, "description": "The own part of the id of a question to the person", "schema": object{"type": "string", "maxLength": 26}},
	"idempotency-key": object{"name": "Idempotency-Key", "in": "header", "description": "A repeated request with the same key and body returns the first answer and creates nothing; the same key with another body is 422. A form has it in the field `idempotency_key`.",
		"schema": object{"type": "string", "maxLength": 255}},
	"if-match": object{"name": "If-Match", "in": "header", "description": "The `ETag` of the version to be changed: 412 if it has been changed since", "schema": object{"type": "string"}},
	"limit":    object{"name": "limit", "in": "query", "description": "How many items, 1 to 200; any other value means 50", "schema": object{"type": "integer", "default": 50}},
	"cursor":   object{"name": "cursor", "in": "query", "description": "`next` of the previous page", "schema": object{"type": "string"}},
}

var problems = map[int]string{
	http.StatusBadRequest:            "The request cannot be read",
	http.StatusUnauthorized:          "Not signed in, or the token or session is not valid",
	http.StatusForbidden:             "The role does not allow it",
	http.StatusNotFound:              "It does not exist, or the caller may not know of it",
	http.StatusPreconditionFailed:    "It was changed since the version that `If-Match` names",
	http.StatusRequestEntityTooLarge: "The body is too large",
	http.StatusUnsupportedMediaType:  "The media type of the body is not supported",
	http.StatusUnprocessableEntity:   "Invalid values or unknown fields: all are listed in `errors`",
	http.StatusTooManyRequests:       "Too many requests: retry after the time in `Retry-After`",
	http.StatusServiceUnavailable:    "Temporarily unavailable: retry after the time in `Retry-After`",
}

func problemResponses() object {
	out := object{}
	for status, description := range problems {
		response := object{"description": description, "content": object{"application/problem+json": object{"schema": served.Ref("problem")}}}
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
