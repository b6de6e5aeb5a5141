package schema

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"outreach/internal/project"
)

// Registry is the kinds of record of a project. It does not change once it is made.
type Registry struct {
	Kinds []*Kind // in the order in which they are offered

	attributes []*Field
}

// The names of the built-in kinds that the program treats by name: places are given for sign-ups, audiences are reach.
const (
	Signup       = "signup"
	Consultation = "consultation"
	Attendance   = "attendance"
	Test         = "test"
	Output       = "output"
	Media        = "media"
)

// order is the order of the built-in kinds. Kinds that come later are last.
var order = []string{Signup, Consultation, Attendance, Test, Output, Media}

//go:embed builtin
var builtin embed.FS

var builtinRegistry = sync.OnceValue(func() *Registry {
	r, err := Load(builtin, "builtin")
	if err != nil {
		panic(err) // it is embedded, and a test reads it
	}
	return r
})

// Builtin is the registry of the built-in kinds.
func Builtin() *Registry { return builtinRegistry() }

// For is the registry of a project: the built-in kinds with what its definition adds to them. Lists are the definition's where a
// field says so. Additions that cannot be understood add nothing; definitions are checked before they are stored.
func For(d *project.Definition) *Registry {
	if d == nil || len(d.Records) == 0 {
		return builtinRegistry()
	}
	additions, err := json.Marshal(d.Records)
	if err != nil {
		panic(err) // it is plain data
	}
	if known, ok := extended.Load(string(additions)); ok {
		return known.(*Registry)
	}
	r, err := Extend(builtinRegistry(), d.Records...)
	if err != nil {
		r = builtinRegistry()
	}
	extended.Store(string(additions), r)
	return r
}

// extended are the registries of definitions that add something, by what they add. There are as many as such definitions.
var extended sync.Map

// Load reads a registry from the data files of a folder, one a kind.
func Load(files fs.FS, folder string) (*Registry, error) {
	names, err := fs.Glob(files, folder+"/*.json")
	if err != nil {
		return nil, err
	}
	var kinds []*Kind
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var file project.RecordKind
		d := json.NewDecoder(bytes.NewReader(data))
		d.DisallowUnknownFields()
		if err := d.Decode(&file); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		k, err := newKind(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		kinds = append(kinds, k)
	}
	return NewRegistry(kinds...), nil
}

// Extend makes a registry of another one and of kinds in the form of data files: fields of a kind that is there are added to it,
// or take the place of those with the same id.
func Extend(r *Registry, kinds ...project.RecordKind) (*Registry, error) {
	all := slices.Clone(r.Kinds)
	for _, data := range kinds {
		more, err := newKind(data)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(k *Kind) bool { return k.Name == more.Name })
		if i < 0 {
			all = append(all, more)
			continue
		}
		k := *all[i]
		k.Fields, k.Rules = slices.Clone(k.Fields), append(slices.Clone(k.Rules), more.Rules...)
		for _, f := range more.Fields {
			if at := k.Index(f.Name); at >= 0 {
				k.Fields[at] = f
			} else {
				k.Fields = append(k.Fields, f)
			}
		}
		all[i] = &k
	}
	return NewRegistry(all...), nil
}

// NewRegistry makes a registry of kinds.
func NewRegistry(kinds ...*Kind) *Registry {
	place := func(k *Kind) int {
		if i := slices.Index(order, k.Name); i >= 0 {
			return i
		}
		return len(order)
	}
	r := &Registry{Kinds: slices.Clone(kinds)}
	slices.SortStableFunc(r.Kinds, func(a, b *Kind) int { return place(a) - place(b) })
	for _, k := range r.Kinds {
		k.prepare()
	}
	if signup := r.Kind(Signup); signup != nil {
		for i := range signup.Fields {
			if signup.Fields[i].Attribute {
				r.attributes = append(r.attributes, &signup.Fields[i])
			}
		}
	}
	return r
}

// Kind finds a kind by the name that rules give it (signup, test), or nil.
func (r *Registry) Kind(name string) *Kind {
	for _, k := range r.Kinds {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// Plural finds a kind by the name that addresses and files give it (signups, tests), or nil.
func (r *Registry) Plural(plural string) *Kind {
	for _, k := range r.Kinds {
		if k.Plural == plural {
			return k
		}
	}
	return nil
}

// Attributes are the fields of a sign-up that describe a person without saying who it is, in the order of the form. Rules over
// any record of a person may ask for them, and participants are broken down by them.
func (r *Registry) Attributes() []*Field { return r.attributes }

// AttributeNames are the names of the attributes.
func (r *Registry) AttributeNames() []string {
	names := make([]string, len(r.attributes))
	for i, f := range r.attributes {
		names[i] = f.Name
	}
	return names
}

// Attribute finds an attribute by its name: its place among them, or -1.
func (r *Registry) Attribute(name string) int {
	return slices.IndexFunc(r.attributes, func(f *Field) bool { return f.Name == name })
}

// Dimension is what a breakdown by the attribute is called: people are broken down by age, not by year of birth.
func (f *Field) Dimension() string {
	if f.Year {
		return "age"
	}
	return f.Name
}

// privacies are the names of the privacy classes in data files.
var privacies = map[string]Keep{"": Open, "open": Open, "sealed": Sealed, "identity": Who, "staff": Staff}

// lists are the lists that a definition has, by the names that data files give them.
var lists = map[string]func(*project.Definition) []Option{"groups": Groups, "activities": Activities, "output_kinds": OutputKinds, "languages": Locales}

// newKind makes a kind of its data.
func newKind(file project.RecordKind) (*Kind, error) {
	k := &Kind{Name: file.Name, Plural: file.Plural, Person: file.Person, ByPartner: file.ByPartner}
	for _, r := range file.Rules {
		k.Rules = append(k.Rules, Rule(r))
	}
	if k.Name == "" || k.Plural == "" {
		return nil, errors.New("a kind without a name or a plural")
	}
	for _, f := range file.Fields {
		field, err := newField(f)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", f.ID, err)
		}
		if k.Index(f.ID) >= 0 {
			return nil, fmt.Errorf("field %q is there twice", f.ID)
		}
		k.Fields = append(k.Fields, field)
	}
	for _, r := range k.Rules {
		for _, name := range append(slices.Clone(r.Fields), r.Other) {
			if name != "" && k.Index(name) < 0 {
				return nil, fmt.Errorf("rule %s: there is no field %q", r.Rule, name)
			}
		}
	}
	return k, nil
}

func newField(f project.RecordField) (Field, error) {
	out := Field{
		Name: f.ID, Column: f.Column, Label: f.Label, Required: f.Required, Key: f.Key, Min: f.Min, Max: f.Max, Year: f.Year, Longest: f.Longest, NoColumn: f.NoColumn,
		Attribute: f.Attribute, Personal: f.Personal || f.Attribute, Total: f.Total, Section: f.Section, Example: f.Example,
	}
	if f.ID == "" {
		return out, errors.New("it has no id")
	}
	keep, known := privacies[f.Privacy]
	if !known {
		return out, fmt.Errorf("there is no privacy class %q", f.Privacy)
	}
	out.Keep = keep
	if out.Type = typeNamed(f.Type); out.Type == nil {
		return out, fmt.Errorf("there is no type %q", f.Type)
	}
	switch {
	case f.List != "":
		if out.Options = lists[f.List]; out.Options == nil {
			return out, fmt.Errorf("a definition has no list %q", f.List)
		}
	case len(f.Options) > 0:
		options := make([]Option, len(f.Options))
		for i, o := range f.Options {
			options[i] = Option{ID: o.ID, Label: o.Label, Also: o.Also}
		}
		out.Options = Fixed(options...)
	}
	if (out.Type == List) != (out.Options != nil) {
		return out, errors.New("a choice has options or a list, and nothing else has")
	}
	return out, nil
}
