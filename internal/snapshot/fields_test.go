package snapshot

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFieldsAreAnObjectInTheirOrder(t *testing.T) {
	t.Parallel()
	body, err := json.Marshal(Fields{{Name: "outcome", Value: "<łąka> \"a\""}, {Name: "hours", Value: "2.50", Number: true}})
	if want := `{"outcome":"\u003cłąka\u003e \"a\"","hours":2.50}`; err != nil || string(body) != want {
		t.Errorf("got %s, %v", body, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		want := Counted{Adds: "1"}
		for range rapid.IntRange(0, 4).Draw(t, "fields") {
			one := Field{Name: rapid.StringMatching(`[a-z_]{1,9}`).Draw(t, "name"), Value: string([]rune(rapid.String().Draw(t, "text")))}
			if one.Number = rapid.Bool().Draw(t, "number"); one.Number {
				one.Value = rapid.SampledFrom([]string{"0", "-1", "12.5", "0.000001", "123456789012"}).Draw(t, "value")
			}
			want.Fields = append(want.Fields, one)
		}
		body, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Counted
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
	for _, wrong := range []string{`[]`, `"a"`, `{"a":null}`, `{"a":[]}`, `{"a":{}}`} {
		if err := new(Fields).UnmarshalJSON([]byte(wrong)); err == nil {
			t.Errorf("%s is read", wrong)
		}
	}
}
