package notices

import (
	"fmt"

	"outreach/internal/table"
)

// progressKey is the key of how far a project's letters were sent.
func progressKey(project string) table.Key {
	return table.Key{PK: "NOTICES#" + project, SK: "DONE"}
}

// behindKey is the place in the index of the progress of a project whose letters failed.
func behindKey(project string) table.Key { return table.Key{PK: "BEHIND", SK: project} }

// letterSentKey is the key of the mark that a member of the staff got the letter about a cause.
func letterSentKey(project, cause, member string) table.Key {
	return table.Key{PK: "NOTICES#" + project, SK: "LETTER#" + cause + "#" + member}
}

// postponedKey is the key of the mark that a letter about a fact is refused for now. The index lists the marks of all
// projects.
func postponedKey(project string, lane int, number int64) table.Key {
	return table.Key{PK: "NOTICES#" + project, SK: fmt.Sprintf("POSTPONED#%d#%012d", lane, number)}
}

// unaskedKey is the key of the letters that a mailbox, by its keyed hash, got on a day because of the public form.
func unaskedKey(mailbox, day string) table.Key {
	return table.Key{PK: "UNASKED#" + mailbox, SK: day}
}

// allPostponed is the partition of the index with the marks of all projects.
const allPostponed = "POSTPONED"

// reportSentKey is the key of the mark that a snapshot was sent to the funders.
func reportSentKey(project, snapshot string) table.Key {
	return table.Key{PK: "NOTICES#" + project, SK: "REPORT#" + snapshot}
}
