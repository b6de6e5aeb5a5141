package schema

import (
	"outreach/internal/project"
	"outreach/internal/text"
)

// Fixed is a list that is the same in every project.
func Fixed(options ...Option) func(*project.Definition) []Option {
	return func(*project.Definition) []Option { return options }
}

// Groups, Activities and OutputKinds are the definition's own lists.
func Groups(d *project.Definition) []Option      { return labelled(d.Groups) }
func OutputKinds(d *project.Definition) []Option { return labelled(d.OutputKinds) }
func Activities(d *project.Definition) []Option {
	out := make([]Option, len(d.Activities))
	for i, a := range d.Activities {
		out[i] = Option{ID: a.ID, Label: a.Label, Own: true}
	}
	return out
}

// Locales are the languages that are offered.
func Locales(*project.Definition) []Option {
	tags := text.Languages()
	out := make([]Option, len(tags))
	for i, tag := range tags {
		out[i] = Option{ID: tag, Label: text.Name(tag)}
	}
	return out
}

func labelled(list []project.Labelled) []Option {
	out := make([]Option, len(list))
	for i, l := range list {
		out[i] = Option{ID: l.ID, Label: l.Label, Own: true}
	}
	return out
}
