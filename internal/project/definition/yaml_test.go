package definition_test

import (
	"strings"
	"testing"

	"outreach/internal/project/definition"
	words "outreach/internal/text"
)

// None of the parser's English words are in a Polish sentence.
func TestMistakesInYAMLAreExplainedInBothLanguages(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an open quote":            "id: x\ntitle: 'open\n",
		"an open double quote":     "id: x\ntitle: \"open\n",
		"an open brace":            "id: x\ntitle: {pl: a, en: b\n",
		"an open bracket":          "id: x\nage_bands: [\"0-24\", \"25+\"\n",
		"a comma too many":         "id: x\nage_bands: [\"0-24\",, \"25+\"]\n",
		"a colon in a text":        "id: x\ntitle: a: b\n",
		"a line without a colon":   "id: x\ntitle\nperiod: {}\n",
		"a wrong indent":           "id: x\n  title: a\n",
		"a list on its key's line": "id: x\ngroups: - a\n",
		"an unknown escape":        "id: x\ntitle: \"a\\qb\"\n",
		"a sign that is reserved":  "id: x\ntitle: @a\n",
	} {
		_, problems := definition.Parse("", []byte(text))
		if len(problems) == 0 || problems[0].Code != "unreadable" {
			t.Errorf("%s is found to be %v", name, problems)
			continue
		}
		polish, english := words.Of("pl").Word(problems[0].Message), words.Of("en").Word(problems[0].Message)
		for _, word := range []string{"could not", "character", "token", "must be", "allowed", "unexpected", "mapping", "value", "found", "specified", "context"} {
			if strings.Contains(polish, word) {
				t.Errorf("%s: the Polish sentence says %q: %s", name, word, polish)
			}
		}
		if !strings.Contains(polish, "(") || !strings.Contains(english, "(") {
			t.Errorf("%s is not explained: %s / %s", name, english, polish)
		}
	}
}
