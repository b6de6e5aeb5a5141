package mailbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"outreach/internal/mail"
)

// sender counts letters, and fails with err.
type sender struct {
	sent int
	err  error
}

func (o *sender) Send(context.Context, mail.Message) error {
	o.sent++
	return o.err
}

func open(t *testing.T, file string, next mail.Sender) *Box {
	t.Helper()
	b, err := Open(file, next)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func send(t *testing.T, b *Box, id, to string) {
	t.Helper()
	if err := b.Send(t.Context(), mail.Message{ID: id, To: to}); err != nil {
		t.Fatal(err)
	}
}

func kept(t *testing.T, b *Box) string {
	t.Helper()
	letters, err := b.Letters()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, l := range letters {
		ids = append(ids, l.ID)
	}
	return strings.Join(ids, " ")
}

func TestALetterIsSentAndStoredOnce(t *testing.T) {
	t.Parallel()
	file, o := filepath.Join(t.TempDir(), "mail.jsonl"), &sender{}
	b := open(t, file, o)
	o.err = errors.New("the server is away")
	if err := b.Send(t.Context(), mail.Message{ID: "1"}); !errors.Is(err, o.err) || kept(t, b) != "" {
		t.Errorf("%v, kept: %q", err, kept(t, b))
	}
	o.err = nil
	for range 2 {
		send(t, b, "1", "a@example.org")
		send(t, b, "2", "b@example.org")
		b = open(t, file, o) // as after a start
	}
	if got := kept(t, b); got != "2 1" || o.sent != 3 {
		t.Errorf("kept %q, sent %d", got, o.sent)
	}
}

func TestLettersToAnErasedPersonAreRemoved(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mail.jsonl")
	b := open(t, file, nil)
	for n, to := range []string{"a@example.org", "b@example.org", "A@example.org", "c@example.org"} {
		send(t, b, fmt.Sprint(n), to)
	}
	if err := b.Forget(t.Context(), "town", []string{"a@example.org", "c@example.org"}); err != nil {
		t.Fatal(err)
	}
	send(t, b, "4", "d@example.org")
	if got := kept(t, b); got != "4 1" {
		t.Errorf("kept %q", got)
	}
	if text, err := os.ReadFile(file); err != nil || bytes.Contains(bytes.ToLower(text), []byte("a@example.org")) {
		t.Errorf("%v: %s", err, text)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := b.Forget(t.Context(), "town", []string{"b@example.org", "d@example.org"}); err != nil || kept(t, b) != "" {
		t.Errorf("%v, kept %q", err, kept(t, b))
	}
	if _, err := os.Stat(file + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("beside it lies another: %v", err)
	}
}

// An erasure from one project leaves the letters of others, where the same address may be another person's.
func TestLettersOfOtherProjectsStay(t *testing.T) {
	t.Parallel()
	b := open(t, filepath.Join(t.TempDir(), "mail.jsonl"), nil)
	for n, project := range []string{"town", "village", ""} {
		if err := b.Send(t.Context(), mail.Message{ID: fmt.Sprint(n), Project: project, To: "a@example.org"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Forget(t.Context(), "town", []string{"a@example.org"}); err != nil || kept(t, b) != "1" {
		t.Errorf("%v, kept %q", err, kept(t, b))
	}
}

func TestLettersAboutARemovedFileAreRemoved(t *testing.T) {
	t.Parallel()
	b := open(t, filepath.Join(t.TempDir(), "mail.jsonl"), nil)
	for n, text := range []string{"rejected: https://a.example.org/town/uploads/01A", "rejected: https://a.example.org/town/uploads/01B", "hello"} {
		if err := b.Send(t.Context(), mail.Message{ID: fmt.Sprint(n), To: "office@example.org", Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.ForgetAbout(t.Context(), []string{"/town/uploads/01A", "/town/uploads/01C"}); err != nil || kept(t, b) != "2 1" {
		t.Errorf("%v, kept %q", err, kept(t, b))
	}
}

func TestWhatACrashLeavesBesideTheLettersIsRemoved(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mail.jsonl")
	if err := os.WriteFile(file+".new", []byte("a@example.org"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, file, nil)
	if _, err := os.Stat(file + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestATruncatedLetterHidesNoOther(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mail.jsonl")
	send(t, open(t, file, nil), "1", "a@example.org")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, `{"id":"2","to":"gone@example.org","sub`...), 0o600); err != nil {
		t.Fatal(err)
	}
	b := open(t, file, nil)
	send(t, b, "2", "b@example.org")
	if got := kept(t, b); got != "2 1" {
		t.Errorf("kept %q", got)
	}
	if err := b.Forget(t.Context(), "town", []string{"gone@example.org"}); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); err != nil || bytes.Contains(text, []byte("gone@")) || kept(t, b) != "2 1" {
		t.Errorf("%v: %s", err, text)
	}
}

// It does not run beside others, for it measures.
func TestSendingDoesNotReadStoredLetters(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "mail.jsonl"), nil)
	const attached = 8 << 20
	if err := b.Send(t.Context(), mail.Message{ID: "big", Files: []mail.File{{Name: "a.pdf", Data: make([]byte, attached)}}}); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	send(t, b, "small", "a@example.org")
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > attached/8 {
		t.Errorf("sending a small letter took %d bytes", taken)
	}
}
