package send

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/subscriptions"
)

const town = "town"

// fixture is a tracker in memory, with a clock that tests set and a receiver.
type fixture struct {
	*app.App
	t      *testing.T
	now    time.Time
	sender *Sender
	server *httptest.Server

	mu     sync.Mutex
	got    []string            // what was sent: the status of its answer, and the id that it is about
	status func(n int) int     // of the answer to the nth
	while  func(*http.Request) // before it is answered
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{App: app.New(storetest.New(t)), t: t, now: time.Date(2126, 6, 1, 8, 0, 0, 0, time.UTC)}
	f.DB.Now = func() time.Time { return f.now }
	f.Subscriptions.Now, f.Subscriptions.Insecure = f.DB.Now, true
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body Payload
		_ = json.NewDecoder(r.Body).Decode(&body)
		if f.while != nil {
			f.while(r)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		status := http.StatusOK
		if f.status != nil {
			status = f.status(len(f.got))
		}
		f.got = append(f.got, http.StatusText(status)+" "+body.Data.ID)
		w.WriteHeader(status)
	}))
	t.Cleanup(f.server.Close)
	f.sender = New(f.App, slog.New(slog.DiscardHandler))
	return f
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// subscribe subscribes the receiver to everything.
func (f *fixture) subscribe() subscriptions.Subscription {
	f.t.Helper()
	sub, _, err := f.Subscriptions.Create(f.t.Context(), town, subscriptions.Subscription{URL: f.server.URL, Events: subscriptions.Events}, store.Once{})
	f.must(err)
	return sub
}

// happens appends the fact of a sign-up that is moved, and marks the project.
func (f *fixture) happens(signup string) {
	f.t.Helper()
	f.now = f.now.Add(time.Millisecond)
	moved, err := f.DB.NewFact(fact.KindSignupMoved, "", fact.SignupMoved{Signup: signup, Version: 2, State: schema.Cancelled})
	f.must(err)
	f.must(f.Facts.Append(f.t.Context(), town, []fact.Fact{moved}))
	f.must(f.Subscriptions.Mark(f.t.Context(), town))
}

// run sends what is due.
func (f *fixture) run() { f.t.Helper(); f.must(f.sender.Run(f.t.Context())) }

// isSent checks what was sent since the last call.
func (f *fixture) isSent(want ...string) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(f.got, want) {
		f.t.Errorf("sent %q, want %q", f.got, want)
	}
	f.got = nil
}

func (f *fixture) queue(sub subscriptions.Subscription) subscriptions.Listed {
	f.t.Helper()
	all, err := f.Subscriptions.List(f.t.Context(), town)
	f.must(err)
	i := slices.IndexFunc(all, func(l subscriptions.Listed) bool { return l.ID == sub.ID })
	if i < 0 {
		f.t.Fatalf("no subscription %s", sub.ID)
	}
	return all[i]
}

func TestEventsAreSentInOrderAndOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.happens("before")
	f.subscribe()
	for _, one := range []string{"a", "b", "c", "d", "e", "f"} {
		f.happens(one)
	}
	f.run()
	f.isSent("OK a", "OK b", "OK c", "OK d", "OK e", "OK f")
	f.must(f.Subscriptions.Mark(t.Context(), town)) // the stream delivers twice
	f.run()
	f.isSent()
}

func TestEventThatFailsIsSentAgainAfterGrowingPausesAndGivenUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.status = func(int) int { return http.StatusBadGateway }
	sub := f.subscribe()
	f.happens("a")
	f.happens("b")
	f.run()
	f.isSent("Bad Gateway a") // b waits behind it
	for i, pause := range subscriptions.Pauses {
		if q := f.queue(sub); q.State() != subscriptions.Failing || q.Queue.Reason != "502" || q.Queue.Failures != i+1 {
			t.Fatalf("%+v", q.Queue)
		}
		f.now = f.now.Add(pause - time.Millisecond)
		f.happens("more") // does not make it sooner
		f.now = f.now.Add(-time.Millisecond)
		f.run()
		f.isSent()
		f.now = f.now.Add(time.Millisecond)
		f.run()
		f.isSent("Bad Gateway a")
	}
	if q := f.queue(sub); q.State() != subscriptions.Disabled {
		t.Fatalf("%+v", q.Queue)
	}
	f.now = f.now.Add(1000 * time.Hour)
	f.must(f.Subscriptions.Mark(t.Context(), town))
	f.run()
	f.isSent()

	f.status = nil
	f.must(f.Subscriptions.Resume(t.Context(), town, sub.ID))
	f.run()
	if f.got = slices.Compact(f.got); !slices.Equal(f.got, []string{"OK a", "OK b", "OK more"}) || f.queue(sub).State() != subscriptions.Active {
		t.Errorf("%q, %+v", f.got, f.queue(sub).Queue)
	}
}

func TestReceiverThatIsGoneIsGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.status = func(int) int { return http.StatusGone }
	sub := f.subscribe()
	f.happens("a")
	f.run()
	if q := f.queue(sub); q.State() != subscriptions.Disabled {
		t.Errorf("%+v", q.Queue)
	}
}

func TestWhatHappensWhileAnEventIsSentIsSentToo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.subscribe()
	first := true
	f.while = func(*http.Request) {
		if first {
			first = false
			f.happens("b")
		}
	}
	f.happens("a")
	f.run()
	f.isSent("OK a", "OK b")
}

func TestOneProcessAtATimeSendsAndADeadOneIsFollowed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	sub := f.subscribe()
	f.happens("a")
	if _, claimed, err := f.Subscriptions.Claim(t.Context(), town, sub.ID, lease); !claimed || err != nil {
		t.Fatal(claimed, err)
	}
	f.happens("b")
	f.run()
	f.isSent()
	f.now = f.now.Add(lease)
	f.run()
	f.isSent("OK a", "OK b")
}

func TestRemovedSubscriptionGetsNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	sub := f.subscribe()
	f.happens("a")
	f.must(f.Subscriptions.Remove(t.Context(), town, sub.ID))
	f.run()
	f.isSent()
	f.happens("b")
	f.run()
	f.isSent()
}

func TestSenderConnectsToPublicAddressesAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	sub := f.subscribe()
	f.sender.client = client(false) // the address was public when it was typed
	f.happens("a")
	f.run()
	f.isSent()
	if q := f.queue(sub); q.Queue.Reason != subscriptions.NotPublic {
		t.Errorf("%+v", q.Queue)
	}
}

func TestSlowReceiverIsCutOff(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	over := make(chan struct{})
	f.while = func(r *http.Request) { <-over }
	t.Cleanup(func() { close(over) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if reason, _ := f.sender.deliver(ctx, f.server.URL, []byte("key"), message{id: "1", body: []byte("{}")}); reason != subscriptions.TimedOut {
		t.Error(reason)
	}
}

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.215.14": true, "8.8.8.8": true, "2606:2800:220:1::1": true, "::ffff:8.8.8.8": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.31.0.1": false, "192.168.0.1": false, "169.254.169.254": false, "100.100.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false,
		"255.255.255.255": false, "192.0.2.1": false, "198.18.0.1": false, "240.0.0.1": false, "::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false,
		"ff02::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001:0:7f00:1::": false, "2001:db8::1": false, "fec0::1": false, "::7f00:1": false,
	} {
		if got := subscriptions.IsPublic(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
}

func TestSecretIsBoundToItsSubscription(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	one, other := f.subscribe(), f.subscribe()
	other.Sealed = one.Sealed
	if _, err := f.Subscriptions.Key(town, other); err == nil {
		t.Error("the secret of another subscription is taken")
	}
	if key, err := f.Subscriptions.Key(town, one); err != nil || len(key) < 24 {
		t.Error(len(key), err)
	}
}
