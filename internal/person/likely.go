package person

import (
	"slices"
	"strings"
	"unicode"
)

// Pair is two people who may be one, and why: the codes of this file, the strongest first.
type Pair struct {
	A, B Person
	Why  []string
}

// Why two people may be one.
const (
	SameName     = "same_name"
	SimilarName  = "similar_name" // the words in another order, or spelt alike
	SamePhone    = "same_phone"
	SimilarEmail = "similar_email" // but for dots and what follows a plus, or for one letter
)

// reasons are in order of their strength.
var reasons = []string{SameName, SamePhone, SimilarEmail, SimilarName}

// Where more people than this share an address but for one letter, it is a way of making addresses, and says nothing.
const mostNear = 12

// Likely finds the pairs among people that may be one person, but for those of which apart says that they are two. People are
// put together by what they share, so that it does not take every pair of them. Of many who share a thing each is a pair with
// the first who may be the same.
func Likely(people []Person, apart func(a, b Person) bool) []Pair {
	type meeting struct{ a, b int }
	why := map[meeting][]string{}
	var order []meeting
	meet := func(a, b int, reason string) {
		m := meeting{min(a, b), max(a, b)}
		if why[m] == nil {
			order = append(order, m)
		}
		if !slices.Contains(why[m], reason) {
			why[m] = append(why[m], reason)
		}
	}
	groups := map[string]map[string][]int{} // by reason, then by what is shared
	share := func(i int, reason, what string) {
		if groups[reason] == nil {
			groups[reason] = map[string][]int{}
		}
		if g := groups[reason][what]; len(g) == 0 || g[len(g)-1] != i {
			groups[reason][what] = append(g, i)
		}
	}
	const near = "near"
	for i, p := range people {
		if name := p.SortName(); name != "" {
			share(i, SameName, name)
			share(i, SimilarName, spelling(p))
		}
		if phone := digits(p.Phone); len(phone) >= 7 {
			share(i, SamePhone, phone[max(0, len(phone)-9):])
		}
		for _, e := range p.Emails {
			local, domain := mailbox(e)
			share(i, SimilarEmail, local+"@"+domain)
			for _, one := range withoutOne(local) {
				share(i, near, one+"@"+domain)
			}
		}
	}
	for _, reason := range reasons {
		for _, group := range groups[reason] {
			for n, other := range group {
				first := slices.IndexFunc(group[:n], func(one int) bool { return !apart(people[one], people[other]) })
				if first >= 0 && (reason != SimilarName || people[group[first]].SortName() != people[other].SortName()) {
					meet(group[first], other, reason)
				}
			}
		}
	}
	for _, group := range groups[near] {
		if len(group) > mostNear {
			continue
		}
		for n, a := range group {
			for _, b := range group[n+1:] {
				if alike(people[a], people[b]) && !apart(people[a], people[b]) {
					meet(a, b, SimilarEmail)
				}
			}
		}
	}
	slices.SortFunc(order, func(x, y meeting) int {
		if x.a != y.a {
			return x.a - y.a
		}
		return x.b - y.b
	})
	pairs := make([]Pair, len(order))
	for i, m := range order {
		slices.SortFunc(why[m], func(x, y string) int { return slices.Index(reasons, x) - slices.Index(reasons, y) })
		pairs[i] = Pair{A: people[m.a], B: people[m.b], Why: why[m]}
	}
	return pairs
}

// alike tells that two names do not speak against one person: one has none, or they share a first name.
func alike(a, b Person) bool {
	if a.SortName() == "" || b.SortName() == "" {
		return true
	}
	return slices.ContainsFunc(Words(a.FirstName), func(word string) bool { return slices.Contains(Words(b.FirstName), word) })
}

// sounds are spellings that are mistaken for each other.
var sounds = strings.NewReplacer("sz", "s", "cz", "c", "rz", "z", "ch", "h", "ck", "k", "ph", "f", "th", "t", "x", "ks", "w", "v", "y", "i", "j", "i")

// spelling is a name as it may be misspelt: words in any order, sounds alike the same, no letter twice in a row.
func spelling(p Person) string {
	words := p.Words()
	for i, word := range words {
		words[i] = string(slices.CompactFunc([]rune(sounds.Replace(word)), func(a, b rune) bool { return a == b && unicode.IsLetter(a) }))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}

// mailbox is an address without what many providers do not tell apart.
func mailbox(email string) (local, domain string) {
	local, domain, _ = strings.Cut(Fold(email), "@")
	local, _, _ = strings.Cut(local, "+")
	return strings.ReplaceAll(local, ".", ""), domain
}

// withoutOne gives a text without any one of its letters, and as it is: two that differ in one letter meet in one of them.
// Short ones differ too little to say anything, and numbers are often counted on.
func withoutOne(text string) []string {
	runes := []rune(text)
	if len(runes) < 5 {
		return nil
	}
	out := []string{text}
	for i, r := range runes {
		if !unicode.IsDigit(r) {
			out = append(out, string(runes[:i])+string(runes[i+1:]))
		}
	}
	return out
}
