package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"outreach/internal/table"
)

// answersRead counts the reads of idempotency records.
type answersRead struct {
	table.Table
	count *atomic.Int32
}

func (t answersRead) Get(ctx context.Context, keys ...table.Key) (map[table.Key]table.Item, error) {
	for _, key := range keys {
		if strings.HasPrefix(key.PK, "ANSWER#") {
			t.count.Add(1)
		}
	}
	return t.Table.Get(ctx, keys...)
}

func TestSignupReadsItsIdempotencyRecordOnce(t *testing.T) {
	t.Parallel()
	var count atomic.Int32
	h := newHarness(t, newStorage(t), func(inner table.Table) table.Table { return answersRead{inner, &count} }, nil)
	h.at(day)
	define(t, h)
	send := func(body string) (int, string) {
		count.Store(0)
		status, answer := h.sendAs("", "POST", "/town/signups", "key", "application/json", []byte(body))
		if got := count.Load(); got != 1 {
			t.Errorf("read the idempotency record of %[2]s %[1]d times", got, body)
		}
		return status, string(answer)
	}
	const body = `{"activity":"garden","first_name":"Osoba","last_name":"Nowa","email":"osoba@example.org","consent_processing":true}`
	status, first := send(body)
	if status != http.StatusCreated {
		t.Fatalf("answered %d %s", status, first)
	}
	if status, again := send(body); status != http.StatusCreated || again != first {
		t.Errorf("the same request is answered %d %s, and before %s", status, again, first)
	}
	if status, other := send(strings.Replace(body, "Nowa", "Inna", 1)); status != http.StatusUnprocessableEntity {
		t.Errorf("another body is answered %d %s", status, other)
	}
}

func TestSignupFormShowsPlacesLeft(t *testing.T) {
	t.Parallel()
	h := newHarness(t, newStorage(t), func(inner table.Table) table.Table { return inner }, nil)
	h.at(day)
	defineAs(t, h, strings.Replace(definitionText, "label: Garden}", "label: Garden, capacity: 2}", 1))
	m := &sender{ids: map[string]string{}}
	for taken := range 4 {
		status, body := h.request("", "GET", "/town/signup", http.Header{"Accept": {"application/json"}}, nil)
		var got struct {
			Activities []struct {
				ID   string `json:"id"`
				Full bool   `json:"full"`
				Left *int   `json:"places_left"`
			} `json:"activities"`
		}
		if err := json.Unmarshal(body, &got); err != nil || status != http.StatusOK {
			t.Fatal(status, err)
		}
		for _, a := range got.Activities {
			if want := max(0, 2-taken); a.ID == "garden" && (a.Left == nil || *a.Left != want || a.Full != (want == 0)) {
				t.Errorf("after %d sign-ups: %s", taken, body)
			}
			if a.ID == "grants" && (a.Left != nil || a.Full) {
				t.Errorf("an activity without a limit: %s", body)
			}
		}
		_, page := h.request("", "GET", "/town/signup?lang=en", http.Header{"Accept": {"text/html"}}, nil)
		if full := bytes.Contains(page, []byte("full – you will be put on the waiting list")); full != (taken >= 2) {
			t.Errorf("after %d sign-ups the page says that it is full: %t", taken, full)
		}
		if err := post("/town/signups", fmt.Sprint("signup", taken), form("garden", taken, nil))(h, m); err != nil {
			t.Fatal(err)
		}
	}
}
