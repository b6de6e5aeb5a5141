package record

import (
	"cmp"
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

	letters "outreach/internal/mail"
	"outreach/internal/text"
)

// Clean is how every text that comes in is first made comparable: composed letters, no outer spaces.
func Clean(value string) string {
	// Below U+0300, whose first byte in UTF-8 is 0xcc, nothing combines: nearly every text is composed as it is.
	for i := range len(value) {
		if value[i] >= 0xcc {
			value = norm.NFC.String(value)
			break
		}
	}
	if n := len(value); n == 0 || isGraph(value[0]) && isGraph(value[n-1]) {
		return value
	}
	return strings.TrimFunc(value, func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' })
}

// isGraph tells that a byte is an ASCII character that can be seen.
func isGraph(b byte) bool { return ' ' < b && b < 0x7f }

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
		return parseClock(value, s)
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
	length, readable := 0, true
	for i := 0; i < len(value); length++ {
		if isGraph(value[i]) || value[i] == ' ' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(value[i:])
		readable = readable && (!unicode.IsControl(r) || r == '\n' || r == '\r' || r == '\t') && r != utf8.RuneError
		i += size
	}
	switch {
	case length > f.longest():
		return "", f.TooLong(length)
	case !readable:
		return "", &Problem{Code: Unreadable, Hint: "text"}
	}
	return value, nil
}

func (f *Field) longest() int {
	if f.Longest == 0 {
		return DefaultLongest
	}
	return f.Longest
}

// TooLong says that a text of so many characters is longer than the field may be.
func (f *Field) TooLong(length int) *Problem {
	return &Problem{Field: f.Name, Code: TooLong, Args: map[string]string{"longest": strconv.Itoa(f.longest()), "length": strconv.Itoa(length)}}
}

func parseDate(value string, s Scope) (string, *Problem) {
	day, ok := ParseDay(value, s.Loose)
	switch {
	case !ok && (shapeOfDay.MatchString(value) || s.Loose && shapeOfPolishDay.MatchString(value)):
		return "", &Problem{Code: NotADate, Hint: "no_such_day"}
	case !ok:
		return "", &Problem{Code: NotADate}
	case day > s.Today:
		return "", &Problem{Code: InTheFuture, Args: map[string]string{"today": s.Today}}
	case day < "1900-01-01":
		return "", &Problem{Code: OutOfRange, Hint: "date"}
	}
	return day, nil
}

// A day that the calendar does not have is written rightly all the same.
var (
	shapeOfDay       = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	shapeOfPolishDay = regexp.MustCompile(`^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}$`)
)

// ParseDay reads a date, 2010-07-21, or where loose 21.07.2010 too, and gives it as YYYY-MM-DD.
func ParseDay(value string, loose bool) (string, bool) {
	if isDay(value) {
		return value, true
	}
	if loose {
		if len(value) == 10 && value[2] == '.' && value[5] == '.' {
			value = value[6:] + "-" + value[3:5] + "-" + value[:2]
			return value, isDay(value)
		}
		if t, err := time.Parse("2.1.2006", value); err == nil {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

// isDay tells whether a text is a day of the calendar, as YYYY-MM-DD.
func isDay(value string) bool {
	if len(value) != 10 || value[4] != '-' || value[7] != '-' || digits(value) != 4 || digits(value[5:]) != 2 || digits(value[8:]) != 2 {
		return false
	}
	year := int(value[0]-'0')*1000 + int(value[1]-'0')*100 + twoDigits(value[2:])
	month, day := twoDigits(value[5:]), twoDigits(value[8:])
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	return day <= 28 || day <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func twoDigits(value string) int { return int(value[0]-'0')*10 + int(value[1]-'0') }

// digits counts the digits that a text begins with.
func digits(value string) int {
	n := 0
	for n < len(value) && '0' <= value[n] && value[n] <= '9' {
		n++
	}
	return n
}

func parseClock(value string, s Scope) (string, *Problem) {
	if len(value) == 5 && digits(value) == 2 && value[2] == ':' && digits(value[3:]) == 2 && value[:2] < "24" && value[3] < '6' {
		return value, nil
	}
	layouts := []string{"15:04", "15:04:05"}
	if s.Loose {
		layouts = append(layouts, "15:4", "15.04") // of 7.5 nobody knows whether it is half past seven
	}
	for _, layout := range layouts {
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
	groupSpaces = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ")
	ungroup     = strings.NewReplacer(" ", "", ".", "")
)

func unsigned(value string) string {
	if value != "" && (value[0] == '-' || value[0] == '+') {
		return value[1:]
	}
	return value
}

// isWhole tells of up to fifteen digits, which a double holds exactly.
func isWhole(value string) bool {
	value = unsigned(value)
	n := digits(value)
	return n == len(value) && 1 <= n && n <= 15
}

// isGrouped tells of digits in threes, between them points or spaces.
func isGrouped(value string) bool {
	value = unsigned(value)
	n := digits(value)
	if n < 1 || n > 3 {
		return false
	}
	groups := 0
	for value = value[n:]; value != ""; value = value[4:] {
		if len(value) < 4 || value[0] != '.' && value[0] != ' ' || digits(value[1:4]) != 3 {
			return false
		}
		groups++
	}
	return 1 <= groups && groups <= 4
}

// isDecimal tells of up to twelve digits and six after a point.
func isDecimal(value string) bool {
	value = unsigned(value)
	n := digits(value)
	if n < 1 || n > 12 {
		return false
	}
	if value = value[n:]; value == "" {
		return true
	}
	n = digits(value[1:])
	return value[0] == '.' && n == len(value)-1 && 1 <= n && n <= 6
}

func (f *Field) parseNumber(value string, s Scope) (string, *Problem) {
	if s.Loose {
		if !isASCII(value) {
			value = groupSpaces.Replace(value)
		}
		if isGrouped(value) && (f.Type == Whole || !strings.Contains(value, ".")) {
			value = ungroup.Replace(value)
		}
		if f.Type == Decimal {
			value = strings.Replace(value, ",", ".", 1)
		}
	}
	if f.Type == Whole && !isWhole(value) {
		return "", &Problem{Code: NotANumber, Hint: "whole"}
	}
	if f.Type == Decimal && !isDecimal(value) {
		return "", &Problem{Code: NotANumber, Hint: "decimal"}
	}
	var n float64
	var err error
	if f.Type == Whole {
		var whole int64
		whole, err = strconv.ParseInt(value, 10, 64)
		n = float64(whole)
	} else {
		n, err = strconv.ParseFloat(value, 64)
	}
	if err != nil {
		return "", &Problem{Code: NotANumber}
	}
	if n < f.Min || n > f.most(s) {
		return "", f.outOfRange(s)
	}
	if f.Type == Whole && '1' <= value[0] && value[0] <= '9' {
		return value, nil
	}
	return Number(n), nil
}

// most is the largest number that is allowed.
func (f *Field) most(s Scope) float64 {
	switch {
	case f.Year:
		year, _ := strconv.Atoi(s.Today[:4])
		return float64(year)
	case f.Max != 0:
		return f.Max
	case s.Definition.Region.Population != 0:
		return float64(s.Definition.Region.Population)
	}
	return 1e12
}

func (f *Field) outOfRange(s Scope) *Problem {
	return &Problem{Field: f.Name, Code: OutOfRange, Args: map[string]string{"min": Number(f.Min), "max": Number(f.most(s))}}
}

func isASCII(value string) bool {
	for i := range len(value) {
		if value[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Number is the canonical text of a number: no sign of a zero, no trailing zeros, never an exponent.
func Number(n float64) string {
	if n == 0 {
		return "0"
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// FromNumber writes a JSON or spreadsheet number as text that Parse understands, rounded to the six decimals that records
// keep; false where it is not finite.
func FromNumber(n float64) (string, bool) {
	if math.IsNaN(n) || math.IsInf(n, 0) || math.Abs(n) > 1e15 {
		return "", false
	}
	return Number(math.Round(n*1e6) / 1e6), true
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
			for spelling := range o.spellings() {
				if wanted == Same(spelling) {
					return o.ID, nil
				}
			}
		}
		if id, ok := unmarkedOption(options, wanted); ok {
			return id, nil
		}
	}
	return "", &Problem{Code: NotInList, Options: offer(options, s)}
}

// unmarkedOption finds the only option that is written so without its diacritics, as on a keyboard that has none.
func unmarkedOption(options []Option, wanted string) (id string, ok bool) {
	wanted = Unmarked(wanted)
	for _, o := range options {
		for spelling := range o.spellings() {
			if wanted != Unmarked(strings.TrimSpace(spelling)) {
				continue
			}
			if ok && id != o.ID {
				return "", false
			}
			id, ok = o.ID, true
		}
	}
	return id, ok
}

// offer are the values that a problem names. The id stands with a label that would not be taken alone, or would not say
// which of the definition's own is meant.
func offer(options []Option, s Scope) []text.Choice {
	out := make([]text.Choice, len(options))
	for i, o := range options {
		out[i] = text.Choice{ID: o.ID, Label: o.Label, ByID: o.Own || !s.Loose}
	}
	return out
}

var yesNo = map[string]string{"yes": "yes", "no": "no", "true": "yes", "false": "no", "1": "yes", "0": "no", "on": "yes"}

func parseYesNo(value string, s Scope) (string, *Problem) {
	if !s.Loose {
		if value == "yes" || value == "no" {
			return value, nil
		}
	} else if canonical, ok := yesNo[Same(value)]; ok {
		return canonical, nil
	} else if canonical, ok := text.YesNo()[Same(value)]; ok {
		return canonical, nil
	}
	return "", &Problem{Code: NotInList, Hint: "yes_no"}
}

// ParseEmail checks an address and gives it trimmed and in lower case, which is how addresses are compared. One that no
// letter can be sent to is none.
func ParseEmail(value string) (string, bool) {
	value = strings.ToLower(Clean(value))
	if isPlainEmail(value) {
		return value, true
	}
	address, err := mail.ParseAddress(value)
	if err != nil || address.Address != value || len(value) > 254 || !strings.Contains(value[strings.LastIndex(value, "@")+1:], ".") {
		return "", false
	}
	_, ok := letters.Address(value)
	return value, ok
}

// isPlainEmail tells of an address of the usual characters, as nearly all are. Of the others a full parser decides.
func isPlainEmail(value string) bool {
	name, domain, _ := strings.Cut(value, "@")
	return len(value) <= 254 && isDotted(name, "!#$%&'*+-/=?^_`{|}~") && isDotted(domain, "-") && strings.Contains(domain, ".")
}

// isDotted tells of lower-case words of letters, digits and some signs, with single dots between them.
func isDotted(value, signs string) bool {
	word := false
	for i := range len(value) {
		switch c := value[i]; {
		case c == '.':
			if !word {
				return false
			}
			word = false
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', strings.IndexByte(signs, c) >= 0:
			word = true
		default:
			return false
		}
	}
	return word
}

func parsePesel(value string) (string, *Problem) {
	if digits(value) < len(value) {
		value = strings.ReplaceAll(groupSpaces.Replace(value), " ", "")
	}
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

// identity finds addresses, and eleven digits, however they are spaced.
var identity = regexp.MustCompile(`[^\s@]+@[^\s@]+|[0-9](?:[\s.\x{a0}\x{202f}-]?[0-9]){10}`)

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

// ColumnIn is what a language calls a column of files.
func (f *Field) ColumnIn(language string) string {
	return cmp.Or(map[string]string{text.Polish: f.Polish}[language], f.Name)
}

// ColumnIn is what a language calls a column of the kind's files; of what is no column of it, and of a nil kind, the name as it
// is.
func (k *Kind) ColumnIn(column, language string) string {
	if k != nil {
		for _, f := range k.Columns() {
			if f.Name == column {
				return f.ColumnIn(language)
			}
		}
	}
	return column
}

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
