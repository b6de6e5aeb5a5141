package main

import (
	"testing"
	"time"
)

// Where the clocks are changed a night comes too, and once.
func TestEveryDayHasItsNight(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"UTC", "Europe/Warsaw", "Europe/London", "Atlantic/Azores"} {
		place, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2027, 1, 1, 0, 0, 0, 0, place)
		for day := at.Add(12 * time.Hour); day.Year() == 2027; day = day.AddDate(0, 0, 1) {
			if at = nextNight(at); at.Format("2006-01-02 15:04") != day.Format(time.DateOnly)+" 03:30" {
				t.Fatalf("%s: the night of %s is at %s", zone, day.Format(time.DateOnly), at)
			}
		}
	}
}
