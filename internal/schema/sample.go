package schema

import (
	"regexp/syntax"
	"strings"
)

// longestSample is the limit of a sample, in characters.
const longestSample = 40

// Sample returns a value of the form that the pattern of an identifier asks for, as an example in messages: "" where
// the pattern is not made of plain characters, sets of letters and digits, and repetitions.
func (f *Field) Sample() string {
	parsed, err := syntax.Parse(f.PatternText(), syntax.Perl)
	if err != nil || f.Pattern == nil {
		return ""
	}
	var out strings.Builder
	if !writeSample(&out, parsed) || !f.Pattern.MatchString(out.String()) {
		return ""
	}
	return out.String()
}

// writeSample appends a sample of a part of a pattern, and reports whether it could.
func writeSample(out *strings.Builder, part *syntax.Regexp) bool {
	if out.Len() > longestSample {
		return false
	}
	times := 1
	switch part.Op {
	case syntax.OpEmptyMatch, syntax.OpQuest, syntax.OpStar:
		return true
	case syntax.OpLiteral:
		out.WriteString(string(part.Rune))
		return true
	case syntax.OpCharClass:
		return writeOneOf(out, part)
	case syntax.OpAlternate:
		return writeSample(out, part.Sub[0])
	case syntax.OpRepeat:
		times = part.Min
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
	default:
		return false
	}
	for range times {
		for _, sub := range part.Sub {
			if !writeSample(out, sub) {
				return false
			}
		}
	}
	return true
}

// writeOneOf appends a digit or a letter of a set, another one at each place where the set has many.
func writeOneOf(out *strings.Builder, set *syntax.Regexp) bool {
	for _, row := range []string{"1234567890", "ABCDEFGHJK", "abcdefghjk"} {
		for i := range row {
			c := row[(out.Len()+i)%len(row)]
			for at := 0; at < len(set.Rune); at += 2 {
				if set.Rune[at] <= rune(c) && rune(c) <= set.Rune[at+1] {
					out.WriteByte(c)
					return true
				}
			}
		}
	}
	return false
}
