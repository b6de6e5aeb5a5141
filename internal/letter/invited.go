package letter

import (
	"outreach/internal/project"
	"outreach/internal/text"
)

// Invited is the data of a letter to a person who got roles in a project.
type Invited struct {
	Language string
	Project  *project.Definition
	Roles    []string // as groups name them
	Link     string   // of the sign-in that leads to the project
}

// RenderInvited renders the letter.
func RenderInvited(i Invited) (Letter, error) {
	words := text.Of(i.Language)
	title := i.Project.Title.In(words.Texts())
	c := content{
		Messages: words, Subject: words.Say("mail.invited.subject", "project", title), Hello: words.Say("mail.hello", "name", ""),
		Lead:    words.Say("mail.invited.text", "roles", words.RolesInWords(i.Project, i.Roles)),
		Details: []detail{{words.Say("mail.project"), title}},
		Act:     words.Say("mail.invited.act"), Link: link{words.Say("mail.invited.link"), i.Link}, Foot: words.Say("mail.foot", "project", title),
	}
	return c.render()
}
