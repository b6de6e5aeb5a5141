// Redrive brings dead letters back: what could not be processed, for a reason that is gone now, is delivered again. On AWS
// they lie in the stack's queues; in the local stack in its folder. What was done before changes nothing when it comes again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("redrive", flag.ContinueOnError)
	stack := flags.String("stack", "", "the deployed stack's name: all its queues of dead letters")
	queues := flags.String("queue", "", "URLs of queues of dead letters, with commas between, in the place of -stack")
	data := flags.String("data", "", "the local stack's folder, in the place of -stack")
	dry := flags.Bool("dry-run", false, "tell what lies there and why, and move nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
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
