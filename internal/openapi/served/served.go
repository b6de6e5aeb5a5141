// Package served has the description of the API that the tracker serves, of all addresses and of one project's.
package served

import (
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/web"
	"outreach/internal/web/shape"
)

// general is the document of a tracker whose projects add nothing. A test writes it from the routes of all functions:
// no function links them all.
//
//go:embed openapi.json
var general []byte

// General returns the document of all addresses, as it is with kinds and fields that every project has.
func General() (map[string]any, error) {
	var document map[string]any
	err := json.Unmarshal(general, &document)
	return document, err
}

// OfProject returns the document of the addresses of one project: with the fields and lists of its definition, and with
// an address for each kind of record of its own.
func OfProject(d *project.Definition) (map[string]any, error) {
	document, err := General()
	if err != nil {
		return nil, err
	}
	p := projectWriter{d: d, schemas: document["components"].(object)["schemas"].(object)}
	paths := object{}
	for path, item := range document["paths"].(object) {
		if rest, of := strings.CutPrefix(path, "/{project}"); of {
			paths["/"+d.ID+rest] = without(item.(object), "project")
		}
	}
	for _, k := range schema.For(d).Kinds {
		if schema.Builtin().Kind(k.Name) != nil {
			p.extend(k)
			continue
		}
		p.add(k)
		for _, end := range []string{"", "/{id}"} {
			if item, ok := paths["/"+d.ID+"/records/{kind}"+end].(object); ok {
				paths["/"+d.ID+"/records/"+k.Name+end] = p.own(k, without(item, "kind"))
			}
		}
	}
	document["paths"] = paths
	return document, nil
}

// without returns a path item without one of its parameters.
func without(item object, name string) object {
	item = maps.Clone(item)
	parameters, _ := item["parameters"].([]any)
	parameters = slices.DeleteFunc(slices.Clone(parameters), func(p any) bool {
		return p.(object)["name"] == name || p.(object)["$ref"] == "#/components/parameters/"+name
	})
	if delete(item, "parameters"); len(parameters) > 0 {
		item["parameters"] = parameters
	}
	return item
}

// projectWriter changes the schemas of the general document to those of a project.
type projectWriter struct {
	d       *project.Definition
	schemas object
}

// extend gives the schemas of a built-in kind the fields that the project has.
func (p *projectWriter) extend(k *schema.Kind) {
	for _, name := range []string{k.Name, k.Name + "-kept", k.Name + "-form"} {
		of, is := p.schemas[name].(object)
		if !is {
			continue
		}
		properties, answer := of["properties"].(object), name == k.Name+"-kept"
		required, _ := of["required"].([]any)
		required = slices.DeleteFunc(slices.Clone(required), func(id any) bool { return k.Index(id.(string)) >= 0 })
		for i := range k.Fields {
			f := &k.Fields[i]
			if f.Privacy == schema.Identity && properties[f.Name] == nil {
				continue
			}
			properties[f.Name] = p.property(f, answer)
			if f.Required {
				required = append(required, f.Name)
			}
		}
		if of["required"] = required; len(required) == 0 {
			delete(of, "required")
		}
		delete(of, "description")
	}
}

// property returns the schema of a field in a request or in an answer.
func (p *projectWriter) property(f *schema.Field, answer bool) object {
	of := Property(f, p.d)
	if f.Refusable {
		of = object{"anyOf": []object{of, Enum(schema.Refused)}}
	}
	if !answer && !f.Required {
		of = object{"anyOf": []object{of, {"type": "null"}}}
	}
	return of
}

// Names of the schemas of a kind of the project's own: other schemas may be called as the kind is.
func sentName(k *schema.Kind) string { return "records." + k.Name }
func keptName(k *schema.Kind) string { return "records." + k.Name + "-kept" }

// add writes the schemas of a kind of the project's own.
func (p *projectWriter) add(k *schema.Kind) {
	request := Sent(shape.Sent{Kind: k, Also: []string{"reason"}})
	answer := maps.Clone(p.schemas["record-kept"].(object))
	members := maps.Clone(answer["properties"].(object))
	for i := range k.Fields {
		f := &k.Fields[i]
		request["properties"].(object)[f.Name] = p.property(f, false)
		members[f.Name] = p.property(f, true)
	}
	if k.Optional {
		request["required"] = slices.DeleteFunc(request["required"].([]string), func(name string) bool { return name == "person" })
	}
	delete(request, "description")
	delete(answer, "description")
	answer["properties"] = members
	p.schemas[sentName(k)], p.schemas[keptName(k)] = request, answer
}

// own returns a path item of the records of any kind as that of one kind.
func (p *projectWriter) own(k *schema.Kind, item object) object {
	encoded, err := json.Marshal(item)
	if err != nil {
		panic(err) // it was decoded
	}
	var own object
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(encoded), "#/components/schemas/record-kept", "#/components/schemas/"+keptName(k))), &own); err != nil {
		panic(err)
	}
	roles := append([]string{web.Coordinator}, k.By...)
	for method, operation := range own {
		o, is := operation.(object)
		if !is || method == "parameters" {
			continue
		}
		o["operationId"] = o["operationId"].(string) + "_" + k.Name
		o["summary"] = strings.NewReplacer("a record of any kind", k.Name, "records of any kind", k.Name).Replace(o["summary"].(string))
		_, detail, _ := strings.Cut(o["description"].(string), "\n\n")
		o["description"] = strings.TrimSpace("For: " + strings.Join(roles, ", ") + ".\n\n" + detail)
		if body, is := o["requestBody"].(object); is {
			for kind, content := range body["content"].(object) {
				if strings.Contains(kind, "json") {
					content.(object)["schema"] = Ref(sentName(k))
				}
			}
		}
	}
	return own
}
