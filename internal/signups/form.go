package signups

import (
	"time"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// FromForm returns the draft of what the public form says, received at a moment, with all its problems: those that were
// found before, and those of the form. The draft is valid if there are none. The language is the one of letters where
// the form names none. Forms of other programs are trusted like the public form, and come through here too.
func FromForm(def *project.Definition, entry schema.Entry, problems []schema.Problem, language string, received time.Time) (SignupDraft, []schema.Problem) {
	kind := schema.For(def).Kind(schema.Signup)
	get := func(field string) string { return kind.Get(entry.Row, field) }
	if len(problems) == 0 && !entry.Person.AtForms() {
		problems = append(problems, kind.PersonKeys().MissingAtForms())
	}
	if get("submitted_at") != "" {
		problems = append(problems, schema.Problem{Field: "submitted_at", Code: schema.NotAllowed, Hint: "coordinator"})
	}
	activity, found := def.Activity(get("activity"))
	if found && !def.SignupOpen(activity, received) {
		problems = append(problems, schema.Problem{Field: "activity", Code: schema.Closed})
	}
	if len(problems) > 0 {
		return SignupDraft{}, problems
	}
	if at := kind.Index("locale"); entry.Row[at] == "" {
		entry.Row[at] = text.Spoken(language)
	}
	return SignupDraft{
		Kind: kind, Activity: activity, Row: entry.Row, Derived: schema.OfPesel(def, entry.Person.Pesel), Submitted: received, Public: true, Consent: ConsentVersion,
		Confirm: def.Confirm == project.ConfirmEmail && entry.Person.Email != "", Reserve: time.Duration(def.ConfirmHours) * time.Hour,
	}, nil
}
