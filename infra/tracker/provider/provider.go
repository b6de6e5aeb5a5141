// Package provider is a small OpenID Connect provider for a tracker without an issuer. There are no accounts: a person
// chooses a role, or types an address and groups, and gets a token for them. It implements the authorization code flow
// with PKCE. It must never be reachable from another machine.
package provider

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	// Path is the path of the provider: its issuer is the tracker's address followed by this path.
	Path = "/local/oidc"
	// ClientID is the only client. It has no secret, since anyone on this machine can sign in with any role.
	ClientID = "outreach"

	tokenLifetime = 8 * time.Hour
	codeLifetime  = time.Minute
	maxForm       = 64 << 10 // bytes
)

// Role is a role that can be chosen.
type Role struct {
	Group string // "ces:coordinator", "ces:partner:tv-partner", "admin"
	Email string // of a fictitious person with this role
}

// Roles returns the roles of a project, with one for each of its partners, and that of the administrator.
func Roles(project string, partners ...string) []Role {
	var roles []Role
	for _, name := range []string{"coordinator", "adviser", "funder"} {
		roles = append(roles, Role{Group: project + ":" + name, Email: name + "@example.org"})
	}
	for _, id := range partners {
		roles = append(roles, Role{Group: project + ":partner:" + id, Email: id + "@example.org"})
	}
	return append(roles, Administrator())
}

// Administrator returns the role of the administrator, who makes projects.
func Administrator() Role { return Role{Group: "admin", Email: "admin@example.org"} }

// Provider is an OpenID Connect provider. Set Roles and ChooseRole before it serves. It is safe for concurrent use.
type Provider struct {
	Roles func() []Role // the roles that can be chosen at present
	// ChooseRole shows the page on which a role is chosen. Its form is sent by POST to the page's own address with
	// every hidden value, and either role, the Group of one of the roles, or a typed email and groups (separated by
	// spaces or commas).
	ChooseRole func(w http.ResponseWriter, r *http.Request, roles []Role, hidden url.Values)

	issuer *url.URL
	key    *rsa.PrivateKey
	keyID  string
	now    func() time.Time
	mux    *http.ServeMux

	mu    sync.Mutex
	codes map[string]grant
}

// grant is the sign-in that a code can be exchanged for.
type grant struct {
	email, nonce, redirect, challenge string
	groups                            []string
	until                             time.Time
}

// New returns a provider for an issuer, whose URL must end in Path.
func New(issuer string, key *rsa.PrivateKey, now func() time.Time) (*Provider, error) {
	address, err := url.Parse(issuer)
	if err != nil || address.Host == "" || address.Path != Path {
		return nil, fmt.Errorf("issuer %q: want http://host%s", issuer, Path)
	}
	sum := sha256.Sum256(key.N.Bytes())
	p := &Provider{issuer: address, key: key, keyID: hex.EncodeToString(sum[:8]), now: now, mux: http.NewServeMux(), codes: map[string]grant{}}
	p.mux.HandleFunc("GET "+Path+"/.well-known/openid-configuration", p.discovery)
	p.mux.HandleFunc("GET "+Path+"/jwks", p.keys)
	p.mux.HandleFunc("GET "+Path+"/authorize", p.authorize)
	p.mux.HandleFunc("POST "+Path+"/authorize", p.authorize)
	p.mux.HandleFunc("POST "+Path+"/token", p.token)
	p.mux.HandleFunc("GET "+Path+"/end-session", p.endSession)
	return p, nil
}

// ServeHTTP serves the addresses below Path.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	p.mux.ServeHTTP(w, r)
}

// RoundTrip answers a request in this process, so that verifying a token needs no connection to the tracker's own
// listener. It fails for requests to other hosts than the issuer's.
func (p *Provider) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if r.URL.Host != p.issuer.Host {
		return nil, fmt.Errorf("the local provider does not serve %s", r.URL.Host)
	}
	inner := r.Clone(r.Context())
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	w := &recorder{header: http.Header{}}
	p.ServeHTTP(w, inner)
	return w.response(r), nil
}

// Token returns a bearer token for an e-mail address and groups, valid for eight hours.
func (p *Provider) Token(email string, groups []string) (string, error) {
	return p.sign(grant{email: email, groups: groups})
}

func (p *Provider) sign(g grant) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: p.key, KeyID: p.keyID}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	email := strings.ToLower(strings.TrimSpace(g.email))
	sum := sha256.Sum256([]byte(email))
	now := p.now()
	claims := struct {
		jwt.Claims
		Email         string   `json:"email"`
		EmailVerified bool     `json:"email_verified"`
		Groups        []string `json:"groups"`
		Nonce         string   `json:"nonce,omitempty"`
	}{
		Claims: jwt.Claims{
			Issuer: p.issuer.String(), Subject: hex.EncodeToString(sum[:8]), Audience: jwt.Audience{ClientID},
			IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(tokenLifetime)),
		},
		Email: email, EmailVerified: true, Groups: g.groups, Nonce: g.nonce,
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return token, nil
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	issuer := p.issuer.String()
	write(w, http.StatusOK, map[string]any{
		"issuer":                                issuer,
		"authorization_endpoint":                issuer + "/authorize",
		"token_endpoint":                        issuer + "/token",
		"jwks_uri":                              issuer + "/jwks",
		"end_session_endpoint":                  issuer + "/end-session",
		"scopes_supported":                      []string{"openid", "email"},
		"response_types_supported":              []string{"code"},
		"grant_types_supported":                 []string{"authorization_code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"none"},
		"code_challenge_methods_supported":      []string{"S256"},
	})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: p.keyID, Algorithm: "RS256", Use: "sig"}}})
}

// authorize shows the choice of roles, and redirects back to the client with a code once one is chosen.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil {
		http.Error(w, "The form cannot be read.", http.StatusBadRequest)
		return
	}
	request := url.Values{}
	for _, name := range []string{"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method"} {
		if r.Form.Has(name) {
			request.Set(name, r.Form.Get(name))
		}
	}
	back, err := url.Parse(request.Get("redirect_uri"))
	switch {
	case request.Get("client_id") != ClientID:
		http.Error(w, "client_id: unknown client.", http.StatusBadRequest)
		return
	case err != nil || !p.sameOrigin(back):
		http.Error(w, "redirect_uri: not an address of this tracker.", http.StatusBadRequest)
		return
	case request.Get("response_type") != "code" || !slices.Contains(strings.Fields(request.Get("scope")), "openid"):
		http.Error(w, "response_type must be code, and scope must contain openid.", http.StatusBadRequest)
		return
	case request.Get("code_challenge_method") != "S256" || request.Get("code_challenge") == "":
		http.Error(w, "code_challenge: S256 is required.", http.StatusBadRequest)
		return
	case r.Method != http.MethodPost:
		p.ChooseRole(w, r, p.Roles(), request)
		return
	}
	email, groups, err := p.chosen(r.PostForm)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	code := p.issue(grant{
		email: email, groups: groups, nonce: request.Get("nonce"), redirect: request.Get("redirect_uri"),
		challenge: request.Get("code_challenge"), until: p.now().Add(codeLifetime),
	})
	query := back.Query()
	query.Set("code", code)
	query.Set("state", request.Get("state"))
	query.Set("iss", p.issuer.String())
	back.RawQuery = query.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// chosen returns the e-mail address and groups that a form chooses.
func (p *Provider) chosen(form url.Values) (email string, groups []string, err error) {
	if email = strings.TrimSpace(form.Get("email")); email != "" {
		if !strings.Contains(email, "@") {
			return "", nil, fmt.Errorf("email: %q is not an address", email)
		}
		return email, strings.FieldsFunc(form.Get("groups"), func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }), nil
	}
	for _, role := range p.Roles() {
		if role.Group == form.Get("role") {
			return role.Email, []string{role.Group}, nil
		}
	}
	return "", nil, fmt.Errorf("role: %q is not offered", form.Get("role"))
}

// issue returns a new code for a grant, and deletes expired ones.
func (p *Provider) issue(g grant) string {
	code := rand.Text()
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.codes, func(_ string, old grant) bool { return !now.Before(old.until) })
	p.codes[code] = g
	return code
}

// redeem returns the grant of a code. Each code can be redeemed once.
func (p *Provider) redeem(code string) (grant, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g, found := p.codes[code]
	delete(p.codes, code)
	return g, found && p.now().Before(g.until)
}

// token exchanges a code for a token.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil || r.PostForm.Get("grant_type") != "authorization_code" {
		write(w, http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
		return
	}
	if r.PostForm.Get("client_id") != ClientID {
		write(w, http.StatusBadRequest, map[string]string{"error": "invalid_client"})
		return
	}
	g, found := p.redeem(r.PostForm.Get("code"))
	proof := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	if !found || g.redirect != r.PostForm.Get("redirect_uri") || g.challenge != base64.RawURLEncoding.EncodeToString(proof[:]) {
		write(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	token, err := p.sign(g)
	if err != nil {
		write(w, http.StatusInternalServerError, map[string]string{"error": "server_error"})
		return
	}
	write(w, http.StatusOK, map[string]any{"access_token": token, "id_token": token, "token_type": "Bearer", "expires_in": int(tokenLifetime.Seconds())})
}

// endSession redirects back to the client. The provider keeps no sessions, so there is nothing to end.
func (p *Provider) endSession(w http.ResponseWriter, r *http.Request) {
	to, err := url.Parse(r.URL.Query().Get("post_logout_redirect_uri"))
	if err != nil || !p.sameOrigin(to) {
		to = &url.URL{Path: "/"}
	}
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}

// sameOrigin reports whether an address belongs to the tracker that the provider is part of.
func (p *Provider) sameOrigin(address *url.URL) bool {
	return address.Scheme == p.issuer.Scheme && address.Host == p.issuer.Host
}

func write(w http.ResponseWriter, status int, content any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// After the header an error can no longer be reported.
	_ = json.NewEncoder(w).Encode(content)
}

// recorder is a ResponseWriter that keeps the response.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

func (r *recorder) response(request *http.Request) *http.Response {
	r.WriteHeader(http.StatusOK)
	return &http.Response{
		Status: strconv.Itoa(r.status) + " " + http.StatusText(r.status), StatusCode: r.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.header, Body: io.NopCloser(&r.body), ContentLength: int64(r.body.Len()), Request: request,
	}
}
