package page

import "time"

// Uploads is the list of uploads with the form for a new one. The form posts the file itself, as multipart/form-data, to
// /{project}/uploads; with JavaScript it asks there for a place to upload, and sends the file to that.
type Uploads struct {
	Items []Upload
	Next  string // the address of the next page, or ""
	Error string // what was wrong with the form, or ""
	All   bool   // everybody's uploads, for the coordinator: the list names the owners
	Once  string // idempotency key
}

// Upload is one upload: a line of the list, and with its problems a page of its own.
type Upload struct {
	ID, State, Kind, Filename, Owner string
	SHA256                           string
	Bytes                            int64
	Rows, New, Changed, Unchanged    int
	Errors, Warnings                 []CellProblem
	Cut                              bool // there are more errors than the list has
	ReceivedAt, FinishedAt           time.Time
	SameAs                           string // the upload that said the same before, or ""
	CheckOnly                        bool
	Mine                             bool      // may be withdrawn by who looks at it
	Original                         string    // the address of the file as it was sent, or ""
	Removed                          time.Time // when that was removed; zero: it is there
}

// CellProblem is something wrong with one cell, or worth a warning; its message is in the reader's language.
type CellProblem struct {
	Row                          int
	Column, Code, Value, Message string
}

// Going tells that the upload is still worked on.
func (u Upload) Going() bool { return u.State == "received" || u.State == "processing" }

// Counts tells that the upload's rows count.
func (u Upload) Counts() bool { return u.State == "accepted" }

// Read tells that the file was read to its end, so that its numbers mean something.
func (u Upload) Read() bool {
	return u.State == "accepted" || u.State == "checked" || u.State == "withdrawn"
}

func (u Uploads) draw(view) (string, any) { return "uploads", u }
func (u Upload) draw(view) (string, any)  { return "upload", u }
