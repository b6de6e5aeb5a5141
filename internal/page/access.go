package page

import (
	"strings"
	"time"

	"outreach/internal/project"
	"outreach/internal/schema"
)

// Access is the page of who has which role in a project.
type Access struct {
	Definition *project.Definition
	Kind       *schema.Kind // its fields are those of the form
	Entry      Entry
	Items      []AccessItem
}

// AccessItem is a member of the staff.
type AccessItem struct {
	ID, Email    string
	Roles, Other []string // by the tracker's own list, and by their tokens alone; as groups name them
	Seen         string   // the last day on which they were here; "": not yet
	At           time.Time
	By           string // who set the roles, ""
}

type accessPage struct {
	Access
	Form form
}

func (a Access) render(v view) (string, any) {
	p := accessPage{Access: a}
	p.Form = form{Action: v.Base() + "/access", Submit: v.Say("access.invite"), Entry: a.Entry}
	p.Form.Inputs = v.inputs(a.Kind, a.Definition, a.Entry, "")
	return "access", p
}

// Member is the page of the roles of one member of the staff.
type Member struct {
	Definition *project.Definition
	Kind       *schema.Kind
	Problems   []schema.Problem
	Item       AccessItem
}

type memberPage struct {
	Member
	Form form
}

func (m Member) render(v view) (string, any) {
	p := memberPage{Member: m}
	entry := Entry{Values: map[string]string{"roles": strings.Join(m.Item.Roles, "|")}, Problems: m.Problems}
	p.Form = form{Action: v.Base() + "/access/" + m.Item.ID, Submit: v.Say("access.save"), Method: "PUT", Entry: entry}
	p.Form.Inputs = v.inputs(m.Kind, m.Definition, entry, "")
	return "member", p
}
