// Package provider is a small OpenID Connect provider for the local stack, where nobody has an account: whoever asks chooses
// a role, or types an address and groups, and gets a token that says so. It speaks the authorization code flow with PKCE,
// so that people sign in as they do elsewhere. It must never be reachable from another machine.
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
	// Path is where the provider is served: its issuer is the stack's address and this path.
	Path = "/local/oidc"
	// ClientID is the only application it knows. It has no secret: whoever is on this machine may be anyone.
	ClientID = "outreach"

	tokenFor = 8 * time.Hour
	codeFor  = time.Minute
	mostForm = 64 << 10 // bytes
)

// Role is one that can be chosen.
type Role struct {
	Group string // "ces:coordinator", "ces:partner:tv-partner", "admin"
	Email string // of the made-up person who holds it
}

// Roles are those of one project, a partner's for each of the partners, and the administrator's.
func Roles(project string, partners ...string) []Role {
	var roles []Role
	for _, name := range []string{"coordinator", "adviser", "funder"} {
		roles = append(roles, Role{Group: project + ":" + name, Email: name + "@example.org"})
	}
	for _, id := range partners {
		roles = append(roles, Role{Group: project + ":partner:" + id, Email: id + "@example.org"})
	}
	return append(roles, Role{Group: "admin", Email: "admin@example.org"})
}

// Provider is the provider. Roles and ChooseRole are set before it serves.
type Provider struct {
	Roles func() []Role // those that can be chosen now
	// ChooseRole shows the page on which a role is chosen. Its form is sent by POST to the page's own address with every
	// hidden value, and either role, the Group of one of the roles, or a typed email and groups (parted by spaces or commas).
	ChooseRole func(w http.ResponseWriter, r *http.Request, roles []Role, hidden url.Values)

	issuer *url.URL
	key    *rsa.PrivateKey
	keyID  string
	now    func() time.Time
	mux    *http.ServeMux

	mu    sync.Mutex
	codes map[string]grant
}

// grant is what a code stands for.
type grant struct {
	email, nonce, redirect, challenge string
	groups                            []string
	until                             time.Time
}

// New makes a provider that calls itself by the issuer's URL, which ends in Path.
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

// ServeHTTP answers what is asked below Path.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	p.mux.ServeHTTP(w, r)
}

// RoundTrip answers in process, so that who verifies a token needs no connection to the listener that it may itself be
// keeping busy. Only requests to the issuer's host are answered.
func (p *Provider) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if r.URL.Host != p.issuer.Host {
		return nil, fmt.Errorf("the local provider does not answer for %s", r.URL.Host)
	}
	inner := r.Clone(r.Context())
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	w := &answer{header: http.Header{}}
	p.ServeHTTP(w, inner)
	return w.response(r), nil
}

// Token gives a token for an address and groups, as programs send it.
func (p *Provider) Token(email string, groups []string) (string, error) {
	return p.sign(grant{email: email, groups: groups})
}

func (p *Provider) sign(g grant) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: p.key, KeyID: p.keyID}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
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
			IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(tokenFor)),
		},
		Email: email, EmailVerified: true, Groups: g.groups, Nonce: g.nonce,
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
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

// authorize shows the choice of roles, and sends who has chosen back with a code.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil {
		http.Error(w, "The form cannot be read.", http.StatusBadRequest)
		return
	}
	asked := url.Values{}
	for _, name := range []string{"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method"} {
		if r.Form.Has(name) {
			asked.Set(name, r.Form.Get(name))
		}
	}
	back, err := url.Parse(asked.Get("redirect_uri"))
	switch {
	case asked.Get("client_id") != ClientID:
		http.Error(w, "client_id: another application.", http.StatusBadRequest)
		return
	case err != nil || !p.same(back):
		http.Error(w, "redirect_uri: another address.", http.StatusBadRequest)
		return
	case asked.Get("response_type") != "code" || !slices.Contains(strings.Fields(asked.Get("scope")), "openid"):
		http.Error(w, "response_type, scope: only code and openid are possible.", http.StatusBadRequest)
		return
	case asked.Get("code_challenge_method") != "S256" || asked.Get("code_challenge") == "":
		http.Error(w, "code_challenge: S256 is needed.", http.StatusBadRequest)
		return
	case r.Method != http.MethodPost:
		p.ChooseRole(w, r, p.Roles(), asked)
		return
	}
	email, groups, err := p.chosen(r.PostForm)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	code := p.issue(grant{
		email: email, groups: groups, nonce: asked.Get("nonce"), redirect: asked.Get("redirect_uri"),
		challenge: asked.Get("code_challenge"), until: p.now().Add(codeFor),
	})
	query := back.Query()
	query.Set("code", code)
	query.Set("state", asked.Get("state"))
	query.Set("iss", p.issuer.String())
	back.RawQuery = query.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// chosen gives who a person chose to be.
func (p *Provider) chosen(form url.Values) (email string, groups []string, err error) {
	if email = strings.TrimSpace(form.Get("email")); email != "" {
		if !strings.Contains(email, "@") {
			return "", nil, fmt.Errorf("email: %q is no address", email)
		}
		return email, strings.FieldsFunc(form.Get("groups"), func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }), nil
	}
	for _, role := range p.Roles() {
		if role.Group == form.Get("role") {
			return role.Email, []string{role.Group}, nil
		}
	}
	return "", nil, fmt.Errorf("role: %q is none of them", form.Get("role"))
}

func (p *Provider) issue(g grant) string {
	code := rand.Text()
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.codes, func(_ string, old grant) bool { return !now.Before(old.until) })
	p.codes[code] = g
	return code
}

// redeem gives what a code stands for, once.
func (p *Provider) redeem(code string) (grant, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g, found := p.codes[code]
	delete(p.codes, code)
	return g, found && p.now().Before(g.until)
}

// token changes a code for a token.
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
	write(w, http.StatusOK, map[string]any{"access_token": token, "id_token": token, "token_type": "Bearer", "expires_in": int(tokenFor.Seconds())})
}

// endSession sends back whoever signed out. There is nothing to end: the provider asks anew each time.
func (p *Provider) endSession(w http.ResponseWriter, r *http.Request) {
	to, err := url.Parse(r.URL.Query().Get("post_logout_redirect_uri"))
	if err != nil || !p.same(to) {
		to = &url.URL{Path: "/"}
	}
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}

// same tells whether an address is one of the stack that the provider is a part of.
func (p *Provider) same(address *url.URL) bool {
	return address.Scheme == p.issuer.Scheme && address.Host == p.issuer.Host
}

func write(w http.ResponseWriter, status int, content any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// Past the header, nobody is left to be told of an error.
	_ = json.NewEncoder(w).Encode(content)
}

// answer keeps what a handler writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

func (a *answer) response(r *http.Request) *http.Response {
	a.WriteHeader(http.StatusOK)
	return &http.Response{
		Status: strconv.Itoa(a.status) + " " + http.StatusText(a.status), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: r,
	}
}
