package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/gowebpki/jcs"

	"outreach/internal/project"
)

// MarshalJSON writes empty lists as [], never as null, and marks in place of the numbers that they stand for.
func (s Snapshot) MarshalJSON() ([]byte, error) {
	type plain Snapshot
	if s.Indicators == nil {
		s.Indicators = []Indicator{}
	}
	if s.Quality.Shown == "" {
		return json.Marshal(plain(s))
	}
	type quality struct {
		Quality
		People string `json:"people_without_attributes"`
	}
	return json.Marshal(struct {
		plain
		Quality quality `json:"quality"`
	}{plain(s), quality{s.Quality, s.Quality.Shown}})
}

// MarshalJSON writes the mark in place of the total where there is one.
func (p Participants) MarshalJSON() ([]byte, error) {
	type plain Participants
	if !p.Few {
		return json.Marshal(plain(p))
	}
	return json.Marshal(struct {
		plain
		Total string `json:"total"`
	}{plain(p), Few})
}

// MarshalJSON writes empty lists as [], never as null, and null for numbers that there are not. Where the public sees a
// mark, it writes that, and null for what would reveal the number.
func (i Indicator) MarshalJSON() ([]byte, error) {
	type rest struct { // in the order of Indicator
		Public      string                            `json:"public,omitempty"`
		Count       string                            `json:"count,omitempty"`
		Numerator   int64                             `json:"numerator,omitempty"`
		Denominator int64                             `json:"denominator,omitempty"`
		People      int64                             `json:"people,omitempty"`
		From        []string                          `json:"from,omitempty"`
		TargetBy    map[string]map[string]json.Number `json:"target_by,omitempty"`
	}
	out := struct {
		Code     string       `json:"code"`
		Label    project.Text `json:"label"`
		Unit     string       `json:"unit"`
		Target   any          `json:"target"`
		Achieved any          `json:"achieved"`
		Percent  any          `json:"percent"`
		Status   any          `json:"status"`
		Records  any          `json:"records"`
		By       Breakdowns   `json:"by"`
		ByMonth  []Month      `json:"by_month"`
		rest
	}{
		i.Code, i.Label, i.Unit, orNull(i.Target), orNull(i.Achieved), orNull(i.Percent), i.Status, i.Records, i.By, i.ByMonth,
		rest{i.Public, i.Count, i.Numerator, i.Denominator, i.People, i.From, i.TargetBy},
	}
	if i.ByMonth == nil {
		out.ByMonth = []Month{}
	}
	switch {
	case i.Few:
		out.Achieved, out.Percent, out.Status, out.Records = Few, nil, nil, nil
	case i.Withheld:
		out.Achieved, out.Percent, out.Status, out.Records = nil, nil, nil, nil
	case i.Said != "":
		out.Achieved = i.Said
	}
	return json.Marshal(out)
}

func orNull(n json.Number) any {
	if n == "" {
		return nil
	}
	return n
}

// UnmarshalJSON reads what MarshalJSON writes of an indicator without marks.
func (i *Indicator) UnmarshalJSON(data []byte) error {
	type plain Indicator
	in := struct {
		*plain
		Achieved json.RawMessage `json:"achieved"`
	}{plain: (*plain)(i)}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	switch {
	case len(in.Achieved) == 0:
		return nil
	case in.Achieved[0] == '"':
		return json.Unmarshal(in.Achieved, &i.Said)
	}
	return json.Unmarshal(in.Achieved, &i.Achieved)
}

// MarshalJSON writes marks in place of the numbers that they stand for.
func (m Month) MarshalJSON() ([]byte, error) {
	out := struct {
		Month string `json:"month"`
		Added any    `json:"added"`
		Total any    `json:"total"`
	}{m.Month, m.Added, orNull(m.Total)}
	if m.AddedShown != "" {
		out.Added = m.AddedShown
	}
	if m.TotalShown != "" {
		out.Total = m.TotalShown
	}
	return json.Marshal(out)
}

// MarshalJSON writes no breakdowns as {}.
func (b Breakdowns) MarshalJSON() ([]byte, error) {
	if b == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(map[string]Breakdown(b))
}

// MarshalJSON writes the parts as an object, in their order: people, or the mark in their place.
func (b Breakdown) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, part := range b {
		if i > 0 {
			out.WriteByte(',')
		}
		code, err := json.Marshal(part.Code)
		if err != nil {
			return nil, err
		}
		var value any = part.People
		switch {
		case part.Shown != "":
			value = part.Shown
		case part.Amount != "":
			value = part.Amount
		}
		people, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		out.Write(code)
		out.WriteByte(':')
		out.Write(people)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// UnmarshalJSON reads the parts in the order in which they were written.
func (b *Breakdown) UnmarshalJSON(data []byte) error {
	in := json.NewDecoder(bytes.NewReader(data))
	in.UseNumber()
	if start, err := in.Token(); err != nil {
		return err
	} else if start != json.Delim('{') {
		return fmt.Errorf("breakdown: got %v, want an object", start)
	}
	parts := Breakdown{}
	for in.More() {
		code, err := in.Token()
		if err != nil {
			return err
		}
		part := Part{Code: code.(string)} // the decoder returns only texts as keys of an object
		value, err := in.Token()
		if err != nil {
			return err
		}
		switch v := value.(type) {
		case json.Number:
			if part.People, err = v.Int64(); err != nil {
				part.People, part.Amount = 0, v
			}
		case string:
			if v != Few && v != Hidden {
				return fmt.Errorf("breakdown: part %q: unknown mark %q", part.Code, v)
			}
			part.Shown = v
		default:
			return fmt.Errorf("breakdown: part %q: %v is not a number of people", part.Code, value)
		}
		parts = append(parts, part)
	}
	*b = parts
	return nil
}

// SameButDay reports whether two snapshots differ in their day alone, and in months without anything added.
func SameButDay(a, b Snapshot) (bool, error) {
	before, err := a.dayless().Digest()
	if err != nil {
		return false, err
	}
	after, err := b.dayless().Digest()
	return before == after, err
}

// dayless returns the snapshot without its day and without months to which nothing was added.
func (s Snapshot) dayless() Snapshot {
	s.AsOf = ""
	s.Indicators = slices.Clone(s.Indicators)
	for i := range s.Indicators {
		s.Indicators[i].ByMonth = slices.DeleteFunc(slices.Clone(s.Indicators[i].ByMonth), func(m Month) bool { return m.Added == "0" })
	}
	return s
}

// Digest computes the hash: "sha256:" and the SHA-256 of the RFC 8785 JSON of the figures. It leaves out what differs
// between two compiles of the same figures (id, known_at, state, supersedes, the definition's version, ids of
// records) and the hash itself.
func (s Snapshot) Digest() (string, error) {
	type definition struct {
		SHA256 string `json:"sha256"`
	}
	figures := struct {
		Project      string       `json:"project"`
		AsOf         string       `json:"as_of"`
		Definition   definition   `json:"definition"`
		Packs        []string     `json:"packs,omitempty"`
		Participants Participants `json:"participants"`
		Indicators   []Indicator  `json:"indicators"`
		Reach        Reach        `json:"reach"`
		Quality      any          `json:"quality"`
	}{s.Project, s.AsOf, definition{s.Definition.SHA256}, s.Packs, s.Participants, append([]Indicator{}, s.Indicators...), s.Reach, s.Quality.hashed()}
	plain, err := json.Marshal(figures)
	if err != nil {
		return "", fmt.Errorf("snapshot: hash: %w", err)
	}
	canonical, err := jcs.Transform(plain)
	if err != nil {
		return "", fmt.Errorf("snapshot: hash: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}
