package people

import (
	"cmp"
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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
	seed := maphash.MakeSeed()
	shared := map[string][]share{} // by reason
	has := func(i int, reason string, what ...string) {
		var h maphash.Hash
		h.SetSeed(seed)
		for _, part := range what {
			h.WriteString(part)
		}
		shared[reason] = append(shared[reason], share{h.Sum64(), i})
	}
	const near = "near"
	names := make([]string, len(people))
	for i, p := range people {
		if names[i] = p.SortName(); names[i] != "" {
			has(i, SameName, names[i])
			has(i, SimilarName, spelling(p))
		}
		if phone := digits(p.Phone); len(phone) >= 7 {
			has(i, SamePhone, phone[max(0, len(phone)-9):])
		}
		for _, e := range p.Emails {
			local, domain := mailbox(e)
			has(i, SimilarEmail, local, "@", domain)
			withoutOne(local, func(before, after string) { has(i, near, before, after, "@", domain) })
		}
	}
	for _, reason := range reasons {
		for group := range together(shared[reason]) {
			for n, other := range group {
				first := slices.IndexFunc(group[:n], func(one share) bool { return !apart(people[one.who], people[other.who]) })
				if first >= 0 && (reason != SimilarName || names[group[first].who] != names[other.who]) {
					meet(group[first].who, other.who, reason)
				}
			}
		}
	}
	for group := range together(shared[near]) {
		if len(group) > mostNear {
			continue
		}
		for n, a := range group {
			for _, b := range group[n+1:] {
				if alike(people[a.who], people[b.who]) && !apart(people[a.who], people[b.who]) {
					meet(a.who, b.who, SimilarEmail)
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

// share is a thing that one of the people has, by its hash: of many people there are millions, and no two are as good as ever
// the same.
type share struct {
	what uint64
	who  int
}

// together puts next to each other who shares a thing, each once and in order.
func together(shares []share) iter.Seq[[]share] {
	slices.SortFunc(shares, func(a, b share) int { return cmp.Or(cmp.Compare(a.what, b.what), a.who-b.who) })
	shares = slices.Compact(shares)
	return func(yield func([]share) bool) {
		for from, to := 0, 0; from < len(shares); from = to {
			for to = from + 1; to < len(shares) && shares[to].what == shares[from].what; {
				to++
			}
			if !yield(shares[from:to]) {
				return
			}
		}
	}
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

// withoutOne gives a text without any one of its letters, and as it is, in two parts: two that differ in one letter meet in one
// of them. Short ones differ too little to say anything, and numbers are often counted on.
func withoutOne(text string, each func(before, after string)) {
	if utf8.RuneCountInString(text) < 5 {
		return
	}
	each(text, "")
	for i, r := range text {
		if _, size := utf8.DecodeRuneInString(text[i:]); !unicode.IsDigit(r) {
			each(text[:i], text[i+size:])
		}
	}
}
