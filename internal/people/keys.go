package people

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"outreach/internal/table"
)

// Keys of the tracker table, which has random ids of people only.

func mentionPartition(project, person string) string { return "ABOUT#" + project + "#" + person }

// MentionKey returns the key of the index item that says that a file (kind "upload") or a record of a kind mentions a
// person. The item has the file's or the record's id as JSON.
func MentionKey(project, person, kind, id string) table.Key {
	return table.Key{PK: mentionPartition(project, person), SK: kind + "#" + id}
}

func distinctPartition(project string) string { return "APART#" + project }

// distinctKey returns the key of the mark that two people are two, in either order.
func distinctKey(project, one, other string) table.Key {
	return table.Key{PK: distinctPartition(project), SK: min(one, other) + "#" + max(one, other)}
}

// viewKey is the key of the mark that a member of the staff looked at a person in an hour.
func viewKey(project, person, by string, hour time.Time) table.Key {
	return table.Key{PK: "VIEWED#" + project + "#" + person, SK: by + "#" + hour.Format(time.RFC3339)}
}

func mergedKey(project, person string) table.Key {
	return table.Key{PK: "MERGED#" + project + "#" + person, SK: "INTO"}
}

func duplicatesKey(project string) table.Key {
	return table.Key{PK: "DUPLICATES#" + project, SK: "COUNTED"}
}

func pairsKey(project string) table.Key {
	return table.Key{PK: "DUPLICATES#" + project, SK: "PAIRS"}
}

// incompleteKey is the key of the head of the list of people who lack an attribute.
func incompleteKey(project string) table.Key {
	return table.Key{PK: "INCOMPLETE#" + project, SK: "HEAD"}
}

// incompletePartKey is the key of a part of the list, each in a partition of its own.
func incompletePartKey(project string, part int) table.Key {
	return table.Key{PK: fmt.Sprintf("INCOMPLETE#%s#%06d", project, part), SK: "PART"}
}

// appendedKey is the key of the mark that a fact which is stored elsewhere was appended.
func appendedKey(project, fact string) table.Key {
	return table.Key{PK: "APPENDED#" + project + "#" + fact, SK: "FACT"}
}

// Keys of the people table, which holds identity.

func personKey(project, id string) table.Key {
	return table.Key{PK: "PERSON#" + project + "#" + id, SK: "PERSON"}
}

func namesIndex(project string) string { return "NAMES#" + project }

// nameParts returns the partition of the search items for words that begin as the word does. There is one for each
// first letter, because each new person adds items: a single partition would limit how many a second.
func nameParts(project, word string) string {
	letter, _ := utf8.DecodeRuneInString(word)
	return formerNameParts(project) + "#" + string(letter)
}

// namePart returns the key of the search item for one word of a person's name.
func namePart(project, word, id string) table.Key {
	return table.Key{PK: nameParts(project, word), SK: word + "#" + id}
}

// formerNameParts returns the one partition in which earlier versions stored search items, for all words of a name.
func formerNameParts(project string) string { return "NAMEPARTS#" + project }

// formerNamePart returns the key of a search item as earlier versions stored it.
func formerNamePart(project, word, id string) table.Key {
	return table.Key{PK: formerNameParts(project), SK: word + "#" + id}
}

func identityKey(project, sealed string) table.Key {
	return table.Key{PK: "IDENTITY#" + project + "#" + sealed, SK: "PERSON"}
}

// claimKey returns the key of the claim of an identity key by sign-ups that are held: it has the id of a person, whom
// the key does not identify.
func claimKey(project, sealed, mark string) table.Key {
	return table.Key{PK: identityKey(project, sealed).PK, SK: "CLAIM#" + mark}
}

// TextKey returns the key of the private texts of one version of a record.
func TextKey(project, record string, version int) table.Key {
	return table.Key{PK: "TEXT#" + project + "#" + record, SK: fmt.Sprintf("%06d", version)}
}

// FormKey returns the key of the identity values of one submission of a person's sign-up.
func FormKey(project, person, signup, entry string) table.Key {
	return table.Key{PK: formsPartition(project, person), SK: signup + "#" + entry}
}

// attributesKey returns the key of a correction of a person's attributes. It is deleted with the person's forms.
func attributesKey(project, person, id string) table.Key {
	return table.Key{PK: formsPartition(project, person), SK: "ATTRIBUTES#" + id}
}

// questionKey returns the key of a question to a person, whose id begins with the person's. It is deleted with the
// person's forms.
func questionKey(project, id string) table.Key {
	person, own, _ := strings.Cut(id, "-")
	return table.Key{PK: formsPartition(project, person), SK: "QUESTION#" + own}
}

func formsPartition(project, person string) string { return "FORM#" + project + "#" + person }

// TextsIndex returns the index partition of the private texts of a person's records, also of voided ones. The person ""
// is for records about no person.
func TextsIndex(project, person string) string { return "TEXTS#" + project + "#" + person }
