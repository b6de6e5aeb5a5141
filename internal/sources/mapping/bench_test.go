package mapping_test

import (
	"bytes"
	"fmt"
	"maps"
	"syscall"
	"testing"
	"time"

	"outreach/internal/importer"
	"outreach/internal/project"
	"outreach/internal/rule"
	"outreach/internal/schema"
	"outreach/internal/sources"
	"outreach/internal/sources/mapping"
)

// The forms of airings: our own columns in the forms that are read fastest, or with dates that have a time of day and
// numbers with separators, as spreadsheets of other programs write them; and an export of a monitoring firm.
const (
	ours = iota
	written
	theirs
)

// airings returns rows of airings in a form.
func airings(rows, form int) []byte {
	var b bytes.Buffer
	if b.WriteString("date,time,medium,title,outlet,reach,contacts,url,note\n"); form == theirs {
		b.Reset()
		b.WriteString("Date,Type,Headline,Source,Reach,Views,Link,Sentiment\n")
	}
	day := time.Date(2009, 11, 2, 10, 5, 0, 0, time.UTC)
	for i := range rows {
		at := day.AddDate(0, 0, i%480).Add(time.Duration(i%600) * time.Minute).Format("2006-01-02,15:04")
		medium, reach := [...]string{"web", "press", "tv"}[i%3], fmt.Sprint(1000+i%20_000)
		moment := day.AddDate(0, 0, i%480).Add(time.Duration(i%600) * time.Minute)
		if form != ours {
			reach = fmt.Sprintf(`"%d,%03d"`, 1+i%20_000/1000, i%1000)
		}
		switch form {
		case written:
			at = moment.Format("02.01.2006 15:04:05") + ","
		case theirs:
			at, medium = moment.Format("02-Jan-2006 03:04PM"), [...]string{"Online News", "Print", "TV"}[i%3]
		}
		fmt.Fprintf(&b, "%s,%s,\"Spółdzielnia socjalna: praca, którą tworzysz %d\",Telewizja Partner,%s,%d,https://example.org/%d,\n", at, medium, i, reach, 30_000+i%20_000, i)
	}
	return b.Bytes()
}

var monitoring = sources.Source{
	ID: "monitoring", Kind: schema.Media, Recognise: []string{"Date", "Headline", "Source", "Reach"},
	Columns: map[string]string{"date": "Date", "medium": "Type", "title": "Headline", "outlet": "Source", "reach": "Reach", "contacts": "Views", "url": "Link"},
	Formats: map[string]string{"date": "DD-MMM-YYYY hh:mm A", "reach": "1,234"},
	Values:  map[string]map[string]string{"medium": {"Online News": "web", "Print": "press"}}, Constants: map[string]string{"source": "monitoring"},
	Ignore: []string{"Sentiment"}, Skip: `row["Reach"] == "N/A"`,
}

// spent returns the time that the process has calculated so far: what else the machine does is not in it.
func spent(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkMapped reads and checks 100,000 rows by a source. x-own is how many times as much calculating that takes as
// reading them by our own columns; of each the best round counts. The limit is 1.3. Of "names" the rows are the same
// but for the names of the columns, with values, a constant and rows to skip. Of "formats" each date and number is
// read by a format, and is compared with the same values in forms as long that need none.
func BenchmarkMapped(b *testing.B) {
	const rows = 100_000
	d := &project.Definition{TimeZone: "Europe/Warsaw", Period: project.Period{From: "2009-01-01", To: "2012-12-31"}}
	check := func(b *testing.B, data []byte, mappings ...*importer.Mapping) time.Duration {
		start := spent(b)
		checked, err := importer.Check(b.Context(), importer.File{Body: bytes.NewReader(data), Size: int64(len(data)), Mappings: mappings}, schema.Scope{Definition: d, Today: "2012-01-01"},
			func(*schema.Kind) bool { return true }, func(importer.Line) error { return nil })
		if err != nil || checked.Rows != rows || checked.Errors.Total > 0 || (checked.Mapping != nil) != (len(mappings) > 0) {
			b.Fatal(checked.Rows, checked.Errors.List, err)
		}
		return spent(b) - start
	}
	own := airings(rows, ours)
	_, below, _ := bytes.Cut(own, []byte("\n"))
	same := append([]byte("Date,Hour,Type,Headline,Source,Reach,Views,Link,Sentiment\n"), below...)
	named := monitoring
	named.Formats, named.Columns = nil, maps.Clone(monitoring.Columns)
	named.Columns["time"] = "Hour"
	for _, one := range []struct {
		name   string
		own    []byte
		data   []byte
		source sources.Source
	}{{"names", own, same, named}, {"formats", airings(rows, written), airings(rows, theirs), monitoring}} {
		b.Run(one.name, func(b *testing.B) {
			m, err := mapping.Of(d, one.source, mapping.Rules(rule.CompileRow))
			if err != nil {
				b.Fatal(err)
			}
			alone, mapped := time.Hour, time.Hour
			for b.Loop() {
				alone, mapped = min(alone, check(b, one.own)), min(mapped, check(b, one.data, m))
			}
			b.ReportMetric(float64(mapped)/float64(alone), "x-own")
		})
	}
}
