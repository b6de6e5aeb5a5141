package indicator

import "outreach/internal/record"

// texts keeps every distinct text once and calls it by a number: rows of numbers are a quarter the size of rows of
// strings, and equal where their numbers are. Number 0 is "".
type texts struct {
	numbers map[string]uint32
	all     []string
	same    []uint32 // the number of a text's record.Same; 0: not asked for yet
}

func newTexts() texts {
	return texts{numbers: map[string]uint32{"": 0}, all: []string{""}, same: []uint32{0}}
}

func (t *texts) number(text string) uint32 {
	if text == "" {
		return 0
	}
	n, ok := t.numbers[text]
	if !ok {
		n = uint32(len(t.all))
		t.numbers[text] = n
		t.all = append(t.all, text)
		t.same = append(t.same, 0)
	}
	return n
}

// sameNumber calls texts that are the same to natural keys by one number.
func (t *texts) sameNumber(n uint32) uint32 {
	if s := t.same[n]; s != 0 || n == 0 {
		return s
	}
	s := t.number(record.Same(t.all[n]))
	t.same[n] = s
	return s
}
