package text_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// root is where the module's sources begin.
const root = "../.."

// words are a message file: each key's forms, "other" alone where it has none.
func words(t *testing.T, language string) map[string]map[string]string {
	t.Helper()
	data, err := os.ReadFile(language + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	for key, value := range raw {
		forms := map[string]string{}
		switch v := value.(type) {
		case string:
			forms["other"] = v
		case map[string]any:
			for form, message := range v {
				forms[form] = message.(string)
			}
		}
		out[key] = forms
	}
	return out
}

var placeholder = regexp.MustCompile(`\{\{[^}]*?\.([a-z_]+)`)

func placeholders(forms map[string]string) []string {
	seen := map[string]bool{}
	for _, message := range forms {
		for _, found := range placeholder.FindAllStringSubmatch(message, -1) {
			seen[found[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// Each offered language has every message, with the same placeholders and all plural forms of CLDR.
func TestNoMessageIsInACatalogueTwice(t *testing.T) {
	for _, language := range text.Languages() {
		data, err := os.ReadFile(language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, found := range regexp.MustCompile(`(?m)^  "([^"]+)":`).FindAllSubmatch(data, -1) {
			key := string(found[1])
			if seen[key] {
				t.Errorf("%s.json has %s twice: the last one is shown", language, key)
			}
			seen[key] = true
		}
		if len(seen) < len(words(t, language)) {
			t.Errorf("%s.json: %d keys were found, it has %d", language, len(seen), len(words(t, language)))
		}
	}
}

func TestEveryLanguageIsComplete(t *testing.T) {
	want := words(t, text.Default)
	for _, language := range text.Languages() {
		got := words(t, language)
		if diff := cmp.Diff(keys(want), keys(got)); diff != "" {
			t.Errorf("keys of %s.json (-) and %s.json (+) differ:\n%s", text.Default, language, diff)
		}
		plural := pluralForms(t, language)
		for key, forms := range got {
			if diff := cmp.Diff(placeholders(want[key]), placeholders(forms)); diff != "" {
				t.Errorf("%s takes other arguments in %s (+) than in %s (-):\n%s", key, language, text.Default, diff)
			}
			if len(forms) > 1 != (len(want[key]) > 1) {
				t.Errorf("%s has plural forms in one of %s and %s alone", key, language, text.Default)
			}
			if diff := cmp.Diff(plural, slices.Sorted(maps.Keys(forms))); len(forms) > 1 && diff != "" {
				t.Errorf("%s in %s: %s", key, language, diff)
			}
			for form, message := range forms {
				if strings.Trim(message, " \n\t") != message || message == "" {
					t.Errorf("%s.%s in %s is empty or has outer spaces", key, form, language)
				}
			}
		}
		if said := got["reviewed"]["other"]; said != "yes" && said != "no" || text.Reviewed(language) != (said == "yes") {
			t.Errorf("%s.json says reviewed: %q", language, said)
		}
		if text.OwnName(language) == "" || text.Name(language)[language] == "" {
			t.Errorf("%s.json does not begin with the names of languages", language)
		}
	}
}

// keys returns the keys that every language must have: all but those that are optional.
func keys(words map[string]map[string]string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(words)), optional)
}

// optional reports whether a language may lack a key: a name of a language, other spellings of an option, and a rule
// for the ends of lines.
func optional(key string) bool {
	return strings.HasPrefix(key, "language.") || strings.HasPrefix(key, "also.") || key == "format.ends_no_line"
}

// millions are the languages in which a whole number of millions has the form "many": CLDR has it since its version 38,
// which the module of plural forms below does not know yet.
var millions = []string{"es"}

// pluralForms returns the plural forms of whole numbers in a language, and "other".
func pluralForms(t *testing.T, tag string) []string {
	t.Helper()
	names := map[plural.Form]string{plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}
	forms := map[string]bool{"other": true}
	for n := range 1000 {
		forms[names[plural.Cardinal.MatchPlural(language.MustParse(tag), n, 0, 0, 0, 0)]] = true
	}
	if slices.Contains(millions, tag) {
		forms["many"] = true
	}
	return slices.Sorted(maps.Keys(forms))
}

func TestEveryMessageCanBeFormatted(t *testing.T) {
	for _, language := range text.Languages() {
		m := text.Of(language)
		for key, forms := range words(t, language) {
			var args []any
			for _, name := range placeholders(forms) {
				args = append(args, name, "1")
			}
			said := []string{m.Say(key, args...)}
			if len(forms) > 1 {
				said = nil
				for _, n := range []int64{0, 1, 2, 5, 12, 22, 100000, 1000000} {
					said = append(said, m.Count(key, n, args...))
				}
			}
			for _, message := range said {
				if message == "" || message == key || strings.Contains(message, "{{") || strings.Contains(message, "<no value>") {
					t.Errorf("%s in %s is said as %q", key, language, message)
				}
			}
		}
	}
}

// What is asked for elsewhere: the details of errors, what a redirect says was done, and codes that only web has.
var (
	detail    = regexp.MustCompile(`\bDetail: "([a-z0-9_]+)"`)
	done      = regexp.MustCompile(`[?&]done=([a-z]+)"`)
	codeAlone = regexp.MustCompile(`record\.Problem\{[^}]*Code: "([a-z0-9_]+)"`)
	unread    = regexp.MustCompile(`\bunreadable\([^,()]+, "([a-z_]+)"\)`)
)

func TestEveryErrorAndConfirmationHasAMessage(t *testing.T) {
	pl, en := words(t, text.Polish), words(t, text.English)
	sources(t, func(path string) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for prefix, pattern := range map[string]*regexp.Regexp{"detail.": detail, "done.": done, "problem.": codeAlone, "problem.unreadable.": unread} {
			for _, found := range pattern.FindAllStringSubmatch(string(data), -1) {
				if key := prefix + found[1]; pl[key] == nil || en[key] == nil {
					t.Errorf("%s needs the message %s", path, key)
				}
			}
		}
	})
	for _, status := range []string{"400", "401", "403", "404", "405", "409", "410", "412", "413", "415", "422", "429", "500", "503"} {
		for _, part := range []string{".title", ".detail"} {
			if key := "status." + status + part; pl[key] == nil || en[key] == nil {
				t.Errorf("the message %s is missing", key)
			}
		}
	}
}

// A call in a Go source, or in a template, that words a message.
var call = regexp.MustCompile(`\b(?:New|In)?(Say|Count|Message|All)(?:\(| )"([a-z0-9_.-]+)"`)

func TestEveryKeyInACallExists(t *testing.T) {
	m := map[string]map[string]map[string]string{}
	for _, language := range text.Languages() {
		m[language] = words(t, language)
	}
	asked := 0
	sources(t, func(path string) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range call.FindAllStringSubmatch(string(data), -1) {
			key := found[2]
			if strings.HasSuffix(key, ".") || strings.HasSuffix(key, "_") || optional(key) {
				continue
			}
			asked++
			for language, keys := range m {
				switch forms := keys[key]; {
				case forms == nil:
					t.Errorf("%s asks for %q, which %s.json has not", path, key, language)
				case (found[1] == "Count") != (len(forms) > 1):
					t.Errorf("%s asks for %q by %s, but it has %d plural forms", path, key, found[1], len(forms))
				}
			}
		}
	})
	if asked < 100 {
		t.Errorf("only %d keys were found in the sources: does the pattern still match?", asked)
	}
}

// literals returns the string literals of all sources, each with a file that contains it.
func literals(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	sources(t, func(path string) {
		if strings.HasSuffix(path, ".html") {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range quoted.FindAllStringSubmatch(string(data), -1) {
				out[found[1]] = path
			}
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if value, err := strconv.Unquote(literal.Value); err == nil {
					out[value] = path
				}
			}
			return true
		})
	})
	return out
}

var quoted = regexp.MustCompile(`"([^"{}]+)"`)

// A key is used where a source has it in quotes, or has what it is put together of: "status." of "status.404", or
// "mail.report" and ".subject".
func TestEveryMessageIsUsed(t *testing.T) {
	said := literals(t)
	for key := range words(t, text.Default) {
		whole := key
		if varied := strings.TrimSuffix(key, "_keys"); words(t, text.Default)[varied] != nil {
			key = varied // see Messages.Keyed
		}
		used := said[key] != ""
		for i, c := range key {
			used = used || (c == '.' || c == '_') && said[key[:i+1]] != "" || c == '.' && said[key[:i]] != "" && said[key[i:]] != ""
		}
		if !used {
			t.Errorf("nothing asks for %s", whole)
		}
	}
}

// A literal that looks like a key must be one or a prefix of one.
func TestEveryKeyInASourceExists(t *testing.T) {
	all := keys(words(t, text.Default))
	spaces := map[string]bool{}
	for _, key := range all {
		space, _, _ := strings.Cut(key, ".")
		spaces[space] = true
	}
	found := 0
	for literal, path := range literals(t) {
		space, rest, _ := strings.Cut(literal, ".")
		if rest == "" || !spaces[space] || !keyLike.MatchString(literal) || slices.Contains(fact.Kinds, literal) || otherNames[literal] || optional(literal) {
			continue
		}
		found++
		if !slices.ContainsFunc(all, func(key string) bool { return strings.HasPrefix(key, literal) }) {
			t.Errorf("%s: there is no message %s", path, literal)
		}
	}
	if found < 200 {
		t.Errorf("only %d keys were found in the sources: does the search still work?", found)
	}
}

// otherNames look like keys and are not.
var otherNames = map[string]bool{"mail.jsonl": true, "list.csv": true, "list.csv.more": true, "list.pl": true, "signup.changed": true}

var keyLike = regexp.MustCompile(`^[a-z_]+(\.[a-z0-9_]+)*[._]?[a-z0-9_]*$`)

func TestGroupedNumbersKeepTheirDigits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		for _, language := range text.Languages() {
			written := text.Of(language).Number(n)
			back := strings.NewReplacer("\u00a0", "", ",", "", ".", "", "\u2212", "-").Replace(written)
			if back != strconv.FormatInt(n, 10) {
				t.Fatalf("%d is written as %q", n, written)
			}
			for _, group := range strings.FieldsFunc(strings.TrimPrefix(written, "\u2212"), func(r rune) bool { return strings.ContainsRune("\u00a0,.", r) }) {
				if len(group) > 3 {
					t.Fatalf("%d is written as %q", n, written)
				}
			}
		}
	})
}

func TestEveryKindOfRecordHasItsMessages(t *testing.T) {
	for _, language := range text.Languages() {
		m := text.Of(language)
		needs := func(keys ...string) {
			t.Helper()
			if !slices.ContainsFunc(keys, m.Has) {
				t.Errorf("%s.json: %s is missing", language, keys[0])
			}
		}
		known := map[string]bool{}
		for _, kind := range schema.Builtin().Kinds {
			needs("kind." + kind.Name)
			needs("kinds." + kind.Plural)
			needs("section." + kind.Plural)
			for _, f := range kind.Columns() {
				needs("column." + f.Name)
				known["column."+f.Name] = true
			}
			for _, f := range kind.Fields {
				needs("field." + f.Name)
				if f.Type != schema.Choice {
					continue
				}
				for _, o := range f.Options(&project.Definition{}) {
					if text.Offers(o.ID) { // a language, whose name is optional
						continue
					}
					option := f.Name + "." + o.ID
					needs("option."+option, "value."+o.ID)
					known["option."+option], known["also."+option] = true, true
				}
			}
		}
		for _, f := range schema.Builtin().Kind("attendance").NameColumns() {
			known["column."+f.Name] = true
		}
		known["column."+schema.NumberField.Name] = true
		for key, forms := range words(t, language) {
			space, _, _ := strings.Cut(key, ".")
			if slices.Contains([]string{"column", "option", "also"}, space) && !known[key] {
				t.Errorf("%s.json: no built-in kind has a field or an option for %s", language, key)
			}
			if slices.Contains([]string{"column", "option", "also", "value"}, space) && text.Records().Word(key)[language] != forms["other"] {
				t.Errorf("%s.json: %s is not among the words of records at its beginning", language, key)
			}
		}
	}
}

// problemLiterals finds, in all sources, which codes and hints problems are made with.
func problemLiterals(t *testing.T) (codes, hints map[string]string, pairs map[[2]string]string) {
	t.Helper()
	codes, hints, pairs = map[string]string{}, map[string]string{}, map[[2]string]string{}
	constants := map[string]string{}
	parsed := map[string]*ast.File{}
	sources(t, func(path string) {
		if !strings.HasSuffix(path, ".go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed[path] = file
		if strings.HasSuffix(path, "schema/problem.go") {
			for name, value := range stringConstants(file) {
				constants[name] = value
			}
		}
	})
	for _, code := range constants {
		codes[code] = "schema/problem.go"
	}
	for path, file := range parsed {
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			code := ""
			for _, element := range literal.Elts {
				pair, ok := element.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				switch key, _ := pair.Key.(*ast.Ident); {
				case key == nil:
				case key.Name == "Code":
					switch v := pair.Value.(type) {
					case *ast.Ident:
						code = constants[v.Name]
					case *ast.SelectorExpr:
						code = constants[v.Sel.Name]
					}
				case key.Name == "Hint":
					for _, value := range texts(pair.Value) {
						hints[value] = path
						if code != "" {
							pairs[[2]string{code, value}] = path
						}
					}
				}
			}
			return true
		})
	}
	return codes, hints, pairs
}

// texts are the string literals that an expression may be.
func texts(e ast.Expr) []string {
	switch v := e.(type) {
	case *ast.BasicLit:
		if value, err := strconv.Unquote(v.Value); err == nil && v.Kind == token.STRING && value != "" {
			return []string{value}
		}
	case *ast.IndexExpr:
		if literal, ok := v.X.(*ast.CompositeLit); ok {
			var out []string
			for _, element := range literal.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok {
					out = append(out, texts(pair.Value)...)
				}
			}
			return out
		}
	}
	return nil
}

func stringConstants(file *ast.File) map[string]string {
	out := map[string]string{}
	for _, d := range file.Decls {
		general, ok := d.(*ast.GenDecl)
		if !ok || general.Tok != token.CONST {
			continue
		}
		for _, spec := range general.Specs {
			values := spec.(*ast.ValueSpec)
			for i, name := range values.Names {
				if i < len(values.Values) {
					for _, value := range texts(values.Values[i]) {
						out[name.Name] = value
					}
				}
			}
		}
	}
	return out
}

func TestEveryProblemHasAMessage(t *testing.T) {
	codes, hints, pairs := problemLiterals(t)
	if len(codes) < 15 || len(hints) < 8 || len(pairs) < 8 {
		t.Fatalf("found %d codes, %d hints and %d pairs: does the search still work?", len(codes), len(hints), len(pairs))
	}
	for _, language := range text.Languages() {
		keys := words(t, language)
		for code, path := range codes {
			if keys["problem."+code] == nil {
				t.Errorf("%s: problem.%s is missing (%s)", language, code, path)
			}
		}
		for pair, path := range pairs {
			if keys["problem."+pair[0]+"."+pair[1]] == nil {
				t.Errorf("%s: problem.%s.%s is missing (%s)", language, pair[0], pair[1], path)
			}
		}
		for hint, path := range hints {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(keys)), func(key string) bool {
				return strings.HasPrefix(key, "problem.") && strings.HasSuffix(key, "."+hint)
			}) {
				t.Errorf("%s: no problem.….%s (%s)", language, hint, path)
			}
		}
	}
}

// Texts for people belong in the catalogues and in data files.
func TestCodeHasNoPolishWords(t *testing.T) {
	forTests := regexp.MustCompile(`internal/[a-z]+/[a-z]+test/`)
	sources(t, func(path string) {
		if !strings.HasSuffix(path, ".go") || forTests.MatchString(path) {
			return
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING && strings.ContainsAny(literal.Value, "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ") {
				at := files.Position(literal.Pos())
				t.Errorf("%s:%d: Polish words stand in code: %s", at.Filename, at.Line, literal.Value)
			}
			return true
		})
	})
}

// sources visits the module's Go files and templates, but not the tests.
func sources(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != root:
			return fs.SkipDir
		case strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html"):
			return nil
		}
		visit(path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestProblem(t *testing.T) {
	tests := []struct {
		name    string
		problem schema.Problem
		pl, en  string
	}{
		{"a code alone", schema.Problem{Code: schema.Missing}, "Uzupełnij to pole.", "This is needed: please fill it in."},
		{"a code with a hint", schema.Problem{Code: schema.Missing, Hint: "person"}, "Podaj adres e-mail albo PESEL. Wystarczy jedno z nich.", "Give an e-mail address or a PESEL. One of them is enough."},
		{"an unknown hint falls back to the code", schema.Problem{Code: schema.Missing, Hint: "moon"}, "Uzupełnij to pole.", "This is needed: please fill it in."},
		{"numbers are formatted in the language", schema.Problem{Code: schema.OutOfRange, Args: map[string]string{"min": "0", "max": "2070000"}},
			"Ta wartość jest poza zakresem: dozwolone są wartości od 0 do 2\u00a0070\u00a0000. Popraw ją.", "This value is out of range: it must be from 0 to 2,070,000. Please correct it."},
		{"years are not grouped", schema.Problem{Code: schema.OutOfRange, Args: map[string]string{"min": "1900", "max": "2010"}},
			"Ta wartość jest poza zakresem: dozwolone są wartości od 1900 do 2010. Popraw ją.", "This value is out of range: it must be from 1900 to 2010. Please correct it."},
		{"dates are formatted in the language", schema.Problem{Code: schema.InTheFuture, Args: map[string]string{"today": "2010-07-21"}},
			"Ta data jest w przyszłości; dziś jest 21\u00a0lipca\u00a02010. Popraw ją.", "This date is in the future; today is 21\u00a0July\u00a02010. Please correct it."},
		{"arguments may be left out", schema.Problem{Code: schema.OutOfRange}, "Ta wartość jest poza zakresem. Popraw ją.", "This value is out of range. Please correct it."},
		{"a hint whose message has arguments", schema.Problem{Code: schema.OutOfRange, Hint: "contacts", Args: map[string]string{"min": "12500"}},
			"Kontaktów nie może być mniej niż zasięg (12\u00a0500). Sprawdź obie liczby.", "There cannot be fewer contacts than the reach (12,500). Check both numbers."},
		{"options have their labels in Polish", schema.Problem{Code: schema.NotInList, Options: []text.Choice{{ID: "tv", Label: project.Text{"pl": "telewizja"}}, {ID: "radio", Label: project.Text{"pl": "Radio"}}, {ID: "bare"}}},
			"Tej wartości nie ma na liście. Wpisz jedną z: telewizja, radio, bare.", "This value is not on the list. Use one of: tv, radio, bare."},
		{"options that need an id show it with the label", schema.Problem{Code: schema.NotInList, Options: []text.Choice{{ID: "course", Label: project.Text{"pl": "Szkolenie: partnerstwa"}, ByID: true}}},
			"Tej wartości nie ma na liście. Wpisz jedną z: Szkolenie: partnerstwa (course).", "This value is not on the list. Use one of: course."},
		{"an unknown code returns the key", schema.Problem{Code: "moon"}, "problem.moon", "problem.moon"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := text.Of(text.Polish).Problem(test.problem); got != test.pl {
				t.Errorf("in Polish %q, want %q", got, test.pl)
			}
			if got := text.Of(text.English).Problem(test.problem); got != test.en {
				t.Errorf("in English %q, want %q", got, test.en)
			}
		})
	}
}

func TestNumbersAndDates(t *testing.T) {
	pl, en := text.Of(text.Polish), text.Of(text.English)
	tests := []struct{ name, got, want string }{
		{"thousands in Polish", pl.Number(json.Number("12500.5")), "12\u00a0500,5"},
		{"thousands in English", en.Number(json.Number("12500.5")), "12,500.5"},
		{"three digits", pl.Number(int64(200)), "200"},
		{"four digits", en.Number(1250), "1,250"},
		{"a million", pl.Number(2070000), "2\u00a0070\u00a0000"},
		{"below zero", en.Number(-1234.5), "\u22121,234.5"},
		{"a text that is not a number is unchanged", pl.Number("<5"), "<5"},
		{"other types are formatted by fmt", pl.Number(true), "true"},
		{"a percentage in Polish", pl.Percent(json.Number("114.3")), "114,3%"},
		{"a percentage in English", en.Percent(100.0), "100%"},
		{"money in Polish", pl.Money(538974.02, "PLN"), "538\u00a0974,02\u00a0PLN"},
		{"money in English", en.Money(538974, "PLN"), "PLN\u00a0538,974.00"},
		{"bytes", pl.Size(512), "512\u00a0B"},
		{"kilobytes", pl.Size(48211), "48\u00a0kB"},
		{"megabytes", pl.Size(12_340_000), "12,3\u00a0MB"},
		{"a day in Polish", pl.Date("2010-07-21"), "21\u00a0lipca\u00a02010"},
		{"a day in English", en.Date("2010-07-01"), "1\u00a0July\u00a02010"},
		{"a text that is not a day is unchanged", pl.Date("2010-02-31"), "2010-02-31"},
		{"a month in Polish", pl.Month("2010-07"), "lipiec\u00a02010"},
		{"a month in English", en.Month("2010-12"), "December\u00a02010"},
		{"a text that is not a month is unchanged", en.Month("2010-13"), "2010-13"},
		{"an instant in a zone", pl.Moment("2010-07-21T16:25:00Z", time.FixedZone("", 7200)), "21\u00a0lipca\u00a02010, 18:25"},
		{"an instant that is a day", en.Moment("2010-07-21", time.UTC), "21\u00a0July\u00a02010"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.got != test.want {
				t.Errorf("got %q, want %q", test.got, test.want)
			}
		})
	}
}

func TestPluralForms(t *testing.T) {
	for n, want := range map[int64]string{1: "1 wolne miejsce", 3: "3 wolne miejsca", 5: "5 wolnych miejsc", 12: "12 wolnych miejsc", 22: "22 wolne miejsca", 0: "0 wolnych miejsc", 112: "112 wolnych miejsc"} {
		if got := text.Of(text.Polish).Count("signup.places", n); got != want {
			t.Errorf("%d in Polish is %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{1: "1 place left", 0: "0 places left", 1000: "1,000 places left"} {
		if got := text.Of(text.English).Count("signup.places", n); got != want {
			t.Errorf("%d in English is %q, want %q", n, got, want)
		}
	}
	if got := text.Of(text.Polish).Count("no.such.key", 2); got != "no.such.key" {
		t.Errorf("a missing key is said as %q", got)
	}
	if got := text.Of(text.Polish).Say("no.such.key"); got != "no.such.key" {
		t.Errorf("a missing key is said as %q", got)
	}
}

func TestLanguage(t *testing.T) {
	tests := []struct{ name, accept, choice, want string }{
		{"no preference is Polish", "", "", "pl"},
		{"an explicit choice takes precedence", "pl", "en", "en"},
		{"an unknown choice is ignored", "en", "fr", "en"},
		{"English before Polish", "en-GB,en;q=0.9,pl;q=0.8", "", "en"},
		{"Polish before English, by weight", "en;q=0.5, pl-PL;q=0.9", "", "pl"},
		{"German in Austria", "de-AT,en;q=0.9", "", "de"},
		{"Spanish in Mexico", "es-MX", "", "es"},
		{"Ukrainian before Russian", "ru,uk;q=0.9", "", "uk"},
		{"unknown languages are ignored", "fr-FR,fr;q=0.9,en;q=0.1", "", "en"},
		{"only unknown languages is Polish", "ca,fr", "", "pl"},
		{"a language with weight 0 is not chosen", "en;q=0", "", "pl"},
		{"an invalid weight counts as 0", "en;q=high", "", "pl"},
		{"case does not matter", "EN-us", "", "en"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := text.Language(test.accept, test.choice); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A project's own language of which there are no pages is that of its texts.
func TestLanguageOfAProjectsTexts(t *testing.T) {
	t.Parallel()
	own := []string{"ca", "es-ES", "pt-BR"}
	for _, c := range []struct{ accept, choice, want string }{
		{"ca", "", "es-x-ca"}, {"CA-es", "", "es-x-ca"}, {"pt-br", "", "es-x-pt-BR"}, {"pt-PT", "", "es"}, {"es, ca;q=0.9", "", "es"}, {"ca;q=0.9, de", "", "de"},
		{"de", "ca", "es-x-ca"}, {"", "", "es"}, {"fr", "", "es"}, {"ca", "fr", "es-x-ca"},
	} {
		got := text.Language(c.accept, c.choice, own...)
		if got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.accept, c.choice, got, c.want)
		}
		words := text.Of(got)
		if words.Texts() != got || words.Keyed().Texts() != got || words.Language() != text.Spoken(got) || words.Say("layout.sign_in") != text.Of(text.Spoken(got)).Say("layout.sign_in") {
			t.Errorf("the messages of %q: %q, %q", got, words.Texts(), words.Language())
		}
	}
	if got := text.Of("es-x-ca").Keyed().Say("field.email"); got != text.Of("es").Keyed().Say("field.email") {
		t.Errorf("of other keys: %q", got)
	}
	label := project.Text{"es": "Vivienda", "ca": "Habitatge", "en": "Home"}
	for tag, want := range map[string]string{"es-x-ca": "Habitatge", "es": "Vivienda", "es-x-gl": "Vivienda", "en-x-pt-BR": "Home", "de-x-gl": "Home"} {
		if got := label.In(tag); got != want {
			t.Errorf("in %s: %q, want %q", tag, got, want)
		}
	}
}

func TestFieldLabels(t *testing.T) {
	for name, want := range map[string]string{"first_name": "Imię", "person.email": "Adres e-mail", "nameless": "nameless"} {
		if got := text.Of(text.Polish).Field(name); got != want {
			t.Errorf("the label of %s is %q, want %q", name, got, want)
		}
	}
}
