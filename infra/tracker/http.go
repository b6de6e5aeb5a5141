package main

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"outreach/infra/tracker/provider"
	"outreach/internal/logs"
	"outreach/internal/page"
	"outreach/internal/text"
	"outreach/internal/web"
)

// chooseRole shows the roles that a person can sign in with.
func (t *tracker) chooseRole(w http.ResponseWriter, r *http.Request, roles []provider.Role, hidden url.Values) {
	content := page.RoleChoice{Action: r.URL.Path, Hidden: map[string]string{}}
	for name := range hidden {
		content.Hidden[name] = hidden.Get(name)
	}
	words := text.Of(t.language(r))
	for _, role := range roles {
		content.Choices = append(content.Choices, t.roleOption(r.Context(), words, role))
	}
	t.show(w, r, content)
}

// roleOption describes a role in words.
func (t *tracker) roleOption(ctx context.Context, words *text.Messages, role provider.Role) page.RoleOption {
	option := page.RoleOption{Value: role.Group, Label: role.Group, Email: role.Email}
	parts := strings.SplitN(role.Group, ":", 3)
	if len(parts) == 1 {
		option.Label = words.Say("role." + role.Group)
		return option
	}
	option.Label = words.Say("role." + parts[1])
	defined, err := t.app.Projects.Definition(ctx, parts[0])
	if err != nil {
		return option
	}
	option.Project = defined.Definition.Title.In(words.Language())
	if len(parts) == 3 {
		if partner, found := defined.Definition.Partner(parts[2]); found {
			option.Label += " – " + partner.Name
		}
	}
	return option
}

// language returns the language that was chosen, or that the browser prefers.
func (t *tracker) language(r *http.Request) string {
	choice := r.URL.Query().Get("lang")
	if cookie, err := r.Cookie(web.LanguageCookie); err == nil && choice == "" {
		choice = cookie.Value
	}
	return text.Language(r.Header.Get("Accept-Language"), choice)
}

// roles returns the roles of all projects. A project whose definition cannot be read is logged and left out.
func (t *tracker) roles() []provider.Role {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	ids, err := t.app.Projects.Projects(ctx)
	if err != nil {
		t.log.Error("list roles", "reason", err.Error())
	}
	var roles []provider.Role
	for _, id := range ids {
		defined, err := t.app.Projects.Definition(ctx, id)
		if err != nil {
			t.log.Error("list roles", "reason", err.Error())
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
	if admin := provider.Administrator(); !slices.Contains(roles, admin) { // there is no project yet
		roles = append(roles, admin)
	}
	return roles
}

// proxyID matches the request ids that a proxy may set: hexadecimal, with or without hyphens, or a ULID. Names do not
// match.
var proxyID = regexp.MustCompile(`^(?:[0-9a-fA-F-]{16,36}|[0-9A-HJKMNP-TV-Z]{26})$`)

// logged writes the access log. A request keeps the id that a proxy on this machine has set.
func (t *tracker) logged(next http.Handler) http.Handler {
	next = web.Logged(t.log, time.Now, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id := r.Header.Get(web.RequestHeader); isLoopback(r.RemoteAddr) && proxyID.MatchString(id) {
			r = r.WithContext(logs.WithRequest(r.Context(), id))
		}
		next.ServeHTTP(w, r)
	})
}

func isLoopback(address string) bool {
	at, err := netip.ParseAddrPort(address)
	return err == nil && at.Addr().Unmap().IsLoopback()
}

// isLocalName reports whether a host is a loopback address or below localhost. Other names that resolve to this machine
// are refused, which prevents DNS rebinding by pages of other sites.
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
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail, "request_id": w.Header().Get(web.RequestHeader)})
}
