package reports

import "outreach/internal/table"

// Restore returns the operation that stores which snapshot was the report of a day.
func Restore(project string, r Report) table.Op {
	return table.PutJSON(reportKey(project, r.Day), r, table.Always)
}

// RestoreLastCheck returns the operation that stores the last day that was checked for the end of a reporting period.
func RestoreLastCheck(project, day string) table.Op {
	return table.PutJSON(lastReportCheckKey(project), day, table.Always)
}
