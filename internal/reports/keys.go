package reports

import "outreach/internal/table"

func reportPartition(project string) string { return "REPORTS#" + project }

func reportKey(project, day string) table.Key {
	return table.Key{PK: reportPartition(project), SK: day}
}

func reportsLookedAtKey(project string) table.Key {
	return table.Key{PK: "REPORTSLOOKED#" + project, SK: "DAY"}
}
