package schema

import (
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestTidyWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ given, want string }{
		{"Razem łatwiej", "Razem łatwiej"},
		{"Razem\u00a0łatwiej", "Razem łatwiej"},
		{"Razem  łatwiej", "Razem łatwiej"},
		{"Razem\u202f\u2009 łatwiej", "Razem łatwiej"},
		{"Ra\u00adzem\u200b łat\u2060wiej\ufeff", "Razem łatwiej"},
		{"\u202eRazem\u202c \u2066łatwiej\u2069\u200f", "Razem łatwiej"},
		{"Ra\u034fzem\u200d ł\ufe0fatwiej", "Razem łatwiej"},
		{"w\ndwóch\n\nwierszach\ti tabulator", "w\ndwóch\n\nwierszach\ti tabulator"},
		{"🧑\u200d🌾 serce ❤\ufe0f", "🧑\u200d🌾 serce ❤\ufe0f"},
		{"می\u200cخواهم", "می\u200cخواهم"},
		{"„cudzysłów” – myślnik…", "„cudzysłów” – myślnik…"},
		{"", ""},
	} {
		got, changed := TidyWords(tt.given)
		if got != tt.want || changed != (tt.given != tt.want) {
			t.Errorf("TidyWords(%q) = %q, %v", tt.given, got, changed)
		}
	}
}

func TestATidyTextHasNothingToBeCleaned(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "Spółdzielnia socjalna 7", "Оксана", "Ñandú"} {
		if !IsTidy(text) {
			t.Errorf("%q is not tidy", text)
		}
	}
	for _, text := range []string{" a", "a ", "a  b", "a\n"} {
		if IsTidy(text) {
			t.Errorf("%q is tidy", text)
		}
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		for _, text := range []string{string(r), "a" + string(r), "a" + string(r) + "b"} {
			if IsTidy(text) && (Clean(text) != text || isInvisible(r) || r != ' ' && unicode.Is(unicode.Zs, r)) {
				t.Fatalf("%q is tidy", text)
			}
		}
	}
}

func TestTidyWordsTwiceIsTidyWordsOnceAndKeepsWhatIsSeen(t *testing.T) {
	t.Parallel()
	seen := func(text string) (out string) {
		for _, r := range text {
			if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsPunct(r) {
				if !isInvisible(r) {
					out += string(r)
				}
			}
		}
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\u200b", "\u00ad", "\u00a0", "  ", "\u202e", "ż"}))).Draw(t, "parts")
		text := ""
		for _, p := range parts {
			text += p
		}
		once, changed := TidyWords(text)
		if changed != (once != text) {
			t.Fatalf("changed is %v for %q", changed, once)
		}
		if twice, again := TidyWords(once); again || twice != once {
			t.Fatalf("twice it is %q, once %q", twice, once)
		}
		if seen(once) != seen(text) {
			t.Fatalf("%q lost what is seen of %q", once, text)
		}
		if Same(once) != Same(text) {
			t.Fatalf("%q and %q are not the same", once, text)
		}
	})
}
