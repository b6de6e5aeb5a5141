package attachments

import "outreach/internal/table"

// Keys of the tracker table, which has random ids only.

func attachmentKey(project, id string) table.Key {
	return table.Key{PK: "ATTACHMENT#" + project + "#" + id, SK: "FILE"}
}

// waitingIndex lists the attachments that no record names, by their ids and so by age.
func waitingIndex(project string) string { return "ATTACHMENTS#" + project }

// personIndex lists the attachments of the records about a person.
func personIndex(project, person string) string { return "ATTACHMENTS#" + project + "#" + person }

// nameKey is the key in the people table of the name of a file, which may name a person.
func nameKey(project, id string) table.Key {
	return table.Key{PK: "FILENAME#" + project + "#" + id, SK: "NAME"}
}

// prefix begins the keys of a project's objects. It is not that of files of rows, whose arrival is an event.
func prefix(project string) string { return "attachments/" + project + "/" }

// Object returns the key of an attachment's object.
func Object(project, id string) string { return prefix(project) + id }
