// Package schema describes records as data. A kind of record is a list of fields (name, type, limits, options, privacy
// class, whether it belongs to the natural key) and the rules between them. The built-in kinds are data files, one a
// kind, below builtin/; a project's definition may add to them. JSON bodies, web forms, files, natural keys, variables
// of counting rules, breakdowns, exports and stored values are all derived from a Registry of kinds; nothing else lists
// fields or kinds.
package schema

import (
	"cmp"
	"iter"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"outreach/internal/project"
)

// Privacy is the privacy class of a field, which decides where its values may be stored.
type Privacy int

// The privacy classes.
const (
	Open     Privacy = iota // anywhere: in facts, checkpoints and snapshots too
	Sealed                  // free text: in the people table and the uploaded original; elsewhere only a keyed hash
	Identity                // identifies a participant: in the people table and the uploaded original only
	Staff                   // identifies a member of the staff: outside the people table replaced by a random id
)

// Field is one field of a kind of record.
type Field struct {
	Name     string            // its stable id, used in stored values, JSON, rules and columns
	Column   map[string]string // its own names of its column by language; see ColumnIn
	Label    project.Text      // its own label; see LabelIn
	Type     *Type             // nil: Text
	Privacy  Privacy           // the privacy class
	Required bool              // a value is required
	Key      bool              // it is part of the natural key
	Min, Max float64           // inclusive limits of numbers; Max 0, where Min is not below 0: the population of the region
	Year     bool              // the number is a year, at most the current one
	Hours    bool              // the number is hours, and may be written as a duration
	Minutes  bool              // the number is minutes
	Limited  string            // the field whose option says which numbers are allowed; see With. "": none
	Longest  int               // the maximum length of texts in characters; 0: DefaultLongest
	Pattern  *regexp.Regexp    // of identifiers: matches whole values; nil: any text
	Options  func(*project.Definition) []Option
	NoColumn bool // not a column of files

	Attribute bool         // describes a person: usable in rules over all records of the person, and a dimension of breakdowns
	Personal  bool         // describes a person: the earliest submission that gives it decides, and erasure removes it; includes attributes
	Hint      project.Text // its own hint on forms
	Decimals  int          // the most decimals of a number; 0: as many as its type has
	Unit      string       // of a number, on forms and in lists
	Refusable bool         // Refused may be given in place of the value
	Sensitive bool         // shown to coordinators alone, and in no breakdown of fewer than FewestSensitive people
	NotPublic bool         // breakdowns by it are not shown to the public
	Total     bool         // the result of a file includes the sum of this field
	Section   string       // the section of the sign-up form
	Example   [2]string    // example values for file templates

	limited map[string]*Field // with the limits of an option
	builtin bool              // the catalogues have the words that its data lacks
}

// DefaultLongest is the default maximum length of a text, in characters.
const DefaultLongest = 300

// Option is a value of a list.
type Option struct {
	ID    string
	Label project.Text
	Also  []string // other accepted spellings
	Own   bool     // it comes from the definition's own list

	initials map[string][]string // other spellings of one letter by language; see initialOption
}

// spellings iterates over all accepted spellings of the option.
func (o *Option) spellings() iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(o.ID) {
			return
		}
		for _, label := range o.Label {
			if !yield(label) {
				return
			}
		}
		slices.Values(o.Also)(yield)
	}
}

// Kind is a kind of record. It must not be changed after it is part of a Registry.
type Kind struct {
	Name      string       // singular, as in rules (`of`): signup, consultation, attendance, test, output, media
	Plural    string       // plural, as the kind of files: signups, consultations, attendance, tests, outputs, media; the name of a kind without a plural
	Path      string       // the path of its typed records below the project: its plural, or records/{name} for a kind without one
	Label     project.Text // its own name on pages; see LabelIn
	Person    bool         // it is about a person; see PersonKeys
	Optional  bool         // a record may have no person all the same
	ByPartner bool         // a record has a sender in its natural key: the partner whose it is, or the office
	By        []string     // the roles beside the coordinator that record it, where it has no routes of its own
	Fields    []Field
	Rules     []Rule // rules between its fields

	who     *Keys // see PersonKeys
	keys    []int // see KeyFields
	content []int // see ContentFields
}

// SharesRoutes reports whether the kind has no routes of its own: its records are at records/{name}.
func (k *Kind) SharesRoutes() bool { return k.Path == "records/"+k.Name }

// Typed reports whether people type its records one at a time, as the office does: all but sign-ups, which have a form
// and states of their own.
func (k *Kind) Typed() bool { return k.Name != Signup }

// SentByPartners reports whether partners send its records: then the partner is part of the natural key.
func (k *Kind) SentByPartners() bool { return k.ByPartner || slices.Contains(k.By, "partner") }

// Owner returns the owner in the natural key of records in a file of a partner or of the office ("coordinator"): "" for
// a kind that the office alone sends, and where the office sends what partners send, too, unless they alone do.
func (k *Kind) Owner(sender string) string {
	if !k.SentByPartners() || !k.ByPartner && sender == office {
		return ""
	}
	return sender
}

// office is the owner of the office's files.
const office = "coordinator"

// TypedOwner returns the owner in the natural key of a typed record, the same as of one in a file: the partner who
// typed it or for whom the office did, or, for partner "", the office.
func (k *Kind) TypedOwner(partner string) string {
	if partner == "" {
		return k.Owner(office)
	}
	return k.Owner(partner)
}

// PartnerOf returns the partner of an owner, "" for the office.
func PartnerOf(owner string) string {
	if owner == office {
		return ""
	}
	return owner
}

// PartnerName returns the name under which the office says whose a record is: partner, or media_partner for a kind that
// has a field of that name; "" for a kind whose records are not one partner's each.
func (k *Kind) PartnerName() string {
	switch {
	case !k.ByPartner:
		return ""
	case k.Index("partner") >= 0:
		return "media_partner"
	}
	return "partner"
}

// ReasonName returns the name under which a change of a record says why: reason, or change_reason for a kind that has a
// field of that name.
func (k *Kind) ReasonName() string {
	if k.Index("reason") >= 0 {
		return "change_reason"
	}
	return "reason"
}

// prepare computes keys and content. It must be called before the kind is used concurrently.
func (k *Kind) prepare() { k.keys, k.content = k.keyFields(), k.contentFields() }

// KeyFields returns the indexes in rows of the natural key's fields. Their order is independent of that of the kind's
// fields: first the fields of version 0 of the schema in its order, then all others by id.
func (k *Kind) KeyFields() []int {
	if k.keys != nil {
		return k.keys
	}
	return k.keyFields()
}

// ContentFields returns the indexes in rows of the fields outside the natural key, by id.
func (k *Kind) ContentFields() []int {
	if k.content != nil {
		return k.content
	}
	return k.contentFields()
}

func (k *Kind) contentFields() []int {
	out := []int{}
	for i := range k.Fields {
		if !k.Fields[i].Key {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(a, b int) int { return cmp.Compare(k.Fields[a].Name, k.Fields[b].Name) })
	return out
}

func (k *Kind) keyFields() []int {
	first := FieldsOfVersion0(k.Name)
	place := func(i int) int {
		if at := slices.Index(first, k.Fields[i].Name); at >= 0 {
			return at
		}
		return len(first)
	}
	keys := []int{}
	for i := range k.Fields {
		if k.Fields[i].Key {
			keys = append(keys, i)
		}
	}
	slices.SortFunc(keys, func(a, b int) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(k.Fields[a].Name, k.Fields[b].Name))
	})
	return keys
}

// Scope is the context in which a value is validated.
type Scope struct {
	Definition *project.Definition
	Today      string // the day of receipt in the project's time zone, the latest allowed date
	Loose      bool   // the input was written by people (files, web forms): accept other spellings too
}

// Row holds the canonical texts of a record's values in the order of its kind's fields. It is never stored; Values are.
type Row []string

// Index returns the index of a field in rows, or -1.
func (k *Kind) Index(name string) int {
	for i := range k.Fields {
		if k.Fields[i].Name == name {
			return i
		}
	}
	return -1
}

// Field returns the field of a name, or nil.
func (k *Kind) Field(name string) *Field {
	if i := k.Index(name); i >= 0 {
		return &k.Fields[i]
	}
	return nil
}

// Get returns a row's value of a field, "" if the kind has no such field or the row is too short.
func (k *Kind) Get(r Row, name string) string {
	if i := k.Index(name); i >= 0 && i < len(r) {
		return r[i]
	}
	return ""
}

// Same returns the form of a value for comparison: without case, outer spaces and what TidyWords removes.
func Same(value string) string {
	value, _ = TidyWords(strings.TrimSpace(value))
	return strings.ToLower(strings.TrimSpace(value))
}

// Unmarked returns a text in lower case and without diacritics, so that "Łucja" equals "lucja".
func Unmarked(value string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'ł':
			return 'l'
		}
		return r
	}, norm.NFD.String(strings.ToLower(value)))
}

// NaturalKey returns the key of the thing that a row is about: rows with equal keys are about the same thing. who is
// the person's id, or for kinds without a person the partner's. The key does not depend on the order of the kind's
// fields (see KeyFields).
func (k *Kind) NaturalKey(who string, r Row) string {
	return string(k.AppendNaturalKey(make([]byte, 0, 256), who, r))
}

// AppendNaturalKey appends the key that NaturalKey returns.
func (k *Kind) AppendNaturalKey(to []byte, who string, r Row) []byte {
	to = append(to, k.Name...)
	to = append(to, 0)
	to = append(to, who...)
	for _, i := range k.KeyFields() {
		to = append(to, 0)
		to = appendSame(to, r[i])
	}
	return to
}

// AppendContent appends what a row says beside its natural key and rules can ask for: its open values outside the key.
func (k *Kind) AppendContent(to []byte, r Row) []byte {
	for _, i := range k.ContentFields() {
		if k.Fields[i].Privacy == Open {
			to = append(append(to, r[i]...), 0)
		}
	}
	return to
}

// appendSame appends Same(value) without allocating a string.
func appendSame(to []byte, value string) []byte {
	if !IsTidy(value) {
		value, _ = TidyWords(strings.TrimSpace(value))
		value = strings.TrimSpace(value)
	}
	start := len(to)
	to = append(to, value...)
	added := to[start:]
	for i, c := range added {
		if c >= utf8.RuneSelf {
			return appendLower(to[:start+i], value[i:])
		}
		added[i] = lower[c]
	}
	return to
}

// lower are the bytes of ASCII in lower case.
var lower = func() (bytes [utf8.RuneSelf]byte) {
	for b := range bytes {
		bytes[b] = byte(unicode.ToLower(rune(b)))
	}
	return bytes
}()

// appendLower appends a text in lower case.
func appendLower(to []byte, value string) []byte {
	for _, r := range value {
		if r < utf8.RuneSelf {
			to = append(to, lower[r])
		} else {
			to = utf8.AppendRune(to, unicode.ToLower(r))
		}
	}
	return to
}

// Seal returns the row as it may be stored in facts: with the keyed hashes of sealed values, and without identities.
// The caller must have replaced staff by ids. seal returns the hash of f.Hashed(value).
func (k *Kind) Seal(r Row, seal func(f *Field, value string) string) Row {
	return k.AppendSealed(make(Row, 0, len(r)), r, seal)
}

// AppendSealed appends the row that Seal returns.
func (k *Kind) AppendSealed(to, r Row, seal func(f *Field, value string) string) Row {
	for i, value := range r {
		switch f := &k.Fields[i]; {
		case value == "" || f.Privacy == Identity:
			value = ""
		case f.Privacy == Sealed:
			value = seal(f, value)
		}
		to = append(to, value)
	}
	return to
}

// Hashed returns the text whose hash is stored in place of a private value. Values of the natural key are compared by
// Same, so they are normalised.
func (f *Field) Hashed(value string) string {
	if f.Key {
		return Same(value)
	}
	return value
}

// Private returns the row's sealed and identity values by field name: those that facts must not contain in plain text.
func (k *Kind) Private(r Row) map[string]string {
	out := map[string]string{}
	for i, value := range r {
		if f := &k.Fields[i]; value != "" && (f.Privacy == Sealed || f.Privacy == Identity) {
			out[f.Name] = value
		}
	}
	return out
}

// Reveal reverses Seal: it returns the row of a fact's values with the private values filled in.
func (k *Kind) Reveal(v Values, private map[string]string) Row {
	out := k.Row(v)
	for i := range k.Fields {
		if f := &k.Fields[i]; f.Privacy == Sealed || f.Privacy == Identity {
			out[i] = private[f.Name]
		}
	}
	return out
}
