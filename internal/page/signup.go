package page

import (
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/text"
)

// Signup is the public form.
type Signup struct {
	Definition *project.Definition
	Places     []Place // the activities, in the order of the definition
	Entry      Entry
	Today      string
	Action     string // the address that it posts to
	Office     bool   // a coordinator enters a form on paper: the form asks for its day and offers closed activities
}

// Place is an activity that people can sign up to.
type Place struct {
	Activity project.Activity
	Open     bool
	Left     int // places left; 0: new sign-ups wait; below 0: no limit, or not shown
}

// Closed reports whether the form accepts no sign-ups.
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

func (s Signup) render(v view) (string, any) {
	without := []string{"locale"}
	if !s.Office {
		without = append(without, "submitted_at")
	}
	f := form{FieldFirst: true, Action: s.Action, Submit: v.Say("signup.submit"), Entry: s.Entry, Inputs: v.inputs(schema.For(s.Definition).Kind(schema.Signup), s.Definition, s.Entry, s.Today, without...)}
	if s.Office {
		f.Submit = v.Say("signup.submit_office")
	}
	activity := f.Input("activity")
	activity.As = "choice"
	activity.Choices = nil
	for _, p := range s.Places {
		activity.Choices = append(activity.Choices, choice{Value: p.Activity.ID, Label: p.Activity.Label.In(v.Texts()), Note: v.about(p),
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

// signupSections are the sections of the form, in the order of templates/signup.html.
var signupSections = []string{"activity", "name", "key", "contact", "about", "office", "consent"}

// signupOrder returns the names of the fields in the order of the form.
func signupOrder(f form) []string {
	var names []string
	for _, section := range signupSections {
		for _, in := range f.In(section) {
			names = append(names, in.Name)
		}
	}
	return names
}

// DataWords returns the paragraphs of the form on the use of data: who is responsible, what data are used for, how they
// are kept, and which rights people have; with what the definition says of it under privacy.
func DataWords(words *text.Messages, d *project.Definition) []string {
	var out []string
	say := func(key string, args ...any) {
		if args[1] != "" {
			out = append(out, words.Say(key, args...))
		}
	}
	own, in := project.Privacy{}, words.Texts()
	if d.Privacy != nil {
		own = *d.Privacy
	}
	authority := ""
	if own.Authority != nil {
		authority = joined(", ", own.Authority.Name.In(in), own.Authority.URL)
	}
	say("signup.data_who", "who", responsible(d))
	if own.DPO != nil {
		say("signup.data_dpo", "who", joined(", ", own.DPO.Name, own.DPO.Email))
	}
	out = append(out, words.Say("signup.data_use", "funder", d.Funding.Source.In(in)))
	if own.Basis != "" {
		out = append(out, words.Say("signup.data_basis."+own.Basis))
	}
	say("signup.data_recipients", "recipients", sentence(own.Recipients.In(in)))
	if kept := own.Kept.In(in); kept != "" {
		say("signup.data_kept", "kept", sentence(kept))
	} else {
		out = append(out, words.Say("signup.data_keep"))
	}
	out = append(out, words.Say("signup.data_rights", "authority", authority, "abroad", !d.Polish()))
	if text := own.Text.In(in); text != "" {
		out = append(out, text)
	}
	return out
}

// sentence returns a text with a full stop at its end, unless it ends a sentence already.
func sentence(text string) string {
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".!?") {
		return text
	}
	return text + "."
}

// responsible returns who is responsible for people's data: the contact of the definition, else the implementers.
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

// joined joins the parts that are not empty.
func joined(by string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), by)
}

// DataWords returns the paragraphs on the use of data in the language of the page.
func (s signupForm) DataWords(words *text.Messages) []string { return DataWords(words, s.Definition) }

// Version returns the version of the words on the use of data.
func (signupForm) Version() string { return signups.ConsentVersion }

// Trap returns the name of the hidden field that people leave empty.
func (signupForm) Trap() string { return signups.Trap }

// about returns the note on an activity: where and when it is, and whether there are places.
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

// SignedUp is the page after a sign-up: that it was received, and what happens next.
type SignedUp struct {
	Definition *project.Definition
	Activity   *Place // nil: not shown
	Receipt    string
	Again      string // the address of the form
	State      string // the sign-up's state, for coordinators; "" for the public
}

type signedUpPage struct {
	SignedUp
	Name, About, Ask string
	Confirm          bool // the address has to be confirmed
}

func (s SignedUp) render(v view) (string, any) {
	out := signedUpPage{SignedUp: s, Confirm: s.Definition.Confirm == project.ConfirmEmail}
	if s.Activity != nil {
		out.Name, out.About = s.Activity.Activity.Label.In(v.Texts()), v.about(*s.Activity)
	}
	if c := s.Definition.Contact; c != nil {
		out.Ask = joined(", ", c.Name, c.Email, c.Phone)
	}
	return "signed-up", out
}

// Embedding is the office's page on how other sites embed the sign-up form.
type Embedding struct {
	Origins []string // that may
	Snippet string   // HTML for their pages
}

func (e Embedding) render(view) (string, any) { return "embedding", e }

// Cancel is the page where people withdraw their own sign-up. It posts to its own address.
type Cancel struct {
	Activity string // its label
	Token    string
	Done     bool // the sign-up is withdrawn
}

func (c Cancel) render(view) (string, any) { return "cancel", c }

// Confirm is the page where people confirm the address of their own sign-up. It posts to its own address.
type Confirm struct {
	Activity string // its label
	Token    string
	Done     bool // the address is confirmed
	Ended    bool // the sign-up is cancelled, so there is nothing to confirm
}

func (c Confirm) render(view) (string, any) { return "confirm", c }

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
	Unconfirmed                              bool       // held because its address has not been confirmed
	Row                                      schema.Row // the values of the form, not sealed, on the page of a person alone
	Consent                                  string     // the version of the words on the use of data that was agreed to, or ""
}

// States returns the states that a coordinator can set. Held is among them only for a sign-up that is held.
func (s SignupItem) States() []string {
	states := []string{schema.Accepted, schema.Waitlisted, schema.Cancelled}
	if s.State == schema.Held {
		states = append(states, schema.Held)
	}
	return states
}

// Current returns the id of the chosen activity, "" where the definition no longer has it.
func (s Signups) Current() string {
	a, _ := s.Definition.Activity(s.Activity)
	return a.ID
}

// Named returns an activity's label, its id where the definition no longer has it.
func (s Signups) Named(activity, language string) string {
	if a, ok := s.Definition.Activity(activity); ok {
		return a.Label.In(language)
	}
	return activity
}

func (s Signups) render(view) (string, any) { return "signups", s }
