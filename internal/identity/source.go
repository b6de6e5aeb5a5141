package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	freshFor   = time.Hour        // then the issuer's keys are fetched anew, so that a withdrawn one ends
	fetchPause = 30 * time.Second // between two fetches, so that forged key ids do not flood the issuer
	retryPause = time.Second      // while nothing was fetched yet
	maxAnswer  = 1 << 20          // bytes of the issuer's answers
)

// published is the issuer's discovery document, with its keys.
type published struct {
	Issuer       string   `json:"issuer"`
	Authorize    string   `json:"authorization_endpoint"`
	Token        string   `json:"token_endpoint"`
	Keys         string   `json:"jwks_uri"`
	EndSession   string   `json:"end_session_endpoint"`
	TokenMethods []string `json:"token_endpoint_auth_methods_supported"`

	keys []jose.JSONWebKey
	at   time.Time
}

// source caches what the issuer published. It is safe for concurrent use.
type source struct {
	issuer string
	client *http.Client
	now    func() time.Time
	kept   atomic.Pointer[published]

	fetching sync.Mutex // locked during a fetch
	fetched  time.Time  // when the last fetch ended
	failed   error      // of the last fetch
}

// current returns what the issuer published: fetched at most an hour ago, or longer while the issuer does not answer.
func (s *source) current(ctx context.Context) (*published, error) {
	kept := s.kept.Load()
	if kept != nil && s.now().Sub(kept.at) < freshFor {
		return kept, nil
	}
	fresh, err := s.refresh(ctx)
	if err != nil && kept != nil {
		return kept, nil
	}
	return fresh, err
}

// refresh fetches what the issuer published, unless another call just did: then it returns the result of that one.
func (s *source) refresh(ctx context.Context) (*published, error) {
	s.fetching.Lock()
	defer s.fetching.Unlock()
	pause := fetchPause
	if s.kept.Load() == nil {
		pause = retryPause
	}
	if s.fetched.IsZero() || s.now().Sub(s.fetched) >= pause {
		fresh, err := s.fetch(ctx)
		s.fetched, s.failed = s.now(), err
		if err == nil {
			s.kept.Store(fresh)
		}
	}
	return s.kept.Load(), s.failed
}

func (s *source) fetch(ctx context.Context) (*published, error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	answer := &published{at: s.now()}
	if err := s.get(ctx, strings.TrimSuffix(s.issuer, "/")+"/.well-known/openid-configuration", answer); err != nil {
		return nil, err
	}
	if answer.Issuer != s.issuer {
		return nil, fmt.Errorf("%w: its discovery names the issuer %q, not %q", ErrUnavailable, answer.Issuer, s.issuer)
	}
	var set struct{ Keys []json.RawMessage }
	if err := s.get(ctx, answer.Keys, &set); err != nil {
		return nil, err
	}
	for _, encoded := range set.Keys {
		// A key of an unsupported kind must not hide the others.
		var key jose.JSONWebKey
		if key.UnmarshalJSON(encoded) == nil && key.IsPublic() && key.Use != "enc" {
			answer.keys = append(answer.keys, key)
		}
	}
	return answer, nil
}

func (s *source) get(ctx context.Context, url string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: GET %s: %s", ErrUnavailable, url, response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(into); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrUnavailable, url, err)
	}
	return nil
}

var errUnknownKey = errors.New("is signed with an unknown key")

// check verifies a token's signature and decodes its claims. An unknown key may have been published since: then it
// refreshes.
func (s *source) check(ctx context.Context, token *jwt.JSONWebToken, into ...any) error {
	cached, err := s.current(ctx)
	if err != nil {
		return err
	}
	if err = cached.check(token, into...); !errors.Is(err, errUnknownKey) {
		return err
	}
	fresh, err := s.refresh(ctx)
	if err != nil {
		return err
	}
	return fresh.check(token, into...)
}

func (p *published) check(token *jwt.JSONWebToken, into ...any) error {
	header := token.Headers[0]
	fits := func(key jose.JSONWebKey) bool {
		return (header.KeyID == "" || key.KeyID == header.KeyID) && (key.Algorithm == "" || key.Algorithm == header.Algorithm)
	}
	err := errUnknownKey
	for key := range slices.Values(p.keys) {
		if !fits(key) {
			continue
		}
		if err = token.Claims(key.Key, into...); err == nil {
			return nil
		}
	}
	if header.KeyID == "" {
		// Without a key id, the right key may be one that was not fetched yet.
		return errUnknownKey
	}
	return err
}
