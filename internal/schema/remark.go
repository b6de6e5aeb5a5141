package schema

import (
	"strconv"
	"time"

	"outreach/internal/project"
)

// Remark returns what is to be checked about a valid value, in canonical form: a day outside the project's period, or a
// number of people that is over half of the region's population. It is nil for any other.
func (f *Field) Remark(canonical string, d *project.Definition) *Problem {
	if canonical == "" {
		return nil
	}
	switch f.Type {
	case Date, Instant:
		day := canonical
		if f.Type == Instant {
			at, err := time.Parse(time.RFC3339Nano, canonical)
			if err != nil {
				return nil
			}
			day = d.Day(at)
		}
		if !d.Period.Contains(day) {
			return &Problem{Field: f.Name, Code: OutsidePeriod, Args: map[string]string{"from": d.Period.From, "to": d.Period.To}}
		}
	case Whole:
		if !f.OfPeople() || d.Region.Population == 0 {
			return nil
		}
		if n, err := strconv.ParseInt(canonical, 10, 64); err == nil && n > d.Region.Population/2 {
			return &Problem{Field: f.Name, Code: LargeReach, Args: map[string]string{"population": strconv.FormatInt(d.Region.Population, 10)}}
		}
	}
	return nil
}
