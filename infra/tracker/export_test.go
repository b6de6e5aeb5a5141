package main_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver that the tables are read with
)

// item is an item of a table, as stored on disk.
type item struct{ table, pk, sk, index, data string }

// dump returns all items of both tables.
func dump(t *testing.T, s *tracker) []item {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.data, "tracker.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var items []item
	for _, table := range []string{"tracker", "people"} {
		rows, err := db.Query("SELECT pk, sk, coalesce(ipk, ''), CAST(data AS TEXT) FROM " + table)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			it := item{table: table}
			if err := rows.Scan(&it.pk, &it.sk, &it.index, &it.data); err != nil {
				t.Fatal(err)
			}
			items = append(items, it)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return items
}

// leaves returns the scalar values of a JSON value as text, without members of some names.
func leaves(value any, without ...string) []string {
	switch v := value.(type) {
	case nil:
		return nil
	case map[string]any:
		var out []string
		for name, part := range v {
			if !slices.Contains(without, name) {
				out = append(out, leaves(part, without...)...)
			}
		}
		return out
	case []any:
		var out []string
		for _, part := range v {
			out = append(out, leaves(part, without...)...)
		}
		return out
	default:
		return []string{fmt.Sprint(v)}
	}
}

// TestSubjectExportContainsAllStoredDataOfAPerson compares a subject-access export with a dump of both tables: all
// values stored with the person's id must be in the export, except keyed hashes and the staff's random ids.
func TestSubjectExportContainsAllStoredDataOfAPerson(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	p := newProjectAt(t, s, "courtyards")
	full := signup("cala", "planting").and(fields{"phone": "600111222", "pesel": pesel1, "sex": "female", "birth_year": 1985, "education": "isced-5-8", "labour_status": "employed", "residence": "rural", "disability": "no", "group": "tenant", "organisation": "Koło Ogrodnic", "consent_news": true, "locale": "en"})
	p.office.post(p.at+"/signups", full).is(http.StatusCreated)
	p.anyone.post(p.at+"/signups", signup("cala", "planting").and(fields{"first_name": "C.", "sex": "other", "locale": "pl"})).is(http.StatusCreated)
	second := p.office.post(p.at+"/signups", signup("cala", "last-call")).is(http.StatusCreated).text("id")
	p.office.put(p.at+"/signups/"+second, fields{"state": "cancelled"}).is(http.StatusOK)
	p.office.post(p.at+"/attendance", p.attendance("cala").and(fields{"hours": 3.25})).is(http.StatusCreated)
	talk := p.adviser.post(p.at+"/consultations", p.consultation("cala").and(fields{"topic": "Pierwszy temat", "notes": "Pierwsza notatka"})).is(http.StatusCreated).text("id")
	p.adviser.put(p.at+"/consultations/"+talk, p.consultation("cala").and(fields{"topic": "Drugi temat", "notes": "Druga notatka", "minutes": 50, "reason": "Powód zmiany"})).is(http.StatusOK)
	void := p.adviser.post(p.at+"/consultations", p.consultation("cala").and(fields{"field": "accounting", "topic": "Temat cofnięty"})).is(http.StatusCreated).text("id")
	p.adviser.send("DELETE", p.at+"/consultations/"+void, "application/json", []byte(`{"reason":"Powód cofnięcia"}`)).is(http.StatusOK)
	p.office.post(p.at+"/tests", p.exam("cala")).is(http.StatusCreated)
	p.accepts(p.office, "porady.csv", "email,data,dziedzina,minuty,forma,temat\ncala@example.org,"+p.day(-4)+",prawo,15,zdalnie,Temat z pliku\nobca@example.org,"+p.day(-4)+",prawo,16,zdalnie,Obcy temat\n")
	back := p.accepts(p.office, "wycofany.csv", "email,data,dziedzina,minuty,forma,temat\ncala@example.org,"+p.day(-6)+",marketing,17,telefon,Temat wycofany\n").text("id")
	p.office.delete(p.at + "/uploads/" + back).is(http.StatusOK)
	p.accepts(p.office, "zapisy.csv", "activity,first_name,last_name,email,sex,consent_processing\nplanting,Cała,Zpliku,cala@example.org,female,tak\ncompost,Cała,Zpliku,cala@example.org,female,tak\n")
	p.office.post(p.at+"/attendance", p.attendance("druga").and(fields{"hours": 1.75})).is(http.StatusCreated)
	find := func(name string) string {
		return p.office.get(p.at + "/people?q=" + name + "@example.org").is(http.StatusOK).text("items.0.id")
	}
	id, other := find("cala"), find("druga")
	p.office.post(p.at+"/people/"+other+"/merge", fields{"into": id}).is(http.StatusOK)
	ids := []string{id, other}

	export := p.office.get(p.at + "/people/" + id + ".json").is(http.StatusOK)
	told := map[string]bool{}
	for _, leaf := range leaves(export.value()) {
		told[leaf] = true
	}
	seal := regexp.MustCompile(`^[0-9a-f]{32}$`)
	staff := map[string]bool{}
	var compared int
	isExported := func(it item, value any, without ...string) {
		t.Helper()
		for _, leaf := range leaves(value, without...) {
			switch leaf {
			case "", "0": // nothing was given
				continue
			case "yes", "no":
				leaf = map[string]string{"yes": "true", "no": "false"}[leaf]
			}
			compared++
			if !told[leaf] && !seal.MatchString(leaf) && !staff[leaf] {
				t.Errorf("%q is not in the export, and stands in %s %s/%s: %s", leaf, it.table, it.pk, it.sk, it.data)
			}
		}
	}
	items := dump(t, s)
	rows := map[string]map[string]bool{} // of files, whose texts lie by row
	for _, it := range items {
		if strings.HasPrefix(it.pk, "STAFF#") {
			staff[it.pk[strings.LastIndex(it.pk, "#")+1:]] = true
		}
		if parts := strings.Split(it.pk, "#"); parts[0] == "PACKS" {
			var pack struct {
				Lines []map[string]any `json:"lines"`
			}
			decode(t, it.data, &pack)
			for _, line := range pack.Lines {
				if slices.Contains(ids, said(line["p"])) {
					if rows[parts[2]] == nil {
						rows[parts[2]] = map[string]bool{}
					}
					rows[parts[2]][said(line["n"])] = true
				}
			}
		}
	}
	kinds := map[string]int{}
	for _, it := range items {
		parts := strings.Split(it.pk, "#")
		var value any
		if parts[0] == "PACKKEYS" || !json.Valid([]byte(it.data)) {
			continue
		}
		decode(t, it.data, &value)
		theirs := slices.Contains(parts, id) || slices.Contains(parts, other) || strings.HasPrefix(it.index, "TEXTS#") && slices.Contains(ids, strings.TrimPrefix(it.index, "TEXTS#"+p.id+"#"))
		for _, one := range ids {
			theirs = theirs || strings.Contains(it.data, one)
		}
		switch parts[0] {
		case "PERSON", "FORM", "MERGED", "ABOUT":
			if theirs {
				isExported(it, value)
			}
		case "SIGNUP", "RECORDS":
			if theirs {
				isExported(it, value, "natural", "schema", "by", "voided", "version", "entry", "entries")
			}
		case "FACT":
			// Views and exports are about the staff: they are in the trail only.
			looked := strings.Contains(it.data, `"kind":"person.viewed"`) || strings.Contains(it.data, `"kind":"people.exported"`)
			if theirs && !looked {
				isExported(it, value, "id", "by", "kind")
			}
		case "TEXT":
			if theirs {
				isExported(it, value)
			} else if mine := rows[parts[2]]; mine != nil {
				for row, texts := range value.(map[string]any) {
					if mine[row] {
						isExported(it, texts)
					}
				}
			}
		case "PACKS":
			for _, line := range within(value, "lines").([]any) {
				if slices.Contains(ids, said(within(line, "p"))) {
					isExported(it, line)
				}
			}
		default:
			if theirs && !slices.Contains([]string{"IDENTITY", "PLACE", "ANSWER", "NAMEPARTS"}, parts[0]) { // which lead to the person by a keyed hash or a word of the name, or say again what is told
				t.Errorf("this test does not know %s %s/%s: %s", it.table, it.pk, it.sk, it.data)
			}
			continue
		}
		kinds[parts[0]]++
	}
	for _, kind := range []string{"PERSON", "FORM", "MERGED", "ABOUT", "SIGNUP", "RECORDS", "FACT", "TEXT", "PACKS"} {
		if kinds[kind] == 0 {
			t.Errorf("nothing was compared of %s", kind)
		}
	}
	if compared < 150 {
		t.Errorf("only %d values were compared", compared)
	}
	for _, part := range []string{"obca", "Obcy temat"} {
		if strings.Contains(string(export.body), part) {
			t.Errorf("somebody else's %q: %s", part, export.body)
		}
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}
