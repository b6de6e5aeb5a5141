package sources

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/keyring"
	"outreach/internal/store"
	"outreach/internal/table"
)

// FormerLife is how long a secret holds after it was replaced.
const FormerLife = 24 * time.Hour

// mostSecrets is how many secrets of a source may hold at once: the present one and the latest former ones.
const mostSecrets = 10

// secret is one secret of a source's hook. It signs bodies, so that its hash would not do: it is stored encrypted.
type secret struct {
	Number int       `json:"number"` // 1 for the first one
	Sealed []byte    `json:"sealed"`
	Until  time.Time `json:"until,omitzero"` // when a former one ends; zero: the present one
}

// NewSecret replaces the secret of a source's hook and returns the new one, which is not shown again. The former one
// holds for FormerLife. A repeated request gets the same. The error of a source that does not exist wraps
// store.ErrNotFound.
func (s *Store) NewSecret(ctx context.Context, project, id, by string, once store.Once) (text string, err error) {
	err = table.Retry(ctx, func() error {
		if _, err := s.Source(ctx, project, id); err != nil {
			return err
		}
		all, rev, err := table.Load[[]secret](ctx, s.Tracker, secretsKey(project, id))
		if err != nil {
			return err
		}
		var before int
		done, err := s.Answered(ctx, once, &before)
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(all, func(one secret) bool { return one.Number == before }); done && at >= 0 {
			text, err = s.open(project, id, all[at])
			return err
		} else if done {
			return fmt.Errorf("secret %d of source %s: %w", before, id, store.ErrNotFound)
		}
		now := s.Now().UTC()
		next := secret{Number: 1}
		for i, one := range all {
			next.Number = max(next.Number, one.Number+1)
			if one.Until.IsZero() {
				all[i].Until = now.Add(FormerLife)
			}
		}
		all = slices.DeleteFunc(all, func(one secret) bool { return !one.Until.After(now) })
		text = base64.RawURLEncoding.EncodeToString(keyring.New())
		if next.Sealed, err = s.seal(project, id, text); err != nil {
			return err
		}
		all = append([]secret{next}, all[:min(len(all), mostSecrets-1)]...)
		f, err := s.NewFact(fact.KindSourceSecret, by, fact.SourceSet{Source: id, Version: next.Number})
		if err != nil {
			return err
		}
		ops, err := s.Answer(ctx, once, next.Number)
		if err != nil {
			return err
		}
		return s.Log().Append(ctx, project, []fact.Fact{f}, append(ops, table.PutJSON(secretsKey(project, id), all, table.At(rev)))...)
	})
	return text, err
}

// Proof is how a program shows that it knows a secret: the secret itself, or an HMAC-SHA256 of the body under it.
type Proof struct {
	Secret    string
	Signature string // hexadecimal digits or base64, perhaps after sha256=
	Body      []byte
}

// Proves reports whether a proof is of a secret of a source's hook that holds. The time it takes does not depend on how
// much of a wrong one is right.
func (s *Store) Proves(ctx context.Context, project, id string, proof Proof) (bool, error) {
	all, _, err := table.Load[[]secret](ctx, s.Tracker, secretsKey(project, id))
	if err != nil {
		return false, err
	}
	signature := decodeSignature(proof.Signature)
	proves := false
	for _, one := range all {
		if !one.Until.IsZero() && !one.Until.After(s.Now()) {
			continue
		}
		text, err := s.open(project, id, one)
		if err != nil {
			return false, err
		}
		mac := hmac.New(sha256.New, []byte(text))
		mac.Write(proof.Body)
		bearer, wanted := sha256.Sum256([]byte(proof.Secret)), sha256.Sum256([]byte(text))
		if subtle.ConstantTimeCompare(bearer[:], wanted[:]) == 1 || hmac.Equal(signature, mac.Sum(nil)) {
			proves = true
		}
	}
	return proves, nil
}

// decodeSignature returns the bytes of a signature, nil for what is none.
func decodeSignature(text string) []byte {
	text = strings.TrimSpace(text)
	if scheme, rest, found := strings.Cut(text, "="); found && strings.EqualFold(scheme, "sha256") {
		text = rest
	}
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString} {
		if sum, err := decode(text); err == nil && len(sum) == sha256.Size {
			return sum
		}
	}
	return nil
}

func (s *Store) seal(project, id, text string) ([]byte, error) {
	sealing, err := s.sealing()
	if err != nil {
		return nil, err
	}
	return sealing.Seal(nil, nil, []byte(text), about(project, id)), nil
}

func (s *Store) open(project, id string, one secret) (string, error) {
	sealing, err := s.sealing()
	if err != nil {
		return "", err
	}
	text, err := sealing.Open(nil, nil, one.Sealed, about(project, id))
	if err != nil {
		return "", fmt.Errorf("secret %d of source %s: %w", one.Number, id, store.ErrDamaged)
	}
	return string(text), nil
}

// about binds an encrypted secret to its source.
func about(project, id string) []byte { return []byte(project + "#" + id) }

// sealing encrypts by a key of the key ring, which a rotation of the tracker's own secret leaves as it is.
func (s *Store) sealing() (cipher.AEAD, error) {
	block, err := aes.NewCipher(keyring.Derive(s.DB.Secret, "source secrets"))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
