// Package text holds the words of the tracker, one catalogue file a language, and writes numbers, dates and problems as each
// language does. Pages, e-mails, files and error answers take their sentences from here. A language is one JSON file in this
// folder: its messages by key, with the plural forms that CLDR knows for it, the names of languages first. A language's
// messages are read at their first use, since a function that only answers programs in JSON may never need them.
package text

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Messages are the words of one language. They may be used by many goroutines.
type Messages struct {
	language  string
	raw       map[string]json.RawMessage
	localizer *i18n.Localizer
	bundle    *i18n.Bundle
	mu        sync.RWMutex // of parsed and the bundle, which takes in a message when it is asked for first
	parsed    map[string]bool
	form      format
}

func read(tag language.Tag, data []byte) *Messages {
	m := &Messages{language: tag.String(), bundle: i18n.NewBundle(tag), parsed: map[string]bool{}}
	if err := json.Unmarshal(data, &m.raw); err != nil {
		panic("text: " + m.language + ".json cannot be read: " + err.Error())
	}
	m.localizer = i18n.NewLocalizer(m.bundle, m.language)
	m.form = m.readFormat()
	return m
}

// Language is the language's tag.
func (m *Messages) Language() string { return m.language }

// Say gives the message of a key, its placeholders filled from args: name, value, name, value. A key that no file has is
// given back as it is, so that a page never fails for a word.
func (m *Messages) Say(key string, args ...any) string {
	return m.localize(key, m.named(args), nil)
}

// Count gives the message of a key in the plural form that n asks for; {{.n}} in it is n as the language writes numbers.
func (m *Messages) Count(key string, n int64, args ...any) string {
	data := m.named(args)
	data["n"] = m.Number(n)
	return m.localize(key, data, n)
}

func (m *Messages) localize(key string, data map[string]any, count any) string {
	if !m.Has(key) {
		if m.language != English {
			return Of(English).localize(key, data, count)
		}
		return key
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	message, err := m.localizer.Localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: count})
	if message == "" && err != nil {
		return key
	}
	return message
}

func (m *Messages) named(args []any) map[string]any {
	data := make(map[string]any, len(args)/2+1)
	for i := 0; i+1 < len(args); i += 2 {
		if name, ok := args[i].(string); ok {
			data[name] = m.value(args[i+1])
		}
	}
	return data
}

// Has tells whether the language itself has a message under the key.
func (m *Messages) Has(key string) bool {
	m.mu.RLock()
	parsed := m.parsed[key]
	m.mu.RUnlock()
	return parsed || m.parse(key)
}

// parse hands a message to the bundle, and tells whether there is one.
func (m *Messages) parse(key string) bool {
	raw, ok := m.raw[key]
	if !ok {
		return false
	}
	var said any
	if err := json.Unmarshal(raw, &said); err != nil {
		panic(fmt.Sprintf("text: %s in %s.json cannot be read: %v", key, m.language, err))
	}
	if forms, ok := said.(map[string]any); ok {
		forms["id"] = key
	} else {
		said = map[string]any{"id": key, "other": said}
	}
	message, err := i18n.NewMessage(said)
	if err != nil {
		panic(fmt.Sprintf("text: %s in %s.json is no message: %v", key, m.language, err))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.bundle.AddMessages(language.Make(m.language), message); err != nil {
		panic(fmt.Sprintf("text: %s in %s.json is no message: %v", key, m.language, err))
	}
	m.parsed[key] = true
	return true
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
