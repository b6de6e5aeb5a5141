// Package sqs sends the nightly work of projects to a queue of SQS, one message for each project.
package sqs

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"outreach/internal/cloud"
	"outreach/internal/nights"
	"outreach/internal/store"
)

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
	return store.InParallel(ctx, due, func(ctx context.Context, d nights.Due) error {
		body, err := json.Marshal(d)
		if err != nil {
			return err
		}
		if _, err := n.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &n.url, MessageBody: aws.String(string(body))}); err != nil {
			return fmt.Errorf("queue project %s: %w", d.Project, err)
		}
		return nil
	})
}
