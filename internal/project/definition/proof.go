package definition

import (
	"slices"

	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
)

// Proof is where the records behind a promised line come from.
type Proof struct {
	Code    string        `json:"code" doc:"Of the indicator"`
	Label   project.Text  `json:"label"`
	Sources []Source      `json:"sources" doc:"What brings the records"`
	Others  []string      `json:"others,omitempty" doc:"The indicators that it is worked out from"`
	Until   string        `json:"until" format:"date" doc:"The last day that counts"`
	Lacks   []schema.Lack `json:"-"` // what keeps its records from coming
}

// Source is what brings the records of one kind.
type Source struct {
	Kind   string   `json:"kind" doc:"What is recorded, as rules name it; empty: what the office says"`
	At     string   `json:"at" doc:"The page, below the project's address"`
	File   bool     `json:"file" doc:"Also, or only, by a file"`
	By     []string `json:"by" doc:"Who: anyone, or roles"`
	FileBy []string `json:"file_by,omitempty" doc:"The roles that may send the file"`
}

// Proofs returns for each indicator of a valid definition what brings its records, who does, and what is missing.
func Proofs(d *project.Definition) []Proof {
	registry, all := schema.For(d), schema.Lacks(d)
	out := make([]Proof, 0, len(d.Indicators))
	for _, in := range d.Indicators {
		p := Proof{Code: in.Code, Label: in.Label, Sources: []Source{}, Until: in.LastDay(d.Period)}
		switch in.Count {
		case project.CountSaid:
			p.Sources = append(p.Sources, Source{At: "/indicators/" + in.Code + "/said", By: []string{"coordinator"}})
		case project.CountValue:
			if formula, err := rule.CompileFormula(in.Value); err == nil { // as the definition is valid
				p.Others = formula.Codes()
			}
		}
		for _, name := range registry.Needed(d, in) {
			p.Sources = append(p.Sources, sourceOf(registry.Kind(name)).among(d))
		}
		for _, lack := range all {
			if lack.Of(in.Code) {
				p.Lacks = append(p.Lacks, lack)
			}
		}
		out = append(out, p)
	}
	return out
}

// among returns the source without partners where the definition has none.
func (s Source) among(d *project.Definition) Source {
	if len(d.Partners) == 0 {
		isPartner := func(role string) bool { return role == "partner" }
		s.By, s.FileBy = slices.DeleteFunc(s.By, isPartner), slices.DeleteFunc(s.FileBy, isPartner)
	}
	return s
}

func sourceOf(k *schema.Kind) Source {
	s := Source{Kind: k.Name, At: "/" + k.Path, By: []string{"coordinator"}}
	if !slices.ContainsFunc(k.Fields, func(f schema.Field) bool { return f.Required && f.Type == schema.File }) { // a table has no files
		s.File, s.FileBy = true, []string{"coordinator"}
		if k.SentByPartners() {
			s.FileBy = []string{"coordinator", "partner"}
		}
	}
	switch {
	case k.Name == schema.Signup:
		s.At, s.By = "/signup", []string{"anyone", "coordinator"}
	case k.Name == schema.Consultation:
		s.By = []string{"adviser", "coordinator"}
	default:
		s.By = slices.Concat(k.By, s.By)
	}
	return s
}
