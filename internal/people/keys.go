package people

import (
	"fmt"

	"outreach/internal/table"
)

// Keys of the tracker table, which knows people by random ids alone.

func aboutPartition(project, person string) string { return "ABOUT#" + project + "#" + person }

// AboutKey is where it stands that a thing, a file ("upload") or a record of a kind, says something of a person.
func AboutKey(project, person, kind, id string) table.Key {
	return table.Key{PK: aboutPartition(project, person), SK: kind + "#" + id}
}

func apartPartition(project string) string { return "APART#" + project }

// apartKey is where it stands that two people are two, whichever is named first.
func apartKey(project, one, other string) table.Key {
	return table.Key{PK: apartPartition(project), SK: min(one, other) + "#" + max(one, other)}
}

func mergedKey(project, person string) table.Key {
	return table.Key{PK: "MERGED#" + project + "#" + person, SK: "INTO"}
}

func duplicatesKey(project string) table.Key {
	return table.Key{PK: "DUPLICATES#" + project, SK: "COUNTED"}
}

// Keys of the people table, which alone knows who somebody is.

func personKey(project, id string) table.Key {
	return table.Key{PK: "PERSON#" + project + "#" + id, SK: "PERSON"}
}

func namesIndex(project string) string { return "NAMES#" + project }

// namePart is where a word of a person's name leads to them.
func namePart(project, word, id string) table.Key {
	return table.Key{PK: "NAMEPARTS#" + project, SK: word + "#" + id}
}

func identityKey(project, sealed string) table.Key {
	return table.Key{PK: "IDENTITY#" + project + "#" + sealed, SK: "PERSON"}
}

// TextKey is where the private texts of one version of a record stand.
func TextKey(project, record string, version int) table.Key {
	return table.Key{PK: "TEXT#" + project + "#" + record, SK: fmt.Sprintf("%06d", version)}
}

// TextsIndex is where private texts of a person's records stand, whatever became of the records; those of records about
// nobody stand under "".
func TextsIndex(project, person string) string { return "TEXTS#" + project + "#" + person }
