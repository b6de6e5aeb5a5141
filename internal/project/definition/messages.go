package definition

import (
	"fmt"
	"strings"

	"outreach/internal/project"
	"outreach/internal/record"
)

var (
	notText           = project.Text{EN: "Here is something that is not UTF-8 text: save the file as UTF-8.", PL: "W tym miejscu nie ma tekstu w UTF-8: plik należy zapisać w kodowaniu UTF-8."}
	noTabs            = project.Text{EN: "A line is indented with a tab: use spaces.", PL: "Wiersz jest wcięty tabulatorem: należy użyć spacji."}
	oneDocument       = project.Text{EN: "A second document begins here: a definition is one document. Remove what begins here.", PL: "Tu zaczyna się drugi dokument, a definicja to jeden dokument. Należy usunąć to, co się tu zaczyna."}
	tooManyTokens     = project.Text{EN: "The definition has far too many parts: make it shorter.", PL: "Definicja ma o wiele za dużo elementów: należy ją skrócić."}
	tooManyKeys       = project.Text{EN: "Here are far more keys than there can be.", PL: "Jest tu o wiele więcej kluczy, niż może być."}
	tooManyBlanks     = project.Text{EN: "There are far too many empty lines here: remove them.", PL: "Jest tu o wiele za dużo pustych wierszy: należy je usunąć."}
	tooDeep           = project.Text{EN: "Lists within lists go too deep here: a definition has three levels.", PL: "Listy w listach sięgają tu zbyt głęboko: definicja ma trzy poziomy."}
	wantValue         = project.Text{EN: "Here belongs a single value, no list and no further keys.", PL: "Tu powinna być jedna wartość, nie lista ani dalsze klucze."}
	wantText          = project.Text{EN: "Here belongs a text: one for both languages, or {pl: …, en: …}.", PL: "Tu powinien być tekst: jeden dla obu języków albo {pl: …, en: …}."}
	wantQuotedRule    = project.Text{EN: "Here belongs a rule: put it in single quotes.", PL: "Tu powinna być reguła: należy ją ująć w pojedyncze cudzysłowy."}
	controlCharacters = project.Text{EN: "The text has control characters: type it anew.", PL: "Tekst zawiera znaki sterujące: należy go wpisać na nowo."}
	populationNeeded  = project.Text{EN: "An indicator counts media, so the region's population must be given: an audience cannot be larger. Add population to region.", PL: "Wskaźnik liczy media, więc trzeba podać liczbę mieszkańców regionu: zasięg nie może być większy. Należy dodać population w region."}
)

func textTooLarge(size int) project.Text {
	return project.Text{
		EN: fmt.Sprintf("The definition has %d bytes; at most %d are allowed.", size, mostBytes),
		PL: fmt.Sprintf("Definicja ma %d bajtów, a może mieć najwyżej %d.", size, mostBytes),
	}
}

// notYAML explains what the parser says, whose own words are English; where it says what nobody thought of, to readers of
// English alone.
func notYAML(detail string) project.Text {
	detail, _, _ = strings.Cut(detail, "\n")
	said := project.Text{EN: detail}
	for _, e := range parserSays {
		if strings.Contains(detail, e.says) {
			said = e.means
			break
		}
	}
	if said.EN != "" {
		said.EN = " (" + said.EN + ")"
	}
	if said.PL != "" {
		said.PL = " (" + said.PL + ")"
	}
	return project.Text{
		EN: "This is not YAML" + said.EN + ". Check colons, quotes, brackets and the indent around this place.",
		PL: "To nie jest poprawny YAML" + said.PL + ". Należy sprawdzić dwukropki, cudzysłowy, nawiasy i wcięcia w tym miejscu.",
	}
}

// parserSays are the mistakes that people make in YAML, by what of the parser's words tells them apart; the first that fits
// is taken.
var parserSays = []struct {
	says  string
	means project.Text
}{
	{"end character of single-quoted", project.Text{EN: "a single quote opens and is never closed", PL: "apostrof otwiera tekst i nigdzie go nie zamyka"}},
	{"end character of double-quoted", project.Text{EN: "a double quote opens and is never closed", PL: "cudzysłów otwiera tekst i nigdzie go nie zamyka"}},
	{"flow mapping end token '}'", project.Text{EN: "the brace { is never closed", PL: "klamra { nie jest zamknięta"}},
	{"',' or '}' must be specified", project.Text{EN: "a comma or the closing brace } is missing", PL: "brakuje przecinka albo zamykającej klamry }"}},
	{"sequence end token ']'", project.Text{EN: "the bracket [ is never closed", PL: "nawias [ nie jest zamknięty"}},
	{"',' or ']' must be specified", project.Text{EN: "a comma or the closing bracket ] is missing", PL: "brakuje przecinka albo zamykającego nawiasu ]"}},
	{"'[' character corresponding", project.Text{EN: "the bracket ] closes nothing", PL: "nawias ] niczego nie zamyka"}},
	{"'{' character corresponding", project.Text{EN: "the brace } closes nothing", PL: "klamra } niczego nie zamyka"}},
	{"but found ','", project.Text{EN: "a comma too many", PL: "o jeden przecinek za dużo"}},
	{"mapping value is not allowed", project.Text{EN: "a colon stands within a text: put the text in quotes", PL: "w tekście stoi dwukropek: tekst należy ująć w cudzysłów"}},
	{"map key-value is pre-defined", project.Text{EN: "a value of the key above stands here already: check the indent", PL: "powyższy klucz ma już wartość: należy sprawdzić wcięcie"}},
	{"key-value delimiter ':'", project.Text{EN: "a colon after a key is missing", PL: "brakuje dwukropka po kluczu"}},
	{"could not find value for mapping key", project.Text{EN: "a key has no value", PL: "klucz nie ma wartości"}},
	{"could not find map value", project.Text{EN: "a key has no value", PL: "klucz nie ma wartości"}},
	{"non-map value is specified", project.Text{EN: "a line without a key among lines with keys", PL: "wiersz bez klucza między wierszami z kluczami"}},
	{"block sequence entries are not allowed", project.Text{EN: "a list begins on the line of its key: begin it on the next", PL: "lista zaczyna się w wierszu klucza: ma się zacząć w następnym"}},
	{"value is not allowed in this context", project.Text{EN: "a value stands where none can be: check the indent", PL: "wartość stoi tam, gdzie jej być nie może: należy sprawdzić wcięcie"}},
	{"unexpected map key", project.Text{EN: "a key stands where none can be: check the indent", PL: "klucz stoi tam, gdzie go być nie może: należy sprawdzić wcięcie"}},
	{"unexpected key name", project.Text{EN: "a line has no key, or its colon is missing", PL: "w wierszu nie ma klucza albo brakuje dwukropka"}},
	{"implicit line break", project.Text{EN: "a key goes on over the end of its line", PL: "klucz ciągnie się do następnego wiersza"}},
	{"invalid key for this map", project.Text{EN: "this cannot be a key", PL: "to nie może być kluczem"}},
	{"undefined map key", project.Text{EN: "a colon without a key before it", PL: "dwukropek bez klucza przed nim"}},
	{"unexpected scalar value", project.Text{EN: "here is no value, but something else: a sign too many", PL: "nie ma tu wartości, tylko coś innego: o jeden znak za dużo"}},
	{"unknown escape character", project.Text{EN: "after a backslash in double quotes stands a sign that means nothing: use single quotes", PL: "po ukośniku w cudzysłowie stoi znak bez znaczenia: należy użyć apostrofów"}},
	{"is a reserved character", project.Text{EN: "a text cannot begin with this sign: put it in quotes", PL: "tekst nie może się zaczynać od tego znaku: należy go ująć w cudzysłów"}},
	{"cannot start any token", project.Text{EN: "a tab stands here: use spaces", PL: "stoi tu tabulator: należy użyć spacji"}},
	{"tab character", project.Text{EN: "a tab stands here: use spaces", PL: "stoi tu tabulator: należy użyć spacji"}},
}

func plainOnly(mark string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s has a special meaning in YAML that definitions do without: write the value out, or put it in quotes.", mark),
		PL: fmt.Sprintf("%s ma w YAML szczególne znaczenie, którego w definicjach się nie używa: wartość należy wypisać w całości albo ująć w cudzysłów.", mark),
	}
}

func wantMapping(keys []string) project.Text {
	list := strings.Join(keys, ", ")
	return project.Text{EN: "Here belong keys with values: " + list + ".", PL: "Tu powinny być klucze z wartościami: " + list + "."}
}

func wantList(key string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s is a list: begin each item with a hyphen, or put them in [ ].", key),
		PL: fmt.Sprintf("%s to lista: każdą pozycję zaczyna myślnik albo wszystkie stoją w [ ].", key),
	}
}

func noSuchKey(key string, keys []string) project.Text {
	list := strings.Join(keys, ", ")
	return project.Text{
		EN: fmt.Sprintf("There is no key %s here: correct or remove it. There are: %s.", short(key), list),
		PL: fmt.Sprintf("Nie ma tu klucza %s: należy go poprawić lub usunąć. Są: %s.", short(key), list),
	}
}

func keyTwice(key string, line int) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s stands in line %d already: remove one of the two.", key, line),
		PL: fmt.Sprintf("%s występuje już w wierszu %d: należy usunąć jedno z nich.", key, line),
	}
}

func valueTwice(key, value string, line int) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s %s is taken in line %d already: give this one another.", key, short(value), line),
		PL: fmt.Sprintf("%s %s jest już użyte w wierszu %d: tu należy podać inne.", key, short(value), line),
	}
}

func mustBeGiven(key string) project.Text {
	return project.Text{EN: key + " is missing: add it.", PL: "Brakuje " + key + ": należy dodać."}
}

func tooManyItems(key string, count, most int) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s has %d items; at most %d are allowed.", key, count, most),
		PL: fmt.Sprintf("%s ma %d pozycji, a może mieć najwyżej %d.", key, count, most),
	}
}

func textTooLong(length, longest int) project.Text {
	return project.Text{
		EN: fmt.Sprintf("The text has %d characters; at most %d are allowed.", length, longest),
		PL: fmt.Sprintf("Tekst ma %d znaków, a może mieć najwyżej %d.", length, longest),
	}
}

func wantID(id string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s cannot be an id: use 1 to 64 lower-case letters a–z, digits and hyphens, a letter or digit first.", short(id)),
		PL: fmt.Sprintf("%s nie może być identyfikatorem: dozwolone jest od 1 do 64 małych liter a–z, cyfr i łączników, a pierwsza ma być litera lub cyfra.", short(id)),
	}
}

func otherProject(id, want string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("This definition is of the project %s, not %s. Correct the id.", id, want),
		PL: fmt.Sprintf("Ta definicja należy do projektu %s, a nie %s. Należy poprawić id.", id, want),
	}
}

func idReserved(id string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s has another meaning in the tracker: choose another id.", id),
		PL: fmt.Sprintf("%s ma w systemie inne znaczenie: należy wybrać inny identyfikator.", id),
	}
}

func wantEmail(text string) project.Text {
	return project.Text{
		EN: short(text) + " is not an e-mail address: write it like office@example.org.",
		PL: short(text) + " to nie adres e-mail: należy go zapisać jak biuro@example.org.",
	}
}

func wantCode(code string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s cannot be a code: use 1 to 40 letters, digits, full stops, hyphens and underscores, a letter or digit first.", short(code)),
		PL: fmt.Sprintf("%s nie może być kodem: dozwolone jest od 1 do 40 liter, cyfr, kropek, łączników i podkreśleń, a pierwsza ma być litera lub cyfra.", short(code)),
	}
}

func wantOneOf(value string, values []string) project.Text {
	list := strings.Join(values, ", ")
	return project.Text{
		EN: fmt.Sprintf("%s is not among the values there may be here: %s.", short(value), list),
		PL: fmt.Sprintf("%s nie jest jedną z wartości, które mogą tu być: %s.", short(value), list),
	}
}

func wantWhole(text string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s is not a whole number: write it in digits alone, such as 2070000.", short(text)),
		PL: fmt.Sprintf("%s nie jest liczbą całkowitą: należy ją zapisać samymi cyframi, na przykład 2070000.", short(text)),
	}
}

func wantNumber(text string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s is not a number: write it in digits, with a full stop before decimals, such as 538974.02.", short(text)),
		PL: fmt.Sprintf("%s nie jest liczbą: należy ją zapisać cyframi, z kropką przed ułamkiem, na przykład 538974.02.", short(text)),
	}
}

func wantBetween(text string, least, most float64) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s is out of range: give a number from %s to %s.", text, record.Number(least), record.Number(most)),
		PL: fmt.Sprintf("%s jest poza zakresem: należy podać liczbę od %s do %s.", text, record.Number(least), record.Number(most)),
	}
}

func wantTwoDecimals(text string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s has more than two decimals: round it.", short(text)),
		PL: fmt.Sprintf("%s ma więcej niż dwa miejsca po przecinku: należy zaokrąglić.", short(text)),
	}
}

func wantAmount(text string, zero bool, most float64) project.Text {
	en, pl := "above 0", "większą od 0"
	if zero {
		en, pl = "from 0 on", "od 0 wzwyż"
	}
	return project.Text{
		EN: fmt.Sprintf("%s is out of range: give a number %s, at most %s.", short(text), en, record.Number(most)),
		PL: fmt.Sprintf("%s jest poza zakresem: należy podać liczbę %s, najwyżej %s.", short(text), pl, record.Number(most)),
	}
}

func wantDay(text string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s is not a date: write it as year, month and day, such as 2010-07-21.", short(text)),
		PL: fmt.Sprintf("%s nie jest datą: należy ją zapisać jako rok, miesiąc i dzień, na przykład 2010-07-21.", short(text)),
	}
}

func wantMoment(text string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s is neither a date nor a time: write 2026-12-01, 2026-12-01 17:00 or 2026-12-01T17:00:00+01:00.", short(text)),
		PL: fmt.Sprintf("%s nie jest datą ani godziną: należy zapisać 2026-12-01, 2026-12-01 17:00 albo 2026-12-01T17:00:00+01:00.", short(text)),
	}
}

func wrongOrder(later, last, earlier, first string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s (%s) is before %s (%s): correct one of them.", later, last, earlier, first),
		PL: fmt.Sprintf("%s (%s) wypada przed %s (%s): należy poprawić jedno z nich.", later, last, earlier, first),
	}
}

func wantCurrency(code string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s is not a currency: write its three capital letters, such as PLN or EUR.", short(code)),
		PL: fmt.Sprintf("%s nie jest walutą: należy podać jej trzy wielkie litery, na przykład PLN lub EUR.", short(code)),
	}
}

func wantTimeZone(name string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("There is no time zone %s: write one such as Europe/Warsaw.", short(name)),
		PL: fmt.Sprintf("Nie ma strefy czasowej %s: należy podać na przykład Europe/Warsaw.", short(name)),
	}
}

func wantAgeBand(band string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("%s is not an age band: write \"25-54\", or \"55+\" for the last.", short(band)),
		PL: fmt.Sprintf("%s nie jest przedziałem wieku: należy zapisać \"25-54\", a ostatni \"55+\".", short(band)),
	}
}

func ageBandBackwards(band string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("The age band %s ends before it begins: exchange the two.", band),
		PL: fmt.Sprintf("Przedział wieku %s kończy się przed początkiem: należy zamienić liczby.", band),
	}
}

func ageBandOverlaps(band string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("The age band %s overlaps with one before it: put bands in ascending order, each from the year after the last.", band),
		PL: fmt.Sprintf("Przedział wieku %s zachodzi na wcześniejszy: przedziały mają rosnąć, każdy od kolejnego roku życia.", band),
	}
}

func notAboutPeople(of string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("Records of %s are not about persons, so people cannot be counted of them: count records or a sum, or choose another kind.", of),
		PL: fmt.Sprintf("Zapisy %s nie dotyczą osób, więc nie można z nich liczyć osób: należy liczyć zapisy lub sumę albo wybrać inny rodzaj.", of),
	}
}

func noFieldHere(count string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("count: %s needs no field: remove it, or count sum or distinct.", count),
		PL: fmt.Sprintf("count: %s nie używa pola: należy usunąć field albo liczyć sum lub distinct.", count),
	}
}

func fieldNeeded(count string) project.Text {
	return project.Text{
		EN: fmt.Sprintf("count: %s needs to know of which field: add field.", count),
		PL: fmt.Sprintf("count: %s wymaga pola: należy dodać field.", count),
	}
}

func noSuchField(in project.Indicator, names []string) project.Text {
	list := strings.Join(names, ", ")
	if list == "" {
		list = "–"
	}
	return project.Text{
		EN: fmt.Sprintf("count: %s of %s cannot take the field %s. There are: %s.", in.Count, in.Of, short(in.Field), list),
		PL: fmt.Sprintf("count: %s dla %s nie może użyć pola %s. Są: %s.", in.Count, in.Of, short(in.Field), list),
	}
}

func noSuchValue(variable, value string, values []string) project.Text {
	if len(values) == 0 {
		return project.Text{
			EN: fmt.Sprintf("%s is never %q, for the definition lists no such values: add them.", variable, short(value)),
			PL: fmt.Sprintf("%s nigdy nie jest równe %q, bo definicja nie wymienia takich wartości: należy je dodać.", variable, short(value)),
		}
	}
	if len(values) > 30 {
		values = append(values[:30:30], "…")
	}
	list := strings.Join(values, ", ")
	return project.Text{
		EN: fmt.Sprintf("%s is never %q: correct the value. There are: %s.", variable, short(value), list),
		PL: fmt.Sprintf("%s nigdy nie jest równe %q: należy poprawić wartość. Są: %s.", variable, short(value), list),
	}
}

// short keeps a message readable whatever was typed.
func short(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return text
}
