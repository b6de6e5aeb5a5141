package peopleweb

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"outreach/internal/page"
	"outreach/internal/people"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/web"
)

// asked is a question that is on its way to a person.
type asked struct {
	Person     string   `json:"person" doc:"The person's id"`
	Attributes []string `json:"attributes" doc:"What is asked: of a person whose address may be another person's too, nothing sensitive"`
	Until      string   `json:"until" format:"date-time" doc:"Until when it can be answered"`
}

// openQuestion is a question as the holder of its link sees it.
type openQuestion struct {
	State      string   `json:"state" enum:"open,answered,over"`
	Attributes []string `json:"attributes" doc:"What is asked, as in the e-mail; none where it is closed"`
}

// ask sends a person a question for what they lack.
func (h Handlers) ask(c *web.Call) error {
	p, stored, err := h.load(c, c.PathValue("id"))
	if err != nil {
		return err
	}
	known := stored.Attributes(registry(c), derived(c, p))
	missing := slices.DeleteFunc(slices.Clone(c.Defined.Definition.People.Complete), func(name string) bool { return known[name] != "" })
	if len(missing) == 0 {
		return &web.Error{Status: http.StatusConflict, Detail: "nothing_missing"}
	}
	by, err := c.Staff()
	if err != nil {
		return err
	}
	locale := ""
	for _, s := range stored.Signups {
		if s.Locale != "" {
			locale = s.Locale
		}
	}
	q, err := h.people.Ask(c.Context(), c.Project, p.ID, by, missing, locale, registry(c))
	for refused, detail := range map[error]string{people.ErrNoAddress: "no_address", people.ErrSharedAddress: "shared_address", people.ErrAskedAlready: "asked_already"} {
		if errors.Is(err, refused) {
			return &web.Error{Status: http.StatusConflict, Detail: detail}
		}
	}
	if err != nil {
		return err
	}
	if c.Page {
		return c.Redirect("/" + c.Project + "/people/incomplete?done=asked")
	}
	return c.JSON(http.StatusCreated, asked{Person: p.ID, Attributes: q.Attributes, Until: q.At.Add(people.QuestionLife).Format(time.RFC3339)})
}

// optional returns a kind of body with some fields, none of which is required.
func optional(name string, fields []*schema.Field) *schema.Kind {
	k := &schema.Kind{Name: name}
	for _, f := range fields {
		one := *f
		one.Required = false
		k.Fields = append(k.Fields, one)
	}
	return k
}

// question returns the question of the address, and what it asks for now, if a token is that of its link. A wrong token
// fails as a wrong id does.
func (h Handlers) question(c *web.Call, token string) (people.Question, []*schema.Field, error) {
	id := c.PathValue("id") + "-" + c.PathValue("question")
	if !h.people.IsQuestionToken(c.Project, id, token) {
		return people.Question{}, nil, store.ErrNotFound
	}
	q, p, err := h.people.Question(c.Context(), c.Project, id)
	if err != nil {
		return q, nil, err
	}
	open, err := h.people.OpenAttributes(c.Context(), c.Defined.Definition, q, p)
	return q, open, err
}

// showQuestion shows the holder of a link what is asked. It changes nothing.
func (h Handlers) showQuestion(c *web.Call) error {
	token := c.URL.Query().Get("token")
	q, open, err := h.question(c, token)
	if err != nil {
		return err
	}
	return showQuestion(c, http.StatusOK, q.Answered(), page.Question{Attributes: open, Token: token})
}

func showQuestion(c *web.Call, status int, answered bool, content page.Question) error {
	content.Definition, content.Done = c.Defined.Definition, answered
	if c.Page {
		return c.Show(status, content)
	}
	out := openQuestion{State: "over", Attributes: []string{}}
	switch {
	case answered:
		out.State = "answered"
	case len(content.Attributes) > 0:
		out.State = "open"
	}
	for _, f := range content.Attributes {
		out.Attributes = append(out.Attributes, f.Name)
	}
	return c.JSON(status, out)
}

// answer stores what the holder of a link answers, once.
func (h Handlers) answer(c *web.Call) error {
	body, err := c.Read()
	if err != nil {
		return err
	}
	token := c.URL.Query().Get("token")
	if sent := body.Take("token"); sent != "" {
		token = sent
	}
	q, open, err := h.question(c, token)
	if err != nil {
		return err
	}
	values := schema.Values{}
	if len(open) > 0 {
		kind := optional("answer", open)
		entry, problems := kind.Read(body.Given, c.Scope(body.Form))
		if values = kind.Values(entry.Row); len(problems) == 0 && len(values.All()) == 0 {
			problems = []schema.Problem{{Field: open[0].Name, Code: schema.Missing}}
		}
		if len(problems) > 0 {
			if c.Page && body.Form {
				return showQuestion(c, http.StatusUnprocessableEntity, false, page.Question{Attributes: open, Token: token, Entry: page.Entry{Values: body.Values(), Problems: problems}})
			}
			return web.Invalid(problems...)
		}
	}
	if len(open) > 0 || q.Answered() { // an earlier request may have ended before the answer counted
		err = h.people.Answer(c.Context(), c.Project, q.ID, values, registry(c))
	} else {
		err = people.ErrQuestionOver
	}
	switch {
	case errors.Is(err, people.ErrQuestionOver) && c.Page:
		return showQuestion(c, http.StatusConflict, false, page.Question{})
	case errors.Is(err, people.ErrQuestionOver):
		return &web.Error{Status: http.StatusConflict, Detail: "question_over"}
	case err != nil:
		return err
	case c.Page && body.Form:
		return c.Redirect(c.URL.Path + "?" + url.Values{"token": {token}}.Encode())
	}
	return showQuestion(c, http.StatusOK, true, page.Question{})
}
