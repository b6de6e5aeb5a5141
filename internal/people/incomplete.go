package people

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"outreach/internal/table"
)

// The list of the people who lack an attribute is made by each compile of the latest day, and kept in parts, so that a
// page of it reads few items. Parts are replaced in place, the head last: while a compile replaces them, a page may
// have people of both lists.

// Lacking is a person who lacks attributes.
type Lacking struct {
	Person     string   // the random id
	Since      string   // the day of their first record that counts
	Missing    []string // the names of the attributes
	Activities []string // to which they signed up
}

// incompletePart is the number of people in a part, one item.
const incompletePart = 1000

// mostIncompleteParts is how many parts a page reads where a filter finds few people.
const mostIncompleteParts = 5

// incompleteHead says how far the list goes.
type incompleteHead struct {
	Day    string `json:"day"`
	People int    `json:"people"`
	SHA256 string `json:"sha256"` // of all parts
}

func (h incompleteHead) parts() int { return (h.People + incompletePart - 1) / incompletePart }

// lackingPart is one part. The rows have attributes and activities by their indexes.
type lackingPart struct {
	Attributes []string     `json:"attributes"`
	Activities []string     `json:"activities"`
	Rows       []lackingRow `json:"rows"`
}

type lackingRow struct {
	Person     string `json:"p"`
	Since      string `json:"d"`
	Missing    []int  `json:"m"`
	Activities []int  `json:"a,omitempty"`
}

// SaveIncomplete keeps the list of the people who lack an attribute, as it was found for a day, in place of one of an
// earlier day or of the same. It may be called twice and concurrently.
func (s *Store) SaveIncomplete(ctx context.Context, project, day string, all []Lacking) error {
	before, _, err := table.Load[incompleteHead](ctx, s.db.Tracker, incompleteKey(project))
	if err != nil || day < before.Day {
		return err
	}
	var parts []lackingPart
	for some := range slices.Chunk(all, incompletePart) {
		parts = append(parts, packLacking(some))
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	head := incompleteHead{Day: day, People: len(all), SHA256: hex.EncodeToString(sum[:])}
	if head == before {
		return nil
	}
	if head.SHA256 != before.SHA256 {
		for i, part := range parts {
			if err := s.db.Tracker.Write(ctx, table.PutJSON(incompletePartKey(project, i), part, table.Always)); err != nil {
				return err
			}
		}
	}
	if err := s.db.Tracker.Write(ctx, table.PutJSON(incompleteKey(project), head, table.Always)); err != nil {
		return err
	}
	var over []table.Key
	for i := len(parts); i < before.parts(); i++ {
		over = append(over, incompletePartKey(project, i))
	}
	return table.RemoveAll(ctx, s.db.Tracker, over)
}

func packLacking(all []Lacking) (part lackingPart) {
	place := func(list *[]string, name string) int {
		i := slices.Index(*list, name)
		if i < 0 {
			i, *list = len(*list), append(*list, name)
		}
		return i
	}
	for _, one := range all {
		row := lackingRow{Person: one.Person, Since: one.Since}
		for _, name := range one.Missing {
			row.Missing = append(row.Missing, place(&part.Attributes, name))
		}
		for _, name := range one.Activities {
			row.Activities = append(row.Activities, place(&part.Activities, name))
		}
		part.Rows = append(part.Rows, row)
	}
	return part
}

func (p lackingPart) lacking(row lackingRow) Lacking {
	one := Lacking{Person: row.Person, Since: row.Since}
	for _, i := range row.Missing {
		one.Missing = append(one.Missing, p.Attributes[i])
	}
	for _, i := range row.Activities {
		one.Activities = append(one.Activities, p.Activities[i])
	}
	return one
}

// CountIncomplete returns how many people the last list had, less none of those who were completed since.
func (s *Store) CountIncomplete(ctx context.Context, project string) (int, error) {
	head, _, err := table.Load[incompleteHead](ctx, s.db.Tracker, incompleteKey(project))
	return head.People, err
}

// IncompleteFilter selects people of the list: who lack an attribute, or signed up to an activity; "": any.
type IncompleteFilter struct{ Attribute, Activity string }

func (f IncompleteFilter) keeps(one Lacking) bool {
	return (f.Attribute == "" || slices.Contains(one.Missing, f.Attribute)) && (f.Activity == "" || slices.Contains(one.Activities, f.Activity))
}

// Incomplete is a person who lacks attributes.
type Incomplete struct {
	Person Person
	Lacking
}

// IncompletePage is one page of the list of people who lack attributes.
type IncompletePage struct {
	Items []Incomplete
	Day   string // up to which records were looked at, "" where there is no list yet
	Next  int    // the index to go on at, -1 at the end
}

// Incomplete returns a page of the list, from an index on, of those who lack some of the needed attributes still: what
// a correction gave since the list was made is not missing. The page may be short, or empty, though there are more.
func (s *Store) Incomplete(ctx context.Context, project string, needed []string, filter IncompleteFilter, from, limit int) (IncompletePage, error) {
	page := IncompletePage{Next: -1}
	head, _, err := table.Load[incompleteHead](ctx, s.db.Tracker, incompleteKey(project))
	if err != nil {
		return page, err
	}
	page.Day = head.Day
	var found []Lacking
	read := 0
	for at := from; at < head.People; {
		if read++; read > mostIncompleteParts {
			page.Next = at
			break
		}
		part, _, err := table.Load[lackingPart](ctx, s.db.Tracker, incompletePartKey(project, at/incompletePart))
		if err != nil {
			return page, err
		}
		rows := part.Rows[min(at%incompletePart, len(part.Rows)):]
		next := (at/incompletePart + 1) * incompletePart
		for i, row := range rows {
			one := part.lacking(row)
			one.Missing = slices.DeleteFunc(one.Missing, func(name string) bool { return !slices.Contains(needed, name) })
			if len(one.Missing) == 0 || !filter.keeps(one) {
				continue
			}
			if len(found) == limit {
				next = at + i
				break
			}
			found = append(found, one)
		}
		if at = next; len(found) == limit && at < head.People {
			page.Next = at
			break
		}
	}
	page.Items, err = s.stillLacking(ctx, project, found, filter)
	return page, err
}

// stillLacking returns people who lack something still, without those who were erased, each once.
func (s *Store) stillLacking(ctx context.Context, project string, all []Lacking, filter IncompleteFilter) ([]Incomplete, error) {
	out := []Incomplete{}
	ids := make([]string, len(all))
	for i, one := range all {
		ids[i] = one.Person
	}
	found, err := s.Persons(ctx, project, ids)
	if err != nil {
		return out, err
	}
	for _, one := range all {
		p, there := found[one.Person]
		one.Missing = slices.DeleteFunc(one.Missing, func(name string) bool { return slices.Contains(p.Given, name) })
		twice := slices.ContainsFunc(out, func(before Incomplete) bool { return before.Person.ID == p.ID })
		if there && !twice && len(one.Missing) > 0 && filter.keeps(one) {
			out = append(out, Incomplete{Person: p, Lacking: one})
		}
	}
	return out, nil
}
