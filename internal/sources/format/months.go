package format

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/elastic/lunes"

	"outreach/internal/schema"
	"outreach/internal/text"
)

// months are the words for months, without case, marks and points, each with its number from 1 on.
type months map[string]int

// shortestMonth is how many letters a month needs at least.
const shortestMonth = 3

// monthsOf caches the words of a list of languages.
var monthsOf sync.Map // of months by the languages, joined

// monthsIn returns the names of the months in the interface languages and in others, in full, as they are in dates, and
// as abbreviations: the beginning of a name in at least three letters, if it is that of one month alone in all these
// languages.
func monthsIn(others []string) months {
	languages := text.Languages()
	for _, tag := range others {
		if !slices.Contains(languages, tag) {
			languages = append(languages, tag)
		}
	}
	key := strings.Join(languages, " ")
	if known, ok := monthsOf.Load(key); ok {
		return known.(months)
	}
	out, whole := months{}, months{}
	add := func(to months, word string, month int) {
		if word == "" {
			return
		}
		if before, known := to[word]; known && before != month {
			month = 0 // of two months
		}
		to[word] = month
	}
	for _, language := range languages {
		own := months{} // abbreviations of the language
		for _, names := range monthNames(language) {
			if len(names) != 12 {
				continue
			}
			for i, name := range names {
				if at := strings.LastIndexAny(name, " '’"); at >= 0 {
					_, size := utf8.DecodeRuneInString(name[at:])
					name = name[at+size:] // of Catalan "de setembre"
				}
				word := plainWord(name)
				add(whole, word, i+1)
				for n := range word {
					if utf8.RuneCountInString(word[:n]) >= shortestMonth {
						add(own, word[:n], i+1)
					}
				}
			}
		}
		for word, month := range own {
			if month > 0 {
				add(out, word, month)
			}
		}
	}
	for word, month := range whole {
		out[word] = month
	}
	monthsOf.Store(key, out)
	return out
}

// monthNames returns the lists of a language's names of months, from January on.
func monthNames(language string) (lists [][]string) {
	if slices.Contains(text.Languages(), language) {
		words := text.Of(language)
		lists = append(lists, strings.Fields(words.Say("format.months")), strings.Fields(words.Say("format.months_in_dates")))
	}
	if l, err := lunes.NewDefaultLocale(language); err == nil {
		lists = append(lists, l.LongMonthNames(), l.ShortMonthNames())
	}
	return lists
}

// plainWord returns a word without case, marks, points and spaces.
func plainWord(word string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, schema.Unmarked(schema.Same(word)))
}

// read reads the name of a month at the beginning of a text, and the point after it.
func (m months) read(from string) (month int, rest string, ok bool) {
	end := strings.IndexFunc(from, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' && r != '’' })
	if end < 0 {
		end = len(from)
	}
	var lower [16]byte // most months are written in ASCII
	ascii := end <= len(lower)
	for i := 0; ascii && i < end; i++ {
		c := from[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i], ascii = c, 'a' <= c && c <= 'z'
	}
	if ascii {
		month = m[string(lower[:end])]
	} else {
		month = m[plainWord(from[:end])]
	}
	return month, strings.TrimPrefix(from[end:], "."), month > 0
}
