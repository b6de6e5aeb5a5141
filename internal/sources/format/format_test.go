package format_test

import (
	"testing"
	"time"

	"outreach/internal/sources/format"
	"outreach/internal/text"
)

func TestDatesAreReadByTokens(t *testing.T) {
	t.Parallel()
	warsaw, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ format, value, day, clock string }{
		{"DD-MMM-YYYY hh:mm A", "21-Jul-2026 10:05AM", "2026-07-21", "10:05"},
		{"DD-MMM-YYYY hh:mm A", "21-jul-2026 12:05 am", "2026-07-21", "00:05"},
		{"DD-MMM-YYYY hh:mm A", "21-Jul-2026 13:05AM", "", ""},
		{"MM/DD/YYYY hh:mm:ss A", "07/21/2026 09:00:12 PM", "2026-07-21", "21:00"},
		{"M/D/YY, h:mm:ss A", "7/21/26, 9:01:00\u202fAM", "2026-07-21", "09:01"},
		{"MM/DD/YYYY", "21/07/2026", "", ""},
		{"DD/MM/YYYY", "3/4/2026", "2026-04-03", ""},
		{"DD/MM/YYYY", "31/04/2026", "", ""},
		{"D MMMM YYYY", "24 lip 2026", "2026-07-24", ""},
		{"D MMM YYYY", "24 lipca 2026", "2026-07-24", ""},
		{"D MMM YYYY", "1 października 2026", "2026-10-01", ""},
		{"D MMM YYYY", "1 paź. 2026", "2026-10-01", ""},
		{"D. MMMM YYYY", "3. März 2026", "2026-03-03", ""},
		{"D MMMM YYYY", "3 вересня 2026", "2026-09-03", ""},
		{"D [de] MMMM [de] YYYY", "3 de septiembre de 2026", "2026-09-03", ""},
		{"D MMMM YYYY", "3 setembre 2026", "2026-09-03", ""},
		{"MMM D, YYYY", "Jul 22, 2026", "2026-07-22", ""},
		{"MMM D, YYYY", "Juk 22, 2026", "", ""},
		{"YYYYMMDD", "20260721", "2026-07-21", ""},
		{"YYYYMMDD HHmm", "20260721 0905", "2026-07-21", "09:05"},
		{"YYYY/MM/DD h:mm:ss A Z", "2026/07/21 9:05:11 AM EEST", "2026-07-21", "08:05"},
		{"YYYY-MM-DDTHH:mm:ssZ", "2026-07-21T23:30:00Z", "2026-07-22", "01:30"},
		{"YYYY-MM-DDTHH:mm:ssZ", "2026-07-21T23:30:00+02:00", "2026-07-21", "23:30"},
		{"YYYY-MM-DDTHH:mm:ssZ", "2026-07-21T23:30:00-0530", "2026-07-22", "07:00"},
		{"DD.MM.YYYY HH:mm", "21.07.2026 24:00", "", ""},
		{"DD.MM.YYYY", "21.07.2026 10:05", "", ""},
		{"DD.MM.YY", "21.07.70", "1970-07-21", ""},
		{"h:mm A", "6:25 PM", "", "18:25"},
		{"HH.mm", "18.25", "", "18:25"},
	} {
		f, wrong := format.NewDate(c.format, "ca")
		if wrong != nil {
			t.Errorf("%s: %s", c.format, text.Of("en").Word(*wrong))
			continue
		}
		m, ok := f.Read(c.value)
		m = m.In(warsaw)
		if ok != (c.day+c.clock != "") || m.Day != c.day || m.Clock != c.clock {
			t.Errorf("%q as %s: %s %s, %v; want %s %s", c.value, c.format, m.Day, m.Clock, ok, c.day, c.clock)
		}
	}
}

func TestFormatsThatNoDateHasAreRefused(t *testing.T) {
	t.Parallel()
	for _, f := range []string{"", "  ", "dd-mm-yyyy", "DD-MM", "YYYY", "MMMM YYYY", "DD/DD/YYYY", "hh:mm", "HH:mm A", "HH", "mm:ss", "A", "DD-MM-YYYY mm", "Q", "DD.MM.YYYY HH:mm:ss SSS"} {
		if _, wrong := format.NewDate(f); wrong == nil {
			t.Errorf("%q is a format of dates", f)
		}
	}
	for _, f := range []string{"", "K", "x", "1,2,3", "1,234 5", "1..5", "12a", ",5", "1,", "#,##0"} {
		if _, wrong := format.NewNumber(f); wrong == nil {
			t.Errorf("%q is a format of numbers", f)
		}
	}
}

func TestNumbersAreReadByAnExample(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ example, value, want string }{
		{"1,234", "12,500", "12500"}, {"1,234", "12500", "12500"}, {"1,234", "1,234,567", "1234567"}, {"1,234", "12.5", ""}, {"1,234", "12,50", ""}, {"1,234", "1,2345", ""}, {"1,234", "1.2K", ""},
		{"1,234", "1234,567", ""}, {"1,234", "", ""}, {"1,234", ",234", ""}, {"1,234", "N/A", ""}, {"1,234", "-12", "-12"},
		{"1,234.5", "12,500.25", "12500.25"}, {"1,234.5", "12500.0", "12500"}, {"1,234.5", "12,500", "12500"}, {"1,234.5", "1.234,5", ""},
		{"1.234,5", "12.500,25", "12500.25"}, {"1.234,5", "12.500", "12500"}, {"1.234,5", "7,5", "7.5"},
		{"1 234,5", "12 500,25", "12500.25"}, {"1\u00a0234,5", "12 500", "12500"}, {"1 234", "12\u202f500", "12500"},
		{"1234.5", "12500.0", "12500"}, {"1234.5", "1,234.5", ""}, {"1'234.5", "12'500.5", "12500.5"}, {"1234", "1234", "1234"}, {"1234", "1,234", ""},
		{"1.2K", "1.2K", "1200"}, {"1.2K", "950", "950"}, {"1.2K", "3M", "3000000"}, {"1.2k", "1.25M", "1250000"}, {"1.2K", "1.2", "1.2"}, {"1.2345K", "1.2345K", "1234.5"},
		{"1,2 tys.", "12,5 tys.", "12500"}, {"1,2 tys.", "1,2 mln", "1200000"}, {"1,2 mln", "3 mln", "3000000"}, {"1,2 mln", "950", "950"},
	} {
		f, wrong := format.NewNumber(c.example)
		if wrong != nil {
			t.Errorf("%s: %s", c.example, text.Of("en").Word(*wrong))
			continue
		}
		if got, ok := f.Read(c.value); got != c.want || ok != (c.want != "") {
			t.Errorf("%q as %s: %q, %v; want %q", c.value, c.example, got, ok, c.want)
		}
	}
}
