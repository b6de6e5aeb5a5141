package records

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"outreach/internal/schema"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Print is the print of a row in the clear but for staff, who are ids.
func (s *Store) Print(project string, k *schema.Kind, who string, row schema.Row) uploads.Print {
	return s.print(project, k, s.natural(project, k, who, row), s.SealRow(project, k, row))
}

// print is the fingerprint of a sealed row: of the values beside the natural key that were given, by the ids of their fields, so
// that neither their order nor a field that nobody filled in changes it.
func (s *Store) print(project string, k *schema.Kind, natural string, sealed schema.Row) uploads.Print {
	var content strings.Builder
	for _, i := range k.ContentFields() {
		if sealed[i] != "" {
			content.WriteString(k.Fields[i].Name)
			content.WriteByte(0)
			content.WriteString(sealed[i])
			content.WriteByte(0)
		}
	}
	p := uploads.Print{Schema: schema.SchemaVersion}
	decode(p.Natural[:], natural)
	decode(p.Content[:], s.Seal(project, "content", content.String()))
	return p
}

// PrintOfVersion0 is the content of a row as version 0 of the schema identified it: by its values alone, in the order that fields
// had then, whether they were given or not. It is compared with what files of that time left. A row with a value that version 0 had
// no field for is like none of them.
func (s *Store) PrintOfVersion0(project string, k *schema.Kind, row schema.Row) (content [8]byte) {
	sealed := s.SealRow(project, k, row)
	first := schema.FieldsOfVersion0(k.Name)
	for i, value := range sealed {
		if value != "" && !slices.Contains(first, k.Fields[i].Name) {
			return content
		}
	}
	var text strings.Builder
	for _, id := range first {
		if f := k.Field(id); f == nil || !f.Key {
			text.WriteString(k.Get(sealed, id))
			text.WriteByte(0)
		}
	}
	decode(content[:], s.Seal(project, "content", text.String()))
	return content
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
func (s *Store) TypedPrints(ctx context.Context, project string, k *schema.Kind, before time.Time) ([]TypedPrint, error) {
	var out []TypedPrint
	cursor := ""
	for {
		page, err := s.TypedRecords(ctx, project, k, "", table.MostPage, cursor)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Items {
			if t.At.Before(before) {
				out = append(out, TypedPrint{Print: s.print(project, k, t.Natural, k.Row(t.Values)), At: t.At})
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
