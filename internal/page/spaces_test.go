package page

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestBindShortWords(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ given, want string }{
		"in the midst":             {"obecność w biurze i testy", "obecność w~biurze i~testy"},
		"two side by side":         {"to i w domu", "to i~w~domu"},
		"at the beginning":         {"<p>W tym miesiącu</p>", "<p>W~tym miesiącu</p>"},
		"before a tag":             {"zajrzyj w <a>pliki</a>", "zajrzyj w~<a>pliki</a>"},
		"after a bracket":          {"(z pliku)", "(z~pliku)"},
		"a number after it":        {`<b>3 <span class="of">z 11</span></b>`, `<b>3 <span class="of">z~11</span></b>`},
		"a longer word":            {"na pewno za miesiąc do wtorku", "na pewno za miesiąc do wtorku"},
		"the end of a longer word": {"ósma godzina", "ósma godzina"},
		"an attribute":             {`<input value="a i b" title="x w y">`, `<input value="a i b" title="x w y">`},
		"a script":                 {"<script>if (a < i && i > 0) a i b</script> i b", "<script>if (a < i && i > 0) a i b</script> i~b"},
		"a text area":              {"<textarea name=\"x\">a i b</textarea> i b", "<textarea name=\"x\">a i b</textarea> i~b"},
		"code":                     {"<code>a i b</code> i b", "<code>a i b</code> i~b"},
		"another element's prefix": {"<precise>a i b</precise>", "<precise>a~i~b</precise>"},
	} {
		if got := strings.ReplaceAll(string(bindShortWords([]byte(tt.given), "aiouwzAIOUWZ")), "\u00a0", "~"); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestOnlyPolishPagesBindShortWords(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{"pl": "a\u00a0b", "en": "a b"} {
		w := httptest.NewRecorder()
		if err := Write(w, 200, Frame{Language: language}, Message{Title: "x", Text: "a b"}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("in %s: %s", language, w.Body)
		}
	}
}
