package counting

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"testing"
	"time"

	"outreach/internal/schema"

	"pgregory.net/rapid"

	"outreach/internal/project"
)

func TestSumsAreExact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		values []string
		want   string
	}{
		{"nothing", nil, "0"},
		{"a value that was not given", []string{"", "2"}, "2"},
		{"whole ones stay whole", []string{"12500", "1"}, "12501"},
		{"ten tenths are one", slices.Repeat([]string{"0.1"}, 10), "1"},
		{"half a hundredth is rounded up", []string{"1.005"}, "1.01"},
		{"less than half a hundredth is not", []string{"1.004999"}, "1"},
		{"parts are rounded together, not each by itself", []string{"0.004", "0.004"}, "0.01"},
		{"millionths add up to one", []string{"0.999999", "0.000001"}, "1"},
		{"a sum beyond what a float64 can tell apart", []string{"9007199254740993", "0.5"}, "9007199254740993.5"},
		{"one decimal", []string{"7.5"}, "7.5"},
	} {
		var sum amount
		for _, v := range c.values {
			a, err := parseAmount(v)
			if err != nil {
				t.Fatal(err)
			}
			sum = sum.add(a)
		}
		if got := decimal(sum.hundredths()); string(got) != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for _, bad := range []string{"one", "1.2345678", "1.x"} {
		if _, err := parseAmount(bad); err == nil {
			t.Errorf("%q is no amount", bad)
		}
	}
}

func TestPercentAndStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                 string
		achieved, passed     int64 // achieved in hundredths; of 100 days
		target, percent, say string
	}{
		{"nothing yet", 0, 50, "45", "0.0", "not-started"},
		{"nothing yet on no day", 0, 0, "45", "0.0", "not-started"},
		{"so little that it shows as nothing", 100, 50, "3000", "0.0", "not-started"},
		{"half a tenth is rounded up", 100, 50, "2000", "0.1", "behind"},
		{"a third", 100, 33, "3", "33.3", "on-track"},
		{"a third, on the day after", 100, 34, "3", "33.3", "behind"},
		{"exactly its share of the days", 5000, 50, "100", "50.0", "on-track"},
		{"before the first day whatever there is is enough", 100, 0, "1000", "0.1", "on-track"},
		{"all but a little that rounds up", 9995_00, 100, "10000", "100.0", "achieved"},
		{"all but a little more", 9994_00, 100, "10000", "99.9", "behind"},
		{"all", 45_00, 1, "45", "100.0", "achieved"},
		{"more than all", 898860_00, 1, "200000", "449.4", "achieved"},
		{"a target with decimals", 725, 1, "7.25", "100.0", "achieved"},
	} {
		target, err := strconv.ParseFloat(c.target, 64)
		if err != nil {
			t.Fatal(err)
		}
		p := newPlan(&project.Definition{Period: project.Period{From: "2026-01-01", To: "2026-04-10"}}, project.Indicator{Count: "sum", Target: target}) // 100 days
		got, say := p.judge(big.NewRat(c.achieved, 100), true, int(c.passed))
		if string(got) != c.percent {
			t.Errorf("%s: %s %%, want %s", c.name, got, c.percent)
		}
		if say != c.say {
			t.Errorf("%s: %s, want %s", c.name, say, c.say)
		}
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		reaches    []int64
		population int64
		want       int64
	}{
		{"no airings", nil, 1000, 0},
		{"one airing reaches its audience", []int64{300}, 1000, 300},
		{"two of half the people reach three quarters", []int64{500, 500}, 1000, 750},
		{"half a person is rounded up", []int64{1, 1}, 2, 2},
		{"an airing that reaches everybody", []int64{1000, 5}, 1000, 1000},
		{"an airing larger than the region", []int64{1200}, 1000, 1000},
		{"nobody knows how many there are", []int64{300, 300}, 0, 600},
	} {
		if got := estimate(c.reaches, c.population); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestEstimateEqualsExactArithmeticInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 40_000_000).Draw(t, "population")
		reaches := rapid.SliceOfN(rapid.Int64Range(0, n), 1, 60).Draw(t, "reaches")
		missed := big.NewRat(1, 1)
		for _, r := range reaches {
			missed.Mul(missed, big.NewRat(n-r, n))
		}
		reached := new(big.Rat).Sub(big.NewRat(1, 1), missed)
		exact, _ := reached.Mul(reached, big.NewRat(n, 1)).Float64()
		got := estimate(slices.Clone(reaches), n)
		if math.Abs(float64(got)-exact) > 0.5+1e-6 {
			t.Fatalf("%d, exactly %f", got, exact)
		}
		if again := estimate(rapid.Permutation(reaches).Draw(t, "order"), n); again != got {
			t.Fatalf("%d, in another order %d", got, again)
		}
	})
}

func TestIsDayAgreesWithTheCalendar(t *testing.T) {
	t.Parallel()
	for year := 1899; year < 2105; year++ {
		for month := range 14 {
			for d := range 33 {
				text := fmt.Sprintf("%04d-%02d-%02d", year, month, d)
				_, err := time.Parse(time.DateOnly, text)
				if isDay(text) != (err == nil) {
					t.Fatalf("%s: %v, %v", text, isDay(text), err)
				}
				if err == nil && dayOf(text).String() != text {
					t.Fatalf("%s comes back as %s", text, dayOf(text))
				}
			}
		}
	}
	for _, bad := range []string{"", "2010-3-1", "2010/03/01", "2010-03-01T", "20100301--", "２０10-01"} {
		if isDay(bad) {
			t.Errorf("%q is no day", bad)
		}
	}
}

func TestBetterStateComesFirst(t *testing.T) {
	t.Parallel()
	states := []string{"waitlisted", "invited", "held", "accepted"}
	slices.SortFunc(states, compareStates)
	if want := []string{"accepted", "held", "waitlisted", "invited"}; !slices.Equal(states, want) {
		t.Errorf("%v, want %v", states, want)
	}
}

// Texts are compared by content, not by hash alone: many texts in a small table collide.
func TestTextTableKeepsEveryText(t *testing.T) {
	t.Parallel()
	texts := newTextTable()
	numbers := map[string]uint32{}
	for i := range 20_000 {
		text := fmt.Sprint(i % 15_000)
		n := texts.intern(text)
		if before, ok := numbers[text]; ok && before != n {
			t.Fatalf("%q is %d, then %d", text, before, n)
		}
		numbers[text] = n
		if texts.all[n] != text {
			t.Fatalf("%q comes back as %q", text, texts.all[n])
		}
		if found, ok := texts.find([]byte(text)); !ok || found != n {
			t.Fatalf("%q is not found", text)
		}
	}
	if _, ok := texts.find([]byte("missing")); ok {
		t.Error("found what is not there")
	}
	a, b, c := texts.intern("Łódź"), texts.intern(" łódź"), texts.intern("Łódz")
	if !texts.isSame(a, b) || texts.isSame(a, c) || !texts.isSame(0, texts.intern("  ")) {
		t.Error("sameness is not that of natural keys")
	}
}

func TestEveryKindHasALayout(t *testing.T) {
	t.Parallel()
	layouts := newLayouts(schema.Builtin())
	for i, kind := range schema.Builtin().Kinds {
		s := layouts.all[i]
		if s.Kind != kind || (s.date < 0) != (s == layouts.signups) {
			t.Errorf("%s: date %d", kind.Name, s.date)
		}
		for field := range kind.Fields {
			if slices.Contains(s.keys, field) && !s.keeps[field] {
				t.Errorf("%s drops %s", kind.Name, kind.Fields[field].Name)
			}
		}
	}
}
