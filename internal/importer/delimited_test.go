package importer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"outreach/internal/schema"
)

func TestEncodings(t *testing.T) {
	t.Parallel()
	encodings := []struct {
		name string
		encoding.Encoding
	}{
		{"UTF-8", encoding.Nop},
		{"UTF-8 with a mark", unicode.UTF8BOM},
		{"UTF-16 LE with a mark", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
		{"UTF-16 BE with a mark", unicode.UTF16(unicode.BigEndian, unicode.UseBOM)},
		{"UTF-16 LE", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{"UTF-16 BE", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		{"Windows-1250", charmap.Windows1250},
		{"ISO-8859-2", charmap.ISO8859_2},
	}
	titles := []string{"Zażółć gęślą jaźń", "ZAŻÓŁĆ GĘŚLĄ JAŹŃ", "Spółdzielnia", "SPÓŁDZIELNIA", "ąęć", "środa", "ŚRODA", "źródło", "ŹRÓDŁO", "Ąą", "plain"}
	for _, e := range encodings {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			for _, polish := range []bool{true, false} {
				head := "data;medium;tytuł;redakcja;zasięg"
				if !polish {
					head = "date;medium;title;outlet;reach"
				}
				for _, title := range titles {
					file, err := e.NewEncoder().String(head + "\r\n2010-03-11;tv;" + title + ";TV;7\u00a0500\r\n")
					if err != nil {
						t.Fatal(err)
					}
					checked, lines := read(t, []byte(file))
					wantErrors(t, checked)
					wantRows(t, checked, lines, "2 date=2010-03-11 medium=tv title="+title+" outlet=TV reach=7500")
				}
			}
		})
	}
}

func TestOneLetterInTheLastRowDecidesTheEncoding(t *testing.T) {
	t.Parallel()
	for _, e := range []*charmap.Charmap{charmap.Windows1250, charmap.ISO8859_2} {
		file, err := e.NewEncoder().String(airings + strings.Repeat("2010-03-11,,tv,,Społeczna żółć,TV,1\n", 5000) + "2010-03-11,,tv,,ziąb,TV,1\n")
		if err != nil {
			t.Fatal(err)
		}
		_, lines := read(t, []byte(file))
		if got := lines[len(lines)-1].Entry.Row[4]; got != "ziąb" {
			t.Errorf("%v: %q", e, got)
		}
	}
}

func TestPunctuationIsNotReadAsLettersOfAnotherEncoding(t *testing.T) {
	t.Parallel()
	windows := func(text string) string {
		encoded, err := charmap.Windows1250.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	for _, tt := range []struct{ name, title, encoded string }{
		{"quotation marks of Windows-1250 outweigh a letter of ISO-8859-2", "„Razem” ± 5", windows("„Razem” ± 5")},
		{"what is a Tajik letter in UTF-8", "SPÓŁDZIELNIA", windows("SPÓŁDZIELNIA")},
		{"what is another rare letter in UTF-8", "gęśź", windows("gęśź")},
		{"Ukrainian in UTF-8", "Світ", "Світ"},
		{"a picture in UTF-8", "Razem 👍", "Razem 👍"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, lines := read(t, []byte(airings+"2010-03-11,,tv,,"+tt.encoded+",TV,1\n"))
			if len(lines) != 1 || lines[0].Entry.Row[4] != tt.title {
				t.Errorf("%+v, want %q", lines, tt.title)
			}
		})
	}
}

// encoded writes a text in every encoding that has its letters.
func encoded(text string) map[string]string {
	out := map[string]string{"UTF-8": text}
	for name, e := range map[string]encoding.Encoding{
		"UTF-8 with a mark": unicode.UTF8BOM, "Windows-1250": charmap.Windows1250, "ISO-8859-2": charmap.ISO8859_2,
		"UTF-16 LE": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "UTF-16 BE": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	} {
		if file, err := e.NewEncoder().String(text); err == nil {
			out[name] = file
		}
	}
	return out
}

func TestPolishTextsAreReadInEveryEncodingThatHasTheirLetters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		text.WriteString(airings)
		var want []string
		for range rapid.IntRange(1, 4).Draw(t, "rows") {
			words := rapid.SliceOfN(rapid.SampledFrom(strings.Fields("Zażółć gęślą jaźń Spółdzielnia ruszyła Łąka w słońcu źródło Ćma nad Łodzią święto Grześka pięć żab Kraków Gdańsk Toruń sześć źdźbeł Środa Wisła Święcicki")), 1, 6).Draw(t, "words")
			title := strings.Join(words, rapid.SampledFrom([]string{" ", "\u00a0", "-"}).Draw(t, "between"))
			if rapid.Bool().Draw(t, "capitals") {
				title = strings.ToUpper(title)
			}
			if rapid.Bool().Draw(t, "marks") {
				title = "„" + title + "” – «cd.»…"
			}
			text.WriteString("2010-03-11,,tv,," + title + ",TV,1\n")
			title, _ = schema.TidyWords(title)
			want = append(want, title)
		}
		for name, file := range encoded(text.String()) {
			var got []string
			checked, err := Check(t.Context(), File{Body: strings.NewReader(file), Size: int64(len(file))}, scope, anyKind, func(l Line) error {
				got = append(got, l.Entry.Row[4])
				return nil
			})
			if err != nil || checked.Errors.Total > 0 {
				t.Fatalf("%s: %v, %v, in\n%s", name, briefs(checked.Errors), err, text.String())
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestBrokenLettersOfUTF8AreErrorsOfTheirCells(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		titles := rapid.SliceOfN(rapid.StringMatching(`[a-z]([ąćęłńóśźż]|[a-z ]){0,6}[a-z]`), 1, 5).Draw(t, "titles")
		titles[0] += "ż"
		letters := 0
		for _, title := range titles {
			letters += len(title) - utf8.RuneCountInString(title) // each has two bytes
		}
		// Bytes that begin a letter, or bytes that go on with one: the two together would make one.
		stray := rapid.SampledFrom([]*rapid.Generator[int]{rapid.IntRange(0x80, 0xbf), rapid.IntRange(0xc0, 0xff)}).Draw(t, "which")
		for range rapid.IntRange(1, min(4*letters, 6)).Draw(t, "broken") {
			at := rapid.IntRange(0, len(titles)-1).Draw(t, "row")
			edges := []int{len(titles[at])}
			for i := range titles[at] {
				edges = append(edges, i)
			}
			edge := rapid.SampledFrom(edges).Draw(t, "place")
			titles[at] = titles[at][:edge] + string([]byte{byte(stray.Draw(t, "byte"))}) + titles[at][edge:]
		}
		file := airings
		var want []string
		for i, title := range titles {
			file += "2010-03-11,,tv,," + title + ",TV,1\n"
			if !utf8.ValidString(title) {
				want = append(want, fmt.Sprintf("%d title unreadable", i+2))
			}
		}
		checked, err := Check(t.Context(), File{Body: strings.NewReader(file), Size: int64(len(file))}, scope, anyKind, func(Line) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range checked.Errors.List {
			got = append(got, fmt.Sprintf("%d %s %s", e.Row, e.Column, e.Code))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s\nin %q", diff, file)
		}
	})
}

func TestLettersAcrossBufferBoundariesAreWhole(t *testing.T) {
	t.Parallel()
	// The text is read in pieces of 64 KiB: the letters of two bytes lie on every one of their edges, at either byte.
	for shift := range 2 {
		file := airings + "2010-03-11,,tv,,x" + strings.Repeat("x", shift) + ",TV,1\n" + strings.Repeat("2010-03-11,,tv,,"+strings.Repeat("ż", 299)+",TV,1\n", 700)
		checked, lines := read(t, []byte(file))
		wantErrors(t, checked)
		for _, l := range lines[1:] {
			if l.Entry.Row[4] != strings.Repeat("ż", 299) {
				t.Fatalf("row %d: %q", l.Row, l.Entry.Row[4])
			}
		}
	}
}

func TestDelimitersAndLineEnds(t *testing.T) {
	t.Parallel()
	for _, delimiter := range []string{",", ";", "\t", "|"} {
		for name, end := range map[string]string{"LF": "\n", "CR LF": "\r\n", "CR": "\r"} {
			for _, last := range []string{"", end} {
				for _, sep := range []string{"", "sep=" + delimiter + end, "SEP=" + delimiter + end} {
					t.Run(fmt.Sprintf("%q %s %q %q", delimiter, name, last, sep), func(t *testing.T) {
						t.Parallel()
						rows := []string{
							strings.Join([]string{"date", "medium", "title", "outlet", "reach"}, delimiter),
							strings.Join([]string{"2010-03-11", "tv", `"a, b; c	d | e ""f"""`, "TV", "1"}, delimiter),
							strings.Join([]string{"2010-03-12", "tv", `"two` + end + `lines"`, "TV", "2"}, delimiter),
							"",
							strings.Repeat(delimiter, 6),
							strings.Join([]string{"2010-03-13", "tv", "plain", "TV", "3", "", ""}, delimiter),
						}
						checked, lines := read(t, []byte(sep+strings.Join(rows, end)+last))
						wantErrors(t, checked)
						wantRows(t, checked, lines,
							`2 date=2010-03-11 medium=tv title=a, b; c	d | e "f" outlet=TV reach=1`,
							"3 date=2010-03-12 medium=tv title=two\nlines outlet=TV reach=2",
							"6 date=2010-03-13 medium=tv title=plain outlet=TV reach=3")
					})
				}
			}
		}
	}
}

func TestSwallowedRowsAreFoundWhateverEndsALine(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{"LF": "\n", "CR LF": "\r\n", "CR": "\r"} {
		file := strings.Join([]string{
			"date,medium,title,outlet,reach", `2010-03-11,tv,"Razem,TV,100`, "2010-03-12,tv,Drugi,TV,200", `2010-03-13,tv,Trzeci",TV,300`, "2010-03-14,tv,Dalej,TV,many", "",
		}, end)
		checked, _ := read(t, []byte(file))
		if got := briefs(checked.Errors); len(got) != 2 || !slices.Equal(checked.Errors.List[0].Rows, []int{2, 3, 4}) {
			t.Errorf("%s: %q %v", name, got, checked.Errors.List)
		}
	}
}

func TestAllRowsThatAreSwallowedAreCounted(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{"LF": "\n", "CR LF": "\r\n", "CR": "\r"} {
		for _, closed := range []string{"", `"`} {
			file := "date,medium,title,outlet,reach" + end + `2010-03-11,tv,"Razem,TV,100` + end + strings.Repeat("2010-03-12,tv,Drugi,TV,200"+end, 2000) + "2010-03-13,tv,Trzeci" + closed + ",TV,300" + end
			checked, _ := read(t, []byte(file))
			// Where the cell is not closed, the end of the last line is in it.
			want := map[string]int{"": 2003, `"`: 2002}[closed]
			if len(checked.Errors.List) != 1 || checked.Errors.List[0].Code != schema.Quote || checked.Errors.List[0].Count != want {
				t.Errorf("%s, closed %q: %d %v", name, closed, checked.Errors.List[0].Count, briefs(checked.Errors))
			}
		}
	}
}

func TestDelimiterInQuotesDoesNotCount(t *testing.T) {
	t.Parallel()
	checked, lines := read(t, []byte("\"date\";\"medium\";\"title\";\"outlet\";\"reach\";\"a,b,c,d,e,f,g,h\"\n2010-03-11;tv;x;TV;1;z\n"))
	wantErrors(t, checked, `1 a,b,c,d,e,f,g,h unknown_column "a,b,c,d,e,f,g,h"`)
	wantRows(t, checked, lines, "2 date=2010-03-11 medium=tv title=x outlet=TV reach=1")
}

func TestQuotationMarks(t *testing.T) {
	t.Parallel()
	const head = "date,medium,title,outlet,reach,note\n2010-03-11,tv,"
	const next = "\n2010-03-12,tv,next,TV,2,\n"
	for _, tt := range []struct{ name, cell, title string }{
		{"within a plain cell", `5" ekran`, `5" ekran`},
		{"at the end of a plain cell", `ekran 5"`, `ekran 5"`},
		{"doubled in a quoted cell", `"film ""Razem"""`, `film "Razem"`},
		{"not doubled in a quoted cell", `"film "Razem, łatwiej" w TV"`, `film "Razem, łatwiej" w TV`},
		{"around an inner cell", `""Razem" film"`, `"Razem" film`},
		{"spaces behind a quoted cell", `"Razem"  `, `Razem`},
		{"a mark behind spaces", `"Razem " łatwiej"`, `Razem " łatwiej`},
		{"two quoted words", `"a" "b"`, `a" "b`},
		{"no-break spaces around", "\u00a0Razem\u202f", "Razem"},
		{"a quoted line end", "\"a\nb\"", "a\nb"},
		{"after backslashes", `"Film \"Razem\" o nas"`, `Film "Razem" o nas`},
		{"after backslashes, before the delimiter", `"Film \"Razem\", część 2"`, `Film "Razem", część 2`},
		{"after backslashes, at both ends", `"\"Razem\""`, `"Razem"`},
		{"after backslashes, two pairs", `"\"a\", \"b\""`, `"a", "b"`},
		{"after a path", `"C:\filmy\"`, `C:\filmy\`},
		{"after two backslashes", `"a\\"`, `a\\`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checked, lines := read(t, []byte(head+tt.cell+",TV,1,"+next))
			wantErrors(t, checked)
			wantRows(t, checked, lines, "2 date=2010-03-11 medium=tv title="+tt.title+" outlet=TV reach=1", "3 date=2010-03-12 medium=tv title=next outlet=TV reach=2")
		})
	}
	for _, tt := range []struct{ name, file, want string }{
		{"a mark that is never closed", head + `x,TV,1,"note` + next, `2  quote ""`},
		{"a mark never closed in the last row", head + `x,TV,1,"note`, `2  unreadable "" quote`},
		{"a note that runs into the next row is not taken for one", head + `x,TV,1,"see "this` + "\n" + `2010-03-12,tv,next,TV,2,"note"` + "\n2010-03-13,tv,x,TV,1,\n", `2  quote ""`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checked, _ := read(t, []byte(tt.file))
			wantErrors(t, checked, tt.want)
		})
	}
}
