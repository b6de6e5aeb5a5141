package folder

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"outreach/internal/objects"
)

func TestRedateMakesNowTheTimeOfArrival(t *testing.T) {
	t.Parallel()
	s, dir := serve(t)
	const key = "uploads/town/radio/a.csv"
	if err := s.Put(t.Context(), key, strings.NewReader("a"), ""); err != nil {
		t.Fatal(err)
	}
	future := time.Now().AddDate(50, 0, 0)
	if err := os.Chtimes(filepath.Join(dir, key), future, future); err != nil {
		t.Fatal(err)
	}
	before, err := s.Stat(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	after, err := s.Redate(t.Context(), key, before.ETag)
	if err != nil || after.Arrived.After(time.Now().Add(time.Minute)) || after.ETag == before.ETag {
		t.Errorf("arrived %s, then %s, %v", before.Arrived, after.Arrived, err)
	}
	if _, err := s.Redate(t.Context(), key, before.ETag); !errors.Is(err, objects.ErrChanged) {
		t.Errorf("another file was dated: %v", err)
	}
}
