package records

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Current is what holds of a person at an activity on a day: the last that was said of it, typed or in a file.
type Current struct {
	Kind   *schema.Kind
	Row    schema.Row
	Typed  Typed  // the live typed record of that day; its ID is "" where there is none
	Upload string // the file whose row holds, or ""
	Line   int    // the file's row

	at     time.Time
	object string // the file's, by which two of one instant are ordered
}

// Date is the day.
func (h Current) Date() string { return h.Kind.Get(h.Row, "date") }

// Version names what holds, so that a change of it is noticed.
func (h Current) Version() string {
	if h.Upload != "" {
		return h.Upload + ":" + strconv.Itoa(h.Line)
	}
	return strings.Trim(h.Typed.ETag(), `"`)
}

// readers is how many people, or files, are asked for at once.
const readers = 8

// AtActivity gives what holds of people at an activity, of some kinds of record, by the person's id and in the order of
// days. It looks at the files in which any of them stands, each once.
func (s *Store) AtActivity(ctx context.Context, project, activity string, people []people.Person, of ...*schema.Kind) (map[string][]Current, error) {
	typed, files := make([][]table.Key, len(people)), make([][]string, len(people))
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, p := range people {
		group.Go(func() error {
			for _, id := range p.IDs() {
				err := s.persons.About(within, project, id, func(kind, what string) error {
					switch {
					case kind == "upload":
						files[i] = append(files[i], what)
					case slices.ContainsFunc(of, func(k *schema.Kind) bool { return k.Name == kind }):
						typed[i] = append(typed[i], recordKey(project, kind, what))
					}
					return nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	told := telling{activity: activity, whose: map[string]string{}, out: map[string][]Current{}}
	for _, p := range people {
		for _, id := range p.IDs() {
			told.whose[id] = p.ID
		}
	}
	if err := s.tellTyped(ctx, slices.Concat(typed...), &told); err != nil {
		return nil, err
	}
	if err := s.tellFiles(ctx, project, slices.Concat(files...), of, &told); err != nil {
		return nil, err
	}
	for _, days := range told.out {
		slices.SortFunc(days, func(a, b Current) int { return strings.Compare(a.Date()+a.Kind.Name, b.Date()+b.Kind.Name) })
	}
	return told.out, nil
}

// telling gathers what holds.
type telling struct {
	activity string
	whose    map[string]string // the person whom an id stands for
	out      map[string][]Current
}

func (s *Store) tellTyped(ctx context.Context, keys []table.Key, told *telling) error {
	for part := range slices.Chunk(keys, table.MostGet) {
		found, err := s.Tracker.Get(ctx, part...)
		if err != nil {
			return err
		}
		for _, it := range found {
			t, err := table.Decode[Typed](it)
			if err != nil {
				return err
			}
			if !t.Voided {
				kind := schema.Builtin().Kind(t.Kind)
				told.say(t.Person, Current{Kind: kind, Row: kind.Row(t.Values), Typed: t, at: t.At})
			}
		}
	}
	return nil
}

// tellFiles reads each file once, some side by side.
func (s *Store) tellFiles(ctx context.Context, project string, ids []string, of []*schema.Kind, told *telling) error {
	slices.Sort(ids)
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	var mu sync.Mutex
	for _, id := range slices.Compact(ids) {
		group.Go(func() error {
			u, err := s.uploads.Stored(within, project, id)
			kind := slices.IndexFunc(of, func(k *schema.Kind) bool { return k.Plural == u.Kind })
			if err != nil || u.State != uploads.Accepted || kind < 0 {
				return err
			}
			for l, err := range s.uploads.Lines(within, project, of[kind], u) {
				if err != nil {
					return err
				}
				mu.Lock()
				told.say(l.Person, Current{Kind: of[kind], Row: l.Values, Upload: id, Line: l.Row, at: u.Arrived, object: u.Object})
				mu.Unlock()
			}
			return nil
		})
	}
	return group.Wait()
}

// say takes what was said of a person: of one day the last holds, and beside it the typed record is kept.
func (t *telling) say(id string, next Current) {
	who, asked := t.whose[id]
	if !asked || next.Kind.Get(next.Row, "activity") != t.activity {
		return
	}
	days := t.out[who]
	i := slices.IndexFunc(days, func(h Current) bool { return h.Kind == next.Kind && h.Date() == next.Date() })
	if i < 0 {
		t.out[who] = append(days, next)
		return
	}
	last := days[i]
	typed := last.Typed
	if next.Typed.ID != "" && (typed.ID == "" || next.at.After(typed.At)) {
		typed = next.Typed
	}
	if order := next.at.Compare(last.at); order > 0 || order == 0 && (next.object > last.object || next.object == last.object && next.Line > last.Line) {
		last = next
	}
	last.Typed = typed
	days[i] = last
}
