package project

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Text is a text in one or more languages, by BCP 47 tag: {"pl": "Szkolenie", "en": "Training"}. An empty text counts
// as missing.
type Text map[string]string

// first are the languages that come first in JSON, even if empty, and that readers of other languages fall back to.
// Snapshots are hashed over this form, so it never changes; further languages follow in the order of their tags.
var first = []string{"pl", "en"}

// SameInAllLanguages returns a text that is the same in all languages.
func SameInAllLanguages(text string) Text {
	t := Text{}
	for _, tag := range first {
		t[tag] = text
	}
	return t
}

// OneForAll returns the text where it is the same in all languages, as SameInAllLanguages makes it, and whether it is.
func (t Text) OneForAll() (string, bool) {
	own := t.Languages()
	if !slices.Equal(own, first) || t[first[0]] != t[first[1]] {
		return "", false
	}
	return t[first[0]], true
}

// PrivateUse is what stands in a tag between the language of a page's words and the one that its reader prefers for the
// project's texts (BCP 47, 2.2.7).
const PrivateUse = "-x-"

// otherwise is the tag under which a text keeps what readers of other languages get (see Definition.Speak). It is not
// in JSON.
const otherwise = ""

// In returns the text in a language; for "de-AT" that in "de" where there is none in "de-AT"; else that in the first of
// the project's own languages that has one, or in English; else that in the first language of Languages, or "".
//
// A tag such as "es-x-ca" is that of a page whose words are Spanish and whose reader prefers Catalan: the text is the
// Catalan one, else the Spanish one (see text.Language).
func (t Text) In(language string) string {
	if text := t.Exactly(language); text != "" {
		return text
	}
	if text := t[otherwise]; text != "" {
		return text
	}
	for _, tag := range t.Languages() {
		return t[tag]
	}
	return ""
}

// Exactly returns the text in a language or, for a regional one, in its base; "" where there is none.
func (t Text) Exactly(language string) string {
	if words, preferred, both := strings.Cut(language, PrivateUse); both {
		return cmp.Or(t.Exactly(preferred), t.Exactly(words))
	}
	if text := t[language]; text != "" {
		return text
	}
	base, _, _ := strings.Cut(language, "-")
	return t[base]
}

// Languages returns the tags of the languages of the text, in the order of JSON.
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
	further := slices.DeleteFunc(slices.Sorted(maps.Keys(t)), func(tag string) bool { return tag == otherwise || slices.Contains(first, tag) || t[tag] == "" })
	return append(slices.Clone(first), further...)
}

// MarshalJSON encodes the first languages always, and others where they have a text.
func (t Text) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // the outer encoder escapes where it is set to
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

// UnmarshalJSON decodes the text and leaves out languages without one.
func (t *Text) UnmarshalJSON(data []byte) error {
	var read map[string]string
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	maps.DeleteFunc(read, func(_, text string) bool { return text == "" })
	*t = read
	return nil
}
