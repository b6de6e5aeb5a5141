package page

import (
	"strings"
	"time"
)

// Definition is the editor of the project's definition. Its form posts to its own address; a check adds dry_run=1.
type Definition struct {
	YAML     string
	Number   int    // of the version shown; 0: there is none yet
	SHA256   string // of the version shown
	Version  string // its ETag, sent back as _if_match
	Problems []LineProblem
	Warnings []LineProblem // of a checked one: rules that may fail for some records
	Checked  bool          // it was checked, is valid, and was not saved
	Changes  []string      // what would differ from the present version, in words
	Proof    []ProofLine
	Preview  *Preview // of a checked one that differs; nil: none
}

// Preview is how figures would change.
type Preview struct {
	AsOf     string
	TooLarge string // why there are no lines
	Lines    []PreviewLine
}

// PreviewLine is a figure under the definition in force and under the checked one.
type PreviewLine struct {
	Code, Label, What string
	Before, After     string
	Rule, Was         []string // how it is counted, and how it was if that differs
	Newly, NoLonger   Moved
}

// Moved is who or what would newly count, or no longer; Items are the first of them.
type Moved struct {
	Count int64
	Items []MovedItem
}

// MovedItem is a person or a record, at an address below the project's.
type MovedItem struct {
	ID, Date, Kind, Address string
}

// ProofLine is where the records behind a promised line come from.
type ProofLine struct {
	Code, Label, Until string
	Sources            []ProofSource
	Others             string // the codes that it is worked out from
	Missing            []string
}

// ProofSource is a kind of record, its page, and who records it.
type ProofSource struct {
	Name, Address, Who string
	FileBy             string // who sends files of it; "": no file has it
}

// LineProblem is a problem at a place of the definition.
type LineProblem struct {
	Line, Column int
	Message      string
}

// Quote returns a line of the definition, counted from 1; "" where there is none.
func (d Definition) Quote(line int) string {
	lines := strings.Split(d.YAML, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.TrimRight(lines[line-1], "\r")
}

func (d Definition) render(view) (string, any) { return "definition", d }

// Versions is the list of a definition's versions, newest first.
type Versions struct {
	Items []Version
	Next  string // the address of the next page, or ""
}

// Version is one version of a definition. By and At are empty for old versions.
type Version struct {
	Number int
	SHA256 string
	By     string
	At     time.Time
}

func (p Versions) render(view) (string, any) { return "versions", p }

// OldDefinition is the text of one version, with its changes to the version before.
type OldDefinition struct {
	Version
	YAML    string
	Changes []string
	Present bool // it is in force
}

func (p OldDefinition) render(view) (string, any) { return "version", p }
