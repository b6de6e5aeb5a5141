// Package sources stores how other people's formats become records, in all their versions.
package sources

import (
	"slices"
	"strings"

	"outreach/internal/project"
)

// Source says how a format of someone else becomes records of a kind. Package definition reads and checks one.
type Source struct {
	ID        string                       `json:"id"`
	Kind      string                       `json:"kind"`                // the name of the kind of the records
	By        []string                     `json:"by,omitempty"`        // ids of the partners that may use it; coordinators always may
	Recognise []string                     `json:"recognise,omitempty"` // a header with all of these is of the source; none: of no file
	Columns   map[string]string            `json:"columns,omitempty"`   // their columns, by our field
	Formats   map[string]string            `json:"formats,omitempty"`   // of dates and numbers, by our field
	Values    map[string]map[string]string `json:"values,omitempty"`    // theirs to ours, by our field
	Constants map[string]string            `json:"constants,omitempty"` // what a field is where the file has no value
	Sum       []string                     `json:"sum,omitempty"`       // our fields that are added where rows have the same natural key
	Ignore    []string                     `json:"ignore,omitempty"`    // their columns that are passed over
	IgnoreAll bool                         `json:"ignore_all,omitempty"`
	Skip      string                       `json:"skip,omitempty"` // a condition on a row that is none

	// What follows is for the hook of the source, to which another form tool sends.
	Consent   project.Text `json:"consent,omitempty"`   // what people agreed to there; none: a column says whether they did
	Signature string       `json:"signature,omitempty"` // the header with the HMAC of the body; "": there is none
	Delivery  string       `json:"delivery,omitempty"`  // the JSON Pointer of the tool's own id of a delivery; "": there is none
}

// Usable reports whether an owner of files may use the source: a partner's id, or "" for the office.
func (s *Source) Usable(partner string) bool { return partner == "" || slices.Contains(s.By, partner) }

// OwnerOf returns the partner whose sources may have an id: the one whose own id it begins with, followed by a hyphen;
// of several the one with the longest id. It returns "" for the office.
func OwnerOf(d *project.Definition, id string) string {
	owner := ""
	for _, p := range d.Partners {
		if strings.HasPrefix(id, p.ID+"-") && len(p.ID) > len(owner) {
			owner = p.ID
		}
	}
	return owner
}
