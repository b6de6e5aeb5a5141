package importer

import (
	"archive/zip"
	"errors"
	"io"
	"path"
	"strings"
)

// parts are the parts of a workbook's package by lower-case name, and how much of them may still be unpacked.
type parts struct {
	files map[string]*zip.File
	left  *int64
}

// openArchive returns the sheets of an archive: a workbook, or an OpenDocument spreadsheet.
func openArchive(body *source) (book, error) {
	listing := &directory{source: body, left: maxDirectory}
	archive, err := zip.NewReader(listing, body.size)
	if err != nil {
		return nil, bookFault(1, err)
	}
	listing.done = true
	left := int64(maxUnpacked)
	p := parts{files: map[string]*zip.File{}, left: &left}
	for _, f := range archive.File {
		p.files[partName(f.Name)] = f
	}
	if p.isDocument() {
		return openDocument(p)
	}
	if wrong := p.archiveFormat(); wrong != nil {
		return nil, wrong
	}
	w := &workbook{parts: p}
	if err := w.load(); err != nil {
		return nil, bookFault(1, err)
	}
	return w, nil
}

// directory limits what is read of an archive before its parts are opened: each entry of the directory takes memory.
type directory struct {
	*source
	left int64
	done bool
}

func (d *directory) ReadAt(p []byte, at int64) (int, error) {
	if !d.done {
		if d.left -= int64(len(p)); d.left < 0 {
			return 0, errTooLarge
		}
	}
	return d.source.ReadAt(p, at)
}

func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean(strings.ReplaceAll(name, `\`, "/")), "/"))
}

var errNoPart = errors.New("a part is missing")

func (p parts) has(name string) bool { return p.files[name] != nil }

// open opens a part. Reading it fails after limit bytes, or when the parts together are too large.
func (p parts) open(name string, limit int64) (*meter, error) {
	f, ok := p.files[partName(name)]
	if !ok {
		return nil, errNoPart
	}
	if f.UncompressedSize64 > uint64(limit) {
		return nil, errTooLarge
	}
	from, err := f.Open()
	if err != nil {
		return nil, err
	}
	return &meter{from: from, left: limit, all: p.left, element: maxElement}, nil
}

// meter is a reader that limits the bytes read in all, those of all parts, and those between two calls of mark.
type meter struct {
	from    io.Reader
	left    int64
	all     *int64
	element int64
}

// mark starts another element.
func (m *meter) mark() { m.element = maxElement }

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	m.left -= int64(n)
	*m.all -= int64(n)
	m.element -= int64(n)
	if m.left < 0 || *m.all < 0 || m.element < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// unlimited reads without a limit on elements.
type unlimited struct{ *meter }

func (m unlimited) Read(p []byte) (int, error) {
	m.mark()
	return m.meter.Read(p)
}

// smallPart opens a part that is read as a whole.
func (p parts) smallPart(name string) (*xmlScanner, error) {
	part, err := p.open(name, maxPart)
	if err != nil {
		return nil, err
	}
	part.element = maxPart
	s := newXMLScanner(part)
	s.prefixed = true
	return s, nil
}

type relation struct{ id, kind, target string }

// mostRelations of a part.
const mostRelations = 10_000

// relations returns the relations of a part, or of the package for "".
func (p parts) relations(name string) ([]relation, error) {
	folder, file := path.Split(name)
	s, err := p.smallPart(folder + "_rels/" + file + ".rels")
	if err != nil {
		return nil, err
	}
	var out []relation
	err = s.each(func() error {
		if string(s.name) != "Relationship" {
			return nil
		}
		target := string(s.attribute("Target"))
		if !strings.HasPrefix(target, "/") {
			target = path.Join(folder, target)
		}
		_, kind := path.Split(string(s.attribute("Type")))
		if out = append(out, relation{id: string(s.attribute("Id")), kind: kind, target: target}); len(out) > mostRelations {
			return errTooLarge
		}
		return nil
	})
	return out, err
}

// related returns the target of the first relation of a kind, "" if there is none.
func related(list []relation, kind string) string {
	for _, r := range list {
		if r.kind == kind {
			return r.target
		}
	}
	return ""
}
