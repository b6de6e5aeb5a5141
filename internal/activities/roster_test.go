package activities

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"outreach/internal/people"
	"outreach/internal/table"
)

func TestPagesOfARosterListEverybodyOnce(t *testing.T) {
	t.Parallel()
	var all []Participant
	for i := range 10 {
		all = append(all, Participant{Person: people.Person{ID: fmt.Sprint(i)}})
	}
	ids := func(some []Participant) (out []string) {
		for _, p := range some {
			out = append(out, p.ID)
		}
		return out
	}
	for most := 1; most <= 12; most++ {
		var passed []string
		for cursor, pages := "", 0; ; pages++ {
			some, rest, err := After(all, cursor, most)
			if err != nil || len(some) > most || pages > len(all) {
				t.Fatalf("%d at most, from %q: %v, %v", most, cursor, ids(some), err)
			}
			if passed, cursor = append(passed, ids(some)...), rest; cursor == "" {
				break
			}
		}
		if !slices.Equal(passed, ids(all)) {
			t.Errorf("%d at most: %v", most, passed)
		}
	}
	if _, _, err := After(all, "nobody", 5); !errors.Is(err, table.ErrCursor) {
		t.Errorf("an unknown cursor: %v", err)
	}
}
