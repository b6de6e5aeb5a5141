package records

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"outreach/internal/record"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Print is the print of a row in the clear but for staff, who are ids.
func (s *Store) Print(project string, k *record.Kind, who string, row record.Row) uploads.Print {
	return s.print(project, k, s.natural(project, k, who, row), s.SealRow(project, k, row))
}

func (s *Store) print(project string, k *record.Kind, natural string, sealed record.Row) uploads.Print {
	var content strings.Builder
	for i, value := range sealed {
		if !k.Fields[i].Key {
			content.WriteString(value)
			content.WriteByte(0)
		}
	}
	var p uploads.Print
	decode(p.Natural[:], natural)
	decode(p.Content[:], s.Seal(project, "content", content.String()))
	return p
}

func decode(into []byte, hash string) {
	sum, err := hex.DecodeString(hash)
	if err == nil {
		copy(into, sum)
	}
}

// TypedPrint is the print of a typed record's present version.
type TypedPrint struct {
	uploads.Print
	At time.Time
}

// TypedPrints reads the prints of a kind's live typed records that were typed before an instant, oldest first.
func (s *Store) TypedPrints(ctx context.Context, project string, k *record.Kind, before time.Time) ([]TypedPrint, error) {
	var out []TypedPrint
	cursor := ""
	for {
		page, err := s.TypedRecords(ctx, project, k, "", table.MostPage, cursor)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Items {
			if t.At.Before(before) {
				out = append(out, TypedPrint{Print: s.print(project, k, t.Natural, t.Row), At: t.At})
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	slices.SortFunc(out, func(a, b TypedPrint) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return bytes.Compare(a.Natural[:], b.Natural[:])
	})
	return out, nil
}
