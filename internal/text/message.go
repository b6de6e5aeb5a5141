package text

import (
	"strings"

	"outreach/internal/project"
)

// Message is a message whose language is chosen later: a key of the catalogues and the values of its placeholders.
type Message struct {
	Key   string
	Args  []any  // name, value, name, value; a value may be a Message or a list of texts
	Count *int64 // the number that selects the plural form; nil: the message has no plural forms
}

// NewMessage returns the message of a key, without plural forms.
func NewMessage(key string, args ...any) Message { return Message{Key: key, Args: args} }

// NewCount returns the message of a key with the plural form for n.
func NewCount(key string, n int64, args ...any) Message {
	return Message{Key: key, Args: args, Count: &n}
}

// Word returns the text of a message in the language.
func (m *Messages) Word(message Message) string {
	if message.Count != nil {
		return m.Count(message.Key, *message.Count, message.Args...)
	}
	return m.Say(message.Key, message.Args...)
}

// value converts an argument for the template.
func (m *Messages) value(arg any) any {
	switch v := arg.(type) {
	case Message:
		return m.Word(v)
	case []string:
		return strings.Join(v, ", ")
	case Problem:
		return m.Problem(v)
	}
	return arg
}

// Problem is an error in one value. Its message is "problem.<Code>.<Hint>" if that exists, else "problem.<Code>", with
// Args and the list of options filled in.
type Problem struct {
	Field   string            `json:"field"`
	Code    string            `json:"code"`
	Hint    string            `json:"hint,omitempty"`
	Args    map[string]string `json:"args,omitempty"`
	Options []Choice          `json:"-"` // the allowed values; the cells of a file's column share them
}

// Verbatim is the argument of a problem that is shown as it is, although it may look like a number.
const Verbatim = "sample"

// Choice is an allowed value.
type Choice struct {
	ID    string       `json:"id"`
	Label project.Text `json:"label"`
	ByID  bool         `json:"by_id,omitempty"` // the label alone is not accepted or is ambiguous
}

// Problem returns the message of a problem, which says what is wrong and how to correct it. Numbers and dates among the
// arguments are formatted.
func (m *Messages) Problem(p Problem) string {
	args := make([]any, 0, 2*len(p.Args)+2)
	for name, value := range p.Args {
		if name != Verbatim {
			value = m.argument(value)
		}
		args = append(args, name, value)
	}
	if len(p.Options) > 0 {
		list := make([]string, len(p.Options))
		for i, o := range p.Options {
			list[i] = m.choice(o)
		}
		args = append(args, "list", list, "labels", m.labels(p.Options))
	}
	if p.Hint != "" && m.Has("problem."+p.Code+"."+p.Hint) {
		return m.Say("problem."+p.Code+"."+p.Hint, args...)
	}
	return m.Say("problem."+p.Code, args...)
}

// labels returns the labels of options in the language.
func (m *Messages) labels(options []Choice) []string {
	out := make([]string, len(options))
	for i, o := range options {
		if out[i] = o.Label[m.language]; out[i] == "" {
			out[i] = o.ID
		}
	}
	return out
}

// choice formats an option: its id with its label in the language, or the id alone if the label is missing or the same.
func (m *Messages) choice(c Choice) string {
	label := c.Label[m.language]
	switch {
	case label == "" || strings.EqualFold(strings.TrimSpace(label), c.ID):
		return c.ID
	case c.ByID:
		return m.Say("format.choice_by_id", "id", c.ID, "label", label)
	}
	return m.Say("format.choice", "id", c.ID, "label", label)
}
