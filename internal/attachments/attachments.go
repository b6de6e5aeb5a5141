// Package attachments keeps the photos and documents of records: the values of fields of the type file. Each is an
// object that never changes, under a random id, which is the value that the record has. A file is sent first, then
// named by a record; one that no record names is removed after a week. Who is in a file is known by the record: it is
// erased with the person, and removed with the uploaded originals.
package attachments

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"outreach/internal/nights"
	"outreach/internal/objects"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/table"
)

// Store keeps attachments. It is safe for concurrent use.
type Store struct{ *store.DB }

// New returns a Store. It reads and writes nothing.
func New(db *store.DB) *Store { return &Store{db} }

// Attachment is one file. It has no identity but its name, which is kept in the people table.
type Attachment struct {
	ID      string    `json:"id"`
	By      string    `json:"by"`             // who sent it, a staff id
	Size    int64     `json:"size"`           // bytes
	Type    string    `json:"type,omitempty"` // the media type, judged by the content; "" until that was looked at
	Asked   time.Time `json:"asked"`
	Kind    string    `json:"kind,omitempty"` // of the record that names it
	Record  string    `json:"record,omitempty"`
	Field   string    `json:"field,omitempty"`
	Person  string    `json:"person,omitempty"` // whom the record is about
	Removed time.Time `json:"removed,omitzero"` // when the file was removed
	Name    string    `json:"-"`                // of the file; only where it was asked for

	rev int64
}

// put returns the write of an attachment, which fails if another write came first.
func put(project string, a Attachment) table.Op {
	op := table.PutJSON(attachmentKey(project, a.ID), a, table.At(a.rev))
	switch {
	case a.Record == "":
		return table.Indexed(op, table.Key{PK: waitingIndex(project), SK: a.ID})
	case a.Person != "":
		return table.Indexed(op, table.Key{PK: personIndex(project, a.Person), SK: a.ID})
	}
	return op
}

// Create stores a new attachment whose file has not arrived yet, and returns it with its id. A repeated request returns
// the first one; store.ErrOtherBody if its body differs. It marks the project for the night, which removes what no
// record names.
func (s *Store) Create(ctx context.Context, project string, a Attachment, once store.Once) (created Attachment, err error) {
	err = table.Retry(ctx, func() error {
		if done, err := s.Answered(ctx, once, &created); done || err != nil {
			return err
		}
		created = a
		created.ID, created.Asked = s.NewID(), s.Now().UTC()
		ops, err := s.Answer(ctx, once, created)
		if err != nil {
			return err
		}
		if err := s.People.Write(ctx, table.PutJSON(nameKey(project, created.ID), a.Name, table.Always)); err != nil {
			return err
		}
		return s.Tracker.Write(ctx, append(ops, put(project, created), nights.MarkOp(project))...)
	})
	created.Name = a.Name
	return created, err
}

// Keep stores a file that came with a request as a new attachment. The error is a *Refused where it is no photo or
// document. It may be called twice with the same once.
func (s *Store) Keep(ctx context.Context, project string, a Attachment, content []byte, once store.Once) (Attachment, error) {
	a.Size, a.Type = int64(len(content)), judge(content)
	switch {
	case a.Size == 0:
		return a, &Refused{schema.Problem{Code: schema.Unreadable, Hint: "empty"}}
	case a.Type == "":
		return a, &Refused{wrongFormat}
	}
	created, err := s.Create(ctx, project, a, once)
	if err != nil {
		return created, err
	}
	return created, s.Objects.Put(ctx, Object(project, created.ID), bytes.NewReader(content), created.Type)
}

// wrongFormat is the problem of a file that is neither a photo nor a document.
var wrongFormat = schema.Problem{Code: schema.WrongFormat, Hint: schema.HintFile}

// Refused is the error of a file that a record cannot have.
type Refused struct{ Problem schema.Problem }

func (r *Refused) Error() string { return "file refused: " + r.Problem.Code }

// load reads an attachment, the zero one where there is none.
func (s *Store) load(ctx context.Context, project, id string) (Attachment, error) {
	a, rev, err := table.Load[Attachment](ctx, s.Tracker, attachmentKey(project, id))
	a.rev = rev
	return a, err
}

// Attachment returns an attachment with the name of its file; store.ErrNotFound where there is none.
func (s *Store) Attachment(ctx context.Context, project, id string) (Attachment, error) {
	a, err := s.load(ctx, project, id)
	if err == nil && a.rev == 0 {
		err = fmt.Errorf("attachment %s: %w", id, store.ErrNotFound)
	}
	if err != nil {
		return a, err
	}
	names, err := s.Names(ctx, project, []string{id})
	a.Name = names[id]
	return a, err
}

// Names returns the names of files by their ids, without those that were removed.
func (s *Store) Names(ctx context.Context, project string, ids []string) (map[string]string, error) {
	keys := make([]table.Key, len(ids))
	for i, id := range ids {
		keys[i] = nameKey(project, id)
	}
	found, err := table.LoadAll[string](ctx, s.People, keys)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for i, id := range ids {
		if name, ok := found[keys[i]]; ok {
			out[id] = name
		}
	}
	return out, nil
}

// Owner is a record that names files.
type Owner struct {
	Kind   *schema.Kind
	Record string // its id, "" of a new one
	Person string // whom it is about, or ""
	By     string // the staff id of who writes it and may name only what they sent; "" for the office, which may name any
}

// may reports whether a record may name an attachment: one that no record has, or its own.
func (o Owner) may(a Attachment) bool {
	switch {
	case a.rev == 0 || !a.Removed.IsZero():
		return false
	case a.Record != "":
		return a.Kind == o.Kind.Name && a.Record == o.Record
	}
	return o.By == "" || o.By == a.By
}

// Check returns the problems of the files that a row names: each must have arrived, be a photo or a document, and be of
// no other record. What an attachment's content is is looked at once.
func (s *Store) Check(ctx context.Context, project string, o Owner, row schema.Row) ([]schema.Problem, error) {
	var problems []schema.Problem
	for _, f := range o.Kind.Files() {
		id := f.Answer(o.Kind.Get(row, f.Name))
		if id == "" {
			continue
		}
		err := table.Retry(ctx, func() error { return s.check(ctx, project, o, id) })
		var refused *Refused
		switch {
		case errors.As(err, &refused):
			refused.Problem.Field = f.Name
			problems = append(problems, refused.Problem)
		case err != nil:
			return nil, err
		}
	}
	return problems, nil
}

func (s *Store) check(ctx context.Context, project string, o Owner, id string) error {
	a, err := s.load(ctx, project, id)
	switch {
	case err != nil:
		return err
	case !o.may(a):
		return &Refused{unknown}
	case a.Type != "":
		return nil
	}
	head, err := s.head(ctx, Object(project, id))
	switch {
	case errors.Is(err, objects.ErrNotFound):
		return &Refused{schema.Problem{Code: schema.Missing, Hint: "file_arrived"}}
	case err != nil:
		return err
	}
	if a.Type = judge(head); a.Type == "" {
		return &Refused{wrongFormat}
	}
	return s.Tracker.Write(ctx, put(project, a))
}

// unknown is the problem of an id that is none of a file for the record.
var unknown = schema.Problem{Code: schema.NotInList, Hint: schema.HintFile}

// head reads the first bytes of an object.
func (s *Store) head(ctx context.Context, key string) ([]byte, error) {
	file, _, err := s.Objects.Open(ctx, key, "")
	if err != nil {
		return nil, err
	}
	head, err := io.ReadAll(io.LimitReader(file, headBytes))
	return head, errors.Join(err, file.Close())
}

// Claim returns the operations by which a record names the files of its row, to be written with the record. They must
// have passed Check. It fails with *Refused where another record named one of them since.
func (s *Store) Claim(ctx context.Context, project string, o Owner, row schema.Row) ([]table.Op, error) {
	var ops []table.Op
	for _, f := range o.Kind.Files() {
		id := f.Answer(o.Kind.Get(row, f.Name))
		if id == "" {
			continue
		}
		a, err := s.load(ctx, project, id)
		if err != nil {
			return nil, err
		}
		if !o.may(a) {
			problem := unknown
			problem.Field = f.Name
			return nil, &Refused{problem}
		}
		before := a
		a.Kind, a.Record, a.Field, a.Person = o.Kind.Name, o.Record, f.Name, o.Person
		if a != before {
			ops = append(ops, put(project, a))
		}
	}
	return ops, nil
}
