package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"outreach/infra/local/provider"
	"outreach/internal/page"
)

// chooseRole shows whom one can sign in as.
func (st *stack) chooseRole(w http.ResponseWriter, r *http.Request, roles []provider.Role, hidden url.Values) {
	content := page.RoleChoice{Action: r.URL.Path, Hidden: map[string]string{}}
	for name := range hidden {
		content.Hidden[name] = hidden.Get(name)
	}
	for _, role := range roles {
		content.Choices = append(content.Choices, page.RoleOption{Value: role.Group, Label: role.Group, Email: role.Email})
	}
	st.show(w, r, content)
}

// roles are those of all the projects that there are.
func (st *stack) roles() []provider.Role {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	ids, err := st.store.Projects(ctx)
	if err != nil {
		st.log.Error("roles", "reason", err.Error())
	}
	var roles []provider.Role
	for _, id := range ids {
		defined, err := st.store.Definition(ctx, id)
		if err != nil {
			st.log.Error("roles", "reason", err.Error())
			continue
		}
		var partners []string
		for _, p := range defined.Definition.Partners {
			partners = append(partners, p.ID)
		}
		for _, role := range provider.Roles(id, partners...) {
			if !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
	}
	return roles
}

func isLoopback(address string) bool {
	at, err := netip.ParseAddrPort(address)
	return err == nil && at.Addr().Unmap().IsLoopback()
}

// isLocalName refuses names that merely lead here: a page of another site must not be able to rebind its own.
func isLocalName(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.Trim(name, "[]")
	if at, err := netip.ParseAddr(name); err == nil {
		return at.IsLoopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

func wantsPage(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(value)
}

func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail})
}
