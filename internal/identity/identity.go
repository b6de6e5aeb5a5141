// Package identity knows who is asking: it verifies the OpenID Connect tokens that programs send, signs people in by the
// authorization code flow, and holds their sessions in a sealed cookie. Everything that answers HTTP asks it, on AWS Lambda
// as in the local stack, so it does nothing before the first request that needs it: no discovery, no keys.
package identity

import (
	"encoding/json"
	"slices"
	"strings"
)

// Identity is who is asking, and what they may do. The zero Identity is anyone.
type Identity struct {
	Subject string   // the provider's name for them, "" for anyone
	Email   string   // in lower case; "" where the token has none, or one that the provider says is not verified
	Groups  []string // "admin" and "<project>:<role>", as they are written in the token; other groups are left out
}

const admin = "admin"

// SignedIn tells someone from anyone.
func (i Identity) SignedIn() bool { return i.Subject != "" }

// Is tells whether they have a role, "coordinator", "adviser" or "funder", in a project.
func (i Identity) Is(project, role string) bool {
	return slices.ContainsFunc(i.Groups, func(group string) bool {
		parts := strings.Split(group, ":")
		return len(parts) == 2 && parts[0] == project && parts[1] == role
	})
}

// Admin tells whether they may begin projects.
func (i Identity) Admin() bool { return slices.Contains(i.Groups, admin) }

// Partners are the ids of the partners of a project that they report for.
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

// Roles are their roles in a project, as groups write them: "coordinator", "partner:radio".
func (i Identity) Roles(project string) []string {
	var roles []string
	for _, group := range i.Groups {
		if role, found := strings.CutPrefix(group, project+":"); found && !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	return roles
}

// Projects are the ids of the projects that they have any role in, each once.
func (i Identity) Projects() []string {
	var ids []string
	for _, group := range i.Groups {
		if project, _, found := strings.Cut(group, ":"); found && !slices.Contains(ids, project) {
			ids = append(ids, project)
		}
	}
	return ids
}

// readGroups takes a groups claim in every form that providers give it: a list, or one text with spaces, commas or
// brackets. Keycloak writes a group as a path, with a slash before it. Groups of other applications are passed over, so that the cookie stays small.
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
		if names(group) && !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	return groups
}

// names tells whether a group is one that can mean something here.
func names(group string) bool {
	parts := strings.Split(group, ":")
	return group == admin || (len(parts) == 2 || len(parts) == 3 && parts[1] == "partner") && !slices.Contains(parts, "")
}

func cleanEmail(text string) string { return strings.ToLower(strings.TrimSpace(text)) }
