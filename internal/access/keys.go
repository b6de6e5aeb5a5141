package access

import "outreach/internal/table"

// sessionsKey is the key of a subject's ended sessions, in all projects.
func sessionsKey(sealed string) table.Key {
	return table.Key{PK: "SESSIONS#" + sealed, SK: "ENDED"}
}

// staffKey is the key of the address of a staff id.
func staffKey(project, id string) table.Key {
	return table.Key{PK: "STAFF#" + project + "#" + id, SK: "STAFF"}
}

// staffIdentityKey is the key of the staff id of a sealed address.
func staffIdentityKey(project, sealed string) table.Key {
	return table.Key{PK: "STAFFIDENTITY#" + project + "#" + sealed, SK: "STAFF"}
}

// staffRoleKey is the key of one role of a member, beside their address.
func staffRoleKey(project, id, role string) table.Key {
	return table.Key{PK: staffKey(project, id).PK, SK: "ROLE#" + role}
}

// staffIndex is the index partition of all members with a role.
func staffIndex(project, role string) string { return "STAFF#" + project + "#WITH#" + role }

// staffRolesKey is the key of the profile of a sealed address, in all projects.
func staffRolesKey(sealed string) table.Key {
	return table.Key{PK: "STAFFIDENTITY##" + sealed, SK: "ROLES"}
}

// grantPartition is the partition of the grants of a project.
func grantPartition(project string) string { return "ACCESS#" + project }

// grantKey is the key of what a sealed address may do in a project.
func grantKey(project, sealed string) table.Key {
	return table.Key{PK: grantPartition(project), SK: "GRANT#" + sealed}
}

// grantsIndex is the index partition of the grants of a sealed address in all projects; their sort keys are projects.
func grantsIndex(sealed string) string { return "ACCESSOF#" + sealed }
