package table

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCursor(t *testing.T) {
	t.Run("a query continues after the item of its cursor", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			text := rapid.StringN(1, 20, 80)
			last := Item{Key: Key{text.Draw(t, "pk"), text.Draw(t, "sk")}, Index: Key{text.Draw(t, "ipk"), text.Draw(t, "isk")}}
			plain := Query{PK: last.PK}
			plain.Cursor = plain.After(last)
			if got, ok, err := plain.Begin(); !ok || err != nil || got.Key != last.Key {
				t.Fatalf("%v, %v, %v", got, ok, err)
			}
			indexed := Query{PK: last.Index.PK, Index: true}
			indexed.Cursor = indexed.After(last)
			if got, ok, err := indexed.Begin(); !ok || err != nil || got.Key != last.Key || got.Index != last.Index {
				t.Fatalf("%v, %v, %v", got, ok, err)
			}
		})
	})
	t.Run("a query without a cursor starts at the first item", func(t *testing.T) {
		if _, ok, err := (Query{PK: "p"}).Begin(); ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
	})
}

// FuzzCursor checks that any cursor from a client is either refused or a position within the query.
func FuzzCursor(f *testing.F) {
	f.Add((Query{}).After(Item{Key: Key{"p", "sk"}}), "", "", "", false)
	f.Add((Query{Index: true}).After(Item{Key: Key{"p", "sk"}, Index: Key{"i", "sk"}}), "", "", "", true)
	f.Add("WyJhIiwiYiIsImMiXQ", "a", "b", "", true)
	f.Add("bnVsbA", "", "", "s", false)
	f.Fuzz(func(t *testing.T, cursor, from, to, prefix string, index bool) {
		q := Query{PK: "p", From: from, To: to, Prefix: prefix, Index: index, Cursor: cursor}
		last, ok, err := q.Begin()
		if err != nil && !errors.Is(err, ErrCursor) || ok != (err == nil && cursor != "") {
			t.Fatalf("%v, %v", ok, err)
		}
		if !ok {
			return
		}
		at := last.Key
		if index {
			at = last.Index
		}
		if at.PK != "p" || at.SK < from || to != "" && at.SK > to || !strings.HasPrefix(at.SK, prefix) || CheckKey(last.Key) != nil {
			t.Fatalf("%+v continues after %+v", q, last)
		}
	})
}

func TestConflict(t *testing.T) {
	for name, c := range map[string]struct {
		conflict Conflict
		want     string
	}{
		"names the keys":               {Conflict{Failed: []int{0, 2}, Keys: []Key{{"a", "b"}, {"c", "d"}}}, "condition failed on a/b, c/d"},
		"says that a write interfered": {Conflict{}, "conflict with a concurrent write of the same items"},
	} {
		found, ok := AsConflict(fmt.Errorf("store: %w", &c.conflict))
		if !ok || found.Error() != c.want {
			t.Errorf("a conflict %s: %v", name, found)
		}
	}
	if _, ok := AsConflict(ErrUnavailable); ok {
		t.Error("unavailability is no conflict")
	}
}
