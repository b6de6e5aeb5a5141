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
	freshFor   = time.Hour        // then the issuer's keys are asked for again, so that a withdrawn one ends
	askPause   = 30 * time.Second // between two asks, so that forged key ids do not become a flood at the issuer
	retryPause = time.Second      // while nothing is known yet
	mostAnswer = 1 << 20          // bytes of the issuer's answers
)

// published is what the issuer says of itself.
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

// source keeps what the issuer published.
type source struct {
	issuer string
	client *http.Client
	now    func() time.Time
	kept   atomic.Pointer[published]

	asking sync.Mutex // held while the issuer is asked
	asked  time.Time
	failed error // of the last ask
}

// current gives what the issuer published, asked for at most an hour ago, or longer while the issuer does not answer.
func (s *source) current(ctx context.Context) (*published, error) {
	kept := s.kept.Load()
	if kept != nil && s.now().Sub(kept.at) < freshFor {
		return kept, nil
	}
	fresh, err := s.newer(ctx)
	if err != nil && kept != nil {
		return kept, nil
	}
	return fresh, err
}

// newer asks the issuer, unless somebody just did, perhaps while this one waited: then it gives what they got.
func (s *source) newer(ctx context.Context) (*published, error) {
	s.asking.Lock()
	defer s.asking.Unlock()
	pause := askPause
	if s.kept.Load() == nil {
		pause = retryPause
	}
	if s.asked.IsZero() || s.now().Sub(s.asked) >= pause {
		fresh, err := s.ask(ctx)
		s.asked, s.failed = s.now(), err
		if err == nil {
			s.kept.Store(fresh)
		}
	}
	return s.kept.Load(), s.failed
}

func (s *source) ask(ctx context.Context) (*published, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	answer := &published{at: s.now()}
	if err := s.get(ctx, strings.TrimSuffix(s.issuer, "/")+"/.well-known/openid-configuration", answer); err != nil {
		return nil, err
	}
	if answer.Issuer != s.issuer {
		return nil, fmt.Errorf("%w: it calls itself %q, not %q", ErrUnavailable, answer.Issuer, s.issuer)
	}
	var set struct{ Keys []json.RawMessage }
	if err := s.get(ctx, answer.Keys, &set); err != nil {
		return nil, err
	}
	for _, encoded := range set.Keys {
		// A key of a kind not known here must not hide the others.
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
		return fmt.Errorf("%w: %s is answered %s", ErrUnavailable, url, response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, mostAnswer)).Decode(into); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrUnavailable, url, err)
	}
	return nil
}

var errUnknownKey = errors.New("is signed with a key that the issuer does not have")

// check verifies a token's signature and reads its claims. A key not known yet may have been published since.
func (s *source) check(ctx context.Context, token *jwt.JSONWebToken, into ...any) error {
	known, err := s.current(ctx)
	if err != nil {
		return err
	}
	if err = known.check(token, into...); !errors.Is(err, errUnknownKey) {
		return err
	}
	fresh, err := s.newer(ctx)
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
		// Without a key's name the right key may be one that is not known yet.
		return errUnknownKey
	}
	return err
}
