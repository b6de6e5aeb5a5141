package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	objectss3 "outreach/internal/objects/s3"
	"outreach/internal/table/dynamo"
)

// openDynamo uses the tables at a DynamoDB endpoint, and creates those that are missing.
func (t *tracker) openDynamo(ctx context.Context) error {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	client := dynamodb.NewFromConfig(c, func(o *dynamodb.Options) { o.BaseEndpoint = aws.String(t.settings.dynamoURL) })
	for _, name := range []string{t.settings.trackerTable, t.settings.peopleTable} {
		if err := dynamo.Create(ctx, client, name); err != nil {
			return err
		}
	}
	t.base.Tracker = streamed{dynamo.New(client, t.settings.trackerTable), t.changed}
	t.base.People = dynamo.New(client, t.settings.peopleTable)
	return nil
}

// openS3 uses a bucket at an S3 endpoint. The bucket must exist. Objects at places that were asked for are found within
// seconds, others by sweep alone.
func (t *tracker) openS3(ctx context.Context) error {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	client := s3.NewFromConfig(c, func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle = aws.String(t.settings.s3URL), true
	})
	t.asked = &asked{Store: objectss3.New(client, t.settings.bucket)}
	t.base.Objects = t.asked
	return nil
}
