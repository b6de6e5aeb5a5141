package project

import "time"

// The rhythms of reports: how many months a reporting period has. A final report alone has no months.
var rhythms = map[string]int{"monthly": 1, "quarterly": 3, "half-yearly": 6, "final": 0}

// ReportDays are the days after one day, up to another, on which a reporting period ends: the last days of calendar months,
// quarters or half-years within the project's period, and its own last day always. Of a project without reports there are none.
func (d *Definition) ReportDays(after, upTo string) []string {
	months, reported := rhythms[d.Reports.Funder]
	first, err := time.Parse(time.DateOnly, after)
	if !reported || err != nil {
		return nil
	}
	var days []string
	for day := first.AddDate(0, 0, 1); ; day = day.AddDate(0, 0, 1) {
		said := day.Format(time.DateOnly)
		if said > upTo {
			return days
		}
		next := day.AddDate(0, 0, 1)
		ends := months > 0 && next.Day() == 1 && int(day.Month())%months == 0
		if said == d.Period.To || ends && d.Period.Contains(said) {
			days = append(days, said)
		}
	}
}
