package report

import (
	"slices"
	"strings"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
	"outreach/internal/text"
)

// Dimensions are the breakdowns a snapshot may have, in the order in which they are shown.
func Dimensions(d *project.Definition) []string {
	var out []string
	for _, f := range schema.For(d).Attributes() {
		out = append(out, f.Dimension())
	}
	return out
}

// DimensionName is what a breakdown is called.
func DimensionName(words *text.Messages, d *project.Definition, dimension string) string {
	if f := schema.For(d).Kind(schema.Signup).Field(dimension); f != nil && !words.Has("dimension."+dimension) {
		return f.LabelIn(words)
	}
	return words.Say("dimension." + dimension)
}

// Part is what a part of a breakdown is called.
func Part(words *text.Messages, d *project.Definition, dimension, code string) string {
	if code == "unknown" {
		return words.Say("dimension.unknown")
	}
	if dimension == "age" {
		return strings.Replace(code, "-", "–", 1)
	}
	f := schema.For(d).Kind(schema.Signup).Field(dimension)
	if f == nil || f.Options == nil {
		return code
	}
	for _, option := range f.Options(d) {
		if option.ID == code {
			return option.Label.In(words.Language())
		}
	}
	return code
}

// Codes are the parts of a dimension that any of several breakdowns has.
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

// Unit is what an indicator's unit is called.
func Unit(words *text.Messages, unit string) string {
	if words.Has("unit." + unit) {
		return words.Say("unit." + unit)
	}
	return unit
}
