// Package jsonlines is a file of values, each a line of JSON: the local stack's letters and dead letters.
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

// Append adds a value, durably. What a process that died left of a line stays apart from it.
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

// Read gives the values in order, none where there is no file. A line that is no such value, as it was cut off, is left out.
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

// Remove takes values out, and lines that were cut off. The file is written anew as a whole where it changes, durably.
func Remove[T any](file string, gone func(T) bool) error {
	stays := func(line []byte) bool {
		var value T
		return json.Unmarshal(line, &value) == nil && !gone(value)
	}
	for line, err := range lines(file) {
		if err != nil {
			return err
		}
		if !stays(line) {
			return rewrite(file, stays)
		}
	}
	return nil
}

func rewrite(file string, stays func(line []byte) bool) (err error) {
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
		if stays(line) {
			_, _ = w.Write(append(line, '\n')) // Flush tells
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

// lines goes through a file's lines, without their ends, none where there is no file. A line is good until the next.
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
