package people

import (
	"errors"
	"strings"
	"testing"
	"time"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
)

// asks stores a person with an address and asks them for an attribute.
func asks(t *testing.T) (*Store, *store.DB, Question) {
	t.Helper()
	db := storetest.New(t)
	s := New(db)
	id, err := s.Resolve(t.Context(), "town", schema.PersonRef{Email: "ewa@example.org"}, Names{})
	if err != nil {
		t.Fatal(err)
	}
	q, err := s.Ask(t.Context(), "town", id, "staff", []string{"sex"}, "", schema.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	return s, db, q
}

func countFacts(t *testing.T, db *store.DB, kind string) int {
	t.Helper()
	trail, err := db.Log().Trail(t.Context(), "town", 100, "", func(f fact.Fact) bool { return f.Kind == kind })
	if err != nil {
		t.Fatal(err)
	}
	return len(trail.Items)
}

var woman = schema.ValuesOf(map[string]string{"sex": "female"})

func TestAQuestionIsAnsweredOnceWithinTwoWeeks(t *testing.T) {
	t.Parallel()
	s, db, q := asks(t)
	if !s.IsQuestionToken("town", q.ID, s.QuestionToken("town", q.ID)) || s.IsQuestionToken("village", q.ID, s.QuestionToken("town", q.ID)) {
		t.Error("a token is of another question")
	}
	if err := s.Answer(t.Context(), "town", q.ID, woman, schema.Builtin()); err != nil {
		t.Fatal(err)
	}
	if err := s.Answer(t.Context(), "town", q.ID, woman, schema.Builtin()); !errors.Is(err, ErrQuestionOver) {
		t.Errorf("answered again: %v", err)
	}
	if n := countFacts(t, db, fact.KindPersonAttributes); n != 1 {
		t.Errorf("%d facts", n)
	}
	s, db, q = asks(t)
	now := db.Now
	db.Now = func() time.Time { return now().Add(QuestionLife + time.Second) }
	if err := s.Answer(t.Context(), "town", q.ID, woman, schema.Builtin()); !errors.Is(err, ErrQuestionOver) || countFacts(t, db, fact.KindPersonAttributes) != 0 {
		t.Errorf("answered late: %v", err)
	}
}

// A function may end after it stored an answer or a question, before it appended the fact: the next request does.
func TestFactsOfQuestionsAreAppendedByTheNextRequest(t *testing.T) {
	t.Parallel()
	s, db, q := asks(t)
	kept, rev, err := s.question(t.Context(), "town", q.ID)
	if err != nil {
		t.Fatal(err)
	}
	p, personRev, err := s.canonical(t.Context(), "town", personOf(q.ID))
	if err != nil {
		t.Fatal(err)
	}
	c := AttributeCorrection{Values: woman}
	if kept.Answer, err = s.correction("town", p.ID, &c, schema.Builtin()); err != nil {
		t.Fatal(err)
	}
	if err := s.storeAnswer(t.Context(), "town", kept, rev, p, personRev, c, schema.Builtin()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Answer(t.Context(), "town", q.ID, schema.Values{}, schema.Builtin()); !errors.Is(err, ErrQuestionOver) {
			t.Errorf("the next request: %v", err)
		}
		if n := countFacts(t, db, fact.KindPersonAttributes); n != 1 {
			t.Errorf("%d facts", n)
		}
	}
}

func TestAPersonIsAskedOnceADay(t *testing.T) {
	t.Parallel()
	s, db, q := asks(t)
	now := db.Now
	for _, c := range []struct {
		after time.Duration
		asked int
	}{{23 * time.Hour, 1}, {25 * time.Hour, 2}} {
		db.Now = func() time.Time { return now().Add(c.after) }
		_, err := s.Ask(t.Context(), "town", personOf(q.ID), "staff", []string{"sex"}, "", schema.Builtin())
		if refused := errors.Is(err, ErrAskedAlready); refused != (c.asked == 1) {
			t.Errorf("after %s: %v", c.after, err)
		}
		if n := countFacts(t, db, fact.KindPersonAsked); n != c.asked {
			t.Errorf("after %s: %d letters", c.after, n)
		}
	}
}

func TestPrivateAttributesAreSealedInFacts(t *testing.T) {
	t.Parallel()
	s, db, q := asks(t)
	registry, err := schema.Extend(schema.Builtin(), project.RecordKind{Name: schema.Signup, Fields: []project.RecordField{{ID: "home", Type: "text", Privacy: "sealed", Attribute: true}}})
	if err != nil {
		t.Fatal(err)
	}
	c := AttributeCorrection{Values: schema.ValuesOf(map[string]string{"home": "ul. Zielona 1", "sex": "female"})}
	if err := s.CorrectAttributes(t.Context(), "town", personOf(q.ID), c, registry); err != nil {
		t.Fatal(err)
	}
	trail, err := db.Log().Trail(t.Context(), "town", 100, "", func(f fact.Fact) bool { return f.Kind == fact.KindPersonAttributes })
	if err != nil || len(trail.Items) != 1 {
		t.Fatal(trail.Items, err)
	}
	if data := string(trail.Items[0].Data); strings.Contains(data, "Zielona") || !strings.Contains(data, "home") || !strings.Contains(data, "female") {
		t.Errorf("the fact has %s", data)
	}
}
