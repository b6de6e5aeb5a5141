package preview

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
)

// MostCounted is how many records are counted that could not be read: where there are more, that is enough.
const MostCounted = 1000

// Unreadable is what keeps a definition from being put in force: a difference that makes stored records unreadable.
type Unreadable struct {
	schema.Break
	Count int // of records; MostCounted+1: more than MostCounted
}

// Unreadable returns the differences between two definitions that would make stored records unreadable, each with their
// number. Records count that were corrected or voided since, because what was said of them is read at each compile. Of
// definitions that differ in nothing of the kind it reads nothing. What is stored meanwhile is not found.
func (s Store) Unreadable(ctx context.Context, was, is *project.Definition) ([]Unreadable, error) {
	breaks := schema.Breaks(was, is)
	if len(breaks) == 0 {
		return nil, nil
	}
	c := &unreadable{breaks: breaks, records: make([]map[string]bool, len(breaks)), counts: make([]int, len(breaks)), withdrawn: map[string]bool{}}
	for i := range breaks {
		c.records[i] = map[string]bool{}
	}
	wanted := func(data []byte) bool {
		for _, kind := range [...]string{fact.KindRecordEntered, fact.KindSignup, fact.KindPersonAttributes, fact.KindUploadAccepted, fact.KindUploadWithdrawn} {
			if bytes.Contains(data, []byte(kind)) {
				return true
			}
		}
		return false
	}
	if err := s.facts.ReadAll(ctx, was.ID, wanted, c.add); err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	if err := s.addRows(ctx, was, c); err != nil {
		return nil, err
	}
	var out []Unreadable
	for i, b := range breaks {
		if n := min(len(c.records[i])+c.counts[i], MostCounted+1); n > 0 {
			out = append(out, Unreadable{b, n})
		}
	}
	return out, nil
}

// errEnough ends the reading of facts: of every break more records were found than are counted.
var errEnough = errors.New("enough records were found")

// unreadable counts the records that breaks make unreadable.
type unreadable struct {
	mu        sync.Mutex
	breaks    []schema.Break
	records   []map[string]bool // by break: ids of records that were typed, sign-ups, and people
	counts    []int             // by break: rows of files
	files     []fact.UploadAccepted
	withdrawn map[string]bool
}

func (c *unreadable) add(f fact.Fact) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	switch f.Kind {
	case fact.KindRecordEntered:
		var one fact.RecordEntered
		if err = json.Unmarshal(f.Data, &one); err == nil {
			c.look(one.Kind, one.Record, one.Values)
		}
	case fact.KindSignup:
		var one fact.Signup
		if err = json.Unmarshal(f.Data, &one); err == nil {
			c.look(schema.Signup, one.Signup, one.Values)
		}
	case fact.KindPersonAttributes:
		var one fact.PersonAttributes
		if err = json.Unmarshal(f.Data, &one); err == nil {
			c.look(schema.Signup, one.Person, one.Values)
		}
	case fact.KindUploadAccepted:
		var one fact.UploadAccepted
		if err = json.Unmarshal(f.Data, &one); err == nil {
			c.files = append(c.files, one)
		}
	case fact.KindUploadWithdrawn:
		var one fact.UploadWithdrawn
		if err = json.Unmarshal(f.Data, &one); err == nil {
			c.withdrawn[one.Upload] = true
		}
	}
	if err != nil {
		return err
	}
	for i := range c.breaks {
		if !c.enough(i) {
			return nil
		}
	}
	return errEnough
}

func (c *unreadable) enough(i int) bool { return len(c.records[i])+c.counts[i] > MostCounted }

// look notes a record for the breaks that make it unreadable.
func (c *unreadable) look(kind, id string, values schema.Values) {
	for i := range c.breaks {
		if b := &c.breaks[i]; b.Kind.Name == kind && !c.enough(i) && b.Hits(values.Upcast(kind).Get) {
			c.records[i][id] = true
		}
	}
}

// addRows counts the rows of files. Of a withdrawn file only its kind must be known.
func (s Store) addRows(ctx context.Context, was *project.Definition, c *unreadable) error {
	registry := schema.For(was)
	for _, file := range c.files {
		kind := registry.Plural(file.Kind)
		if kind == nil {
			kind = registry.Kind(file.Kind)
		}
		if kind == nil || kind.Name == schema.Signup { // a fact for each row, see add
			continue
		}
		var fields []int
		for i, b := range c.breaks {
			switch {
			case b.Kind.Name != kind.Name || c.enough(i):
			case b.Field == nil:
				c.counts[i] += file.Rows
			case !c.withdrawn[file.Upload]:
				fields = append(fields, i)
			}
		}
		for pack := 0; len(fields) > 0 && pack < file.Packs; pack++ {
			rows, err := s.uploads.Pack(ctx, was.ID, file.Upload, kind.Plural, pack)
			if err != nil {
				return err
			}
			for _, line := range rows.In(kind) {
				get := func(field string) string { return line.Values[kind.Index(field)] }
				for _, i := range fields {
					if c.breaks[i].Hits(get) {
						c.counts[i]++
					}
				}
			}
		}
	}
	return nil
}
