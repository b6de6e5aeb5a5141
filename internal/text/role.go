package text

import (
	"strings"

	"outreach/internal/project"
)

// RolesInWords returns roles in words, such as "Adviser, Media partner: Radio Toruń". They are as groups name them,
// and one of a partner that the definition lacks stays as it is.
func (m *Messages) RolesInWords(d *project.Definition, roles []string) string {
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = m.role(d, role)
	}
	return strings.Join(names, ", ")
}

func (m *Messages) role(d *project.Definition, role string) string {
	if id, partner := strings.CutPrefix(role, "partner:"); partner {
		if p, known := d.Partner(id); known {
			return m.Say("role.partner") + ": " + p.Name
		}
	}
	if !m.Has("role." + role) {
		return role
	}
	return m.Say("role." + role)
}

// Role returns a role in words in all languages.
func Role(d *project.Definition, role string) project.Text {
	out := project.Text{}
	for _, tag := range Languages() {
		out[tag] = Of(tag).role(d, role)
	}
	return out
}
