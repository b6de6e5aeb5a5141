// Package sqs gives messages back to a queue of Amazon SQS, and sends them as those of a project.
package sqs

import (
	"context"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"outreach/internal/cloud"
)

// Queue is the queue of files that arrived. It is safe for concurrent use.
type Queue struct {
	client *sqs.Client
	url    string
}

// New returns the queue of a function that was set up with cloud.Arrivals.
func New(c *cloud.Cloud) *Queue {
	return &Queue{client: sqs.NewFromConfig(c.Config), url: os.Getenv(cloud.UploadsQueue)}
}

// Redeliver makes the queue deliver a message again after a time, in whole seconds, unless it is deleted before. The
// receipt is that of the present delivery. It may be called twice.
func (q *Queue) Redeliver(ctx context.Context, receipt string, after time.Duration) error {
	_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &q.url, ReceiptHandle: aws.String(receipt), VisibilityTimeout: int32(after / time.Second),
	})
	return err
}

// SendFor sends a message as a project's: SQS then keeps the messages of other projects from waiting for those of one
// with many. After an error it may have been sent; it may be repeated.
func (q *Queue) SendFor(ctx context.Context, project, body string) error {
	_, err := q.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: &body, MessageGroupId: &project})
	return err
}
