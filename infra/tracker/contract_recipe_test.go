package main_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const noPython = `Python, with which docs/funder.md recomputes a figure and the hash, is missing:

apt-get install python3`

// recipe returns the one block of docs/funder.md in a language.
func recipe(t *testing.T, language string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/funder.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "\n```"+language+"\n")
	if len(blocks) != 2 {
		t.Fatalf("docs/funder.md has %d blocks of %s, want one", len(blocks)-1, language)
	}
	block, _, _ := strings.Cut(blocks[1], "\n```\n")
	return block
}

// newFigures starts a project with figures of every kind, records behind all of them, and texts that JSON may write in
// several ways. It returns the codes of those that are sums, and the approved snapshot.
func newFigures(t *testing.T) (p *project, codes []string, snap reply) {
	t.Helper()
	p = newProject(t)
	indicators := map[string]string{
		"records": `label: {en: "Advice <b> & \"łąka\" \u2028", pl: Porady}, count: records, of: consultation, target: 5`,
		"people":  `label: P, unit: osoba, count: people, of: attendance, where: 'outcome == "completed"', target: 4, target_by: {sex: {female: 1}}`,
		"hours":   `label: S, count: sum, field: hours, of: attendance, target: 10.5`,
		"weight":  `label: S, count: sum, field: weight, of: harvest, by: [site]`,
		"sites":   `label: D, count: distinct, field: site, of: harvest`,
		"share":   `label: A, count: share, of: attendance, where: 'sex == "female"', among: {of: attendance}`,
		"each":    `label: A, count: share, decimals: 4, per: records, of: attendance, where: 'hours > 1', among: {of: attendance}`,
		"none":    `label: A, count: share, of: test, among: {of: test}`,
		"mean":    `label: M, count: mean, field: weight, of: harvest, decimals: 1`,
		"max":     `label: M, count: max, field: weight, of: harvest, decimals: 0`,
		"min":     `label: M, count: min, field: weight, of: harvest, decimals: 2`,
		"last":    `label: M, count: last, field: weight, of: harvest, decimals: 2`,
		"who":     `label: W, count: people, who: 'sum(attendance, .hours) >= 1'`,
		"km":      `label: K, count: said`,
		"rating":  `label: R, count: said, scale: [poor, good]`,
		"failing": `label: F, count: records, of: output, where: 'int(title) > 5'`,
		"value":   `label: V, value: 'i["records"] + i["hours"] / 3'`,
	}
	var lines []string
	for _, code := range slices.Sorted(maps.Keys(indicators)) {
		lines = append(lines, fmt.Sprintf(`{code: %q, %s}`, code, indicators[code]))
		if code != "value" {
			codes = append(codes, code)
		}
	}
	definition := strings.Replace(planned(p, lines...), "indicators:\n", "extends: [training]\nindicators:\n", 1)
	p.office.send("PUT", p.at+"/definition", "application/yaml", []byte(definition)).is(http.StatusOK)
	for i, sex := range []string{"female", "female", "male"} {
		name := fmt.Sprintf("osoba%d", i)
		p.office.post(p.at+"/signups", signup(name, "planting").and(fields{"sex": sex, "birth_year": 1980 + i})).is(http.StatusCreated)
		p.office.post(p.at+"/attendance", p.attendance(name).and(fields{"hours": 0.1 + float64(i)})).is(http.StatusCreated)
		p.office.post(p.at+"/consultations", p.consultation(name)).is(http.StatusCreated)
		p.office.post(p.at+"/outputs", p.output(fmt.Sprint(4+i))).is(http.StatusCreated)
	}
	p.office.post(p.at+"/attendance", p.attendance("osoba0").and(fields{"date": p.day(-20), "outcome": "attended"})).is(http.StatusCreated)
	p.office.post(p.at+"/outputs", p.output("Zażółć „gęślą” <jaźń>")).is(http.StatusCreated)
	for i, weight := range []any{3.33, 10.25, 0.5, nil, 0.07} {
		p.harvest(-9+i, []string{"north", "south"}[i%2], weight)
	}
	p.office.put(p.at+"/indicators/km/said", fields{"as_of": p.day(-1), "value": 2.25}).is(http.StatusOK)
	p.office.put(p.at+"/indicators/rating/said", fields{"as_of": p.day(-1), "value": "good"}).is(http.StatusOK)
	snap = p.compile()
	p.approve(snap)
	return p, append(codes, "participants"), snap
}

// download saves what a funder may download of a figure: the snapshot, the list page by page, and as CSV. It returns
// the arguments of the recipe.
func (p *project) download(dir, id, code string) []string {
	p.t.Helper()
	save := func(name string, r reply) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, r.is(http.StatusOK).body, 0o600); err != nil {
			p.t.Fatal(err)
		}
		return name
	}
	at := p.at + "/snapshots/" + id
	files := []string{save("snapshot.json", p.funder.get(at+".json")), code}
	list := at + "/indicators/" + code + "/evidence"
	if code == "participants" {
		list = at + "/participants/evidence"
	}
	save("evidence.csv", p.funder.get(list+".csv"))
	for cursor := ""; ; {
		page := p.funder.get(list + "?limit=2" + cursor)
		files = append(files, save(fmt.Sprintf("evidence-%d.json", len(files)-1), page))
		next := page.text("next")
		if cursor = "&cursor=" + next; next == "" {
			return files
		}
	}
}

func TestAStrangerRecomputesFiguresAndTheHashFromPublishedFiles(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		lacking(t, noPython)
	}
	p, codes, snap := newFigures(t)
	if snap.at("quality.rule_errors") == nil || snap.at("packs") == nil {
		t.Errorf("the snapshot has nothing that the hash leaves out: %s", snap)
	}
	script := filepath.Join(t.TempDir(), "recompute.py")
	if err := os.WriteFile(script, []byte(recipe(t, "python")), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args []string) (string, error) {
		out, err := exec.CommandContext(t.Context(), python, append([]string{"-I", script}, args...)...).CombinedOutput()
		return string(out), err
	}
	pages := 0
	for _, code := range codes {
		args := p.download(t.TempDir(), snap.text("id"), code)
		pages = max(pages, len(args)-2)
		if out, err := run(args); err != nil || !strings.Contains(out, "hash "+snap.text("hash")) {
			t.Errorf("%s: %v\n%s", code, err, out)
		}
		if code == "none" {
			continue // it has no records
		}
		for name, change := range map[string]func(snapshot, page map[string]any){
			"a changed figure": func(snapshot, _ map[string]any) {
				for _, in := range snapshot["indicators"].([]any) {
					if in := in.(map[string]any); in["code"] == code {
						in["achieved"] = 77
					}
				}
				if code == "participants" {
					snapshot["participants"].(map[string]any)["total"] = 77
				}
			},
			"a changed name": func(snapshot, _ map[string]any) {
				within(snapshot["indicators"], "0.label").(map[string]any)["en"] = "łąki"
			},
			"another hash":     func(snapshot, _ map[string]any) { snapshot["hash"] = "sha256:00" },
			"a changed record": func(_, page map[string]any) { page["items"].([]any)[0].(map[string]any)["adds"] = 99 },
			"a record too much": func(_, page map[string]any) {
				page["items"] = append(page["items"].([]any), fields{"adds": 9, "of": 1})
			},
		} {
			if code == "rating" && strings.HasPrefix(name, "a ") && strings.Contains(name, "record") {
				continue // a word is no sum of the list
			}
			altered := slices.Clone(args)
			altered[0], altered[2] = filepath.Join(t.TempDir(), "snapshot.json"), filepath.Join(t.TempDir(), "page.json")
			content := [2]map[string]any{}
			for i, from := range []string{args[0], args[2]} {
				body, err := os.ReadFile(from)
				if err == nil {
					in := json.NewDecoder(bytes.NewReader(body))
					in.UseNumber()
					err = in.Decode(&content[i])
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			change(content[0], content[1])
			for i, to := range []string{altered[0], altered[2]} {
				body, err := json.Marshal(content[i])
				if err == nil {
					err = os.WriteFile(to, body, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if out, err := run(altered); err == nil {
				t.Errorf("%s: %s is not noticed:\n%s", code, name, out)
			}
		}
	}
	if pages < 2 {
		t.Error("every list is one page")
	}
}

func TestAStrangerAddsUpEvidenceInSQL(t *testing.T) {
	t.Parallel()
	python := os.Getenv("TRACKER_TEST_DUCKDB")
	if python == "" {
		lacking(t, noDuckDB)
	}
	p, codes, snap := newFigures(t)
	const ask = "import duckdb, json, sys\nresult = duckdb.connect().execute(sys.argv[1])\nnames = [column[0] for column in result.description]\nprint(json.dumps(dict(zip(names, map(str, result.fetchall()[0])))))"
	for _, code := range codes {
		dir := t.TempDir()
		p.download(dir, snap.text("id"), code)
		command := exec.CommandContext(t.Context(), python, "-c", ask, recipe(t, "sql"))
		command.Dir = dir
		out, err := command.Output()
		if err != nil {
			t.Errorf("%s: %v\n%s", code, err, stderrOf(err))
			continue
		}
		var got map[string]string
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		want := fields{"adds": snap.text("participants.total")}
		if code != "participants" {
			want = fields{"adds": figure(snap, code, "achieved")}
		}
		switch code {
		case "rating": // what was said of a scale is the sum of no list
			continue
		case "share", "each":
			want = fields{"adds": figure(snap, code, "numerator"), "of": figure(snap, code, "denominator")}
		case "mean":
			want = fields{"adds": "14.15", "of": "4"}
		case "max":
			want = fields{"adds": "10.25"}
		case "none":
			want = fields{"adds": "None", "of": "None"}
		}
		for name, value := range want {
			trimmed := got[name]
			if strings.Contains(trimmed, ".") {
				trimmed = strings.TrimSuffix(strings.TrimRight(trimmed, "0"), ".")
			}
			if value != cmp.Or(trimmed, "0") {
				t.Errorf("%s: %s is %s in SQL, want %v", code, name, got[name], value)
			}
		}
	}
}
