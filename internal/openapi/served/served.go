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
	p := projectWriter{d: d, registry: schema.For(d), schemas: document["components"].(object)["schemas"].(object)}
	paths := object{}
	for path, item := range document["paths"].(object) {
		if rest, of := strings.CutPrefix(path, "/{project}"); of {
			paths["/"+d.ID+rest] = without(item.(object), "project")
		}
	}
	for name, of := range p.schemas {
		if schema.Builtin().Kind(name) == nil {
			p.adapt(of, p.answered)
		}
	}
	p.adapt(paths, p.answered)
	p.schemas["person-ref"] = Person(p.registry.Keys, d)
	for _, k := range p.registry.Kinds {
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
	d        *project.Definition
	registry *schema.Registry
	schemas  object
}

// asked and answered return the schema of a field in a JSON request, where no field is required, and in a response.
func (p *projectWriter) asked(f *schema.Field) object {
	optional := *f
	optional.Required = false
	return Asked(&optional, p.d)
}
func (p *projectWriter) answered(f *schema.Field) object { return Answered(f, p.d) }

// adapt gives all schemas below a node that have the keys or the attributes of people those of the project. as returns
// the schema of a field there.
func (p *projectWriter) adapt(node any, as func(*schema.Field) object) {
	switch n := node.(type) {
	case []any:
		for _, item := range n {
			p.adapt(item, as)
		}
	case object:
		for name, child := range n {
			switch {
			case name == "requestBody":
				p.adaptForm(child.(object))
				p.adapt(child, p.asked)
			case name == "application/x-www-form-urlencoded":
				p.adapt(child, Typed)
			default:
				p.adapt(child, as)
			}
		}
		if properties, is := n["properties"].(object); is {
			p.adaptPeople(n, properties, as)
		}
	}
}

// adaptPeople gives an object schema the keys or attributes of people that the project has, where it has the usual
// ones. An e-mail address that is no key stays: people may have one.
func (p *projectWriter) adaptPeople(of, properties object, as func(*schema.Field) object) {
	if properties[project.KeyPesel] != nil {
		delete(properties, project.KeyPesel)
		for _, f := range p.registry.Keys.Fields {
			properties[f.Name] = as(f)
		}
		if of["anyOf"] != nil {
			delete(of, "anyOf")
			if keys := anyKey(p.registry.Keys.Identity()); keys != nil {
				of["anyOf"] = keys
			}
		}
	}
	usual := schema.Builtin().AttributeNames()
	if slices.ContainsFunc(usual, func(name string) bool { return properties[name] == nil }) {
		return
	}
	for _, name := range usual {
		delete(properties, name)
	}
	for _, f := range p.registry.Attributes() {
		properties[f.Name] = as(f)
	}
}

// adaptForm gives the form of a record of a built-in kind the fields that the project has.
func (p *projectWriter) adaptForm(body object) {
	content := body["content"].(object)
	typed, _ := content["application/x-www-form-urlencoded"].(object)
	sent, _ := content["application/json"].(object)
	if typed == nil || sent == nil {
		return
	}
	ref, _ := sent["schema"].(object)["$ref"].(string)
	name := strings.TrimPrefix(ref, "#/components/schemas/")
	if k, usual := p.registry.Kind(name), schema.Builtin().Kind(name); usual != nil {
		form := Form(k)
		takeOver(form, typed["schema"].(object), Form(usual))
		typed["schema"] = form
	}
}

// takeOver adds to an object schema the properties of an older form of it that do not come from its kind.
func takeOver(to, from, ofKind object) {
	for name, property := range from["properties"].(object) {
		if ofKind["properties"].(object)[name] == nil {
			to["properties"].(object)[name] = property
		}
	}
}

// extend gives the schemas of a built-in kind the fields that the project has. Of a record in a response it requires no
// more than before: the record may be older than a field.
func (p *projectWriter) extend(k *schema.Kind) {
	usual := schema.Builtin().Kind(k.Name)
	if sent, is := p.schemas[k.Name].(object); is {
		request := Sent(shape.Sent{Kind: k}, p.d)
		takeOver(request, sent, Sent(shape.Sent{Kind: usual}, p.d))
		p.schemas[k.Name] = request
	}
	kept, is := p.schemas[k.Name+"-kept"].(object)
	if !is {
		return
	}
	properties := kept["properties"].(object)
	for i := range usual.Fields {
		if name := usual.Fields[i].Name; k.Index(name) < 0 {
			delete(properties, name)
		}
	}
	for i := range k.Fields {
		if f := &k.Fields[i]; f.Privacy != schema.Identity || properties[f.Name] != nil {
			properties[f.Name] = p.answered(f)
		}
	}
}

// Names of the schemas of a kind of the project's own: other schemas may be called as the kind is.
func sentName(k *schema.Kind) string { return "records." + k.Name }
func keptName(k *schema.Kind) string { return "records." + k.Name + "-kept" }

// add writes the schemas of a kind of the project's own.
func (p *projectWriter) add(k *schema.Kind) {
	answer := maps.Clone(p.schemas["record-kept"].(object))
	members := maps.Clone(answer["properties"].(object))
	for i := range k.Fields {
		f := &k.Fields[i]
		members[f.Name] = p.answered(f)
	}
	delete(answer, "description")
	answer["properties"] = members
	p.schemas[sentName(k)], p.schemas[keptName(k)] = Sent(shape.Sent{Kind: k, Also: []string{k.ReasonName()}}, p.d), answer
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
