package page

import (
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/text"
)

// Signup is the public form. It posts to /{project}/signups.
type Signup struct {
	Definition *project.Definition
	Places     []Place // the activities, in the order of the definition
	Entry      Entry
	Today      string
	Office     bool // a coordinator enters a paper form: the day it was handed in is asked for, closed activities are offered
}

// Place is an activity one can sign up to.
type Place struct {
	Activity project.Activity
	Open     bool
	Left     int // places left; 0: who signs up waits; below 0: no limit, or not told
}

// Closed tells that the form takes no sign-ups.
func (s Signup) Closed() bool {
	for _, p := range s.Places {
		if p.Open {
			return false
		}
	}
	return !s.Office
}

type signupForm struct {
	Signup
	Form form
}

func (s Signup) draw(v view) (string, any) {
	without := []string{"locale"}
	if !s.Office {
		without = append(without, "submitted_at")
	}
	f := form{FieldFirst: true, Action: v.Base() + "/signups", Submit: v.Say("signup.submit"), Entry: s.Entry, Inputs: v.inputs(schema.For(s.Definition).Kind(schema.Signup), s.Definition, s.Entry, s.Today, without...)}
	if s.Office {
		f.Submit = v.Say("signup.submit_office")
	}
	activity := f.Input("activity")
	activity.As = "choice"
	activity.Choices = nil
	for _, p := range s.Places {
		activity.Choices = append(activity.Choices, choice{Value: p.Activity.ID, Label: p.Activity.Label.In(v.Lang()), Note: v.about(p),
			Chosen: p.Activity.ID == activity.Value, Closed: !p.Open && !s.Office})
	}
	if s.Office {
		for i := range f.Inputs {
			f.Inputs[i].Complete = "off"
		}
	} else {
		f.Input("email").Complete = "email"
	}
	f.focusFirstProblem(signupOrder(f)...)
	return "signup", signupForm{Signup: s, Form: f}
}

// The sections of the form, in their order; templates/signup.html draws them.
var signupSections = []string{"activity", "name", "key", "contact", "about", "office", "consent"}

// signupOrder is in which order the fields stand on the form.
func signupOrder(f form) []string {
	var names []string
	for _, section := range signupSections {
		for _, in := range f.In(section) {
			names = append(names, in.Name)
		}
	}
	return names
}

// DataWords is what the form says on the use of data: who is responsible for them, what they are used for, how they are
// kept, and which rights people have.
func DataWords(words *text.Messages, d *project.Definition) []string {
	var out []string
	for _, key := range signups.ConsentWords {
		who := responsible(d)
		if key == "signup.data_who" && who == "" {
			continue
		}
		out = append(out, words.Say(key, "who", who, "funder", d.Funding.Source.In(words.Language())))
	}
	return out
}

// responsible is who is responsible for people's data: whom the definition names for that, or else who runs the project.
func responsible(d *project.Definition) string {
	if d.Contact != nil {
		return joined(", ", d.Contact.Name, d.Contact.Address, d.Contact.Email, d.Contact.Phone)
	}
	var names []string
	for _, i := range d.Implementers {
		names = append(names, i.Name)
	}
	return joined(", ", names...)
}

func joined(by string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), by)
}

// DataWords are those of this form, in the language of the page.
func (s signupForm) DataWords(words *text.Messages) []string { return DataWords(words, s.Definition) }

// Version is since when the words on the use of data are as they are.
func (signupForm) Version() string { return signups.ConsentVersion }

// Trap is the name of the field that people leave empty.
func (signupForm) Trap() string { return signups.Trap }

// about says where and when an activity is, and whether there are places.
func (v view) about(p Place) string {
	note := p.Activity.Place
	add := func(words string) {
		if note != "" {
			note += " · "
		}
		note += words
	}
	if starts := p.Activity.Starts; starts != "" {
		when := v.When(starts)
		if ends := p.Activity.Ends; ends != "" && ends != starts {
			when += " – " + v.When(ends)
		}
		add(when)
	}
	switch {
	case !p.Open:
		add(v.Say("signup.activity_closed"))
	case p.Left == 0:
		add(v.Say("signup.full"))
	case p.Left > 0:
		add(v.Count("signup.places", int64(p.Left)))
	}
	return note
}

// SignedUp says that a sign-up was received, and what happens next.
type SignedUp struct {
	Definition *project.Definition
	Activity   *Place // nil: not told
	Receipt    string
	State      string // what a coordinator is told; "" for the public
}

type signedUpPage struct {
	SignedUp
	Name, About, Ask string
}

func (s SignedUp) draw(v view) (string, any) {
	out := signedUpPage{SignedUp: s}
	if s.Activity != nil {
		out.Name, out.About = s.Activity.Activity.Label.In(v.Lang()), v.about(*s.Activity)
	}
	if c := s.Definition.Contact; c != nil {
		out.Ask = joined(", ", c.Name, c.Email, c.Phone)
	}
	return "signed-up", out
}

// Cancel asks whether one's own sign-up is to be withdrawn. It posts to its own address.
type Cancel struct {
	Activity string // its label
	Token    string
	Done     bool // it has been, now or before
}

func (c Cancel) draw(view) (string, any) { return "cancel", c }

// Signups is the coordinator's list of sign-ups.
type Signups struct {
	Definition *project.Definition
	Former     []string // activities that the definition no longer has
	Activity   string   // the one chosen; "": all
	Items      []SignupItem
	Next       string // the address of the next page, or ""
	Exports    []Link
}

// SignupItem is one sign-up of the list.
type SignupItem struct {
	ID, Person, Name, Email, Activity, State string
	SubmittedAt                              string     // RFC 3339
	Version                                  string     // its ETag
	Row                                      schema.Row // what the form said, in the clear, where all of it is shown
	Consent                                  string     // the version of the words on the use of data that it agreed to, or ""
}

// States are what the office can set a sign-up to. Nobody is held by choice.
func (s SignupItem) States() []string {
	states := []string{schema.Accepted, schema.Waitlisted, schema.Cancelled}
	if s.State == schema.Held {
		states = append(states, schema.Held)
	}
	return states
}

// Current is the activity chosen, "" where the definition no longer has it.
func (s Signups) Current() string {
	a, _ := s.Definition.Activity(s.Activity)
	return a.ID
}

// Named is an activity's label.
func (s Signups) Named(activity, language string) string {
	if a, ok := s.Definition.Activity(activity); ok {
		return a.Label.In(language)
	}
	return activity
}

func (s Signups) draw(view) (string, any) { return "signups", s }
