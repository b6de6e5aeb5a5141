package web

import (
	"outreach/internal/snapshot"
	"outreach/internal/snapshots"
	"outreach/internal/store"
)

// ReadableSnapshot finds the snapshot that an address names, "latest" too: any for the office, an approved one for the
// funder, to whom another does not exist.
func (c *Call) ReadableSnapshot(id string) (snapshots.Kept, error) {
	state := snapshot.Approved
	if c.Has(Coordinator) {
		state = ""
	}
	switch {
	case id == "latest" && state == "":
		return c.Site.Snapshots.Newest(c.Context(), c.Project)
	case id == "latest":
		return c.Site.Snapshots.NewestApproved(c.Context(), c.Project, "")
	}
	kept, err := c.Site.Snapshots.KeptSnapshot(c.Context(), c.Project, id)
	if err == nil && state != "" && kept.State != state {
		err = store.ErrNotFound
	}
	return kept, err
}
