package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"
)

const (
	attemptLife = 10 * time.Minute
	maxTo       = 1000 // bytes of the path to go to after signing in
)

// Work is the query parameter by which a page knows that someone comes from signing in, and may redirect to their
// work.
const Work = "work"

// attempt is a sign-in that was begun, stored in a cookie until the provider redirects back.
type attempt struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	To       string `json:"t"`
	Until    int64  `json:"u"` // seconds since 1970
}

// Handler serves GET /auth/sign-in?to=/path, GET /auth/callback, POST /auth/sign-out, and GET /auth/sign-out, the page
// after signing out.
func (a *Authority) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth/sign-in", a.signIn)
	mux.HandleFunc("GET /auth/callback", a.callback)
	mux.HandleFunc("POST /auth/sign-out", a.signOut)
	mux.HandleFunc("GET /auth/sign-out", a.signedOut)
	return a.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		w.Header().Set("X-Frame-Options", "DENY")
		mux.ServeHTTP(w, r)
	}))
}

// signIn begins an attempt and redirects to the provider.
func (a *Authority) signIn(w http.ResponseWriter, r *http.Request) {
	to, err := localPath(r.URL.Query().Get("to"))
	if err != nil {
		a.fail(w, r, http.StatusBadRequest, err)
		return
	}
	issuer, err := a.source.current(r.Context())
	if err != nil {
		a.unavailable(w, r, err)
		return
	}
	begun := attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), To: to, Until: a.now().Add(attemptLife).Unix()}
	if err := a.attempts.set(w, begun, attemptLife); err != nil {
		a.fail(w, r, http.StatusBadRequest, err)
		return
	}
	http.Redirect(w, r, a.flow(issuer).AuthCodeURL(begun.State, oauth2.S256ChallengeOption(begun.Verifier), oauth2.SetAuthURLParam("nonce", begun.Nonce)), http.StatusSeeOther)
}

// callback ends an attempt: it redeems the code, begins a session and redirects to the page that the attempt was for.
func (a *Authority) callback(w http.ResponseWriter, r *http.Request) {
	begun, err := a.begun(r)
	a.attempts.clear(w)
	if err != nil {
		a.fail(w, r, http.StatusBadRequest, err)
		return
	}
	query := r.URL.Query()
	if reason := query.Get("error"); reason != "" {
		a.fail(w, r, http.StatusForbidden, fmt.Errorf("sign-in: the provider says %.60q", reason))
		return
	}
	who, err := a.redeem(r.Context(), query.Get("code"), begun)
	if errors.Is(err, ErrUnavailable) {
		a.unavailable(w, r, err)
		return
	}
	if err == nil {
		err = a.setSession(w, who)
	}
	if err != nil {
		a.fail(w, r, http.StatusForbidden, err)
		return
	}
	if a.onSignIn != nil {
		a.onSignIn(r, who)
	}
	http.Redirect(w, r, a.base.String()+toWork(begun.To), http.StatusSeeOther)
}

// toWork adds Work to the address of the first page or of a project's page. Other addresses stay as they are.
func toWork(to string) string {
	parsed, err := url.Parse(to)
	switch {
	case err != nil || strings.Contains(to, "#") || strings.Count(parsed.Path, "/") != 1:
		return to
	case parsed.RawQuery != "":
		return to + "&" + Work + "=1"
	}
	return parsed.EscapedPath() + "?" + Work + "=1"
}

// begun returns the attempt that a callback belongs to. It fails where this browser did not begin it, or it expired.
func (a *Authority) begun(r *http.Request) (attempt, error) {
	cookie, err := r.Cookie(a.attempts.name)
	if err != nil {
		return attempt{}, errors.New("sign-in: was not begun in this browser, or has expired")
	}
	var begun attempt
	if err := a.attempts.open(cookie.Value, &begun); err != nil {
		return attempt{}, err
	}
	query := r.URL.Query()
	switch {
	case subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(begun.State)) != 1:
		return attempt{}, errors.New("sign-in: belongs to another attempt")
	case !a.now().Before(time.Unix(begun.Until, 0)):
		return attempt{}, errors.New("sign-in: took too long")
	case query.Has("iss") && query.Get("iss") != a.issuer:
		return attempt{}, errors.New("sign-in: comes from another issuer")
	}
	return begun, nil
}

// redeem exchanges the code for an ID token, and returns its identity.
func (a *Authority) redeem(ctx context.Context, code string, begun attempt) (Identity, error) {
	issuer, err := a.source.current(ctx)
	if err != nil {
		return Identity{}, err
	}
	ctx, cancel := withTimeout(context.WithValue(ctx, oauth2.HTTPClient, a.client))
	defer cancel()
	token, err := a.flow(issuer).Exchange(ctx, code, oauth2.VerifierOption(begun.Verifier))
	if err != nil {
		// The error names the code of the answer only: the rest may name the person.
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError {
			return Identity{}, fmt.Errorf("sign-in: the provider refuses the code: %.60q", refused.ErrorCode)
		}
		return Identity{}, fmt.Errorf("%w: its token endpoint failed", ErrUnavailable)
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := a.verify(ctx, raw)
	switch {
	case err != nil:
		return Identity{}, fmt.Errorf("sign-in: %w", err)
	case !verified.id || verified.nonce != begun.Nonce:
		return Identity{}, errors.New("sign-in: the token is of another attempt")
	}
	return verified.Identity, nil
}

// signOut ends all sessions of the subject before it clears the cookie: where that fails, the cookie allows a retry.
func (a *Authority) signOut(w http.ResponseWriter, r *http.Request) {
	if err := a.endSessions(r); err != nil {
		a.unavailable(w, r, err)
		return
	}
	a.sessions.clear(w)
	to := a.endSessionURL(r.Context())
	if to.Host != a.base.Host {
		to = a.base.JoinPath("/auth/sign-out")
	}
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}

// signedOut shows a page that refreshes to where the provider ends its own session. It is not a redirect: the content
// security policy of the form that signs out does not name the provider.
func (a *Authority) signedOut(w http.ResponseWriter, r *http.Request) {
	to := a.endSessionURL(r.Context()).String()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Refresh", "0; url="+to)
	fmt.Fprintf(w, "<!doctype html><html lang=\"pl\"><title>Wylogowano · Signed out</title><p>Wylogowano. <a href=\"%[1]s\">Dalej</a></p><p lang=\"en\">Signed out. <a href=\"%[1]s\">Continue</a></p></html>\n", html.EscapeString(to))
}

// endSessionURL returns where the provider ends its session and redirects to the first page; or the first page itself,
// where the provider has no such endpoint or does not answer.
func (a *Authority) endSessionURL(ctx context.Context) *url.URL {
	first := a.base.JoinPath("/")
	issuer, err := a.source.current(ctx)
	if err != nil || issuer.EndSession == "" {
		return first
	}
	end, err := url.Parse(issuer.EndSession)
	if err != nil {
		return first
	}
	query := end.Query()
	query.Set("client_id", a.clientID)
	query.Set("post_logout_redirect_uri", first.String())
	query.Set("logout_uri", first.String()) // Cognito's name for the same
	end.RawQuery = query.Encode()
	return end
}

func (a *Authority) unavailable(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set("Retry-After", "5")
	a.fail(w, r, http.StatusServiceUnavailable, err)
}

// flow returns the client of the authorization code flow.
func (a *Authority) flow(issuer *published) *oauth2.Config {
	// A secret goes in the header, as the standard prefers, unless the issuer lists its methods without that one.
	style := oauth2.AuthStyleInHeader
	if a.clientSecret == "" || len(issuer.TokenMethods) > 0 && !slices.Contains(issuer.TokenMethods, "client_secret_basic") {
		style = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{
		ClientID:     a.clientID,
		ClientSecret: a.clientSecret,
		Endpoint:     oauth2.Endpoint{AuthURL: issuer.Authorize, TokenURL: issuer.Token, AuthStyle: style},
		RedirectURL:  a.base.String() + "/auth/callback",
		Scopes:       []string{"openid", "email"},
	}
}

// localPath returns the path of a page of this application, such as "/ces?x=1"; "/" for "". It fails for an address
// elsewhere, such as "//elsewhere", and for what a browser reads as one.
func localPath(to string) (string, error) {
	if to == "" {
		return "/", nil
	}
	parsed, err := url.Parse(to)
	if err != nil || len(to) > maxTo || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") ||
		strings.ContainsRune(to, '\\') || strings.ContainsFunc(to, unicode.IsControl) {
		return "", errors.New("sign-in: can only lead to a page of this application")
	}
	if strings.HasPrefix(parsed.Path, "/auth/") {
		return "/", nil
	}
	return to, nil
}
