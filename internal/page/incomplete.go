package page

import (
	"cmp"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
)

// Incomplete is the list of the people who lack an attribute that the definition asks for.
type Incomplete struct {
	Definition          *project.Definition
	Attribute, Activity string // what is selected, "" for all
	Items               []IncompletePerson
	Day                 string // up to which records were looked at, "" where there is no list yet
	Next                string // the address of the next page, or ""
}

// IncompletePerson is a person who lacks attributes, by their names.
type IncompletePerson struct {
	Person     PersonItem
	Missing    []string
	Since      string // the day of their first record
	Activities []string
	Asked      string // when they were asked by e-mail, RFC 3339; "": never
}

type incompletePage struct {
	Incomplete
	Means   string   // where incomplete people count
	Choices []Choice // of attributes
	Lines   []incompleteLine
}

// Choice is an option of a list.
type Choice struct{ ID, Label string }

type incompleteLine struct {
	IncompletePerson
	Lacks, At string
}

func (i Incomplete) render(v view) (string, any) {
	kind := schema.For(i.Definition).Kind(schema.Signup)
	out := incompletePage{Incomplete: i, Means: v.Say("people.incomplete_" + cmp.Or(i.Definition.People.Incomplete, project.CountedEverywhere))}
	for _, name := range i.Definition.People.Complete {
		out.Choices = append(out.Choices, Choice{name, v.attribute(kind, name)})
	}
	for _, one := range i.Items {
		line := incompleteLine{IncompletePerson: one}
		var lacks, at []string
		for _, name := range one.Missing {
			lacks = append(lacks, v.attribute(kind, name))
		}
		for _, activity := range one.Activities {
			at = append(at, Signups{Definition: i.Definition}.Named(activity, v.Texts()))
		}
		line.Lacks, line.At = strings.Join(lacks, ", "), strings.Join(at, ", ")
		out.Lines = append(out.Lines, line)
	}
	return "incomplete", out
}
