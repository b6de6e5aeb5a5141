package said

import "outreach/internal/table"

// Partition is the partition of what the office says of indicators, sorted by the indicator's code and the day.
func Partition(project string) string { return "SAID#" + project }

// saidKey returns the key of what was said last of an indicator as of a day.
func saidKey(project, code, asOf string) table.Key {
	return table.Key{PK: Partition(project), SK: name(code, asOf)}
}

// name names what is said of an indicator as of a day: its private texts have it.
func name(code, asOf string) string { return code + "#" + asOf }
