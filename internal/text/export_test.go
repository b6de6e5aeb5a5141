package text

import (
	"io/fs"
	"maps"
)

// Add offers further languages, one for each JSON file at the top of files, until undo is called. It must not be called
// concurrently. A permanent language is one more file in this folder.
func Add(files fs.FS) (undo func(), err error) {
	before := offered()
	more, err := load(files)
	if err != nil {
		return nil, err
	}
	c := &catalog{words: maps.Clone(before.words), names: maps.Clone(before.names), own: maps.Clone(before.own)}
	maps.Copy(c.words, more.words)
	maps.Copy(c.names, more.names)
	maps.Copy(c.own, more.own)
	c.complete()
	current.Store(c)
	return func() { current.Store(before) }, nil
}
