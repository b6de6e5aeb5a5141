package store_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"testing"

	"outreach/internal/store"
)

// Hashes are stored: how they are made must never change.
func TestSealIsTheKeyedHashOfItsPartsWithTheirLengths(t *testing.T) {
	t.Parallel()
	db := &store.DB{Secret: []byte("0123456789abcdef0123456789abcdef")}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 100 {
				project, purpose, text := fmt.Sprint("p", n), "text", fmt.Sprintf("%*d zażółć", n, i)
				mac := hmac.New(sha256.New, db.Secret)
				fmt.Fprintf(mac, "%d:%s%d:%s%d:%s", len(project), project, len(purpose), purpose, len(text), text)
				if got, want := db.Seal(project, purpose, text), hex.EncodeToString(mac.Sum(nil)[:16]); got != want {
					t.Errorf("%q: got %s, want %s", text, got, want)
				}
			}
		})
	}
	wg.Wait()
}
