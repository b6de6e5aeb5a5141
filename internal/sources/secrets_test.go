package sources_test

import (
	"context"
	"testing"
	"time"

	"outreach/internal/sources"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
)

func TestAFormerSecretEndsAfterADay(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	now := db.Now()
	db.Now = func() time.Time { return now }
	s := sources.New(db)
	ctx := context.Background()
	if _, err := s.NewSecret(ctx, "p", "form", "", store.Once{}); !store.IsNotFound(err) {
		t.Errorf("a secret of no source: %v", err)
	}
	if _, _, err := s.Set(ctx, "p", sources.Source{ID: "form"}, []byte("text"), "", ""); err != nil {
		t.Fatal(err)
	}
	secret := func(once store.Once) string {
		text, err := s.NewSecret(ctx, "p", "form", "", once)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	proves := func(text string) bool {
		is, err := s.Proves(ctx, "p", "form", sources.Proof{Secret: text})
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	if proves("") {
		t.Error("no secret proves something where there is none")
	}
	once := func() store.Once { return db.Once("p", "POST", "me", "key", nil) }
	first := secret(once())
	if again := secret(once()); again != first {
		t.Error("a repeated request made another secret")
	}
	second := secret(store.Once{})
	now = now.Add(sources.FormerLife - time.Minute)
	third := secret(store.Once{})
	if !proves(first) || !proves(second) || !proves(third) || proves("") || proves(first[1:]) {
		t.Error("within a day all three hold, and no other")
	}
	now = now.Add(time.Minute)
	if proves(first) || !proves(second) || !proves(third) {
		t.Error("after a day the first has ended")
	}
	now = now.Add(sources.FormerLife)
	if proves(second) || !proves(third) {
		t.Error("after a day more the second has ended")
	}
}
