package project

import (
	"strings"
	"testing"
)

func TestReportDaysAreTheEndsOfReportingPeriods(t *testing.T) {
	t.Parallel()
	period := Period{From: "2027-11-15", To: "2029-02-10"}
	for _, tt := range []struct{ rhythm, after, upTo, want string }{
		{"monthly", "2027-10-01", "2028-03-31", "2027-11-30 2027-12-31 2028-01-31 2028-02-29 2028-03-31"}, // a leap February
		{"monthly", "2029-01-01", "2030-01-01", "2029-01-31 2029-02-10"},                                  // the project's last day, and no other of that month
		{"quarterly", "2027-10-01", "2028-12-31", "2027-12-31 2028-03-31 2028-06-30 2028-09-30 2028-12-31"},
		{"half-yearly", "2027-01-01", "2030-01-01", "2027-12-31 2028-06-30 2028-12-31 2029-02-10"},
		{"final", "2027-01-01", "2030-01-01", "2029-02-10"},
		{"", "2027-01-01", "2030-01-01", ""},
		{"monthly", "2028-02-28", "2028-02-29", "2028-02-29"},
		{"monthly", "2028-02-29", "2028-02-29", ""}, // the first day is not one of them
		{"monthly", "2028-02-29", "2028-03-30", ""},
		{"monthly", "", "2028-03-31", ""},
	} {
		d := Definition{Period: period, Reports: Reports{Funder: tt.rhythm}}
		if got := strings.Join(d.ReportDays(tt.after, tt.upTo), " "); got != tt.want {
			t.Errorf("%s, after %s up to %s: %s, want %s", tt.rhythm, tt.after, tt.upTo, got, tt.want)
		}
	}
	d := Definition{Period: Period{From: "2028-01-01", To: "2028-12-31"}, Reports: Reports{Funder: "quarterly"}}
	if got := d.ReportDays("2028-12-01", "2029-12-31"); len(got) != 1 || got[0] != "2028-12-31" {
		t.Errorf("a last day that ends a quarter too: %v", got)
	}
}
