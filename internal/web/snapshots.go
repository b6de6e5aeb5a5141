package web

import (
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
)

// ReadableSnapshot returns the snapshot with an id, or the newest one for "latest". Coordinators may read every
// snapshot; for other roles only approved ones exist, and any other id fails with store.ErrNotFound.
func (c *Call) ReadableSnapshot(id string) (snapshots.Kept, error) {
	state := snapshot.Approved
	if c.Has(Coordinator) {
		state = ""
	}
	switch {
	case id == "latest" && state == "":
		return c.Site.snapshots().Newest(c.Context(), c.Project)
	case id == "latest":
		return c.Site.snapshots().NewestApproved(c.Context(), c.Project, "")
	}
	kept, err := c.Site.snapshots().KeptSnapshot(c.Context(), c.Project, id)
	if err == nil && state != "" && kept.State != state {
		err = store.ErrNotFound
	}
	return kept, err
}
