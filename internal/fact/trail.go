package fact

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"outreach/internal/table"
)

// mostTrail is how many facts one page of the trail reads at most: with a narrow filter a page may be short.
const mostTrail = 1000

// Trail returns a page of the facts that keep accepts, newest first, beginning at a cursor. It merges all lanes
// backwards, so that a page costs only the facts on it and those it filters out. A page may be short, and still have a
// cursor. It fails with table.ErrCursor for a cursor that is not one of its own.
func (s *Log) Trail(ctx context.Context, project string, limit int, cursor string, keep func(Fact) bool) (table.PageOf[Fact], error) {
	out := table.PageOf[Fact]{Items: []Fact{}}
	next, err := s.trailFrom(ctx, project, cursor)
	if err != nil {
		return out, err
	}
	var lanes [Lanes][]Fact // facts of each lane that are read and not yet merged
	for passed := 0; len(out.Items) < limit && passed < mostTrail; passed++ {
		newest := -1
		for lane := range lanes {
			if len(lanes[lane]) == 0 && next[lane] > 0 {
				if lanes[lane], err = s.before(ctx, project, lane, next[lane], limit); err != nil {
					return out, err
				}
			}
			if len(lanes[lane]) > 0 && (newest < 0 || later(lanes[lane][0], lanes[newest][0])) {
				newest = lane
			}
		}
		if newest < 0 {
			return out, nil
		}
		f := lanes[newest][0]
		lanes[newest], next[newest] = lanes[newest][1:], f.Number-1
		if keep(f) {
			out.Items = append(out.Items, f)
		}
	}
	if next != (Heads{}) {
		parts := make([]string, len(next))
		for lane, number := range next {
			parts[lane] = strconv.FormatInt(number, 10)
		}
		out.Next = strings.Join(parts, ".")
	}
	return out, nil
}

// later reports whether a comes before b in the trail: by time, then id, both descending.
func later(a, b Fact) bool {
	if !a.At.Equal(b.At) {
		return a.At.After(b.At)
	}
	return a.ID > b.ID
}

// trailFrom decodes a cursor: the number at which each lane continues. Without a cursor these are the heads.
func (s *Log) trailFrom(ctx context.Context, project, cursor string) (Heads, error) {
	heads, err := s.Heads(ctx, project)
	if err != nil || cursor == "" {
		return heads, err
	}
	var from Heads
	parts := strings.Split(cursor, ".")
	if len(parts) != len(from) {
		return from, fmt.Errorf("%w: %d lanes", table.ErrCursor, len(parts))
	}
	for lane, part := range parts {
		number, err := strconv.ParseInt(part, 10, 64)
		if err != nil || number < 0 || number > heads[lane] {
			return from, fmt.Errorf("%w: lane %d", table.ErrCursor, lane)
		}
		from[lane] = number
	}
	return from, nil
}

// before reads about so many facts of a lane backwards, beginning with number.
func (s *Log) before(ctx context.Context, project string, lane int, number int64, about int) ([]Fact, error) {
	page, err := s.Table.Query(ctx, table.Query{PK: factPartition(project, lane, number/bucket), To: factKey(project, lane, number).SK, Backward: true, Limit: about})
	if err != nil {
		return nil, err
	}
	facts := make([]Fact, len(page.Items))
	for i, it := range page.Items {
		if err := json.Unmarshal(it.Data, &facts[i]); err != nil {
			return nil, fmt.Errorf("fact %s/%s: %w", it.PK, it.SK, err)
		}
		facts[i].Lane, facts[i].Number = lane, number-int64(i)
	}
	if len(facts) == 0 || page.Items[0].SK != factKey(project, lane, number).SK {
		return nil, fmt.Errorf("project %s, lane %d: fact %d is missing", project, lane, number)
	}
	return facts, nil
}
