package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/nights"
	"outreach/internal/schema"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// failing is the rows that are known not to hold yet: docs/limits.md has what was measured. One that begins to hold
// fails TestRowsHold, and must be taken out.
var failing []string

// named returns the only row whose name begins so.
func named(t *testing.T, prefix string) row {
	t.Helper()
	var found []row
	for _, row := range rows {
		if strings.HasPrefix(row.name, prefix) {
			found = append(found, row)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d rows are named %q, want 1", len(found), prefix)
	}
	return found[0]
}

func notShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("the loads take minutes: go test ./infra/limits")
	}
}

func TestRowsHold(t *testing.T) {
	fails := map[string]bool{}
	for _, prefix := range failing {
		fails[named(t, prefix).name] = true
	}
	notShort(t)
	for _, row := range rows {
		r := measure(t, row, false, nil)
		switch {
		case fails[row.name] && len(r.broken) == 0:
			t.Errorf("%s: holds (%s): take it out of the list of failing rows", row.name, strings.Join(r.measured, ", "))
		case !fails[row.name] && len(r.broken) > 0:
			t.Errorf("%s: %s (%s)", row.name, strings.Join(r.broken, "; "), strings.Join(r.measured, ", "))
		}
	}
}

// Each planted fault breaks the condition that is there to find it.
func TestPlantedFaultsBreakTheirRow(t *testing.T) {
	notShort(t)
	for _, tt := range []struct {
		name, row, broken string
		fault             fault
	}{
		{"an item that every sign-up writes", "50 sign-ups", "transactions each", fault{tracker: func(t table.Table) table.Table { return counting{t} }}},
		{"a conflict that is not tried again", "50 sign-ups", " fail", fault{tracker: func(t table.Table) table.Table { return impatient{t} }}},
		{"a walk through all projects", "the letter of one sign-up", "calls at 1000 projects", fault{walks: true}},
		{"a list of all projects in one call", "the letter of one sign-up", "units at 1000 projects", fault{tracker: func(t table.Table) table.Table { return listing{t} }}},
		{"five files in one batch", "a file of 200,000 rows", "the other file waits", fault{limits: func(all map[string]limits) {
			l := all["ingest-upload"]
			l.Batch = 5
			all["ingest-upload"] = l
		}}},
		{"a list that reads all sign-ups of an activity", "office pages", " reads ", fault{tracker: func(t table.Table) table.Table { return greedy{t} }}},
		{"a walk through all projects each night", "a night at 1,000 projects", "read units", fault{tracker: func(t table.Table) table.Table { return forgetful{t} }}},
		{"news that do not mark their project", "a night at 1,000 projects", "", fault{unmarked: true}},
		{"one delivery for all projects", "a night at 1,000 projects", "", fault{together: true}},
	} {
		r := measure(t, named(t, tt.row), false, &tt.fault)
		if !slices.ContainsFunc(r.broken, func(broken string) bool { return strings.Contains(broken, tt.broken) }) {
			t.Errorf("%s: %q holds: broken are %q (%s)", tt.name, tt.broken, r.broken, strings.Join(r.measured, ", "))
		}
	}
}

// A file that takes longer than the function may is accepted by a second delivery, which comes soon and goes on where
// the first ended.
func TestAFileIsContinuedAfterATimeOut(t *testing.T) {
	notShort(t)
	short := &fault{limits: func(all map[string]limits) {
		l := all["ingest-upload"]
		l.Timeout /= 10
		all["ingest-upload"] = l
	}}
	measure(t, row{name: "a file that needs two deliveries", run: func(r *run) {
		d := deploy(r)
		d.define(town("town", 0))
		const rows = 20_000
		key := d.put("uploads/town/coordinator/large.csv", d.file(schema.Builtin().Kind(schema.Signup), rows))
		got := d.arrive(key)[key]
		if u := d.upload("town", "coordinator"); !got.done || got.deliveries != 2 || got.took > d.limits["ingest-upload"].Visibility || u.State != uploads.Accepted || u.Rows != rows {
			r.Errorf("%+v, the file is %s with %d rows", got, u.State, u.Rows)
		}
	}}, false, short)
}

// counting is a table that counts all sign-ups in one item.
type counting struct{ table.Table }

func (t counting) Write(ctx context.Context, ops ...table.Op) error {
	for _, op := range ops {
		if strings.HasPrefix(op.Item.PK, "INBOX#") || op.Verb == table.Put && strings.HasPrefix(op.Item.PK, "SIGNUP#") {
			key := table.Key{PK: "COUNT", SK: "ALL"}
			n, rev, err := table.Load[int](ctx, t.Table, key)
			if err != nil {
				return err
			}
			return t.Table.Write(ctx, append([]table.Op{table.PutJSON(key, n+1, table.At(rev))}, ops...)...)
		}
	}
	return t.Table.Write(ctx, ops...)
}

// greedy is a table that reads all sign-ups of an activity for each page of them.
type greedy struct{ table.Table }

func (t greedy) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if q.Index && strings.HasPrefix(q.PK, "SIGNUPS#") {
		for _, err := range table.Items(ctx, t.Table, table.Query{PK: q.PK, Index: true}) {
			if err != nil {
				return table.Page{}, err
			}
		}
	}
	return t.Table.Query(ctx, q)
}

// forgetful is a table that does not keep when lost marks were last looked for.
type forgetful struct{ table.Table }

func (t forgetful) Write(ctx context.Context, ops ...table.Op) error {
	for i, op := range ops {
		if op.Verb == table.Put && op.Item.PK == "NIGHT" {
			night, err := table.Decode[nights.Night](op.Item)
			if err != nil {
				return err
			}
			night.Walked = time.Time{}
			ops[i] = table.PutJSON(op.Item.Key, night, op.If)
		}
	}
	return t.Table.Write(ctx, ops...)
}

// impatient is a table whose conflicts are errors that no one tries again.
type impatient struct{ table.Table }

func (t impatient) Write(ctx context.Context, ops ...table.Op) error {
	err := t.Table.Write(ctx, ops...)
	if conflict, met := table.AsConflict(err); met {
		return fmt.Errorf("%d conditions: %w", len(conflict.Failed), table.ErrUnavailable)
	}
	return err
}

// listing is a table that reads the list of all projects before each query.
type listing struct{ table.Table }

func (t listing) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if _, err := t.Table.Query(ctx, table.Query{PK: "PROJECTS"}); err != nil {
		return table.Page{}, err
	}
	return t.Table.Query(ctx, q)
}

func TestCostsAreOnTheirPage(t *testing.T) {
	notShort(t)
	page, err := os.ReadFile("../../docs/costs.md")
	if err != nil {
		t.Fatal(err)
	}
	if computed := measureCosts(t, projectCounts...).page(); differs(string(page), computed) {
		t.Errorf("docs/costs.md is stale: go run ./infra/limits -costs docs/costs.md\n%s", cmp.Diff(string(page), computed))
	}
}

// differs compares two pages whose words must be the same, and whose numbers within 15 per cent: which lane a fact
// takes, and which sign-ups meet, is chance.
func differs(a, b string) bool {
	if number.ReplaceAllString(a, "") != number.ReplaceAllString(b, "") {
		return true
	}
	one, other := number.FindAllString(a, -1), number.FindAllString(b, -1)
	for i := range one {
		x, _ := strconv.ParseFloat(one[i], 64)
		y, _ := strconv.ParseFloat(other[i], 64)
		if math.Abs(x-y) > 0.15*max(x, y)+0.1 {
			return true
		}
	}
	return false
}

var number = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)
