package letter

import (
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// Question is the data of a letter that asks a person for attributes.
type Question struct {
	Language   string
	Project    *project.Definition
	FirstName  string
	Attributes []*schema.Field
	Until      string // the last day on which it can be answered
	Link       string
}

// RenderQuestion renders the letter. It names the attributes, and nothing that is known of the person but the name.
func RenderQuestion(q Question) (Letter, error) {
	words := text.Of(q.Language)
	title := q.Project.Title.In(words.Texts())
	var labels []string
	for _, f := range q.Attributes {
		labels = append(labels, f.LabelIn(words))
	}
	c := content{
		Messages: words, Subject: words.Say("mail.question.subject", "project", title), Hello: words.Say("mail.hello", "name", plausibleName(q.FirstName)), Lead: words.Say("mail.question.text"),
		Details: []detail{{words.Say("mail.question.about"), strings.Join(labels, ", ")}, {words.Say("mail.question.until"), words.Date(q.Until)}, {words.Say("mail.project"), title}},
		Act:     words.Say("mail.question.act"), Link: link{words.Say("mail.question.link"), q.Link},
		Foot: strings.TrimSpace(words.Say("mail.foot", "project", title) + " " + questions(words, q.Project.Contact)),
	}
	return c.render()
}
