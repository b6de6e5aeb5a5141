package identity_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"outreach/internal/identity"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const clientID = "outreach-web"

var (
	start      = time.Date(2011, 2, 28, 12, 0, 0, 0, time.UTC)
	first      = must(rsa.GenerateKey(rand.Reader, 2048))
	second     = must(rsa.GenerateKey(rand.Reader, 2048))
	curved     = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	_, edwards = ed()
)

func ed() (ed25519.PublicKey, ed25519.PrivateKey) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return public, private
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// clock is a clock that changes only when it is moved.
type clock struct{ seconds atomic.Int64 }

func (c *clock) now() time.Time           { return start.Add(time.Duration(c.seconds.Load()) * time.Second) }
func (c *clock) advance(by time.Duration) { c.seconds.Add(int64(by.Seconds())) }

type claims map[string]any

func (c claims) with(name string, value any) claims {
	out := maps.Clone(c)
	if out[name] = value; value == nil {
		delete(out, name)
	}
	return out
}

// sign makes a token; a kid of "" leaves the key without a name.
func sign(t testing.TB, algorithm jose.SignatureAlgorithm, key any, kid string, c claims) string {
	t.Helper()
	if kid != "" {
		key = jose.JSONWebKey{Key: key, KeyID: kid}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(map[string]any(c)).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// fake is an OpenID Connect provider that checks what it is sent, and misbehaves where a test says so.
type fake struct {
	*httptest.Server
	t testing.TB
	clock

	mu       sync.Mutex
	keys     map[string]crypto.PublicKey
	extra    []string // further keys, as JSON
	asked    map[string]int
	down     bool
	issuer   string   // what it calls itself; "" is the truth
	ended    bool     // it has an end-session endpoint
	methods  []string // of authentication at the token endpoint
	codes    map[string]url.Values
	respond  func(sent url.Values, token claims) claims // changes the token that a code is worth
	secrets  []string                                   // what came in the Authorization header of the token endpoint
	verified int                                        // right PKCE verifiers
}

func newFake(t testing.TB) *fake {
	f := &fake{t: t, keys: map[string]crypto.PublicKey{"first": first.Public()}, asked: map[string]int{}, codes: map[string]url.Values{}, ended: true}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", f.discovery)
	mux.HandleFunc("GET /jwks", f.jwks)
	mux.HandleFunc("POST /token", f.token)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.asked[r.URL.Path]++
		if f.down {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) change(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fake) times(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[path]
}

func (f *fake) discovery(w http.ResponseWriter, _ *http.Request) {
	answer := map[string]any{
		"issuer": f.URL, "authorization_endpoint": f.URL + "/authorize", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/jwks",
	}
	if f.issuer != "" {
		answer["issuer"] = f.issuer
	}
	if f.ended {
		answer["end_session_endpoint"] = f.URL + "/logout?realm=ces"
	}
	if f.methods != nil {
		answer["token_endpoint_auth_methods_supported"] = f.methods
	}
	json.NewEncoder(w).Encode(answer)
}

func (f *fake) jwks(w http.ResponseWriter, _ *http.Request) {
	var encoded [][]byte
	for _, text := range f.extra {
		encoded = append(encoded, []byte(text))
	}
	for kid, key := range f.keys {
		encoded = append(encoded, must(jose.JSONWebKey{Key: key, KeyID: kid}.MarshalJSON()))
	}
	w.Write([]byte(`{"keys":[` + string(bytes.Join(encoded, []byte(","))) + `]}`))
}

// claims are those of a good ID token.
func (f *fake) claims() claims {
	now := f.now().Unix()
	return claims{
		"iss": f.URL, "sub": "248289761001", "aud": clientID, "iat": now, "exp": now + 3600,
		"email": "Anna.Nowak@Example.org", "groups": []string{"ces:coordinator", "ces:partner:tv-partner", "staff"},
	}
}

func (f *fake) good() string { return sign(f.t, jose.RS256, first, "first", f.claims()) }

// consent does what the provider's page does: it gives the address that the browser is sent back to.
func (f *fake) consent(authorize string) *url.URL {
	f.t.Helper()
	asked := must(url.Parse(authorize))
	query := asked.Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": clientID, "code_challenge_method": "S256", "scope": "openid email"} {
		if got := query.Get(name); got != want {
			f.t.Errorf("authorize: %s is %q, want %q", name, got, want)
		}
	}
	code := rand.Text()
	f.change(func() { f.codes[code] = query })
	back := must(url.Parse(query.Get("redirect_uri")))
	back.RawQuery = url.Values{"code": {code}, "state": {query.Get("state")}}.Encode()
	return back
}

func (f *fake) token(w http.ResponseWriter, r *http.Request) {
	refuse := func(reason string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"error": reason, "error_description": "about anna.nowak@example.org"})
	}
	r.ParseForm()
	asked, found := f.codes[r.PostForm.Get("code")]
	delete(f.codes, r.PostForm.Get("code"))
	proof := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	switch {
	case !found || asked.Get("redirect_uri") != r.PostForm.Get("redirect_uri"):
		refuse("invalid_grant")
		return
	case base64.RawURLEncoding.EncodeToString(proof[:]) != asked.Get("code_challenge"):
		refuse("invalid_grant")
		return
	}
	f.verified++
	_, secret, _ := r.BasicAuth()
	f.secrets = append(f.secrets, secret, r.PostForm.Get("client_secret"))
	c := f.claims().with("nonce", asked.Get("nonce"))
	if f.respond != nil {
		c = f.respond(asked, c)
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": sign(f.t, jose.RS256, first, "first", c)})
}

func (f *fake) settings() identity.Settings {
	return identity.Settings{
		Issuer: f.URL, ClientID: clientID, CookieKey: bytes.Repeat([]byte{7}, 32), BaseURL: "http://localhost:3000", Now: f.now,
	}
}

func authority(t testing.TB, settings identity.Settings) *identity.Authority {
	t.Helper()
	a, err := identity.New(settings, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
