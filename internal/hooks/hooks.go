// Package hooks takes what other form tools send to the hooks of sources: sign-ups, trusted like the public form. What
// cannot be taken waits for the office, with its payload.
package hooks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"outreach/internal/fact"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/sources"
	"outreach/internal/sources/mapping"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/text"
)

const (
	// MostBody is the longest payload, in bytes: it is kept in one item where it cannot be taken.
	MostBody = 200 << 10
	// Most is how many deliveries of a project may wait.
	Most = 1000
	// mostProblems is how many problems of a delivery are stored.
	mostProblems = 50
	// KeptFor is how long the payload of a delivery that waits is stored, as it is of a file that never counted.
	KeptFor = 30 * 24 * time.Hour
)

// ErrTooMany reports that Most deliveries wait.
var ErrTooMany = errors.New("too many deliveries wait")

// ErrNoPayload reports that the payload of a delivery is stored no more.
var ErrNoPayload = errors.New("the payload was removed")

// Store takes deliveries, and keeps those that wait. It is safe for concurrent use.
type Store struct {
	*store.DB
	signups *signups.Store
	sources *sources.Store
	compile func(where string) (mapping.Condition, error)
}

// New returns a Store on a base and the features that it needs.
func New(db *store.DB, signups *signups.Store, sources *sources.Store) *Store {
	return &Store{DB: db, signups: signups, sources: sources}
}

// With returns a Store that reads conditions on rows, which needs the expression language. Without it nothing is
// taken.
func (s *Store) With(compile func(where string) (mapping.Condition, error)) *Store {
	out := *s
	out.compile = compile
	return &out
}

// Delivery is what a form tool sent.
type Delivery struct {
	Body     []byte
	Content  map[string]any // the body, parsed
	Key      string         // its Idempotency-Key, or ""
	Language string         // of letters, where the form says nothing else
}

// Waiting is a delivery that could not be taken. It has no personal data.
type Waiting struct {
	ID       string    `json:"id"`
	Source   string    `json:"source"`
	Version  int       `json:"version"` // of the source, when it arrived
	Language string    `json:"language"`
	Received time.Time `json:"received"`
	Receipt  string    `json:"receipt"` // what is answered once it is taken
	Flaws    []Flaw    `json:"flaws"`
	Removed  time.Time `json:"removed,omitzero"` // when its payload was
}

// Flaw is a problem without what was given.
type Flaw struct {
	Field string `json:"field"`
	Code  string `json:"code"`
}

// Payload is what a delivery that waits said, and why it could not be taken.
type Payload struct {
	Body     []byte           `json:"body"`
	Problems []schema.Problem `json:"-"`
}

// storedProblem is a problem with the values that are allowed.
type storedProblem struct {
	schema.Problem
	Options []text.Choice `json:"options,omitempty"`
}

// storedPayload is how a payload is stored.
type storedPayload struct {
	Payload
	Problems []storedProblem `json:"problems"`
}

// loadPayload reads a payload, an empty one where it was removed.
func (s *Store) loadPayload(ctx context.Context, project, id string) (Payload, error) {
	kept, _, err := table.Load[storedPayload](ctx, s.People, payloadKey(project, id))
	for _, p := range kept.Problems {
		p.Problem.Options = p.Options
		kept.Payload.Problems = append(kept.Payload.Problems, p.Problem)
	}
	return kept.Payload, err
}

// ended is what became of a delivery that waited.
type ended struct {
	Waiting
	Discarded bool `json:"discarded,omitempty"`
}

// Taken is what became of a delivery.
type Taken struct {
	Receipt  string           // of a sign-up
	Skipped  bool             // the source says that it is none
	Problems []schema.Problem // why it waits, or was discarded
}

// answer is what is stored of a delivery under each of its marks, for its repetition: a sign-up, the id of what waits,
// or that the source skipped it. None of these: it began.
type answer struct {
	signups.SignedUp
	Waiting string `json:"waiting,omitempty"`
	Skipped bool   `json:"skipped,omitempty"`
}

func (a answer) final() bool { return a.Waiting != "" || a.Skipped || a.Signup.State != "" }

// Take takes a delivery to the hook of a source. The same delivery again, known by any of its marks, changes nothing
// and gets the same answer, also after an erasure. It fails with store.ErrOtherBody where the key came with another
// body before, and with ErrTooMany.
func (s *Store) Take(ctx context.Context, d *project.Definition, from sources.Stored, sent Delivery) (Taken, error) {
	marks := s.marks(d.ID, from.Source, sent)
	now := s.Now()
	if before, done, err := s.before(ctx, d.ID, marks); err != nil {
		return Taken{}, err
	} else if done {
		// An interruption, another key or a source that has changed may have left a mark without its answer.
		if err := s.remember(ctx, marks.all(), before); err != nil {
			return Taken{}, err
		}
		if before.Waiting != "" {
			return s.became(ctx, d.ID, before.Waiting)
		}
		return Taken{Receipt: before.Receipt, Skipped: before.Skipped}, nil
	}
	draft, skipped, problems, err := s.read(ctx, d, from, sent.Content, sent.Language, now)
	if err != nil {
		return Taken{}, err
	}
	if skipped {
		// Not by the tool's id: tools send several events of one form, and a source takes one of them.
		return Taken{Skipped: true}, s.remember(ctx, marks.ofRequest(), answer{Skipped: true})
	}
	if len(problems) == 0 {
		// The key belongs to this body before anything takes effect.
		if err := s.remember(ctx, marks.key, answer{}); err != nil {
			return Taken{}, err
		}
		result, err := s.signups.SignUp(ctx, d.ID, draft, marks.effect())
		switch {
		case errors.Is(err, people.ErrTwoPeople):
			problems = []schema.Problem{{Field: "person", Code: schema.TwoPeople}}
		case errors.Is(err, people.ErrWhichPerson):
			problems = []schema.Problem{{Field: "person", Code: schema.WhichPerson}}
		case err != nil:
			return Taken{}, err
		default:
			taken := answer{SignedUp: signups.SignedUp{Signup: signups.Signup{ID: result.Signup.ID, State: result.Signup.State}, Receipt: result.Receipt, Created: result.Created}}
			return Taken{Receipt: result.Receipt}, s.remember(ctx, marks.others(), taken)
		}
	}
	// The same request was valid before where the activity has closed since.
	var result signups.SignedUp
	if done, err := s.signups.Answered(ctx, d.ID, marks.effect(), &result); err != nil || done && result.Signup.State != "" {
		return Taken{Receipt: result.Receipt}, err
	}
	return Taken{Problems: problems}, s.keep(ctx, d, from, sent, marks.all(), problems, now)
}

// marks are by what a delivery is known again: each holds none or one.
type marks struct {
	key  []store.Once // the key of the request, which belongs to one body
	id   []store.Once // the tool's own id, whatever else the body says
	body []store.Once
}

func (m marks) all() []store.Once { return slices.Concat(m.key, m.body, m.id) }

// ofRequest returns the marks that only the same body has.
func (m marks) ofRequest() []store.Once { return slices.Concat(m.key, m.body) }

// effect returns the mark on which the sign-up depends: deliveries at the same time that are one have it in common.
func (m marks) effect() store.Once { return slices.Concat(m.id, m.body)[0] }

// others returns the marks but for that of the effect, which the sign-up answers.
func (m marks) others() []store.Once {
	if len(m.id) > 0 {
		return m.ofRequest()
	}
	return m.key
}

// marks returns the marks of a delivery. The body is one although there is an id, for the source may name the id's
// place later, or another one.
func (s *Store) marks(project string, from sources.Source, sent Delivery) marks {
	var m marks
	if sent.Key != "" {
		m.key = []store.Once{s.Delivery(project, from.ID, "key "+sent.Key, sent.Body)}
	}
	if from.Delivery != "" {
		if value, found := resolve(sent.Content, from.Delivery); found {
			if id, ok := flat(value); ok && id != "" {
				m.id = []store.Once{s.Delivery(project, from.ID, "id "+id, nil)}
			}
		}
	}
	sum := sha256.Sum256(sent.Body)
	m.body = []store.Once{s.Delivery(project, from.ID, "body "+hex.EncodeToString(sum[:]), nil)}
	return m
}

// before returns what became of the same delivery before, by the first of its marks that knows; false where it is new,
// or began and had no effect. It fails with store.ErrOtherBody where the key came with another body.
func (s *Store) before(ctx context.Context, project string, m marks) (answer, bool, error) {
	all := m.all()
	found := make([]answer, len(all))
	group, within := errgroup.WithContext(ctx)
	for i, once := range all {
		group.Go(func() error {
			done, err := s.Answered(within, once, &found[i])
			if err == nil && done && !found[i].final() && found[i].Signup.ID != "" { // it began: did it take effect?
				_, err = s.signups.Answered(within, project, once, &found[i].SignedUp)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return answer{}, false, err
	}
	if i := slices.IndexFunc(found, answer.final); i >= 0 {
		return found[i], true, nil
	}
	return answer{}, false, nil
}

// remember stores an answer under marks that have no final one. It may be called twice.
func (s *Store) remember(ctx context.Context, marks []store.Once, result answer) error {
	group, within := errgroup.WithContext(ctx)
	for _, once := range marks {
		group.Go(func() error {
			return table.Retry(within, func() error {
				var before answer
				if done, err := s.Answered(within, once, &before); err != nil || done && (before.final() || !result.final()) {
					return err
				}
				ops, err := s.Answer(within, once, result)
				if err != nil {
					return err
				}
				return s.Tracker.Write(table.Plain(within), ops...)
			})
		})
	}
	return group.Wait()
}

// read returns the sign-up that a delivery is, or what is wrong with it: problems name the columns of the source.
func (s *Store) read(ctx context.Context, d *project.Definition, from sources.Stored, content map[string]any, language string, received time.Time) (draft signups.SignupDraft, skipped bool, problems []schema.Problem, err error) {
	m, err := mapping.OfHook(d, from.Source, s.compile)
	if err != nil || m.Kind.Name != schema.Signup { // the definition or the source has changed since
		return draft, false, []schema.Problem{{Code: schema.Unreadable, Hint: "hook"}}, nil
	}
	p := newPayload(content)
	texts := map[string]string{}
	columns := slices.Clone(m.Ignored)
	for _, column := range m.Columns {
		columns = append(columns, column)
	}
	slices.Sort(columns)
	for _, column := range slices.Compact(columns) {
		text, found, problem := p.text(column)
		if problem != nil {
			problems = append(problems, *problem)
		} else if found {
			texts[column] = text
		}
	}
	if len(problems) > 0 {
		return draft, false, problems, nil
	}
	record, err := m.Record(ctx, texts, schema.Scope{Definition: d, Today: d.Day(received)})
	if err != nil || record.Skipped {
		return draft, record.Skipped, nil, err
	}
	for _, e := range record.Errors {
		problems = append(problems, schema.Problem{Field: e.Column, Code: e.Code, Hint: e.Hint, Args: e.Args, Options: e.Options})
	}
	if len(problems) > 0 {
		return draft, false, problems, nil
	}
	draft, problems = signups.FromForm(d, record.Entry, nil, language, received)
	draft.Consent = from.Source.ID + "@" + strconv.Itoa(from.Version)
	for i, problem := range problems {
		for field, column := range m.Columns {
			if field.Name == problem.Field {
				problems[i].Field = column
			}
		}
	}
	return draft, false, problems, nil
}

// keep stores a delivery that cannot be taken: first its payload, under an id that a repetition has too, then all else,
// with its marks, at once.
func (s *Store) keep(ctx context.Context, d *project.Definition, from sources.Stored, sent Delivery, marks []store.Once, problems []schema.Problem, now time.Time) error {
	all, err := s.All(ctx, d.ID)
	if err != nil {
		return err
	}
	if len(all) >= Most {
		return ErrTooMany
	}
	w := Waiting{
		ID: store.IDFor(now, s.Seal(d.ID, "delivery", from.Source.ID+" "+string(sent.Body))), Source: from.Source.ID, Version: from.Version, Language: sent.Language,
		Received: now.UTC(), Receipt: s.NewID(),
	}
	for _, p := range problems[:min(len(problems), mostProblems)] {
		w.Flaws = append(w.Flaws, Flaw{p.Field, p.Code})
	}
	kept := storedPayload{Payload: Payload{Body: sent.Body}}
	for _, p := range problems[:min(len(problems), mostProblems)] {
		kept.Problems = append(kept.Problems, storedProblem{p, p.Options})
	}
	payload := table.PutJSON(payloadKey(d.ID, w.ID), kept, table.Always)
	payload.Item.Expires = now.Add(KeptFor + 24*time.Hour)
	if err := s.People.Write(ctx, payload); err != nil {
		return err
	}
	return table.Retry(ctx, func() error {
		ops := []table.Op{table.PutJSON(waitingKey(d.ID, w.ID), w, table.Absent)}
		for _, once := range marks {
			var before answer
			if _, err := s.Answered(ctx, once, &before); err != nil || before.final() {
				return err
			}
			kept, err := s.Answer(ctx, once, answer{Waiting: w.ID})
			if err != nil {
				return err
			}
			ops = append(ops, kept...)
		}
		f, err := s.NewFact(fact.KindDeliveryRefused, "", fact.Delivery{Source: w.Source, Delivery: w.ID})
		if err != nil {
			return err
		}
		return s.Log().Append(ctx, d.ID, []fact.Fact{f}, ops...)
	})
}

// became returns what is answered to the repetition of a delivery that waits, or waited.
func (s *Store) became(ctx context.Context, project, id string) (Taken, error) {
	w, rev, err := table.Load[Waiting](ctx, s.Tracker, waitingKey(project, id))
	if err != nil {
		return Taken{}, err
	}
	if rev == 0 {
		end, _, err := table.Load[ended](ctx, s.Tracker, endedKey(project, id))
		if err != nil {
			return Taken{}, err
		}
		if !end.Discarded {
			return Taken{Receipt: end.Receipt}, nil
		}
		w = end.Waiting
	}
	var problems []schema.Problem
	for _, f := range w.Flaws {
		problems = append(problems, schema.Problem{Field: f.Field, Code: f.Code})
	}
	if kept, err := s.loadPayload(ctx, project, id); err != nil {
		return Taken{}, err
	} else if len(kept.Problems) > 0 {
		problems = kept.Problems
	}
	return Taken{Problems: problems}, nil
}

// All returns the deliveries of a project that wait, the oldest first.
func (s *Store) All(ctx context.Context, project string) ([]Waiting, error) {
	var all []Waiting
	for w, err := range table.Values[Waiting](ctx, s.Tracker, table.Query{PK: waitingPartition(project)}) {
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

// List returns a page of the deliveries of a project that wait, the oldest first.
func (s *Store) List(ctx context.Context, project string, limit int, cursor string) (table.PageOf[Waiting], error) {
	return table.List[Waiting](ctx, s.Tracker, table.Query{PK: waitingPartition(project), Limit: limit, Cursor: cursor})
}

// Count returns how many deliveries of a project wait: it reads as many small items.
func (s *Store) Count(ctx context.Context, project string) (int, error) {
	all, err := s.All(ctx, project)
	return len(all), err
}

// Waiting returns a delivery that waits, and its payload, an empty one where it was removed. The error of an unknown
// one wraps store.ErrNotFound.
func (s *Store) Waiting(ctx context.Context, project, id string) (Waiting, Payload, error) {
	w, _, err := store.LoadExisting[Waiting](ctx, s.Tracker, waitingKey(project, id), "delivery "+id)
	if err != nil {
		return w, Payload{}, err
	}
	payload, err := s.loadPayload(ctx, project, id)
	return w, payload, err
}

// Again takes a delivery that waits once more, by its source as it is now, as if it arrived when it did. It returns
// what is still wrong. One that was interrupted may be repeated; once it is taken the error wraps store.ErrNotFound.
// It fails with ErrNoPayload where the payload was removed.
func (s *Store) Again(ctx context.Context, d *project.Definition, id string, parse func([]byte) (map[string]any, error)) ([]schema.Problem, error) {
	w, payload, err := s.Waiting(ctx, d.ID, id)
	if err != nil {
		return nil, err
	}
	if len(payload.Body) == 0 {
		return nil, ErrNoPayload
	}
	content, err := parse(payload.Body)
	if err != nil {
		return nil, err
	}
	from, err := s.sources.Source(ctx, d.ID, w.Source)
	if store.IsNotFound(err) {
		return []schema.Problem{{Code: schema.Unreadable, Hint: "hook"}}, nil
	}
	if err != nil {
		return nil, err
	}
	draft, skipped, problems, err := s.read(ctx, d, from, content, w.Language, w.Received)
	if err != nil || len(problems) > 0 {
		return problems, err
	}
	if !skipped {
		draft.Entry = w.ID
		if _, err := s.signups.SignUp(ctx, d.ID, draft, store.Once{}); err != nil {
			return nil, err
		}
	}
	return nil, s.end(ctx, d.ID, id, false, "")
}

// Discard ends a delivery that waits, without taking it. The error of an unknown one wraps store.ErrNotFound.
func (s *Store) Discard(ctx context.Context, project, id, by string) error {
	return s.end(ctx, project, id, true, by)
}

// end takes a delivery off the list, with its payload.
func (s *Store) end(ctx context.Context, project, id string, discarded bool, by string) error {
	err := table.Retry(ctx, func() error {
		w, rev, err := store.LoadExisting[Waiting](ctx, s.Tracker, waitingKey(project, id), "delivery "+id)
		if err != nil {
			return err
		}
		var facts []fact.Fact
		if discarded {
			f, err := s.NewFact(fact.KindDeliveryDiscarded, by, fact.Delivery{Source: w.Source, Delivery: id})
			if err != nil {
				return err
			}
			facts = append(facts, f)
		}
		ops := []table.Op{table.Remove(waitingKey(project, id), table.At(rev)), table.PutJSON(endedKey(project, id), ended{w, discarded}, table.Absent)}
		if len(facts) == 0 {
			return s.Tracker.Write(ctx, ops...)
		}
		return s.Log().Append(ctx, project, facts, ops...)
	})
	if err != nil {
		return err
	}
	return s.People.Write(ctx, table.Remove(payloadKey(project, id), table.Always))
}
