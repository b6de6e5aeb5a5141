// Package replay adds the rows of accepted files to a fold of a project's facts.
package replay

import (
	"context"

	"outreach/internal/counting"
	"outreach/internal/uploads"
)

// Rows adds the rows of the files that the facts accepted to the fold, pack by pack, and calls after after each.
func Rows(ctx context.Context, from *uploads.Store, project string, fold *counting.Fold, after func() error) error {
	for _, pack := range fold.MissingPacks() {
		rows, err := from.Pack(ctx, project, pack.Upload, fold.KindOf(pack.Upload), pack.Number)
		if err != nil {
			return err
		}
		if err := fold.AddRows(pack.Upload, pack.Number, rows); err != nil {
			return err
		}
		if err := after(); err != nil {
			return err
		}
	}
	return nil
}
