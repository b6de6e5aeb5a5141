package objects

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestErrorDoesNotContainTheNameOfAFile(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"uploads/ces/coordinator/Jan Kowalski.xlsx", "uploads/ces/radio/2011/Kowalski+Jan/maj.xlsx", `uploads/ces/radio/Jan "K" Kowalski.xlsx`} {
		cause := fmt.Errorf("erase %s: %w: Delete %q: arn:aws:s3:::bucket/%s, %s", key, ErrUnavailable, "https://bucket.s3/"+(&url.URL{Path: key}).EscapedPath(), key, url.QueryEscape(key))
		err := WithoutFileName(key, cause)
		if text := err.Error(); strings.Contains(text, "Kowalski") || strings.Contains(text, "maj") || !strings.HasPrefix(text, "erase uploads/ces/") {
			t.Errorf("%s: %s", key, text)
		}
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: the cause is lost", key)
		}
	}
	for _, key := range []string{"uploads/ces/radio/01J00000000000000000000000/file", "checkpoints/ces/01J00000000000000000000000", "k"} {
		if cause := errors.New("open " + key); WithoutFileName(key, cause) != cause {
			t.Errorf("%s: %v", key, WithoutFileName(key, cause))
		}
	}
	if WithoutFileName("uploads/ces/radio/maj.csv", nil) != nil {
		t.Error("an error was made of none")
	}
}
