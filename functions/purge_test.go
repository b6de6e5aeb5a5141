package functions_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"outreach/internal/nights"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// brief is a definition with a retention period.
var brief = definitionText + "retention: {people: 60, texts: 24, originals: 36}\n"

// outlived returns a harness with two projects whose retention period is over, each with a person.
func outlived(t *testing.T, wrap func(table.Table) table.Table) *harness {
	t.Helper()
	h := newHarness(t, newStorage(t), wrap, nil)
	h.at(day)
	defineAs(t, h, brief)
	village := strings.ReplaceAll(brief, "town", "village")
	if status, body := h.send("PUT", "/village/definition", "", "application/yaml", []byte(village)); status != http.StatusCreated {
		t.Fatalf("definition: %d %s", status, body)
	}
	late(t, h, "osoba1@example.org", "sprawa")
	h.at(overtime)
	return h
}

// late adds a person's consultation to both projects.
func late(t *testing.T, h *harness, email, topic string) {
	t.Helper()
	issuer, err := signingKey()
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Token("office@example.org", []string{"town:coordinator", "village:coordinator"})
	if err != nil {
		t.Fatal(err)
	}
	for _, project := range []string{"town", "village"} {
		body := `{"person": {"email": "` + email + `"}, "date": "2126-04-01", "field": "law", "minutes": 30, "form": "phone", "topic": "` + topic + `"}`
		if status, answer := h.sendAs(token, "POST", "/"+project+"/consultations", "", "application/json", []byte(body)); status != http.StatusCreated {
			t.Fatalf("%s: %d %s", project, status, answer)
		}
	}
}

func (h *harness) having(name, what string) int {
	n := 0
	for _, line := range h.dump(name) {
		if strings.Contains(line, what) {
			n++
		}
	}
	return n
}

// endsSoon is a context that says it has 50 seconds left, however slow the machine is.
type endsSoon struct{ context.Context }

func (endsSoon) Deadline() (time.Time, bool) { return time.Now().Add(50 * time.Second), true }

// TestScheduleCompilesBeforeItPurges: with little time left all projects are compiled, and the purge waits.
func TestScheduleCompilesBeforeItPurges(t *testing.T) {
	t.Parallel()
	h := outlived(t, func(inner table.Table) table.Table { return inner })
	if err := h.compiler.Schedule(endsSoon{context.Background()}); err != nil {
		t.Fatal(err)
	}
	for _, project := range []string{"town", "village"} {
		if kept, err := h.app.Snapshots.Snapshots(context.Background(), project, "", 10, ""); err != nil || len(kept.Items) != 1 {
			t.Errorf("%s: %d snapshots, %v", project, len(kept.Items), err)
		}
	}
	if n := h.having("people", "osoba1@example.org"); n != 2 {
		t.Errorf("with little time left %d people remain, want 2", n)
	}
	if err := h.compiler.Schedule(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := h.having("people", "osoba1@example.org"); n != 0 {
		t.Errorf("with enough time %d people remain", n)
	}
}

// messages is a queue that keeps its messages.
type messages struct{ due []nights.Due }

func (m *messages) Send(_ context.Context, due ...nights.Due) error {
	m.due = append(m.due, due...)
	return nil
}

// TestAProjectWithMuchToPurgeDoesNotBlockOthers: each project's message has its own time, and what remains is due
// again.
func TestAProjectWithMuchToPurgeDoesNotBlockOthers(t *testing.T) {
	t.Parallel()
	h := outlived(t, func(inner table.Table) table.Table { return inner })
	for night, want := range []map[string]bool{{"town": true, "village": true}, {"town": true}} {
		h.at(overtime.AddDate(0, 0, night))
		var queue messages
		if _, err := h.compiler.Night(context.Background(), &queue); err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, due := range queue.due {
			ctx := context.Background()
			if due.Project == "town" && night == 0 {
				ctx = endsSoon{ctx}
			}
			if err := h.compiler.Project(ctx, due); err != nil {
				t.Error(err)
			}
			got[due.Project] = true
		}
		for id := range want {
			if !got[id] {
				t.Errorf("night %d: %s has no message", night, id)
			}
		}
		for id, want := range map[string]int{"town": night, "village": 1} {
			if n := h.having("tracker", "PURGES#"+id+" people"); n != want {
				t.Errorf("night %d: people of %s were purged %d times, want %d", night, id, n, want)
			}
		}
	}
}

// TestLateDataIsPurgedToo: records and files that arrive late are kept no longer than others.
func TestLateDataIsPurgedToo(t *testing.T) {
	t.Parallel()
	h := outlived(t, func(inner table.Table) table.Table { return inner })
	night := func() {
		t.Helper()
		if err := h.compiler.Schedule(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	night()
	night()
	purges := h.having("tracker", `"kind":"data.purged"`)
	late(t, h, "osoba2@example.org", "późna sprawa")
	m := &sender{ids: map[string]string{}}
	for _, step := range []func(*harness, *sender) error{
		arrived("coordinator", "pozni.csv", "email,activity,date,hours,outcome\nosoba3@example.org,garden,2126-05-11,3,completed\n"),
		eventOf("coordinator", "pozni.csv"),
	} {
		if err := step(h, m); err != nil {
			t.Fatal(err)
		}
	}
	night()
	for _, what := range []string{"osoba2@example.org", "osoba3@example.org", "późna sprawa", "pozni"} {
		if n := h.having("people", what); n > 0 {
			t.Errorf("of %s there are %d items left", what, n)
		}
	}
	if _, err := h.files.Stat(context.Background(), "uploads/town/coordinator/pozni.csv"); err == nil {
		t.Error("the file is left")
	}
	// People and texts of both, and the file of one: each is recorded once more.
	if n := h.having("tracker", `"kind":"data.purged"`) - purges; n != 5 {
		t.Errorf("%d facts say that something was removed again, want 5", n)
	}
	night()
	if n := h.having("tracker", `"kind":"data.purged"`) - purges; n != 5 {
		t.Errorf("after a night with nothing to remove there are %d", n)
	}
}

// TestPurgeRemovesFileNames: a partner's system chose the name, which is part of the object's key. The order of two
// files does not change.
func TestPurgeRemovesFileNames(t *testing.T) {
	t.Parallel()
	h := outlived(t, func(inner table.Table) table.Table { return inner })
	h.at(day)
	m := &sender{ids: map[string]string{}}
	for i, name := range []string{"z Kowalski.csv", "a Kowalski.csv"} {
		rows := fmt.Sprintf("date,medium,title,outlet,reach\n2126-05-01,radio,Audycja,Radio,%d\n", 100*(i+1))
		for _, step := range []func(*harness, *sender) error{arrived("radio", name, rows), eventOf("radio", name)} {
			if err := step(h, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.hash("2126-06-01")
	before := h.figures("2126-06-01")
	h.at(overtime)
	if err := h.compiler.Schedule(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tracker", "people"} {
		if n := h.having(name, "Kowalski"); n > 0 {
			t.Errorf("%s: what the files were called stands in %d items", name, n)
		}
	}
	h.hash("2126-06-01")
	if after := h.figures("2126-06-01"); after != before || !strings.Contains(after, "4: 200 of 1 records") {
		t.Errorf("the figures were %s and are %s", before, after)
	}
}

// TestPurgeRemovesRejectedAndMissingFiles: of a rejected file, and of one that was announced and never sent, neither
// the name nor the values of wrong cells are kept longer than the file.
func TestPurgeRemovesRejectedAndMissingFiles(t *testing.T) {
	t.Parallel()
	h := defined(t)
	m := &sender{ids: map[string]string{}}
	for _, step := range []func(*harness, *sender) error{
		post("/town/uploads", "asked", map[string]any{"filename": "od Kowalskiej.csv", "size": 100}),
		arrived("coordinator", "Kowalska.csv", "email,activity,date,hours,outcome\nosoba1@example.org,garden,2126-05-11,3,Kowalska Zofia\n"),
		eventOf("coordinator", "Kowalska.csv"),
	} {
		if err := step(h, m); err != nil {
			t.Fatal(err)
		}
	}
	h.at(day.Add(uploads.UncountedFor - time.Hour))
	if err := h.compiler.Schedule(context.Background()); err != nil {
		t.Fatal(err)
	}
	if tracker, people := h.having("tracker", "Kowalsk"), h.having("people", "Kowalsk"); tracker != 2 || people != 2 {
		t.Errorf("before its time %d items of the tracker and %d of people are left", tracker, people)
	}
	h.at(day.Add(uploads.UncountedFor + time.Hour))
	if err := h.compiler.Schedule(context.Background()); err != nil {
		t.Fatal(err)
	}
	if tracker, people := h.having("tracker", "Kowalsk"), h.having("people", "Kowalsk"); tracker+people > 0 {
		t.Errorf("after its time %d items of the tracker and %d of people are left", tracker, people)
	}
}

// TestIdempotencyRecordHasNoPersonalData: it is kept for two days, even if the person is erased.
func TestIdempotencyRecordHasNoPersonalData(t *testing.T) {
	t.Parallel()
	h := defined(t)
	m := &sender{ids: map[string]string{}}
	for range 2 { // the second time it is the answer that is kept
		for _, step := range []func(*harness, *sender) error{
			public("form", form("grants", 1, map[string]any{"education": "isced-5-8"})),
			public("again", form("grants", 1, map[string]any{"education": "isced-5-8"})),
			post("/town/signups", "paper", form("garden", 2, map[string]any{"education": "isced-5-8"})),
		} {
			before := m.ids["paper"]
			if err := step(h, m); err != nil {
				t.Fatal(err)
			}
			if before != "" && m.ids["paper"] != before {
				t.Errorf("the sign-up was %s and is %s", before, m.ids["paper"])
			}
		}
	}
	answers := 0
	for _, line := range h.dump("tracker") {
		if strings.HasPrefix(line, "ANSWER#") {
			answers++
			if strings.Contains(line, "female") || strings.Contains(line, "isced") {
				t.Errorf("the answer says %s", line)
			}
		}
	}
	if answers != 3 {
		t.Errorf("%d answers are kept", answers)
	}
}
