package main

import (
	"context"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/table"
	"outreach/internal/table/dynamo/simulated"
)

// signupLoad sends 50 sign-ups a second into one activity.
func signupLoad(r *run) {
	places, seconds, late := r.scaled(1000), r.scaled(60), 20
	d := deploy(r)
	d.define(town("town", places))
	stop := d.watch()
	sent := seconds * 50
	var mu sync.Mutex
	var took []time.Duration
	failed := map[int]int{}
	var wg sync.WaitGroup
	send := func(n int) {
		wg.Go(func() {
			from := time.Now()
			w, _ := d.request("submit-signup", form(r.Context(), "town", n))
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(from))
			if w.Code != http.StatusCreated && w.Code != http.StatusSeeOther {
				failed[w.Code]++
			}
		})
	}
	d.dynamo.Restart()
	for n := range sent {
		send(n)
		time.Sleep(20 * time.Millisecond)
	}
	wg.Wait()
	for n := range late {
		send(sent + n)
		time.Sleep(20 * time.Millisecond)
	}
	wg.Wait()
	used := d.dynamo.Usage()
	stop()
	slices.Sort(took)
	refused := 0
	for _, n := range failed {
		refused += n
	}
	p99 := took[int(math.Ceil(0.99*float64(len(took))))-1]
	each := float64(used.Transactions) / float64(max(1, len(took)-refused))
	r.saw("%d of %d failed %v, 99 %% within %s, %.1f transactions each, %d conflicts", refused, len(took), failed, p99.Round(time.Millisecond), each, used.Conflicts)
	r.must(refused == 0, "%d fail", refused)
	r.must(p99 < 2*time.Second, "99 %% within %s", p99)
	r.must(each <= 3, "%.1f transactions each", each)
	if refused > 0 {
		return
	}
	states := d.states("town")
	r.saw("%d accepted, %d wait", len(states[schema.Accepted]), len(states[schema.Waitlisted]))
	r.must(len(states[schema.Accepted]) == places, "%d accepted", len(states[schema.Accepted]))
	r.must(len(states[schema.Waitlisted]) == sent+late-places, "%d wait", len(states[schema.Waitlisted]))
	d.invoke(r.Context(), "manage-project", func(ctx context.Context, i *instance) {
		defined, err := i.Projects.Definition(ctx, "town")
		r.check(err)
		for n := range late {
			_, err := i.Signups.MoveSignup(ctx, defined.Definition, states[schema.Accepted][n].ID, schema.Cancelled, "")
			r.check(err)
		}
	})
	for _, su := range d.states("town")[schema.Accepted] {
		same := func(w signups.Signup) bool { return w.ID == su.ID }
		if !slices.ContainsFunc(states[schema.Accepted], same) && !slices.ContainsFunc(states[schema.Waitlisted][:late], same) {
			r.must(false, "a place went past the head of the queue")
			break
		}
	}
}

// states returns the sign-ups of the hall by state, in the order of submission.
func (d *deployment) states(project string) map[string][]signups.Signup {
	out := map[string][]signups.Signup{}
	time.Sleep(d.dynamo.IndexLag())
	d.invoke(d.run.Context(), "manage-project", func(ctx context.Context, i *instance) {
		for cursor := ""; ; {
			page, err := i.Signups.Signups(ctx, project, "hall", table.MostPage, cursor)
			d.run.check(err)
			for _, su := range page.Items {
				out[su.State] = append(out[su.State], su)
			}
			if cursor = page.Next; cursor == "" {
				return
			}
		}
	})
	return out
}

// signupAlone sends one sign-up to a function that has served another one.
func signupAlone(r *run) {
	d := deploy(r)
	d.define(town("town", 1000))
	d.request("submit-signup", form(r.Context(), "town", 1))
	w, used := d.request("submit-signup", form(r.Context(), "town", 2))
	if w.Code != http.StatusCreated && w.Code != http.StatusSeeOther {
		r.fail("%d %s", w.Code, w.Body)
	}
	d.notify()
	r.saw("%d calls, %d one after another, %.0f write and %.1f read units, %d transactions", used.Calls, used.Chain, used.Writes, used.Reads, used.Transactions)
	r.must(used.Chain <= 8, "%d calls one after another", used.Chain)
	r.must(used.Writes <= 18, "%.0f write units", used.Writes)
}

// wake sends the letter of one sign-up among more and more projects.
func wake(r *run) {
	var first simulated.Usage
	for _, n := range []int{1, 100, 1000} {
		d := deploy(r)
		for i := range n {
			d.define(town(projectID(i), 0))
		}
		d.notify()
		w, _ := d.request("submit-signup", form(r.Context(), projectID(0), 1))
		if w.Code != http.StatusCreated && w.Code != http.StatusSeeOther {
			r.fail("%d %s", w.Code, w.Body)
		}
		used := d.notify()
		units := used.Reads + used.Writes
		r.saw("%d projects: %d calls, %.0f units", n, used.Calls, units)
		if n == 1 {
			first = used
		}
		r.must(float64(used.Calls) <= 1.1*float64(first.Calls), "%d calls at %d projects", used.Calls, n)
		r.must(units <= 1.1*(first.Reads+first.Writes), "%.0f units at %d projects", units, n)
	}
}
