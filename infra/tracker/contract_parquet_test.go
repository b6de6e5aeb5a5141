package main_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// askDuckDB writes every row of a query as JSON: text, and null for nothing.
const askDuckDB = `import duckdb, json, sys
found = duckdb.connect().execute(sys.argv[1])
print(json.dumps([[None if cell is None else str(cell) for cell in row] for row in found.fetchall()]))`

func duckDB(t *testing.T, python, dir, query string) (rows [][]string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), python, "-c", askDuckDB, query)
	command.Dir = dir
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", query, err, stderrOf(err))
	}
	if err := json.Unmarshal(out, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// plainNumber returns a number without the zeros at the end of its decimals.
func plainNumber(text string) string {
	if strings.Contains(text, ".") {
		return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// The evidence of every figure as Parquet has the rows and the values of the CSV and the documented types, and the
// query of docs/funder.md finds the figures.
func TestParquetHasWhatCSVAndJSONHave(t *testing.T) {
	t.Parallel()
	python := os.Getenv("TRACKER_TEST_DUCKDB")
	if python == "" {
		lacking(t, noDuckDB)
	}
	p, codes, snap := newFigures(t)
	at := p.at + "/snapshots/" + snap.text("id")
	types := map[string]string{
		"date": "DATE", "row": "BIGINT", "adds": "DECIMAL(38,6)", "of": "DECIMAL(38,6)", "value": "DECIMAL(38,6)",
		"fields.hours": "DECIMAL(38,6)", "fields.weight": "DECIMAL(38,6)",
	}
	seen := map[string]bool{}
	for _, code := range append(codes, "value") {
		dir := t.TempDir()
		save := func(name string, r reply) []byte {
			if err := os.WriteFile(filepath.Join(dir, name), r.is(http.StatusOK).body, 0o600); err != nil {
				t.Fatal(err)
			}
			return r.body
		}
		list := at + "/indicators/" + code + "/evidence"
		if code == "participants" {
			list = at + "/participants/evidence"
		}
		save("evidence.parquet", p.funder.get(list+".parquet"))
		save("indicators.parquet", p.funder.get(at+"/indicators.parquet"))
		sheet := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(save("evidence.csv", p.funder.get(list+".csv"))), "\ufeff")))
		want, err := sheet.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var texts, kinds []string
		for _, name := range want[0] {
			column := `"` + name + `"`
			if inner, is := strings.CutPrefix(name, "fields."); is {
				column = `fields."` + inner + `"`
			}
			texts = append(texts, "coalesce(CAST("+column+" AS VARCHAR), '')")
			kinds = append(kinds, "typeof("+column+")")
		}
		rows := duckDB(t, python, dir, "SELECT "+strings.Join(append(texts, kinds...), ", ")+" FROM 'evidence.parquet'")
		if len(rows) != len(want)-1 {
			t.Errorf("%s: %d rows, the CSV has %d", code, len(rows), len(want)-1)
			continue
		}
		for i, name := range want[0] {
			kind, typed := types[name]
			if !typed {
				kind = "VARCHAR"
			}
			for n, row := range rows {
				seen[name] = true
				cell, got := want[n+1][i], row[i]
				if strings.HasPrefix(kind, "DECIMAL") {
					cell, got = plainNumber(cell), plainNumber(got)
				}
				if cell != got || row[len(texts)+i] != kind {
					t.Errorf("%s, row %d: %s is %q of %s, want %q of %s", code, n+1, name, got, row[len(texts)+i], cell, kind)
				}
			}
		}
		sums := duckDB(t, python, dir, recipe(t, "sql parquet"))
		if code == "hours" || code == "weight" || code == "records" {
			if plainNumber(sums[0][0]) != figure(snap, code, "achieved") {
				t.Errorf("%s: %v in SQL, want %s", code, sums, figure(snap, code, "achieved"))
			}
		}
	}
	for name := range types {
		if !seen[name] {
			t.Errorf("no list has the column %s", name)
		}
	}
}

// The indicators of a snapshot as Parquet are those of its JSON.
func TestParquetOfIndicatorsIsTheSnapshot(t *testing.T) {
	t.Parallel()
	python := os.Getenv("TRACKER_TEST_DUCKDB")
	if python == "" {
		lacking(t, noDuckDB)
	}
	p, codes, snap := newFigures(t)
	dir := t.TempDir()
	body := p.funder.get(p.at + "/snapshots/" + snap.text("id") + "/indicators.parquet").is(http.StatusOK).body
	if err := os.WriteFile(filepath.Join(dir, "indicators.parquet"), body, 0o600); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, row := range duckDB(t, python, dir, "SELECT code, coalesce(CAST(achieved AS VARCHAR), said, ''), as_of, typeof(as_of), typeof(known_at), snapshot FROM 'indicators.parquet'") {
		got[row[0]] = plainNumber(row[1])
		if want := []string{snap.text("as_of"), "DATE", "TIMESTAMP WITH TIME ZONE", snap.text("id")}; !slices.Equal(row[2:], want) {
			t.Errorf("%v, want %v", row, want)
		}
	}
	for _, code := range codes {
		if code == "participants" {
			continue
		}
		if want := strings.TrimPrefix(plainNumber(figure(snap, code, "achieved")), "<nil>"); got[code] != want {
			t.Errorf("%s is %q, want %q", code, got[code], want)
		}
	}
}
