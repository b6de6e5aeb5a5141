package page

import (
	"time"

	"outreach/internal/project"
	"outreach/internal/schema"
)

// Said is the page on which a coordinator says the value of an indicator that is not counted, with what was said.
type Said struct {
	Definition *project.Definition
	Indicator  project.Indicator
	Kind       *schema.Kind // its fields are those of the form
	Entry      Entry
	Today      string
	Items      []SaidValue
	Next       string // the address of the next page, or ""
}

// SaidValue is what was said last of a day.
type SaidValue struct {
	AsOf, Value, Note, By string
	At                    time.Time
	Corrected             bool // another value had been said before
}

type saidPage struct {
	Said
	Name, Unit string
	Form       form
}

func (s Said) render(v view) (string, any) {
	p := saidPage{Said: s, Name: s.Indicator.Label.In(v.Texts()), Unit: s.Indicator.Unit}
	if v.Has("unit." + p.Unit) {
		p.Unit = v.Say("unit." + p.Unit)
	}
	p.Form = form{Action: v.Base() + "/indicators/" + s.Indicator.Code + "/said", Method: "PUT", Submit: v.Say("records.save"), Entry: s.Entry}
	p.Form.Inputs = v.inputs(s.Kind, s.Definition, s.Entry, s.Today)
	for i := range s.Items {
		s.Items[i].Value = v.cell(&s.Kind.Fields[s.Kind.Index("value")], s.Definition, s.Items[i].Value)
	}
	return "said", p
}
