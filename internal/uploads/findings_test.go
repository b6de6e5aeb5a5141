package uploads

import (
	"encoding/json"
	"strings"
	"testing"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

func TestOptionsOfAColumnAreStoredOnce(t *testing.T) {
	t.Parallel()
	options := []text.Choice{{ID: "tv", Label: project.Text{"pl": "telewizja", "en": "television"}}, {ID: "radio"}}
	bad := Finding{Row: 2, Column: "medium", Problem: schema.Problem{Field: "medium", Code: schema.NotInList, Options: options}}
	data, err := json.Marshal(newFindingsItem([]Finding{bad, bad}, false))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), "telewizja"); n != 1 {
		t.Errorf("the options are stored %d times: %s", n, data)
	}
	wantPolish(t, data, "Tej wartości nie ma na liście. Wpisz jedną z: telewizja, radio.")
}

func TestFindingsWithoutOptionsAreWordedFromTheirArguments(t *testing.T) {
	t.Parallel()
	wantPolish(t, []byte(`{"findings": [{"row": 2, "column": "medium", "value": "x", "problem": {"field": "medium", "code": "not_in_list", "args": {"list": "tv, radio", "list.pl": "telewizja, radio"}}}], "cut": false}`),
		"Tej wartości nie ma na liście. Wpisz jedną z: telewizja, radio.")
}

func wantPolish(t *testing.T, data []byte, want string) {
	t.Helper()
	var it findingsItem
	if err := json.Unmarshal(data, &it); err != nil {
		t.Fatal(err)
	}
	for _, f := range it.restore() {
		if got := text.Of("pl").Problem(f.Problem); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
