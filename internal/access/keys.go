package access

import "outreach/internal/table"

// sessionsKey is of no project: who signs out does so everywhere.
func sessionsKey(sealed string) table.Key {
	return table.Key{PK: "SESSIONS#" + sealed, SK: "ENDED"}
}

func staffKey(project, id string) table.Key {
	return table.Key{PK: "STAFF#" + project + "#" + id, SK: "STAFF"}
}

func staffIdentityKey(project, sealed string) table.Key {
	return table.Key{PK: "STAFFIDENTITY#" + project + "#" + sealed, SK: "STAFF"}
}

// staffRoleKey is where a role of somebody stands, beside who they are.
func staffRoleKey(project, id, role string) table.Key {
	return table.Key{PK: staffKey(project, id).PK, SK: "ROLE#" + role}
}

// staffIndex is where everybody stands who has a role.
func staffIndex(project, role string) string { return "STAFF#" + project + "#WITH#" + role }

// staffRolesKey is where all roles of an address stand, in whatever project.
func staffRolesKey(sealed string) table.Key {
	return table.Key{PK: "STAFFIDENTITY##" + sealed, SK: "ROLES"}
}
