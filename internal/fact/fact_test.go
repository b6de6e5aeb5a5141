package fact

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Evidence of snapshots has ids of rows: how they are derived must never change.
func TestLineIDNeverChanges(t *testing.T) {
	t.Parallel()
	arrived := time.Date(2010, 3, 1, 12, 30, 15, 987654321, time.UTC)
	if got := LineID("01JD0000000000000000000000", arrived, 3); got != "014WCV93XKVCJB013KQG000003" {
		t.Errorf("got %s", got)
	}
}

func TestTheKeyOfAFactNamesItsProject(t *testing.T) {
	t.Parallel()
	for partition, want := range map[string]string{factPartition("town-1", 7, 12): "town-1", "SIGNUP#town-1#x": "", "": ""} {
		if got := ProjectOf(partition); got != want {
			t.Errorf("%q is of %q, want %q", partition, got, want)
		}
	}
}

func TestLineIsAppendedAsEncodingJSONWritesIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,9}`), rapid.SampledFrom([]string{"\xff", "a\u2028", "\ufffd", "\x7f", "\x00"}))
		l := Line{Row: rapid.Int().Draw(t, "row"), Person: text.Draw(t, "person"), Values: rapid.SliceOf(text).Draw(t, "values")}
		if rapid.Bool().Draw(t, "none") {
			l.Values = nil
		}
		want, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		if got := l.AppendJSON(nil); string(got) != string(want) {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}
