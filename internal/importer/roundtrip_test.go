package importer

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"outreach/internal/schema"
)

// sameKind compares kinds, of which there is one each.
var sameKind = cmp.Comparer(func(a, b *schema.Kind) bool { return a == b })

// drawValue draws a value as a person may write it, and its canonical text.
func drawValue(t *rapid.T, f *schema.Field, in encoding.Encoding, words bool) (written, canonical string) {
	if !f.Required && rapid.Bool().Draw(t, f.Name+" is empty") {
		return rapid.SampledFrom([]string{"", " ", "\u00a0"}).Draw(t, f.Name), ""
	}
	switch f.Type {
	case schema.Date:
		year, month, day := rapid.IntRange(1900, 2025).Draw(t, "year"), rapid.IntRange(1, 12).Draw(t, "month"), rapid.IntRange(1, 28).Draw(t, "day")
		canonical = fmt.Sprintf("%04d-%02d-%02d", year, month, day)
		written = rapid.SampledFrom([]string{canonical, fmt.Sprintf("%02d.%02d.%04d", day, month, year), fmt.Sprintf("%d.%d.%04d", day, month, year)}).Draw(t, f.Name)
	case schema.TimeOfDay:
		hour, minute := rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")
		canonical = fmt.Sprintf("%02d:%02d", hour, minute)
		written = rapid.SampledFrom([]string{canonical, fmt.Sprintf("%d:%02d", hour, minute), canonical + ":30"}).Draw(t, f.Name)
	case schema.Instant:
		canonical = fmt.Sprintf("2010-%02d-%02dT%02d:30:00Z", rapid.IntRange(1, 3).Draw(t, "month"), rapid.IntRange(1, 28).Draw(t, "day"), rapid.IntRange(0, 23).Draw(t, "hour"))
		written = canonical
	case schema.Whole:
		least, most := int(f.Min), int(f.Max)
		if most == 0 {
			most = int(definition.Region.Population)
		}
		if f.Name == "birth_year" {
			most = 2026
		}
		if f.Name == "contacts" {
			least = int(definition.Region.Population) // at least as many as the reach
		}
		n := rapid.IntRange(least, most).Draw(t, f.Name)
		canonical = fmt.Sprint(n)
		written = group(canonical, rapid.SampledFrom([]string{"", ".", " ", "\u00a0"}).Draw(t, "between groups"))
	case schema.Decimal:
		most := 1000
		if f.Name == "max_score" {
			most = 1_000_000
		}
		if f.Name == "pre_score" || f.Name == "post_score" {
			most = 0 // never above the highest
		}
		n, hundredths := rapid.IntRange(0, most).Draw(t, f.Name), 0
		if n < most {
			hundredths = rapid.IntRange(0, 99).Draw(t, "hundredths")
		}
		canonical = schema.Number(float64(n*100+hundredths) / 100)
		written = strings.Replace(canonical, ".", rapid.SampledFrom([]string{".", ","}).Draw(t, "point"), 1)
	case schema.Choice:
		o := rapid.SampledFrom(f.Options(definition)).Draw(t, f.Name)
		canonical = o.ID
		spellings := append([]string{o.ID, strings.ToUpper(o.ID)}, o.Also...)
		for _, language := range o.Label.Languages() {
			spellings = append(spellings, o.Label[language])
		}
		written = rapid.SampledFrom(encodable(in, spellings)).Draw(t, "spelling")
	case schema.YesNo:
		canonical = "yes"
		written = rapid.SampledFrom([]string{"yes", "true", "tak", "1", "TAK"}).Draw(t, f.Name)
		if !f.Required && rapid.Bool().Draw(t, "no") {
			canonical, written = "no", rapid.SampledFrom([]string{"no", "false", "nie", "0"}).Draw(t, f.Name)
		}
	case schema.Email:
		canonical = rapid.StringMatching(`[a-z]{1,8}(\.[a-z]{1,8})?`).Draw(t, f.Name) + "@example.org"
		written = rapid.SampledFrom([]string{canonical, strings.ToUpper(canonical)}).Draw(t, "case")
	case schema.Pesel:
		canonical = rapid.SampledFrom([]string{"44051401359", "02270803624"}).Draw(t, f.Name)
		written = canonical
	default:
		if words { // an encoding of one byte a letter is told by words, not by letters in any order
			canonical = rapid.StringMatching(`[a-zA-Z0-9,;|\t"'. \n=+@-]{0,20}`).Draw(t, f.Name) + " " + rapid.SampledFrom([]string{
				"Zażółć gęślą jaźń", "ZAŻÓŁĆ GĘŚLĄ JAŹŃ", "Źródło pod Łodzią", "Święto żółtej róży", "Koncert w Gdańsku",
			}).Draw(t, "words")
		} else {
			canonical = rapid.StringMatching(`[a-zA-Z0-9ĄĆĘŁŃÓŚŹŻąćęłńóśźż,;|\t"'. \n=+@-]{1,30}`).Draw(t, f.Name)
		}
		canonical = schema.Clean(canonical)
		if canonical == "" {
			canonical = "x"
		}
		written = canonical
	}
	if f.Type == schema.Text {
		canonical = schema.Clean(schema.Unescape(canonical)) // texts typed by hand do not begin like this
		written = schema.Escape(canonical)
		canonical, _ = schema.TidyWords(canonical)
	}
	if rapid.Bool().Draw(t, "spaces") {
		written = " " + written + "\u00a0 "
	}
	return written, canonical
}

// encodable returns the texts that an encoding can express: Windows-1250 has no Cyrillic letters.
func encodable(in encoding.Encoding, texts []string) []string {
	return slices.DeleteFunc(texts, func(text string) bool {
		_, err := in.NewEncoder().String(text)
		return err != nil
	})
}

func group(digits, between string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + between + digits[i:]
	}
	return digits
}

func TestValuesAreReadAsWritten(t *testing.T) {
	t.Parallel()
	encodings := []encoding.Encoding{encoding.Nop, unicode.UTF8BOM, charmap.Windows1250, charmap.ISO8859_2,
		unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), unicode.UTF16(unicode.BigEndian, unicode.UseBOM)}
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(schema.Builtin().Kinds).Draw(t, "kind")
		columns := rapid.Permutation(k.Columns()).Draw(t, "order")
		written := rapid.SampledFrom(encodings).Draw(t, "encoding")
		words := written == charmap.Windows1250 || written == charmap.ISO8859_2
		var table [][]string
		var head []string
		for _, f := range columns {
			names := append(f.ColumnNames(), strings.ToUpper(f.ColumnIn("pl")), strings.ReplaceAll(f.Name, "_", " "))
			head = append(head, rapid.SampledFrom(encodable(written, names)).Draw(t, "name"))
		}
		table = append(table, head)
		var want []Line
		for i := range rapid.IntRange(1, 5).Draw(t, "rows") {
			line := Line{Kind: k, Row: i + 2, Entry: schema.Entry{Row: make(schema.Row, len(k.Fields))}}
			var row []string
			for _, f := range columns {
				field := *f
				field.Required = field.Required || f.Name == "email"
				text, canonical := drawValue(t, &field, written, words)
				row = append(row, text)
				if at := k.Index(f.Name); at >= 0 {
					line.Entry.Row[at] = canonical
				}
				switch f.Name {
				case "email":
					line.Entry.Person.Email = canonical
				case "pesel":
					line.Entry.Person.Pesel = canonical
				}
			}
			if k.Name == schema.Signup {
				line.Entry.Person = k.PersonOf(line.Entry.Row)
			}
			table, want = append(table, row), append(want, line)
		}

		delimiter := rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(t, "delimiter")
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")
		var text strings.Builder
		for _, row := range table {
			for i, value := range row {
				if i > 0 {
					text.WriteString(delimiter)
				}
				if strings.ContainsAny(value, delimiter+"\"\r\n") || rapid.Bool().Draw(t, "quoted") {
					value = `"` + strings.ReplaceAll(strings.ReplaceAll(value, `"`, `""`), "\n", end) + `"`
				}
				text.WriteString(value)
			}
			text.WriteString(end)
		}
		file, err := written.NewEncoder().String(text.String())
		if err != nil {
			t.Fatal(err)
		}

		var got []Line
		checked, err := Check(t.Context(), File{Body: strings.NewReader(file), Size: int64(len(file))}, scope, anyKind, func(l Line) error {
			l.Entry.Row = slices.Clone(l.Entry.Row)
			got = append(got, l)
			return nil
		})
		if err != nil || checked.Kind != k || checked.Errors.Total > 0 {
			t.Fatalf("%v, %v, %v, in\n%s", checked.Errors.List, briefs(checked.Errors), err, text.String())
		}
		if diff := cmp.Diff(want, got, sameKind); diff != "" {
			t.Fatalf("rows (-want +got):\n%s\nin\n%s", diff, text.String())
		}
	})
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(airings + "2010-03-11,18:25,tv,spot,\"Razem \"\"łatwiej\"\"\",TV,7 500\n"))
	f.Add([]byte("sep=;\r\nemail;pesel;dzia\xb3anie;data;wynik\r\nx@example.org;44051401359;incubator;19.2.2010;attended\r\n"))
	f.Add([]byte("\xff\xfed\x00a\x00t\x00e\x00,\x00k\x00i\x00n\x00d\x00,\x00q\x00u\x00a\x00n\x00t\x00i\x00t\x00y\x00,\x00t\x00i\x00t\x00l\x00e\x00\n\x00"))
	f.Add([]byte("date,kind,quantity,title\r2010-01-01,tv-spot,1,\"x\" \"y\r\"\rz"))
	f.Add([]byte("email,date,field,minutes,form,topic\na@example.org,2010-01-18,law,9,phone,\"a\r\nb\""))
	f.Add([]byte("Outputs of 2010;;;\n\ndata;rodzaj;liczba;tytuł\n2010-01-01;tv-spot;1;'=x\n"))
	f.Add([]byte(airings + "2010-03-11,7:5,tv,,\xc5\xbc\xf3\xff,TV,1\n2010-03-11,18.25,radio,,'\t'+x\x00,TV,1\n"))
	f.Add([]byte(airings + "2010-03-11,,tv,,\"" + strings.Repeat("x", longestCell) + "\"  \"\",TV,1\n2010-03-12,,tv,,x,TV,1\n"))
	f.Add([]byte("email;pesel;activity;date;outcome\nx@example.org;44051401359;incubator;2010-02-19;slept\n"))
	f.Add(smallest(f, inline([]string{"date", "kind", "quantity", "title"}, []string{"2010-01-01", "tv-spot", "1", "a_x000D__x000A_b"}), nil))
	f.Add(workbookOf(f, nil, [][]any{mediaHead, {"2010-03-11", 0.5, "tv", "x", "TV", 1}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		checked, lines := read(t, data)
		runtime.ReadMemStats(&after)
		// Nearly all of it is what a packed byte may unpack to.
		if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20+8192*uint64(len(data)) {
			t.Fatalf("%d bytes took %d", len(data), used)
		}
		again, sameLines := read(t, data)
		if diff := cmp.Diff(checked.Errors.List, again.Errors.List) + cmp.Diff(checked.Warnings.List, again.Warnings.List) + cmp.Diff(lines, sameLines, sameKind); diff != "" || checked.Kind != again.Kind || checked.Rows != again.Rows {
			t.Fatalf("read again, it is another:\n%s", diff)
		}
		if checked.Kind == nil && checked.Errors.Total == 0 || len(lines) > checked.Rows {
			t.Fatalf("%d lines of %d rows, %v", len(lines), checked.Rows, briefs(checked.Errors))
		}
		if len(lines) == 0 {
			return
		}

		var text bytes.Buffer
		text.WriteString(utf8BOM)
		w := csv.NewWriter(&text)
		var head []string
		for _, f := range checked.Kind.Columns() {
			head = append(head, f.Name)
		}
		_ = w.Write(head)
		for i, l := range lines {
			if i > 0 && l.Row <= lines[i-1].Row && !bytes.HasPrefix(data, []byte("PK")) {
				t.Fatalf("row %d is below row %d", l.Row, lines[i-1].Row)
			}
			var row []string
			for _, f := range checked.Kind.Columns() {
				switch f.Name {
				case "email":
					row = append(row, l.Entry.Person.Email)
				case "pesel":
					row = append(row, l.Entry.Person.Pesel)
				default:
					row = append(row, checked.Kind.Get(l.Entry.Row, f.Name))
				}
			}
			_ = w.Write(row)
		}
		w.Flush()
		written, reread := read(t, text.Bytes())
		if written.Errors.Total > 0 || len(reread) != len(lines) {
			t.Fatalf("%d lines, written again, are %d; %v", len(lines), len(reread), briefs(written.Errors))
		}
		for i := range lines {
			if diff := cmp.Diff(lines[i].Entry, reread[i].Entry); diff != "" {
				t.Fatalf("row %d, written again, is another:\n%s", lines[i].Row, diff)
			}
		}
	})
}
