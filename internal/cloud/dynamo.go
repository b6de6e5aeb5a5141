package cloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"outreach/internal/table/dynamo"
)

// tableCalls holds the calls of a DynamoDB client that a table needs. If the whole client were stored in an interface,
// the linker would keep all of its operations (2 MB), because templates look up methods by reflection.
type tableCalls struct {
	batchGetItem       func(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	query              func(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	transactWriteItems func(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
	updateItem         func(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	deleteItem         func(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

func calls(c *dynamodb.Client) dynamo.API {
	return &tableCalls{c.BatchGetItem, c.Query, c.TransactWriteItems, c.UpdateItem, c.DeleteItem}
}

func (t *tableCalls) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	return t.batchGetItem(ctx, in, options...)
}

func (t *tableCalls) Query(ctx context.Context, in *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return t.query(ctx, in, options...)
}

func (t *tableCalls) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	return t.transactWriteItems(ctx, in, options...)
}

func (t *tableCalls) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, options ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return t.updateItem(ctx, in, options...)
}

func (t *tableCalls) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, options ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return t.deleteItem(ctx, in, options...)
}
