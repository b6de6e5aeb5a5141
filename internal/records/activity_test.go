package records

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"outreach/internal/attachments"
	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// counting counts how often each key is read, and how many calls of Get run at once.
type counting struct {
	table.Table
	mu    sync.Mutex
	reads map[table.Key]int
	now   int
	most  int
}

func (c *counting) Get(ctx context.Context, keys ...table.Key) (map[table.Key]table.Item, error) {
	c.mu.Lock()
	c.now++
	c.most = max(c.most, c.now)
	for _, k := range keys {
		c.reads[k]++
	}
	c.mu.Unlock()
	defer func() { c.mu.Lock(); defer c.mu.Unlock(); c.now-- }()
	return c.Table.Get(ctx, keys...)
}

// Of two files with the same natural keys the later one counts.
func TestEachPackOfRowsIsReadOnceForAllPeople(t *testing.T) {
	t.Parallel()
	db, ctx := storetest.New(t), context.Background()
	persons := people.New(db)
	s := New(db, persons, uploads.New(db, persons, nil, nil), attachments.New(db))
	var all []people.Person
	var ids []string
	for n := range 50 {
		all = append(all, people.Person{ID: fmt.Sprintf("osoba%d", n)})
		ids = append(ids, all[n].ID)
	}
	row := func(values map[string]string) schema.Row {
		row := make(schema.Row, len(schema.Builtin().Kind(schema.Attendance).Fields))
		for name, value := range values {
			row[schema.Builtin().Kind(schema.Attendance).Index(name)] = value
		}
		return row
	}
	const rows = 9000 // some packs
	packs := 0
	for _, hours := range []string{"1", "2"} {
		asked, err := s.uploads.CreateUpload(ctx, "p", uploads.Upload{Owner: "office"}, store.Once{})
		if err != nil {
			t.Fatal(err)
		}
		asked.Arrived, asked.Kind, asked.SHA256 = s.Now(), schema.Builtin().Kind(schema.Attendance).Plural, asked.ID
		u, err := s.uploads.BeginUpload(ctx, "p", asked)
		if err != nil {
			t.Fatal(err)
		}
		packer := s.uploads.Packer(ctx, "p", u.ID, schema.Builtin().Kind(schema.Attendance))
		for n := range rows {
			who := ids[n%len(ids)]
			values := map[string]string{"activity": "garden", "date": fmt.Sprintf("2126-%02d-%02d", n/len(ids)%12+1, n/len(ids)/12%28+1), "hours": hours, "outcome": "attended"}
			if n%2 == 1 {
				values["activity"] = "compost"
			}
			if err := packer.Add(fact.Line{Row: n + 2, Person: who, Values: row(values)}, uploads.Fingerprint{}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := packer.Close(); err != nil {
			t.Fatal(err)
		}
		u.Kind, u.SHA256, u.Packs, u.Rows = asked.Kind, asked.SHA256, packer.Packs, rows
		packs += packer.Packs
		if err := s.uploads.Mention(ctx, "p", u.ID, ids); err != nil {
			t.Fatal(err)
		}
		if err := s.uploads.AcceptUpload(ctx, "p", u, uploads.Findings{}); err != nil {
			t.Fatal(err)
		}
	}
	reads := &counting{Table: s.Tracker, reads: map[table.Key]int{}}
	s.Tracker = reads
	known, err := s.AtActivity(ctx, "p", "garden", all, schema.Builtin().Kind(schema.Attendance))
	if err != nil {
		t.Fatal(err)
	}
	days := 0
	for _, all := range known {
		for _, h := range all {
			if days++; schema.Builtin().Kind(schema.Attendance).Get(h.Row, "hours") != "2" {
				t.Fatalf("the earlier file counts: %+v", h)
			}
		}
	}
	if days != rows/2 {
		t.Errorf("%d days, want %d", days, rows/2)
	}
	for key, n := range reads.reads {
		if n > 1 {
			t.Errorf("%s/%s is read %d times", key.PK, key.SK, n)
		}
	}
	if len(reads.reads) != packs+2 || packs < 6 || reads.most > readers {
		t.Errorf("%d keys were read, %d at once; the files have %d packs", len(reads.reads), reads.most, packs)
	}
}
