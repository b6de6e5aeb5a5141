// Command floor is a function that makes clients of AWS, as tags name them, and does nothing else.
package main

import (
	"context"
	"log"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// call uses a client, so that it is linked as it is in earnest.
type call func(context.Context) error

var clients []func(aws.Config) call

func main() {
	c, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	secrets := secretsmanager.NewFromConfig(c)
	var calls []call
	for _, client := range clients {
		calls = append(calls, client(c))
	}
	lambda.Start(func(ctx context.Context) error {
		for _, call := range calls {
			if err := call(ctx); err != nil {
				return err
			}
		}
		_, err := secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("secret")})
		return err
	})
}
