package schema_test

import (
	"testing"

	"outreach/internal/project"
	"outreach/internal/schema"
)

func TestAmountsHaveTheLimitsOfTheirKind(t *testing.T) {
	t.Parallel()
	d := &project.Definition{ID: "x", TimeZone: "Europe/Warsaw", OutputKinds: []project.OutputKind{
		{ID: "leaflet"}, {ID: "waste", Decimals: 2, Correction: true}, {ID: "paint", Decimals: 4}, {ID: "badge", Correction: true},
	}}
	kind := schema.For(d).Kind(schema.Output)
	for _, c := range []struct{ kind, given, want string }{
		{"leaflet", "12.500", "12500"},
		{"leaflet", "12 500", "12500"},
		{"leaflet", "1,5", "quantity not_a_number whole"},
		{"leaflet", "0", "quantity out_of_range correction"},
		{"leaflet", "-1", "quantity out_of_range correction"},
		{"waste", "12,35", "12.35"},
		{"waste", "12.350", "quantity not_a_number ambiguous"},
		{"waste", "12,350", "12.35"},
		{"waste", "-1.234,5", "-1234.5"},
		{"waste", "-0,00", "0"},
		{"waste", "1,234", "quantity not_a_number decimals"},
		{"waste", "-1000000001", "quantity out_of_range "},
		{"paint", "0,0001", "0.0001"},
		{"paint", "0,00001", "quantity not_a_number decimals"},
		{"paint", "0", "quantity out_of_range correction"},
		{"badge", "-12.500", "-12500"},
		{"badge", "-0,5", "quantity not_a_number whole"},
		{"sculpture", "-0,5", "kind not_in_list "},
	} {
		entry, problems := kind.Read(schema.Given{"date": "2026-01-18", "kind": c.kind, "quantity": c.given, "title": "x"}, schema.Scope{Definition: d, Today: "2026-11-23", Loose: true})
		got := kind.Get(entry.Row, "quantity")
		for _, p := range problems {
			got = p.Field + " " + p.Code + " " + p.Hint
		}
		if got != c.want {
			t.Errorf("%s %s: %q, want %q", c.kind, c.given, got, c.want)
		}
	}
	if schema.For(&project.Definition{OutputKinds: []project.OutputKind{{ID: "leaflet"}}}) != schema.Builtin() {
		t.Error("kinds without limits need a registry of their own")
	}
	for text, want := range map[string]bool{"1": true, "-12.35": true, "0": true, "-0": false, "1,5": false, "01": false, "--1": false, "x": false} {
		if got := schema.Builtin().Kind(schema.Output).Field("quantity").Canonical(text); got != want {
			t.Errorf("%q is canonical: %t", text, got)
		}
	}
}
