package restore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"outreach/internal/app"
	"outreach/internal/keyring"
	objectss3 "outreach/internal/objects/s3"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/dynamo"
)

// restoreTimeout bounds the restore of a table: it takes minutes, and hours for large tables.
const restoreTimeout = 12 * time.Hour

// tables restores tables on AWS. It only reads the live ones.
func tables(ctx context.Context, s settings, to time.Time, out io.Writer) error {
	sdk, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	client := dynamodb.NewFromConfig(sdk)
	files := s3.NewFromConfig(sdk, func(o *s3.Options) { o.UsePathStyle = sdk.BaseEndpoint != nil })
	at := func(tracker, people string) *app.App {
		return app.New(&store.DB{Tracker: dynamo.New(client, tracker), People: dynamo.New(client, people), Objects: objectss3.New(files, s.bucket), Now: time.Now})
	}
	missing := false
	for _, name := range []string{s.tracker, s.people} {
		exists, err := restoreTable(ctx, client, name, name+s.suffix, to, s.dry, out)
		if err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
		missing = missing || !exists
	}
	if missing {
		return nil // a dry run: the tables do not exist yet
	}
	live, restored := at(s.tracker, s.people), at(s.tracker+s.suffix, s.people+s.suffix)
	if !s.dry {
		if err := copyKeys(ctx, live.DB.Tracker, restored.DB.Tracker); err != nil {
			return err
		}
	}
	r := restore{live: live, restored: restored, snapshots: s.snapshots, dry: s.dry, out: out}
	return r.run(ctx)
}

// copyKeys copies the keys that the secret opens. The key of hashes is the same at any time, but where the secret was
// replaced since, the present one does not open the restored item.
func copyKeys(ctx context.Context, live, restored table.Table) error {
	items, err := live.Get(ctx, keyring.Key)
	if err != nil || len(items) == 0 {
		return err
	}
	return restored.Write(ctx, table.Op{Item: items[keyring.Key]})
}

// restoreTable restores a table under a new name, unless a table of that name exists, and waits until it can be used.
// In a dry run it creates nothing, and reports whether the table exists.
func restoreTable(ctx context.Context, client *dynamodb.Client, name, as string, to time.Time, dry bool, out io.Writer) (exists bool, err error) {
	_, err = client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &as})
	var none *types.ResourceNotFoundException
	switch {
	case err == nil:
		fmt.Fprintf(out, "%s is there\n", as)
	case !errors.As(err, &none):
		return false, err
	case dry:
		fmt.Fprintf(out, "%s would be made from %s as of %s\n", as, name, to.Format(time.RFC3339))
		return false, nil
	default:
		fmt.Fprintf(out, "%s is being made from %s as of %s\n", as, name, to.Format(time.RFC3339))
		_, err := client.RestoreTableToPointInTime(ctx, &dynamodb.RestoreTableToPointInTimeInput{SourceTableName: &name, TargetTableName: &as, RestoreDateTime: aws.Time(to)})
		if err != nil {
			return false, err
		}
	}
	return true, dynamodb.NewTableExistsWaiter(client).Wait(ctx, &dynamodb.DescribeTableInput{TableName: &as}, restoreTimeout)
}
