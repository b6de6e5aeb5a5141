package access

import "outreach/internal/table"

// RestoreStaff returns the operations on the people table that store the address of a staff id. Roles are not stored:
// nobody gets letters before they sign in.
func (s *Store) RestoreStaff(project, id, email string) []table.Op {
	return []table.Op{
		table.PutJSON(staffKey(project, id), email, table.Always),
		table.PutJSON(staffIdentityKey(project, s.Seal(project, "staff", email)), id, table.Always),
	}
}
