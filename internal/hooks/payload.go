package hooks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/schema"
)

// payload finds values in the JSON object that a form tool sent.
type payload struct {
	root   map[string]any
	titles map[string]string // of questions that are listed apart from their answers, by id
	said   []said
}

// said is an entry of a list of answers: the names by which a source may ask for it, and what was answered.
type said struct {
	names []string // the question's label, its reference and its id
	value any
}

// newPayload returns the payload of a JSON object as web.ReadObject returns it.
func newPayload(root map[string]any) *payload {
	p := &payload{root: root, titles: map[string]string{}}
	walk(root, p.collectTitle)
	walk(root, p.collectAnswer)
	return p
}

// walk calls visit for each object below a value that is an entry of a list, or of an object of objects, in an order of
// its own.
func walk(value any, visit func(key string, entry map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range sortedKeys(v) {
			if entry, is := v[key].(map[string]any); is {
				visit(key, entry)
			}
			walk(v[key], visit)
		}
	case []any:
		for _, one := range v {
			if entry, is := one.(map[string]any); is {
				visit("", entry)
			}
			walk(one, visit)
		}
	}
}

// The members by which form tools name a question and give its answer, those first that say it best.
var (
	labelMembers  = []string{"label", "title", "question", "question_title", "name", "key", "ref", "id"}
	answerMembers = []string{"value", "answer", "answers", "response", "responses"}
	choiceMembers = []string{"label", "labels", "text", "title", "name", "value", "other"}
)

// collectTitle notes the title of a question that is listed apart from its answer.
func (p *payload) collectTitle(_ string, entry map[string]any) {
	id, title := member(entry, "id"), ""
	for _, name := range labelMembers[:4] {
		if title == "" {
			title = member(entry, name)
		}
	}
	if _, answered := answered(entry); id != "" && title != "" && !answered {
		p.titles[id] = title
	}
}

func (p *payload) collectAnswer(key string, entry map[string]any) {
	value, is := answered(entry)
	if !is {
		return
	}
	var names []string
	add := func(of map[string]any) {
		for _, name := range labelMembers {
			names = append(names, member(of, name))
		}
		names = append(names, p.titles[member(of, "id")])
	}
	add(entry)
	if field, is := entry["field"].(map[string]any); is {
		add(field)
	}
	if _, own := entry["answer"]; own {
		names = append(names, member(entry, "text"))
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	if len(names) > 0 {
		p.said = append(p.said, said{append(names, key), chosen(entry, value)})
	}
}

// answered returns what an entry of a list of answers says, and whether it is one.
func answered(entry map[string]any) (value any, is bool) {
	if of := member(entry, "type"); of != "" {
		if value, is = entry[of]; is && of != "type" {
			return value, true
		}
	}
	for _, name := range answerMembers {
		if value, is = entry[name]; is {
			return value, true
		}
	}
	return nil, false
}

// chosen replaces the ids of options in an answer by their texts, where the options are listed beside it.
func chosen(entry map[string]any, value any) any {
	options, _ := entry["options"].([]any)
	texts := map[string]string{}
	for _, one := range options {
		option, _ := one.(map[string]any)
		for _, name := range choiceMembers {
			if text := member(option, name); text != "" && member(option, "id") != "" {
				texts[member(option, "id")] = text
				break
			}
		}
	}
	if len(texts) == 0 {
		return value
	}
	replaced := func(one any) any {
		if id, is := one.(string); is && texts[id] != "" {
			return texts[id]
		}
		return one
	}
	if list, is := value.([]any); is {
		out := make([]any, len(list))
		for i, one := range list {
			out[i] = replaced(one)
		}
		return out
	}
	return replaced(value)
}

// member returns a member of an object that is a text or a number, "" for others.
func member(of map[string]any, name string) string {
	switch v := of[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// text returns the value that a column of a source names: by a JSON Pointer where it begins with a slash, else by the
// label of an answer. found is false where there is none. It returns a problem for a value that is no text, and for a
// label that two answers have which differ.
func (p *payload) text(column string) (text string, found bool, problem *schema.Problem) {
	if strings.HasPrefix(column, "/") {
		value, found := resolve(p.root, column)
		if !found {
			return "", false, nil
		}
		text, ok := flat(value)
		if !ok {
			return "", true, &schema.Problem{Field: column, Code: schema.Unreadable, Hint: "payload"}
		}
		return text, true, nil
	}
	for _, one := range p.said {
		if !slices.ContainsFunc(one.names, func(name string) bool { return same(name, column) }) {
			continue
		}
		this, ok := flat(one.value)
		if !ok {
			return "", true, &schema.Problem{Field: column, Code: schema.Unreadable, Hint: "payload"}
		}
		if found && this != "" && text != "" && this != text {
			return "", true, &schema.Problem{Field: column, Code: schema.Repeated, Hint: "payload"}
		}
		found = true
		if this != "" {
			text = this
		}
	}
	return text, found, nil
}

// resolve returns the value that a JSON Pointer (RFC 6901) names.
func resolve(value any, pointer string) (any, bool) {
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch v := value.(type) {
		case map[string]any:
			next, is := v[token]
			for _, key := range sortedKeys(v) {
				if !is && same(key, token) { // sources tidy the names of columns
					next, is = v[key], true
				}
			}
			if !is {
				return nil, false
			}
			value = next
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) || strconv.Itoa(i) != token {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// flat returns a value as the text of a cell: of several, separated as in a cell; of a choice, its label. It returns
// false for an object of another shape.
func flat(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case []any:
		var parts []string
		for _, one := range v {
			part, ok := flat(one)
			if !ok {
				return "", false
			}
			if part != "" {
				parts = append(parts, part)
			}
		}
		return strings.Join(parts, "|"), true
	case map[string]any:
		for _, name := range choiceMembers {
			if inner, is := v[name]; is && inner != nil {
				if _, object := inner.(map[string]any); !object {
					return flat(inner)
				}
			}
		}
	}
	return "", false
}

// same reports whether two names are the same but for case and superfluous spaces.
func same(a, b string) bool {
	a, _ = schema.TidyWords(schema.Clean(a))
	b, _ = schema.TidyWords(schema.Clean(b))
	return schema.Same(a) == schema.Same(b)
}

func sortedKeys(of map[string]any) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// mentions reports whether a payload has one of some words anywhere, compared as names are.
func mentions(body []byte, words []string) bool {
	var root any
	if json.Unmarshal(body, &root) != nil {
		return true // it cannot be said who is in it
	}
	found := false
	var look func(value any)
	look = func(value any) {
		switch v := value.(type) {
		case string:
			text := schema.Unmarked(schema.Same(v))
			digits := onlyDigits(v)
			for _, word := range words {
				found = found || strings.Contains(text, word) || len(word) > 6 && digits != "" && strings.Contains(digits, word)
			}
		case map[string]any:
			for _, inner := range v {
				look(inner)
			}
		case []any:
			for _, inner := range v {
				look(inner)
			}
		case float64:
			look(fmt.Sprintf("%.0f", v))
		}
	}
	look(root)
	return found
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
