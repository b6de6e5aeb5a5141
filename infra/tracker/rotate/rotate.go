// Package rotate replaces the secret of a tracker, in a data folder or in Secrets Manager.
package rotate

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"outreach/internal/keyring"
	"outreach/internal/table"
	"outreach/internal/table/dynamo"
	"outreach/internal/table/sqlite"
)

// linkDays is how long links in letters that were sent before work, unless a flag says otherwise.
const linkDays = 90

// Command returns what registers the flags of rotate-secret, and returns what runs once they are parsed. lock locks a
// data folder, and fails where a tracker serves it.
func Command(lock func(data string) (unlock func(), err error)) func(*flag.FlagSet) func(ctx context.Context, out io.Writer) error {
	return func(flags *flag.FlagSet) func(ctx context.Context, out io.Writer) error {
		data := flags.String("data", "", "data folder of a tracker on one machine, which must be stopped")
		secret := flags.String("secret", "", "ARN of the secret in Secrets Manager (the stack's output SecretArn), instead of -data")
		name := flags.String("tracker", "", "with -secret: name of the tracker table (the stack's output TrackerTable)")
		days := flags.Int("link-days", linkDays, "days for which links in letters that were sent before work")
		return func(ctx context.Context, out io.Writer) error {
			life := time.Duration(*days) * 24 * time.Hour
			switch {
			case *days < 0:
				return errors.New("-link-days must not be negative")
			case *data != "":
				return inFolder(ctx, *data, life, lock, out)
			case *secret != "" && *name != "":
				return onAWS(ctx, *secret, *name, life, out)
			}
			return errors.New("-data is required, or -secret and -tracker")
		}
	}
}

func inFolder(ctx context.Context, data string, life time.Duration, lock func(string) (func(), error), out io.Writer) (err error) {
	file := filepath.Join(data, "tracker.db")
	if _, err := os.Stat(file); err != nil {
		return err
	}
	unlock, err := lock(data)
	if err != nil {
		return fmt.Errorf("%w: stop it first", err)
	}
	defer unlock()
	db, err := sqlite.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tracker, err := db.Table("tracker")
	if err != nil {
		return err
	}
	return rotate(ctx, tracker, File(filepath.Join(data, "secret")), life, out)
}

func onAWS(ctx context.Context, secret, tracker string, life time.Duration, out io.Writer) error {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	home := manager{client: secretsmanager.NewFromConfig(settings), id: secret}
	return rotate(ctx, dynamo.New(dynamodb.NewFromConfig(settings), tracker), home, life, out)
}

func rotate(ctx context.Context, tracker table.Table, home keyring.Home, life time.Duration, out io.Writer) error {
	now := time.Now().UTC()
	finished, err := keyring.Rotate(ctx, tracker, home, now, life)
	if errors.Is(err, keyring.ErrOtherSecret) {
		return fmt.Errorf("%w: put the right one back first; nothing was changed", err)
	}
	if err != nil {
		return fmt.Errorf("%w; run the command again, it continues", err)
	}
	if finished {
		_, err = fmt.Fprintln(out, "finished a rotation that was interrupted; its secret is in use. Run the command again for a newer one")
		return err
	}
	_, err = fmt.Fprintf(out, "the secret is replaced. Links in letters that were sent before work until %s. Keep a copy of the new secret\n", now.Add(life).Format(time.DateOnly))
	return err
}
