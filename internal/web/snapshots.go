package web

import "outreach/internal/snapshot"

// SnapshotState returns the state of the snapshots that the caller may read: "", any, for a coordinator, else approved.
func (c *Call) SnapshotState() string {
	if c.HasRole(Coordinator) {
		return ""
	}
	return snapshot.Approved
}
