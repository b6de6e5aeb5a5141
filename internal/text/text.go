// Package text holds all texts for people, and formats numbers, dates and problems in each language. A language is one
// JSON file in this folder, the catalogue: messages by key with their CLDR plural forms. It begins with "reviewed", the
// names of languages and the words of records: yes and no, columns of files, options of lists and their other
// spellings. Pages, e-mails, files and error responses use it. A catalogue is parsed at its first use, because a
// function may never need it.
package text

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Messages is the catalogue of one language. It is safe for concurrent use.
type Messages struct {
	language  string
	raw       map[string]json.RawMessage
	localizer *i18n.Localizer
	bundle    *i18n.Bundle
	mu        sync.RWMutex // guards parsed and the bundle, to which a message is added at its first use
	parsed    map[string]bool
	form      format
	keyed     *Messages // see Keyed

	base    *Messages // of a variation: the messages of which it is one
	hasKeys bool      // it is a variation by Keyed
	texts   string    // see Texts; "": the language
}

// Keyed returns the messages for a project that recognises people otherwise than by e-mail address and PESEL: those
// that name these two have another wording, under the same key with _keys behind it.
func (m *Messages) Keyed() *Messages {
	switch {
	case m.base == nil:
		return m.keyed
	case m.hasKeys:
		return m
	}
	return &Messages{language: m.language, form: m.form, base: m.base, hasKeys: true, texts: m.texts}
}

func read(tag language.Tag, data []byte) *Messages {
	m := &Messages{language: tag.String(), bundle: i18n.NewBundle(tag), parsed: map[string]bool{}}
	if err := json.Unmarshal(data, &m.raw); err != nil {
		panic("text: " + m.language + ".json cannot be read: " + err.Error())
	}
	m.localizer = i18n.NewLocalizer(m.bundle, m.language)
	m.form = m.readFormat()
	m.keyed = &Messages{language: m.language, form: m.form, base: m, hasKeys: true}
	return m
}

// Language returns the tag of the language of the messages, one of Languages.
func (m *Messages) Language() string { return m.language }

// Texts returns the tag in which the reader gets the texts of a project, for project.Text.In: that of the language, or
// one such as "es-x-ca" (see the function Language).
func (m *Messages) Texts() string { return cmp.Or(m.texts, m.language) }

// Say returns the message of a key with its placeholders filled in from args: name, value, name, value. A message that
// the language lacks is taken from English; for a key that English lacks too, Say returns the key.
func (m *Messages) Say(key string, args ...any) string {
	return m.localize(key, m.named(args), nil)
}

// Count returns the message of a key in the plural form for n, with n formatted as {{.n}}. Otherwise it is like Say.
func (m *Messages) Count(key string, n int64, args ...any) string {
	data := m.named(args)
	data["n"] = m.Number(n)
	return m.localize(key, data, n)
}

func (m *Messages) localize(key string, data map[string]any, count any) string {
	if m.base != nil {
		if m.hasKeys && m.base.Has(key+"_keys") {
			key += "_keys"
		}
		return m.base.localize(key, data, count)
	}
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

// Has reports whether the language's own catalogue has the key.
func (m *Messages) Has(key string) bool {
	if m.base != nil {
		return m.base.Has(key)
	}
	m.mu.RLock()
	parsed := m.parsed[key]
	m.mu.RUnlock()
	return parsed || m.parse(key)
}

// parse adds a message to the bundle and reports whether the catalogue has it.
func (m *Messages) parse(key string) bool {
	raw, ok := m.raw[key]
	if !ok {
		return false
	}
	var message any
	if err := json.Unmarshal(raw, &message); err != nil {
		panic(fmt.Sprintf("text: %s in %s.json cannot be read: %v", key, m.language, err))
	}
	if forms, ok := message.(map[string]any); ok {
		forms["id"] = key
	} else {
		message = map[string]any{"id": key, "other": message}
	}
	parsed, err := i18n.NewMessage(message)
	if err != nil {
		panic(fmt.Sprintf("text: %s in %s.json is not a message: %v", key, m.language, err))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.bundle.AddMessages(language.Make(m.language), parsed); err != nil {
		panic(fmt.Sprintf("text: %s in %s.json is not a message: %v", key, m.language, err))
	}
	m.parsed[key] = true
	return true
}

// Field returns the label of a field, the message field.<name>, or the name if there is no such message.
func (m *Messages) Field(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	if label := m.Say("field." + name); label != "field."+name {
		return label
	}
	return name
}
