package functions_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

// TestEmptySheetRowCreatesNoPerson: an address without any record creates no one.
func TestEmptySheetRowCreatesNoPerson(t *testing.T) {
	t.Parallel()
	h := defined(t)
	send := func(rows string) (unchanged int) {
		t.Helper()
		status, body := h.send("POST", "/town/activities/garden/attendance", "", "application/json", []byte(`{"date": "2126-05-10", "rows": [`+rows+`]}`))
		var count struct{ Unchanged int }
		if err := json.Unmarshal(body, &count); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
		return count.Unchanged
	}
	if n := send(`{"person": {"email": "osoba1@example.org"}}, {"person": {"email": "osoba2@example.org"}}, {"person": {"email": "osoba3@example.org"}, "outcome": "completed"}`); n != 2 {
		t.Errorf("%d rows changed nothing, want 2", n)
	}
	if first, third := h.having("people", "osoba1@example.org"), h.having("people", "osoba3@example.org"); first != 0 || third != 1 {
		t.Errorf("there are %d items of who was only named, and %d of who came", first, third)
	}
	// Of a known person it removes the record.
	send(`{"person": {"email": "osoba3@example.org"}}`)
	if n := h.having("tracker", `"kind":"record.voided"`); n != 1 {
		t.Errorf("%d records were taken away", n)
	}
}
