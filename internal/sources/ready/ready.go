// Package ready has the formats of well-known tools. They are data: one file a format, named by its id. A format reads
// no file of a project by itself: it is proposed for a file with its header, and a project may take a copy as a source.
package ready

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"outreach/internal/schema"
)

//go:embed *.yaml
var files embed.FS

// Format is what is known of the files of a tool. Where a project chooses the columns itself, as in forms, it has those
// that the tool adds, and is no whole source.
type Format struct {
	ID        string                       `yaml:"-"`
	Tool      string                       `yaml:"tool"`
	Source    string                       `yaml:"source"`    // the page that describes the header; "": there is none
	Checked   string                       `yaml:"checked"`   // yes: the header is as that page has it; no: from general knowledge
	Analytics bool                         `yaml:"analytics"` // its rows are sums over days or pages, no records: it has no more than a header
	Recognise []string                     `yaml:"recognise"` // a header with all of these is of the tool; one alone must be its first
	Kind      string                       `yaml:"kind"`
	Columns   map[string]string            `yaml:"columns"`
	Formats   map[string]string            `yaml:"formats"`
	Values    map[string]map[string]string `yaml:"values"`
	Constants map[string]string            `yaml:"constants"`
	Sum       []string                     `yaml:"sum"`
	Skip      string                       `yaml:"skip"`
}

// All returns the formats, by id. They must not be changed.
var All = sync.OnceValue(func() []Format {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // they are embedded
	}
	var all []Format
	for _, e := range entries {
		content, err := files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		f := Format{ID: strings.TrimSuffix(e.Name(), path.Ext(e.Name()))}
		if err := yaml.NewDecoder(bytes.NewReader(content), yaml.Strict()).Decode(&f); err != nil {
			panic(fmt.Errorf("%s: %w", e.Name(), err)) // the data is embedded and tested
		}
		all = append(all, f)
	}
	return all
})

// ByID returns the format with an id.
func ByID(id string) (Format, bool) {
	i := slices.IndexFunc(All(), func(f Format) bool { return f.ID == id })
	if i < 0 {
		return Format{}, false
	}
	return All()[i], true
}

// Of returns the format that a header is of: of several the one with the most columns that it is recognised by.
func Of(header []string) (of Format, found bool) {
	names := make([]string, len(header))
	for i, name := range header {
		names[i] = schema.Same(schema.Clean(name))
	}
	for _, f := range All() {
		is := len(f.Recognise) > len(of.Recognise)
		for _, name := range f.Recognise {
			at := slices.Index(names, schema.Same(name))
			is = is && at >= 0 && (len(f.Recognise) > 1 || at == 0)
		}
		if is {
			of, found = f, true
		}
	}
	return of, found
}

// Text returns the format as the text of a source with an id, for partners that may use it.
func (f Format) Text(id string, by []string) string {
	var b strings.Builder
	write := func(key string, value any, there bool) {
		if !there {
			return
		}
		var line bytes.Buffer
		e := json.NewEncoder(&line) // JSON in one line is YAML, too
		e.SetEscapeHTML(false)
		if err := e.Encode(value); err != nil {
			panic(err) // texts, and lists and maps of them
		}
		fmt.Fprintf(&b, "%s: %s", key, strings.NewReplacer(`":`, `": `, `",`, `", `).Replace(line.String()))
	}
	write("id", id, true)
	write("kind", f.Kind, true)
	write("by", by, len(by) > 0)
	write("recognise", f.Recognise, true)
	write("columns", f.Columns, true)
	write("formats", f.Formats, len(f.Formats) > 0)
	write("values", f.Values, len(f.Values) > 0)
	write("constants", f.Constants, len(f.Constants) > 0)
	write("sum", f.Sum, len(f.Sum) > 0)
	write("ignore", "*", true)
	write("skip", f.Skip, f.Skip != "")
	return b.String()
}
