package register

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/counting"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
)

// Row is one participant with who they are.
type Row struct {
	counting.Participant
	Who people.Person

	name string // by which rows are sorted
	last []counting.LastField
}

// People reads who participants are.
type People interface {
	Persons(ctx context.Context, project string, ids []string) (map[string]people.Person, error)
	PrivateTexts(ctx context.Context, project string, p people.Person) ([]map[string]string, error)
}

// Counter counts participants.
type Counter interface {
	Participants(ctx context.Context, project, asOf string, last []counting.LastField) ([]counting.Participant, error)
}

// Store makes registers. It is safe for concurrent use.
type Store struct {
	db      *store.DB
	counter Counter
	people  People
}

// New returns a Store. It reads and writes nothing.
func New(db *store.DB, counter Counter, people People) *Store { return &Store{db, counter, people} }

// atOnce is how many people are read in one call.
const atOnce = 100

// Rows returns the participants of a day (YYYY-MM-DD) by name, with what an export needs of their last records. Those
// who were erased are left out: nothing is known of them.
func (s *Store) Rows(ctx context.Context, d *project.Definition, asOf string, last []counting.LastField) ([]Row, error) {
	all, err := s.counter.Participants(ctx, d.ID, asOf, last)
	if err != nil {
		return nil, err
	}
	var parts [][2]int
	for from := 0; from < len(all); from += atOnce {
		parts = append(parts, [2]int{from, min(from+atOnce, len(all))})
	}
	rows, registry := make([]Row, len(all)), schema.For(d)
	err = store.InParallel(ctx, parts, func(ctx context.Context, part [2]int) error {
		some := all[part[0]:part[1]]
		ids := make([]string, len(some))
		for i, one := range some {
			ids[i] = one.Person
		}
		found, err := s.people.Persons(ctx, d.ID, ids)
		if err != nil {
			return err
		}
		for i, one := range some {
			who, known := found[one.Person]
			if !known {
				continue
			}
			if one.Attributes, err = s.revealed(ctx, d.ID, registry, one.Attributes, who); err != nil {
				return err
			}
			rows[part[0]+i] = Row{Participant: one, Who: who, name: who.SortName(), last: last}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(r Row) bool { return r.Who.ID == "" })
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.Who.ID, b.Who.ID))
	})
	return rows, nil
}

// revealed returns a participant's attributes with the texts of private ones in place of their hashes, "" where the
// text is kept no longer.
func (s *Store) revealed(ctx context.Context, project string, registry *schema.Registry, attributes []string, who people.Person) ([]string, error) {
	private := func(i int) bool {
		return registry.Attributes()[i].Privacy == schema.Sealed && attributes[i] != ""
	}
	hidden := slices.DeleteFunc(indexes(attributes), func(i int) bool { return !private(i) })
	if len(hidden) == 0 {
		return attributes, nil
	}
	said, err := s.people.PrivateTexts(ctx, project, who)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(attributes)
	for _, i := range hidden {
		f := registry.Attributes()[i]
		out[i] = ""
		for _, texts := range said {
			if value := texts[f.Name]; value != "" && s.db.SealText(project, f, value) == attributes[i] {
				out[i] = value
			}
		}
	}
	return out, nil
}

func indexes(list []string) []int {
	out := make([]int, len(list))
	for i := range out {
		out[i] = i
	}
	return out
}

// Activities returns the activities that participants have something of, and the definition does not have.
func Activities(d *project.Definition, rows []Row) []string {
	var out []string
	for _, r := range rows {
		for _, a := range r.Participant.Activities {
			if _, has := d.Activity(a.Activity); !has && a.Activity != "" && !slices.Contains(out, a.Activity) {
				out = append(out, a.Activity)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Value returns the canonical text of a column, "" where there is none. Several values have | between them.
func (r *Row) Value(c Column) string {
	switch {
	case c.attribute >= 0:
		return r.Attributes[c.attribute]
	case c.identity:
		return r.identity(c.Name)
	case c.activity != "":
		return r.of(c)
	case c.kind != "":
		i := slices.Index(r.last, counting.LastField{Kind: c.kind, Field: strings.TrimPrefix(c.Name, c.kind+".")})
		if i < 0 {
			return ""
		}
		return r.Last[i]
	}
	switch c.Name {
	case Entry:
		return r.Entry
	case Exit:
		return r.Exit
	case Minutes:
		return strconv.FormatInt(r.Minutes, 10)
	case Missing:
		return strings.Join(r.Missing, "|")
	case LeftOut:
		if r.LeftOut {
			return "incomplete"
		}
	}
	return ""
}

func (r *Row) identity(name string) string {
	switch name {
	case ID:
		return r.Who.ID
	case "first_name":
		return r.Who.FirstName
	case "last_name":
		return r.Who.LastName
	case schema.BirthYearField.Name:
		return r.Who.BirthYear
	case project.KeyEmail:
		return r.Who.Email()
	case project.KeyPhone:
		return cmp.Or(r.Who.Phone, firstOf(r.Who.Values(name)))
	}
	return firstOf(r.Who.Values(name))
}

func firstOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// of returns what the participant has of the activity of a column.
func (r *Row) of(c Column) string {
	for _, a := range r.Participant.Activities {
		if a.Activity != c.activity {
			continue
		}
		switch strings.TrimPrefix(c.Name, c.activity+".") {
		case ofSignup:
			return a.State
		case ofOutcome:
			return a.Outcome
		case ofHours:
			return string(a.Hours)
		}
	}
	return ""
}

// age returns how old the participant is in the year of their entry, "" where the year of birth is not known.
func (r *Row) age(columns []Column) string {
	c, has := find(columns, schema.BirthYearField.Name)
	if !has {
		return ""
	}
	born, err := strconv.Atoi(r.Value(c))
	if err != nil {
		return ""
	}
	entered, err := strconv.Atoi(r.Entry[:4])
	if err != nil {
		return ""
	}
	return strconv.Itoa(entered - born)
}
