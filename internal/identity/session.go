package identity

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	sessionLife = 8 * time.Hour
	maxCookie   = 3800 // bytes of a value: browsers drop cookies over 4096 bytes, name and attributes included
)

// session is the content of the session cookie.
type session struct {
	Subject string   `json:"s"`
	Email   string   `json:"e,omitempty"`
	Checked bool     `json:"v,omitempty"`
	Groups  []string `json:"g,omitempty"`
	Begun   int64    `json:"b"` // nanoseconds since 1970
	Until   int64    `json:"u"` // seconds since 1970
}

// openSession returns the session of a cookie's value, and fails where it is altered or expired.
func (a *Authority) openSession(value string) (session, error) {
	var s session
	if err := a.sessions.open(value, &s); err != nil {
		return session{}, err
	}
	if !a.now().Before(time.Unix(s.Until, 0)) {
		return session{}, errors.New("session: has expired")
	}
	return s, nil
}

// checkEnded fails where its subject ended a session, in any browser.
func (a *Authority) checkEnded(ctx context.Context, s session) error {
	if a.ended == nil {
		return nil
	}
	since, err := a.ended.SessionsEnded(ctx, s.Subject)
	if err != nil {
		return fmt.Errorf("%w: read ended sessions: %w", ErrUnavailable, err)
	}
	if !since.IsZero() && !time.Unix(0, s.Begun).After(since) {
		return errors.New("session: was ended")
	}
	return nil
}

// endSessions ends all sessions of the subject of a request's session. A request without a valid one ends nothing.
func (a *Authority) endSessions(r *http.Request) error {
	cookie, err := r.Cookie(a.sessions.name)
	if err != nil || a.ended == nil {
		return nil
	}
	s, err := a.openSession(cookie.Value)
	if err != nil {
		return nil // not valid: it gives no access
	}
	now := a.now()
	if err := a.ended.EndSessions(r.Context(), s.Subject, now, now.Add(sessionLife)); err != nil {
		return fmt.Errorf("%w: end sessions: %w", ErrUnavailable, err)
	}
	return nil
}

// setSession begins a session. It fails where the identity does not fit in a cookie.
func (a *Authority) setSession(w http.ResponseWriter, who Identity) error {
	now := a.now()
	return a.sessions.set(w, session{Subject: who.Subject, Email: who.Email, Checked: who.Checked, Groups: who.Groups, Begun: now.UnixNano(), Until: now.Add(sessionLife).Unix()}, sessionLife)
}

// seal encrypts one cookie by AES-256-GCM under a key of its own, so that no cookie can replace another.
type seal struct {
	name   string
	secure bool
	aead   cipher.AEAD
}

func (a *Authority) newSeal(name string, secret []byte) (seal, error) {
	s := seal{name: name, secure: a.base.Scheme == "https"}
	if s.secure {
		s.name = "__Host-" + name
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "cookie "+s.name, 32)
	if err != nil {
		return seal{}, fmt.Errorf("cookie key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return seal{}, fmt.Errorf("cookie key: %w", err)
	}
	if s.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return seal{}, fmt.Errorf("cookie key: %w", err)
	}
	return s, nil
}

func (s seal) set(w http.ResponseWriter, content any, lasts time.Duration) error {
	plain, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	value := base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, plain, nil))
	if len(value) > maxCookie {
		return fmt.Errorf("%s: %d bytes, at most %d fit a cookie", s.name, len(value), maxCookie)
	}
	s.write(w, value, int(lasts.Seconds()))
	return nil
}

func (s seal) clear(w http.ResponseWriter) { s.write(w, "", -1) }

func (s seal) write(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{Name: s.name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
}

func (s seal) open(value string, into any) error {
	sealed, err := base64.RawURLEncoding.DecodeString(value[:min(len(value), maxCookie+1)])
	if err != nil || len(value) > maxCookie {
		return fmt.Errorf("%s: is invalid", s.name)
	}
	plain, err := s.aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return fmt.Errorf("%s: is invalid", s.name)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}
