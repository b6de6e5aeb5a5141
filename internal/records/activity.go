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

// Current is the record of one kind that counts for a person at an activity on a day: the latest one, typed or in a
// file.
type Current struct {
	Kind   *schema.Kind
	Row    schema.Row
	Typed  Typed  // the latest typed record of that day that is not voided; its ID is "" where there is none
	Upload string // the file whose row counts, or ""
	Line   int    // the file's row

	at     time.Time
	object string // of the file: the tie-break between two of one instant
}

// Date returns the day.
func (c Current) Date() string { return c.Kind.Get(c.Row, "date") }

// Version identifies the row of a file or the version of a typed record that counts, so that a change is noticed.
func (c Current) Version() string {
	if c.Upload != "" {
		return c.Upload + ":" + strconv.Itoa(c.Line)
	}
	return strings.Trim(c.Typed.ETag(), `"`)
}

// readers is how many people, or files, are read at once.
const readers = 8

// AtActivity returns the records of people at an activity that count, of some kinds, by the person's id and in the
// order of days. It reads every file that mentions any of the people once.
func (s *Store) AtActivity(ctx context.Context, project, activity string, people []people.Person, of ...*schema.Kind) (map[string][]Current, error) {
	typed, files := make([][]table.Key, len(people)), make([][]string, len(people))
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, p := range people {
		group.Go(func() error {
			for _, id := range p.IDs() {
				err := s.persons.EachMention(within, project, id, func(kind, what string) error {
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
	found := collector{activity: activity, person: map[string]string{}, out: map[string][]Current{}}
	for _, p := range people {
		for _, id := range p.IDs() {
			found.person[id] = p.ID
		}
	}
	if err := s.collectTyped(ctx, slices.Concat(typed...), of, &found); err != nil {
		return nil, err
	}
	if err := s.collectFiles(ctx, project, slices.Concat(files...), of, &found); err != nil {
		return nil, err
	}
	for _, days := range found.out {
		slices.SortFunc(days, func(a, b Current) int { return strings.Compare(a.Date()+a.Kind.Name, b.Date()+b.Kind.Name) })
	}
	return found.out, nil
}

// collector keeps the latest record of each person, kind and day.
type collector struct {
	activity string
	person   map[string]string // the present id of the person that had an id
	out      map[string][]Current
}

// collectTyped adds typed records that are not voided.
func (s *Store) collectTyped(ctx context.Context, keys []table.Key, of []*schema.Kind, into *collector) error {
	found, err := table.LoadAll[Typed](ctx, s.Tracker, keys)
	if err != nil {
		return err
	}
	for _, t := range found {
		kind := slices.IndexFunc(of, func(k *schema.Kind) bool { return k.Name == t.Kind })
		if kind >= 0 && !t.Voided {
			into.add(t.Person, Current{Kind: of[kind], Row: of[kind].Row(t.Values), Typed: t, at: t.At})
		}
	}
	return nil
}

// collectFiles adds the rows of accepted files. It reads each file once, some at the same time.
func (s *Store) collectFiles(ctx context.Context, project string, ids []string, of []*schema.Kind, into *collector) error {
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
				into.add(l.Person, Current{Kind: of[kind], Row: l.Values, Upload: id, Line: l.Row, at: u.Arrived, object: u.Object})
				mu.Unlock()
			}
			return nil
		})
	}
	return group.Wait()
}

// add adds a record of the person with an id. Of one day the latest counts; the latest typed one is kept beside it.
func (c *collector) add(id string, next Current) {
	person, wanted := c.person[id]
	if !wanted || next.Kind.Get(next.Row, "activity") != c.activity {
		return
	}
	days := c.out[person]
	i := slices.IndexFunc(days, func(d Current) bool { return d.Kind == next.Kind && d.Date() == next.Date() })
	if i < 0 {
		c.out[person] = append(days, next)
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
