package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
)

// A question asks a person by e-mail for attributes that they lack. Its link has a token, and works once, for two
// weeks. The question lies with the person's forms, so an erasure removes it. Its fact, and that of the answer, are
// stored with it before they are appended, each once: a function may end in between, and the next request finishes what
// it began.

const (
	// QuestionLife is for how long a question can be answered.
	QuestionLife = 14 * 24 * time.Hour
	// askAgain is after how long a person may be asked again.
	askAgain = 24 * time.Hour
)

// Question is a question to a person. Its id is the person's id and one of its own.
type Question struct {
	ID         string    `json:"id"`
	Attributes []string  `json:"attributes"`
	Locale     string    `json:"locale,omitempty"` // in which the person signed up
	At         time.Time `json:"at"`
	Asked      fact.Fact `json:"asked"`
	Answer     fact.Fact `json:"answer,omitzero"` // the correction that the answer is
}

// Answered reports whether the link was used.
func (q Question) Answered() bool { return q.Answer.ID != "" }

// Open reports whether the question can be answered at an instant.
func (q Question) Open(now time.Time) bool {
	return !q.Answered() && now.Before(q.At.Add(QuestionLife))
}

// Asked is the last question to a person.
type Asked struct {
	Question string    `json:"question"`
	At       time.Time `json:"at"`
}

// Errors of questions.
var (
	ErrNoAddress     = errors.New("the person has no e-mail address")
	ErrAskedAlready  = errors.New("the person was asked within a day")
	ErrSharedAddress = errors.New("the e-mail address may be another person's too")
	ErrQuestionOver  = errors.New("the question was answered, or its time is over")
)

// QuestionToken returns the token of the link of a question.
func (s *Store) QuestionToken(project, id string) string {
	return s.db.LinkToken(project, "question", id)
}

// IsQuestionToken reports whether a token is that of the link of a question.
func (s *Store) IsQuestionToken(project, id, token string) bool {
	return s.db.IsLinkToken(project, "question", id, token)
}

// SharesAddress reports whether the address to which a person gets letters may be another person's too: several have
// it, or a sign-up that is held claims it. Of an address that is no key of the project it is not known, so it may.
func (s *Store) SharesAddress(ctx context.Context, id string, p Person) (bool, error) {
	address := Key{project.KeyEmail, p.Email()}
	if !slices.Contains(p.Keys(), address) {
		return true, nil
	}
	found, err := s.Holders(ctx, id, []Key{address})
	if err != nil {
		return true, err
	}
	claimants, err := s.claimants(ctx, id, []Key{address})
	others := slices.DeleteFunc(append(found[address], claimants...), func(other string) bool { return slices.Contains(p.IDs(), other) })
	return len(others) > 0, err
}

// Askable returns those of some attributes that may be asked by a person's address: no sensitive ones where others may
// read it.
func (s *Store) Askable(ctx context.Context, id string, p Person, attributes []string, registry *schema.Registry) ([]string, error) {
	sensitive := func(name string) bool {
		f := registry.Kind(schema.Signup).Field(name)
		return f == nil || f.Sensitive
	}
	if !slices.ContainsFunc(attributes, sensitive) {
		return attributes, nil
	}
	shared, err := s.SharesAddress(ctx, id, p)
	if err != nil || !shared {
		return attributes, err
	}
	return slices.DeleteFunc(slices.Clone(attributes), sensitive), nil
}

// Ask sends a person a question for attributes, which they lack; by is a staff id. It fails with ErrNoAddress; with
// ErrSharedAddress where all attributes are sensitive and the address may be another person's too; and with
// ErrAskedAlready where they were asked within a day.
func (s *Store) Ask(ctx context.Context, project, id, by string, attributes []string, locale string, registry *schema.Registry) (q Question, err error) {
	err = table.Retry(ctx, func() error {
		p, rev, err := s.canonical(ctx, project, id)
		if err != nil {
			return err
		}
		if p.Email() == "" {
			return ErrNoAddress
		}
		if s.db.Now().Before(p.Asked.At.Add(askAgain)) {
			if q, _, err = s.question(ctx, project, p.Asked.Question); err != nil {
				return err
			}
			return errAsked
		}
		asked, err := s.Askable(ctx, project, p, attributes, registry)
		if err != nil {
			return err
		}
		if len(asked) == 0 {
			return ErrSharedAddress
		}
		q = Question{ID: p.ID + "-" + s.db.NewID(), Attributes: asked, Locale: locale, At: s.db.Now().UTC()}
		if q.Asked, err = s.db.NewFact(fact.KindPersonAsked, by, fact.PersonAsked{Person: p.ID, Question: q.ID, Attributes: asked}); err != nil {
			return err
		}
		p.Asked = Asked{Question: q.ID, At: q.At}
		return s.db.People.Write(ctx, s.putPerson(project, p, rev), table.PutJSON(questionKey(project, q.ID), q, table.Absent))
	})
	if err != nil && !errors.Is(err, errAsked) {
		return q, err
	}
	appended, failed := s.appendOnce(ctx, project, q.Asked)
	switch {
	case failed != nil:
		return q, failed
	case err != nil && !appended:
		return q, ErrAskedAlready
	}
	return q, nil
}

// storeAnswer stores an answered question with the correction and its person, each as it was read with a revision.
func (s *Store) storeAnswer(ctx context.Context, project string, q Question, rev int64, p Person, personRev int64, c AttributeCorrection, registry *schema.Registry) error {
	ops, err := s.correct(ctx, project, p, personRev, c, registry.Keys)
	if err != nil {
		return err
	}
	return s.db.People.Write(ctx, append(ops, table.PutJSON(questionKey(project, q.ID), q, table.At(rev)))...)
}

// canonical reads the person whom an id leads to, with the revision of the item.
func (s *Store) canonical(ctx context.Context, project, id string) (p Person, rev int64, err error) {
	_, err = follow(id, func(id string) (string, error) {
		p, rev, err = s.load(ctx, project, id)
		return p.Into, err
	})
	return p, rev, err
}

// errAsked ends the attempts of Ask: there is a question of the same day, whose fact may not be appended yet.
var errAsked = errors.New("there is a question")

// appendOnce appends a fact that is stored elsewhere unless it was appended before, and reports whether it did.
func (s *Store) appendOnce(ctx context.Context, project string, f fact.Fact) (bool, error) {
	mark := appendedKey(project, f.ID)
	found, err := s.db.Tracker.Get(ctx, mark)
	if err != nil || len(found) > 0 {
		return false, err
	}
	op := table.PutJSON(mark, true, table.Absent)
	op.Item.Expires = s.db.Now().Add(2 * QuestionLife)
	err = s.db.Log().Append(ctx, project, []fact.Fact{f}, op)
	if conflict, met := table.AsConflict(err); met && len(conflict.Failed) > 0 {
		return false, nil // another request appended it
	}
	return err == nil, err
}

// question reads a question; an unknown id is store.ErrNotFound.
func (s *Store) question(ctx context.Context, project, id string) (Question, int64, error) {
	if strings.Count(id, "-") != 1 {
		return Question{}, 0, fmt.Errorf("question: %w", store.ErrNotFound)
	}
	q, rev, err := table.Load[Question](ctx, s.db.People, questionKey(project, id))
	if err == nil && rev == 0 {
		err = fmt.Errorf("question %s: %w", id, store.ErrNotFound)
	}
	return q, rev, err
}

// Question returns a question and its person. One whose person was erased is store.ErrNotFound.
func (s *Store) Question(ctx context.Context, project, id string) (Question, Person, error) {
	q, _, err := s.question(ctx, project, id)
	if err != nil {
		return q, Person{}, err
	}
	p, err := s.Person(ctx, project, personOf(id))
	return q, p, err
}

// OpenAttributes returns the attributes that a question asks a person for, as things are now: none where it cannot be
// answered any more, and none that a correction gave since, or that others could read.
func (s *Store) OpenAttributes(ctx context.Context, d *project.Definition, q Question, p Person) ([]*schema.Field, error) {
	if !q.Open(s.db.Now()) {
		return nil, nil
	}
	registry := schema.For(d)
	asked := slices.DeleteFunc(slices.Clone(q.Attributes), func(name string) bool {
		return slices.Contains(p.Given, name) || registry.Attribute(name) < 0
	})
	asked, err := s.Askable(ctx, d.ID, p, asked, registry)
	var out []*schema.Field
	for _, name := range asked {
		out = append(out, registry.Attributes()[registry.Attribute(name)])
	}
	return out, err
}

// Path returns the path of the question's page below the project's address.
func (q Question) Path() string {
	person, own, _ := strings.Cut(q.ID, "-")
	return "/people/" + person + "/questions/" + own
}

func personOf(question string) string {
	person, _, _ := strings.Cut(question, "-")
	return person
}

// Answer stores the answer to a question as a correction of the person's attributes, and spends the link. It fails with
// ErrQuestionOver where the question cannot be answered any more, also where an earlier call stored its answer.
func (s *Store) Answer(ctx context.Context, project, id string, values schema.Values, registry *schema.Registry) error {
	var f fact.Fact
	over := false
	err := table.Retry(ctx, func() error {
		q, rev, err := s.question(ctx, project, id)
		if err != nil {
			return err
		}
		if f, over = q.Answer, !q.Open(s.db.Now()); over {
			return nil
		}
		p, personRev, err := s.canonical(ctx, project, personOf(id))
		if err != nil {
			return err
		}
		c := AttributeCorrection{Values: values}
		if q.Answer, err = s.correction(project, p.ID, &c, registry); err != nil {
			return err
		}
		f = q.Answer
		return s.storeAnswer(ctx, project, q, rev, p, personRev, c, registry)
	})
	if err == nil && f.ID != "" {
		_, err = s.appendOnce(ctx, project, f)
	}
	if err == nil && over {
		return ErrQuestionOver
	}
	return err
}
