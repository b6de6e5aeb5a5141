package format_test

import (
	"testing"

	"outreach/internal/sources/format"
)

func TestMinutesAreReadAsHours(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"90": "1.5", "20": "0.333333", "0": "0", "7,5": "0.125", "1h 57m": "1.95", "1h 57m 36s": "1.96", "45 min": "0.75", "90s": "0.025",
		"": "", "many": "", "-5": "", "1:30": "", "1.234": "", "h": "",
	} {
		if got, ok := (format.Minutes{}).Read(given); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v; want %q", given, got, ok, want)
		}
	}
}
