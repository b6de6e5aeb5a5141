package ingest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"outreach/internal/schema"
	"outreach/internal/uploads"
)

// compare counts the natural keys of the file that are new, those whose content differs from what counted before the
// file in the order of arrival, and those whose content is the same. Where a key is in the file twice, its last row is
// compared.
func (r *run) compare(ctx context.Context, layers []uploads.Upload) error {
	slices.SortFunc(r.fingerprints, func(a, b compared) int {
		if c := bytes.Compare(a.Natural[:], b.Natural[:]); c != 0 {
			return c
		}
		return cmp.Compare(a.at, b.at)
	})
	last := r.fingerprints[:0]
	for i, p := range r.fingerprints {
		if i+1 == len(r.fingerprints) || r.fingerprints[i+1].Natural != p.Natural {
			last = append(last, p)
		}
	}
	r.fingerprints = last
	r.total()
	mark := func(p uploads.Fingerprint) {
		i, found := slices.BinarySearchFunc(r.fingerprints, p.Natural, func(a compared, natural [16]byte) int { return bytes.Compare(a.Natural[:], natural[:]) })
		if found {
			r.fingerprints[i].before = isChanged
			if r.content(&r.fingerprints[i], p.Schema) == p.Content {
				r.fingerprints[i].before = isUnchanged
			}
		}
	}
	typed, err := r.records.TypedFingerprints(ctx, r.project, r.kind, r.upload.Arrived)
	if err != nil {
		return err
	}
	for _, u := range layers {
		for len(typed) > 0 && !typed[0].At.After(u.Arrived) {
			mark(typed[0].Fingerprint)
			typed = typed[1:]
		}
		if err := r.uploads.Fingerprints(ctx, r.project, u.ID, mark); err != nil {
			return err
		}
	}
	for _, t := range typed {
		mark(t.Fingerprint)
	}
	r.upload.New, r.upload.Changed, r.upload.Unchanged = 0, 0, 0
	for _, p := range r.fingerprints {
		switch p.before {
		case isNew:
			r.upload.New++
		case isChanged:
			r.upload.Changed++
		case isUnchanged:
			r.upload.Unchanged++
		}
	}
	return nil
}

// layers returns the accepted files of the same kind, of what partners send of the same one, that arrived before this
// one, in the order of arrival.
func (r *run) layers(ctx context.Context) ([]uploads.Upload, error) {
	owner := ""
	if r.kind.SentByPartners() {
		owner = r.upload.Owner
	}
	files, err := r.uploads.CountedUploads(ctx, r.project, owner, r.kind.Plural)
	return slices.DeleteFunc(files, func(u uploads.Upload) bool { return u.ID == r.upload.ID || u.CompareArrival(r.upload) >= 0 }), err
}

// totalled returns the field of a kind whose sum is the total of a file, or "".
func totalled(k *schema.Kind) string {
	for i := range k.Fields {
		if k.Fields[i].Total {
			return k.Fields[i].Name
		}
	}
	return ""
}

const million = 1_000_000

// millionths returns a number in millionths from its canonical text, which has at most six decimals; 0 for "".
func millionths(value string) int64 {
	whole, fraction, _ := strings.Cut(value, ".")
	n, err := strconv.ParseInt(whole+(fraction + "000000")[:6], 10, 64)
	if err != nil {
		return 0 // the cell is empty
	}
	return n
}

// total sums the totalled field over the rows, one for each natural key.
func (r *run) total() {
	field := totalled(r.kind)
	if field == "" {
		return
	}
	var whole, rest int64
	for _, p := range r.fingerprints {
		whole += p.amount / million
		rest += p.amount % million
	}
	total := new(big.Rat).Add(big.NewRat(whole, 1), big.NewRat(rest, million))
	sum := strings.TrimSuffix(strings.TrimRight(total.FloatString(6), "0"), ".")
	r.upload.Totals = uploads.Totals{field: json.Number(sum)}
}
