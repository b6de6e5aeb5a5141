package projectsweb

import (
	"strings"

	"outreach/internal/page"
	"outreach/internal/project"
	"outreach/internal/project/definition"
	"outreach/internal/schema"
	"outreach/internal/web"
)

// proof is where the records behind a promised line come from, in the reader's language.
type proof struct {
	definition.Proof
	Missing []string `json:"missing,omitempty" doc:"What keeps its records from coming, in the reader's language"`
}

func proofs(c *web.Call, d *project.Definition) []proof {
	var out []proof
	for _, p := range definition.Proofs(d) {
		one := proof{Proof: p}
		for _, lack := range p.Lacks {
			one.Missing = append(one.Missing, lack.In(c.Messages()))
		}
		out = append(out, one)
	}
	return out
}

// proofLines returns proofs for the page.
func proofLines(c *web.Call, d *project.Definition) []page.ProofLine {
	words, registry := c.Messages(), schema.For(d)
	var out []page.ProofLine
	for _, p := range proofs(c, d) {
		line := page.ProofLine{Code: p.Code, Label: p.Label.In(c.Language), Until: p.Until, Others: strings.Join(p.Others, ", "), Missing: p.Missing}
		for _, s := range p.Sources {
			name := words.Say("definition.proof.said")
			if s.Kind != "" {
				name = registry.LabelIn(words, schema.Heading, s.Kind)
			}
			named := func(roles []string) string {
				var who []string
				for _, role := range roles {
					who = append(who, words.Say("role."+role))
				}
				return strings.Join(who, ", ")
			}
			line.Sources = append(line.Sources, page.ProofSource{Name: name, Address: "/" + d.ID + s.At, FileBy: named(s.FileBy), Who: named(s.By)})
		}
		out = append(out, line)
	}
	return out
}
