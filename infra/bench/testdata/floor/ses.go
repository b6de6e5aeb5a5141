//go:build ses

package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
)

func init() {
	clients = append(clients, func(c aws.Config) call {
		client := sesv2.NewFromConfig(c)
		return func(ctx context.Context) error {
			_, err := client.SendEmail(ctx, &sesv2.SendEmailInput{})
			return err
		}
	})
}
