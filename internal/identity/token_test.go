package identity_test

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"outreach/internal/identity"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

func withToken(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/ces", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func TestValidTokensAreAccepted(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.keys["curved"], f.keys["edwards"] = curved.Public(), edwards.Public()
	f.extra = []string{`{"kty":"OKP","crv":"X25519","kid":"odd","x":"AAAA"}`, `{"kty":"unheard-of","kid":"odder"}`}
	settings := f.settings()
	cognito := settings
	cognito.GroupsClaim = "cognito:groups"
	anna := identity.Identity{Subject: "248289761001", Email: "anna.nowak@example.org", Groups: []string{"ces:coordinator", "ces:partner:tv-partner"}}
	grouped := func(groups ...string) identity.Identity {
		who := anna
		who.Groups = groups
		return who
	}
	checked := anna
	checked.Checked = true
	unnamed := anna
	unnamed.Email = ""
	base := f.claims()
	now := f.now().Unix()
	access := base.with("aud", nil).with("email", nil).with("client_id", clientID).with("token_use", "access")
	for _, c := range []struct {
		name     string
		settings identity.Settings
		token    string
		want     identity.Identity
	}{
		{"an ID token, its address in lower case and the groups that mean something here", settings, f.good(), anna},
		{"one for several applications, this one among them", settings, sign(t, jose.RS256, first, "first", base.with("aud", []string{"account", clientID})), anna},
		{"one signed on an elliptic curve", settings, sign(t, jose.ES256, curved, "curved", base), anna},
		{"one signed by EdDSA", settings, sign(t, jose.EdDSA, edwards, "edwards", base), anna},
		{"one that does not name its key", settings, sign(t, jose.RS256, first, "", base), anna},
		{"one that ended within the skew", settings, sign(t, jose.RS256, first, "first", base.with("exp", now-110)), anna},
		{"one of a clock ahead within the skew", settings, sign(t, jose.RS256, first, "first", base.with("iat", now+110).with("nbf", now+110)), anna},
		{"a Cognito access token: no audience, no address", settings, sign(t, jose.RS256, first, "first", access), unnamed},
		{"an address that is not verified is left out", settings, sign(t, jose.RS256, first, "first", base.with("email_verified", false)), unnamed},
		{"one that is not, as text", settings, sign(t, jose.RS256, first, "first", base.with("email_verified", "false")), unnamed},
		{"a verified address", settings, sign(t, jose.RS256, first, "first", base.with("email_verified", true)), checked},
		{"the same as text, as Cognito writes it", settings, sign(t, jose.RS256, first, "first", base.with("email_verified", "true")), checked},
		{"no groups", settings, sign(t, jose.RS256, first, "first", base.with("groups", nil)), grouped()},
		{"groups in brackets", settings, sign(t, jose.RS256, first, "first", base.with("groups", "[ces:funder admin]")), grouped("ces:funder", "admin")},
		{"groups parted by commas", settings, sign(t, jose.RS256, first, "first", base.with("groups", "ces:funder, ces:adviser,staff")), grouped("ces:funder", "ces:adviser")},
		{"one group as text", settings, sign(t, jose.RS256, first, "first", base.with("groups", "admin")), grouped("admin")},
		{"groups written as paths", settings, sign(t, jose.RS256, first, "first", base.with("groups", []string{"/admin", "/ces:funder"})), grouped("admin", "ces:funder")},
		{"a group twice counts once", settings, sign(t, jose.RS256, first, "first", base.with("groups", []string{"admin", "admin"})), grouped("admin")},
		{"groups that are no text are passed over", settings, sign(t, jose.RS256, first, "first", base.with("groups", []any{1, nil, "ces:funder"})), grouped("ces:funder")},
		{"groups in an unknown form give none", settings, sign(t, jose.RS256, first, "first", base.with("groups", claims{"admin": true})), grouped()},
		{"half a group is none", settings, sign(t, jose.RS256, first, "first", base.with("groups", []string{"ces:", ":coordinator", "ces:partner:", "ces:coordinator:x", "Admin"})), grouped()},
		{"the claim's name is a setting", cognito, sign(t, jose.RS256, first, "first", base.with("cognito:groups", []string{"ces:adviser"})), grouped("ces:adviser")},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := authority(t, c.settings).Identify(withToken(c.token))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInvalidTokensAreRefused(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	good, base, now := f.good(), f.claims(), f.now().Unix()
	parts := strings.Split(good, ".")
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	altered := strings.Replace(string(must(base64.RawURLEncoding.DecodeString(parts[1]))), "ces:coordinator", "ces:adviser", 1)
	public := must(x509.MarshalPKIXPublicKey(first.Public()))
	for _, c := range []struct{ name, token string }{
		{"no token at all", ""},
		{"not a token", "secret"},
		{"two tokens", good + ", " + good},
		{"expired", sign(t, jose.RS256, first, "first", base.with("exp", now-121))},
		{"of the future", sign(t, jose.RS256, first, "first", base.with("nbf", now+121))},
		{"issued in the future", sign(t, jose.RS256, first, "first", base.with("iat", now+121))},
		{"without an expiry", sign(t, jose.RS256, first, "first", base.with("exp", nil))},
		{"without a subject", sign(t, jose.RS256, first, "first", base.with("sub", nil))},
		{"of another issuer", sign(t, jose.RS256, first, "first", base.with("iss", "https://elsewhere.example.org"))},
		{"of no issuer", sign(t, jose.RS256, first, "first", base.with("iss", nil))},
		{"for another application", sign(t, jose.RS256, first, "first", base.with("aud", "another"))},
		{"for another application, though ours asked for it", sign(t, jose.RS256, first, "first", base.with("aud", "another").with("client_id", clientID))},
		{"for no application", sign(t, jose.RS256, first, "first", base.with("aud", nil))},
		{"an access token of another application", sign(t, jose.RS256, first, "first", base.with("aud", nil).with("client_id", "another"))},
		{"forged with another key under the right id", sign(t, jose.RS256, second, "first", base)},
		{"forged with another key without a name", sign(t, jose.RS256, second, "", base)},
		{"signed with an unknown key", sign(t, jose.RS256, second, "unknown", base)},
		{"altered", parts[0] + "." + encode(altered) + "." + parts[2]},
		{"without its signature", parts[0] + "." + parts[1] + "."},
		{"of algorithm none", encode(`{"alg":"none"}`) + "." + parts[1] + "."},
		{"of algorithm none with the key's name", encode(`{"alg":"None","kid":"first"}`) + "." + parts[1] + "." + parts[2]},
		{"HMAC with the public key", sign(t, jose.HS256, public, "first", base)},
		{"HMAC with the public key as PEM", sign(t, jose.HS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), "first", base)},
		{"of another algorithm than its key", sign(t, jose.ES256, curved, "first", base)},
	} {
		t.Run(c.name, func(t *testing.T) {
			// Each sees an authority that knows the keys, as a warm function does, and one that does not.
			warm := authority(t, f.settings())
			if _, err := warm.Identify(withToken(good)); err != nil {
				t.Fatal(err)
			}
			for _, a := range []*identity.Authority{warm, authority(t, f.settings())} {
				got, err := a.Identify(withToken(c.token))
				if err == nil || errors.Is(err, identity.ErrUnavailable) {
					t.Errorf("got %v and error %v, want a refusal", got, err)
				}
				if got.SignedIn() || got.Groups != nil {
					t.Errorf("a refused token still gives %v", got)
				}
				if err != nil && (strings.Contains(strings.ToLower(err.Error()), "nowak") || len(c.token) > 20 && strings.Contains(err.Error(), c.token)) {
					t.Errorf("the error contains the token: %v", err)
				}
			}
		})
	}
}

func TestUnsuitableKeysVerifyNothing(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	encryption := string(must(jose.JSONWebKey{Key: second.Public(), KeyID: "encryption", Use: "enc"}.MarshalJSON()))
	bound := string(must(jose.JSONWebKey{Key: second.Public(), KeyID: "bound", Algorithm: "RS512"}.MarshalJSON()))
	shared := string(must(jose.JSONWebKey{Key: []byte("0123456789abcdef0123456789abcdef"), KeyID: "shared"}.MarshalJSON()))
	f.extra = []string{encryption, bound, shared}
	for _, c := range []struct{ name, token string }{
		{"a key for encryption", sign(t, jose.RS256, second, "encryption", f.claims())},
		{"a key for another algorithm", sign(t, jose.RS256, second, "bound", f.claims())},
		{"a shared secret", sign(t, jose.HS256, []byte("0123456789abcdef0123456789abcdef"), "shared", f.claims())},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := authority(t, f.settings()).Identify(withToken(c.token)); err == nil {
				t.Errorf("got %v, want a refusal", got)
			}
		})
	}
	if _, err := authority(t, f.settings()).Identify(withToken(sign(t, jose.RS512, second, "bound", f.claims()))); err != nil {
		t.Errorf("the key's own algorithm: %v", err)
	}
}

func TestRequestsWithoutCredentialsAreAnonymous(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	a := authority(t, f.settings())
	plain := httptest.NewRequest(http.MethodGet, "/", nil)
	basic := httptest.NewRequest(http.MethodGet, "/", nil)
	basic.SetBasicAuth("someone", "something")
	for name, r := range map[string]*http.Request{"nothing": plain, "another scheme": basic} {
		got, err := a.Identify(r)
		if err != nil || got.SignedIn() {
			t.Errorf("%s: got %v, %v, want anyone", name, got, err)
		}
	}
	if len(f.asked) > 0 {
		t.Errorf("the issuer was asked %v before anybody needed it", f.asked)
	}
}

func TestFetchesFromTheIssuerAreLimited(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	a := authority(t, f.settings())
	identify := func(token string) error {
		_, err := a.Identify(withToken(token))
		return err
	}
	expect := func(what string, asks int) {
		t.Helper()
		if got := f.times("/jwks"); got != asks {
			t.Errorf("%s: keys asked for %d times, want %d", what, got, asks)
		}
	}
	var everybody sync.WaitGroup
	for range 20 {
		everybody.Go(func() {
			if err := identify(f.good()); err != nil {
				t.Error(err)
			}
		})
	}
	everybody.Wait()
	expect("twenty at once", 1)

	f.advance(time.Minute)
	for range 50 {
		if err := identify(sign(t, jose.RS256, second, "forged", f.claims())); err == nil {
			t.Error("a forged token is believed")
		}
	}
	expect("fifty forged tokens", 2)

	f.change(func() { f.keys = map[string]crypto.PublicKey{"second": second.Public()} })
	rotated := sign(t, jose.RS256, second, "second", f.claims())
	if err := identify(rotated); err == nil || errors.Is(err, identity.ErrUnavailable) {
		t.Errorf("a new key right after an ask: got %v, want a refusal", err)
	}
	expect("a new key right after an ask", 2)
	f.advance(time.Minute)
	if err := identify(rotated); err != nil {
		t.Errorf("a new key: %v", err)
	}
	expect("a new key a minute later", 3)
	if err := identify(f.good()); err == nil {
		t.Error("a withdrawn key is still believed")
	}

	f.change(func() { f.keys = map[string]crypto.PublicKey{"first": first.Public()} })
	f.advance(time.Minute)
	if err := identify(sign(t, jose.RS256, first, "", f.claims())); err != nil {
		t.Errorf("a new key that the token does not name: %v", err)
	}

	f.change(func() { f.keys = map[string]crypto.PublicKey{"second": second.Public()} })
	f.advance(time.Minute)
	if err := identify(rotated); err != nil {
		t.Errorf("available once more: %v", err)
	}

	f.change(func() { f.keys = map[string]crypto.PublicKey{"first": first.Public()} })
	f.advance(61 * time.Minute)
	if err := identify(sign(t, jose.RS256, second, "second", f.claims())); err == nil {
		t.Error("a key withdrawn an hour ago is still believed")
	}
}

func TestAnUnreachableIssuerIsUnavailable(t *testing.T) {
	t.Parallel()
	gone := newFake(t)
	gone.Close()
	broken := newFake(t)
	broken.down = true
	other := newFake(t)
	other.issuer = "https://elsewhere.example.org"
	for name, f := range map[string]*fake{"nothing listens": gone, "it answers 503": broken, "it calls itself something else": other} {
		_, err := authority(t, f.settings()).Identify(withToken(f.good()))
		if !errors.Is(err, identity.ErrUnavailable) {
			t.Errorf("%s: got %v, want unavailable", name, err)
		}
	}

	f := newFake(t)
	a := authority(t, f.settings())
	f.change(func() { f.down = true })
	if _, err := a.Identify(withToken(f.good())); !errors.Is(err, identity.ErrUnavailable) {
		t.Errorf("down from the start: got %v, want unavailable", err)
	}
	f.change(func() { f.down = false })
	f.advance(2 * time.Second)
	if _, err := a.Identify(withToken(f.good())); err != nil {
		t.Errorf("up once more: %v", err)
	}
	f.change(func() { f.down = true })
	f.advance(2 * time.Hour)
	if _, err := a.Identify(withToken(f.good())); err != nil {
		t.Errorf("known keys while it is down: %v", err)
	}
	if _, err := a.Identify(withToken(sign(t, jose.RS256, second, "second", f.claims()))); !errors.Is(err, identity.ErrUnavailable) {
		t.Errorf("an unknown key while it is down: got %v, want unavailable", err)
	}
}

func TestInvalidSettingsAreRefused(t *testing.T) {
	t.Parallel()
	good := identity.Settings{Issuer: "https://issuer.example.org", ClientID: clientID, CookieKey: make([]byte, 32), BaseURL: "https://outreach.example.org/"}
	if _, err := identity.New(good, http.DefaultClient); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*identity.Settings){
		"no issuer":                func(s *identity.Settings) { s.Issuer = "" },
		"an issuer that is no URL": func(s *identity.Settings) { s.Issuer = "issuer.example.org" },
		"no client id":             func(s *identity.Settings) { s.ClientID = "" },
		"no cookie key":            func(s *identity.Settings) { s.CookieKey = nil },
		"a short cookie key":       func(s *identity.Settings) { s.CookieKey = make([]byte, 31) },
		"no base URL":              func(s *identity.Settings) { s.BaseURL = "" },
		"a base URL with a path":   func(s *identity.Settings) { s.BaseURL = "https://example.org/outreach" },
		"a base URL of a file":     func(s *identity.Settings) { s.BaseURL = "file://localhost" },
	} {
		settings := good
		change(&settings)
		if _, err := identity.New(settings, http.DefaultClient); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzTokens(f *testing.F) {
	issuer := newFake(f)
	a := authority(f, issuer.settings())
	good := sign(f, jose.RS256, first, "first", issuer.claims())
	f.Add(good)
	f.Add("a.b.c")
	f.Add(`{"payload":"e30","signatures":[]}`)
	f.Fuzz(func(t *testing.T, token string) {
		who, err := a.Identify(&http.Request{Header: http.Header{"Authorization": {"Bearer " + token}}})
		if signed := strings.TrimSpace(token) == good; (err == nil) != signed || who.SignedIn() != signed {
			// Base64 leaves some bits of the last letter unused, so look-alikes of the good token are good too.
			if err == nil && slices.Equal(strings.Split(token, ".")[:2], strings.Split(good, ".")[:2]) {
				return
			}
			t.Errorf("token %q gives %v, %v", token, who, err)
		}
	})
}
