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

// Pair is two probable duplicates. Why has the reasons, the strongest first.
type Pair struct {
	A, B Person
	Why  []string
}

// Reasons why two people are probable duplicates.
const (
	SameName     = "same_name"
	SimilarName  = "similar_name" // the words in another order, or spelt alike
	SamePhone    = "same_phone"
	SimilarEmail = "similar_email" // equal without dots and the part after a plus, or but for one letter
)

// reasons lists the reasons, the strongest first.
var reasons = []string{SameName, SamePhone, SimilarEmail, SimilarName}

// mostNear is the size up to which a group of addresses that differ in one letter counts: larger groups are numbered
// addresses.
const mostNear = 12

// LikelyDuplicates returns the pairs of probable duplicates among people, in their order, without pairs that apart
// excludes. It groups people by hashes of what they share instead of comparing every pair. In a group each person is
// paired only with the first one who is not excluded, so that n alike people give n-1 pairs.
func LikelyDuplicates(people []Person, apart func(a, b Person) bool) []Pair {
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
		if p.Undecided {
			continue // the decision on the sign-up says who it is
		}
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
		for group := range groups(shared[reason]) {
			for n, other := range group {
				first := slices.IndexFunc(group[:n], func(one share) bool { return !apart(people[one.who], people[other.who]) })
				if first >= 0 && !sharing(reason, people[group[first].who], people[other.who]) && (reason != SimilarName || names[group[first].who] != names[other.who]) {
					meet(group[first].who, other.who, reason)
				}
			}
		}
	}
	for group := range groups(shared[near]) {
		if len(group) > mostNear {
			continue
		}
		for n, a := range group {
			for _, b := range group[n+1:] {
				if !shareEmail(people[a.who], people[b.who]) && namesAgree(people[a.who], people[b.who]) && !apart(people[a.who], people[b.who]) {
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

// shareEmail reports whether two people have an address in common: they have it because their first names or PESELs
// differ, or because the office decided so.
func shareEmail(a, b Person) bool {
	return slices.ContainsFunc(a.Emails, func(e string) bool { return slices.Contains(b.Emails, e) })
}

// sharing reports whether two addresses are similar because two people share one.
func sharing(reason string, a, b Person) bool { return reason == SimilarEmail && shareEmail(a, b) }

// share is the hash of a property (a name, a phone) that one of the people has. Hashes save memory where there are
// millions; a collision of 64 bits is improbable enough.
type share struct {
	what uint64 // the hash
	who  int    // the index of the person
}

// groups yields the groups with an equal hash, of any size, each person once and in order. It sorts shares.
func groups(shares []share) iter.Seq[[]share] {
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

// namesAgree reports whether two people's names allow them to be one person: one has no name, or they share a first
// name.
func namesAgree(a, b Person) bool {
	if a.SortName() == "" || b.SortName() == "" {
		return true
	}
	return slices.ContainsFunc(Words(a.FirstName), func(word string) bool { return slices.Contains(Words(b.FirstName), word) })
}

// sounds maps Polish spellings that are often confused to one of them.
var sounds = strings.NewReplacer("sz", "s", "cz", "c", "rz", "z", "ch", "h", "ck", "k", "ph", "f", "th", "t", "x", "ks", "w", "v", "y", "i", "j", "i")

// spelling normalizes a name against misspelling: words sorted, confused spellings unified, doubled letters single.
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

// mailbox splits an address, without what many providers ignore: dots and the part after a plus.
func mailbox(email string) (local, domain string) {
	local, domain, _ = strings.Cut(Fold(email), "@")
	local, _, _ = strings.Cut(local, "+")
	return strings.ReplaceAll(local, ".", ""), domain
}

// withoutOne calls each with the text, and with the text without each one of its letters, split in two parts: two texts
// that differ in one letter have such a pair in common. It skips texts under five letters, and digits, which often
// number addresses.
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
