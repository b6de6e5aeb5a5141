package report

import (
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/text"
)

// Dimensions returns the breakdowns that a snapshot may have, in the order in which they are shown: of people, then of
// records.
func Dimensions(d *project.Definition) []string {
	var out []string
	for _, f := range schema.For(d).Attributes() {
		if f.Breaks() {
			out = append(out, f.Dimension())
		}
	}
	for _, in := range d.Indicators {
		for _, name := range in.By {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// field returns the field of a breakdown: an attribute, or the field of the records of an indicator. It returns nil if
// there is none.
func field(d *project.Definition, dimension string) *schema.Field {
	registry := schema.For(d)
	if f := registry.Kind(schema.Signup).Field(dimension); f != nil {
		return f
	}
	for _, in := range d.Indicators {
		if kind := registry.Kind(in.Of); kind != nil && slices.Contains(in.By, dimension) {
			return kind.Field(dimension)
		}
	}
	return nil
}

// Achieved returns what was achieved: the label of what was said of a scale, else the number.
func Achieved(words *text.Messages, d *project.Definition, in snapshot.Indicator) string {
	if in.Said == "" {
		return words.Number(in.Achieved)
	}
	defined, _ := d.Indicator(in.Code)
	for _, one := range defined.Scale {
		if one.ID == in.Said {
			return one.Label.In(words.Texts())
		}
	}
	return in.Said
}

// DimensionName returns the name of a breakdown.
func DimensionName(words *text.Messages, d *project.Definition, dimension string) string {
	if f := field(d, dimension); f != nil && !words.Has("dimension."+dimension) {
		return f.LabelIn(words)
	}
	if words.Has("dimension." + dimension) {
		return words.Say("dimension." + dimension)
	}
	return dimension
}

// Part returns the name of a part of a breakdown, its code if it has no other.
func Part(words *text.Messages, d *project.Definition, dimension, code string) string {
	switch code {
	case snapshot.Unknown:
		return words.Say("dimension.unknown")
	case schema.Refused:
		return words.Say("value.refused")
	}
	if dimension == "age" {
		return strings.Replace(code, "-", "–", 1)
	}
	f := field(d, dimension)
	switch {
	case f != nil && f.Type == schema.YesNo:
		return words.Say("value." + code)
	case f == nil || f.Options == nil:
		return code
	}
	for _, option := range f.Options(d) {
		if option.ID == code {
			return option.Label.In(words.Texts())
		}
	}
	return code
}

// Codes returns the codes of all parts of a dimension in several breakdowns, each once.
func Codes(of []snapshot.Breakdowns, dimension string) []string {
	var codes []string
	for _, by := range of {
		for _, part := range by[dimension] {
			if !slices.Contains(codes, part.Code) {
				codes = append(codes, part.Code)
			}
		}
	}
	return codes
}

// Unit returns the name of a unit, its code if it has no other.
func Unit(words *text.Messages, unit string) string {
	if words.Has("unit." + unit) {
		return words.Say("unit." + unit)
	}
	return unit
}
