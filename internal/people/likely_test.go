package people_test

import (
	"fmt"
	"strings"
	"testing"

	"outreach/internal/people"
)

func somebody(id, first, last, email, phone string) people.Person {
	p := people.Person{ID: id, FirstName: first, LastName: last, Phone: phone}
	if email != "" {
		p.Emails = []string{email}
	}
	return p
}

func TestLikelyDuplicatesAndTheirReasons(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		a, b people.Person
		want string // the reasons; "" where the two are two
	}{
		{"the same name", somebody("1", "Łucja", "Żak", "a@example.org", ""), somebody("2", "lucja", "ZAK", "b@example.org", ""), "same_name"},
		{"the words in another order", somebody("1", "Anna Maria", "Nowak", "", ""), somebody("2", "Nowak", "Anna-Maria", "", ""), "similar_name"},
		{"a name spelt alike", somebody("1", "Zofia", "Kowalczyk", "", ""), somebody("2", "Zofja", "Kowalczik", "", ""), "similar_name"},
		{"a letter twice", somebody("1", "Anna", "Wiśniewska", "", ""), somebody("2", "Ana", "Wisnieska", "", ""), ""},
		{"a letter doubled", somebody("1", "Anna", "Wiśniewska", "", ""), somebody("2", "Ana", "Wisniewska", "", ""), "similar_name"},
		{"the same phone, written otherwise", somebody("1", "Jan", "Wzór", "", "+48 600 700 800"), somebody("2", "Ewa", "Test", "", "600-700-800"), "same_phone"},
		{"short numbers are no phones", somebody("1", "Jan", "Wzór", "", "997"), somebody("2", "Ewa", "Test", "", "997"), ""},
		{"dots in an address", somebody("1", "Jan", "Wzór", "jan.wzor@example.org", ""), somebody("2", "Ewa", "Test", "janwzor+x@example.org", ""), "similar_email"},
		{"one letter of an address left out", somebody("1", "Jan", "Wzór", "janwzor@example.org", ""), somebody("2", "Jan", "Nowy", "janwzr@example.org", ""), "similar_email"},
		{"one letter of an address exchanged", somebody("1", "Jan", "Wzór", "janwzor@example.org", ""), somebody("2", "", "", "jamwzor@example.org", ""), "similar_email"},
		{"nearly the same address, and another name", somebody("1", "Jan", "Wzór", "janwzor@example.org", ""), somebody("2", "Ewa", "Wzór", "jamwzor@example.org", ""), ""},
		{"addresses that are counted", somebody("1", "", "", "osoba01@example.org", ""), somebody("2", "", "", "osoba02@example.org", ""), ""},
		{"nearly the same address elsewhere", somebody("1", "", "", "janwzor@example.org", ""), somebody("2", "", "", "janwzr@example.com", ""), ""},
		{"nobody has a name", somebody("1", "", "", "a@example.org", ""), somebody("2", "", "", "b@example.org", ""), ""},
		{"several reasons, the strongest first", somebody("1", "Jan", "Wzór", "jan.wzor@example.org", "600700800"), somebody("2", "Jan", "Wzor", "janwzor@example.org", "600700800"), "same_name same_phone similar_email"},
	} {
		got := ""
		for _, pair := range people.LikelyDuplicates([]people.Person{c.a, somebody("3", "Kto", "Inny", "inny.zupelnie@example.org", "111222333"), c.b}, nobodyApart) {
			got += strings.Join(pair.Why, " ")
			if pair.A.ID != "1" || pair.B.ID != "2" {
				t.Errorf("%s: %s and %s", c.name, pair.A.ID, pair.B.ID)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Many who share a thing make as many pairs as there are, not every pair of them.
func TestLargeGroupMakesOnePairPerPerson(t *testing.T) {
	t.Parallel()
	var all []people.Person
	for i := range 5000 {
		email := ""
		if i < 26 { // so many addresses alike are a way of making them
			email = fmt.Sprintf("skrzynka%c@example.org", 'a'+i)
		}
		all = append(all, somebody(fmt.Sprint(i), "Jan", fmt.Sprint("Wzór", i), email, "600 700 800"))
	}
	if n := len(people.LikelyDuplicates(all, nobodyApart)); n != 4999 {
		t.Errorf("%d pairs", n)
	}
}

func nobodyApart(people.Person, people.Person) bool { return false }

// Of three alike the first two are two people: the third may be either of them, until that too is said.
func TestPairMarkedAsTwoPeopleIsLeftOut(t *testing.T) {
	t.Parallel()
	three := []people.Person{
		somebody("1", "Jan", "Wzór", "jan.wzorowy@example.org", "600700800"), somebody("2", "Jan", "Wzór", "janwzorowy@example.org", "600700800"),
		somebody("3", "Jan", "Wzór", "janwzorow@example.org", "600700800"),
	}
	told := ""
	for _, c := range []struct{ told, want string }{
		{"", "1-2 1-3 2-3"}, // an address nearly the same makes a pair of every two
		{"1-2", "1-3 2-3"}, {"1-2 1-3", "2-3"}, {"1-2 1-3 2-3", ""},
	} {
		told = c.told
		got := []string{}
		for _, pair := range people.LikelyDuplicates(three, func(a, b people.Person) bool { return strings.Contains(told, min(a.ID, b.ID)+"-"+max(a.ID, b.ID)) }) {
			got = append(got, pair.A.ID+"-"+pair.B.ID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("told apart %q: %v, want %s", c.told, got, c.want)
		}
	}
}

func TestCorrectionReplacesTheFirstKey(t *testing.T) {
	t.Parallel()
	before := people.Person{ID: "1", FirstName: "Jan", LastName: "Wzur", Emails: []string{"jna@example.org", "drugi@example.org"}, Pesels: []string{"44051401359"}}
	after, fields := before.Correct(people.Correction{FirstName: "Jan", LastName: "Wzór", Email: "jan@example.org", Phone: "1234567", Pesel: "44051401359"})
	if got := fmt.Sprintln(after.LastName, after.Emails, after.Pesels, after.Phone, fields); got != "Wzór [jan@example.org drugi@example.org] [44051401359] 1234567 [last_name phone email]\n" {
		t.Error(got)
	}
	if before.Emails[0] != "jna@example.org" {
		t.Error("the one before has changed")
	}
	after, fields = after.Correct(people.Correction{FirstName: "Jan", LastName: "Wzór", Email: "drugi@example.org", Phone: "1234567"})
	if got := fmt.Sprintln(after.Emails, after.Pesels, fields); got != "[drugi@example.org] [] [email pesel]\n" {
		t.Error(got)
	}
	if _, fields = after.Correct(people.Correction{FirstName: "Jan", LastName: "Wzór", Email: "drugi@example.org", Phone: "1234567"}); len(fields) != 0 {
		t.Errorf("nothing changes, and yet %v", fields)
	}
}
