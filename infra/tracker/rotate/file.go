package rotate

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"outreach/internal/keyring"
)

// File is the file of a data folder with the secret, as 64 hexadecimal digits. During a rotation the next one lies
// beside it, with the suffix ".next".
type File string

var _ keyring.Home = File("")

// Current returns the secret. Where there is none, the error wraps fs.ErrNotExist.
func (f File) Current(context.Context) ([]byte, error) { return readSecret(string(f)) }

// Next returns the secret that a rotation has stored, nil where there is none.
func (f File) Next(context.Context) ([]byte, func(context.Context) error, error) {
	secret, err := readSecret(f.next())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	return secret, func(context.Context) error { return rename(f.next(), string(f)) }, err
}

// Store stores the next secret.
func (f File) Store(_ context.Context, secret []byte) error { return writeSecret(f.next(), secret) }

// Create stores the first secret. It replaces a file that exists.
func (f File) Create(secret []byte) error { return writeSecret(string(f), secret) }

func (f File) next() string { return string(f) + ".next" }

func readSecret(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	secret, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s %w", file, err)
	}
	return secret, nil
}

func parse(text string) ([]byte, error) {
	secret, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(secret) != keyring.Size {
		return nil, errors.New("must contain 64 hexadecimal digits")
	}
	return secret, nil
}

// writeSecret stores a secret so that the file is whole or not there, whenever the machine stops.
func writeSecret(file string, secret []byte) error {
	fresh, err := os.OpenFile(file+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fresh.WriteString(hex.EncodeToString(secret) + "\n")
	if err := errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return err
	}
	return rename(file+".new", file)
}

// rename moves a file within its folder, durably.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
