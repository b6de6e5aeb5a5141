package report

import (
	"strings"

	"outreach/internal/project"
	"outreach/internal/signup"
	"outreach/internal/text"
)

// Dimensions are the breakdowns a snapshot may have, in the order in which they are shown.
var Dimensions = []string{"sex", "age", "education", "labour_status", "residence", "disability", "group"}

// Part is what a part of a breakdown is called.
func Part(words *text.Messages, d *project.Definition, dimension, code string) string {
	if code == "unknown" {
		return words.Say("dimension.unknown")
	}
	if dimension == "age" {
		return strings.Replace(code, "-", "–", 1)
	}
	i := signup.Kind.Index(dimension)
	if i < 0 || signup.Kind.Fields[i].Options == nil {
		return code
	}
	for _, option := range signup.Kind.Fields[i].Options(d) {
		if option.ID == code {
			return option.Label.In(words.Language())
		}
	}
	return code
}
