package text

import (
	"strings"

	"outreach/internal/project"
)

// Message is a sentence that is worded once its reader's language is known: a key of the catalogues, and the values of its
// placeholders.
type Message struct {
	Key   string
	Args  []any  // name, value, name, value; a value may be a Message or a list of texts
	Count *int64 // what the plural form is chosen by; nil: the message has none
}

// NewMessage is the message of a key, to be worded later.
func NewMessage(key string, args ...any) Message { return Message{Key: key, Args: args} }

// NewCount is the message of a key in the plural form that n asks for, to be worded later.
func NewCount(key string, n int64, args ...any) Message {
	return Message{Key: key, Args: args, Count: &n}
}

// Word gives the sentence of a message.
func (m *Messages) Word(message Message) string {
	if message.Count != nil {
		return m.Count(message.Key, *message.Count, message.Args...)
	}
	return m.Say(message.Key, message.Args...)
}

// value is an argument as templates take it.
func (m *Messages) value(arg any) any {
	switch v := arg.(type) {
	case Message:
		return m.Word(v)
	case []string:
		return strings.Join(v, ", ")
	}
	return arg
}

// Problem is something wrong with one value. It becomes the message "problem.<Code>" or, where Hint is set,
// "problem.<Code>.<Hint>", with Args filled in, and with the options as its list.
type Problem struct {
	Field   string            `json:"field"`
	Code    string            `json:"code"`
	Hint    string            `json:"hint,omitempty"`
	Args    map[string]string `json:"args,omitempty"`
	Options []Choice          `json:"-"` // the values that there are; a file's are kept once for a column
}

// Choice is one of the values that may be given.
type Choice struct {
	ID    string       `json:"id"`
	Label project.Text `json:"label"`
	ByID  bool         `json:"by_id,omitempty"` // the label alone is not taken, or does not say which is meant
}

// Problem says what is wrong with a value and what to do about it: the message problem.<code>.<hint>, or where there is
// none problem.<code>. Numbers and dates among the arguments are written as the language does.
func (m *Messages) Problem(p Problem) string {
	args := make([]any, 0, 2*len(p.Args)+2)
	for name, value := range p.Args {
		args = append(args, name, m.argument(value))
	}
	if len(p.Options) > 0 {
		list := make([]string, len(p.Options))
		for i, o := range p.Options {
			list[i] = m.choice(o)
		}
		args = append(args, "list", list)
	}
	if p.Hint != "" && m.Has("problem."+p.Code+"."+p.Hint) {
		return m.Say("problem."+p.Code+"."+p.Hint, args...)
	}
	return m.Say("problem."+p.Code, args...)
}

// choice writes an option as the language does: by its label or, since ids are English, by its id alone.
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
