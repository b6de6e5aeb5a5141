package schema

import "strings"

// formula are the characters with which a text begins that a spreadsheet takes for a formula, or that hide one.
const formula = "=+-@\t\r\n"

// Escape writes a text for a spreadsheet: one that begins like a formula gets an apostrophe in front, which says "text".
func Escape(text string) string {
	if text != "" && strings.IndexByte(formula, text[0]) >= 0 {
		return "'" + text
	}
	return text
}

// Unescape reads a text as Escape wrote it. What is left is no such text again: outer spaces may hide a second apostrophe.
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
