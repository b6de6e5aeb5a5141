package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A key of one caller or route is no key of another.
func TestAnIdempotencyKeyIsOfItsCallerAndRoute(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	const key = "one-key"
	advice := p.consultation("ewa")
	other := p.caller("other-adviser@example.org", p.id+":adviser")
	first := p.adviser.with("Idempotency-Key", key).post(p.at+"/consultations", advice).is(http.StatusCreated).text("id")
	if again := p.adviser.with("Idempotency-Key", key).post(p.at+"/consultations", advice).is(http.StatusCreated).text("id"); again != first {
		t.Errorf("the same caller made %s, then %s", first, again)
	}
	if theirs := other.with("Idempotency-Key", key).post(p.at+"/consultations", advice).is(http.StatusCreated).text("id"); theirs == first {
		t.Error("another caller got the first one's answer")
	}
	p.adviser.with("Idempotency-Key", key).post(p.at+"/consultations", advice.and(fields{"minutes": 5})).is(http.StatusUnprocessableEntity)
	output := p.output("A")
	made := p.office.with("Idempotency-Key", key).post(p.at+"/outputs", output).is(http.StatusCreated).text("id")
	if same := p.office.with("Idempotency-Key", key).post(p.at+"/records/output", output.and(fields{"title": "B"})).is(http.StatusCreated).text("id"); same == made {
		t.Error("another route answered with the first one's record")
	}
	// The public form's key does not reach what the office sent, nor the other way round.
	form := signup("ewa", "planting")
	public := p.anyone.with("Idempotency-Key", key).post(p.at+"/signups", form).is(http.StatusCreated)
	if again := p.anyone.with("Idempotency-Key", key).post(p.at+"/signups", form).is(http.StatusCreated); again.text("receipt") != public.text("receipt") {
		t.Error("the form sent again got another receipt")
	}
	if office := p.office.with("Idempotency-Key", key).post(p.at+"/signups", form).is(http.StatusCreated); office.text("receipt") != "" || office.text("id") == "" {
		t.Errorf("the office was answered as the public: %s", office)
	}
	if fresh := p.anyone.with("Idempotency-Key", "another").post(p.at+"/signups", form).is(http.StatusCreated); fresh.text("receipt") == public.text("receipt") {
		t.Error("another key got the same receipt")
	}
}

// A file that somebody copied into the folder with a date of the future arrives now: it takes no row dated after today,
// and does not replace what arrives later.
func TestAFileDatedIntoTheFutureArrivesNow(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	place := filepath.Join(p.tracker.data, "objects", "uploads", p.id, "radio")
	if err := os.MkdirAll(place, 0o700); err != nil {
		t.Fatal(err)
	}
	put := func(name, day, reach string) {
		t.Helper()
		hidden := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(hidden, []byte("date,time,medium,kind,title,outlet,reach\n"+day+",10:00,radio,spot,A,Radio,"+reach+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		future := time.Now().AddDate(20, 0, 0)
		if err := os.Chtimes(hidden, future, future); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(hidden, filepath.Join(place, name)); err != nil {
			t.Fatal(err)
		}
	}
	state := func(name string) (found reply) {
		t.Helper()
		eventually(t, "the file "+name, func() bool {
			for _, u := range p.everything(p.at + "/uploads") {
				if strings.Contains(said(within(u, "filename")), name) && (said(within(u, "state")) == "accepted" || said(within(u, "state")) == "rejected") {
					found = p.office.get(p.at + "/uploads/" + said(within(u, "id"))).is(http.StatusOK)
					return true
				}
			}
			return false
		})
		return found
	}
	put("today.csv", p.day(-1), "100")
	got := state("today.csv").has(map[string]string{"state": "accepted"})
	if at, err := time.Parse(time.RFC3339, got.text("received_at")); err != nil || at.After(time.Now().Add(time.Minute)) {
		t.Errorf("received at %s", got.text("received_at"))
	}
	put("tomorrow.csv", p.day(30), "100")
	state("tomorrow.csv").has(map[string]string{"state": "rejected", "errors.0.code": "in_the_future"})
	p.accepts(p.radio, "later.csv", "date,time,medium,kind,title,outlet,reach\n"+p.day(-1)+",10:00,radio,spot,A,Radio,70\n")
	if snap := p.compile(); figure(snap, "3", "achieved") != "70" {
		t.Errorf("the correction does not count: %s", figure(snap, "3", "achieved"))
	}
}
