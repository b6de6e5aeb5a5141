package rule_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"outreach/internal/rule"
)

func TestConditionsOfRows(t *testing.T) {
	t.Parallel()
	cells := map[string]string{"Reach": "N/A", "Type": "Online News", "Time (min)": "12"}
	for where, want := range map[string]bool{
		`row["Reach"] == "N/A"`: true,
		`row["Reach"] == ""`:    false,
		`row["Missing"] == ""`:  true,
		`row.Reach == "N/A"`:    true,
		`row["Type"] in ["Print", "Online News"] && int(row["Time (min)"]) > 10`: true,
		`lower(row["Type"]) matches "^online"`:                                   true,
		`not (row["Type"] contains "News")`:                                      false,
	} {
		r, err := rule.CompileRow(where)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		if got, err := r.Holds(func(name string) string { return cells[name] }); got != want || err != nil {
			t.Errorf("%s: %v, %v", where, got, err)
		}
	}
	r, err := rule.CompileRow(`int(row["Reach"]) > 1 || row["Type"] == "" || row["Reach"] == ""`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Holds(func(name string) string { return cells[name] }); !errors.Is(err, rule.ErrFailed) {
		t.Errorf("a text that is no number: %v", err)
	}
	if !slices.Equal(r.Names(), []string{"Reach", "Type"}) {
		t.Errorf("names %q", r.Names())
	}
}

func TestConditionsOfRowsNameWhereTheyAreWrong(t *testing.T) {
	t.Parallel()
	for where, column := range map[string]int{
		``: 1, `Reach == "N/A"`: 1, `row["Reach"]`: 1, `row == "x"`: 1, `row["a"] = "b"`: 10, `row[row["a"]] == "b"`: 1, `row["a"] == nil`: 13, `now() == row["a"]`: 1,
		`len(row) > 1`: 5, `all(["a"], # == row["a"])`: 1, `1..3 == [1]`: 2, `row["a"] matches row["b"]`: 21, `row["a"] > 1`: 10, strings.Repeat(" ", 2001): 1,
	} {
		_, err := rule.CompileRow(where)
		var wrong *rule.Error
		if !errors.As(err, &wrong) || wrong.Line != 1 || wrong.Column != column {
			t.Errorf("%.40s: %v, want it in column %d", where, err, column)
		}
	}
}
