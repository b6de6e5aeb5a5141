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

// Default is the language for requests that ask for none of the offered languages.
const Default = Polish

// The languages that code names: Polish is the default; English is used for logs and the API description, and for
// messages that another catalogue lacks.
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
	names map[string]map[string]string        // by language, its names of languages and "reviewed", by key
	own   map[string]func() map[string]string // by language, its words of records by key
	known func() *Vocabulary                  // the words of records in all languages
	yesNo func() map[string]string            // the words for yes and no, in lower case
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
	c := &catalog{
		words: map[string]func() *Messages{}, names: map[string]map[string]string{}, own: map[string]func() map[string]string{},
	}
	for _, name := range found {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		tag, err := language.Parse(strings.TrimSuffix(path.Base(name), ".json"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if c.names[tag.String()], err = head(data, reviewed, "language."); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		c.own[tag.String()] = sync.OnceValue(func() map[string]string {
			own, err := head(data, reviewed, "language.", "value.", "column.", "option.", "also.")
			if err != nil {
				panic("text: " + name + " cannot be read: " + err.Error())
			}
			return own
		})
		c.words[tag.String()] = sync.OnceValue(func() *Messages { return read(tag, data) })
	}
	c.complete()
	return c, nil
}

// complete derives what depends on all languages of the catalog.
func (c *catalog) complete() {
	c.known = sync.OnceValue(c.ofRecords)
	c.yesNo = sync.OnceValue(func() map[string]string {
		out := map[string]string{}
		for _, answer := range []string{"yes", "no"} {
			for _, word := range c.known().Word("value." + answer) {
				out[strings.ToLower(word)] = answer
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

// ofRecords returns the words of records. A language that lacks one has that of English.
func (c *catalog) ofRecords() *Vocabulary {
	out := map[string]project.Text{}
	for tag, own := range c.own {
		for key, word := range own() {
			if out[key] == nil {
				out[key] = project.Text{}
			}
			out[key][tag] = word
		}
	}
	for _, word := range out {
		for _, tag := range c.tags {
			if word[tag] == "" && word[English] != "" {
				word[tag] = word[English]
			}
		}
	}
	return &Vocabulary{out}
}

// head returns the messages at the beginning of a file up to the first key without one of the prefixes. It does not
// parse the rest: many requests need these and no other messages.
func head(data []byte, prefixes ...string) (map[string]string, error) {
	out := map[string]string{}
	in := json.NewDecoder(bytes.NewReader(data))
	if start, err := in.Token(); err != nil {
		return nil, err
	} else if start != json.Delim('{') {
		return nil, fmt.Errorf("%v where an object was expected", start)
	}
	for in.More() {
		token, err := in.Token()
		if err != nil {
			return nil, err
		}
		key := fmt.Sprint(token)
		if !slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			break
		}
		var word string
		if err := in.Decode(&word); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		out[key] = word
	}
	return out, nil
}

// Languages returns the tags of the offered languages, the default first.
func Languages() []string { return slices.Clone(offered().tags) }

// match returns the offered language for a tag: the same, or "de" for "de-AT"; "" if there is none.
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

// Of returns the messages of a language, or those of the default language if it is not offered. For a tag such as
// "es-x-ca" it returns the Spanish ones, whose Texts is this tag.
func Of(language string) *Messages {
	if words, _, both := strings.Cut(language, project.PrivateUse); both {
		m := Of(words)
		return &Messages{language: m.language, form: m.form, base: m, texts: language}
	}
	c := offered()
	if tag := c.match(language); tag != "" {
		return c.words[tag]()
	}
	return c.words[Default]()
}

// reviewed is the key that says whether a speaker of the language has read its catalogue: "yes" or "no".
const reviewed = "reviewed"

// Reviewed reports whether a speaker of a language has read its catalogue.
func Reviewed(language string) bool { return offered().names[language][reviewed] == "yes" }

// OwnName returns a language's name in itself, capitalised: "Polski".
func OwnName(language string) string { return offered().names[language]["language.self"] }

// Name returns the name of a language within a sentence, in all languages. A catalogue without a name for it uses the
// language's own.
func Name(language string) project.Text {
	c, name := offered(), project.Text{}
	for _, tag := range c.tags {
		if name[tag] = c.names[tag]["language."+language]; name[tag] == "" {
			name[tag] = c.names[language]["language.self"]
		}
	}
	return name
}

// Vocabulary is the words of records in all offered languages. It is safe for concurrent use.
type Vocabulary struct{ words map[string]project.Text }

// Records returns the words of records. The pointer is the same until the offered languages change.
func Records() *Vocabulary { return offered().known() }

// Word returns the message of a key that begins with "value.", "column.", "option." or "also.", in all languages. A
// language that lacks it has that of English. It returns nil if no language has the key. The caller must not change the
// text.
func (v *Vocabulary) Word(key string) project.Text { return v.words[key] }

// YesNo returns the words for yes and no in all languages, in lower case, mapped to "yes" or "no".
func YesNo() map[string]string { return offered().yesNo() }

// InAllLanguages returns the message of a key in all languages.
func InAllLanguages(key string, args ...any) project.Text {
	t := project.Text{}
	for _, tag := range Languages() {
		t[tag] = Of(tag).Say(key, args...)
	}
	return t
}

// Offers reports whether a tag is one of Languages.
func Offers(tag string) bool { return slices.Contains(offered().tags, tag) }

// Language returns the user's explicit choice if it is offered or one of the project's own languages, else the best
// match of an Accept-Language header, else the first of the project's own languages that is offered, or English;
// Default where the project names none.
//
// In a language that is the project's own and not offered there are the project's texts alone. Its tag is such as
// "es-x-ca": the words of the page are in the first of the project's own languages that is offered, or in English.
func Language(acceptLanguage, choice string, own ...string) string {
	c := offered()
	if slices.Contains(c.tags, choice) {
		return choice
	}
	if slices.Contains(own, choice) {
		return c.of(choice, own)
	}
	best, bestWeight := c.first(own), 0.0
	for item := range strings.SplitSeq(acceptLanguage, ",") {
		tag, parameter, _ := strings.Cut(item, ";")
		if tag = c.of(tag, own); tag == "" {
			continue
		}
		if weight := quality(parameter); weight > bestWeight {
			best, bestWeight = tag, weight
		}
	}
	return best
}

// of returns the language for a tag: the offered one, or that of one of a project's own; "" if there is none.
func (c *catalog) of(tag string, own []string) string {
	if match := c.match(tag); match != "" {
		return match
	}
	tag = strings.TrimSpace(tag)
	base, _, _ := strings.Cut(tag, "-")
	for _, wanted := range []string{tag, base} {
		for _, one := range own {
			if strings.EqualFold(one, wanted) {
				return c.first(own) + project.PrivateUse + one
			}
		}
	}
	return ""
}

// Speaks reports whether there are pages in a language, or in the base of a regional one.
func Speaks(tag string) bool { return offered().match(tag) != "" }

// Preferred returns the tag of the language in which the reader of a page gets the texts of a project: "ca" for
// "es-x-ca".
func Preferred(language string) string {
	if _, preferred, both := strings.Cut(language, project.PrivateUse); both {
		return preferred
	}
	return language
}

// Spoken returns the tag of the words of a page: "es" for "es-x-ca".
func Spoken(language string) string {
	words, _, _ := strings.Cut(language, project.PrivateUse)
	return words
}

// first returns the first offered one of a project's own languages, else English; Default where the project names none.
func (c *catalog) first(own []string) string {
	if len(own) == 0 {
		return Default
	}
	for _, tag := range own {
		if match := c.match(tag); match != "" {
			return match
		}
	}
	return English
}
