package importer

import (
	"strconv"
	"strings"

	"outreach/internal/schema"
)

// numberFormat is how a spreadsheet shows numbers: up to three sections, for positive and negative numbers and zero, or
// with a condition each. The one without sections is General.
type numberFormat struct{ sections []section }

// section is a section of a number format.
type section struct {
	momentFormat

	condition string // "", or one of < <= = >= > <>
	limit     float64

	general  bool
	digits   bool // it shows the number
	percent  bool
	exponent bool
	fraction bool
	thousand int  // by how many thousands the number is divided
	whole    int  // the least digits before the point
	decimals int  // the most digits behind the point
	literal  bool // it shows texts beside the number, or between its digits
	pattern  []mark
}

// mark is a piece of a section as it is shown: a digit ('0', '#', '?'), a point, or a literal text.
type mark struct {
	digit byte
	text  string
}

// builtInFormats are the codes of the built-in ids; those of dates are known by the parts that they show.
var builtInFormats = map[int]string{
	1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
	14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm", 19: "h:mm:ss", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm",
	37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00",
	41: "#,##0;-#,##0", 42: "#,##0;-#,##0", 43: "#,##0.00;-#,##0.00", 44: "#,##0.00;-#,##0.00",
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0",
}

// builtInFormat returns the format of a built-in id, which has no code in the file.
func builtInFormat(id int) numberFormat {
	switch {
	case id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id >= 57 && id <= 58:
		return readFormat("yyyy-mm-dd")
	case id >= 32 && id <= 35, id >= 55 && id <= 56:
		return readFormat("h:mm:ss")
	}
	return readFormat(builtInFormats[id])
}

// longestFormat is longer than a format may be in a spreadsheet, in bytes; a longer one is read as General.
const longestFormat = 1000

// readFormat reads a format's code, such as yyyy\-mm\-dd, [$-415]d mmmm hh:mm or #,##0.00\ "zł";[Red]-#,##0.00.
func readFormat(code string) numberFormat {
	var f numberFormat
	if len(code) > longestFormat {
		return f
	}
	for start, quoted := 0, false; start <= len(code); {
		end := start
		for ; end < len(code); end++ {
			switch c := code[end]; {
			case c == '"':
				quoted = !quoted
			case c == '\\' && !quoted:
				end++
			}
			if end < len(code) && code[end] == ';' && !quoted {
				break
			}
		}
		end = min(end, len(code))
		f.sections = append(f.sections, readSection(code[start:end]))
		start = end + 1
	}
	if len(f.sections) == 1 && (code == "" || f.sections[0].general && !f.sections[0].literal) {
		return numberFormat{}
	}
	if len(f.sections) > 3 {
		f.sections = f.sections[:3] // the fourth is for texts
	}
	return f
}

// readSection reads a section of a code. An m is a minute beside hours or seconds, and else a month.
func readSection(code string) section {
	var s section
	month, behind, commas := false, false, 0
	literal := func(text string) {
		s.literal = s.literal || strings.TrimSpace(text) != ""
		s.pattern = append(s.pattern, mark{text: text})
	}
	for i := 0; i < len(code); i++ {
		c := code[i]
		if c != ',' && commas > 0 {
			if strings.IndexByte("0#?", c) < 0 {
				s.thousand += commas
			}
			commas = 0
		}
		switch c {
		case '\\':
			if i++; i < len(code) {
				end := i + 1
				for end < len(code) && code[end]&0xC0 == 0x80 {
					end++
				}
				literal(code[i:end])
				i = end - 1
			}
		case '_', '*': // the next character is measured, or repeated
			i++
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				end = len(code) - i - 1
			}
			literal(code[i+1 : i+1+end])
			i += end + 1
		case '[': // a colour, a condition, a language with its currency, or elapsed hours, minutes or seconds
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				continue
			}
			inner := code[i+1 : i+end]
			switch {
			case inner != "" && strings.Trim(strings.ToLower(inner), "hms") == "":
				s.clock, s.elapsed = true, true
			case inner != "" && strings.IndexByte("<>=", inner[0]) >= 0:
				s.condition = strings.TrimRight(inner, "0123456789.-+eE ")
				s.limit, _ = strconv.ParseFloat(strings.TrimSpace(inner[len(s.condition):]), 64)
			case strings.HasPrefix(inner, "$"):
				currency, _, _ := strings.Cut(inner[1:], "-")
				literal(currency)
			}
			i += end
		case 'y', 'Y', 'e': // e is a year in East Asian formats
			s.year = true
		case 'd', 'D':
			s.day = true
		case 'h', 'H', 's', 'S':
			s.clock = true
		case 'm', 'M':
			month = true
		case 'E':
			if i+1 < len(code) && (code[i+1] == '+' || code[i+1] == '-') {
				s.exponent = true
			}
		case 'A', 'a':
			if rest := strings.ToUpper(code[i:]); strings.HasPrefix(rest, "AM/PM") {
				i += 4
			} else if strings.HasPrefix(rest, "A/P") {
				i += 2
			}
		case 'G', 'g':
			if len(code) >= i+7 && strings.EqualFold(code[i:i+7], "general") {
				s.general = true
				i += 6
			}
		case '@':
			s.general = true
		case '0', '#', '?':
			s.digits = true
			s.pattern = append(s.pattern, mark{digit: c})
			switch {
			case s.exponent || s.fraction:
			case behind:
				s.decimals++
			case c == '0' || s.whole > 0:
				s.whole++
			}
		case '.':
			behind = true
			s.pattern = append(s.pattern, mark{digit: '.'})
		case ',':
			if s.digits {
				commas++
			}
		case '%':
			s.percent = true
		case '/':
			s.fraction = s.digits
			if !s.digits {
				s.pattern = append(s.pattern, mark{text: "/"})
			}
		case '-', '+', '(', ')', ':', ' ':
			s.pattern = append(s.pattern, mark{text: string(c)})
		default:
			end := i + 1
			for end < len(code) && code[end]&0xC0 == 0x80 {
				end++
			}
			literal(code[i:end])
			i = end - 1
		}
	}
	s.thousand += commas
	s.month = month && !s.clock
	// mm beside a time is minutes, but yyyy-mm-dd hh:mm has both.
	if month && s.clock && (s.day || s.year) {
		s.month = true
	}
	return s
}

// of returns the section that shows a number; false if the number is shown as by General.
func (f numberFormat) of(n float64) (section, bool) {
	if len(f.sections) == 0 {
		return section{}, false
	}
	conditional := false
	for _, s := range f.sections {
		conditional = conditional || s.condition != ""
	}
	if conditional {
		for i, s := range f.sections {
			if s.holds(n) || i == len(f.sections)-1 {
				return s, true
			}
		}
	}
	switch at := 0; {
	case n < 0:
		at = 1
		fallthrough
	case n == 0 && len(f.sections) > 2:
		if n == 0 {
			at = 2
		}
		if at < len(f.sections) {
			return f.sections[at], true
		}
	}
	return f.sections[0], true
}

func (s section) holds(n float64) bool {
	switch s.condition {
	case "<":
		return n < s.limit
	case "<=":
		return n <= s.limit
	case "=":
		return n == s.limit
	case ">=":
		return n >= s.limit
	case ">":
		return n > s.limit
	case "<>":
		return n != s.limit
	}
	return true
}

// plain reports whether a section shows whole positive numbers as they are, groups apart.
func (s *section) plain() bool {
	return s.digits && !s.percent && !s.exponent && !s.fraction && !s.literal && s.thousand == 0 && s.whole <= 1 && s.condition == ""
}

// plain reports whether a format shows whole positive numbers as they are.
func (f numberFormat) plain() bool { return len(f.sections) == 0 || f.sections[0].plain() }

// cell returns a number as the format shows it. A number whose shown text is no number is written. General shows it
// with the precision of spreadsheets; others round it.
func (f numberFormat) cell(n float64, from1904 bool) cell {
	s, ok := f.of(n)
	switch {
	case !ok, s.general && !s.literal:
		return cell{text: numberText(n), form: number}
	case s.general:
		return cell{text: numberText(n), form: number, shown: s.around(numberText(n))}
	case s.isMoment():
		if c, ok := s.cell(n, from1904); ok {
			return c
		}
		return cell{text: numberText(n), form: number}
	case !s.digits && s.around("") == "": // it hides the number
		return cell{}
	case !s.digits:
		if n == 0 {
			return cell{text: "0", form: number} // as a dash
		}
		return cell{text: s.around("")}
	case s.exponent:
		return cell{text: shownExponent(n, s.decimals)}
	case s.fraction:
		return cell{text: numberText(n), form: number}
	case s.percent:
		return cell{text: rounded(n*100, s.decimals) + "%", form: percent}
	}
	for range s.thousand {
		n /= 1000
	}
	text := rounded(n, s.decimals)
	switch shown := s.render(text); {
	case s.literal && isPercent(shown):
		return cell{text: shown, form: percent}
	case s.thousand > 0:
		return cell{text: shown}
	case s.literal || s.whole > 1:
		return cell{text: text, form: number, shown: shown}
	}
	return cell{text: text, form: number}
}

// around returns a text among the literals of a section.
func (s section) around(number string) string {
	var b strings.Builder
	shown := false
	for _, m := range s.pattern {
		if m.digit != 0 && !shown {
			b.WriteString(number)
			shown = true
		}
		b.WriteString(m.text)
	}
	if !shown && number != "" {
		return number + " " + strings.TrimSpace(b.String())
	}
	return strings.TrimSpace(b.String())
}

// render writes the text of a rounded number into the pattern of a section: 600100200 as 000-000-000 is 600-100-200.
func (s section) render(text string) string {
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if whole == "0" && s.whole == 0 {
		whole = ""
	}
	whole = strings.Repeat("0", max(0, s.whole-len(whole))) + whole
	places := 0 // for digits before the point
	for _, m := range s.pattern {
		if m.digit == '.' {
			break
		}
		if m.digit != 0 {
			places++
		}
	}
	var b strings.Builder
	first, behind := true, false
	for _, m := range s.pattern {
		switch {
		case m.digit == '.':
			behind = true
			if fraction != "" {
				b.WriteString("." + fraction)
			}
		case m.digit == 0:
			if m.text != "-" || sign == "" {
				b.WriteString(m.text)
			}
		case behind:
		default:
			n := 1
			if first {
				n = max(0, len(whole)-places+1)
				first = false
			} else if len(whole) < places {
				n = 0
			}
			n = min(n, len(whole))
			b.WriteString(whole[:n])
			whole, places = whole[n:], places-1
		}
	}
	return sign + strings.TrimSpace(b.String())
}

// rounded returns a number rounded half away from zero to so many decimals, without trailing zeros.
func rounded(n float64, decimals int) string {
	text := numberText(n)
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) <= decimals {
		return text
	}
	digits := []byte(whole + fraction[:decimals])
	if fraction[decimals] >= '5' {
		i := len(digits) - 1
		for ; i >= 0 && digits[i] != '-'; i-- {
			if digits[i] != '9' {
				digits[i]++
				break
			}
			digits[i] = '0'
		}
		if i < 0 || digits[i] == '-' {
			digits = append(digits[:i+1], append([]byte{'1'}, digits[i+1:]...)...)
		}
	}
	at := len(digits) - decimals
	out := string(digits[:at])
	if fraction := strings.TrimRight(string(digits[at:]), "0"); fraction != "" {
		out += "." + fraction
	}
	if out == "-0" {
		return "0"
	}
	return out
}

// shownExponent returns a number as 4.86E+10.
func shownExponent(n float64, decimals int) string {
	return strconv.FormatFloat(n, 'E', decimals, 64)
}

// numberText returns a number rounded to fifteen digits, the precision of spreadsheets: 0.1+0.2 is 0.3.
func numberText(n float64) string {
	if rounded, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 15, 64), 64); err == nil {
		n = rounded
	}
	return schema.Number(n)
}
