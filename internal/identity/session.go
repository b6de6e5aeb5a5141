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
	sessionFor = 8 * time.Hour
	mostCookie = 3800 // bytes of a value: browsers drop cookies over 4096 bytes, name and attributes included
)

// session is what the cookie holds.
type session struct {
	Subject string   `json:"s"`
	Email   string   `json:"e,omitempty"`
	Groups  []string `json:"g,omitempty"`
	Begun   int64    `json:"b"` // nanoseconds since 1970
	Until   int64    `json:"u"` // seconds since 1970
}

func (a *Authority) openSession(value string) (session, error) {
	var s session
	if err := a.sessions.open(value, &s); err != nil {
		return session{}, err
	}
	if !a.now().Before(time.Unix(s.Until, 0)) {
		return session{}, errors.New("session: is over")
	}
	return s, nil
}

// holds tells whether a session was not ended by its subject, in whatever browser.
func (a *Authority) holds(ctx context.Context, s session) error {
	if a.ended == nil {
		return nil
	}
	since, err := a.ended.SessionsEnded(ctx, s.Subject)
	if err != nil {
		return fmt.Errorf("%w: whether the session was ended cannot be read: %w", ErrUnavailable, err)
	}
	if !since.IsZero() && !time.Unix(0, s.Begun).After(since) {
		return errors.New("session: was ended")
	}
	return nil
}

// end makes every session of whoever a request is from no longer hold. Of nobody's there is nothing to end.
func (a *Authority) end(r *http.Request) error {
	cookie, err := r.Cookie(a.sessions.name)
	if err != nil || a.ended == nil {
		return nil
	}
	s, err := a.openSession(cookie.Value)
	if err != nil {
		return nil // it opens nothing as it is
	}
	now := a.now()
	if err := a.ended.EndSessions(r.Context(), s.Subject, now, now.Add(sessionFor)); err != nil {
		return fmt.Errorf("%w: the sessions cannot be ended: %w", ErrUnavailable, err)
	}
	return nil
}

func (a *Authority) setSession(w http.ResponseWriter, who Identity) error {
	now := a.now()
	return a.sessions.set(w, session{Subject: who.Subject, Email: who.Email, Groups: who.Groups, Begun: now.UnixNano(), Until: now.Add(sessionFor).Unix()}, sessionFor)
}

// seal writes and reads one cookie, by AES-256-GCM under a key of its own, so that no cookie can stand in for another.
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
	if len(value) > mostCookie {
		return fmt.Errorf("%s: %d bytes, at most %d fit a cookie", s.name, len(value), mostCookie)
	}
	s.write(w, value, int(lasts.Seconds()))
	return nil
}

func (s seal) clear(w http.ResponseWriter) { s.write(w, "", -1) }

func (s seal) write(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{Name: s.name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode})
}

func (s seal) open(value string, into any) error {
	sealed, err := base64.RawURLEncoding.DecodeString(value[:min(len(value), mostCookie+1)])
	if err != nil || len(value) > mostCookie {
		return fmt.Errorf("%s: is not one of ours", s.name)
	}
	plain, err := s.aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return fmt.Errorf("%s: is not one of ours", s.name)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}
