package text

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/text/language"

	"outreach/internal/project"
)

// Default is the language of whoever asks for none of those that are offered.
const Default = Polish

// Two of the languages, by name: Polish is the default, and English that of logs and of the API's documentation. Words that
// are missing in a catalogue are taken from the English one.
const (
	Polish  = "pl"
	English = "en"
)

//go:embed *.json
var embedded embed.FS

// catalog is a set of languages: one file of messages each, named by the language's BCP 47 tag.
type catalog struct {
	tags  []string // Default first, the others in alphabetical order
	words map[string]func() *Messages
	names map[string]map[string]string // by language, what it calls languages
	yesNo func() map[string]string     // the words for yes and no, in lower case
}

var current atomic.Pointer[catalog]

func offered() *catalog {
	if c := current.Load(); c != nil {
		return c
	}
	c, err := load(embedded)
	if err != nil {
		panic("text: an embedded catalogue cannot be read: " + err.Error())
	}
	current.CompareAndSwap(nil, c)
	return current.Load()
}

func load(files fs.FS) (*catalog, error) {
	found, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, err
	}
	c := &catalog{words: map[string]func() *Messages{}, names: map[string]map[string]string{}}
	for _, name := range found {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		tag, err := language.Parse(strings.TrimSuffix(path.Base(name), ".json"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if c.names[tag.String()], err = languageNames(data); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		c.words[tag.String()] = sync.OnceValue(func() *Messages { return read(tag, data) })
	}
	c.complete()
	return c, nil
}

// complete derives what depends on all languages.
func (c *catalog) complete() {
	c.yesNo = sync.OnceValue(func() map[string]string {
		out := map[string]string{}
		for _, words := range c.words {
			for _, answer := range []string{"yes", "no"} {
				out[strings.ToLower(words().Say("value."+answer))] = answer
			}
		}
		return out
	})
	c.tags = slices.SortedFunc(maps.Keys(c.words), func(a, b string) int {
		switch {
		case a == b:
			return 0
		case a == Default, b != Default && a < b:
			return -1
		}
		return 1
	})
}

// languageNames reads the names of languages, with which every file begins, and leaves the rest unread: most requests need no
// words, and some of them need the names.
func languageNames(data []byte) (map[string]string, error) {
	names := map[string]string{}
	in := json.NewDecoder(bytes.NewReader(data))
	if start, err := in.Token(); err != nil {
		return nil, err
	} else if start != json.Delim('{') {
		return nil, fmt.Errorf("%v where an object was expected", start)
	}
	for in.More() {
		key, err := in.Token()
		if err != nil {
			return nil, err
		}
		tag, ok := strings.CutPrefix(fmt.Sprint(key), "language.")
		if !ok {
			break
		}
		var name string
		if err := in.Decode(&name); err != nil {
			return nil, err
		}
		names[tag] = name
	}
	return names, nil
}

// Languages are the tags of the languages that are offered, the default first.
func Languages() []string { return slices.Clone(offered().tags) }

// match gives the language that is offered for a tag: its own, or for "de-AT" that of "de"; "" where there is none.
func (c *catalog) match(tag string) string {
	tag = strings.TrimSpace(tag)
	base, _, _ := strings.Cut(tag, "-")
	for _, wanted := range []string{tag, base} {
		if i := slices.IndexFunc(c.tags, func(t string) bool { return strings.EqualFold(t, wanted) }); i >= 0 {
			return c.tags[i]
		}
	}
	return ""
}

// Of gives the words of a language, of one that is not offered those of the default.
func Of(language string) *Messages {
	c := offered()
	if tag := c.match(language); tag != "" {
		return c.words[tag]()
	}
	return c.words[Default]()
}

// OwnName is what a language calls itself at the beginning of a line: "Polski".
func OwnName(language string) string { return offered().names[language]["self"] }

// Name is what all languages call a language within a sentence; where a catalogue does not say, what the language calls itself.
func Name(language string) project.Text {
	c, name := offered(), project.Text{}
	for _, tag := range c.tags {
		if name[tag] = c.names[tag][language]; name[tag] == "" {
			name[tag] = c.names[language]["self"]
		}
	}
	return name
}

// YesNo are the words for yes and no in all languages, in lower case: each with "yes" or "no".
func YesNo() map[string]string { return offered().yesNo() }

// InAll gives the message of a key in all languages.
func InAll(key string, args ...any) project.Text {
	t := project.Text{}
	for _, tag := range Languages() {
		t[tag] = Of(tag).Say(key, args...)
	}
	return t
}

// Offers tells whether a tag is exactly one of Languages.
func Offers(tag string) bool { return slices.Contains(offered().tags, tag) }

// Language chooses among the languages: what was chosen by hand, or else what the browser prefers.
func Language(acceptLanguage, choice string) string {
	c := offered()
	if slices.Contains(c.tags, choice) {
		return choice
	}
	best, bestWeight := Default, 0.0
	for item := range strings.SplitSeq(acceptLanguage, ",") {
		tag, parameter, _ := strings.Cut(item, ";")
		if tag = c.match(tag); tag == "" {
			continue
		}
		if weight := quality(parameter); weight > bestWeight {
			best, bestWeight = tag, weight
		}
	}
	return best
}
