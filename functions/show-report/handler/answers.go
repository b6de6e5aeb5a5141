package handler

import (
	"outreach/internal/project"
	"outreach/internal/snapshot"
)

type health struct {
	Status  string `json:"status" enum:"ok"`
	Version string `json:"version" doc:"Of the program"`
}

type projectLine struct {
	ID         string         `json:"id"`
	Title      project.Text   `json:"title"`
	Programme  project.Text   `json:"programme"`
	Period     project.Period `json:"period"`
	State      string         `json:"state" enum:"upcoming,running,ended"`
	SignupOpen bool           `json:"signup_open" doc:"The public form takes sign-ups to some activity"`
}

type results struct {
	Project  project.Definition `json:"project"`
	Snapshot *snapshot.Snapshot `json:"snapshot"`
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
}
