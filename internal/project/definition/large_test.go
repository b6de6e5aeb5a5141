package definition_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml/parser"

	"outreach/internal/project/definition"
)

// large is a definition at the limits of its lists: 200 attributes, 50 kinds with ten fields each, and 200 indicators.
func large() string {
	var b strings.Builder
	b.WriteString(`id: large
title: A large project
period: {from: 2026-01-01, to: 2028-12-31}
region: {name: A town, population: 200000}
people:
  attributes:
`)
	for i := range 200 {
		switch i % 4 {
		case 0:
			fmt.Fprintf(&b, "    attribute_%d: {type: yes-no, label: Attribute %d}\n", i, i)
		case 1:
			fmt.Fprintf(&b, "    attribute_%d: {type: choice, label: {en: Attribute %d, pl: Cecha %d}, options: [{id: a, label: First}, {id: b, label: Second}, c]}\n", i, i, i)
		case 2:
			fmt.Fprintf(&b, "    attribute_%d: {type: choices, refusable: true, options: [one, two, three]}\n", i)
		case 3:
			fmt.Fprintf(&b, "    attribute_%d: {type: number, min: 0, max: 10}\n", i)
		}
	}
	b.WriteString("records:\n")
	for i := range 50 {
		fmt.Fprintf(&b, "  kind_%d:\n    label: Kind %d\n    person: yes\n    fields:\n", i, i)
		for f := range 10 {
			fmt.Fprintf(&b, "      field_%d: {type: %s}\n", f, []string{"text", "date", "yes-no", "number, decimals: 2", "choice, options: [x, y]"}[f%5])
		}
	}
	b.WriteString("indicators:\n")
	for i := range 200 {
		fmt.Fprintf(&b, "  - code: \"%d\"\n    label: Indicator %d\n    count: people\n    target: %d\n", i, i, i+1)
		if i%2 == 0 {
			fmt.Fprintf(&b, "    who: 'attribute_%d == \"yes\" && any(kind_%d, .field_3 >= 1.5 && days(entry, .date) <= 28)'\n", i/4*4, i%50)
		} else {
			fmt.Fprintf(&b, "    of: kind_%d\n    where: field_4 == \"x\" && field_3 > 2\n", i%50)
		}
	}
	return b.String()
}

func TestALargeDefinitionIsValid(t *testing.T) {
	t.Parallel()
	_, problems := definition.Parse("", []byte(large()))
	for _, p := range problems[:min(len(problems), 5)] {
		t.Errorf("%d:%d %s %+v", p.Line, p.Column, p.Code, p.Message)
	}
}

// BenchmarkParseALargeDefinition compares with reading the same YAML alone.
func BenchmarkParseALargeDefinition(b *testing.B) {
	text := []byte(large())
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		definition.Parse("", text)
		ours += time.Since(start)
		start = time.Now()
		if _, err := parser.ParseBytes(text, 0); err != nil {
			b.Fatal(err)
		}
		theirs += time.Since(start)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "x-yaml")
	b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "ms/parse")
}
