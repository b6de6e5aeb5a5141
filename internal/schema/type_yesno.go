package schema

import "outreach/internal/text"

// YesNo is yes or no.
var YesNo = &Type{Name: "yes-no", wrong: NotInList, parse: parseYesNo}

var yesNo = map[string]string{"yes": "yes", "no": "no", "true": "yes", "false": "no", "1": "yes", "0": "no", "on": "yes"}

func parseYesNo(_ *Field, value string, s Scope) (string, *Problem) {
	if !s.Loose {
		if value == "yes" || value == "no" {
			return value, nil
		}
	} else if canonical, ok := yesNo[Same(value)]; ok {
		return canonical, nil
	} else if canonical, ok := text.YesNo()[Same(value)]; ok {
		return canonical, nil
	}
	return "", &Problem{Code: NotInList, Hint: "yes_no"}
}
