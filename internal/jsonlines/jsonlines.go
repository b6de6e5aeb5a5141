// Package jsonlines stores values in a file, one JSON value a line. Callers must not write to one file concurrently.
package jsonlines

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
)

// Append adds a value and syncs the file, which it creates if necessary. An incomplete last line, left by a crash, does
// not damage it.
func Append(file string, value any) error {
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	last := []byte{'\n'}
	if info.Size() > 0 {
		if _, err := f.ReadAt(last, info.Size()-1); err != nil {
			return err
		}
	}
	line = append(line, '\n')
	if last[0] != '\n' {
		line = append([]byte{'\n'}, line...)
	}
	if _, err := f.Write(line); err != nil {
		return err
	}
	return f.Sync()
}

// Read returns the values in order, none if there is no file. It skips lines that are not a T, such as incomplete ones.
func Read[T any](file string) ([]T, error) {
	out := []T{}
	for line, err := range lines(file) {
		if err != nil {
			return nil, err
		}
		var value T
		if json.Unmarshal(line, &value) == nil {
			out = append(out, value)
		}
	}
	return out, nil
}

// Remove deletes the values for which remove returns true, and incomplete lines. If there are any, it replaces the file
// atomically and syncs it.
func Remove[T any](file string, remove func(T) bool) error {
	keep := func(line []byte) bool {
		var value T
		return json.Unmarshal(line, &value) == nil && !remove(value)
	}
	for line, err := range lines(file) {
		if err != nil {
			return err
		}
		if !keep(line) {
			return rewrite(file, keep)
		}
	}
	return nil
}

// Clear removes what a crash has left of a replacement by Remove.
func Clear(file string) error {
	err := os.Remove(file + ".new")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func rewrite(file string, keep func(line []byte) bool) (err error) {
	fresh, err := os.OpenFile(file+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer fresh.Close()
	w := bufio.NewWriter(fresh)
	for line, err := range lines(file) {
		if err != nil {
			return err
		}
		if keep(line) {
			_, _ = w.Write(append(line, '\n')) // Flush returns the error
		}
	}
	if err := errors.Join(w.Flush(), fresh.Sync(), fresh.Close()); err != nil {
		return err
	}
	if err := os.Rename(file+".new", file); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// lines iterates over a file's lines without their line breaks, none if there is no file. A line is valid until the
// next iteration.
func lines(file string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		f, err := os.Open(file)
		if errors.Is(err, os.ErrNotExist) {
			return
		}
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		for r := bufio.NewReader(f); ; {
			line, err := r.ReadBytes('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				yield(nil, err)
				return
			}
			if len(line) > 0 && !yield(bytes.TrimSuffix(line, []byte{'\n'}), nil) || err != nil {
				return
			}
		}
	}
}
