package identity

import (
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
	Until   int64    `json:"u"` // seconds since 1970
}

func (a *Authority) openSession(value string) (Identity, error) {
	var s session
	if err := a.sessions.open(value, &s); err != nil {
		return Identity{}, err
	}
	if !a.now().Before(time.Unix(s.Until, 0)) {
		return Identity{}, errors.New("session: has ended")
	}
	return Identity{Subject: s.Subject, Email: s.Email, Groups: s.Groups}, nil
}

func (a *Authority) setSession(w http.ResponseWriter, who Identity) error {
	return a.sessions.set(w, session{Subject: who.Subject, Email: who.Email, Groups: who.Groups, Until: a.now().Add(sessionFor).Unix()}, sessionFor)
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
	sealed, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
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
