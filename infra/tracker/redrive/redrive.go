// Package redrive brings dead letters back: what could not be processed, for a reason that is gone now, is delivered again. On
// AWS they lie in the stack's queues; on one machine in the data folder. What was done before changes nothing when it comes again.
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
	stack := flags.String("stack", "", "the deployed stack's name: all its queues of dead letters")
	queues := flags.String("queue", "", "URLs of queues of dead letters, with commas between, in the place of -stack")
	data := flags.String("data", "", "the data folder of a tracker on one machine, in the place of -stack")
	dry := flags.Bool("dry-run", false, "tell what lies there and why, and move nothing")
	return func(ctx context.Context, out io.Writer) error {
		if *data != "" {
			return local(*data, *dry, out)
		}
		if *stack == "" && *queues == "" {
			return errors.New("say where: -stack, -queue or -data")
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
