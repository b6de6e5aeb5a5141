package page

import (
	"strings"
	"testing"

	"outreach/internal/project"
	"outreach/internal/text"
)

func TestRulesInWords(t *testing.T) {
	v := view{Messages: text.Of(text.English)}
	d := definition()
	for _, c := range []struct{ of, where, want string }{
		{"attendance", `activity == "partnerships" && outcome == "completed"`, "Activity: Training: social partnerships; Outcome: completed"},
		{"consultation", `field in ["law", 'accounting'] and minutes >= 30`, "Field: law or accounting; Minutes ≥ 30"},
		{"test", `post_score > pre_score`, "Score after > Score before"},
		{"media", `medium != "outdoor"`, "Medium: not outdoor advertising"},
		{"signup", `state == "accepted" or group == "individual"`, "State: accepted | Whom you represent: interested person"},
		{"attendance", `sex == ""`, "Sex: not given"},
		{"media", `title == "Tea && cake or not"`, "Title: Tea && cake or not"},
		{"media", ``, ""},
		{"media", `medium == "tv" && title == "a" || title == "b"`, ""},
		{"media", `not (medium == "outdoor")`, ""},
		{"media", `lower(title) contains "start"`, ""},
		{"signup", `birth_year in 1996..2008`, ""},
		{"elsewhere", `a == "b"`, ""},
	} {
		got := v.rule(d, project.Rule{Of: c.of, Where: c.where})
		by := "; "
		if got.Any {
			by = " | "
		}
		if said := strings.Join(got.Words, by); said != c.want || got.Where != c.where {
			t.Errorf("%s: %q, want %q", c.where, said, c.want)
		}
	}
}
