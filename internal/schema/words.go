package schema

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"outreach/internal/project"
	"outreach/internal/text"
)

// useCatalogues makes a built-in kind take the words that its data file lacks from the catalogues of package text:
//
//	column.<field>           the name of a column of files
//	option.<field>.<option>  the label of an option; without it, value.<option>
//	also.<field>.<option>    other accepted spellings of an option, separated by commas
//
// They are looked up at the first use, so that every offered language has them and a start parses no catalogue.
func (k *Kind) useCatalogues(data []project.RecordField) {
	for i := range k.Fields {
		f := &k.Fields[i]
		f.builtin = true
		if len(data[i].Options) == 0 {
			continue
		}
		f.Options = worded(f.Name, f.Options(nil))
	}
}

// worded returns a list of options with the words of the catalogues. It is computed again only after the offered
// languages have changed, for it is read with every value.
func worded(field string, own []Option) func(*project.Definition) []Option {
	type list struct {
		words   *text.Vocabulary
		options []Option
	}
	var last atomic.Pointer[list]
	return func(*project.Definition) []Option {
		words := text.Records()
		if l := last.Load(); l != nil && l.words == words {
			return l.options
		}
		options := slices.Clone(own)
		for i := range options {
			options[i].Label = optionLabel(words, field, own[i])
			options[i].Also, options[i].initials = optionSpellings(words, field, own[i])
		}
		last.Store(&list{words, options})
		return options
	}
}

// columnWords returns the names of the column of a built-in field in all languages; nil for other fields.
func (f *Field) columnWords() project.Text {
	if !f.builtin {
		return nil
	}
	return text.Records().Word("column." + f.Name)
}

// optionLabel returns the label of an option of a built-in field in all languages. Its own label takes precedence.
func optionLabel(words *text.Vocabulary, field string, o Option) project.Text {
	word := words.Word("option." + field + "." + o.ID)
	if word == nil {
		word = words.Word("value." + o.ID)
	}
	if len(o.Label) == 0 {
		return word
	}
	label := project.Text{}
	maps.Copy(label, word)
	maps.Copy(label, o.Label)
	return label
}

// optionSpellings returns the other accepted spellings of an option of a built-in field in all languages, those of one
// letter by language.
func optionSpellings(words *text.Vocabulary, field string, o Option) (also []string, initials map[string][]string) {
	also, initials = slices.Clone(o.Also), map[string][]string{}
	word := words.Word("also." + field + "." + o.ID)
	for _, language := range word.Languages() {
		for spelling := range strings.SplitSeq(word[language], ", ") {
			if utf8.RuneCountInString(spelling) == 1 {
				initials[language] = append(initials[language], spelling)
			} else {
				also = append(also, spelling)
			}
		}
	}
	return also, initials
}
