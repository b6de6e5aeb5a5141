// Package dhis2 writes a snapshot as a data value set of DHIS2, as its Web API imports it at /api/dataValueSets.
package dhis2

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"outreach/internal/project"
	"outreach/internal/snapshot"
)

// ValueSet is a data value set. All its values are of one period and one organisation unit.
type ValueSet struct {
	DataSet      string  `json:"dataSet,omitempty"`
	CompleteDate string  `json:"completeDate,omitempty" format:"date" doc:"The day of an approved snapshot; missing: the figures may change"`
	Period       string  `json:"period" doc:"The month, day, quarter or year in which the snapshot's day lies: 202603, 20260331, 2026Q1, 2026"`
	OrgUnit      string  `json:"orgUnit"`
	DataValues   []Value `json:"dataValues"`
}

// Value is one figure, or a part of a breakdown.
type Value struct {
	DataElement         string `json:"dataElement" doc:"The code of an indicator, or participants, unless the definition names another"`
	Period              string `json:"period"`
	OrgUnit             string `json:"orgUnit"`
	CategoryOptionCombo string `json:"categoryOptionCombo,omitempty"`
	Value               string `json:"value" doc:"What was achieved from the beginning of the project to the snapshot's day"`
}

// Of returns the data value set of a snapshot. Figures without a value, and those that the snapshot hides from the
// public, are left out. It fails where the snapshot's day is invalid.
func Of(d *project.Definition, s snapshot.Snapshot) (ValueSet, error) {
	given := project.DHIS2{}
	if d.DHIS2 != nil {
		given = *d.DHIS2
	}
	of, err := period(s.AsOf, given.Period)
	if err != nil {
		return ValueSet{}, fmt.Errorf("snapshot %s: %w", s.ID, err)
	}
	out := ValueSet{DataSet: given.DataSet, Period: of, OrgUnit: cmp.Or(given.OrgUnit, d.ID), DataValues: []Value{}}
	if s.State == snapshot.Approved {
		out.CompleteDate = s.AsOf
	}
	add := func(code, value string, by snapshot.Breakdowns) {
		one := Value{DataElement: cmp.Or(given.DataElements[code], code), Period: out.Period, OrgUnit: out.OrgUnit, Value: value}
		named, broken := given.Breakdowns[code]
		if !broken {
			if value != "" {
				out.DataValues = append(out.DataValues, one)
			}
			return
		}
		for _, part := range by[named.By] {
			if combination := named.Parts[part.Code]; combination != "" && part.Shown == "" {
				one.CategoryOptionCombo, one.Value = combination, part.Number().String()
				out.DataValues = append(out.DataValues, one)
			}
		}
	}
	for _, in := range s.Indicators {
		add(in.Code, cmp.Or(in.Said, in.Achieved.String()), in.By)
	}
	total := ""
	if !s.Participants.Few {
		total = strconv.FormatInt(s.Participants.Total, 10)
	}
	add(project.ParticipantsCode, total, s.Participants.By)
	return out, nil
}

// period returns the period of a length in which a day lies, as DHIS2 writes it.
func period(day, length string) (string, error) {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return "", err
	}
	switch length {
	case "day":
		return strings.ReplaceAll(day, "-", ""), nil
	case "quarter":
		return fmt.Sprintf("%dQ%d", at.Year(), (int(at.Month())+2)/3), nil
	case "year":
		return strconv.Itoa(at.Year()), nil
	}
	return at.Format("200601"), nil
}
