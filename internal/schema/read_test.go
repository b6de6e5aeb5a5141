package schema_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"outreach/internal/schema"
)

func decode(t testing.TB, body string) schema.Given {
	t.Helper()
	var given schema.Given
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&given); err != nil {
		t.Fatal(err)
	}
	return given
}

// right holds valid bodies with all fields by kind.
var right = map[string]string{
	"signup": `{"activity": "partnerships", "first_name": "Anna", "last_name": "Nowak", "email": "Anna@Example.org", "pesel": "44051401359", "phone": "600 100 200",
		"sex": "female", "birth_year": 1944, "education": "isced-5-8", "labour_status": "inactive", "residence": "rural", "disability": "no", "group": "individual",
		"organisation": "Gmina", "consent_processing": true, "consent_news": false, "locale": "pl", "submitted_at": "2010-01-11T15:36:00+01:00"}`,
	"consultation": `{"person": {"email": "anna@example.org"}, "date": "2010-01-18", "field": "law", "minutes": 90, "form": "in-person", "adviser": "doradca@example.org", "topic": "Statut", "notes": "x"}`,
	"attendance":   `{"person": {"pesel": "44051401359"}, "activity": "partnerships", "date": "2010-02-19", "hours": 7.5, "outcome": "completed"}`,
	"test":         `{"person": {"id": "01J00000000000000000000000", "email": "anna@example.org"}, "activity": "partnerships", "date": "2010-02-19", "pre_score": 6, "post_score": 13.5, "max_score": 20}`,
	"output":       `{"date": "2010-01-18", "kind": "tv-spot", "quantity": 1, "title": "Razem", "evidence": "spot.mp4"}`,
	"media":        `{"date": "2010-03-11", "time": "18:25", "medium": "tv", "kind": "spot", "title": "Razem", "outlet": "TV", "reach": 7500, "contacts": 9000, "source": "GfK", "url": "https://example.org", "note": "x"}`,
}

func TestReadAcceptsEveryFieldOfEveryKind(t *testing.T) {
	t.Parallel()
	for _, k := range schema.Builtin().Kinds {
		entry, problems := k.Read(decode(t, right[k.Name]), strict)
		if len(problems) > 0 {
			t.Errorf("%s: %+v", k.Name, problems)
		}
		if i := slices.Index(entry.Row, ""); i >= 0 {
			t.Errorf("%s: no %s was read", k.Name, k.Fields[i].Name)
		}
		if k.Person == entry.Person.Empty() {
			t.Errorf("%s: person %+v", k.Name, entry.Person)
		}
	}
}

func TestReadReturnsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, kind, body string
		scope            schema.Scope
		want             string // field code hint; …
	}{
		{"an empty body", "attendance", `{}`, strict, "person missing person; activity missing; date missing; outcome missing"},
		{"null is no value", "output", `{"date": null, "kind": null, "quantity": null, "title": null}`, strict, "date missing; kind missing; quantity missing; title missing"},
		{"wrong types", "test", `{"person": "anna@example.org", "activity": 1, "date": 20100219, "pre_score": "6", "post_score": true, "max_score": [], "x": 1}`, strict,
			"person unreadable person; activity not_in_list; date not_a_date; pre_score not_a_number json; post_score not_a_number; max_score not_a_number; x unknown_field"},
		{"wrong types of a sign-up", "signup", `{"activity": "incubator", "first_name": 1, "last_name": "Nowak", "email": {}, "pesel": 44051401359, "consent_processing": "tak", "consent_news": 1, "submitted_at": false}`, strict,
			"first_name unreadable; email unreadable; pesel unreadable; consent_processing not_in_list yes_no_json; consent_news not_in_list yes_no_json; submitted_at not_a_date"},
		{"numbers out of range", "consultation", `{"person": {"id": "x"}, "date": "2010-01-18", "field": "law", "minutes": 0, "form": "phone"}`, strict, "minutes out_of_range"},
		{"a fraction of a minute", "consultation", `{"person": {"id": "x"}, "date": "2010-01-18", "field": "law", "minutes": 1.5, "form": "phone"}`, strict, "minutes not_a_number minutes"},
		{"a number that no double holds", "consultation", `{"person": {"id": "x"}, "date": "2010-01-18", "field": "law", "minutes": 1e999, "form": "phone"}`, strict, "minutes out_of_range"},
		{"a number with an exponent is a number", "consultation", `{"person": {"id": "x"}, "date": "2010-01-18", "field": "law", "minutes": 9e1, "form": "phone"}`, strict, ""},
		{"a person's unknown key", "consultation", `{"person": {"email": "a@example.org", "name": "Anna", "pesel": "1"}, "date": "2010-01-18", "field": "law", "minutes": 9, "form": "phone"}`, strict,
			"person.name unknown_field; person.pesel out_of_range pesel"},
		{"an empty person", "consultation", `{"person": {"email": ""}, "date": "2010-01-18", "field": "law", "minutes": 9, "form": "phone"}`, strict, "person missing person"},
		{"the person's keys beside the fields are refused in JSON", "consultation", `{"email": "a@example.org", "date": "2010-01-18", "field": "law", "minutes": 9, "form": "phone"}`, strict, "person missing person; email unknown_field"},
		{"and are accepted in a form", "consultation", `{"email": "a@example.org", "date": "18.01.2010", "field": "prawo", "minutes": "9", "form": "telefon"}`, loose, ""},
		{"a person is refused in kinds without one", "output", `{"person": {"id": "x"}, "date": "2010-01-18", "kind": "tv-spot", "quantity": 1, "title": "x"}`, strict, "person unknown_field"},
		{"a Polish date is refused in JSON", "output", `{"date": "18.01.2010", "kind": "spot telewizyjny", "quantity": "1", "title": "x"}`, strict, "date not_a_date json; kind not_in_list; quantity not_a_number json"},
		{"and accepted in a form", "output", `{"date": "18.01.2010", "kind": "spot telewizyjny", "quantity": "1", "title": "x"}`, loose, ""},
		{"a rule between fields", "media", `{"date": "2010-03-11", "medium": "tv", "title": "x", "outlet": "y", "reach": 10, "contacts": 9}`, strict, "contacts out_of_range contacts"},
		{"a rule ignores a field that has a problem already", "media", `{"date": "2010-03-11", "medium": "tv", "title": "x", "outlet": "y", "reach": 10, "contacts": -9}`, strict, "contacts out_of_range"},
		{"a sign-up without e-mail and PESEL", "signup", `{"activity": "incubator", "first_name": "A", "last_name": "B", "consent_processing": true}`, strict, "email missing person"},
		{"an invalid e-mail is not also a missing one", "signup", `{"activity": "incubator", "first_name": "A", "last_name": "B", "email": "@", "consent_processing": true}`, strict, "email unreadable email"},
		{"a sign-up without consent", "signup", `{"activity": "incubator", "first_name": "A", "last_name": "B", "email": "a@example.org", "consent_processing": false}`, strict, "consent_processing not_in_list consent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, problems := schema.Builtin().Kind(tt.kind).Read(decode(t, tt.body), tt.scope)
			var got []string
			for _, p := range problems {
				got = append(got, strings.TrimSpace(p.Field+" "+p.Code+" "+p.Hint))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "; ")); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOutOfRangeProblemHasTheLimits(t *testing.T) {
	t.Parallel()
	for reach, hint := range map[string]string{"2070001": "population", "-1": "", "1e999": ""} {
		_, problems := schema.Builtin().Kind("media").Read(decode(t, `{"date": "2010-03-11", "medium": "tv", "title": "x", "outlet": "y", "reach": `+reach+`}`), strict)
		want := []schema.Problem{{Field: "reach", Code: schema.OutOfRange, Hint: hint, Args: map[string]string{"min": "0", "max": "2070000"}}}
		if diff := cmp.Diff(want, problems); diff != "" {
			t.Errorf("%s: %s", reach, diff)
		}
	}
}

func TestReadIgnoresTheCallersFields(t *testing.T) {
	t.Parallel()
	body := decode(t, right["output"])
	body["reason"] = "x"
	if _, problems := schema.Builtin().Kind("output").Read(body, strict, "reason"); len(problems) > 0 {
		t.Errorf("%+v", problems)
	}
	if _, problems := schema.Builtin().Kind("output").Read(body, strict); len(problems) != 1 || problems[0].Field != "reason" {
		t.Errorf("%+v", problems)
	}
}

// given returns the body that a row was read from.
func given(t testing.TB, k *schema.Kind, entry schema.Entry) schema.Given {
	t.Helper()
	fields := k.JSON(entry.Row)
	if k.Person && k.Index("email") < 0 {
		fields["person"] = entry.Person
	}
	encoded, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, string(encoded))
}

func FuzzRead(f *testing.F) {
	for _, k := range schema.Builtin().Kinds {
		f.Add(right[k.Name], false)
	}
	f.Add(`{"person": {"email": "a@example.org"}, "date": "18.01.2010", "field": "prawo", "minutes": "1 0", "form": "telefon", "adviser": null}`, true)
	f.Add(`{"date": {}, "person": [], "reach": 1e999, "minutes": -0.0, "hours": "7,5"}`, true)
	f.Fuzz(func(t *testing.T, body string, asTyped bool) {
		var fields schema.Given
		d := json.NewDecoder(strings.NewReader(body))
		d.UseNumber()
		if d.Decode(&fields) != nil {
			return
		}
		scope := strict
		scope.Loose = asTyped
		for _, k := range schema.Builtin().Kinds {
			entry, problems := k.Read(fields, scope)
			if len(entry.Row) != len(k.Fields) {
				t.Fatalf("%s: %d values of %d fields", k.Name, len(entry.Row), len(k.Fields))
			}
			if len(problems) > 0 {
				continue
			}
			again, problems := k.Read(given(t, k, entry), strict)
			if len(problems) > 0 {
				t.Fatalf("%s: %q was right, but is read again as %+v", k.Name, entry.Row, problems)
			}
			if diff := cmp.Diff(entry, again); diff != "" {
				t.Fatalf("%s is read again as another:\n%s", k.Name, diff)
			}
		}
	})
}

func TestJSONLeavesOutEmptyValues(t *testing.T) {
	t.Parallel()
	k := schema.Builtin().Kind("signup")
	entry, problems := k.Read(decode(t, `{"activity": "incubator", "first_name": "A", "last_name": "B", "email": "a@example.org", "birth_year": 1980, "consent_processing": true, "consent_news": false}`), strict)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := map[string]any{"activity": "incubator", "first_name": "A", "last_name": "B", "email": "a@example.org", "birth_year": json.Number("1980"), "consent_processing": true, "consent_news": false}
	if diff := cmp.Diff(want, k.JSON(entry.Row)); diff != "" {
		t.Error(diff)
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	open := &schema.Field{Name: "title"}
	for _, tt := range []struct {
		name        string
		field       *schema.Field
		value, want string
	}{
		{"an open value is shown", open, "31.06.2010", "31.06.2010"},
		{"a long value is cut", open, strings.Repeat("ż", 101), strings.Repeat("ż", 100) + "…"},
		{"an identity value is masked", &schema.Field{Privacy: schema.Identity}, "Nowak", "N***"},
		{"a sealed value is masked", &schema.Field{Privacy: schema.Sealed}, "żale", "ż***"},
		{"a member of the staff is masked", &schema.Field{Privacy: schema.Staff}, "doradca@example.org", "d***"},
		{"an address in the wrong place", open, "see jan@example.org", "s***"},
		{"a PESEL in the wrong place", open, "44051401359", "4***"},
		{"a PESEL with spaces", open, "440514 013 59", "4***"},
		{"a PESEL with hyphens", open, "44-05-14-01359", "4***"},
		{"ten digits are no PESEL", open, "4405140135", "4405140135"},
		{"of an unknown field", nil, "jan@example.org", "j***"},
		{"nothing", &schema.Field{Privacy: schema.Identity}, "", ""},
		{"a broken letter", &schema.Field{Privacy: schema.Identity}, "\xc5x", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.field.Mask(tt.value); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestNaturalKey(t *testing.T) {
	t.Parallel()
	k := schema.Builtin().Kind("media")
	base := map[string]string{"date": "2010-03-11", "time": "18:25", "medium": "tv", "kind": "spot", "title": "Razem łatwiej", "outlet": "TV", "reach": "7500"}
	row := func(changes ...string) schema.Row {
		values := maps.Clone(base)
		for i := 0; i < len(changes); i += 2 {
			values[changes[i]] = changes[i+1]
		}
		out := make(schema.Row, len(k.Fields))
		for i, f := range k.Fields {
			out[i] = values[f.Name]
		}
		return out
	}
	same := k.NaturalKey("tv-partner", row())
	if got := k.NaturalKey("tv-partner", row("title", "  RAZEM ŁATWIEJ ", "reach", "1", "note", "x")); got != same {
		t.Error("case, outer spaces and other fields make another thing")
	}
	if k.NaturalKey("radio-partner", row()) == same {
		t.Error("two partners' airings are the same thing")
	}
	for i := range k.Fields {
		if f := k.Fields[i]; f.Key && k.NaturalKey("tv-partner", row(f.Name, "other")) == same {
			t.Errorf("another %s makes the same thing", f.Name)
		}
	}
	if k.NaturalKey("tv-partner", row("kind", "a", "title", "")) == k.NaturalKey("tv-partner", row("kind", "", "title", "a")) {
		t.Error("a value may stand in another field")
	}
	for _, other := range schema.Builtin().Kinds {
		if other != k && strings.HasPrefix(same, other.NaturalKey("", make(schema.Row, len(other.Fields)))[:len(other.Name)+1]) {
			t.Errorf("%s begins its keys as media does", other.Name)
		}
	}
}

func TestNaturalKeysAreEqualIfTheirValuesAreSame(t *testing.T) {
	t.Parallel()
	k := schema.Builtin().Kind("attendance")
	rapid.Check(t, func(t *rapid.T) {
		row := make(schema.Row, len(k.Fields))
		for i := range row {
			row[i] = rapid.OneOf(rapid.String(), rapid.StringMatching(`[ A-Ża-ż]*`)).Draw(t, k.Fields[i].Name)
		}
		want := "attendance\x00who\x00" + schema.Same(row[0]) + "\x00" + schema.Same(row[1])
		if got := k.NaturalKey("who", row); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}

func BenchmarkNaturalKey(b *testing.B) {
	k := schema.Builtin().Kind("media")
	entry, _ := k.Read(decode(b, strings.Replace(right["media"], "Razem", "Spółdzielnia socjalna: praca, którą tworzysz", 1)), strict)
	b.ReportAllocs()
	for b.Loop() {
		k.NaturalKey("tv-partner", entry.Row)
	}
}

// The natural keys are part of the contract with users.
func TestFieldsOfNaturalKeys(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"media": "date time medium kind title outlet", "attendance": "activity date", "test": "activity date",
		"consultation": "date field form adviser topic", "output": "date kind title", "signup": "activity",
	}
	for _, k := range schema.Builtin().Kinds {
		var names []string
		for _, f := range k.Fields {
			if f.Key {
				names = append(names, f.Name)
			}
		}
		if got := strings.Join(names, " "); got != want[k.Name] {
			t.Errorf("%s: %s, want %s", k.Name, got, want[k.Name])
		}
	}
}

// The fields that facts must not contain in plain text.
func TestFieldsThatAreNotOpen(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"media": "url note", "attendance": "", "test": "", "consultation": "adviser topic notes", "output": "evidence",
		"signup": "first_name last_name email pesel phone",
	}
	for _, k := range schema.Builtin().Kinds {
		var names []string
		for _, f := range k.Fields {
			if f.Privacy != schema.Open {
				names = append(names, f.Name)
			}
		}
		if got := strings.Join(names, " "); got != want[k.Name] {
			t.Errorf("%s: %s, want %s", k.Name, got, want[k.Name])
		}
	}
}

func TestSealAndReveal(t *testing.T) {
	t.Parallel()
	hash := func(_ *schema.Field, value string) string { return fmt.Sprintf("#%d#", len(value)) + value[:1] }
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(schema.Builtin().Kinds).Draw(t, "kind")
		row := make(schema.Row, len(k.Fields))
		for i := range row {
			row[i] = rapid.StringMatching(`([a-z]{5} ?[A-Z]{5})?`).Draw(t, k.Fields[i].Name)
		}
		sealed, private := k.Seal(row, hash), k.Private(row)
		for i, f := range k.Fields {
			open := f.Privacy == schema.Open || f.Privacy == schema.Staff
			if open != (sealed[i] == row[i]) && row[i] != "" {
				t.Fatalf("%s: %q is sealed as %q", f.Name, row[i], sealed[i])
			}
			if f.Privacy == schema.Identity && sealed[i] != "" || row[i] == "" && sealed[i] != "" {
				t.Fatalf("%s says who, but is sealed as %q", f.Name, sealed[i])
			}
			if _, kept := private[f.Name]; kept != (!open && row[i] != "") {
				t.Fatalf("%s is private: %v", f.Name, kept)
			}
		}
		if diff := cmp.Diff(row, k.Reveal(k.Values(sealed), private)); diff != "" {
			t.Fatalf("it does not come back:\n%s", diff)
		}
	})
}

// Sealed values of a natural key are compared without case, all others with it.
func TestSealOfAKeyIgnoresCase(t *testing.T) {
	t.Parallel()
	k := schema.Builtin().Kind("consultation")
	topic, notes := k.Index("topic"), k.Index("notes")
	seal := func(text string) schema.Row {
		row := make(schema.Row, len(k.Fields))
		row[topic], row[notes] = text, text
		return k.Seal(row, func(f *schema.Field, value string) string { return "#" + f.Hashed(value) })
	}
	a, b := seal("Statut "), seal("STATUT")
	if a[topic] != b[topic] || a[notes] == b[notes] {
		t.Errorf("%q and %q", a, b)
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"media":        "date time medium kind title outlet reach contacts source url note",
		"attendance":   "email pesel activity date hours outcome",
		"test":         "email pesel activity date pre_score post_score max_score",
		"consultation": "email pesel date field minutes form adviser topic",
		"output":       "date kind quantity title evidence",
		"signup":       "activity first_name last_name email pesel phone sex birth_year education labour_status residence disability group organisation consent_processing consent_news locale submitted_at",
	}
	for _, k := range schema.Builtin().Kinds {
		var names []string
		for _, f := range k.Columns() {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != want[k.Name] {
			t.Errorf("%s: %s, want %s", k.Name, got, want[k.Name])
		}
	}
}

func TestGetOfAShorterRow(t *testing.T) {
	t.Parallel()
	k := schema.Builtin().Kind("media")
	if got := k.Get(schema.Row{"2010-03-11"}, "note"); got != "" {
		t.Errorf("%q", got)
	}
	if got := k.Get(schema.Row{"2010-03-11"}, "nothing"); got != "" {
		t.Errorf("%q", got)
	}
}

func BenchmarkRead(b *testing.B) {
	for _, k := range schema.Builtin().Kinds {
		body := decode(b, right[k.Name])
		b.Run(k.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, problems := k.Read(body, strict); len(problems) > 0 {
					b.Fatal(problems)
				}
			}
		})
	}
}
