package peopleweb

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/web"
)

// incompletePerson is a person who lacks attributes.
type incompletePerson struct {
	Person     people.PersonView `json:"person"`
	Missing    []string          `json:"missing" doc:"The names of the attributes"`
	Activities []string          `json:"activities" doc:"To which they signed up"`
	FirstDay   string            `json:"first_day" format:"date" doc:"Of their first record that counts"`
	AskedAt    string            `json:"asked_at,omitempty" format:"date-time" doc:"When they were last asked by e-mail"`
}

// incompleteList is a page of the list of people who lack attributes.
type incompleteList struct {
	Items      []incompletePerson `json:"items"`
	Next       *string            `json:"next" doc:"The cursor of the following page; null at the end"`
	AsOf       *string            `json:"as_of" format:"date" doc:"The day up to which records were looked at; null: there is no snapshot yet"`
	Complete   []string           `json:"complete" doc:"The attributes that a complete participant has"`
	Incomplete string             `json:"incomplete" enum:"everywhere,total,nowhere" doc:"Where others count"`
}

func askedAt(p people.Person) string {
	if p.Asked.At.IsZero() {
		return ""
	}
	return p.Asked.At.Format(time.RFC3339)
}

// incomplete lists the people who lack attributes. The cursor is an offset.
func (h Handlers) incomplete(c *web.Call) error {
	from, err := c.Offset()
	if err != nil {
		return err
	}
	d := c.Defined.Definition
	filter := people.IncompleteFilter{Attribute: c.URL.Query().Get("attribute")}
	if filter.Activity, err = c.Activity(); err != nil {
		return err
	}
	if filter.Attribute != "" && !slices.Contains(d.People.Complete, filter.Attribute) {
		return web.Invalid(schema.Problem{Field: "attribute", Code: schema.NotInList})
	}
	found := people.IncompletePage{Next: -1}
	if len(d.People.Complete) > 0 {
		if found, err = h.people.Incomplete(c.Context(), c.Project, d.People.Complete, filter, from, c.Limit()); err != nil {
			return err
		}
	}
	next := ""
	if found.Next >= 0 {
		next = strconv.Itoa(found.Next)
	}
	if c.Page {
		content := page.Incomplete{Definition: d, Attribute: filter.Attribute, Activity: filter.Activity, Day: found.Day, Next: c.NextAddress(next)}
		for _, one := range found.Items {
			content.Items = append(content.Items, page.IncompletePerson{Person: item(one.Person), Missing: one.Missing, Since: one.Since, Activities: one.Activities, Asked: askedAt(one.Person)})
		}
		return c.Show(http.StatusOK, content)
	}
	out := incompleteList{Items: []incompletePerson{}, Complete: append([]string{}, d.People.Complete...), Incomplete: cmp.Or(d.People.Incomplete, project.CountedEverywhere)}
	for _, one := range found.Items {
		out.Items = append(out.Items, incompletePerson{Person: one.Person.View(), Missing: one.Missing, Activities: append([]string{}, one.Activities...), FirstDay: one.Since, AskedAt: askedAt(one.Person)})
	}
	if next != "" {
		out.Next = &next
	}
	if found.Day != "" {
		out.AsOf = &found.Day
	}
	return c.JSON(http.StatusOK, out)
}
