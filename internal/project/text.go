package project

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Text is a text in one or more languages, by BCP 47 tag: {"pl": "Szkolenie", "en": "Training"}. An empty text counts as
// missing.
type Text map[string]string

// first are the languages that stand first in JSON, empty ones too, and that a reader of any other language falls back to.
// Snapshots are hashed over this form, so it never changes; further languages follow in the order of their tags.
var first = []string{"pl", "en"}

// Everywhere is a text that is the same in all languages.
func Everywhere(text string) Text {
	t := Text{}
	for _, tag := range first {
		t[tag] = text
	}
	return t
}

// In gives the text in a language, of "de-AT" in "de" where there is none in "de-AT". Where both are missing it gives the
// text in the first language that there is.
func (t Text) In(language string) string {
	if text := t[language]; text != "" {
		return text
	}
	if base, _, regional := strings.Cut(language, "-"); regional && t[base] != "" {
		return t[base]
	}
	for _, tag := range t.Languages() {
		return t[tag]
	}
	return ""
}

// Languages are the tags of the languages that the text is given in, in the order of JSON.
func (t Text) Languages() []string {
	var tags []string
	for _, tag := range t.ordered() {
		if t[tag] != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

func (t Text) ordered() []string {
	further := slices.DeleteFunc(slices.Sorted(maps.Keys(t)), func(tag string) bool { return slices.Contains(first, tag) || t[tag] == "" })
	return append(slices.Clone(first), further...)
}

// MarshalJSON writes the first languages always, the others where the text is given in them.
func (t Text) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // the encoder that this is a part of escapes where it was told to
	for i, tag := range t.ordered() {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encoder.Encode(tag); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := encoder.Encode(t[tag]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads the text and leaves out languages without one.
func (t *Text) UnmarshalJSON(data []byte) error {
	var read map[string]string
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	maps.DeleteFunc(read, func(_, text string) bool { return text == "" })
	*t = read
	return nil
}
