// Package identity identifies requesters: it verifies the OpenID Connect tokens of programs, signs people in by the
// authorization code flow, and keeps their sessions in an encrypted cookie. It fetches nothing from the issuer before
// the first request that needs it, so that functions start fast.
package identity

import (
	"encoding/json"
	"slices"
	"strings"
)

// Identity is a requester and their groups. The zero Identity is anonymous.
type Identity struct {
	Subject string   // the provider's id of them, "" for anyone
	Email   string   // in lower case; "" where the token has none, or one that the provider says is not verified
	Checked bool     // the provider says that the e-mail address is theirs
	Groups  []string // "admin" and "<project>:<role>", as in the token; other groups are left out
}

const admin = "admin"

// With returns the identity with further groups, except admin, which tokens alone give.
func (i Identity) With(groups ...string) Identity {
	i.Groups = slices.Clone(i.Groups)
	for _, g := range groups {
		if g != admin && isGroup(g) && !slices.Contains(i.Groups, g) {
			i.Groups = append(i.Groups, g)
		}
	}
	return i
}

// SignedIn reports whether the requester is known.
func (i Identity) SignedIn() bool { return i.Subject != "" }

// HasRole reports whether they have a role in a project: "coordinator", "adviser" or "funder".
func (i Identity) HasRole(project, role string) bool {
	return slices.ContainsFunc(i.Groups, func(group string) bool {
		parts := strings.Split(group, ":")
		return len(parts) == 2 && parts[0] == project && parts[1] == role
	})
}

// Admin reports whether they may begin projects.
func (i Identity) Admin() bool { return slices.Contains(i.Groups, admin) }

// Partners returns the ids of the partners of a project that they report for.
func (i Identity) Partners(project string) []string {
	var ids []string
	for _, group := range i.Groups {
		parts := strings.Split(group, ":")
		if len(parts) == 3 && parts[0] == project && parts[1] == "partner" && !slices.Contains(ids, parts[2]) {
			ids = append(ids, parts[2])
		}
	}
	return ids
}

// Roles returns their roles in a project, as written in groups: "coordinator", "partner:radio".
func (i Identity) Roles(project string) []string {
	var roles []string
	for _, group := range i.Groups {
		if role, found := strings.CutPrefix(group, project+":"); found && !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	return roles
}

// readGroups decodes a groups claim in every form that providers use: a list, or one text with spaces, commas or
// brackets. Keycloak writes a group as a path, with a leading slash. Groups of other applications are left out, so that
// the cookie stays small.
func readGroups(claim json.RawMessage) []string {
	var given []any
	if json.Unmarshal(claim, &given) != nil {
		var text string
		if json.Unmarshal(claim, &text) != nil {
			return nil
		}
		for _, group := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,[]\"'", r) }) {
			given = append(given, group)
		}
	}
	var groups []string
	for _, value := range given {
		text, _ := value.(string)
		group := strings.TrimPrefix(strings.TrimSpace(text), "/")
		if isGroup(group) && !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	return groups
}

// isGroup reports whether a group has the form of one of this application.
func isGroup(group string) bool {
	parts := strings.Split(group, ":")
	return group == admin || (len(parts) == 2 || len(parts) == 3 && parts[1] == "partner") && !slices.Contains(parts, "")
}

func cleanEmail(text string) string { return strings.ToLower(strings.TrimSpace(text)) }
