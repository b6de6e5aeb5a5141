package snapshotsweb

import (
	"outreach/internal/project"
	"outreach/internal/snapshot"
)

type results struct {
	Project  project.Definition `json:"project"`
	Snapshot *snapshot.Snapshot `json:"snapshot"`
	Checked  string             `json:"checked,omitempty" format:"date" doc:"The day up to which the nightly run looked for changes; missing before its first night"`
}

type snapshotLine struct {
	Project    string              `json:"project"`
	ID         string              `json:"id"`
	AsOf       string              `json:"as_of" format:"date"`
	KnownAt    string              `json:"known_at" format:"date-time" doc:"When the facts were read"`
	Definition snapshot.Definition `json:"definition"`
	State      string              `json:"state" enum:"draft,approved,rejected"`
	Supersedes *string             `json:"supersedes" doc:"The snapshot of the same day that this one replaces"`
	Hash       string              `json:"hash"`
	Seal       *string             `json:"seal" doc:"null: not sealed"`
}
