package project

import "time"

// reportMonths is the length of reporting periods in months, by the frequency of reports. Of a final report it is 0.
var reportMonths = map[string]int{"monthly": 1, "quarterly": 3, "half-yearly": 6, "final": 0}

// ReportDays returns the days later than after, and no later than upTo, on which a reporting period ends: the last days
// of calendar months, quarters or half-years within the project's period, and always its own last day. A project
// without reports has none.
func (d *Definition) ReportDays(after, upTo string) []string {
	months, reported := reportMonths[d.Reports.Funder]
	first, err := time.Parse(time.DateOnly, after)
	if !reported || err != nil {
		return nil
	}
	var days []string
	for day := first.AddDate(0, 0, 1); ; day = day.AddDate(0, 0, 1) {
		date := day.Format(time.DateOnly)
		if date > upTo {
			return days
		}
		next := day.AddDate(0, 0, 1)
		ends := months > 0 && next.Day() == 1 && int(day.Month())%months == 0
		if date == d.Period.To || ends && d.Period.Contains(date) {
			days = append(days, date)
		}
	}
}
