package page

import (
	"strings"
	"time"
)

// Sources is the list of a project's sources, with a form for a new one. The form posts to /{project}/sources.
type Sources struct {
	Items []SourceLine
	Next  string // the address of the next page, or ""
	New   SourceText
	Ready []ReadySource
}

// ReadySource is the format of a known tool, of which the form may be filled in with a copy.
type ReadySource struct {
	ID, Tool, Kind string
	Chosen         bool // the form has it
}

// SourceLine is a version of a source.
type SourceLine struct {
	ID, Kind, By, Text  string
	Partners, Recognise []string
	Version             int
	At                  time.Time
	Removed             bool // it was taken away by this version
}

// SourceText is the text of a source in the editor, with what is wrong with it.
type SourceText struct {
	Text     string
	Version  string // the ETag of the version shown, sent back as _if_match
	Problems []LineProblem
}

// Quote returns a line of the text, counted from 1; "" where there is none.
func (t SourceText) Quote(line int) string { return Definition{YAML: t.Text}.Quote(line) }

// Rows returns how many lines the editor shows.
func (t SourceText) Rows() int { return min(36, max(10, 1+strings.Count(t.Text, "\n"))) }

// Source is the page of one source: the editor, and its versions. The form posts to its own address.
type Source struct {
	Line     SourceLine
	Typed    SourceText
	Versions []SourceLine
	Next     string // the address of the next page, or ""
}

// SourceSecret shows the new secret of a source's hook, this once.
type SourceSecret struct {
	Source, Address, Secret string
	Signature               string // the header with the HMAC of a body, "" where the source names none
}

// Deliveries is the list of what other form tools sent and could not be taken.
type Deliveries struct {
	Items []DeliveryLine
	Next  string // the address of the next page, or ""
}

// DeliveryLine is such a delivery.
type DeliveryLine struct {
	ID, Source string
	At         time.Time
	Errors     []DeliveryError
	Removed    bool // its payload was removed
}

// DeliveryError is a reason why a delivery could not be taken.
type DeliveryError struct{ Field, Message string }

// Delivery is the page of one delivery, with what it says.
type Delivery struct {
	Line    DeliveryLine
	Payload string // as indented JSON, "" where it was removed
}

func (s SourceSecret) render(view) (string, any) { return "secret", s }
func (d Deliveries) render(view) (string, any)   { return "deliveries", d }
func (d Delivery) render(view) (string, any)     { return "delivery", d }
func (s Sources) render(view) (string, any)      { return "sources", s }
func (s Source) render(view) (string, any)       { return "source", s }
