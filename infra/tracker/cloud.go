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

// openDynamo uses the tables at another endpoint, making them where they are missing.
func (st *stack) openDynamo(ctx context.Context) error {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	client := dynamodb.NewFromConfig(c, func(o *dynamodb.Options) { o.BaseEndpoint = aws.String(st.settings.dynamoURL) })
	for _, name := range []string{st.settings.trackerTable, st.settings.peopleTable} {
		if err := dynamo.Create(ctx, client, name); err != nil {
			return err
		}
	}
	st.base.Tracker = streamed{dynamo.New(client, st.settings.trackerTable), st.changed}
	st.base.People = dynamo.New(client, st.settings.peopleTable)
	return nil
}

// openS3 uses a bucket at another endpoint, which must be there. That an object arrived is found by looking.
func (st *stack) openS3(ctx context.Context) error {
	c, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	client := s3.NewFromConfig(c, func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle = aws.String(st.settings.s3URL), true
	})
	st.base.Objects = objectss3.New(client, st.settings.bucket)
	return nil
}
