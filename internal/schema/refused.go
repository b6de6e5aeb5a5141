package schema

import (
	"outreach/internal/project"
	"outreach/internal/text"
)

// Refused is in place of the value of a refusable field, of any type: the person was asked and did not want to
// answer. It is a part of its own in breakdowns, and rules that compare the field with anything else do not match.
const Refused = "refused"

// refuses reports whether a clean text says that the answer was refused, in files and forms in any language.
func (f *Field) refuses(value string, s Scope) bool {
	switch {
	case !f.Refusable:
		return false
	case value == Refused:
		return true
	case !s.Loose:
		return false
	}
	for _, word := range refusals() {
		if Same(value) == Same(word) {
			return true
		}
	}
	return false
}

// refusals returns the word for Refused in all languages.
func refusals() project.Text { return text.Records().Word("value." + Refused) }

// Kept returns a stored text as the field has it now: Refused is no value of a number or date that is refusable no
// longer.
func (f *Field) Kept(text string) string {
	if text == Refused && !f.Canonical(text) {
		return ""
	}
	return text
}

// Answer returns a value without Refused, "" in its place.
func (f *Field) Answer(value string) string {
	if f != nil && f.Refusable && value == Refused {
		return ""
	}
	return value
}
