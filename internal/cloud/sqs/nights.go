// Package sqs sends the nightly work of projects to a queue of SQS, one message for each project.
package sqs

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"outreach/internal/cloud"
	"outreach/internal/nights"
	"outreach/internal/store"
)

// mostAtOnce is how many messages one call sends.
const mostAtOnce = 10

// Nights is the queue of the projects that are due.
type Nights struct {
	client *sqs.Client
	url    string
}

// NewNights returns the queue of a function that was set up with cloud.Nights. It sends no request.
func NewNights(c *cloud.Cloud) *Nights {
	return &Nights{client: sqs.NewFromConfig(c.Config), url: os.Getenv(cloud.NightQueue)}
}

// Send sends a message for each project. After an error some may have been sent; it may be repeated.
func (n *Nights) Send(ctx context.Context, due ...nights.Due) error {
	return store.InParallel(ctx, slices.Collect(slices.Chunk(due, mostAtOnce)), func(ctx context.Context, some []nights.Due) error {
		in := &sqs.SendMessageBatchInput{QueueUrl: &n.url}
		for i, d := range some {
			body, err := json.Marshal(d)
			if err != nil {
				return err
			}
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(string(body))})
		}
		out, err := n.client.SendMessageBatch(ctx, in)
		if err != nil {
			return fmt.Errorf("queue projects: %w", err)
		}
		if len(out.Failed) > 0 {
			return fmt.Errorf("queue projects: %d of %d messages were refused: %s", len(out.Failed), len(some), aws.ToString(out.Failed[0].Code))
		}
		return nil
	})
}
