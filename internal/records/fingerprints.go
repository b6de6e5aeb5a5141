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

// Fingerprint returns the fingerprint of an unsealed row in which members of staff are ids already. who is the subject
// of the natural key: the id of a person or a partner, or "" for a kind that has neither.
func (s *Store) Fingerprint(project string, k *schema.Kind, who string, row schema.Row) uploads.Fingerprint {
	return s.fingerprint(project, k, s.naturalHash(project, k, who, row), s.SealRow(project, k, row))
}

// fingerprint returns the fingerprint of a sealed row with a given natural key. The content covers each value outside
// the natural key that is not empty, with the id of its field, so that neither the order of fields nor an empty field
// changes it.
func (s *Store) fingerprint(project string, k *schema.Kind, natural string, sealed schema.Row) uploads.Fingerprint {
	var content strings.Builder
	for _, i := range k.ContentFields() {
		if sealed[i] != "" {
			content.WriteString(k.Fields[i].Name)
			content.WriteByte(0)
			content.WriteString(sealed[i])
			content.WriteByte(0)
		}
	}
	p := uploads.Fingerprint{Schema: schema.SchemaVersion}
	decode(p.Natural[:], natural)
	decode(p.Content[:], s.Seal(project, "content", content.String()))
	return p
}

// FingerprintOfVersion0 returns the content hash that version 0 of the schema gave a row: of its values alone, in the
// order that fields had then, empty ones included. It is comparable with the fingerprints of files read at that time. A
// row with a value in a field that version 0 did not have gets the zero hash, which equals none of them.
func (s *Store) FingerprintOfVersion0(project string, k *schema.Kind, row schema.Row) (content [8]byte) {
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

// TypedFingerprint is the fingerprint of the current version of a typed record, and the time at which that version was
// written.
type TypedFingerprint struct {
	uploads.Fingerprint
	At time.Time
}

// TypedFingerprints returns the fingerprints of the typed records of a kind that are not voided and whose current
// version was written before an instant, oldest first.
func (s *Store) TypedFingerprints(ctx context.Context, project string, k *schema.Kind, before time.Time) ([]TypedFingerprint, error) {
	var out []TypedFingerprint
	cursor := ""
	for {
		page, err := s.TypedRecords(ctx, project, k, "", table.MostPage, cursor)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Items {
			if t.At.Before(before) {
				out = append(out, TypedFingerprint{Fingerprint: s.fingerprint(project, k, t.Natural, k.Row(t.Values)), At: t.At})
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	slices.SortFunc(out, func(a, b TypedFingerprint) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return bytes.Compare(a.Natural[:], b.Natural[:])
	})
	return out, nil
}
