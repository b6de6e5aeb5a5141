package record

import (
	"fmt"
	"math"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Clean is how every text that comes in is first made comparable: composed letters, no outer spaces.
func Clean(value string) string {
	return strings.TrimFunc(norm.NFC.String(value), func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' })
}

// Parse checks one value and gives its canonical text.
func (f *Field) Parse(value string, s Scope) (string, *Problem) {
	value = Clean(value)
	if value == "" {
		if f.Required {
			return "", &Problem{Field: f.Name, Code: Missing}
		}
		return "", nil
	}
	canonical, problem := f.parse(value, s)
	if problem != nil {
		problem.Field = f.Name
		return "", problem
	}
	return canonical, nil
}

func (f *Field) parse(value string, s Scope) (string, *Problem) {
	switch f.Type {
	case Date:
		return parseDate(value, s)
	case Clock:
		return parseClock(value)
	case Instant:
		return parseInstant(value, s)
	case Whole, Decimal:
		return f.parseNumber(value, s)
	case List:
		return f.parseOption(value, s)
	case YesNo:
		return parseYesNo(value, s)
	case Email:
		address, ok := ParseEmail(value)
		if !ok {
			return "", &Problem{Code: Unreadable, Hint: "email"}
		}
		return address, nil
	case Pesel:
		return parsePesel(value)
	default:
		return f.parseText(value)
	}
}

func (f *Field) parseText(value string) (string, *Problem) {
	longest := f.Longest
	if longest == 0 {
		longest = DefaultLongest
	}
	if n := utf8.RuneCountInString(value); n > longest {
		return "", &Problem{Code: TooLong, Args: map[string]string{"longest": strconv.Itoa(longest), "length": strconv.Itoa(n)}}
	}
	for _, r := range value {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || r == utf8.RuneError {
			return "", &Problem{Code: Unreadable, Hint: "text"}
		}
	}
	return value, nil
}

func parseDate(value string, s Scope) (string, *Problem) {
	day, ok := ParseDay(value, s.Loose)
	switch {
	case !ok:
		return "", &Problem{Code: NotADate}
	case day > s.Today:
		return "", &Problem{Code: InTheFuture, Args: map[string]string{"today": s.Today}}
	case day < "1900-01-01":
		return "", &Problem{Code: OutOfRange, Hint: "date"}
	}
	return day, nil
}

// ParseDay reads a date, 2010-07-21, or where loose 21.07.2010 too, and gives it as YYYY-MM-DD.
func ParseDay(value string, loose bool) (string, bool) {
	if t, err := time.Parse(time.DateOnly, value); err == nil {
		return t.Format(time.DateOnly), true
	}
	if loose {
		if t, err := time.Parse("2.1.2006", value); err == nil {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

func parseClock(value string) (string, *Problem) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.Format("15:04"), nil
		}
	}
	return "", &Problem{Code: NotADate, Hint: "time"}
}

// An instant may be given to the second or, where loose, as a local time or a day of the project's time zone.
func parseInstant(value string, s Scope) (string, *Problem) {
	at, err := time.Parse(time.RFC3339, value)
	if err != nil && s.Loose {
		for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2.1.2006 15:04", "2006-01-02", "2.1.2006"} {
			if at, err = time.ParseInLocation(layout, value, s.Definition.Location()); err == nil {
				break
			}
		}
	}
	switch {
	case err != nil || at.Year() > 9999:
		return "", &Problem{Code: NotADate, Hint: "instant"}
	case s.Definition.Day(at) > s.Today:
		return "", &Problem{Code: InTheFuture, Args: map[string]string{"today": s.Today}}
	case at.Year() < 1900:
		return "", &Problem{Code: OutOfRange, Hint: "date"}
	}
	return at.UTC().Format(time.RFC3339Nano), nil
}

var (
	plainWhole   = regexp.MustCompile(`^[-+]?[0-9]{1,15}$`)
	groupedWhole = regexp.MustCompile(`^[-+]?[0-9]{1,3}([. ][0-9]{3}){1,4}$`)
	plainDecimal = regexp.MustCompile(`^[-+]?[0-9]{1,12}([.,][0-9]{1,6})?$`)
	groupSpaces  = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ")
	ungroup      = strings.NewReplacer(" ", "", ".", "")
)

func (f *Field) parseNumber(value string, s Scope) (string, *Problem) {
	if s.Loose {
		value = groupSpaces.Replace(value)
		if groupedWhole.MatchString(value) && (f.Type == Whole || !strings.Contains(value, ".")) {
			value = ungroup.Replace(value)
		}
		if f.Type == Decimal {
			value = strings.Replace(value, ",", ".", 1)
		}
	}
	pattern := plainWhole
	if f.Type == Decimal {
		pattern = plainDecimal
	}
	if !pattern.MatchString(value) {
		return "", &Problem{Code: NotANumber, Hint: map[Type]string{Whole: "whole", Decimal: "decimal"}[f.Type]}
	}
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return "", &Problem{Code: NotANumber}
	}
	most := f.Max
	if most == 0 {
		most = float64(s.Definition.Region.Population)
		if most == 0 {
			most = 1e12
		}
	}
	if n < f.Min || n > most {
		return "", &Problem{Code: OutOfRange, Args: map[string]string{"min": Number(f.Min), "max": Number(most)}}
	}
	return Number(n), nil
}

// Number is the canonical text of a number: no sign of a zero, no trailing zeros, never an exponent.
func Number(n float64) string {
	if n == 0 {
		return "0"
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// FromNumber writes a JSON or spreadsheet number as text that Parse understands; false where it is not finite.
func FromNumber(n float64) (string, bool) {
	if math.IsNaN(n) || math.IsInf(n, 0) || math.Abs(n) > 1e15 {
		return "", false
	}
	return Number(n), true
}

func (f *Field) parseOption(value string, s Scope) (string, *Problem) {
	options := f.Options(s.Definition)
	for _, o := range options {
		if value == o.ID {
			return o.ID, nil
		}
	}
	if s.Loose {
		wanted := Same(value)
		for _, o := range options {
			if wanted == Same(o.ID) || wanted == Same(o.Label.PL) || wanted == Same(o.Label.EN) {
				return o.ID, nil
			}
			for _, also := range o.Also {
				if wanted == also {
					return o.ID, nil
				}
			}
		}
	}
	ids := make([]string, len(options))
	for i, o := range options {
		ids[i] = o.ID
	}
	return "", &Problem{Code: NotInList, Args: map[string]string{"list": strings.Join(ids, ", ")}}
}

var yesNo = map[string]string{"yes": "yes", "no": "no", "true": "yes", "false": "no", "tak": "yes", "nie": "no", "1": "yes", "0": "no", "on": "yes"}

func parseYesNo(value string, s Scope) (string, *Problem) {
	if !s.Loose {
		if value == "yes" || value == "no" {
			return value, nil
		}
	} else if canonical, ok := yesNo[Same(value)]; ok {
		return canonical, nil
	}
	return "", &Problem{Code: NotInList, Args: map[string]string{"list": "yes, no"}}
}

// ParseEmail checks an address and gives it trimmed and in lower case, which is how addresses are compared.
func ParseEmail(value string) (string, bool) {
	value = strings.ToLower(Clean(value))
	address, err := mail.ParseAddress(value)
	if err != nil || address.Address != value || len(value) > 254 || !strings.Contains(value[strings.LastIndex(value, "@")+1:], ".") {
		return "", false
	}
	return value, true
}

func parsePesel(value string) (string, *Problem) {
	value = strings.ReplaceAll(groupSpaces.Replace(value), " ", "")
	for _, r := range value {
		if r < '0' || r > '9' {
			return "", &Problem{Code: NotANumber, Hint: "pesel"}
		}
	}
	if !ValidPesel(value) {
		return "", &Problem{Code: OutOfRange, Hint: "pesel"}
	}
	return value, nil
}

// ValidPesel tells whether a text is a PESEL with a right check digit: the digits weighted 1 3 7 9 1 3 7 9 1 3 1 add up to
// a multiple of ten (act on the population register of 24 September 2010, art. 15).
func ValidPesel(value string) bool {
	if len(value) != 11 {
		return false
	}
	sum := 0
	for i, weight := range [11]int{1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1} {
		digit := int(value[i]) - '0'
		if digit < 0 || digit > 9 {
			return false
		}
		sum += digit * weight
	}
	return sum%10 == 0 && value != "00000000000"
}

var identity = regexp.MustCompile(`[^\s@]+@[^\s@]+|[0-9]{11}`)

// Mask shows of a bad value only what cannot identify a person: its first letter where the field says who or tells a
// story, or where the value looks like an address or a PESEL; else its first hundred characters.
func (f *Field) Mask(value string) string {
	if f != nil && f.Keep != Open || identity.MatchString(value) {
		return mask(value)
	}
	if runes := []rune(value); len(runes) > 100 {
		return string(runes[:100]) + "…"
	}
	return value
}

func mask(value string) string {
	first, _ := utf8.DecodeRuneInString(value)
	if first == utf8.RuneError {
		return ""
	}
	return fmt.Sprintf("%c***", first)
}

// EmailField and PeselField are the columns by which a file names a person.
var (
	EmailField = Field{Name: "email", Polish: "email", Type: Email, Keep: Who}
	PeselField = Field{Name: "pesel", Polish: "pesel", Type: Pesel, Keep: Who}
)

// Columns are the columns of the kind's files.
func (k *Kind) Columns() []*Field {
	var out []*Field
	if k.Person && k.Index("email") < 0 {
		out = append(out, &EmailField, &PeselField)
	}
	for i := range k.Fields {
		if !k.Fields[i].NoColumn {
			out = append(out, &k.Fields[i])
		}
	}
	return out
}
