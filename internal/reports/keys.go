package reports

import "outreach/internal/table"

// reportPartition is the partition of a project's reports, sorted by day.
func reportPartition(project string) string { return "REPORTS#" + project }

func reportKey(project, day string) table.Key {
	return table.Key{PK: reportPartition(project), SK: day}
}

// lastReportCheckKey is the key of the last day that was checked for the end of a reporting period.
func lastReportCheckKey(project string) table.Key {
	return table.Key{PK: "REPORTSLOOKED#" + project, SK: "DAY"}
}
