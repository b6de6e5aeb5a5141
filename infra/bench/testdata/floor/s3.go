//go:build s3

package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func init() {
	clients = append(clients, func(c aws.Config) call {
		client := s3.NewFromConfig(c)
		return func(ctx context.Context) error {
			if _, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")}); err != nil {
				return err
			}
			_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
			return err
		}
	})
}
