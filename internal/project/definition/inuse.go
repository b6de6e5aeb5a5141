package definition

import (
	"strings"

	"outreach/internal/schema"
	"outreach/internal/text"
)

// inUse is the code of a problem of a definition under which stored records could not be read.
const inUse = "in_use"

// InUse returns the problem that a difference to the definition in force makes a number of stored records unreadable,
// at its place in the text of a valid definition; above most it says "more than".
func InUse(from []byte, b schema.Break, number, most int) Problem {
	count := any(number)
	if number > most {
		count = text.NewMessage("definition.error.more_than", "n", most)
	}
	args := []any{"kind", b.Kind.Name, "count", count, "key", b.Key}
	key := "definition.error.kind_in_use"
	if b.Field != nil {
		args = append(args, "field", b.Field.Name)
	}
	switch {
	case b.Field == nil && b.Key != "":
		key = "definition.error.kind_changed_in_use"
	case b.Field != nil && b.Key != "":
		key = "definition.error.change_in_use"
	case b.Field != nil && b.Field.Attribute:
		key = "definition.error.attribute_in_use"
	case b.Field != nil:
		key = "definition.error.field_in_use"
	}
	p := Problem{Field: b.Path(), Code: inUse, Message: text.NewMessage(key, args...)}
	p.Line, p.Column = place(from, p.Field)
	return p
}

// place returns where a path of keys is in a text: the key, or what lacks it.
func place(from []byte, path string) (line, column int) {
	r := &reader{}
	n := r.read(from)
	line, column = 1, 1
	for key := range strings.SplitSeq(path, ".") {
		next := (*node)(nil)
		if n == nil {
			break
		}
		for _, e := range n.entries {
			if e.key == key {
				next, line, column = e.value, e.line, e.column
			}
		}
		n = next
	}
	return line, column
}
