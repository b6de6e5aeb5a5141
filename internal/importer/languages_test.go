package importer

import (
	"strings"
	"testing"

	"outreach/internal/schema"
	"outreach/internal/text"
)

// Words for a total, for yes and no, and for the values of lists are read in each language, however they are cased.
func TestWordsOfFilesAreReadInEachLanguage(t *testing.T) {
	t.Parallel()
	loose := scope
	loose.Loose = true
	for _, language := range text.Languages() {
		for word := range strings.SplitSeq(text.Records().Word("value.row_total")[language], ", ") {
			for _, written := range []string{word, strings.ToUpper(word) + ":", " " + strings.ToLower(word)} {
				if !isTotal(written) {
					t.Errorf("%q is not taken for a total", written)
				}
			}
		}
		for answer, want := range map[string]string{"value.yes": "yes", "value.no": "no"} {
			word := strings.ToUpper(text.Of(language).Say(answer))
			if got, problem := (&schema.Field{Type: schema.YesNo}).Parse(word, loose); got != want {
				t.Errorf("%s is read as %q, %v", word, got, problem)
			}
		}
		for _, kind := range schema.Builtin().Kinds {
			for i := range kind.Fields {
				f := &kind.Fields[i]
				if f.Type != schema.Choice {
					continue
				}
				for _, o := range f.Options(definition) {
					if word := o.Label[language]; word != "" {
						if got, problem := f.Parse(strings.ToUpper(word), loose); got != o.ID {
							t.Errorf("%s of %s is read as %q, %v", word, f.Name, got, problem)
						}
					}
				}
			}
		}
	}
}
