package page

import (
	"outreach/internal/project"
	"outreach/internal/schema"
)

// Question is the page of a link that asks a person for attributes. It shows nothing that is known of them.
type Question struct {
	Definition *project.Definition
	Attributes []*schema.Field // none: it cannot be answered any more
	Token      string
	Entry      Entry
	Done       bool // it was answered
}

type questionPage struct {
	Question
	Form form
}

func (q Question) render(v view) (string, any) {
	out := questionPage{Question: q, Form: form{Submit: v.Say("question.submit"), Entry: q.Entry}}
	for _, f := range q.Attributes {
		one := *f
		one.Required = false
		out.Form.Inputs = append(out.Form.Inputs, v.input(&one, q.Definition, q.Entry, ""))
	}
	return "question", out
}
