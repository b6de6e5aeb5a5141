// Package restore restores both tables as of an instant into new tables beside the live ones, repeats in them the
// erasures made since, and recomputes the newest snapshots: an equal hash proves that the facts behind it are complete.
// On one machine the data folder is restored by copying it; the rest is the same.
package restore

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"time"

	"outreach/internal/app"
	"outreach/internal/mail/mailbox"
	"outreach/internal/objects/folder"
	"outreach/internal/store"
	"outreach/internal/table/sqlite"
)

type settings struct {
	tracker, people, bucket string
	to, suffix              string
	live, data              string
	snapshots               int
	dry                     bool
}

// Command registers the flags of restore, and returns what runs once they are parsed.
func Command(flags *flag.FlagSet) func(ctx context.Context, out io.Writer) error {
	var s settings
	flags.StringVar(&s.tracker, "tracker", "", "name of the live tracker table")
	flags.StringVar(&s.people, "people", "", "name of the live people table")
	flags.StringVar(&s.bucket, "bucket", "", "name of the bucket")
	flags.StringVar(&s.to, "to", "", "instant to restore, such as 2026-11-23T08:00:00Z")
	flags.StringVar(&s.suffix, "suffix", "-restored", "suffix of the new tables' names; existing tables of those names are used as they are")
	flags.StringVar(&s.data, "data", "", "copy of a data folder from a backup, instead of tables")
	flags.StringVar(&s.live, "live", "", "with -data: the data folder that was in use until now, for its ledger of erasures")
	flags.IntVar(&s.snapshots, "snapshots", 3, "number of each project's newest snapshots to recompute")
	flags.BoolVar(&s.dry, "dry-run", false, "print what would be done, and change nothing")
	return func(ctx context.Context, out io.Writer) error { return run(ctx, s, out) }
}

func run(ctx context.Context, s settings, out io.Writer) error {
	if s.data != "" {
		return folders(ctx, s, out)
	}
	if s.tracker == "" || s.people == "" || s.bucket == "" || s.to == "" {
		return errors.New("-tracker, -people, -bucket and -to are required, or -data")
	}
	to, err := time.Parse(time.RFC3339, s.to)
	if err != nil {
		return err
	}
	return tables(ctx, s, to, out)
}

// folders restores data folders, which no tracker may serve meanwhile.
func folders(ctx context.Context, s settings, out io.Writer) (err error) {
	restored, closeRestored, err := open(s.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeRestored()) }()
	live := restored
	if s.live != "" {
		var closeLive func() error
		if live, closeLive, err = open(s.live); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, closeLive()) }()
	}
	return restore{live: live, restored: restored, snapshots: s.snapshots, dry: s.dry, out: out}.run(ctx)
}

func open(data string) (*app.App, func() error, error) {
	file := filepath.Join(data, "tracker.db")
	if _, err := os.Stat(file); err != nil {
		return nil, nil, err
	}
	db, err := sqlite.Open(file)
	if err != nil {
		return nil, nil, err
	}
	tracker, err := db.Table("tracker")
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	people, err := db.Table("people")
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	letters, err := mailbox.Open(filepath.Join(data, "mail.jsonl"), nil)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	// Nothing is signed here, so the secret does not matter.
	files, err := folder.Open(filepath.Join(data, "objects"), "", make([]byte, 32))
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	s := app.New(&store.DB{Tracker: tracker, People: people, Objects: files, Now: time.Now})
	s.Privacy.Letters, s.Uploads.Letters, s.Privacy.Disk = letters, letters, db
	return s, db.Close, nil
}
