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

// Registry holds the kinds of record of a project. It is immutable and safe for concurrent use.
type Registry struct {
	Kinds []*Kind // in the order of lists and menus

	attributes []*Field
}

// The names of the built-in kinds, for code that treats a kind specially: places of sign-ups, reach of media.
const (
	Signup       = "signup"
	Consultation = "consultation"
	Attendance   = "attendance"
	Test         = "test"
	Output       = "output"
	Media        = "media"
)

// order is the order of the built-in kinds; other kinds follow.
var order = []string{Signup, Consultation, Attendance, Test, Output, Media}

//go:embed builtin
var builtin embed.FS

var builtinRegistry = sync.OnceValue(func() *Registry {
	r, err := Load(builtin, "builtin")
	if err != nil {
		panic(err) // the data is embedded and tested
	}
	return r
})

// Builtin returns the registry of the built-in kinds.
func Builtin() *Registry { return builtinRegistry() }

// For returns the registry of a project: the built-in kinds with the additions of its definition, which may be nil.
// Additions that are invalid are ignored, all of them; definitions are checked before they are stored. It caches
// registries and may be called often and concurrently.
func For(d *project.Definition) *Registry {
	if d == nil || len(d.Records) == 0 {
		return builtinRegistry()
	}
	additions, err := json.Marshal(d.Records)
	if err != nil {
		panic(err) // plain data always marshals
	}
	extended.Lock()
	defer extended.Unlock()
	if cached, ok := extended.registries[string(additions)]; ok {
		return cached
	}
	r, err := Extend(builtinRegistry(), d.Records...)
	if err != nil {
		r = builtinRegistry()
	}
	if len(extended.registries) >= mostExtended {
		clear(extended.registries)
	}
	extended.registries[string(additions)] = r
	return r
}

// mostExtended is the maximum number of cached registries; then the cache starts anew.
const mostExtended = 256

// extended caches registries by the JSON of the additions.
var extended = struct {
	sync.Mutex
	registries map[string]*Registry
}{registries: map[string]*Registry{}}

// Load reads a registry of built-in kinds from the JSON files of a folder, one a kind. Unknown keys are errors.
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
		k.useCatalogues(file.Fields)
		kinds = append(kinds, k)
	}
	return NewRegistry(kinds...), nil
}

// Extend returns a registry with further kinds, in the form of data files. For a kind that r has, it adds the fields
// and rules, and replaces fields of the same id. r stays unchanged.
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

// NewRegistry returns a registry of kinds, which it prepares for concurrent use.
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

// Kind returns the kind of a singular name (signup, test), or nil.
func (r *Registry) Kind(name string) *Kind {
	for _, k := range r.Kinds {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// Plural returns the kind of a plural name (signups, tests), or nil.
func (r *Registry) Plural(plural string) *Kind {
	for _, k := range r.Kinds {
		if k.Plural == plural {
			return k
		}
	}
	return nil
}

// Attributes returns the attributes in the order of the sign-up form: the fields of a sign-up that describe a person
// without identifying them.
func (r *Registry) Attributes() []*Field { return r.attributes }

// AttributeNames returns the names of the attributes.
func (r *Registry) AttributeNames() []string {
	names := make([]string, len(r.attributes))
	for i, f := range r.attributes {
		names[i] = f.Name
	}
	return names
}

// Attribute returns the index of an attribute in Attributes, or -1.
func (r *Registry) Attribute(name string) int {
	return slices.IndexFunc(r.attributes, func(f *Field) bool { return f.Name == name })
}

// Dimension returns the name of the breakdown by the attribute: its own name, or "age" for the year of birth.
func (f *Field) Dimension() string {
	if f.Year {
		return "age"
	}
	return f.Name
}

// privacies maps the names of privacy classes in data files.
var privacies = map[string]Privacy{"": Open, "open": Open, "sealed": Sealed, "identity": Identity, "staff": Staff}

// lists maps the names in data files of a definition's lists.
var lists = map[string]func(*project.Definition) []Option{"groups": Groups, "activities": Activities, "output_kinds": OutputKinds, "languages": Locales}

// newKind returns the kind of a data file, or an error if the data is invalid.
func newKind(file project.RecordKind) (*Kind, error) {
	k := &Kind{Name: file.Name, Plural: file.Plural, Path: file.Plural, Label: file.Label, Person: file.Person, ByPartner: file.ByPartner}
	if k.Plural == "" {
		k.Plural, k.Path = k.Name, "records/"+k.Name
	}
	for _, r := range file.Rules {
		k.Rules = append(k.Rules, Rule(r))
	}
	if k.Name == "" {
		return nil, errors.New("a kind needs a name")
	}
	for _, f := range file.Fields {
		field, err := newField(f)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", f.ID, err)
		}
		if k.Index(f.ID) >= 0 {
			return nil, fmt.Errorf("duplicate field %q", f.ID)
		}
		k.Fields = append(k.Fields, field)
	}
	for _, r := range k.Rules {
		for _, name := range append(slices.Clone(r.Fields), r.Other) {
			if name != "" && k.Index(name) < 0 {
				return nil, fmt.Errorf("rule %s: unknown field %q", r.Rule, name)
			}
		}
	}
	return k, nil
}

func newField(f project.RecordField) (Field, error) {
	out := Field{
		Name: f.ID, Column: f.Column, Label: f.Label, Required: f.Required, Key: f.Key, Min: f.Min, Max: f.Max, Year: f.Year, Hours: f.Unit == "h", Minutes: f.Unit == "min", Longest: f.Longest, NoColumn: f.NoColumn,
		Attribute: f.Attribute, Personal: f.Personal || f.Attribute, Total: f.Total, Section: f.Section, Example: f.Example,
	}
	if f.ID == "" {
		return out, errors.New("missing id")
	}
	class, found := privacies[f.Privacy]
	if !found {
		return out, fmt.Errorf("unknown privacy class %q", f.Privacy)
	}
	out.Privacy = class
	if out.Type = typeNamed(f.Type); out.Type == nil {
		return out, fmt.Errorf("unknown type %q", f.Type)
	}
	switch {
	case f.List != "":
		if out.Options = lists[f.List]; out.Options == nil {
			return out, fmt.Errorf("unknown list %q", f.List)
		}
	case len(f.Options) > 0:
		options := make([]Option, len(f.Options))
		for i, o := range f.Options {
			options[i] = Option{ID: o.ID, Label: o.Label, Also: o.Also}
		}
		out.Options = Fixed(options...)
	}
	if (out.Type == Choice) != (out.Options != nil) {
		return out, errors.New("options or a list are required for a choice, and allowed for no other type")
	}
	return out, nil
}
