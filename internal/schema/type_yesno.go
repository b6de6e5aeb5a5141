package schema

import (
	"slices"

	"outreach/internal/project"
	"outreach/internal/text"
)

// YesNo is yes or no.
var YesNo = &Type{Name: "yes-no", wrong: NotInList, parse: parseYesNo}

const yes, no = "yes", "no"

// TakesBooleans reports whether the field takes true and false in JSON, beside the texts yes and no: it is of the type
// YesNo, or its list has these two.
func (f *Field) TakesBooleans(d *project.Definition) bool {
	if f.Type != Choice {
		return f.Type == YesNo
	}
	has := func(id string) bool {
		return slices.ContainsFunc(f.Options(d), func(o Option) bool { return o.ID == id })
	}
	return has(yes) && has(no)
}

var yesNo = map[string]string{"yes": "yes", "no": "no", "true": "yes", "false": "no", "1": "yes", "0": "no", "on": "yes"}

func parseYesNo(_ *Field, value string, s Scope) (string, *Problem) {
	if !s.Loose {
		if value == yes || value == no {
			return value, nil
		}
		return "", &Problem{Code: NotInList, Hint: "yes_no_json"}
	}
	if canonical, ok := yesNo[Same(value)]; ok {
		return canonical, nil
	}
	if canonical, ok := text.YesNo()[Same(value)]; ok {
		return canonical, nil
	}
	return "", &Problem{Code: NotInList, Hint: "yes_no"}
}
