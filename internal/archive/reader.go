package archive

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Limits of an archive that is taken in.
const (
	MostBytes = 2 << 30 // of the file

	mostEntries   = 200_000
	mostSum       = 20 << 30  // bytes of all entries together
	mostRatio     = 250       // bytes of an entry for each byte that it takes in the file
	ratioFrom     = 1 << 20   // bytes of an entry from which its ratio matters
	mostLine      = 64 << 20  // bytes of a line
	mostObject    = 256 << 20 // bytes of an object that is read into memory
	mostName      = 200       // bytes of an entry's name
	mostShown     = 120       // bytes of an entry's name in a message
	mostDirectory = 64 << 20  // bytes that are read to list the entries
)

// reader reads an archive within the limits.
type reader struct {
	manifest
	entries map[string]*zip.File
	names   []string // in the order of the file
}

// budget reads up to a number of bytes: the list of entries may be longer than the file says.
type budget struct {
	from io.ReaderAt
	left int64 // bytes; negative: without a limit
}

var errBudget = errors.New("the list of entries is too long")

func (b *budget) ReadAt(p []byte, at int64) (int, error) {
	if b.left >= 0 {
		if b.left -= int64(len(p)); b.left < 0 {
			b.left = 0
			return 0, errBudget
		}
	}
	return b.from.ReadAt(p, at)
}

// entryName is what entries are named. Those that the import does not read may be missing.
var entryName = regexp.MustCompile(`^(README\.md|manifest\.json|[a-z]+\.csv|records/[a-z0-9_]+\.csv|data/[a-z]+\.jsonl|definition/[1-9][0-9]{0,5}\.yaml|(originals|attachments)/[0-9A-HJKMNP-TV-Z]{26}(\.[a-z0-9]{1,5})?|snapshots/.+)$`)

// open reads the list of entries and the manifest. Another file, and one beyond the limits, is a *Refused.
func open(file io.ReaderAt, size int64) (*reader, error) {
	limited := &budget{from: file, left: mostDirectory}
	found, err := zip.NewReader(limited, size)
	if errors.Is(err, errBudget) {
		return nil, refused("", "too_many")
	}
	if err != nil {
		return nil, refused("", "not_zip")
	}
	limited.left = -1
	if len(found.File) > mostEntries {
		return nil, refused("", "too_many")
	}
	r := &reader{entries: map[string]*zip.File{}}
	sum := uint64(0)
	for _, f := range found.File {
		if f.FileInfo().IsDir() && f.UncompressedSize64 == 0 && isPath(strings.TrimSuffix(f.Name, "/")) {
			continue
		}
		switch {
		case !isPath(f.Name) || !f.Mode().IsRegular():
			return nil, refused(shown(f.Name), "path")
		case f.Flags&1 != 0:
			return nil, refused(f.Name, "encrypted")
		case f.Method != zip.Deflate && f.Method != zip.Store:
			return nil, refused(f.Name, "method")
		case r.entries[f.Name] != nil:
			return nil, refused(f.Name, "twice")
		case f.UncompressedSize64 > ratioFrom && f.UncompressedSize64/max(f.CompressedSize64, 1) > mostRatio:
			return nil, refused(f.Name, "ratio")
		}
		if sum += f.UncompressedSize64; sum > mostSum || f.UncompressedSize64 > mostSum {
			return nil, refused(f.Name, "too_large")
		}
		r.entries[f.Name], r.names = f, append(r.names, f.Name)
	}
	if r.entries[manifestName] == nil {
		return nil, refused("", "no_manifest")
	}
	content, err := r.read(manifestName, 1<<16)
	if err != nil {
		return nil, err
	}
	switch err := json.Unmarshal(content, &r.manifest); {
	case err != nil || r.Project == "":
		return nil, refused(manifestName, "no_manifest")
	case r.Format != Version:
		return nil, refused(manifestName, "format", "format", r.Format, "ours", Version)
	}
	for _, name := range r.names {
		if !entryName.MatchString(name) {
			return nil, refused(shown(name), "unknown")
		}
	}
	for _, d := range data {
		if r.entries[d.name] == nil {
			return nil, refused(d.name, "missing")
		}
	}
	return r, nil
}

// isPath reports whether a name is a relative path in its shortest form, below the file's root.
func isPath(name string) bool {
	return name != "" && name != "." && len(name) <= mostName && utf8.ValidString(name) && !strings.ContainsAny(name, "\\:\x00") && path.Clean(name) == name && !path.IsAbs(name) && name != ".." && !strings.HasPrefix(name, "../")
}

// shown returns the beginning of a name that is not one of ours, for a message.
func shown(name string) string {
	name = strings.ToValidUTF8(name, "�")
	if len(name) > mostShown {
		name = strings.ToValidUTF8(name[:mostShown], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return '�'
		}
		return r
	}, name)
}

// damaged says of an error of reading an entry that the file is damaged.
func damaged(name string, err error) error {
	if errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrAlgorithm) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, new(flate.CorruptInputError)) {
		return refused(name, "damaged")
	}
	return fmt.Errorf("%s: %w", name, err)
}

// stream opens an entry. What is read ends with an error if it is longer than the list of entries says.
func (r *reader) stream(name string) (io.ReadCloser, error) {
	f := r.entries[name]
	body, err := f.Open()
	if err != nil {
		return nil, damaged(name, err)
	}
	return &exact{body, int64(f.UncompressedSize64)}, nil
}

// exact reads what may not be longer than it says.
type exact struct {
	io.ReadCloser
	left int64
}

func (e *exact) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	if e.left -= int64(n); e.left < 0 {
		return 0, zip.ErrFormat
	}
	return n, err
}

// read reads an entry of at most so many bytes.
func (r *reader) read(name string, most int64) ([]byte, error) {
	body, err := r.stream(name)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	content, err := io.ReadAll(io.LimitReader(body, most+1))
	switch {
	case err != nil:
		return nil, damaged(name, err)
	case int64(len(content)) > most:
		return nil, refused(name, "too_large")
	}
	return content, nil
}

// lines calls each with every line of an entry. A line that is none of T's, or of which each says that it is wrong with
// errWrong, is a *Refused. A line is valid until the next one is read.
func readLines[T any](r *reader, name string, change func([]byte) []byte, each func(T) error) error {
	body, err := r.stream(name)
	if err != nil {
		return err
	}
	defer body.Close()
	in := bufio.NewScanner(body)
	in.Buffer(make([]byte, 0, 1<<16), mostLine)
	n := 0
	for in.Scan() {
		n++
		if len(in.Bytes()) == 0 {
			continue
		}
		var value T
		line := in.Bytes()
		if change != nil {
			line = change(line)
		}
		err := json.Unmarshal(line, &value)
		if err != nil {
			return &Refused{Entry: name, Line: n, Code: "line"}
		}
		if err := each(value); errors.Is(err, errWrong) {
			return &Refused{Entry: name, Line: n, Code: "line"}
		} else if err != nil {
			return err
		}
	}
	switch err := in.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return &Refused{Entry: name, Line: n + 1, Code: "too_large"}
	case err != nil:
		return damaged(name, err)
	}
	return nil
}

// errWrong says that a line cannot be taken in.
var errWrong = errors.New("not a line of this entry")
