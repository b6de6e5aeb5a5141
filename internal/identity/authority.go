package identity

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ErrUnavailable is in the error where a requester cannot be identified now, as the issuer or the table of ended
// sessions cannot be reached. The caller answers 503.
var ErrUnavailable = errors.New("identity provider is unavailable")

// Settings configure an Authority.
type Settings struct {
	Issuer       string // URL, exactly as in tokens
	ClientID     string // of this application at the issuer
	ClientSecret string // "" for a public client
	GroupsClaim  string // the claim with the groups; "" means "groups", Cognito's is "cognito:groups"
	CookieKey    []byte // 32 random bytes; the same in all functions
	BaseURL      string // the address of this application: https://outreach.example.org

	Sessions Sessions // stores ended sessions; nil: signing out ends the session of that browser only

	Now func() time.Time // nil: the system's clock
	// SignedIn is called after each sign-in, before the redirect; nil: not called. Its failures must not prevent the
	// sign-in.
	SignedIn func(r *http.Request, who Identity)
	Fail     func(w http.ResponseWriter, r *http.Request, status int, err error) // answers a refused sign-in, or a form of another site; err is for the log. nil: the status as text
}

// Sessions stores when the sessions of a subject were ended: a sealed cookie cannot be revoked by itself.
type Sessions interface {
	// EndSessions ends the sessions that began at or before an instant. It may be forgotten from until on.
	EndSessions(ctx context.Context, subject string, at, until time.Time) error
	// SessionsEnded returns the instant up to which sessions were ended, the zero time where none were.
	SessionsEnded(ctx context.Context, subject string) (time.Time, error)
}

// Authority identifies requesters, and signs people in and out. It is safe for concurrent use.
type Authority struct {
	issuer, clientID, clientSecret, groupsClaim string

	base     *url.URL
	client   *http.Client
	now      func() time.Time
	fail     func(http.ResponseWriter, *http.Request, int, error)
	onSignIn func(*http.Request, Identity)
	source   *source
	sessions seal
	attempts seal
	ended    Sessions
	foreign  *http.CrossOriginProtection
}

// New returns an Authority, and fails where settings are missing or invalid. It sends nothing: the client is first used
// when a token or a sign-in needs the issuer. Its transport may answer in process.
func New(settings Settings, client *http.Client) (*Authority, error) {
	base, err := url.Parse(strings.TrimSuffix(settings.BaseURL, "/"))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" || base.Path != "" || base.RawQuery != "" {
		return nil, fmt.Errorf("base URL %q: want https://host", settings.BaseURL)
	}
	if issuer, err := url.Parse(settings.Issuer); err != nil || issuer.Host == "" {
		return nil, fmt.Errorf("issuer %q: want a URL", settings.Issuer)
	}
	if settings.ClientID == "" {
		return nil, errors.New("client id is not set")
	}
	if len(settings.CookieKey) != 32 {
		return nil, fmt.Errorf("cookie key of %d bytes: want 32", len(settings.CookieKey))
	}
	a := &Authority{
		issuer: settings.Issuer, clientID: settings.ClientID, clientSecret: settings.ClientSecret, groupsClaim: settings.GroupsClaim,
		base: base, client: client, now: settings.Now, fail: settings.Fail, onSignIn: settings.SignedIn, ended: settings.Sessions, foreign: http.NewCrossOriginProtection(),
	}
	if a.groupsClaim == "" {
		a.groupsClaim = "groups"
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.fail == nil {
		a.fail = func(w http.ResponseWriter, _ *http.Request, status int, _ error) {
			http.Error(w, http.StatusText(status), status)
		}
	}
	if a.sessions, err = a.newSeal("session", settings.CookieKey); err != nil {
		return nil, err
	}
	if a.attempts, err = a.newSeal("sign-in", settings.CookieKey); err != nil {
		return nil, err
	}
	if err := a.foreign.AddTrustedOrigin(base.Scheme + "://" + base.Host); err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	a.source = &source{issuer: a.issuer, client: client, now: a.now}
	return a, nil
}

// Reach fetches what the issuer publishes, unless a call within the last second did, and fails where that is not
// possible.
func (a *Authority) Reach(ctx context.Context) error {
	_, err := a.source.refresh(ctx)
	return err
}

// ErrOtherSite is in the error of a form sent by a page of another site.
var ErrOtherSite = errors.New("sent from another site")

// Identify returns who sent a request, by its bearer token or else its session cookie; the zero Identity for a request
// with neither. A token or session that is expired, ended, altered or for another application is an error, which the
// caller answers with 401. An error that wraps ErrUnavailable is answered with 503.
func (a *Authority) Identify(r *http.Request) (Identity, error) {
	if token, ok := bearer(r); ok {
		verified, err := a.verify(r.Context(), token)
		return verified.Identity, err
	}
	cookie, err := r.Cookie(a.sessions.name)
	if err != nil {
		return Identity{}, nil
	}
	s, err := a.openSession(cookie.Value)
	if err != nil {
		return Identity{}, err
	}
	if err := a.checkEnded(r.Context(), s); err != nil {
		return Identity{}, err
	}
	return Identity{Subject: s.Subject, Email: s.Email, Checked: s.Checked, Groups: s.Groups}, nil
}

// Protect returns a handler that refuses cross-site requests with 403.
func (a *Authority) Protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.CheckSite(r); err != nil {
			a.fail(w, r, http.StatusForbidden, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// CheckSite returns an error that wraps ErrOtherSite for a request that changes something and that a browser sends for
// another site. Requests with a bearer token pass: browsers do not add one by themselves.
func (a *Authority) CheckSite(r *http.Request) error {
	if _, ok := bearer(r); ok {
		return nil
	}
	if err := a.foreign.Check(r); err != nil {
		return fmt.Errorf("%w: %w", ErrOtherSite, err)
	}
	return nil
}

// bearer returns the token of the Authorization header, and whether there is one, even if it is empty.
func bearer(r *http.Request) (string, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// withTimeout bounds a request to the issuer. A caller that gives up does not cancel it: others may wait for the same
// answer.
func withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}
