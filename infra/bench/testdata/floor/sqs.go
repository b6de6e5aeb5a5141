//go:build sqs

package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func init() {
	clients = append(clients, func(c aws.Config) call {
		client := sqs.NewFromConfig(c)
		return func(ctx context.Context) error {
			_, err := client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{})
			return err
		}
	})
}
