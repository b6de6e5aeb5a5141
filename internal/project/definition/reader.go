package definition

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// The longest texts, in characters.
const (
	longestName = 300
	longestText = 2000
)

// reader walks the nodes of a definition and collects problems.
type reader struct {
	of       string // the project whose definition it must be; "": any
	lines    source
	problems []Problem
	warnings []Problem

	languages []string // the project's own
}

func (r *reader) reportAt(line, column int, path, code string, message text.Message) {
	line, column = r.lines.within(line, column)
	r.problems = append(r.problems, Problem{Field: path, Code: code, Line: line, Column: column, Message: message})
}

func (r *reader) report(n *node, path, code string, message text.Message) {
	r.reportAt(n.line, n.column, path, code, message)
}

// mostJoined bounds a text that is joined from parts, in bytes: far above any valid one.
const mostJoined = 4 * longestText

// object is a mapping with a fixed set of keys.
type object struct {
	*reader
	node   *node
	path   string
	fields map[string]*node // those that were given
}

// object reads a mapping and reports unknown and repeated keys. It returns false, and an object without fields, for
// another node. Within { } YAML ends a text at its comma and reads the rest as a key without a value: where that is not
// one of the keys, it is joined to the text.
func (r *reader) object(n *node, path string, keys ...string) (object, bool) {
	o := object{reader: r, node: n, path: path, fields: map[string]*node{}}
	if n.shape != mapping {
		r.report(n, path, wrongForm, wantMapping(keys))
		return o, false
	}
	seen := map[string]int{}
	var before *node
	for _, e := range n.entries {
		first, repeats := seen[e.key]
		switch valid := slices.Contains(keys, e.key); {
		case e.bare && !valid && before != nil && before.shape == scalar && before.plain && len(before.text) < mostJoined:
			before.text += ", " + e.key
			continue
		case !valid:
			r.reportAt(e.line, e.column, o.at(e.key), unknownKey, noSuchKey(e.key, keys))
		case repeats:
			r.reportAt(e.line, e.column, o.at(e.key), repeated, keyTwice(e.key, first))
		case e.value.shape != empty:
			o.fields[e.key] = e.value
		}
		before = e.value
		if !repeats {
			seen[e.key] = e.line
		}
	}
	return o, true
}

// at returns the path of a field.
func (o object) at(key string) string {
	if o.path == "" {
		return key
	}
	return o.path + "." + key
}

// require reports the keys that were not given.
func (o object) require(keys ...string) {
	for _, key := range keys {
		if o.fields[key] == nil {
			o.report(o.node, o.at(key), missing, mustBeGiven(key))
		}
	}
}

// part reads a field that is a mapping. Where it was not given, it returns false and an object without fields at its
// parent.
func (o object) part(key string, keys ...string) (object, bool) {
	n := o.fields[key]
	if n == nil {
		return object{reader: o.reader, node: o.node, path: o.at(key)}, false
	}
	return o.object(n, o.at(key), keys...)
}

// each calls item for each item of a field that is a list; of more than most items it reports one problem instead.
func (o object) each(key string, most int, item func(n *node, path string)) {
	n := o.fields[key]
	if n == nil {
		return
	}
	if n.shape != list {
		o.report(n, o.at(key), wrongForm, wantList(key))
		return
	}
	if len(n.items) > most {
		o.report(n.items[most], o.at(key), tooLarge, tooManyItems(key, len(n.items), most))
		return
	}
	for i, it := range n.items {
		item(it, fmt.Sprintf("%s[%d]", o.at(key), i))
	}
}

// value returns a field's text, and false where it was not given or is not a single value.
func (o object) value(key string) (string, *node, bool) {
	n := o.fields[key]
	if n == nil {
		return "", nil, false
	}
	text, ok := o.scalar(n, o.at(key))
	return text, n, ok
}

func (r *reader) scalar(n *node, path string) (string, bool) {
	if n.shape != scalar {
		r.report(n, path, wrongForm, wantValue)
		return "", false
	}
	return schema.Clean(n.text), true
}

// string returns a field's text, "" where it was not given.
func (o object) string(key string, longest int) string {
	text, n, ok := o.value(key)
	if !ok {
		return ""
	}
	return o.checkText(text, n, o.at(key), longest)
}

func (r *reader) checkText(text string, n *node, path string, longest int) string {
	if length := utf8.RuneCountInString(text); length > longest {
		r.report(n, path, tooLong, textTooLong(length, longest))
	}
	if strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }) {
		r.report(n, path, unreadable, controlCharacters)
	}
	return text
}

// text reads a text by language, {pl: …, en: …}, or one text for all languages. It may be in the languages of the
// interface and in those of the project.
func (o object) text(key string, longest int) project.Text {
	n := o.fields[key]
	switch {
	case n == nil:
		return project.Text{}
	case n.shape == scalar:
		all := o.checkText(schema.Clean(n.text), n, o.at(key), longest)
		if all == "" {
			o.report(n, o.at(key), missing, mustBeGiven(key))
		}
		return project.SameInAllLanguages(all)
	case n.shape == list:
		o.report(n, o.at(key), wrongForm, wantText(o.textLanguages()))
		return project.Text{}
	}
	tags := o.textLanguages()
	languages, _ := o.object(n, o.at(key), tags...)
	out := project.Text{}
	for _, tag := range tags {
		if one := languages.string(tag, longest); one != "" {
			out[tag] = one
		}
	}
	if len(out.Languages()) == 0 {
		o.report(n, o.at(key), missing, wantText(o.textLanguages()))
	}
	return out
}

// textLanguages returns the languages that texts may be in: the project's own, then those of the interface.
func (r *reader) textLanguages() []string {
	tags := slices.Clone(r.languages)
	for _, tag := range text.Languages() {
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

var identifier = lazily(`^[a-z0-9][a-z0-9-]{0,63}$`)

// id reads an identifier, as used in addresses and rules, that is not reserved.
func (o object) id(key string, reserved ...string) string {
	id, n, ok := o.value(key)
	switch {
	case !ok:
	case !identifier().MatchString(id):
		o.report(n, o.at(key), notAnID, wantID(id))
	case slices.Contains(reserved, id):
		o.report(n, o.at(key), notAllowed, idReserved(id))
	}
	return id
}

// once reports a value that an earlier item of the list has.
func (o object) once(key, value string, seen map[string]int) {
	n := o.fields[key]
	if n == nil || value == "" {
		return
	}
	if first, repeats := seen[value]; repeats {
		o.report(n, o.at(key), repeated, valueTwice(key, value, first))
		return
	}
	seen[value] = n.line
}

func (o object) oneOf(key string, values ...string) string {
	value, n, ok := o.value(key)
	if ok && !slices.Contains(values, value) {
		o.report(n, o.at(key), notInList, wantOneOf(value, values))
		return ""
	}
	return value
}

var (
	wholeNumber   = lazily(`^[-+]?[0-9]{1,15}$`)
	decimalNumber = lazily(`^[-+]?[0-9]{1,15}(\.[0-9]{1,30})?$`)
)

func (o object) whole(key string, least, most int64) int64 {
	text, n, ok := o.value(key)
	if !ok {
		return 0
	}
	if !wholeNumber().MatchString(text) {
		o.report(n, o.at(key), notANumber, wantWhole(text))
		return 0
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < least || number > most {
		o.report(n, o.at(key), outOfRange, wantBetween(text, float64(least), float64(most)))
		return 0
	}
	return number
}

// amount reads a number with at most two decimals, not below zero.
func (o object) amount(key string, most float64) float64 {
	return o.decimal(key, 0, most, func(given string) text.Message { return wantAmount(given, most) })
}

// limit reads the least or the largest number that a field takes, with at most two decimals.
func (o object) limit(key string) float64 {
	return o.decimal(key, -largest, largest, func(given string) text.Message { return wantBetween(given, -largest, largest) })
}

// decimal reads a number with at most two decimals. outside returns the message for one that is not between least and
// most.
func (o object) decimal(key string, least, most float64, outside func(given string) text.Message) float64 {
	given, n, ok := o.value(key)
	if !ok {
		return 0
	}
	if !decimalNumber().MatchString(given) {
		o.report(n, o.at(key), notANumber, wantNumber(given))
		return 0
	}
	number, err := strconv.ParseFloat(given, 64)
	_, decimals, _ := strings.Cut(given, ".")
	switch {
	case len(strings.TrimRight(decimals, "0")) > 2:
		o.report(n, o.at(key), outOfRange, wantTwoDecimals(given))
	case err != nil || number > most || number < least:
		o.report(n, o.at(key), outOfRange, outside(given))
	default:
		return number
	}
	return 0
}

const firstDay = "1900-01-01"

// day reads a date, YYYY-MM-DD. It returns "" where it was not given or is invalid.
func (o object) day(key string) string {
	text, n, ok := o.value(key)
	if !ok {
		return ""
	}
	if day, ok := schema.ParseDay(text, false); !ok || day < firstDay {
		o.report(n, o.at(key), notADate, wantDay(text))
		return ""
	}
	return text
}

// days reads the first and the last day of a period, and reports the wrong order.
func (o object) days(first, last string) (from, to string) {
	from, to = o.day(first), o.day(last)
	if from != "" && to != "" && from > to {
		o.report(o.fields[last], o.at(last), outOfRange, wrongOrder(last, to, first, from))
	}
	return from, to
}

// moment reads a day, YYYY-MM-DD, or an instant. A local time is taken in the zone, and returned in RFC 3339.
func (o object) moment(key string, zone *time.Location) string {
	text, n, ok := o.value(key)
	if !ok {
		return ""
	}
	if day, ok := schema.ParseDay(text, false); ok && day >= firstDay {
		return day
	}
	at, err := time.Parse(time.RFC3339, text)
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if err != nil {
			at, err = time.ParseInLocation(layout, text, zone)
		}
	}
	if err != nil || at.Year() < 1900 || at.Year() > 9999 {
		o.report(n, o.at(key), notADate, wantMoment(text))
		return ""
	}
	return at.Format(time.RFC3339)
}

// lazily returns a function that compiles a pattern when it is first called: most starts of a function read no
// definition.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
