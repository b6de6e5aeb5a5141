package page

import (
	"outreach/internal/programme"
	"outreach/internal/snapshot"
)

// Programme is the page of the projects of a programme.
type Programme struct{ programme.Programme }

type programmePage struct {
	Programme
	CSV   string // the address of the table
	Shown int64  // how many projects
}

func (p Programme) render(v view) (string, any) {
	return "programme", programmePage{Programme: p, Shown: int64(len(p.Projects)), CSV: "/programme/" + p.ID + ".csv?lang=" + v.Messages.Language()}
}

// Achieved returns what an indicator has achieved, in words.
func (v view) Achieved(in snapshot.Indicator) string {
	switch {
	case in.Said != "":
		return in.Said
	case in.Achieved == "":
		return "–"
	}
	return v.Number(in.Achieved)
}
