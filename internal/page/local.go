package page

import (
	"regexp"
	"slices"
	"time"
)

// RoleChoice is where the local stack's sign-in asks as whom.
type RoleChoice struct {
	Action  string            // where the choice is posted
	Hidden  map[string]string // sent back with it
	Choices []RoleOption
}

// RoleOption is one role to sign in as: the value of the button named role.
type RoleOption struct{ Value, Label, Project, Email string }

type roleChoicePage struct {
	RoleChoice
	Projects []projectRoles
}

// projectRoles are the roles in one project.
type projectRoles struct {
	Title   string // "" of roles in all projects, which come last
	Choices []RoleOption
}

func (r RoleChoice) draw(view) (string, any) {
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

// Mailbox is the local stack's list of sent mail, newest first.
type Mailbox struct{ Items []Mail }

// Mail is one message.
type Mail struct {
	To, Subject, Text string
	HTML              string // where it is shown as mail programs show it
	Files             []Link
	At                time.Time
}

var address = regexp.MustCompile(`https?://[^\s<>"]+`)

// Parts is the text with its addresses as links.
func (m Mail) Parts() []Link {
	var out []Link
	rest := m.Text
	for _, found := range address.FindAllStringIndex(m.Text, -1) {
		done := len(m.Text) - len(rest)
		out = append(out, Link{Label: m.Text[done:found[0]]}, Link{Href: m.Text[found[0]:found[1]], Label: m.Text[found[0]:found[1]]})
		rest = m.Text[found[1]:]
	}
	return append(out, Link{Label: rest})
}

func (m Mailbox) draw(view) (string, any) { return "mailbox", m }

// DeadLetters is the local stack's list of what could not be processed.
type DeadLetters struct{ Items []DeadLetter }

// DeadLetter is one event and why it failed.
type DeadLetter struct {
	ID, Source, Reason string
	Tries              int
	At                 time.Time
}

func (d DeadLetters) draw(view) (string, any) { return "dead-letters", d }
