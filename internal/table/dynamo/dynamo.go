// Package dynamo implements a table on DynamoDB. Items have the attributes pk and sk (the key), ipk and isk (the key in
// the index named "index", only if the item is in it), data, rev, and expires (DynamoDB's time to live).
package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/oklog/ulid/v2"
	backoff "github.com/sethvargo/go-retry"
	"golang.org/x/sync/errgroup"

	"outreach/internal/table"
)

const (
	indexName  = "index"
	mostOfGet  = 100 // keys per BatchGetItem
	readers    = 8   // concurrent BatchGetItem calls per Get
	tries      = 6   // attempts of a call that conflicts with another
	firstPause = 25 * time.Millisecond

	throttledTries = 20 // attempts of a call that is throttled: a partition gets new throughput each second
	longestPause   = time.Second
)

// API is the part of the DynamoDB client that Table uses.
type API interface {
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

// Table is a DynamoDB table. It is safe for concurrent use.
type Table struct {
	client API
	name   string
	pauses func() backoff.Backoff // between the attempts of one call
}

var _ table.Table = (*Table)(nil)

// New returns the table of a name, which must exist. The table retries conflicts and throttling for longer than the
// client does; all other retries are the client's.
func New(client API, tableName string) *Table {
	return &Table{client: client, name: tableName, pauses: pauses}
}

// pauses returns exponential backoff with full jitter.
func pauses() backoff.Backoff {
	return backoff.WithFullJitter(backoff.WithCappedDuration(longestPause, backoff.NewExponential(firstPause)))
}

// Get returns the items that exist. Each read is strongly consistent, but the reads are not one snapshot. Batches run
// concurrently.
func (t *Table) Get(ctx context.Context, keys ...table.Key) (map[table.Key]table.Item, error) {
	if err := table.CheckGet(keys); err != nil {
		return nil, fmt.Errorf("get: %w", err)
	}
	var mu sync.Mutex
	items := make(map[table.Key]table.Item, len(keys))
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for some := range slices.Chunk(distinct(keys), mostOfGet) {
		group.Go(func() error {
			return t.get(within, some, func(it table.Item) {
				mu.Lock()
				defer mu.Unlock()
				items[it.Key] = it
			})
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("get: %w", tableError(ctx, err))
	}
	return items, nil
}

func distinct(keys []table.Key) []table.Key {
	seen := make(map[table.Key]bool, len(keys))
	return slices.DeleteFunc(slices.Clone(keys), func(k table.Key) bool {
		duplicate := seen[k]
		seen[k] = true
		return duplicate
	})
}

func (t *Table) get(ctx context.Context, keys []table.Key, each func(table.Item)) error {
	ask := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, key := range keys {
		ask.Keys = append(ask.Keys, keyAttributes(key))
	}
	return t.read(ctx, func(ctx context.Context) error {
		// A response ends at 16 MB, which is no reason to wait; a response without items is one.
		for asked := 0; asked != len(ask.Keys); {
			asked = len(ask.Keys)
			out, err := t.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{t.name: ask}})
			if err != nil {
				return err
			}
			for _, attributes := range out.Responses[t.name] {
				it, err := decode(attributes)
				if err != nil {
					return err
				}
				each(it)
			}
			ask.Keys = out.UnprocessedKeys[t.name].Keys
			if len(ask.Keys) == 0 {
				return nil
			}
		}
		return fmt.Errorf("%w: %w: %d keys were not read", table.ErrUnavailable, errThrottled, len(ask.Keys))
	})
}

// read repeats a call that is throttled.
func (t *Table) read(ctx context.Context, call func(context.Context) error) error {
	return backoff.Do(ctx, backoff.WithMaxRetries(throttledTries-1, t.pauses()), func(ctx context.Context) error {
		err := call(ctx)
		if isThrottled(err) {
			return backoff.RetryableError(err)
		}
		return err
	})
}

// Query returns a page, which DynamoDB ends at 1 MB even below the limit.
func (t *Table) Query(ctx context.Context, q table.Query) (table.Page, error) {
	q, err := table.CheckQuery(q)
	if err != nil {
		return table.Page{}, fmt.Errorf("query: %w", err)
	}
	last, resumed, err := q.Begin()
	if err != nil {
		return table.Page{}, fmt.Errorf("query: %w", err)
	}
	if q.To != "" && q.From > q.To {
		return table.Page{}, nil // DynamoDB would refuse the range
	}
	var out *dynamodb.QueryOutput
	err = t.read(ctx, func(ctx context.Context) (err error) {
		out, err = t.client.Query(ctx, t.queryInput(q, last, resumed))
		return err
	})
	if err != nil {
		return table.Page{}, fmt.Errorf("query: %w", tableError(ctx, err))
	}
	var page table.Page
	for _, attributes := range out.Items {
		it, err := decode(attributes)
		if err != nil {
			return table.Page{}, fmt.Errorf("query: %w", err)
		}
		page.Items = append(page.Items, it)
	}
	more := len(out.LastEvaluatedKey) > 0
	if len(page.Items) > q.Limit {
		page.Items, more = page.Items[:q.Limit], true
	}
	if more && len(page.Items) > 0 {
		page.Next = q.After(page.Items[len(page.Items)-1])
	}
	return page, nil
}

func (t *Table) queryInput(q table.Query, last table.Item, resumed bool) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName:                 &t.name,
		ExpressionAttributeNames:  map[string]string{"#pk": "pk"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":pk": str(q.PK)},
		ScanIndexForward:          aws.Bool(!q.Backward),
		Limit:                     aws.Int32(int32(q.Limit) + 1), // one more, to find out whether there is a next page
		ConsistentRead:            aws.Bool(!q.Index),
	}
	sk := "sk"
	if q.Index {
		in.IndexName, in.ExpressionAttributeNames["#pk"], sk = aws.String(indexName), "ipk", "isk"
	}
	condition := "#pk = :pk"
	place := func(text string, values map[string]string) {
		condition += " AND " + text
		in.ExpressionAttributeNames["#sk"] = sk
		for name, value := range values {
			in.ExpressionAttributeValues[name] = str(value)
		}
	}
	switch {
	case q.Prefix != "":
		place("begins_with(#sk, :prefix)", map[string]string{":prefix": q.Prefix})
	case q.From != "" && q.To != "":
		place("#sk BETWEEN :from AND :to", map[string]string{":from": q.From, ":to": q.To})
	case q.From != "":
		place("#sk >= :from", map[string]string{":from": q.From})
	case q.To != "":
		place("#sk <= :to", map[string]string{":to": q.To})
	}
	in.KeyConditionExpression = &condition
	if resumed {
		in.ExclusiveStartKey = keyAttributes(last.Key)
		if q.Index {
			in.ExclusiveStartKey["ipk"], in.ExclusiveStartKey["isk"] = str(last.Index.PK), str(last.Index.SK)
		}
	}
	return in
}

// Write applies all operations or none. If its error is not a Conflict, the operations may have been applied, because
// the response may have been lost. A single unconditional put may then be applied twice and raise Rev by two.
func (t *Table) Write(ctx context.Context, ops ...table.Op) error {
	if err := table.CheckWrite(ops); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	send := t.transaction(ops)
	if len(ops) == 1 && ops[0].Verb != table.Check && (ops[0].If == table.Always || table.IsPlain(ctx)) {
		send = t.single(ops[0]) // at half the cost
	}
	try := 0
	err := backoff.Do(ctx, t.pauses(), func(ctx context.Context) error {
		try++
		err := t.writeError(ops, send(ctx))
		conflict, ok := table.AsConflict(err)
		met := ok && len(conflict.Failed) == 0
		most := 1
		switch {
		case met && !table.IsUnrepeated(ctx):
			most = tries
		case errors.Is(err, errThrottled):
			most = throttledTries
		}
		if try < most {
			return backoff.RetryableError(err)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("write: %w", tableError(ctx, err))
	}
	return nil
}

func (t *Table) single(op table.Op) func(context.Context) error {
	key := keyAttributes(op.Item.Key)
	if op.Verb == table.Delete {
		e := &expression{}
		condition := e.condition(op.If)
		return func(ctx context.Context) error {
			_, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
				TableName: &t.name, Key: key,
				ConditionExpression: condition, ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
			})
			return err
		}
	}
	update := updating(op.Item)
	condition := update.condition(op.If)
	return func(ctx context.Context) error {
		_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &t.name, Key: key, UpdateExpression: &update.text,
			ConditionExpression: condition, ExpressionAttributeNames: update.names, ExpressionAttributeValues: update.values,
		})
		return err
	}
}

// transaction returns a call that may be repeated, also by the client: all repetitions have the same token, so that
// DynamoDB applies the transaction once and answers each of them alike.
func (t *Table) transaction(ops []table.Op) func(context.Context) error {
	in := &dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String(ulid.Make().String())}
	for _, op := range ops {
		in.TransactItems = append(in.TransactItems, t.operation(op))
	}
	return func(ctx context.Context) error {
		_, err := t.client.TransactWriteItems(ctx, in)
		return err
	}
}

func (t *Table) operation(op table.Op) types.TransactWriteItem {
	key := keyAttributes(op.Item.Key)
	e := &expression{}
	if op.Verb == table.Put {
		e = updating(op.Item)
	}
	condition := e.condition(op.If)
	switch op.Verb {
	case table.Delete:
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: &t.name, Key: key,
			ConditionExpression: condition, ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		}}
	case table.Check:
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &t.name, Key: key,
			ConditionExpression: condition, ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		}}
	default:
		return types.TransactWriteItem{Update: &types.Update{
			TableName: &t.name, Key: key, UpdateExpression: &e.text,
			ConditionExpression: condition, ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		}}
	}
}

// expression is a DynamoDB expression with its names and values.
type expression struct {
	text   string
	names  map[string]string
	values map[string]types.AttributeValue
}

func (e *expression) name(attribute string) string {
	if e.names == nil {
		e.names = map[string]string{}
	}
	e.names["#"+attribute] = attribute
	return "#" + attribute
}

func (e *expression) value(name string, value types.AttributeValue) string {
	if e.values == nil {
		e.values = map[string]types.AttributeValue{}
	}
	e.values[":"+name] = value
	return ":" + name
}

// updating returns the update expression that replaces the item and increments Rev.
func updating(it table.Item) *expression {
	e := &expression{}
	data := it.Data
	if data == nil {
		data = []byte{}
	}
	set := []string{
		e.name("data") + " = " + e.value("data", &types.AttributeValueMemberB{Value: data}),
		e.name("rev") + " = if_not_exists(#rev, " + e.value("none", number(0)) + ") + " + e.value("one", number(1)),
	}
	var remove []string
	put := func(attribute string, there bool, value types.AttributeValue) {
		if there {
			set = append(set, e.name(attribute)+" = "+e.value(attribute, value))
		} else {
			remove = append(remove, e.name(attribute))
		}
	}
	put("ipk", it.Index.PK != "", str(it.Index.PK))
	put("isk", it.Index.SK != "", str(it.Index.SK))
	put("expires", !it.Expires.IsZero(), number(it.Expires.Unix()))
	e.text = "SET " + strings.Join(set, ", ")
	if remove != nil {
		e.text += " REMOVE " + strings.Join(remove, ", ")
	}
	return e
}

func (e *expression) condition(c table.Condition) *string {
	var text string
	switch kind, rev := c.Kind(); kind {
	case 1:
		text = "attribute_not_exists(" + e.name("pk") + ")"
	case 2:
		text = "attribute_exists(" + e.name("pk") + ")"
	case 3:
		text = e.name("rev") + " = " + e.value("at", number(rev))
	default:
		return nil
	}
	return &text
}

// errThrottled marks throttling: of a call, or within a cancelled transaction, which the client does not retry.
var errThrottled = errors.New("throttled")

// isThrottled reports whether the service throttled a call.
func isThrottled(err error) bool {
	return errors.Is(err, errThrottled) || retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}.IsErrorThrottle(err) == aws.TrueTernary
}

// writeError maps the error of a write: failed conditions and concurrent transactions to a Conflict, throttling to
// errThrottled.
func (t *Table) writeError(ops []table.Op, err error) error {
	if _, met := errors.AsType[*types.TransactionConflictException](err); met {
		return &table.Conflict{}
	}
	if _, failed := errors.AsType[*types.ConditionalCheckFailedException](err); failed {
		return &table.Conflict{Failed: []int{0}, Keys: []table.Key{ops[0].Item.Key}}
	}
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok {
		if isThrottled(err) {
			return fmt.Errorf("%w: %w: %w", table.ErrUnavailable, errThrottled, err)
		}
		return err
	}
	conflict, met, throttled := &table.Conflict{}, false, false
	for i, reason := range cancelled.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "ConditionalCheckFailed":
			if i < len(ops) {
				conflict.Failed = append(conflict.Failed, i)
				conflict.Keys = append(conflict.Keys, ops[i].Item.Key)
			}
		case "TransactionConflict":
			met = true
		case "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded":
			throttled = true
		}
	}
	switch {
	case len(conflict.Failed) > 0 || met:
		return conflict
	case throttled:
		return fmt.Errorf("%w: %w: %w", table.ErrUnavailable, errThrottled, err)
	}
	return err
}

// tableError maps an error of the client to the errors of package table.
func tableError(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	_, conflict := table.AsConflict(err)
	if conflict || errors.Is(err, table.ErrUnavailable) || errors.Is(err, context.Canceled) {
		return err
	}
	// An error that the service returned means unavailability if the client would retry it; without a response, any
	// error does.
	api, answered := errors.AsType[smithy.APIError](err)
	if !answered || api.ErrorFault() == smithy.FaultServer || retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary {
		return fmt.Errorf("%w: %w", table.ErrUnavailable, err)
	}
	return err
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func keyAttributes(k table.Key) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": str(k.PK), "sk": str(k.SK)}
}

func decode(attributes map[string]types.AttributeValue) (table.Item, error) {
	text := func(name string) string {
		value, _ := attributes[name].(*types.AttributeValueMemberS)
		if value == nil {
			return ""
		}
		return value.Value
	}
	whole := func(name string) (int64, error) {
		value, _ := attributes[name].(*types.AttributeValueMemberN)
		if value == nil {
			return 0, nil
		}
		return strconv.ParseInt(value.Value, 10, 64)
	}
	it := table.Item{Key: table.Key{PK: text("pk"), SK: text("sk")}, Index: table.Key{PK: text("ipk"), SK: text("isk")}}
	if data, ok := attributes["data"].(*types.AttributeValueMemberB); ok {
		it.Data = data.Value
	}
	var err error
	if it.Rev, err = whole("rev"); err != nil {
		return table.Item{}, fmt.Errorf("item %s/%s: rev: %w", it.PK, it.SK, err)
	}
	seconds, err := whole("expires")
	if err != nil {
		return table.Item{}, fmt.Errorf("item %s/%s: expires: %w", it.PK, it.SK, err)
	}
	if seconds != 0 {
		it.Expires = time.Unix(seconds, 0).UTC()
	}
	return it, nil
}
