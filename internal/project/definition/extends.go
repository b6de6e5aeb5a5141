package definition

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml"

	"outreach/internal/project"
	"outreach/internal/project/packs"
)

// mostPacks bounds how many packs a definition extends.
const mostPacks = 10

// identities are the keys by which the items of lists are the same in a pack and in a definition. Other lists are
// replaced whole.
var identities = map[string]string{"indicators": "code", "output_kinds": "id", "groups": "id", "activities": "id", "partners": "id"}

// extended returns a definition with the parts of the packs that it extends, and these packs; a definition that extends
// none as it is. What the definition says itself takes precedence, and then later packs over earlier ones. Versions are
// those of the given packs, and else the newest.
func (r *reader) extended(root *node, versions []project.Pack) (*node, []project.Pack) {
	at := slices.IndexFunc(root.entries, func(e entry) bool { return e.key == "extends" })
	if root.shape != mapping || at < 0 {
		return root, nil
	}
	ids := root.entries[at].value
	if ids.shape == scalar {
		ids = &node{shape: list, line: ids.line, column: ids.column, items: []*node{ids}}
	}
	switch {
	case ids.shape == empty:
	case ids.shape != list:
		r.report(ids, "extends", wrongForm, wantList("extends"))
	case len(ids.items) > mostPacks:
		r.report(ids.items[mostPacks], "extends", tooLarge, tooManyItems("extends", len(ids.items), mostPacks))
		return root, nil
	}
	base := &node{shape: mapping, line: root.line, column: root.column}
	var taken []project.Pack
	for i, n := range ids.items {
		path := fmt.Sprintf("extends[%d]", i)
		id, ok := r.scalar(n, path)
		pack := project.Pack{ID: id, Version: packs.Latest(id)}
		if known := slices.IndexFunc(versions, func(p project.Pack) bool { return p.ID == id }); known >= 0 {
			pack = versions[known]
		}
		switch {
		case !ok:
			continue
		case packs.Text(id, pack.Version) == nil:
			r.report(n, path, notInList, wantOneOf(id, packs.IDs()))
			continue
		case slices.ContainsFunc(taken, func(p project.Pack) bool { return p.ID == id }):
			r.report(n, path, repeated, keyTwice(id, n.line))
			continue
		}
		taken = append(taken, pack)
		base = merged("", base, part(pack, n))
	}
	return merged("", base, joined(root)), taken
}

// joined joins texts that YAML ended at a comma within { }, see reader.object: of mappings that are put together, each
// key has to have all of its text.
func joined(n *node) *node {
	var entries []entry
	for _, e := range n.entries {
		if last := len(entries) - 1; e.bare && e.value.shape == empty && last >= 0 && entries[last].value.shape == scalar && entries[last].value.plain && len(entries[last].value.text) < mostJoined {
			entries[last].value.text += ", " + e.key
			continue
		}
		joined(e.value)
		entries = append(entries, e)
	}
	n.entries = entries
	for _, item := range n.items {
		joined(item)
	}
	return n
}

// part returns the part of a definition that a pack has. Its places are that of its id in the definition.
func part(pack project.Pack, at *node) *node {
	of := &reader{}
	root := of.read(packs.Text(pack.ID, pack.Version))
	if root != nil {
		for _, e := range root.entries {
			if e.key == "definition" {
				return placed(joined(e.value), at)
			}
		}
	}
	return &node{shape: mapping, line: at.line, column: at.column}
}

// placed returns a node with all that is in it at the place of another one.
func placed(n, at *node) *node {
	n.line, n.column = at.line, at.column
	for i := range n.entries {
		n.entries[i].line, n.entries[i].column = at.line, at.column
		placed(n.entries[i].value, at)
	}
	for _, item := range n.items {
		placed(item, at)
	}
	return n
}

// merged returns what a value of a pack becomes where another says more of it. The keys of mappings are put together,
// and so are lists whose items have ids; of everything else the other one replaces it.
func merged(key string, base, over *node) *node {
	identity := identities[key]
	switch {
	case over.shape == mapping && base.shape == mapping:
		out := *over
		out.entries = slices.Clone(base.entries)
		for _, e := range over.entries {
			if at := slices.IndexFunc(base.entries, func(b entry) bool { return b.key == e.key }); at >= 0 && out.entries[at].value == base.entries[at].value {
				out.entries[at] = entry{key: e.key, bare: e.bare, line: e.line, column: e.column, value: merged(e.key, base.entries[at].value, e.value)}
				continue
			}
			out.entries = append(out.entries, e)
		}
		return &out
	case identity != "" && over.shape == list && base.shape == list:
		out := *over
		out.items = slices.Clone(base.items)
		for _, item := range over.items {
			id := valueOf(item, identity)
			at := slices.IndexFunc(base.items, func(b *node) bool { return valueOf(b, identity) == id })
			if id == "" || at < 0 || out.items[at] != base.items[at] {
				out.items = append(out.items, item)
				continue
			}
			out.items[at] = merged("", base.items[at], item)
		}
		return &out
	}
	return over
}

func valueOf(n *node, key string) string {
	for _, e := range n.entries {
		if e.key == key {
			return e.value.text
		}
	}
	return ""
}

// Expanded returns the YAML of a valid definition with the parts of the packs that it extends, in the given versions.
func Expanded(text []byte, versions []project.Pack) ([]byte, error) {
	r := &reader{}
	root := r.read(text)
	if root == nil {
		return nil, fmt.Errorf("definition: %s", r.problems[0].Code)
	}
	own := root.entries
	root, _ = r.extended(root, versions)
	root.entries = slices.DeleteFunc(slices.Clone(root.entries), func(e entry) bool { return e.key == "extends" })
	place := func(e entry) int {
		if at := slices.IndexFunc(own, func(o entry) bool { return o.key == e.key }); at >= 0 {
			return at
		}
		return len(own) // what packs alone have comes last
	}
	slices.SortStableFunc(root.entries, func(a, b entry) int { return cmp.Compare(place(a), place(b)) })
	return yaml.MarshalWithOptions(plainValue(root), yaml.IndentSequence(true))
}

// plainValue returns a node as values that can be marshalled.
func plainValue(n *node) any {
	switch n.shape {
	case mapping:
		out := yaml.MapSlice{}
		for _, e := range n.entries {
			out = append(out, yaml.MapItem{Key: e.key, Value: plainValue(e.value)})
		}
		return out
	case list:
		out := []any{}
		for _, item := range n.items {
			out = append(out, plainValue(item))
		}
		return out
	case scalar:
		if number, err := strconv.ParseInt(n.text, 10, 64); err == nil && n.plain && strconv.FormatInt(number, 10) == n.text {
			return number
		}
		return n.text
	}
	return nil
}
