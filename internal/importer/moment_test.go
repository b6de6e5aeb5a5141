package importer

import "testing"

func TestFormatsOfMoments(t *testing.T) {
	t.Parallel()
	day, clock, both, none := momentFormat{day: true}, momentFormat{clock: true}, momentFormat{day: true, clock: true}, momentFormat{}
	for code, want := range map[string]momentFormat{
		"General": none, "0": none, "#,##0.00": none, "0.00E+00": none, "@": none, "": none,
		`#,##0\ "dni"`: none, `0\d`: none, `0_d`: none, `[Red]0`: none, `0;[Red]d`: none, `"open`: none,
		"yyyy-mm-dd": day, `dd\.mm\.yyyy`: day, "[$-415]d mmmm yyyy;@": day, "mmm": day, "M": day, "D": day,
		"hh:mm": clock, "mm:ss": clock, "[h]:mm": clock, "[mm]": clock, "h AM/PM": clock, "s.000": clock,
		"dd.mm.yyyy hh:mm": both, "m/d/yy h:mm": both,
	} {
		if got := shownParts(readFormat(code)); got != want {
			t.Errorf("%q: %+v, want %+v", code, got, want)
		}
	}
	for id, want := range map[int]momentFormat{0: none, 2: none, 13: none, 14: day, 17: day, 18: clock, 21: clock, 22: both, 30: day, 45: clock, 47: clock, 48: none, 49: none, 57: day} {
		if got := shownParts(builtInFormat(id)); got != want {
			t.Errorf("format %d: %+v, want %+v", id, got, want)
		}
	}
}

// shownParts returns whether a format shows parts of a day, or of the clock.
func shownParts(f numberFormat) momentFormat {
	if len(f.sections) == 0 {
		return momentFormat{}
	}
	return momentFormat{day: f.sections[0].dated(), clock: f.sections[0].clock}
}

func TestMoments(t *testing.T) {
	t.Parallel()
	day, clock, both := momentFormat{day: true}, momentFormat{clock: true}, momentFormat{day: true, clock: true}
	for _, tt := range []struct {
		name     string
		n        float64
		format   momentFormat
		from1904 bool
		want     string
	}{
		{"the first day", 1, day, false, "1900-01-01"},
		{"the day before the one that never was", 59, day, false, "1900-02-28"},
		{"the day that never was", 60, day, false, "1900-02-29"},
		{"the day after", 61, day, false, "1900-03-01"},
		{"the day before the first", 0, day, false, "1900-01-00"},
		{"a day of the project", 40248, day, false, "2010-03-11"},
		{"the last day", 2958465, day, false, "9999-12-31"},
		{"after the last day", 2958466, day, false, ""},
		{"below zero", -1, day, false, ""},
		{"the first day from 1904", 0, day, true, "1904-01-01"},
		{"a day of the project from 1904", 38786, day, true, "2010-03-11"},
		{"midnight", 0, clock, false, "00:00:00"},
		{"a time", 0.7673611111111112, clock, false, "18:25:00"},
		{"a time of a day, of which the time is shown", 40248.7673611111, clock, false, "18:25:00"},
		{"a time of a day, of which the day is shown", 40248.7673611111, day, false, "2010-03-11"},
		{"a time of a day", 40248.7673611111, both, false, "2010-03-11 18:25:00"},
		{"a moment before midnight that rounds up", 40248.9999999, both, false, "2010-03-12 00:00:00"},
		{"a number", 40248, momentFormat{}, false, ""},
		{"hours beyond a day", 1.0625, momentFormat{clock: true, elapsed: true}, false, "25:30:00"},
		{"hours beyond a day, as a time", 1.0625, clock, false, "25:30:00"},
		{"hours within a day", 0.0625, momentFormat{clock: true, elapsed: true}, false, "01:30:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, ok := tt.format.cell(tt.n, tt.from1904)
			if got := c.text; got != tt.want || ok != (tt.want != "") {
				t.Errorf("%q %v, want %q", c.text, ok, tt.want)
			}
		})
	}
}
