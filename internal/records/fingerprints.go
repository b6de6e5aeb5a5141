package records

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"time"

	"outreach/internal/schema"
	"outreach/internal/table"
	"outreach/internal/uploads"
)

// Fingerprint returns the fingerprint of a row with a natural hash, given its sealed form.
func (s *Store) Fingerprint(project string, k *schema.Kind, natural [16]byte, sealed schema.Row) uploads.Fingerprint {
	return uploads.Fingerprint{Schema: schema.SchemaVersion, Natural: natural, Content: s.content(project, k, sealed)}
}

// Natural returns the hash of the natural key of a row in which members of staff are ids already. who is the subject of
// the key: the id of a person or a partner, or "" for a kind that has neither.
func (s *Store) Natural(project string, k *schema.Kind, who string, row schema.Row) [16]byte {
	var buffer [512]byte // most keys are shorter
	return s.Digest(project, "natural", k.AppendNaturalKey(buffer[:0], who, row))
}

// content returns the hash of a sealed row's content. It covers each value outside the natural key that is not empty,
// with the id of its field, so that neither the order of fields nor an empty field changes it.
func (s *Store) content(project string, k *schema.Kind, sealed schema.Row) [8]byte {
	var buffer [512]byte // most rows are shorter
	text := buffer[:0]
	for _, i := range k.ContentFields() {
		if sealed[i] != "" {
			text = append(append(text, k.Fields[i].Name...), 0)
			text = append(append(text, sealed[i]...), 0)
		}
	}
	digest := s.Digest(project, "content", text)
	return [8]byte(digest[:])
}

// FingerprintOfVersion0 returns the content hash that version 0 of the schema gave a sealed row: of its values alone,
// in the order that fields had then, empty ones included. It is comparable with the fingerprints of files read at that
// time. A row with a value in a field that version 0 did not have gets the zero hash, which equals none of them.
func (s *Store) FingerprintOfVersion0(project string, k *schema.Kind, sealed schema.Row) (content [8]byte) {
	first := schema.FieldsOfVersion0(k.Name)
	for i, value := range sealed {
		if value != "" && !slices.Contains(first, k.Fields[i].Name) {
			return content
		}
	}
	var text []byte
	for _, id := range first {
		if f := k.Field(id); f == nil || !f.Key {
			text = append(append(text, k.Get(sealed, id)...), 0)
		}
	}
	digest := s.Digest(project, "content", text)
	return [8]byte(digest[:])
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
				typed := TypedFingerprint{Fingerprint: uploads.Fingerprint{Schema: schema.SchemaVersion, Content: s.content(project, k, k.Row(t.Values))}, At: t.At}
				decode(typed.Natural[:], t.Natural)
				out = append(out, typed)
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
