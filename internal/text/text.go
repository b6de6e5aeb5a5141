// Package text holds the words of the tracker in Polish and English, and writes numbers, dates and problems as each of the
// two languages does. Pages, e-mails, files and error answers take their sentences from here. A language's messages are
// read at their first use, since a function that only answers programs in JSON may never need them.
package text

import (
	"embed"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"outreach/internal/record"
)

// The two languages. Polish is spoken where nobody asks for English.
const (
	Polish  = "pl"
	English = "en"
)

//go:embed pl.json en.json
var files embed.FS

// Messages are the words of one language.
type Messages struct {
	language  string
	localizer *i18n.Localizer
}

var (
	polish  = sync.OnceValue(func() *Messages { return load(language.Polish, Polish) })
	english = sync.OnceValue(func() *Messages { return load(language.English, English) })
)

// Of gives the words of the language "pl" or "en"; any other means Polish.
func Of(language string) *Messages {
	if language == English {
		return english()
	}
	return polish()
}

func load(tag language.Tag, name string) *Messages {
	bundle := i18n.NewBundle(tag)
	if _, err := bundle.LoadMessageFileFS(files, name+".json"); err != nil {
		panic("text: the embedded " + name + ".json cannot be read: " + err.Error())
	}
	return &Messages{language: name, localizer: i18n.NewLocalizer(bundle, name)}
}

// Language is "pl" or "en".
func (m *Messages) Language() string { return m.language }

// Say gives the message of a key, its placeholders filled from args: name, value, name, value. A key that no file has is
// given back as it is, so that a page never fails for a word.
func (m *Messages) Say(key string, args ...any) string {
	message, err := m.localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: named(args)})
	if message == "" && err != nil {
		return key
	}
	return message
}

// Count gives the message of a key in the plural form that n asks for; {{.n}} in it is n as the language writes numbers.
func (m *Messages) Count(key string, n int64, args ...any) string {
	data := named(args)
	data["n"] = m.Number(n)
	message, err := m.localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: n})
	if message == "" && err != nil {
		return key
	}
	return message
}

func named(args []any) map[string]any {
	data := make(map[string]any, len(args)/2+1)
	for i := 0; i+1 < len(args); i += 2 {
		if name, ok := args[i].(string); ok {
			data[name] = args[i+1]
		}
	}
	return data
}

// Has tells whether the language has a message under the key.
func (m *Messages) Has(key string) bool {
	_, err := m.localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: map[string]any{}})
	return err == nil
}

// Problem says what is wrong with a value and what to do about it: the message problem.<code>.<hint>, or where there is
// none problem.<code>. Numbers and dates among the arguments are written as the language does.
func (m *Messages) Problem(p record.Problem) string {
	args := make([]any, 0, 2*len(p.Args))
	for name, value := range p.Args {
		if own, ok := p.Args[name+"."+m.Language()]; ok {
			value = own
		}
		args = append(args, name, m.argument(value))
	}
	if p.Hint != "" && m.Has("problem."+p.Code+"."+p.Hint) {
		return m.Say("problem."+p.Code+"."+p.Hint, args...)
	}
	return m.Say("problem."+p.Code, args...)
}

// Field is the label of a field: field.<name>, or its name where it has none.
func (m *Messages) Field(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	if label := m.Say("field." + name); label != "field."+name {
		return label
	}
	return name
}

// Named is the label of a record's field: that of the catalogue, or else the one that comes with the field.
func (m *Messages) Named(f *record.Field) string {
	if !m.Has("field." + f.Name) {
		if label := f.Label.In(m.language); label != "" {
			return label
		}
	}
	return m.Field(f.Name)
}

// Language chooses between Polish and English: what was chosen by hand, or else what the browser prefers.
func Language(acceptLanguage, choice string) string {
	if choice == Polish || choice == English {
		return choice
	}
	best, bestWeight := Polish, 0.0
	for item := range strings.SplitSeq(acceptLanguage, ",") {
		tag, parameter, _ := strings.Cut(item, ";")
		base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if base != Polish && base != English {
			continue
		}
		if weight := quality(parameter); weight > bestWeight {
			best, bestWeight = base, weight
		}
	}
	return best
}
