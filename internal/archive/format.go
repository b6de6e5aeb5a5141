// Package archive moves a project from one tracker to another: it writes everything of a project into one ZIP, and
// makes the project of such a file. The ZIP has tables for people to read, as CSV, and lines of JSON that lose nothing,
// of which the import reads. It has no key, token or secret: keyed hashes of private texts are made anew from the
// texts, by the secret of the tracker that takes the project in.
package archive

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"outreach/internal/fact"
)

// Version is the version of the format. An import reads its own version and no other.
const Version = 1

// manifest is the first entry.
type manifest struct {
	Format  int        `json:"format"`
	Project string     `json:"project"`
	Made    time.Time  `json:"made"`
	Program string     `json:"program"` // the version of the tracker that made it
	Heads   fact.Heads `json:"heads"`   // the number of facts in each lane
}

// Names of entries that the import reads, and of folders.
const (
	manifestName = "manifest.json"
	readmeName   = "README.md"

	definitionFolder = "definition/"
	originalFolder   = "originals/"
	attachmentFolder = "attachments/"
	snapshotFolder   = "snapshots/"
	recordFolder     = "records/"

	definitionsData = "data/definitions.jsonl"
	factsData       = "data/facts.jsonl"
	sealsData       = "data/seals.jsonl"
	staffData       = "data/staff.jsonl"
	peopleData      = "data/people.jsonl"
	distinctData    = "data/distinct.jsonl"
	textsData       = "data/texts.jsonl"
	recordsData     = "data/records.jsonl"
	signupsData     = "data/signups.jsonl"
	uploadsData     = "data/uploads.jsonl"
	rowsData        = "data/rows.jsonl"
	attachmentsData = "data/attachments.jsonl"
	snapshotsData   = "data/snapshots.jsonl"
	listsData       = "data/lists.jsonl"
	reportsData     = "data/reports.jsonl"
	saidData        = "data/said.jsonl"
	sourcesData     = "data/sources.jsonl"
	deliveriesData  = "data/deliveries.jsonl"
	purgesData      = "data/purges.jsonl"
	erasuresData    = "data/erasures.jsonl"
)

// data says what each entry of lines has, in the order of the README.
var data = []struct{ name, about string }{
	{definitionsData, "Versions of the definition as they are counted with; the text of each is in definition/."},
	{factsData, "All facts: the source of every figure. lane and number are the place in the log, fact is the fact."},
	{peopleData, "People with their identity, forms, corrections, questions, what mentions them, and keys that they share."},
	{distinctData, "Pairs of people who look alike and were marked as two."},
	{recordsData, "Records that were typed one by one, in their latest version, voided ones too, with the private texts of each version."},
	{signupsData, "Sign-ups, cancelled ones too, without identity."},
	{textsData, "Notes of snapshots and of what was said."},
	{uploadsData, "Files with their state, name and findings."},
	{rowsData, "Rows of files in packs, each with the private texts of its rows by their numbers."},
	{attachmentsData, "Photos and documents of records; the files are in attachments/."},
	{snapshotsData, "Snapshots with their state; figures and evidence are in snapshots/."},
	{listsData, "The newest snapshot of each day, the chain of approved ones, what was shown to the public, and the tasks of which the office knows."},
	{reportsData, "Which snapshot was the report of a reporting period."},
	{saidData, "What the office said of indicators that are not counted."},
	{sourcesData, "Versions of the sources by which other people's formats are read, those that were taken away, too. Their secrets are left out: make new ones."},
	{deliveriesData, "What other form tools sent and could not be taken, as it waits for the office, with its payload, unless that was removed."},
	{staffData, "E-mail addresses of the staff by their random ids."},
	{purgesData, "Classes of data that were removed because they are kept no longer."},
	{erasuresData, "The erasure ledger: ids of erased people, and the pseudonyms in their place."},
	{sealsData, "Private texts by the keyed hashes that stand in their place in facts. Another tracker makes other hashes of them."},
}

// files describes the other entries that the import reads.
var files = []struct{ name, about string }{
	{definitionFolder + "{version}.yaml", "A version of the definition as it was sent."},
	{originalFolder + "{upload}.{ending}", "A file of rows as it was sent, unless it was removed. uploads.csv has its name."},
	{attachmentFolder + "{attachment}.{ending}", "A photo or document as it was sent. attachments.csv has its name."},
	{snapshotFolder + "{snapshot}/snapshot.json", "The figures of a snapshot, which have its hash."},
	{snapshotFolder + "{snapshot}/evidence.json", "Which parts of the evidence are of which figure, and what changed since."},
	{snapshotFolder + "evidence/{hash}.json", "Records behind figures; the name is the SHA-256 of the content."},
	{snapshotFolder + "evidence/{hash}.leaves", "Hashes of records, as docs/funder.md describes them."},
	{snapshotFolder + "evidence/{hash}.salts", "Salts of these hashes, 16 bytes for each record; of changes {snapshot}/salts.json."},
}

// column is a column of a table for people to read.
type column struct{ name, about string }

// tableDoc describes a table for people to read.
type tableDoc struct {
	name, about string // the name without its ending
	columns     []column
}

// file returns the name of the table's entry.
func (t tableDoc) file() string { return t.name + ".csv" }

// readme returns the README of an archive with its tables, each with its columns.
func readme(m manifest, tables []tableDoc) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Archive of the project %s

Made on %s by tracker %s. Format %d.

This file has everything that the tracker keeps of the project: who took part, what was recorded, the files that were
sent, the definition in all its versions, the snapshots with their evidence, and the erasure ledger. It has no key,
token, password or secret, and no letters. It has personal data: keep it as you keep the tracker itself, and delete it
when it has served its purpose. People who are erased in the tracker later are still in this file.

A tracker that does not have the project takes it in with `+"`POST /archive`"+` (an administrator). It computes the same
hashes of the same figures, erases again everybody who is in the ledger, and sends no letters about what it took in.
Links in letters that were sent before do not work there, and certificates get new numbers.

To take in an archive after people were erased, put `+"`%s`"+` of a newer archive in the place of its own.

## Tables for people to read

CSV (RFC 4180) in UTF-8, comma-separated, with a header. **Texts are written as they are**: one that begins with
`+"`=`, `+`, `-` or `@`"+` may be a formula to a spreadsheet, so import the columns as text. Dates are YYYY-MM-DD, instants
RFC 3339 in UTC. A blank cell was not given. The import does not read these tables.
`, m.Project, m.Made.UTC().Format(time.RFC3339), m.Program, m.Format, erasuresData)
	for _, t := range tables {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| column | meaning |\n|---|---|\n", t.file(), t.about)
		for _, c := range t.columns {
			fmt.Fprintf(&b, "| %s | %s |\n", c.name, strings.ReplaceAll(strings.ReplaceAll(c.about, "|", "\\|"), "\n", " "))
		}
	}
	fmt.Fprintf(&b, `
## What the import reads

`+"`%s`"+` names project and format. The other entries are text in UTF-8 with one JSON object on each line, or files as
they were sent.

| entry | content |
|---|---|
`, manifestName)
	for _, d := range append(data[:len(data):len(data)], files...) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", d.name, d.about)
	}
	return b.String()
}

// Refused is the error of a file that cannot be taken in.
type Refused struct {
	Entry string // where; "": the file itself
	Line  int    // of the entry, from 1; 0: none
	Code  string // the key of a message is "archive." and the code
	Args  []any
}

func (r *Refused) Error() string {
	return fmt.Sprintf("archive refused: %s, entry %q, line %d", r.Code, r.Entry, r.Line)
}

// refused returns a *Refused about an entry.
func refused(entry, code string, args ...any) error {
	return &Refused{Entry: entry, Code: code, Args: args}
}

// IsRefused returns the *Refused that an error wraps, and whether there is one.
func IsRefused(err error) (*Refused, bool) {
	var r *Refused
	is := errors.As(err, &r)
	return r, is
}
