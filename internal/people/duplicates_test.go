package people_test

import (
	"fmt"
	"strings"
	"testing"

	"outreach/internal/people"
)

func person(id, first, last, email, phone string) people.Person {
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
		{"the same name", person("1", "Łucja", "Żak", "a@example.org", ""), person("2", "lucja", "ZAK", "b@example.org", ""), "same_name"},
		{"the words in another order", person("1", "Anna Maria", "Nowak", "", ""), person("2", "Nowak", "Anna-Maria", "", ""), "similar_name"},
		{"a name spelt alike", person("1", "Zofia", "Kowalczyk", "", ""), person("2", "Zofja", "Kowalczik", "", ""), "similar_name"},
		{"a letter twice", person("1", "Anna", "Wiśniewska", "", ""), person("2", "Ana", "Wisnieska", "", ""), ""},
		{"a letter doubled", person("1", "Anna", "Wiśniewska", "", ""), person("2", "Ana", "Wisniewska", "", ""), "similar_name"},
		{"the same phone in another format", person("1", "Jan", "Wzór", "", "+48 600 700 800"), person("2", "Ewa", "Test", "", "600-700-800"), "same_phone"},
		{"numbers too short for phones", person("1", "Jan", "Wzór", "", "997"), person("2", "Ewa", "Test", "", "997"), ""},
		{"dots in an address", person("1", "Jan", "Wzór", "jan.wzor@example.org", ""), person("2", "Ewa", "Test", "janwzor+x@example.org", ""), "similar_email"},
		{"one letter of an address left out", person("1", "Jan", "Wzór", "janwzor@example.org", ""), person("2", "Jan", "Nowy", "janwzr@example.org", ""), "similar_email"},
		{"one letter of an address exchanged", person("1", "Jan", "Wzór", "janwzor@example.org", ""), person("2", "", "", "jamwzor@example.org", ""), "similar_email"},
		{"nearly the same address, and another name", person("1", "Jan", "Wzór", "janwzor@example.org", ""), person("2", "Ewa", "Wzór", "jamwzor@example.org", ""), ""},
		{"numbered addresses", person("1", "", "", "osoba01@example.org", ""), person("2", "", "", "osoba02@example.org", ""), ""},
		{"nearly the same address elsewhere", person("1", "", "", "janwzor@example.org", ""), person("2", "", "", "janwzr@example.com", ""), ""},
		{"no names", person("1", "", "", "a@example.org", ""), person("2", "", "", "b@example.org", ""), ""},
		{"several reasons, the strongest first", person("1", "Jan", "Wzór", "jan.wzor@example.org", "600700800"), person("2", "Jan", "Wzor", "janwzor@example.org", "600700800"), "same_name same_phone similar_email"},
	} {
		got := ""
		for _, pair := range people.LikelyDuplicates([]people.Person{c.a, person("3", "Kto", "Inny", "inny.zupelnie@example.org", "111222333"), c.b}, noneApart) {
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

// A group of n people who share a phone makes n-1 pairs, not every pair.
func TestLargeGroupMakesOnePairPerPerson(t *testing.T) {
	t.Parallel()
	var all []people.Person
	for i := range 5000 {
		email := ""
		if i < 26 { // a group of addresses too large to be misspelt
			email = fmt.Sprintf("skrzynka%c@example.org", 'a'+i)
		}
		all = append(all, person(fmt.Sprint(i), "Jan", fmt.Sprint("Wzór", i), email, "600 700 800"))
	}
	if n := len(people.LikelyDuplicates(all, noneApart)); n != 4999 {
		t.Errorf("%d pairs", n)
	}
}

func noneApart(people.Person, people.Person) bool { return false }

// Of three likely duplicates two are marked distinct: the third may still be either of them.
func TestPairMarkedAsTwoPeopleIsLeftOut(t *testing.T) {
	t.Parallel()
	three := []people.Person{
		person("1", "Jan", "Wzór", "jan.wzorowy@example.org", "600700800"), person("2", "Jan", "Wzór", "janwzorowy@example.org", "600700800"),
		person("3", "Jan", "Wzór", "janwzorow@example.org", "600700800"),
	}
	distinct := ""
	for _, c := range []struct{ distinct, want string }{
		{"", "1-2 1-3 2-3"}, // an address nearly the same makes a pair of every two
		{"1-2", "1-3 2-3"}, {"1-2 1-3", "2-3"}, {"1-2 1-3 2-3", ""},
	} {
		distinct = c.distinct
		got := []string{}
		for _, pair := range people.LikelyDuplicates(three, func(a, b people.Person) bool { return strings.Contains(distinct, min(a.ID, b.ID)+"-"+max(a.ID, b.ID)) }) {
			got = append(got, pair.A.ID+"-"+pair.B.ID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("with the pairs %q marked distinct: %v, want %s", c.distinct, got, c.want)
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
		t.Error("the person before the correction has changed")
	}
	after, fields = after.Correct(people.Correction{FirstName: "Jan", LastName: "Wzór", Email: "drugi@example.org", Phone: "1234567"})
	if got := fmt.Sprintln(after.Emails, after.Pesels, fields); got != "[drugi@example.org] [] [email pesel]\n" {
		t.Error(got)
	}
	if _, fields = after.Correct(people.Correction{FirstName: "Jan", LastName: "Wzór", Email: "drugi@example.org", Phone: "1234567"}); len(fields) != 0 {
		t.Errorf("a correction that changes nothing has the fields %v", fields)
	}
}
