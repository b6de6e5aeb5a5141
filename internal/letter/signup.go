package letter

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"outreach/internal/calendar"
	"outreach/internal/mail"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// Causes of a letter about a sign-up, beside its new state.
const (
	// Received answers the public form: it is the same for a new person, a person signed up before, and a form that the
	// office has to look at.
	Received     = "received"
	ReceivedFull = "received_full" // all places are taken
	PlaceFree    = "place_free"    // a place became free for someone on the waiting list
	// Confirm answers the public form where the address has to be confirmed: it is the same whether or not the person is
	// known, and whether or not there is a place.
	Confirm = "confirm"
)

// Signup is the data of a letter about a sign-up.
type Signup struct {
	What                string // Received, ReceivedFull, PlaceFree, Confirm, schema.Accepted, Waitlisted or Cancelled
	Language            string
	Project             *project.Definition
	Activity            project.Activity
	ID                  string
	FirstName, LastName string // as typed in the form
	Link                string // the address that withdraws it, or that confirms the address; "": the letter has none
	At                  time.Time
}

var signupMessages = map[string]string{
	schema.Accepted: "mail.signup_accepted", schema.Waitlisted: "mail.signup_waitlisted", schema.Cancelled: "mail.signup_cancelled",
	Received: "mail.signup_received", Confirm: "mail.signup_confirm", ReceivedFull: "mail.signup_received_full", PlaceFree: "mail.place_free",
}

// RenderSignup renders the letter to someone who signed up. Letters about a place have the activity as a calendar
// file, and those about a cancellation one that takes it back.
func RenderSignup(s Signup) (Letter, error) {
	words, key := text.Of(s.Language), signupMessages[s.What]
	language := words.Texts()
	activity, title := s.Activity.Label.In(language), s.Project.Title.In(language)
	if activity == "" {
		activity = s.Activity.ID
	}
	c := content{
		Messages: words, Subject: words.Say(key+".subject", "activity", activity), Hello: words.Say("mail.hello", "name", plausibleName(s.FirstName)), Lead: words.Say(key + ".text"),
		Details: []detail{{words.Say("mail.activity"), activity}}, Foot: strings.TrimSpace(words.Say("mail.foot", "project", title) + " " + questions(words, s.Project.Contact)),
	}
	add := func(name, value string) {
		if value != "" {
			c.Details = append(c.Details, detail{name, value})
		}
	}
	add(words.Say("mail.when"), when(words, s.Activity, s.Project.Location()))
	add(words.Say("mail.where"), s.Activity.Place)
	add(words.Say("mail.project"), title)
	add(words.Say("mail.signed_up"), strings.TrimSpace(plausibleName(s.FirstName)+" "+plausibleName(s.LastName)))
	if s.What != schema.Cancelled && s.Link != "" {
		label := words.Say("mail.withdraw")
		if s.What == Confirm {
			label = words.Say("mail.confirm")
		}
		c.Act, c.Link = words.Say(key+".act"), link{label, s.Link}
	}
	var files []mail.File
	if cancels := s.What == schema.Cancelled; cancels || s.What == schema.Accepted || s.What == PlaceFree || s.What == Received {
		event := calendar.Write(calendar.Event{ID: s.ID, Activity: s.Activity, Project: s.Project, Language: language, Made: s.At, Cancels: cancels})
		kind := calendar.MediaType
		if cancels {
			kind = calendar.Cancelled
		}
		if event != nil {
			files = append(files, mail.File{Name: s.Activity.ID + ".ics", Type: kind, Data: event})
		}
	}
	return c.render(files...)
}

// Bounds of a name that may be shown in a letter.
const (
	mostLetters = 40
	mostWords   = 4
	mostMarks   = 2 // combining marks on one letter
)

// plausibleName returns a name as it may be shown in a letter: letters, spaces, hyphens and apostrophes, a few words of
// them; else "". Anybody can make the public form send a letter to anybody, and must not word it.
func plausibleName(name string) string {
	words := strings.Fields(name)
	name = strings.Join(words, " ")
	if len(words) > mostWords || utf8.RuneCountInString(name) > mostLetters {
		return ""
	}
	marks, before := 0, ' '
	for _, r := range name {
		switch {
		case unicode.IsMark(r) && unicode.IsLetter(before) && marks < mostMarks:
			marks++
			continue
		case unicode.IsLetter(r):
		case strings.ContainsRune(" -'’", r) && (r == ' ' || before != r):
		default:
			return ""
		}
		marks, before = 0, r
	}
	if !strings.ContainsFunc(name, unicode.IsLetter) {
		return ""
	}
	return name
}

// questions returns the sentence that names the contact for questions, "" where the definition has none.
func questions(words *text.Messages, c *project.Contact) string {
	if c == nil {
		return ""
	}
	var ways []string
	for _, way := range []string{c.Name, c.Email, c.Phone} {
		if way != "" {
			ways = append(ways, way)
		}
	}
	return words.Say("mail.questions", "contact", strings.Join(ways, ", "))
}

// when returns the time span of an activity, "" where the definition has none.
func when(words *text.Messages, a project.Activity, zone *time.Location) string {
	if a.Starts == "" {
		return ""
	}
	start := words.Moment(a.Starts, zone)
	if a.Ends == "" || a.Ends == a.Starts {
		return start
	}
	starts, err := time.Parse(time.RFC3339, a.Starts)
	ends, endErr := time.Parse(time.RFC3339, a.Ends)
	if err == nil && endErr == nil && starts.In(zone).Format(time.DateOnly) == ends.In(zone).Format(time.DateOnly) {
		return start + "–" + ends.In(zone).Format("15:04")
	}
	return start + " – " + words.Moment(a.Ends, zone)
}
