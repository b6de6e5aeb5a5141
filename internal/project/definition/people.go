package definition

import (
	"slices"

	"golang.org/x/text/language"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// The maximum number of languages and of a project's own identifiers, and of characters of a pattern.
const (
	mostLanguages   = 20
	mostIdentifiers = 20
	longestPattern  = 200
)

// languages reads the project's languages, the default one first.
func (o object) languages() []string {
	var out []string
	o.each("languages", mostLanguages, func(n *node, path string) {
		tag, ok := o.scalar(n, path)
		if !ok {
			return
		}
		if _, err := language.Parse(tag); err != nil || tag == "" {
			o.report(n, path, notInList, wantLanguage(tag))
			return
		}
		if slices.Contains(out, tag) {
			o.report(n, path, repeated, itemTwice(tag))
			return
		}
		out = append(out, tag)
	})
	return out
}

// keys reads people.keys and people.identifiers: by what the project recognises people.
func (o object) keys() project.People {
	var out project.People
	o.entries("identifiers", mostIdentifiers, func(e entry, path string) {
		signup := schema.Builtin().Kind(schema.Signup)
		switch {
		case slices.Contains(project.KnownKeys, e.key), signup.Index(e.key) >= 0, e.key == "participant":
			o.reportAt(e.line, e.column, path, notAllowed, idReserved(e.key))
		case o.ownWord(e, path):
			if out.Identifiers == nil {
				out.Identifiers = map[string]project.Identifier{}
			}
			out.Identifiers[e.key] = o.identifier(e, path)
		}
	})
	known := slices.Clone(project.KnownKeys)
	if n := o.fields["identifiers"]; n != nil { // those with problems too: each is reported once
		for _, e := range n.entries {
			known = append(known, e.key)
		}
	}
	o.each("keys", len(project.KnownKeys)+mostIdentifiers, func(n *node, path string) {
		kind, ok := o.scalar(n, path)
		switch {
		case !ok:
		case !slices.Contains(known, kind):
			o.report(n, path, notInList, wantOneOf(kind, known))
		case slices.Contains(out.Keys, kind):
			o.report(n, path, repeated, itemTwice(kind))
		default:
			out.Keys = append(out.Keys, kind)
		}
	})
	if n := o.fields["keys"]; n != nil && n.shape == list && len(n.items) == 0 {
		o.report(n, o.at("keys"), missing, wantAKey)
	}
	return out
}

// identifier reads one of the project's own identifiers.
func (o object) identifier(e entry, path string) project.Identifier {
	var out project.Identifier
	part, ok := o.object(e.value, path, "label", "pattern")
	if !ok {
		return out
	}
	part.require("label", "pattern")
	out.Label, out.Pattern = part.optionalText("label", longestName), part.string("pattern", longestPattern)
	if n := part.fields["pattern"]; n != nil && out.Pattern != "" {
		if pattern, err := schema.WholePattern(out.Pattern); err != nil || pattern.MatchString("") {
			part.report(n, part.at("pattern"), wrongForm, wantPattern(out.Pattern))
		}
	}
	return out
}

// complete reads which attributes a complete participant has, and where others count.
func (o object) complete(d *project.Definition) (complete []string, incomplete string) {
	attributes := schema.For(d).AttributeNames()
	o.each("complete", mostAttributes, func(n *node, path string) {
		name, ok := o.scalar(n, path)
		switch {
		case !ok:
		case !slices.Contains(attributes, name) && schema.Builtin().Attribute(name) >= 0:
			o.report(n, path, notAllowed, notAsked(name))
		case !slices.Contains(attributes, name):
			o.report(n, path, notInList, noSuchAttribute(name, attributes))
		case slices.Contains(complete, name):
			o.report(n, path, repeated, itemTwice(name))
		default:
			complete = append(complete, name)
		}
	})
	incomplete = o.oneOf("incomplete", project.Incompletes...)
	if n := o.fields["incomplete"]; n != nil && o.fields["complete"] == nil {
		o.report(n, o.at("incomplete"), notAllowed, completeNeeded)
	}
	return complete, incomplete
}

// keysApart reports attributes, and fields of records about people, that have the name of a key: in forms and files
// they would be one field.
func (o object) keysApart(d *project.Definition) {
	n := o.fields["people"]
	if n == nil {
		return
	}
	for _, k := range d.Records {
		builtin := schema.Builtin().Kind(k.Name)
		if !k.Person && (builtin == nil || !builtin.Person) {
			continue
		}
		for _, f := range k.Fields {
			if d.People.Identifiers[f.ID].Pattern != "" || f.Type != "" && slices.Contains(d.PersonKeys(), f.ID) {
				o.report(n, o.at("people")+"."+f.ID, notAllowed, keyIsField(f.ID, k.Name))
			}
		}
	}
}

var completeNeeded = text.NewMessage("definition.error.complete_needed")

func noSuchAttribute(name string, attributes []string) text.Message {
	return text.NewMessage("definition.error.no_such_attribute", "value", short(name), "list", attributes)
}

func notAsked(name string) text.Message {
	return text.NewMessage("definition.error.not_asked", "value", name)
}

var wantAKey = text.NewMessage("definition.error.want_a_key")

func wantLanguage(tag string) text.Message {
	return text.NewMessage("definition.error.want_language", "value", short(tag))
}

func wantPattern(pattern string) text.Message {
	return text.NewMessage("definition.error.want_pattern", "value", short(pattern))
}

func itemTwice(value string) text.Message {
	return text.NewMessage("definition.error.item_twice", "value", short(value))
}

func keyIsField(id, kind string) text.Message {
	return text.NewMessage("definition.error.key_is_field", "id", id, "kind", kind)
}
