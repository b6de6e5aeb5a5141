package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/projects"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/sources"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/table"
)

func open(t *testing.T) *Store {
	db := storetest.New(t)
	return New(db, signups.New(db, projects.New(db), people.New(db)), sources.New(db))
}

// refuse keeps a payload that says something.
func refuse(t *testing.T, s *Store, says string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"says": says})
	if err != nil {
		t.Fatal(err)
	}
	sent := Delivery{Body: body}
	from := sources.Stored{Source: sources.Source{ID: "form"}, Version: 1}
	if err := s.keep(context.Background(), &project.Definition{ID: "p"}, from, sent, s.marks("p", from.Source, sent).all(), []schema.Problem{{Field: "/a", Code: schema.Missing}}, s.Now()); err != nil {
		t.Fatal(err)
	}
}

// left returns what the payloads say that are stored.
func left(t *testing.T, s *Store) string {
	t.Helper()
	all, err := s.All(context.Background(), "p")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, w := range all {
		_, payload, err := s.Waiting(context.Background(), "p", w.ID)
		if err != nil {
			t.Fatal(err)
		}
		var says struct{ Says string }
		if len(payload.Body) > 0 {
			if err := json.Unmarshal(payload.Body, &says); err != nil {
				t.Fatal(err)
			}
		}
		if (says.Says == "") != !w.Removed.IsZero() {
			t.Errorf("%s is marked as removed at %v", says.Says, w.Removed)
		}
		if says.Says != "" {
			out = append(out, says.Says)
		}
	}
	return strings.Join(out, ", ")
}

func TestPayloadsAreRemovedAfterAMonth(t *testing.T) {
	t.Parallel()
	s := open(t)
	now := s.Now()
	s.DB.Now = func() time.Time { return now }
	refuse(t, s, "old")
	now = now.Add(24 * time.Hour)
	refuse(t, s, "young")
	next, err := s.RemoveOld(context.Background(), "p")
	if err != nil || !next.Equal(now.Add(KeptFor-24*time.Hour).UTC()) {
		t.Errorf("the next is due at %v: %v", next, err)
	}
	now = now.Add(KeptFor - 24*time.Hour)
	for range 2 {
		if _, err := s.RemoveOld(context.Background(), "p"); err != nil {
			t.Fatal(err)
		}
	}
	if got := left(t, s); got != "young" {
		t.Errorf("left: %s", got)
	}
	if removed, err := s.RemoveAll(context.Background(), "p"); !removed || err != nil {
		t.Errorf("removed: %v, %v", removed, err)
	}
	if removed, err := s.RemoveAll(context.Background(), "p"); removed || err != nil {
		t.Errorf("removed again: %v, %v", removed, err)
	}
	if got := left(t, s); got != "" {
		t.Errorf("left: %s", got)
	}
}

func TestPayloadsThatMentionAPersonAreForgotten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		person people.Person
		says   string
		gone   bool
	}{
		{"an address, however it is written", people.Person{Emails: []string{"anna@example.org"}}, "mail me: ANNA@Example.org", true},
		{"another address", people.Person{Emails: []string{"anna@example.org"}}, "hanna@example.com", false},
		{"a PESEL", people.Person{Pesels: []string{"44051401359"}}, "440514 01359", true},
		{"a phone in another notation", people.Person{Further: []people.Key{{Kind: "phone", Value: "+48600100200"}}}, "600-100-200", true},
		{"the last name without its marks", people.Person{LastName: "Wójcik"}, "WOJCIK, Jan", true},
		{"a first name alone", people.Person{FirstName: "Jan", LastName: "Wójcik"}, "Jan Nowak", false},
		{"a name of two letters", people.Person{LastName: "Li"}, "like", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			refuse(t, s, c.says)
			for range 2 {
				if err := s.Forget(context.Background(), "p", []people.Person{c.person}); err != nil {
					t.Fatal(err)
				}
			}
			if gone := left(t, s) == ""; gone != c.gone {
				t.Errorf("gone: %v", gone)
			}
		})
	}
}

func TestADeliveryIsKnownForEver(t *testing.T) {
	t.Parallel()
	s := open(t)
	now := s.Now()
	s.DB.Now = func() time.Time { return now }
	from := sources.Source{ID: "form", Delivery: "/id"}
	sent := func(id, key, body string) marks {
		return s.marks("p", from, Delivery{Content: map[string]any{"id": id}, Key: key, Body: []byte(body)})
	}
	for _, m := range []marks{sent("1", "", "a"), sent("", "", "b"), sent("3", "key", "c")} {
		if err := s.remember(context.Background(), m.all(), answer{Waiting: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	// One whose marks were not all written.
	for _, m := range []marks{sent("5", "five", "e"), sent("6", "six", "f")} {
		if err := s.remember(context.Background(), m.all()[:1], answer{}); err != nil {
			t.Fatal(err)
		}
		if err := s.remember(context.Background(), m.id, answer{Waiting: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	now = now.AddDate(10, 0, 0)
	for _, c := range []struct {
		name, id, key, body string
		known               bool
		err                 error
	}{
		{"the tool's id, with another body", "1", "", "other", true, nil}, {"no id, the same body", "", "", "b", true, nil}, {"the key of the request", "3", "key", "c", true, nil},
		{"the same id with a key of its own", "1", "new", "a", true, nil}, {"the same body with a key of its own", "", "new", "b", true, nil}, {"the same with another key", "3", "other", "c", true, nil}, {"the same without its key", "3", "", "c", true, nil},
		{"the same body where the source named no id then", "9", "", "b", true, nil},
		{"the key with another body", "3", "key", "d", false, store.ErrOtherBody}, {"the key of an interrupted one with another body", "5", "five", "x", false, store.ErrOtherBody},
		{"an interrupted one by its key", "5", "five", "e", true, nil}, {"an interrupted one by its id", "6", "other", "f", true, nil},
		{"another id and body", "2", "", "x", false, nil}, {"no id, another body", "", "", "d", false, nil}, {"an id that is a key", "key", "", "d", false, nil},
	} {
		_, known, err := s.before(context.Background(), "p", sent(c.id, c.key, c.body))
		if known != c.known || !errors.Is(err, c.err) {
			t.Errorf("%s: known %v, %v", c.name, known, err)
		}
	}
}

func TestARefusedDeliveryIsKeptOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	refuse(t, s, "the same")
	refuse(t, s, "the same")
	refuse(t, s, "another")
	if n, err := s.Count(context.Background(), "p"); n != 2 || err != nil {
		t.Errorf("%d wait: %v", n, err)
	}
	for it, err := range table.Items(context.Background(), s.Tracker, table.Query{PK: waitingPartition("p")}) {
		if err != nil || strings.Contains(string(it.Data), "same") {
			t.Errorf("the tracker table has the payload: %s, %v", it.Data, err)
		}
	}
}

func TestAnswersAreFoundByLabelAndPointer(t *testing.T) {
	t.Parallel()
	var root map[string]any
	decoder := json.NewDecoder(strings.NewReader(`{"a/b": {"~": [1.50, "x"]}, "list": [true, null, "", "z"], "deep": {"label": "V", "more": {"x": 1}}, "bad": {"x": {}},
		"answers": [{"label": "One", "value": "1"}, {"label": "Two", "value": null}, {"label": "Two", "value": "2"}, {"label": "Twice", "value": "a"}, {"label": "Twice", "value": "b"}, {"label": "Odd", "value": {"x": 1}}]}`))
	decoder.UseNumber()
	if err := decoder.Decode(&root); err != nil {
		t.Fatal(err)
	}
	p := newPayload(root)
	for column, want := range map[string]string{
		"/a~1b/~0/0": "1.50", "/a~1b/~0/1": "x", "/a~1b/~0/2": "none", "/a~1b/~0/01": "none", "/a~1b/~0/-": "none", "/list": "true|z", "/deep": "V", "/bad": schema.Unreadable, "/none/x": "none",
		"One": "1", "one ": "1", "Two": "2", "Twice": schema.Repeated, "Odd": schema.Unreadable, "None": "none", "/answers/0/value": "1",
	} {
		text, found, problem := p.text(column)
		switch {
		case problem != nil:
			text = problem.Code
		case !found:
			text = "none"
		}
		if text != want {
			t.Errorf("%s: %q, want %q", column, text, want)
		}
	}
}
