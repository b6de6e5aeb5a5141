package schema

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"sync"
	"weak"

	"outreach/internal/project"
)

// Registry holds the kinds of record of a project. It is immutable and safe for concurrent use.
type Registry struct {
	Kinds []*Kind // in the order of lists and menus

	Keys *Keys // by what the project recognises people

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
// registries and may be called often and concurrently. What the definition says of records, people and languages must
// not change after the first call.
func For(d *project.Definition) *Registry {
	if d == nil || len(d.Records) == 0 && d.UsualKeys() && !d.LimitsAmounts() {
		return builtinRegistry()
	}
	key := weak.Make(d)
	if known, ok := extended.definitions.Load(key); ok {
		return known.(*Registry)
	}
	r := byContent(d)
	if _, known := extended.definitions.Swap(key, r); !known {
		runtime.AddCleanup(d, func(key weak.Pointer[project.Definition]) { extended.definitions.Delete(key) }, key)
	}
	return r
}

// byContent returns the registry of a definition with additions. Two definitions with the same ones share it.
func byContent(d *project.Definition) *Registry {
	var outputs []project.OutputKind
	if d.LimitsAmounts() {
		outputs = d.OutputKinds
	}
	additions, err := json.Marshal([]any{d.Records, d.People, d.PersonKeys(), d.Languages, outputs})
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
	r = r.withLimits(outputs).withKeys(keysOf(d))
	if len(extended.registries) >= mostExtended {
		clear(extended.registries)
	}
	extended.registries[string(additions)] = r
	return r
}

// mostExtended is the maximum number of registries that are cached by content; then the cache starts anew.
const mostExtended = 256

// extended caches registries: by definition, as long as it is in use, and by the JSON of what they are made of.
var extended = struct {
	definitions sync.Map // of *Registry by weak.Pointer[project.Definition]
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
// and rules, replaces fields of the same id, changes those that come without a type (see changed), and leaves out those
// that are not asked. r stays unchanged.
func Extend(r *Registry, kinds ...project.RecordKind) (*Registry, error) {
	all := slices.Clone(r.Kinds)
	for _, data := range kinds {
		i := slices.IndexFunc(all, func(k *Kind) bool { return k.Name == data.Name })
		if i < 0 {
			k, err := newKind(data)
			if err != nil {
				return nil, err
			}
			if f := k.Field("date"); f != nil && len(f.Label)+len(f.Column) == 0 {
				f.builtin = true // each kind has it
			}
			all = append(all, k)
			continue
		}
		k := *all[i]
		k.Fields, k.Rules = slices.Clone(k.Fields), slices.Clone(k.Rules)
		for _, rule := range data.Rules {
			k.Rules = append(k.Rules, Rule(rule))
		}
		for _, more := range data.Fields {
			if err := k.extend(more); err != nil {
				return nil, fmt.Errorf("field %q of %s: %w", more.ID, data.Name, err)
			}
		}
		k.keys, k.content = nil, nil
		all[i] = &k
	}
	return NewRegistry(all...), nil
}

// extend adds a field, or changes or removes the field of the same id.
func (k *Kind) extend(more project.RecordField) error {
	at := k.Index(more.ID)
	switch {
	case more.NotAsked:
		if at >= 0 {
			k.Fields = slices.Delete(k.Fields, at, at+1)
		}
		return nil
	case more.Type == "" && at >= 0:
		f, err := k.Fields[at].changed(more)
		if err != nil {
			return err
		}
		k.Fields[at] = f
		return nil
	}
	f, err := newField(more)
	switch {
	case err != nil:
		return err
	case at >= 0:
		k.Fields[at] = f
	default:
		k.Fields = append(k.Fields, f)
	}
	return nil
}

// changed returns the field with a definition's own options, words and obligation in place of the built-in ones.
func (f Field) changed(by project.RecordField) (Field, error) {
	if len(by.Options) > 0 {
		if !f.Type.Listed() {
			return f, errors.New("options are allowed for a list only")
		}
		f.Options = Fixed(ownOptions(by.Options)...)
	}
	if len(by.Label) > 0 {
		f.Label = by.Label
	}
	if len(by.Hint) > 0 {
		f.Hint = by.Hint
	}
	f.Required = f.Required || by.Required
	f.Refusable, f.NotPublic, f.Sensitive = by.Refusable, by.NotPublic, by.Sensitive
	return f, nil
}

func ownOptions(options []project.RecordOption) []Option {
	out := make([]Option, len(options))
	for i, o := range options {
		out[i] = Option{ID: o.ID, Label: o.Label, Also: o.Also, Own: true}
	}
	return out
}

// NewRegistry returns a registry of kinds, which it prepares for concurrent use.
func NewRegistry(kinds ...*Kind) *Registry {
	place := func(k *Kind) int {
		if i := slices.Index(order, k.Name); i >= 0 {
			return i
		}
		return len(order)
	}
	r := &Registry{Kinds: slices.Clone(kinds), Keys: usualKeys}
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

// NotPublic reports whether breakdowns of a dimension are kept from the public: those by a field of this name, of any
// kind.
func (r *Registry) NotPublic(dimension string) bool {
	for _, k := range r.Kinds {
		for i := range k.Fields {
			if f := &k.Fields[i]; f.NotPublic && f.Dimension() == dimension {
				return true
			}
		}
	}
	return false
}

// Breaks reports whether there is a breakdown by the attribute: by lists, yes and no, and the year of birth as age.
func (f *Field) Breaks() bool { return f.Year || f.Type.Listed() || f.Type == YesNo }

// Counts reports whether counting keeps the values of the field: of one that rules may read, of one of the natural key,
// and of every attribute, as people may have to give it. Of sealed ones it keeps the hashes.
func (f *Field) Counts() bool { return f.Privacy == Open || f.Key || f.Attribute }

// Parts returns the codes of the parts of a breakdown by the attribute, without unknown.
func (f *Field) Parts(d *project.Definition) []string {
	var codes []string
	switch {
	case f.Year:
		codes = slices.Clone(d.AgeBands)
	case f.Type == YesNo:
		codes = []string{"yes", "no"}
	case f.Options != nil:
		for _, o := range f.Options(d) {
			codes = append(codes, o.ID)
		}
	}
	if f.Refusable {
		codes = append(codes, Refused)
	}
	return codes
}

// privacies maps the names of privacy classes in data files.
var privacies = map[string]Privacy{"": Open, "open": Open, "sealed": Sealed, "identity": Identity, "staff": Staff}

// lists maps the names in data files of a definition's lists.
var lists = map[string]func(*project.Definition) []Option{"groups": Groups, "activities": Activities, "output_kinds": OutputKinds, "languages": Locales}

// newKind returns the kind of a data file, or an error if the data is invalid.
func newKind(file project.RecordKind) (*Kind, error) {
	k := &Kind{Name: file.Name, Plural: file.Plural, Path: file.Plural, Label: file.Label, Person: file.Person, Optional: file.Optional, ByPartner: file.ByPartner, By: file.By}
	if k.ByPartner {
		k.Path, k.By = "records/"+k.Name, []string{"partner"}
	}
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
		Hint: f.Hint, Decimals: f.Decimals, Limited: f.LimitedBy, Unit: f.Unit, Refusable: f.Refusable, NotPublic: f.NotPublic, Sensitive: f.Sensitive,
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
	out.NoColumn = out.NoColumn || out.Type == File
	switch {
	case f.List != "":
		if out.Options = lists[f.List]; out.Options == nil {
			return out, fmt.Errorf("unknown list %q", f.List)
		}
	case len(f.Options) > 0:
		options := ownOptions(f.Options)
		for i := range options {
			options[i].Own = false
		}
		out.Options = Fixed(options...)
	}
	if out.Type.Listed() != (out.Options != nil) {
		return out, errors.New("options or a list are required for a choice, and allowed for no other type")
	}
	return out, nil
}
