package schema

import "strings"

// formula holds the first characters by which a spreadsheet recognises a formula, or that can hide one.
const formula = "=+-@\t\r\n"

// Escape returns a text that is safe in a cell of a spreadsheet: an apostrophe is added before one that begins like a
// formula.
func Escape(text string) string {
	if text != "" && strings.IndexByte(formula, text[0]) >= 0 {
		return "'" + text
	}
	return text
}

// Unescape reverses Escape. It repeats until nothing is left to reverse, because outer spaces may hide a second
// apostrophe.
func Unescape(text string) string {
	if text == "" || text[0] != '\'' && isGraph(text[0]) {
		return text
	}
	for strings.IndexByte(text, '\'') >= 0 {
		clean := Clean(text)
		if len(clean) < 2 || clean[0] != '\'' || strings.IndexByte(formula, clean[1]) < 0 {
			break
		}
		text = clean[1:]
	}
	return text
}
