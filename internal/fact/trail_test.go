package fact

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"outreach/internal/table"
)

func TestTrailMergesLanesBackwards(t *testing.T) {
	t.Parallel()
	s, ctx := open(t), context.Background()
	now, lane := time.Now(), 0
	s.Lane = func() int { return lane } // most lanes stay empty
	const many = 2600                   // each of two lanes has more than one partition
	for from := 0; from < many; from += 50 {
		var facts []Fact
		for i := range 50 {
			f, err := New(fmt.Sprintf("%08d", from+i), KindReportDue, now.Add(time.Duration(from+i)*time.Second), "", ReportDue{Day: fmt.Sprint(from + i)})
			if err != nil {
				t.Fatal(err)
			}
			facts = append(facts, f)
		}
		lane = from / 50 % 2 * 5
		if err := s.Append(ctx, "p", facts); err != nil {
			t.Fatal(err)
		}
	}
	for _, limit := range []int{7, 200} {
		at, cursor := many, ""
		for pages := 0; ; pages++ {
			page, err := s.Trail(ctx, "p", limit, cursor, func(Fact) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range page.Items {
				if at--; string(f.Data) != fmt.Sprintf(`{"snapshot":"","day":"%d"}`, at) {
					t.Fatalf("instead of %d there is %s", at, f.Data)
				}
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if at != 0 {
			t.Errorf("pages of %d: %d are missing", limit, at)
		}
	}
	for _, bad := range []string{"x", "1.2", "0.0.0.0.0.0.0.-1", "9.9.9.9.9.9.9.999999", "1.1.1.1.1.1.1.1.1"} {
		if _, err := s.Trail(ctx, "p", 10, bad, func(Fact) bool { return true }); !errors.Is(err, table.ErrCursor) {
			t.Errorf("the cursor %q: %v", bad, err)
		}
	}
	passed, pages := 0, 0
	for cursor := ""; pages == 0 || cursor != ""; pages++ {
		before := passed
		none, err := s.Trail(ctx, "p", 10, cursor, func(Fact) bool { passed++; return false })
		if err != nil || len(none.Items) != 0 || passed-before > mostTrail {
			t.Fatalf("with a filter that accepts nothing: %v after %d facts, %v", none, passed-before, err)
		}
		cursor = none.Next
	}
	if passed != many || pages > many/mostTrail+1 {
		t.Errorf("with a filter that accepts nothing: %d facts on %d pages, want %d", passed, pages, many)
	}
}
