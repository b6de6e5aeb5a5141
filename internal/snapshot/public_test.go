package snapshot

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func breakdown(people ...int64) Breakdown {
	codes := []string{"a", "b", "c", "d", "e"}
	out := make(Breakdown, len(people))
	for i, n := range people {
		out[i] = Part{Code: codes[i], People: n}
	}
	out[len(out)-1].Code = Unknown
	return out
}

func TestPublic(t *testing.T) {
	t.Parallel()
	few, hidden := Part{Shown: Few}, Part{Shown: Hidden}
	shown := func(n int64) Part { return Part{People: n} }
	for _, c := range []struct {
		name    string
		people  []int64
		nothing int64 // people of whom no attribute is known
		want    []Part
	}{
		{"large parts and zeros are shown", []int64{5, 0, 100}, 0, []Part{shown(5), shown(0), shown(100)}},
		{"two small parts stand for each other", []int64{1, 4, 100}, 0, []Part{few, few, shown(100)}},
		{"a small part alone takes the next smallest with it", []int64{3, 20, 9}, 0, []Part{few, shown(20), hidden}},
		{"of two equally large parts the first is hidden", []int64{9, 2, 9}, 0, []Part{hidden, few, shown(9)}},
		{"a small part that is the whole is left out", []int64{3, 0, 0}, 0, nil},
		{"small parts of one person each are left out", []int64{1, 1, 50}, 0, nil},
		{"small parts of four people each are left out", []int64{4, 4, 50}, 0, nil},
		{"small parts that may be one and three, or two each, are shown as small", []int64{2, 2, 50}, 0, []Part{few, few, shown(50)}},
		{"a hidden part that can only be five gives the small one away", []int64{2, 5, 5}, 0, nil},
		{"a small part that leaves only five for the hidden one is known to be one", []int64{0, 1, 5}, 0, nil},
		{"so many are known to be unknown that the rest follows", []int64{1, 50, 3}, 3, nil},
		{"nobody at all is shown", []int64{0, 0, 0}, 0, []Part{shown(0), shown(0), shown(0)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			whole := breakdown(c.people...)
			s := Snapshot{
				Participants: Participants{Total: total(c.people) + 100, By: Breakdowns{"sex": whole}},
				Quality:      Quality{PeopleWithoutAttributes: c.nothing},
			}
			got := s.Public(nil).Participants.By["sex"]
			var want Breakdown
			for i, part := range c.want {
				part.Code = whole[i].Code
				want = append(want, part)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(breakdown(c.people...), whole); diff != "" {
				t.Errorf("the snapshot itself was changed (-want +got)\n%s", diff)
			}
		})
	}
}

func TestPublicMarksIndicatorsToo(t *testing.T) {
	t.Parallel()
	s := Snapshot{Indicators: []Indicator{{Code: "1", Achieved: "33", By: Breakdowns{"sex": breakdown(1, 2, 30), "age": breakdown(1, 1, 31)}}}}
	want := Breakdowns{"sex": {{Code: "a", Shown: Few}, {Code: "b", Shown: Few}, {Code: Unknown, People: 30}}}
	if diff := cmp.Diff(want, s.Public(nil).Indicators[0].By); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if s.Indicators[0].By["sex"][0].Shown != "" {
		t.Error("the snapshot itself was changed")
	}
}

// A reader who knows this package as well as its author tries every breakdown that could stand behind what is
// published.
func TestNoMarkedPartCanBeWorkedOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.SliceOfN(rapid.Int64Range(0, 9), 2, 4).Draw(t, "people")
		whole := breakdown(people...)
		nothing := rapid.Int64Range(0, min(people[len(people)-1], 5)).Draw(t, "without attributes")
		published, ok := whole.public(nothing)
		if !ok {
			if !followsFromMarks(whole, nothing) {
				t.Fatal("left out although nothing could be worked out")
			}
			return
		}
		possible := make([]map[int64]bool, len(people))
		for i := range possible {
			possible[i] = map[int64]bool{}
		}
		everySplit(total(people), len(people), func(other []int64) {
			if other[len(other)-1] < nothing {
				return
			}
			if p, ok := breakdown(other...).public(nothing); ok && slices.Equal(p, published) {
				for i, n := range other {
					possible[i][n] = true
				}
			}
		})
		for i, part := range published {
			if part.Shown != "" && len(possible[i]) < 2 {
				t.Fatalf("part %s of %v can only be %v", part.Code, published, possible[i])
			}
			if part.Shown != "" && part.People != 0 {
				t.Fatalf("part %s of %v still holds its number", part.Code, published)
			}
			if part.Shown == "" && part.People != people[i] || part.Shown == Few && (people[i] < 1 || people[i] > 4) {
				t.Fatalf("part %s of %v misstates %d", part.Code, published, people[i])
			}
		}
	})
}

// Plain marks, worked out by themselves: what is below five, and the first of the next smallest where that is one
// alone.
func marks(people []int64) string {
	out := make([]byte, len(people))
	few, next := 0, -1
	for i, n := range people {
		out[i] = byte('A' + n)
		if n >= 1 && n <= 4 {
			out[i], few = '<', few+1
		} else if n > 4 && (next < 0 || n < people[next]) {
			next = i
		}
	}
	if few == 1 && next >= 0 {
		out[next] = 'h'
	}
	return string(out)
}

func followsFromMarks(b Breakdown, nothing int64) bool {
	people := make([]int64, len(b))
	for i, part := range b {
		people[i] = part.People
	}
	marked := marks(people)
	possible := make([]map[int64]bool, len(people))
	for i := range possible {
		possible[i] = map[int64]bool{}
	}
	everySplit(total(people), len(people), func(other []int64) {
		if other[len(other)-1] >= nothing && marks(other) == marked {
			for i, n := range other {
				possible[i][n] = true
			}
		}
	})
	for i := range people {
		if (marked[i] == '<' || marked[i] == 'h') && len(possible[i]) == 1 {
			return true
		}
	}
	return false
}

func total(people []int64) (sum int64) {
	for _, n := range people {
		sum += n
	}
	return sum
}

func everySplit(sum int64, parts int, visit func([]int64)) {
	split := make([]int64, parts)
	var place func(i int, left int64)
	place = func(i int, left int64) {
		if i == parts-1 {
			split[i] = left
			visit(split)
			return
		}
		for n := int64(0); n <= left; n++ {
			split[i] = n
			place(i+1, left-n)
		}
	}
	place(0, sum)
}
