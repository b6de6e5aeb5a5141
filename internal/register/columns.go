// Package register makes lists of a project's participants: the register, one row a participant with all that is known
// of them, and exports, which have the columns and codes of another system. It also compares a list of another system
// with the project's own.
package register

import (
	"slices"
	"strings"

	"outreach/internal/counting"
	"outreach/internal/project"
	"outreach/internal/schema"
)

// The names of the columns that every register has beside names, keys, attributes and activities.
const (
	ID      = "id"
	Entry   = "entry"
	Exit    = "exit"
	Age     = "age" // on the year of the entry; exports alone
	Minutes = "advice_minutes"
	Missing = "missing"
	LeftOut = "left_out"
)

// What a column of an activity has, after the activity's id and a point.
const (
	ofSignup  = "signup"
	ofOutcome = "outcome"
	ofHours   = "hours"
)

// Column is a column of the register, or a field that an export may have.
type Column struct {
	Name  string
	Field *schema.Field // of its values; nil: texts
	Day   bool          // its values are dates

	identity  bool
	attribute int    // its index among the attributes, -1: it is none
	activity  string // the activity that it is about, or ""
	kind      string // the kind of record whose last one has the value, or ""
}

// Number reports whether values are numbers.
func (c Column) Number() bool {
	return c.Name == Minutes || c.Name == Age || c.Field != nil && c.Field.Type.Number()
}

// Options returns the values that the column may have, nil for any others.
func (c Column) Options(d *project.Definition) []string {
	switch f := c.Field; {
	case f == nil || c.identity:
		return nil
	case f.Type.Listed():
		var ids []string
		for _, o := range f.Options(d) {
			ids = append(ids, o.ID)
		}
		return refusable(f, ids)
	case f.Type == schema.YesNo:
		return refusable(f, []string{"yes", "no"})
	}
	return nil
}

func refusable(f *schema.Field, ids []string) []string {
	if f.Refusable {
		return append(ids, schema.Refused)
	}
	return ids
}

// states is the field of a sign-up's state.
var states = schema.Field{Name: ofSignup, Type: schema.Choice, Options: func(*project.Definition) []schema.Option {
	return []schema.Option{{ID: schema.Accepted}, {ID: schema.Waitlisted}, {ID: schema.Held}}
}}

// Columns returns the columns of the register, in order: who it is, the attributes as they are counted, the days of
// entry and exit, each activity, the minutes of advice, and what is missing. further are activities that the definition
// does not have, or no longer.
func Columns(d *project.Definition, further ...string) []Column {
	registry := schema.For(d)
	out := []Column{{Name: ID, identity: true, attribute: -1}}
	identity := func(name string, f *schema.Field) {
		if !slices.ContainsFunc(out, func(c Column) bool { return c.Name == name }) {
			out = append(out, Column{Name: name, Field: f, identity: true, attribute: -1})
		}
	}
	for _, f := range registry.Keys.Names() {
		if registry.Attribute(f.Name) < 0 {
			identity(f.Name, f)
		}
	}
	identity(project.KeyEmail, nil)
	for _, f := range registry.Keys.Fields {
		identity(f.Name, f)
	}
	identity(project.KeyPhone, nil)
	for i, f := range registry.Attributes() {
		out = append(out, Column{Name: f.Name, Field: f, Day: f.Type == schema.Date, attribute: i})
	}
	plain := func(name string, day bool) Column { return Column{Name: name, Day: day, attribute: -1} }
	out = append(out, plain(Entry, true), plain(Exit, true))
	attendance := registry.Kind(schema.Attendance)
	for _, id := range append(activities(d), further...) {
		for _, what := range []struct {
			name  string
			field *schema.Field
		}{{ofSignup, &states}, {ofOutcome, attendance.Field("outcome")}, {ofHours, attendance.Field("hours")}} {
			out = append(out, Column{Name: id + "." + what.name, Field: what.field, attribute: -1, activity: id})
		}
	}
	out = append(out, plain(Minutes, false), plain(Missing, false))
	if len(d.People.Complete) > 0 && d.People.Incomplete == project.CountedNowhere {
		out = append(out, plain(LeftOut, false))
	}
	return out
}

func activities(d *project.Definition) []string {
	var ids []string
	for _, a := range d.Activities {
		ids = append(ids, a.ID)
	}
	return ids
}

// Fields returns what a column of an export may have: the columns of the register, the age, and the open fields of the
// last record of each kind about people, as exit.reason.
func Fields(d *project.Definition) []Column {
	out := append(Columns(d), Column{Name: Age, attribute: -1})
	for _, k := range schema.For(d).Kinds {
		if !k.Person || k.Name == schema.Signup {
			continue
		}
		for i := range k.Fields {
			name := k.Name + "." + k.Fields[i].Name
			if k.Fields[i].Privacy != schema.Open || k.Fields[i].Type == schema.File || slices.ContainsFunc(out, func(c Column) bool { return c.Name == name }) {
				continue
			}
			out = append(out, Column{Name: name, Field: &k.Fields[i], Day: k.Fields[i].Type == schema.Date, attribute: -1, kind: k.Name})
		}
	}
	return out
}

// find returns the column with a name, and whether there is one.
func find(columns []Column, name string) (Column, bool) {
	i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{}, false
	}
	return columns[i], true
}

// Last returns what an export needs of the last records of participants.
func Last(d *project.Definition, e project.Export) []counting.LastField {
	fields := Fields(d)
	var out []counting.LastField
	for _, column := range e.Columns {
		if c, ok := find(fields, column.Field); ok && c.kind != "" {
			one := counting.LastField{Kind: c.kind, Field: strings.TrimPrefix(c.Name, c.kind+".")}
			if !slices.Contains(out, one) {
				out = append(out, one)
			}
		}
	}
	return out
}
