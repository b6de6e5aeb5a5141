package ingest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"outreach/internal/importer"
	"outreach/internal/schema"
)

// mostSpooled limits a spool, in bytes: a function's disk is small, and a packed workbook may hold far more.
const mostSpooled = 128 << 20

// spool keeps the lines that the importer found in a file, in a temporary file: reading them again takes a tenth of the
// time that reading and checking the upload's file takes. It is not safe for concurrent use.
type spool struct {
	limit  int64 // of the size in bytes
	file   *os.File
	out    *bufio.Writer
	line   []byte
	size   int64
	fields int // of a row
}

// newSpool returns a spool in a folder of temporary files.
func newSpool(folder string, limit int64) (*spool, error) {
	file, err := os.CreateTemp(folder, "rows-")
	if err != nil {
		return nil, err
	}
	return &spool{limit: limit, file: file, out: bufio.NewWriterSize(file, 64<<10)}, nil
}

// full reports whether lines were left out: then the upload's file has to be read again.
func (s *spool) full() bool { return s.size > s.limit }

// add appends a line.
func (s *spool) add(l importer.Line) error {
	if s.full() {
		return nil
	}
	s.line = binary.AppendUvarint(s.line[:0], uint64(l.Place()))
	who := l.Entry.Person
	for _, text := range [...]string{who.ID, who.Email, who.Pesel, who.FirstName, who.LastName, who.BirthYear, string(who.Further)} {
		s.line = appendText(s.line, text)
	}
	for _, text := range l.Entry.Row {
		s.line = appendText(s.line, text)
	}
	s.fields = max(s.fields, len(l.Entry.Row))
	size := binary.AppendUvarint(make([]byte, 0, binary.MaxVarintLen64), uint64(len(s.line)))
	s.size += int64(len(size) + len(s.line))
	if _, err := s.out.Write(size); err != nil {
		return err
	}
	_, err := s.out.Write(s.line)
	return err
}

func appendText(to []byte, text string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}

var errSpool = errors.New("the spooled rows are damaged")

// each calls do for each line, in the order in which they were added, until it fails. A line's row is valid until do
// returns.
func (s *spool) each(do func(importer.Line) error) error {
	if err := s.out.Flush(); err != nil {
		return err
	}
	in := bufio.NewReaderSize(io.NewSectionReader(s.file, 0, s.size), 64<<10)
	row := make(schema.Row, s.fields)
	for {
		size, err := binary.ReadUvarint(in)
		if err == io.EOF {
			return nil
		}
		if err != nil || size > uint64(s.size) {
			return errors.Join(errSpool, err)
		}
		if uint64(cap(s.line)) < size {
			s.line = make([]byte, size)
		}
		s.line = s.line[:size]
		if _, err := io.ReadFull(in, s.line); err != nil {
			return err
		}
		texts := lineTexts{line: s.line, all: string(s.line)}
		l := importer.At(int(texts.number()))
		l.Entry.Person = schema.PersonRef{ID: texts.next(), Email: texts.next(), Pesel: texts.next(), FirstName: texts.next(), LastName: texts.next(), BirthYear: texts.next(), Further: schema.Further(texts.next())}
		values := row[:0]
		for texts.at < len(s.line) {
			values = append(values, texts.next())
		}
		if texts.damaged {
			return errSpool
		}
		if len(values) > 0 {
			l.Entry.Row = values
		}
		if err := do(l); err != nil {
			return err
		}
	}
}

// lineTexts reads what add wrote. The texts of a line share one string.
type lineTexts struct {
	line    []byte
	all     string // the same
	at      int
	damaged bool
}

func (t *lineTexts) number() uint64 {
	number, n := binary.Uvarint(t.line[t.at:])
	if n <= 0 {
		t.damaged, t.at = true, len(t.line)
		return 0
	}
	t.at += n
	return number
}

func (t *lineTexts) next() string {
	size := t.number()
	if size > uint64(len(t.line)-t.at) {
		t.damaged, t.at = true, len(t.line)
		return ""
	}
	start := t.at
	t.at += int(size)
	return t.all[start:t.at]
}

func (s *spool) close() {
	s.file.Close()
	os.Remove(s.file.Name())
}
