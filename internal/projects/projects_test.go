package projects

import (
	"errors"
	"slices"
	"testing"

	"outreach/internal/project"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
)

func definitionWith(activities ...string) *project.Definition {
	d := &project.Definition{ID: "town"}
	for _, id := range activities {
		d.Activities = append(d.Activities, project.Activity{ID: id})
	}
	return d
}

func TestEachNewTextIsAVersion(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.New(t)), t.Context()
	first, created, err := s.SetDefinition(ctx, definitionWith("garden"), []byte("one"), "", "anna")
	if err != nil || !created || first.Version != 1 || first.By != "anna" {
		t.Fatalf("the first version: %+v, created %v, %v", first, created, err)
	}
	same, created, err := s.SetDefinition(ctx, definitionWith("garden"), []byte("one"), "", "eva")
	if err != nil || created || same.Version != 1 || same.By != "anna" {
		t.Errorf("the same text: %+v, created %v, %v", same, created, err)
	}
	if _, _, err := s.SetDefinition(ctx, definitionWith(), []byte("two"), "another hash", "eva"); !errors.Is(err, store.ErrStale) {
		t.Errorf("a version that is not in force: %v", err)
	}
	second, _, err := s.SetDefinition(ctx, definitionWith(), []byte("two"), first.SHA256, "eva")
	if err != nil || second.Version != 2 || !slices.Equal(second.ActivityIDs(), []string{"garden"}) {
		t.Errorf("the second version: %+v, %v", second, err)
	}
	if text, err := s.DefinitionText(ctx, "town", 1); err != nil || string(text) != "one" {
		t.Errorf("the text of the first version: %q, %v", text, err)
	}
	if _, err := s.DefinitionVersion(ctx, "town", 3); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a version that does not exist: %v", err)
	}
	if ids, err := s.Projects(ctx); err != nil || !slices.Equal(ids, []string{"town"}) {
		t.Errorf("the projects: %v, %v", ids, err)
	}
}

func TestAFormerActivityIsKeptUntilItReturns(t *testing.T) {
	t.Parallel()
	s, ctx := New(storetest.New(t)), t.Context()
	for _, step := range []struct {
		text       string
		activities []string
		former     []string
	}{
		{"one", []string{"garden", "compost"}, nil},
		{"two", []string{"compost"}, []string{"garden"}},
		{"three", nil, []string{"compost", "garden"}},
		{"four", []string{"garden"}, []string{"compost"}},
	} {
		set, _, err := s.SetDefinition(ctx, definitionWith(step.activities...), []byte(step.text), "", "")
		if err != nil || !slices.Equal(set.Former, step.former) {
			t.Errorf("%s: former %q, %v, want %q", step.text, set.Former, err, step.former)
		}
	}
}
