package web

import (
	"context"

	"outreach/internal/projects"
)

// The interfaces below are what this package itself calls of the features. Handlers declare their own.

// Definitions finds the current definition of a project.
type Definitions interface {
	Definition(ctx context.Context, project string) (projects.Defined, error)
}

// Staff registers members of the staff under random ids, and has the tracker's own list of their roles.
type Staff interface {
	Granted(ctx context.Context, project, email string) (roles []string, err error)
	GrantedGroups(ctx context.Context, email string) (groups []string, err error)
	RegisterRoles(ctx context.Context, project, email, language string, roles []string) error
	Staff(ctx context.Context, project, name string) (id string, err error)
}

// StaffRegistry registers a member of the staff in all projects that their groups name.
type StaffRegistry interface {
	GrantedGroups(ctx context.Context, email string) (groups []string, err error)
	RegisterStaff(ctx context.Context, email, language string, groups []string) error
}
