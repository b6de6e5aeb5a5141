// Package packs is the library of packs: parts of definitions that many projects share, such as the indicators of a
// regulation. A definition takes one in by `extends`. A version of a pack never changes once a release had it: what
// differs is a new file with the next number.
package packs

import (
	"embed"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// IDs returns the ids of all packs, sorted.
func IDs() []string {
	var ids []string
	for _, name := range names() {
		if id, _ := parts(name); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// Latest returns the number of a pack's newest version, counted from 1; 0 for an unknown pack.
func Latest(id string) int {
	latest := 0
	for _, name := range names() {
		if of, version := parts(name); of == id {
			latest = max(latest, version)
		}
	}
	return latest
}

// Text returns the YAML of a version, nil for an unknown one: its title, source and definition, a part of a project's
// definition.
func Text(id string, version int) []byte {
	text, err := files.ReadFile(id + "." + strconv.Itoa(version) + ".yaml")
	if err != nil {
		return nil
	}
	return text
}

func names() []string {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		panic(err) // the pattern is well formed
	}
	return names
}

// parts returns the id and the version in the name of a file, such as training.1.yaml.
func parts(name string) (id string, version int) {
	id, number, _ := strings.Cut(strings.TrimSuffix(name, ".yaml"), ".")
	version, _ = strconv.Atoi(number)
	return id, version
}
