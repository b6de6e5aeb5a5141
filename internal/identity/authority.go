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

// ErrUnavailable is in every error that says the issuer could not be reached: who is asking cannot be told now. The caller answers 503.
var ErrUnavailable = errors.New("identity provider is unavailable")

// Settings say whom to trust.
type Settings struct {
	Issuer       string // URL, exactly as it stands in tokens
	ClientID     string // this application's name at the issuer
	ClientSecret string // "" for a public client
	GroupsClaim  string // the claim with the groups; "" means "groups", Cognito's is "cognito:groups"
	CookieKey    []byte // 32 random bytes; the same in all functions
	BaseURL      string // where people find this application: https://outreach.example.org

	Sessions Sessions // remembers whose sessions were ended; nil: signing out ends the one in that browser alone

	Now func() time.Time // nil: the system's clock
	// SignedIn is told of everybody who signs in, before they go on; nil: nobody is told. What it cannot do must not keep them out.
	SignedIn func(r *http.Request, who Identity)
	Fail     func(w http.ResponseWriter, r *http.Request, status int, err error) // shows why a sign-in or a form from elsewhere was refused; err is for the log. nil: the status as text
}

// Sessions remembers since when the sessions of a subject no longer hold: a sealed cookie cannot be called back.
type Sessions interface {
	EndSessions(ctx context.Context, subject string, at, until time.Time) error
	SessionsEnded(ctx context.Context, subject string) (time.Time, error) // the zero time: they hold
}

// Authority tells who is asking. It may be used by many at once.
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

// New checks the settings. It sends nothing: the client, through which the issuer is asked, is first used when a token or
// somebody signing in needs it. Its transport may answer in process.
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

// ErrOtherSite is in the error of a form that another site sent.
var ErrOtherSite = errors.New("sent from another site")

// Identify tells who sent a request: by its bearer token, or else by its session cookie. A request with neither is anyone's:
// the zero Identity. A token or session that is there but is expired, ended, altered or not for this application is an error,
// which the caller answers with 401; one that wraps ErrUnavailable, also where it cannot be told whether the session was
// ended, with 503.
func (a *Authority) Identify(r *http.Request) (Identity, error) {
	if token, ok := bearer(r); ok {
		told, err := a.verify(r.Context(), token)
		return told.Identity, err
	}
	cookie, err := r.Cookie(a.sessions.name)
	if err != nil {
		return Identity{}, nil
	}
	s, err := a.openSession(cookie.Value)
	if err != nil {
		return Identity{}, err
	}
	if err := a.holds(r.Context(), s); err != nil {
		return Identity{}, err
	}
	return Identity{Subject: s.Subject, Email: s.Email, Groups: s.Groups}, nil
}

// Protect refuses what a page of another site makes a signed-in browser send. Requests with a bearer token pass: no browser
// adds one by itself.
func (a *Authority) Protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := bearer(r); !ok {
			if err := a.foreign.Check(r); err != nil {
				a.fail(w, r, http.StatusForbidden, fmt.Errorf("%w: %w", ErrOtherSite, err))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// bearer gives the token of the Authorization header, and whether there is one, be it empty.
func bearer(r *http.Request) (string, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// limited bounds what the issuer is waited for. A caller who gives up does not end it: others may wait for the same answer.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}
