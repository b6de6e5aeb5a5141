//go:build dynamodb

package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func init() {
	clients = append(clients, func(c aws.Config) call {
		client := dynamodb.NewFromConfig(c)
		return func(ctx context.Context) error {
			if _, err := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{}); err != nil {
				return err
			}
			if _, err := client.Query(ctx, &dynamodb.QueryInput{}); err != nil {
				return err
			}
			_, err := client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{})
			return err
		}
	})
}
