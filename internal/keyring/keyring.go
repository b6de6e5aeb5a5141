// Package keyring keeps the keys on which stored data depend, encrypted under the secret, in the tracker table. Keyed
// hashes in the tables can never be made again under another key, because what they hash may be deleted: so their key
// stays for ever, and the secret that opens it can be replaced. Encryption is authenticated: a secret that belongs to
// other tables is recognised, and the stored value does not help to guess the right one.
package keyring

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"outreach/internal/table"
)

// Size is the size of a secret and of each key, in bytes.
const Size = 32

// ErrOtherSecret reports that the keys in the table were stored under another secret.
var ErrOtherSecret = errors.New("the secret is not the one of these tables")

// Ring holds the keys that outlive a secret.
type Ring struct {
	Data  []byte `json:"data"`  // the key of all hashes in the tables: the first secret, for ever
	Links []Link `json:"links"` // the keys of the tokens in letters: the present one, then former ones
}

// Link is a key of the tokens in letters. Until is when tokens of a former key end; zero for the present one.
type Link struct {
	Key   []byte    `json:"key"`
	Until time.Time `json:"until,omitzero"`
}

// first returns the ring of tables that have none: written by the first secret.
func first(secret []byte) Ring { return Ring{Data: secret, Links: []Link{{Key: secret}}} }

// stored is the item: the ring under the present secret and, during a rotation, the next one.
type stored struct {
	Sealed [][]byte `json:"sealed"`
}

// Key is the key of the item in the tracker table.
var Key = table.Key{PK: "KEYS", SK: "KEYS"}

// New returns a new random secret, or key.
func New() []byte {
	key := make([]byte, Size)
	_, _ = rand.Read(key) // never fails
	return key
}

// Derive returns the key of a secret for one purpose. It changes with the secret: use it for what may end then.
func Derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, purpose, Size)
	if err != nil {
		panic(err) // only for an invalid size
	}
	return key
}

// Read returns the ring of the tables, and where there is none that of their first secret. It fails with ErrOtherSecret
// where the secret does not open it.
func Read(ctx context.Context, tracker table.Table, secret []byte) (Ring, error) {
	ring, _, err := read(ctx, tracker, secret)
	return ring, err
}

func read(ctx context.Context, tracker table.Table, secret []byte) (Ring, state, error) {
	if len(secret) != Size {
		return Ring{}, state{}, fmt.Errorf("a secret of %d bytes: want %d", len(secret), Size)
	}
	kept, rev, err := table.Load[stored](ctx, tracker, Key)
	if err != nil {
		return Ring{}, state{}, fmt.Errorf("read the keys: %w", err)
	}
	if rev == 0 {
		return first(secret), state{}, nil
	}
	for _, sealed := range kept.Sealed {
		if ring, err := open(secret, sealed); err == nil {
			return ring, state{rev: rev, rotating: len(kept.Sealed) > 1}, nil
		}
	}
	return Ring{}, state{}, ErrOtherSecret
}

// state is what is stored: its revision, and whether two secrets open it.
type state struct {
	rev      int64
	rotating bool
}

// Keep returns the ring as Read does, and stores it where the tables have none. It may be called concurrently.
func Keep(ctx context.Context, tracker table.Table, secret []byte) (ring Ring, err error) {
	err = table.Retry(ctx, func() error {
		var is state
		if ring, is, err = read(ctx, tracker, secret); err != nil || is.rev != 0 {
			return err
		}
		return write(ctx, tracker, 0, seal(secret, ring))
	})
	return ring, err
}

func write(ctx context.Context, tracker table.Table, rev int64, sealed ...[]byte) error {
	return tracker.Write(ctx, table.PutJSON(Key, stored{Sealed: sealed}, table.At(rev)))
}

func aead(secret []byte) cipher.AEAD {
	block, err := aes.NewCipher(Derive(secret, "key ring"))
	if err == nil {
		var sealing cipher.AEAD
		if sealing, err = cipher.NewGCMWithRandomNonce(block); err == nil {
			return sealing
		}
	}
	panic(err) // only for an invalid size
}

func seal(secret []byte, ring Ring) []byte {
	plain, err := json.Marshal(ring)
	if err != nil {
		panic(err) // bytes and times
	}
	return aead(secret).Seal(nil, nil, plain, nil)
}

func open(secret, sealed []byte) (ring Ring, err error) {
	plain, err := aead(secret).Open(nil, nil, sealed, nil)
	if err != nil {
		return Ring{}, err
	}
	err = json.Unmarshal(plain, &ring)
	return ring, err
}

// rotated returns the ring after a rotation: the same key of hashes, a new key of links, and the former ones for life
// at most.
func (r Ring) rotated(now time.Time, life time.Duration) Ring {
	out := Ring{Data: r.Data, Links: []Link{{Key: New()}}}
	for _, former := range r.Links {
		if ends := now.Add(life); former.Until.IsZero() || former.Until.After(ends) {
			former.Until = ends
		}
		if former.Until.After(now) {
			out.Links = append(out.Links, former)
		}
	}
	out.Links = slices.Clip(out.Links)
	return out
}
