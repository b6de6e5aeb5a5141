package importer

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"outreach/internal/schema"
)

// texts are made-up texts and names in the languages of the encodings.
var texts = map[string][]string{
	"Polish": {
		"Spółdzielnia rusza; Łąka kwitnie; Gęsi i żurawie; Święto śliwki; Źródło; Ćma; Pięć lat później; Ożywić dzielnicę",
		"Kamil Wójcik; Beata Zielińska; Józef Dąbrowa", "Łucja Kamińska; Święcicki Paweł; Michał Żak", "Bożena Głąb; Grażyna Śliwa; Rafał Woźniak",
		"SPÓŁDZIELNIA RUSZA; ŁĄKA; GĘSI; ŚWIĘTO; ŹRÓDŁO; ŻÓŁW", "Zieliński Jan; Kamiński Adam; Wiśniewska Ewa",
	},
	"English":   {"The naïve café owner's résumé – “a fiancé’s façade”; Zoë’s cliché", "André Smith; Chloë Jones; René Brown"},
	"German":    {"Die Bürger hören über größere Gärten; Straße; Öffentlichkeit; Übung; Ärger; müde Füße", "Jörg Müller; Käthe Schröder; Jürgen Groß", "Köln; Lübeck; Nürnberg"},
	"French":    {"Le château où l'élève français reçoit un diplôme; Noël; Hélène Lefèvre; là-bas", "François Lefèvre; Hélène Dupré; Gaël Côté"},
	"Catalan":   {"Òscar Puig; Núria Martí; Àlex Solà; Col·legi; El veïnatge és nostre; això", "Mercè Güell; Lluïsa Bonaçòlta; Adrià Solà"},
	"Czech":     {"Dvořák Jiří; Němcová Božena; Šťastný Řehoř; Kůň", "Růžička Tomáš; Žižková Květa; Hájek Jan"},
	"Hungarian": {"Kőszegi Béla; Szűcs Ödön; Győri Gábor; Fehér Erzsébet", "Nagy Béla; Tóth Győző; Horváth Júlia"},
	"Russian":   {"Анна Иванова; Пётр Смирнов; Юрий Козлов", "Мария Щукина; Сергей Чехов; Эльвира Жукова"},
	"Spanish":   {"¿Qué pasó en España? La señora María comió piñones; mañana; niño; acción; corazón; último; así", "Íñigo Muñoz; José Núñez; Begoña Peña", "Año; señal; niñez"},
	"Ukrainian": {
		"Кооператив розпочинає роботу; щоденник; їжа; ґанок; Європа; м’ята; зустріч громади", "Оксана Шевченко; Тарас Ковальчук; Ірина Мельник", "Рівне; Львів; Київ",
	},
}

// languagesOf says which languages have all their letters in an encoding.
var languagesOf = map[string][]string{
	"Windows-1250":         {"Polish", "German", "Czech", "Hungarian"},
	"ISO-8859-2":           {"Polish", "German", "Czech", "Hungarian"},
	"Windows-1252":         {"English", "German", "Spanish", "French", "Catalan"},
	"Windows-1251":         {"Ukrainian", "Russian"},
	"CP852":                {"Polish", "German"},
	"Mac Central European": {"Polish", "German"},
}

// encodeAs returns a text in an encoding, and false if that lacks a letter.
func encodeAs(name, text string) (string, bool) {
	for _, e := range oneByte {
		if e.name != name {
			continue
		}
		letters := map[rune]byte{}
		for b := 0x80; b < 0x100; b++ {
			if decoded, err := e.made().NewDecoder().String(string([]byte{byte(b)})); err == nil {
				letters[[]rune(decoded)[0]] = byte(b)
			}
		}
		var out []byte
		for _, r := range text {
			b, found := letters[r]
			switch {
			case r < 0x80:
				out = append(out, byte(r))
			case found:
				out = append(out, b)
			default:
				return "", false
			}
		}
		return string(out), true
	}
	return "", false
}

func TestEncodingsAreRecognisedByTheirLetters(t *testing.T) {
	t.Parallel()
	for name, languages := range languagesOf {
		for _, language := range languages {
			tried := 0
			for _, text := range texts[language] {
				var want []string
				file := airings
				for title := range strings.SplitSeq(text, "; ") {
					want = append(want, title)
					file += "2010-03-11,,tv,,\"" + title + "\",TV,1\n"
				}
				encoded, ok := encodeAs(name, file)
				if !ok {
					continue
				}
				tried++
				checked, lines := read(t, []byte(encoded))
				if len(checked.Errors.List) > 0 {
					t.Errorf("%s in %s: %v", language, name, briefs(checked.Errors))
					continue
				}
				for i, l := range lines {
					if got := l.Entry.Row[4]; got != want[i] {
						t.Errorf("%s in %s: %q is read as %q, %v", language, name, want[i], got, checked.Warnings.List)
						break
					}
				}
				same := name == "Windows-1250" || name == "ISO-8859-2"
				told := slices.ContainsFunc(checked.Warnings.List, func(w CellError) bool { return w.Code == schema.Guessed && w.Args["encoding"] == name })
				if !same && !told {
					t.Errorf("%s in %s: %v", language, name, checked.Warnings.List)
				}
				if language == "Polish" && same && slices.ContainsFunc(checked.Warnings.List, func(w CellError) bool { return w.Code == schema.Guessed }) {
					t.Errorf("%s in %s is no guess: %v", language, name, checked.Warnings.List)
				}
			}
			if tried < 2 {
				t.Errorf("%s has the letters of %d texts in %s", name, tried, language)
			}
		}
	}
}

func TestUTF8IsNeverAGuess(t *testing.T) {
	t.Parallel()
	for language, all := range texts {
		for _, text := range all {
			checked, lines := read(t, []byte(airings+"2010-03-11,,tv,,\""+text+"\",TV,1\n"))
			if checked.Errors.Total+checked.Warnings.Total > 0 || lines[0].Entry.Row[4] != text {
				t.Errorf("%s: %v %v", language, briefs(checked.Errors), briefs(checked.Warnings))
			}
		}
	}
}

func TestLettersConvertedTwiceAreRefused(t *testing.T) {
	t.Parallel()
	for language, all := range texts {
		for _, text := range all {
			for _, e := range []*charmap.Charmap{charmap.Windows1250, charmap.Windows1252, charmap.ISO8859_1, charmap.Windows1251, charmap.CodePage852} {
				garbled, err := e.NewDecoder().String(text)
				if err != nil || strings.ContainsRune(garbled, '\ufffd') {
					continue
				}
				checked, _ := read(t, []byte(airings+"2010-03-11,,tv,,\""+garbled+"\",TV,1\n"))
				if len(checked.Errors.List) == 0 || checked.Errors.List[0].Code != schema.Encoding {
					t.Errorf("%s by %v: %q is no error: %v", language, e, garbled, briefs(checked.Errors))
				}
			}
		}
	}
}

func TestLettersConvertedTwiceAreRefusedInAWorkbook(t *testing.T) {
	t.Parallel()
	for language, all := range texts {
		for _, text := range all {
			checked, lines := read(t, workbookOf(t, nil, [][]any{mediaHead, airingOf(text)}))
			if checked.Errors.Total+checked.Warnings.Total > 0 || lines[0].Entry.Row[4] != text {
				t.Errorf("%s: %q %v %v", language, text, briefs(checked.Errors), briefs(checked.Warnings))
			}
			for n, letters := range mistaken() {
				byByte := map[byte]rune{}
				for r, b := range letters {
					byByte[b] = r
				}
				var converted strings.Builder
				for _, b := range []byte(text) {
					if r, high := byByte[b]; high {
						converted.WriteRune(r)
					} else {
						converted.WriteByte(b)
					}
				}
				checked, _ := read(t, workbookOf(t, nil, [][]any{mediaHead, airingOf(converted.String())}))
				if len(checked.Errors.List) == 0 || checked.Errors.List[0].Code != schema.Encoding {
					t.Errorf("%s by encoding %d: %q is no error: %v", language, n, converted.String(), briefs(checked.Errors))
				}
			}
		}
	}
}

func TestTwoEncodingsInOneFileAreRefused(t *testing.T) {
	t.Parallel()
	for _, e := range []*charmap.Charmap{charmap.Windows1250, charmap.ISO8859_2, charmap.CodePage852} {
		rows := ""
		for title := range strings.SplitSeq("Łąka; Gęś; Święto; Źródło; Ćma; Pięć; Żuraw; Ożywić; Dzień; Spółka; Jaźń; Wójt", "; ") {
			rows += "2010-03-11,,tv,,\"" + title + "\",TV,1\n"
		}
		encoded, err := e.NewEncoder().String(rows)
		if err != nil {
			t.Fatal(err)
		}
		checked, _ := read(t, []byte(airings+encoded+"2010-03-12,,tv,,Małgorzata,TV,1\n"))
		if len(checked.Errors.List) != 1 || checked.Errors.List[0].Code != schema.Encoding {
			t.Errorf("%v and UTF-8: %v %v", e, briefs(checked.Errors), briefs(checked.Warnings))
		}
	}
}

// A reading that no other one contradicts is named all the same where its letters make little sense.
func TestAReadingWithoutSenseIsNeverCertain(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]*charmap.Charmap{"CP866": charmap.CodePage866, "KOI8-U": charmap.KOI8U, "ISO-8859-5": charmap.ISO8859_5} {
		for _, names := range []string{"Ян Кос; Ева Кот; Оля Лис", "Ганна Лисенко; Тарас Бондар", "АННА КОВАЛЬ"} {
			encoded, err := e.NewEncoder().String(names)
			if err != nil {
				t.Fatal(err)
			}
			checked, _ := read(t, []byte(airings+"2010-03-11,,tv,,\""+encoded+"\",TV,1\n"))
			if checked.Errors.Total == 0 && !slices.ContainsFunc(checked.Warnings.List, func(w CellError) bool { return w.Code == schema.Guessed }) {
				t.Errorf("%s in %s is read without a word", names, name)
			}
		}
	}
	checked, lines := read(t, []byte(airings+"2010-03-11,,tv,,5 \xb1 2,TV,1\n"))
	if len(lines) != 1 || lines[0].Entry.Row[4] != "5 ± 2" {
		t.Errorf("a sign by itself: %v %v", lines, briefs(checked.Errors))
	}
}

func TestLettersThatNoEncodingExplainsAreRefused(t *testing.T) {
	t.Parallel()
	checked, _ := read(t, []byte(airings+"2010-03-11,,tv,,Sp\x81\x83\x90dzi\x98\x83\x90lnia \x83r\x83\x98\x90za,TV,1\n"))
	if len(checked.Errors.List) != 1 || checked.Errors.List[0].Code != schema.Encoding {
		t.Errorf("%v", briefs(checked.Errors))
	}
}
