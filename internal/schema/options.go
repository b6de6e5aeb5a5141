package schema

import (
	"outreach/internal/project"
	"outreach/internal/text"
)

// Fixed returns a list of options that is the same in every project.
func Fixed(options ...Option) func(*project.Definition) []Option {
	return func(*project.Definition) []Option { return options }
}

// Groups, OutputKinds and Activities return the lists of the definition.
func Groups(d *project.Definition) []Option {
	out := make([]Option, len(d.Groups))
	for i, g := range d.Groups {
		out[i] = Option{ID: g.ID, Label: g.Label, Own: true}
	}
	return out
}
func OutputKinds(d *project.Definition) []Option {
	out := make([]Option, len(d.OutputKinds))
	for i, k := range d.OutputKinds {
		out[i] = Option{ID: k.ID, Label: k.Label, Own: true}
	}
	return out
}
func Activities(d *project.Definition) []Option {
	out := make([]Option, len(d.Activities))
	for i, a := range d.Activities {
		out[i] = Option{ID: a.ID, Label: a.Label, Own: true}
	}
	return out
}

// Locales returns the offered languages.
func Locales(*project.Definition) []Option {
	tags := text.Languages()
	out := make([]Option, len(tags))
	for i, tag := range tags {
		out[i] = Option{ID: tag, Label: text.Name(tag)}
	}
	return out
}
