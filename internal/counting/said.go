package counting

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"outreach/internal/fact"
	"outreach/internal/project"
)

// saidValue is what the office said of an indicator.
type saidValue struct {
	id        string // of the fact
	indicator string
	asOf      day
	at        int64 // when it was said
	value     string
}

// number returns the value as a number, nil if it is none.
func (s saidValue) number() *big.Rat {
	if value, err := parseAmount(s.value); err == nil && s.value != "" {
		return value.rat()
	}
	return nil
}

func (f *Fold) applySaid(said fact.IndicatorSaid, id string, received time.Time) error {
	at, err := instant(received)
	switch {
	case err != nil:
		return err
	case id == "" || said.Indicator == "":
		return errNoID
	case !isDay(said.AsOf):
		return fmt.Errorf("said as of no day")
	}
	f.said[id] = saidValue{id: id, indicator: said.Indicator, asOf: dayOf(said.AsOf), at: at, value: said.Value}
	return nil
}

// sortedSaid returns what was said, by indicator: the later day, then what was said later, comes last.
func (f *Fold) sortedSaid() map[string][]saidValue {
	out := map[string][]saidValue{}
	for _, s := range f.said {
		out[s.indicator] = append(out[s.indicator], s)
	}
	for _, all := range out {
		slices.SortFunc(all, func(a, b saidValue) int {
			return cmp.Or(cmp.Compare(a.asOf, b.asOf), cmp.Compare(a.at, b.at), strings.Compare(a.id, b.id))
		})
	}
	return out
}

// saidOn returns what holds of an indicator on a day: the latest that was said as of it or a day before. Where that is
// no value that the indicator may have, or nothing was said, it returns the zero value.
func (l *Live) saidOn(in project.Indicator, on day) (out saidValue) {
	for _, s := range l.said[in.Code] {
		if s.asOf > on {
			break
		}
		if in.Takes(s.value) {
			out = s
		}
	}
	return out
}
