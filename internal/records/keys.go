package records

import "outreach/internal/table"

// Partition returns the partition of the typed records of a kind, by their ids.
func Partition(project, kind string) string { return "RECORDS#" + project + "#" + kind }

func recordKey(project, kind, id string) table.Key {
	return table.Key{PK: Partition(project, kind), SK: id}
}

func adviserIndex(project, staff string) string { return "ADVISER#" + project + "#" + staff }

// ownIndex lists the records of a kind without advisers that a member of the staff or a partner typed.
func ownIndex(project, owner, kind string) string {
	return "OWN#" + project + "#" + owner + "#" + kind
}

// monthPartition has the records of an adviser of a month, in the order of days.
func monthPartition(project, staff, month string) string {
	return "MONTH#" + project + "#" + staff + "#" + month
}

// monthsKey is the key of what says that an adviser's records are listed in their months.
func monthsKey(project, staff string) table.Key {
	return table.Key{PK: "MONTHS#" + project + "#" + staff, SK: "LISTED"}
}

func naturalKey(project, sealed string) table.Key {
	return table.Key{PK: "KEY#" + project + "#" + sealed, SK: "RECORD"}
}
