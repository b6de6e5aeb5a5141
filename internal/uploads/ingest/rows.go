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
	if who := &l.Entry.Person; *who == (schema.PersonRef{}) {
		s.line = append(s.line, withoutPerson)
	} else {
		s.line = append(s.line, withPerson)
		for _, text := range [...]string{who.ID, who.Email, who.Pesel, who.FirstName, who.LastName, who.BirthYear, string(who.Further)} {
			s.line = appendText(s.line, text)
		}
	}
	for _, text := range l.Entry.Row {
		s.line = appendText(s.line, text)
	}
	s.fields = max(s.fields, len(l.Entry.Row))
	size := binary.AppendUvarint(s.out.AvailableBuffer(), uint64(len(s.line)))
	s.size += int64(len(size) + len(s.line))
	if _, err := s.out.Write(size); err != nil {
		return err
	}
	_, err := s.out.Write(s.line)
	return err
}

// Whether a line has a person.
const (
	withoutPerson = iota
	withPerson
)

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
		all, err := readText(in, int(size))
		if err != nil {
			return err
		}
		texts := lineTexts{all: all}
		l := importer.At(int(texts.number()))
		if texts.number() == withPerson {
			l.Entry.Person = schema.PersonRef{ID: texts.next(), Email: texts.next(), Pesel: texts.next(), FirstName: texts.next(), LastName: texts.next(), BirthYear: texts.next(), Further: schema.Further(texts.next())}
		}
		values := row[:0]
		for texts.at < len(all) {
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

// readText reads a text of a size in bytes.
func readText(in *bufio.Reader, size int) (string, error) {
	if size > in.Size() {
		text := make([]byte, size)
		_, err := io.ReadFull(in, text)
		return string(text), err
	}
	text, err := in.Peek(size)
	if err != nil {
		return "", err
	}
	all := string(text)
	_, err = in.Discard(size)
	return all, err
}

// lineTexts reads what add wrote. The texts of a line share one string.
type lineTexts struct {
	all     string
	at      int
	damaged bool
}

func (t *lineTexts) number() uint64 {
	number, shift := uint64(0), 0
	for t.at < len(t.all) && shift < 64 {
		b := t.all[t.at]
		t.at++
		number |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return number
		}
		shift += 7
	}
	t.damaged, t.at = true, len(t.all)
	return 0
}

func (t *lineTexts) next() string {
	size := t.number()
	if size > uint64(len(t.all)-t.at) {
		t.damaged, t.at = true, len(t.all)
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
