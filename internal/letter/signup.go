package letter

import (
	"strings"
	"time"

	"outreach/internal/calendar"
	"outreach/internal/mail"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// What a letter about a sign-up tells: the state that it got, or one of these.
const (
	Again     = "again"      // the form came once more, and nothing changed
	PlaceFree = "place_free" // somebody else's place is theirs now
)

// Signup is what a letter about a sign-up is drawn of.
type Signup struct {
	What                string // schema.Accepted, Waitlisted, Held or Cancelled; Again; PlaceFree
	Language            string
	Project             *project.Definition
	Activity            project.Activity
	ID                  string
	FirstName, LastName string // as the form gave them
	Cancel              string // where it is withdrawn; "" where the letter is not to say
	At                  time.Time
}

var signupMessages = map[string]string{
	schema.Accepted: "mail.signup_accepted", schema.Waitlisted: "mail.signup_waitlisted", schema.Held: "mail.signup_held", schema.Cancelled: "mail.signup_cancelled",
	Again: "mail.signup_again", PlaceFree: "mail.place_free",
}

// OfSignup draws a letter to somebody who signed up. Whoever has a place gets the activity for their calendar with it.
func OfSignup(s Signup) (Letter, error) {
	words, key := text.Of(s.Language), signupMessages[s.What]
	language := words.Language()
	activity, title := s.Activity.Label.In(language), s.Project.Title.In(language)
	if activity == "" {
		activity = s.Activity.ID
	}
	c := content{
		Messages: words, Subject: words.Say(key+".subject", "activity", activity), Hello: words.Say("mail.hello", "name", called(s.FirstName)), Lead: words.Say(key + ".text"),
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
	add(words.Say("mail.signed_up"), strings.TrimSpace(called(s.FirstName)+" "+called(s.LastName)))
	if s.What != schema.Cancelled && s.Cancel != "" {
		c.Act, c.Link = words.Say(key+".act"), link{words.Say("mail.withdraw"), s.Cancel}
	}
	var files []mail.File
	if s.What == schema.Accepted || s.What == PlaceFree {
		event := calendar.Write(calendar.Event{ID: s.ID, Activity: s.Activity, Project: s.Project, Language: language, Made: s.At})
		if event != nil {
			files = append(files, mail.File{Name: s.Activity.ID + ".ics", Type: calendar.MediaType, Data: event})
		}
	}
	return c.draw(files...)
}

// called is a name as it may stand in a letter. Anybody can have a letter sent to anybody by the public form: a name that could
// hold an address of something else is left out.
func called(name string) string {
	name = line(name)
	if strings.ContainsAny(name, "/:@") || strings.Contains(strings.ToLower(name), "www.") {
		return ""
	}
	return name
}

// questions is where those who got a letter can ask; "" where the definition names nobody.
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

// when says from when until when an activity is, "" where that is not known.
func when(words *text.Messages, a project.Activity, zone *time.Location) string {
	if a.Starts == "" {
		return ""
	}
	said := words.Moment(a.Starts, zone)
	if a.Ends == "" || a.Ends == a.Starts {
		return said
	}
	starts, err := time.Parse(time.RFC3339, a.Starts)
	ends, endErr := time.Parse(time.RFC3339, a.Ends)
	if err == nil && endErr == nil && starts.In(zone).Format(time.DateOnly) == ends.In(zone).Format(time.DateOnly) {
		return said + "–" + ends.In(zone).Format("15:04")
	}
	return said + " – " + words.Moment(a.Ends, zone)
}
