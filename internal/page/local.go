package page

import (
	"slices"
	"time"
)

// RoleChoice is the sign-in page of the tracker without an identity provider, which asks for the role to sign in with.
type RoleChoice struct {
	Action  string            // the form's action
	Hidden  map[string]string // hidden fields of the form
	Choices []RoleOption
}

// RoleOption is a role to sign in with; Value is the value of the button named role.
type RoleOption struct{ Value, Label, Project, Email string }

type roleChoicePage struct {
	RoleChoice
	Projects []projectRoles
}

// projectRoles are the roles in one project.
type projectRoles struct {
	Title   string // "" for roles in all projects, which come last
	Choices []RoleOption
}

func (r RoleChoice) render(view) (string, any) {
	out := roleChoicePage{RoleChoice: r}
	for _, c := range r.Choices {
		i := slices.IndexFunc(out.Projects, func(p projectRoles) bool { return p.Title == c.Project })
		if i < 0 {
			i, out.Projects = len(out.Projects), append(out.Projects, projectRoles{Title: c.Project})
		}
		out.Projects[i].Choices = append(out.Projects[i].Choices, c)
	}
	slices.SortStableFunc(out.Projects, func(a, b projectRoles) int { return min(len(b.Title), 1) - min(len(a.Title), 1) })
	return "role-choice", out
}

// Mailbox is the list of the e-mails that the tracker has sent when it has no mail server, newest first.
type Mailbox struct{ Items []Mail }

// Mail is one e-mail.
type Mail struct {
	To, Subject, Text string
	HTML              string // the URL of its HTML version
	Files             []Link
	At                time.Time
}

var address = pattern(`https?://[^\s<>"]+`)

// Parts returns the text in parts, with each URL in it as a link.
func (m Mail) Parts() []Link {
	var out []Link
	rest := m.Text
	for _, found := range address().FindAllStringIndex(m.Text, -1) {
		done := len(m.Text) - len(rest)
		out = append(out, Link{Label: m.Text[done:found[0]]}, Link{Href: m.Text[found[0]:found[1]], Label: m.Text[found[0]:found[1]]})
		rest = m.Text[found[1]:]
	}
	return append(out, Link{Label: rest})
}

func (m Mailbox) render(view) (string, any) { return "mailbox", m }

// DeadLetters is the list of events that could not be processed.
type DeadLetters struct{ Items []DeadLetter }

// DeadLetter is an event and the reason why it failed.
type DeadLetter struct {
	ID, Source, Reason string
	Tries              int
	At                 time.Time
}

func (d DeadLetters) render(view) (string, any) { return "dead-letters", d }
