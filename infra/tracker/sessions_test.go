package main_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// signIn signs in through the pages, as a browser does, and returns the cookies of the session and of the attempt.
func (p *project) signIn(role string) (session, attempt string) {
	p.t.Helper()
	jar := map[string]string{}
	visit := func(method, address string, form fields) reply {
		p.t.Helper()
		var cookies []string
		for name, value := range jar {
			cookies = append(cookies, name+"="+value)
		}
		c := p.anyone.browser().with("Cookie", strings.Join(cookies, "; "))
		address = strings.TrimPrefix(address, p.anyone.base)
		got := reply{}
		if method == "POST" {
			got = c.fill(address, form)
		} else {
			got = c.get(address)
		}
		for _, line := range got.header.Values("Set-Cookie") {
			cookie, err := http.ParseSetCookie(line)
			if err != nil {
				p.t.Fatal(err)
			}
			if cookie.Name == "sign-in" && cookie.Value != "" {
				attempt = cookie.Value
			}
			jar[cookie.Name] = cookie.Value
		}
		return got
	}
	follow := func(got reply) reply {
		p.t.Helper()
		for range 10 {
			if got.status != http.StatusSeeOther && got.status != http.StatusFound {
				return got
			}
			got = visit("GET", got.header.Get("Location"), nil)
		}
		return got
	}
	choice := follow(visit("GET", "/auth/sign-in?to="+url.QueryEscape(p.at), nil)).is(http.StatusOK)
	form := fields{"role": role}
	for _, hidden := range regexp.MustCompile(`<input[^>]*type="hidden"[^>]*>`).FindAllString(string(choice.body), -1) {
		name := regexp.MustCompile(`name="([^"]*)"`).FindStringSubmatch(hidden)
		value := regexp.MustCompile(`value="([^"]*)"`).FindStringSubmatch(hidden)
		form[name[1]] = strings.ReplaceAll(value[1], "&amp;", "&")
	}
	actions := regexp.MustCompile(`<form[^>]*action="([^"]*)"`).FindAllStringSubmatch(string(choice.body), -1)
	follow(visit("POST", strings.ReplaceAll(actions[len(actions)-1][1], "&amp;", "&"), form)).is(http.StatusOK)
	if jar["session"] == "" {
		p.t.Fatalf("%s has no session", role)
	}
	return jar["session"], attempt
}

// holding returns a caller with a session cookie.
func (p *project) holding(session string) caller { return p.anyone.with("Cookie", "session="+session) }

func TestSigningOutEndsAllSessionsOfAPerson(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "localhost:0", "-empty")
	p := newProjectAt(t, s, "courtyards")
	desk, _ := p.signIn(p.id + ":coordinator")
	phone, _ := p.signIn(p.id + ":coordinator")
	funder, _ := p.signIn(p.id + ":funder")
	for _, session := range []string{desk, phone} {
		p.holding(session).get(p.at + "/people").is(http.StatusOK)
	}
	p.holding(desk).with("Origin", "https://elsewhere.example.org").with("Sec-Fetch-Site", "cross-site").fill("/auth/sign-out", fields{}).is(http.StatusForbidden)
	p.holding(phone).get(p.at + "/people").is(http.StatusOK)
	p.holding(desk).browser().fill("/auth/sign-out", fields{}).is(http.StatusSeeOther)
	refused := func(when string) {
		t.Helper()
		// An address of each function that identifies the caller.
		for _, address := range []string{"GET /people", "GET /consultations", "GET /uploads", "GET /definition", "GET /snapshots", "POST /snapshots"} {
			method, path, _ := strings.Cut(address, " ")
			for name, session := range map[string]string{"the cookie that was kept": desk, "the other browser's": phone} {
				if got := p.holding(session).send(method, p.at+path, "", nil); got.status != http.StatusUnauthorized {
					t.Errorf("%s, %s: %s", when, name, got)
				}
			}
		}
		if got := p.holding(phone).browser().get(p.at + "/people"); got.status != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Location"), "/auth/sign-in?") {
			t.Errorf("%s, a browser is not led to sign in: %s", when, got)
		}
		p.holding(funder).get(p.at + "/snapshots").is(http.StatusOK)
		p.office.get(p.at + "/people").is(http.StatusOK) // a program's token is no session
	}
	refused("signed out")
	anew, _ := p.signIn(p.id + ":coordinator")
	p.holding(anew).get(p.at + "/people").is(http.StatusOK)
	refused("after signing in anew")
	for _, it := range dump(t, s) {
		if it.table == "tracker" && strings.HasPrefix(it.pk, "SESSIONS#") && strings.Contains(it.pk+it.sk+it.data, "coordinator") {
			t.Errorf("who signed out stands in the table: %v", it)
		}
	}
	s.kill()
	p.tracker = s.again(t)
	p.meet(t)
	refused("after a restart")
	p.holding(anew).get(p.at + "/people").is(http.StatusOK)
}

func TestInvalidTokensAreRefused(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	key, claims, kid := providerKey(t, p)
	with := func(name string, value any) map[string]any {
		out := maps.Clone(claims)
		if out[name] = value; value == nil {
			delete(out, name)
		}
		return out
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	part := func(value any) string {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(encoded)
	}
	good := strings.Split(p.office.token, ".")
	none := part(map[string]string{"alg": "none", "typ": "JWT"})
	own := signed(t, jose.RS256, key, kid, claims, nil)
	asked := func(token string) caller {
		c := p.anyone
		c.token = token
		return c
	}
	asked(own).get(p.at + "/people").is(http.StatusOK) // what is refused below is refused for what is wrong with it
	for name, token := range map[string]string{
		"expired":                             signed(t, jose.RS256, key, kid, with("exp", now-3600), nil),
		"that never expires":                  signed(t, jose.RS256, key, kid, with("exp", nil), nil),
		"of the future":                       signed(t, jose.RS256, key, kid, with("nbf", now+3600), nil),
		"of another issuer":                   signed(t, jose.RS256, key, kid, with("iss", "https://elsewhere.example.org"), nil),
		"of no issuer":                        signed(t, jose.RS256, key, kid, with("iss", nil), nil),
		"for another application":             signed(t, jose.RS256, key, kid, with("aud", "another"), nil),
		"for no application":                  signed(t, jose.RS256, key, kid, with("aud", nil), nil),
		"of nobody":                           signed(t, jose.RS256, key, kid, with("sub", nil), nil),
		"of a stranger's key":                 signed(t, jose.RS256, stranger, kid, claims, nil),
		"of a stranger's key that it brings":  signed(t, jose.RS256, stranger, kid, claims, &jose.SignerOptions{EmbedJWK: true}),
		"of a key that nobody knows":          signed(t, jose.RS256, stranger, "unknown", claims, nil),
		"of HMAC with the public key":         signed(t, jose.HS256, der, kid, claims, nil),
		"of HMAC with the public key as PEM":  signed(t, jose.HS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), kid, claims, nil),
		"of algorithm none":                   none + "." + part(claims) + ".",
		"of algorithm none, with a signature": none + "." + part(claims) + "." + good[2],
		"of algorithm NONE":                   part(map[string]string{"alg": "NONE", "kid": kid}) + "." + part(claims) + ".",
		"altered":                             good[0] + "." + part(with("groups", []string{p.id + ":coordinator", "admin"})) + "." + good[2],
		"without a signature":                 good[0] + "." + good[1] + ".",
		"cut short":                           p.office.token[:len(p.office.token)-8],
		"twice":                               p.office.token + "." + p.office.token,
		"no token":                            "x",
		"very long":                           strings.Repeat("A", 16_000),
	} {
		for _, c := range []caller{asked(token), asked(token).browser()} {
			for _, path := range []string{p.at + "/people", p.at + "/uploads", p.at + "/consultations", p.at + "/snapshots", p.at + "/definition"} {
				if got := c.get(path); got.status != http.StatusUnauthorized || strings.Contains(string(got.body), "office@example.org") {
					t.Errorf("a token %s at %s: %s", name, path, got)
				}
			}
		}
		if got := asked(token).post(p.at+"/attendance", p.attendance("x")); got.status != http.StatusUnauthorized {
			t.Errorf("a token %s, to write: %s", name, got)
		}
	}
	p.anyone.with("Authorization", "Bearer ").get(p.at + "/people").is(http.StatusUnauthorized)
	p.anyone.with("Authorization", "Basic "+p.office.token).get(p.at + "/people").is(http.StatusUnauthorized)
	p.anyone.get(p.at + "/people?access_token=" + p.office.token).is(http.StatusUnauthorized)
}

func TestInvalidCookiesAreRefused(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	good, attempt := p.signIn(p.id + ":coordinator")
	now := time.Now()
	secret := func(s *tracker) []byte {
		text, err := os.ReadFile(filepath.Join(s.data, "secret"))
		if err != nil {
			t.Fatal(err)
		}
		key, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		return key
	}(p.tracker)
	session := func(until time.Time) map[string]any {
		return map[string]any{"s": "somebody", "e": "office@example.org", "g": []string{p.id + ":coordinator"}, "b": now.UnixNano(), "u": until.Unix()}
	}
	other := make([]byte, 32)
	copy(other, "another secret, as of another tracker")
	p.holding(good).get(p.at + "/people").is(http.StatusOK)
	p.holding(sealed(t, secret, "session", session(now.Add(time.Hour)))).get(p.at + "/people").is(http.StatusOK) // so the others are refused for what is wrong with them
	middle := len(good) / 2
	letter := map[bool]string{true: "B", false: "A"}[good[middle] == 'A']
	for name, cookie := range map[string]string{
		"that is over":                        sealed(t, secret, "session", session(now.Add(-time.Second))),
		"of another secret":                   sealed(t, other, "session", session(now.Add(time.Hour))),
		"of the other purpose":                attempt,
		"sealed for the other purpose":        sealed(t, secret, "sign-in", session(now.Add(time.Hour))),
		"sealed for another name":             sealed(t, secret, "__Host-session", session(now.Add(time.Hour))),
		"altered":                             good[:middle] + letter + good[middle+1:],
		"cut short":                           good[:len(good)-4],
		"with something behind":               good + "AAAA",
		"twice":                               good + good,
		"in the clear":                        base64.RawURLEncoding.EncodeToString([]byte(`{"s":"x","g":["` + p.id + `:coordinator"],"u":99999999999}`)),
		"that is a token":                     p.office.token,
		"of nothing":                          "",
		"longer than a cookie can be":         strings.Repeat("A", 16_000),
		"good, with more than a cookie holds": good + strings.Repeat("A", 8_000),
	} {
		for _, path := range []string{p.at + "/people", p.at + "/uploads", p.at + "/consultations", p.at + "/snapshots", p.at + "/definition"} {
			if got := p.holding(cookie).get(path); got.status != http.StatusUnauthorized {
				t.Errorf("a cookie %s at %s: %s", name, path, got)
			}
		}
		if got := p.holding(cookie).browser().get(p.at + "/people"); got.status != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Location"), "/auth/sign-in?") {
			t.Errorf("a cookie %s, in a browser: %s", name, got)
		}
		if got := p.holding(cookie).post(p.at+"/attendance", p.attendance("x")); got.status != http.StatusUnauthorized {
			t.Errorf("a cookie %s, to write: %s", name, got)
		}
	}
	// An invalid cookie is refused beside a valid token, and the reverse.
	p.office.with("Cookie", "session=x").get(p.at + "/people").is(http.StatusOK)
	p.holding(good).with("Authorization", "Bearer x").get(p.at + "/people").is(http.StatusUnauthorized)
}

// providerKey returns the key of the built-in provider, the claims of the office, and the key's id.
func providerKey(t *testing.T, p *project) (*rsa.PrivateKey, map[string]any, string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.tracker.data, "provider.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		t.Fatalf("a key of another kind: %T", parsed)
	}
	token, err := jwt.ParseSigned(p.office.token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := token.Claims(key.Public(), &claims); err != nil {
		t.Fatal(err)
	}
	return key, claims, token.Headers[0].KeyID
}

func signed(t *testing.T, algorithm jose.SignatureAlgorithm, key any, kid string, claims map[string]any, options *jose.SignerOptions) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, options)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// sealed returns a cookie sealed as the tracker does.
func sealed(t *testing.T, secret []byte, name string, content any) string {
	t.Helper()
	plain, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "cookie "+name, 32)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nil, nil, plain, nil))
}
