package schema_test

import (
	"testing"

	"outreach/internal/project"
	"outreach/internal/schema"
)

var signupScope = schema.Scope{
	Definition: &project.Definition{
		TimeZone:   "Europe/Warsaw",
		Activities: []project.Activity{{ID: "incubator"}},
		Groups:     []project.Labelled{{ID: "individual", Label: project.Text{"pl": "osoba zainteresowana", "en": "interested person"}}},
	},
	Today: "2026-11-23", Loose: true,
}

func signupGiven(changes schema.Given) schema.Given {
	out := schema.Given{"activity": "incubator", "first_name": "Anna", "last_name": "Nowak", "email": "a@example.org", "consent_processing": "yes"}
	for name, value := range changes {
		out[name] = value
	}
	return out
}

func TestSignup(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		changes schema.Given
		want    string
	}{
		{"the least", nil, ""},
		{"by PESEL alone", schema.Given{"email": "", "pesel": "44051401359"}, ""},
		{"by nothing", schema.Given{"email": ""}, "email missing person; "},
		{"without agreement", schema.Given{"consent_processing": "no"}, "consent_processing not_in_list consent; "},
		{"without a word on it", schema.Given{"consent_processing": ""}, "consent_processing missing ; "},
		{"news are not needed", schema.Given{"consent_news": "no"}, ""},
		{"born this year", schema.Given{"birth_year": "2026"}, ""},
		{"born next year", schema.Given{"birth_year": "2027"}, "birth_year out_of_range ; "},
		{"born in the century before last", schema.Given{"birth_year": "1899"}, "birth_year out_of_range ; "},
		{"a group that is not the definition's", schema.Given{"group": "others"}, "group not_in_list ; "},
		{"a name that is too long", schema.Given{"first_name": string(make([]rune, 101))}, "first_name too_long ; "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			entry, problems := schema.Builtin().Kind(schema.Signup).Read(signupGiven(tt.changes), signupScope)
			got := ""
			for _, p := range problems {
				got += p.Field + " " + p.Code + " " + p.Hint + "; "
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if tt.want == "" && entry.Person.Empty() {
				t.Error("the sign-up is empty")
			}
		})
	}
}

func TestAttributesAreAcceptedInBothLanguages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ field, spelling, want string }{
		{"sex", "kobieta", "female"}, {"sex", "Mężczyzna", "male"}, {"sex", "inna", "other"},
		{"labour_status", "pracujący", "employed"}, {"labour_status", "samozatrudniony", "self-employed"}, {"labour_status", "bezrobotny", "unemployed"}, {"labour_status", "bierny", "inactive"},
		{"labour_status", "osoba pracująca", "employed"}, {"labour_status", "osoba samozatrudniona", "self-employed"}, {"labour_status", "Osoba bezrobotna", "unemployed"},
		{"labour_status", "osoba bierna zawodowo", "inactive"}, {"labour_status", "bierna zawodowo", "inactive"}, {"labour_status", "pracujący(a)", "employed"},
		{"residence", "miasto", "urban"}, {"residence", "wieś", "rural"},
		{"disability", "tak", "yes"}, {"disability", "0", "no"}, {"disability", "FALSE", "no"},
		{"education", "isced-5-8", "isced-5-8"}, {"education", "wyższe", "isced-5-8"},
		{"group", "Osoba zainteresowana", "individual"}, {"locale", "pl", "pl"},
	} {
		entry, problems := schema.Builtin().Kind(schema.Signup).Read(signupGiven(schema.Given{tt.field: tt.spelling}), signupScope)
		if got := schema.Builtin().Kind(schema.Signup).Get(entry.Row, tt.field); len(problems) > 0 || got != tt.want {
			t.Errorf("%s is %q, %v", tt.spelling, got, problems)
		}
	}
}

// The options of attributes are complete and in the order of breakdowns.
func TestOptionsOfAttributes(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"sex": {"female", "male", "other"}, "education": {"isced-0-2", "isced-3-4", "isced-5-8"},
		"labour_status": {"employed", "self-employed", "unemployed", "inactive"}, "residence": {"urban", "rural"}, "disability": {"yes", "no"},
	}
	for name, ids := range want {
		options := schema.Builtin().Kind(schema.Signup).Fields[schema.Builtin().Kind(schema.Signup).Index(name)].Options(signupScope.Definition)
		if len(options) != len(ids) {
			t.Fatalf("%s has %d values", name, len(options))
		}
		for i, o := range options {
			if o.ID != ids[i] {
				t.Errorf("%s: %s, want %s", name, o.ID, ids[i])
			}
		}
	}
}
