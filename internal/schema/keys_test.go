package schema

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/project"
)

func TestPhonesAreComparedAsE164(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ language, typed, want string }{
		{"pl", "600 100 200", "+48600100200"},
		{"pl", "600-100-200", "+48600100200"},
		{"pl", "+48 600 100 200", "+48600100200"},
		{"pl", "0048600100200", "+48600100200"},
		{"pl", "48600100200", "+48600100200"}, // a spreadsheet took the plus away
		{"pl", "22 621 00 00", "+48226210000"},
		{"pl", "(22) 621.00.00", "+48226210000"},
		{"", "600100200", "+48600100200"},
		{"es", "600 100 200", "+34600100200"},
		{"es", "+48 600100200", "+48600100200"},
		{"ca", "600 100 200", "+34600100200"},
		{"en-IE", "087 123 4567", "+353871234567"},
		{"en-GB", "020 7946 0018", "+442079460018"},
		{"en-GB", "+44 (0)20 7946 0018", "+442079460018"},
		{"en", "(212) 555-0123", "+12125550123"},
		{"en-US", "1 212 555 0123", "+12125550123"},
		{"de", "030/901820", "+4930901820"},
		{"de-AT", "01 58858", "+43158858"},
		{"it", "06 698 1234", "+39066981234"}, // the zero belongs to the number
		{"uk", "067 123 45 67", "+380671234567"},
		{"hu", "06 1 234 5678", "+3612345678"},
		{"pl", "4.86001E+10", ""},
		{"pl", "zapytać brata", ""},
		{"pl", "12", ""},
		{"pl", "+", ""},
		{"pl", "+1234567890123456", ""},
		{"pl", "600+100200300", ""},
		{"pl", "+0 600 100 200", ""},
		{"tlh", "600 100 200", ""}, // of no country
	} {
		d := &project.Definition{}
		if c.language != "" {
			d.Languages = []string{c.language}
		}
		got, problem := PhoneField.Parse(c.typed, Scope{Definition: d})
		if got != c.want || (problem == nil) != (c.want != "") {
			t.Errorf("%s %q: %q, %v; want %q", c.language, c.typed, got, problem, c.want)
		}
		if again, _ := PhoneField.Parse(got, Scope{Definition: d}); again != got {
			t.Errorf("%q is read as %q", got, again)
		}
	}
}

func TestCallingCodesAreComplete(t *testing.T) {
	t.Parallel()
	if n := len(callingCodes()); n < 230 {
		t.Errorf("only %d countries", n)
	}
	for country, c := range callingCodes() {
		if len(country) != 2 || strings.Trim(c.code, "0123456789") != "" || c.code == "" || len(c.code) > 3 || strings.Trim(c.trunk, "0123456789") != "" || c.length > 12 {
			t.Errorf("%s: %+v", country, c)
		}
	}
}

func TestNamesAreComparedWithoutCaseMarksAndSpaces(t *testing.T) {
	t.Parallel()
	want := NameKey("Anna Maria", "Łącka-Nowak", "1970")
	for _, name := range [][2]string{{" anna  maria ", "ŁĄCKA-NOWAK"}, {"Annamaria", "lacka-nowak"}} {
		if got := NameKey(name[0], name[1], "1970"); got != want {
			t.Errorf("%q is %q, not %q", name, got, want)
		}
	}
	for _, other := range []string{NameKey("Anna", "Łącka-Nowak", "1970"), NameKey("Anna Maria", "Łącka-Nowak", "1971"), NameKey("Anna", "Maria Łącka-Nowak", "1970")} {
		if other == want {
			t.Errorf("%q is the same", other)
		}
	}
	if NameKey("Anna", " ", "1970")+NameKey("Anna", "Nowak", "") != "" {
		t.Error("a part of a name is a key")
	}
}

func TestFurtherKeysAreOneTextPerSet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		has := map[string]string{}
		var f Further
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			kind, value := rapid.SampledFrom([]string{"dni", "name", "number", "phone"}).Draw(t, "kind"), rapid.SampledFrom([]string{"", "1", "2\n3"}).Draw(t, "value")
			f = f.With(kind, value)
			if has[kind] = value; value == "" {
				delete(has, kind)
			}
		}
		var sorted Further
		for _, kind := range slices.Sorted(maps.Keys(has)) {
			sorted = sorted.With(kind, has[kind])
		}
		if f != sorted || !maps.Equal(maps.Collect(f.All()), has) {
			t.Fatalf("%q has %v, want %v", f, maps.Collect(f.All()), has)
		}
	})
}

// dni is a project with an identifier of its own.
func dni(keys ...string) *project.Definition {
	return &project.Definition{People: project.People{Keys: keys, Identifiers: map[string]project.Identifier{
		"dni": {Label: project.Text{"pl": "Dowód", "en": "Identity card"}, Pattern: "[0-9]{8}[A-Z]|X[0-9]"},
	}}}
}

func TestKeysDecideTheFieldsOfFormsAndFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		keys            []string
		signup, columns string
	}{
		{nil, "email pesel phone", "email pesel"},
		{[]string{"email", "pesel"}, "email pesel phone", "email pesel"},
		{[]string{"dni", "email"}, "dni email phone", "dni email"},
		{[]string{"number"}, "number email phone", "number"},
		{[]string{"name"}, "email phone", "first_name last_name birth_year"},
		{[]string{"email", "phone", "name"}, "email phone", "email phone first_name last_name birth_year"},
	} {
		r := For(dni(c.keys...))
		var fields, columns []string
		for _, f := range r.Kind(Signup).Fields {
			if f.Privacy == Identity && f.Name != "first_name" && f.Name != "last_name" {
				fields = append(fields, f.Name)
			}
		}
		for _, f := range r.Kind(Attendance).Columns() {
			if f.Privacy == Identity {
				columns = append(columns, f.Name)
			}
		}
		if got := strings.Join(fields, " "); got != c.signup {
			t.Errorf("%v: a sign-up has %s, want %s", c.keys, got, c.signup)
		}
		if got := strings.Join(columns, " "); got != c.columns {
			t.Errorf("%v: a file has %s, want %s", c.keys, got, c.columns)
		}
	}
	if For(dni()) != Builtin() {
		t.Error("the usual keys make another registry")
	}
}

func TestAPatternIsForTheWholeValue(t *testing.T) {
	t.Parallel()
	f := For(dni("dni")).Keys.Field("dni")
	for value, ok := range map[string]bool{"12345678Z": true, " 12345678Z ": true, "X1": true, "12345678": false, "X12": false, "a12345678Z": false, "12345678Z\nX1": false, "12345678z": false} {
		if _, problem := f.Parse(value, Scope{}); (problem == nil) != ok {
			t.Errorf("%q: %v", value, problem)
		}
	}
}
