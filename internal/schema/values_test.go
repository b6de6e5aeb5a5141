package schema_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/schema"
)

func TestValuesAreStoredByFieldID(t *testing.T) {
	t.Parallel()
	v := schema.ValuesOf(map[string]string{"title": `"Razem" <b>`, "date": "2010-03-11", "note": ""})
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"date":"2010-03-11","title":"\"Razem\" \u003cb\u003e"}`; string(encoded) != want {
		t.Errorf("%s, want %s", encoded, want)
	}
}

func TestValuesSurviveARoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := schema.ValuesOf(rapid.MapOf(rapid.StringMatching(`[a-z_]{1,8}`), rapid.String()).Draw(t, "values"))
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var back schema.Values
		if err := json.Unmarshal(encoded, &back); err != nil {
			t.Fatal(err)
		}
		var plain map[string]string
		if err := json.Unmarshal(encoded, &plain); err != nil {
			t.Fatal(err)
		}
		if want := schema.ValuesOf(plain); !back.Equal(want) {
			t.Fatalf("%s is read as %v, want %v", encoded, back, want)
		}
	})
}

func TestUpcastNamesTheFieldsOfVersion0(t *testing.T) {
	t.Parallel()
	var v schema.Values
	if err := json.Unmarshal([]byte(`["training","2010-02-19","","completed"]`), &v); err != nil {
		t.Fatal(err)
	}
	want := schema.ValuesOf(map[string]string{"activity": "training", "date": "2010-02-19", "outcome": "completed"})
	if got := v.Upcast(schema.Attendance); !got.Equal(want) {
		t.Errorf("%v, want %v", got, want)
	}
	if encoded, err := json.Marshal(v); err != nil || string(encoded) != `["training","2010-02-19","","completed"]` {
		t.Errorf("not yet upcast, it is written as %s, %v", encoded, err)
	}
}

func TestValuesRefuseOtherJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`"text"`, `5`, `{"a":1}`, `[1]`, `{"a":{}}`, `true`} {
		var v schema.Values
		if err := json.Unmarshal([]byte(text), &v); err == nil {
			t.Errorf("%s is read as %v", text, v)
		}
	}
}
