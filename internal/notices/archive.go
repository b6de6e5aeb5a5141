package notices

import (
	"outreach/internal/fact"
	"outreach/internal/table"
)

// RestoreSent returns the operation by which the letters about all facts up to a position count as sent. It must be
// written before the facts.
func RestoreSent(project string, upTo fact.Heads) table.Op {
	return table.PutJSON(progressKey(project), progress{Heads: upTo}, table.Always)
}

// RestoreReportSent returns the operation by which a snapshot counts as sent to the funders.
func RestoreReportSent(project, snapshot string) table.Op {
	return table.PutJSON(reportSentKey(project, snapshot), true, table.Always)
}
