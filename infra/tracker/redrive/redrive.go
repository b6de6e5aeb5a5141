// Package redrive delivers dead letters again, once the reason for their failure has been removed. On AWS they are in
// the stack's queues, on one machine in the data folder. A message that was partly processed before has no effect
// twice.
package redrive

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Command registers the flags of redrive, and returns what runs once they are parsed.
func Command(flags *flag.FlagSet) func(ctx context.Context, out io.Writer) error {
	stack := flags.String("stack", "", "name of the deployed stack, for all its dead-letter queues")
	queues := flags.String("queue", "", "URLs of dead-letter queues, separated by commas, instead of -stack")
	data := flags.String("data", "", "data folder of a tracker on one machine, instead of -stack")
	dry := flags.Bool("dry-run", false, "list the dead letters and their reasons, and move nothing")
	return func(ctx context.Context, out io.Writer) error {
		if *data != "" {
			return local(*data, *dry, out)
		}
		if *stack == "" && *queues == "" {
			return errors.New("one of -stack, -queue and -data is required")
		}
		settings, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return err
		}
		r := redrive{client: sqs.NewFromConfig(settings), out: out, dry: *dry}
		urls := strings.Split(*queues, ",")
		if *queues == "" {
			if urls, err = r.find(ctx, *stack); err != nil {
				return err
			}
		}
		for _, url := range urls {
			if err := r.queue(ctx, url); err != nil {
				return fmt.Errorf("%s: %w", url, err)
			}
		}
		return nil
	}
}
