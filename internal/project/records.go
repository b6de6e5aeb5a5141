package project

// RecordKind is a kind of record as data, built in or added by a definition. Package schema compiles it, and documents
// the values of its fields.
type RecordKind struct {
	Name      string        `json:"name"`             // in the key `of` of rules
	Plural    string        `json:"plural,omitempty"` // of built-in kinds: in addresses and as the kind of files; other kinds use their name
	Label     Text          `json:"label,omitzero"`   // in place of the catalogues'
	Person    bool          `json:"person,omitempty"`
	Optional  bool          `json:"person_optional,omitempty"` // records may have no person
	ByPartner bool          `json:"by_partner,omitempty"`      // only partners' files have it
	By        []string      `json:"by,omitempty"`              // the roles beside the coordinator that record it
	Fields    []RecordField `json:"fields,omitempty"`
	Rules     []RecordRule  `json:"rules,omitempty"`
}

// RecordField is a field of a kind of record.
type RecordField struct {
	ID        string            `json:"id"`
	Column    map[string]string `json:"column,omitempty"` // its name as a column of files by language, in place of the catalogues'
	Label     Text              `json:"label,omitzero"`   // in place of the catalogues'
	Type      string            `json:"type,omitempty"`   // "" changes a field that the kind has
	Privacy   string            `json:"privacy,omitempty"`
	Required  bool              `json:"required,omitempty"`
	Key       bool              `json:"key,omitempty"` // part of the natural key
	Min       float64           `json:"min,omitempty"`
	Max       float64           `json:"max,omitempty"`
	Year      bool              `json:"year,omitempty"`
	Unit      string            `json:"unit,omitempty"` // of a number: "h" and "min" are known
	Longest   int               `json:"longest,omitempty"`
	Options   []RecordOption    `json:"options,omitempty"`
	List      string            `json:"list,omitempty"` // a list of the definition, in the place of options
	NoColumn  bool              `json:"no_column,omitempty"`
	Attribute bool              `json:"attribute,omitempty"`
	Personal  bool              `json:"personal,omitempty"`
	Total     bool              `json:"total,omitempty"`
	Section   string            `json:"section,omitempty"`
	Hint      Text              `json:"hint,omitzero"`        // below the field of a form, in place of the catalogues'
	Decimals  int               `json:"decimals,omitempty"`   // of a number, at most
	LimitedBy string            `json:"limited_by,omitempty"` // the field whose option says which numbers are allowed
	NotAsked  bool              `json:"not_asked,omitempty"`  // the project does without the attribute
	Refusable bool              `json:"refusable,omitempty"`  // "refused" may be given in place of the value
	NotPublic bool              `json:"not_public,omitempty"` // breakdowns by it are not on the public page
	Sensitive bool              `json:"sensitive,omitempty"`  // for coordinators alone
	Example   [2]string         `json:"example,omitzero"`
}

// Dimension returns the name of the breakdown by the field: its id, or "age" for the built-in year of birth.
func (f RecordField) Dimension() string {
	if f.Year || f.ID == "birth_year" {
		return "age"
	}
	return f.ID
}

// RecordOption is one value of a list.
type RecordOption struct {
	ID    string   `json:"id"`
	Label Text     `json:"label"`
	Also  []string `json:"also,omitempty"` // other ways to write it
}

// RecordRule is a rule between fields of one record.
type RecordRule struct {
	Rule   string   `json:"rule"`   // any-of, must-be, at-most, at-least
	Fields []string `json:"fields"` // to which it applies
	Other  string   `json:"other,omitempty"`
	Value  string   `json:"value,omitempty"`
	Hint   string   `json:"hint,omitempty"` // of the problem's message
}
