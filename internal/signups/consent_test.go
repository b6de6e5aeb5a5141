package signups_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"outreach/internal/signups"
	"outreach/internal/text"
)

// consents are the words of each version, by their SHA-256. A version that was once in use stays on the list.
var consents = map[string]string{
	"2026-11-25": "802cda1f8682c69e96712d4f13f0b1896393cc4da90666d519aa5f4121431c46",
}

func TestOtherWordsOnTheUseOfDataAreAnotherVersion(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	for _, language := range []string{text.Polish, text.English} {
		words := text.Of(language)
		for _, key := range append([]string{"field.consent_processing", "field.consent_news"}, signups.ConsentWords...) {
			if !words.Has(key) {
				t.Errorf("%s has no words %s", language, key)
			}
			said.WriteString(words.Say(key, "who", "{who}", "funder", "{funder}") + "\n")
		}
	}
	sum := sha256.Sum256([]byte(said.String()))
	if got := hex.EncodeToString(sum[:]); consents[signups.ConsentVersion] != got {
		t.Errorf("the words on the use of data are others than those of version %s: give them the version of today, and add its SHA-256, %s", signups.ConsentVersion, got)
	}
}
