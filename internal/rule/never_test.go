package rule_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"outreach/internal/rule"
	"outreach/internal/schema"
)

func TestNeverHolds(t *testing.T) {
	t.Parallel()
	for where, want := range map[string]bool{
		`quantity > 3 && quantity < 2`:                        true,
		`quantity > 3 && quantity < 4`:                        false,
		`quantity > 3 && quantity <= 3`:                       true,
		`quantity >= 3 && 3 >= quantity`:                      false,
		`3 < quantity and quantity == 2.5`:                    true,
		`quantity > -1 && quantity < -1.5`:                    true,
		`kind == "leaflet" && title != "" && kind == "event"`: true,
		`kind == "leaflet" || kind == "event"`:                false,
		`date >= "2026-07-01" && date < "2026-01-01"`:         true,
		`date >= "2026-01-01" && date < "2026-07-01"`:         false,
		`false`: true,
		`quantity > 1 && (title == "a" && title == "b" || false)`:        true,
		`quantity > 1 && (title == "a" || title == "b" && title == "c")`: false,
		`quantity == 1 && title == "1"`:                                  false,
		`not (quantity > 3 && quantity < 2)`:                             false,
		``:                                                               false,
	} {
		err := rule.NeverHolds(where)
		if (err != nil) != want {
			t.Errorf("%s: %v", where, err)
		}
	}
}

// No record meets a rule of which it is said that none can.
func TestWhatNeverHoldsIsMetByNoRecord(t *testing.T) {
	t.Parallel()
	kind := schema.Builtin().Kind(schema.Output)
	rapid.Check(t, func(t *rapid.T) {
		condition := rapid.Custom(func(t *rapid.T) string {
			operator := rapid.SampledFrom([]string{"==", "<", "<=", ">", ">=", "!="}).Draw(t, "operator")
			if rapid.Bool().Draw(t, "text") {
				return fmt.Sprintf("title %s %q", operator, rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "constant"))
			}
			return fmt.Sprintf("%d %s quantity", rapid.IntRange(1, 4).Draw(t, "constant"), operator)
		})
		where := condition.Draw(t, "first")
		for _, more := range rapid.SliceOfN(condition, 0, 4).Draw(t, "more") {
			where = "(" + where + rapid.SampledFrom([]string{") && ", ") || "}).Draw(t, "joined") + more
		}
		if strings.Count(where, "(") == 0 {
			return
		}
		r, err := rule.Compile(schema.Builtin(), kind, where)
		if err != nil {
			t.Fatal(err)
		}
		if rule.NeverHolds(where) == nil {
			return
		}
		for _, title := range []string{"", "a", "b", "c", "d"} {
			for _, quantity := range []string{"1", "2", "3", "4", "5"} {
				v := rule.NewVars(schema.Builtin(), kind)
				v.Set(row(kind, "title", title, "quantity", quantity), "2010-02-01", "", nil)
				if holds, err := r.Matches(v); err != nil || holds {
					t.Fatalf("%s holds of %q and %s: %v", where, title, quantity, err)
				}
			}
		}
	})
}
