package main

import "testing"

// The run of a mutation takes seconds; that its text and its test exist is seen at once.
func TestEachMutationHasItsTextAndItsTest(t *testing.T) {
	t.Parallel()
	const tree = "../.."
	all, err := mutations(tree)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d mutations, %v", len(all), err)
	}
	for _, m := range all {
		if _, err := find(tree, m); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
		if _, err := fileOf(tree, m.Test); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
}
