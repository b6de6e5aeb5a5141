package importer

import "testing"

func TestNumbersAreReadAsTheirFormatShowsThem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, code string
		n          float64
		want       string // as a number
		shown      string // where it is more than the number
	}{
		{"general", "General", 0.1 + 0.2, "0.3", ""},
		{"rounded to a whole number", "0", 7499.5, "7500", ""},
		{"rounded half away from zero", "0", -2.5, "-3", ""},
		{"rounded to nothing", "0", -0.4, "0", ""},
		{"rounded up to another digit", "0.0", 9.96, "10", ""},
		{"with groups", "#,##0.00", 12345.678, "12345.68", ""},
		{"with a unit", `#,##0\ "osób"`, 7500, "7500", "7500 osób"},
		{"with a currency", `#,##0.00\ [$zł-415]`, 12.5, "12.5", "12.5 zł"},
		{"negative in red", `0;[Red]0`, -5, "-5", ""},
		{"negative in brackets", `0_);(0)`, -5, "-5", ""},
		{"zero as a dash", `0;-0;"-"`, 0, "0", ""},
		{"zero hidden", `0;-0;;@`, 0, "", ""},
		{"all hidden", `;;;`, 7, "", ""},
		{"leading zeros", "00000", 7, "7", "00007"},
		{"a telephone number", "000-000-000", 600100200, "600100200", "600-100-200"},
		{"a telephone number with a country", `"+"00\ 000\ 000\ 000`, 48600100200, "48600100200", "+48 600 100 200"},
		{"an exponent", "0.00E+00", 48600100200, "4.86E+10", ""},
		{"per cent", "0%", 0.85, "85%", ""},
		{"per cent with decimals", "0.0%", 0.8549, "85.5%", ""},
		{"thousands", "0,", 12345, "12", ""},
		{"thousands with a letter", `0.0,"K"`, 12345, "12.3K", ""},
		{"by condition", `[<1000]0;0.0,"K"`, 999, "999", ""},
		{"by condition, the other one", `[<1000]0;0.0,"K"`, 12345, "12.3K", ""},
		{"a word", `"tak"`, 1, "tak", ""},
		{"a fraction", "# ?/?", 0.5, "0.5", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := readFormat(tt.code).cell(tt.n, false)
			if got.text != tt.want || got.shown != tt.shown {
				t.Errorf("%q, shown %q; want %q, shown %q", got.text, got.shown, tt.want, tt.shown)
			}
		})
	}
}
