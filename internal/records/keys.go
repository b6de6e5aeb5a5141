package records

import "outreach/internal/table"

// Partition returns the partition of the typed records of a kind, by their ids.
func Partition(project, kind string) string { return "RECORDS#" + project + "#" + kind }

func recordKey(project, kind, id string) table.Key {
	return table.Key{PK: Partition(project, kind), SK: id}
}

func adviserIndex(project, staff string) string { return "ADVISER#" + project + "#" + staff }

func naturalKey(project, sealed string) table.Key {
	return table.Key{PK: "KEY#" + project + "#" + sealed, SK: "RECORD"}
}
