// Package simulated is a DynamoDB client on tables in memory that behaves like the service under load: calls take time,
// transactions on items in flight conflict, a partition has a limited throughput, and the index lags behind. It counts
// calls and capacity units. In a bubble of testing/synctest the time is virtual, so that what is measured does not
// depend on the machine.
package simulated

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"outreach/internal/table"
	"outreach/internal/table/dynamo"
)

// Behaviour is what a Service imitates.
type Behaviour struct {
	Read, Write, Transaction time.Duration // how long a call takes
	IndexLag                 time.Duration // how long after a write the index shows it
	PartitionReads           float64       // read units a second of one partition key; as many may be saved up; 0: no limit
	PartitionWrites          float64       // write units a second of one partition key, in the table or the index; 0: no limit
}

// DynamoDB is the behaviour of the service within one region. Latencies are typical of a function beside it; the
// throughput of a partition is documented by AWS.
var DynamoDB = Behaviour{
	Read: 5 * time.Millisecond, Write: 5 * time.Millisecond, Transaction: 15 * time.Millisecond, IndexLag: 50 * time.Millisecond,
	PartitionReads: 3000, PartitionWrites: 1000,
}

// Usage counts what calls used. A call that the client repeats counts each time.
type Usage struct {
	Calls        int     // all, transactions included
	Transactions int     // calls of TransactWriteItems
	Conflicts    int     // calls that ended because an item was in flight
	Throttled    int     // calls refused, wholly or in part, because a partition had no throughput left
	Reads        float64 // read units
	Writes       float64 // write units, of the tables and of the index
	Chain        int     // the most calls of which each began after the one before it had ended
}

// Sub returns the usage since an earlier one. Its Chain is that of u.
func (u Usage) Sub(before Usage) Usage {
	return Usage{
		Calls: u.Calls - before.Calls, Transactions: u.Transactions - before.Transactions, Conflicts: u.Conflicts - before.Conflicts,
		Throttled: u.Throttled - before.Throttled, Reads: u.Reads - before.Reads, Writes: u.Writes - before.Writes, Chain: u.Chain,
	}
}

// Service is a DynamoDB with any number of tables, which exist as soon as they are used. It implements dynamo.API, with
// the retries of the AWS client. It is safe for concurrent use.
type Service struct {
	// Changed is called after each write, with the items that were put, and the keys alone of those deleted, as a stream
	// would report them. It must be set before the first call, and not block.
	Changed func(tableName string, items []table.Item)

	behaviour Behaviour
	retryer   aws.Retryer

	mu     sync.Mutex
	tables map[string]*contents
	tokens map[string]bool // of transactions that were applied
	usage  Usage
	chain  chain
}

var _ dynamo.API = (*Service)(nil)

// New returns a service without items.
func New(b Behaviour) *Service {
	return &Service{behaviour: b, retryer: retry.NewStandard(), tables: map[string]*contents{}, tokens: map[string]bool{}}
}

// IndexLag returns how long after a write the index shows it.
func (s *Service) IndexLag() time.Duration { return s.behaviour.IndexLag }

// Usage returns what all calls used so far.
func (s *Service) Usage() Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.usage
	u.Chain = s.chain.length
	return u
}

// Restart sets the usage to zero.
func (s *Service) Restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.usage, s.chain = Usage{}, chain{}
}

// Stored returns the size of all tables with their index as DynamoDB bills it, in bytes.
func (s *Service) Stored() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	bytes := 0
	for _, c := range s.tables {
		c.items.Scan(func(it stored) bool {
			bytes += it.size + overhead
			if it.Index.PK != "" {
				bytes += it.size + overhead
			}
			return true
		})
	}
	return bytes
}

// overhead is what DynamoDB adds to the size of each item, in the table and in the index.
const overhead = 100

type counted struct{}

// Count returns a context whose calls are also counted in the usage that the function returns.
func Count(ctx context.Context) (context.Context, func() Usage) {
	c := &counter{}
	return context.WithValue(ctx, counted{}, c), func() Usage {
		c.mu.Lock()
		defer c.mu.Unlock()
		u := c.usage
		u.Chain = c.chain.length
		return u
	}
}

type counter struct {
	mu    sync.Mutex
	usage Usage
	chain chain
}

// chain finds the longest sequence of calls that follow each other.
type chain struct {
	length int
	ends   time.Time // of the call that the sequence ends with
}

// add adds a call. Calls must be added in the order in which they end: then taking each that begins after the end of
// the last one taken gives the longest sequence.
func (c *chain) add(from, to time.Time) {
	if c.length == 0 || !from.Before(c.ends) {
		c.length, c.ends = c.length+1, to
	}
}

func (u *Usage) add(of Usage) {
	u.Calls, u.Transactions, u.Conflicts, u.Throttled = u.Calls+of.Calls, u.Transactions+of.Transactions, u.Conflicts+of.Conflicts, u.Throttled+of.Throttled
	u.Reads, u.Writes = u.Reads+of.Reads, u.Writes+of.Writes
}

// use counts a call. The caller must hold s.mu.
func (s *Service) use(ctx context.Context, from time.Time, of Usage) {
	of.Calls = 1
	now := time.Now()
	s.usage.add(of)
	s.chain.add(from, now)
	if c, ok := ctx.Value(counted{}).(*counter); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.usage.add(of)
		c.chain.add(from, now)
	}
}

// call makes a call with the retries of the AWS client.
func call[Out any](ctx context.Context, s *Service, attempt func() (*Out, error)) (*Out, error) {
	for try := 1; ; try++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out, err := attempt()
		if err == nil || try >= s.retryer.MaxAttempts() || !s.retryer.IsErrorRetryable(err) {
			return out, err
		}
		pause, delayErr := s.retryer.RetryDelay(try, err)
		if delayErr != nil {
			return nil, err
		}
		if err := wait(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// wait waits, and returns the context's error if that ends first.
func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// contents returns the content of a table. The caller must hold s.mu.
func (s *Service) contents(name *string) *contents {
	c := s.tables[aws.ToString(name)]
	if c == nil {
		c = newContents(s.behaviour)
		s.tables[aws.ToString(name)] = c
	}
	return c
}

// errExceeded is the error of a call to a partition without throughput left.
func errExceeded() error {
	return &types.ProvisionedThroughputExceededException{Message: aws.String("the partition has no throughput left")}
}

// BatchGetItem reads up to 100 items and 16 MB. Items of partitions without throughput left remain unprocessed.
func (s *Service) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	return call(ctx, s, func() (*dynamodb.BatchGetItemOutput, error) {
		from := time.Now()
		if err := wait(ctx, s.behaviour.Read); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		out := &dynamodb.BatchGetItemOutput{Responses: map[string][]map[string]types.AttributeValue{}, UnprocessedKeys: map[string]types.KeysAndAttributes{}}
		used, read, bytes := Usage{}, 0, 0
		for name, asked := range in.RequestItems {
			if read += len(asked.Keys); read > 100 {
				return nil, invalid("%d keys in one call", read)
			}
			rest := asked
			rest.Keys = nil
			c := s.contents(&name)
			for _, attributes := range asked.Keys {
				key := keyOf(attributes)
				it, exists := c.get(key)
				n := readUnits(it.size, aws.ToBool(asked.ConsistentRead))
				if bytes+it.size > 16<<20 || !c.reads.take(key.PK, n) {
					if bytes+it.size <= 16<<20 {
						used.Throttled = 1
					}
					rest.Keys = append(rest.Keys, attributes)
					continue
				}
				used.Reads, bytes = used.Reads+n, bytes+it.size
				if exists {
					out.Responses[name] = append(out.Responses[name], it.attributes())
				}
			}
			if len(rest.Keys) > 0 {
				out.UnprocessedKeys[name] = rest
			}
		}
		s.use(ctx, from, used)
		if used.Reads == 0 && used.Throttled > 0 {
			return nil, errExceeded()
		}
		return out, nil
	})
}

// Query reads a page of at most 1 MB.
func (s *Service) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return call(ctx, s, func() (*dynamodb.QueryOutput, error) {
		from := time.Now()
		if err := wait(ctx, s.behaviour.Read); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		asked, err := parseQuery(in)
		if err != nil {
			return nil, err
		}
		c := s.contents(in.TableName)
		items, more := c.query(asked)
		bytes := 0
		for _, it := range items {
			bytes += it.size
		}
		n := readUnits(bytes, asked.consistent)
		if !c.reads.take(asked.pk, n) {
			s.use(ctx, from, Usage{Throttled: 1})
			return nil, errExceeded()
		}
		s.use(ctx, from, Usage{Reads: n})
		out := &dynamodb.QueryOutput{Count: int32(len(items))}
		for _, it := range items {
			out.Items = append(out.Items, it.attributes())
		}
		if more {
			last := items[len(items)-1]
			out.LastEvaluatedKey = map[string]types.AttributeValue{"pk": str(last.PK), "sk": str(last.SK)}
			if asked.index {
				out.LastEvaluatedKey["ipk"], out.LastEvaluatedKey["isk"] = str(last.Index.PK), str(last.Index.SK)
			}
		}
		return out, nil
	})
}

// UpdateItem puts an item.
func (s *Service) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return call(ctx, s, func() (*dynamodb.UpdateItemOutput, error) {
		op, err := parseUpdate(in.Key, in.UpdateExpression, in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues)
		if err != nil {
			return nil, err
		}
		return &dynamodb.UpdateItemOutput{}, s.single(ctx, in.TableName, op)
	})
}

// DeleteItem deletes an item.
func (s *Service) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return call(ctx, s, func() (*dynamodb.DeleteItemOutput, error) {
		op, err := parseConditional(in.Key, in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues)
		if err != nil {
			return nil, err
		}
		op.Verb = table.Delete
		return &dynamodb.DeleteItemOutput{}, s.single(ctx, in.TableName, op)
	})
}

// single applies one operation. It fails if the item is part of a transaction in flight.
func (s *Service) single(ctx context.Context, name *string, op table.Op) error {
	from := time.Now()
	if err := wait(ctx, s.behaviour.Write); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.contents(name)
	if c.inFlight[op.Item.Key] > 0 {
		s.use(ctx, from, Usage{Conflicts: 1})
		return &types.TransactionConflictException{Message: aws.String("the item is part of a transaction")}
	}
	used := c.writeUnits(op)
	if !c.takeWrites(op, used) {
		s.use(ctx, from, Usage{Throttled: 1})
		return errExceeded()
	}
	s.use(ctx, from, Usage{Writes: used.base + used.index})
	if !op.If.Holds(c.rev(op.Item.Key)) {
		return &types.ConditionalCheckFailedException{Message: aws.String("the condition does not hold")}
	}
	c.apply(op)
	s.changed(name, op)
	return nil
}

// TransactWriteItems applies up to 100 operations or none. Each item is in flight from the beginning of the call to its
// end; another transaction that touches it meanwhile is cancelled.
func (s *Service) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	return call(ctx, s, func() (*dynamodb.TransactWriteItemsOutput, error) {
		if n := len(in.TransactItems); n == 0 || n > 100 {
			return nil, invalid("%d operations in one transaction", n)
		}
		ops, names, bytes := make([]table.Op, len(in.TransactItems)), make([]*string, len(in.TransactItems)), 0
		for i, item := range in.TransactItems {
			var err error
			if names[i], ops[i], err = parseTransactItem(item); err != nil {
				return nil, err
			}
			bytes += sizeOf(ops[i].Item)
		}
		if bytes > 4<<20 {
			return nil, invalid("%d bytes in one transaction", bytes)
		}
		from := time.Now()
		if reasons := s.begin(aws.ToString(in.ClientRequestToken), names, ops); reasons != nil {
			_ = wait(ctx, s.behaviour.Read)
			return nil, s.cancelled(ctx, from, reasons)
		}
		ended := wait(ctx, s.behaviour.Transaction) // the service applies a transaction in flight although its caller has gone away
		reasons := s.end(ctx, from, aws.ToString(in.ClientRequestToken), names, ops)
		switch {
		case ended != nil:
			return nil, ended
		case reasons != nil:
			return nil, &types.TransactionCanceledException{CancellationReasons: reasons}
		}
		return &dynamodb.TransactWriteItemsOutput{}, nil
	})
}

const (
	none      = "None"
	conflicts = "TransactionConflict"
	failed    = "ConditionalCheckFailed"
	throttled = "ThrottlingError"
)

// begin marks the items as in flight, or returns why it cannot.
func (s *Service) begin(token string, names []*string, ops []table.Op) (reasons []types.CancellationReason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens[token] {
		return nil
	}
	reasons, met := make([]types.CancellationReason, len(ops)), false
	for i, op := range ops {
		reasons[i].Code = aws.String(none)
		if s.contents(names[i]).inFlight[op.Item.Key] > 0 {
			reasons[i].Code, met = aws.String(conflicts), true
		}
	}
	if met {
		return reasons
	}
	for i, op := range ops {
		s.contents(names[i]).inFlight[op.Item.Key]++
	}
	return nil
}

// cancelled counts a transaction that did not begin.
func (s *Service) cancelled(ctx context.Context, from time.Time, reasons []types.CancellationReason) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.use(ctx, from, Usage{Transactions: 1, Conflicts: 1})
	return &types.TransactionCanceledException{CancellationReasons: reasons}
}

// end applies a transaction, or returns why it cannot. Capacity is used in both cases.
func (s *Service) end(ctx context.Context, from time.Time, token string, names []*string, ops []table.Op) []types.CancellationReason {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens[token] {
		s.use(ctx, from, Usage{Transactions: 1})
		return nil
	}
	used := Usage{Transactions: 1}
	reasons, refused := make([]types.CancellationReason, len(ops)), false
	for i, op := range ops {
		c := s.contents(names[i])
		if c.inFlight[op.Item.Key]--; c.inFlight[op.Item.Key] == 0 {
			delete(c.inFlight, op.Item.Key)
		}
		reasons[i].Code = aws.String(none)
		n := c.writeUnits(op)
		n.base *= 2
		if !c.takeWrites(op, n) {
			reasons[i].Code, refused, used.Throttled = aws.String(throttled), true, 1
			continue
		}
		used.Writes += n.base
		if !op.If.Holds(c.rev(op.Item.Key)) {
			reasons[i].Code, refused = aws.String(failed), true
			continue
		}
		used.Writes += n.index
	}
	s.use(ctx, from, used)
	if refused {
		return reasons
	}
	for i, op := range ops {
		s.contents(names[i]).apply(op)
	}
	if token != "" {
		s.tokens[token] = true
	}
	byTable := map[string][]table.Op{}
	for i, op := range ops {
		byTable[aws.ToString(names[i])] = append(byTable[aws.ToString(names[i])], op)
	}
	for name, written := range byTable {
		s.changed(&name, written...)
	}
	return nil
}

// changed reports what was written to Changed.
func (s *Service) changed(name *string, ops ...table.Op) {
	if s.Changed == nil {
		return
	}
	var items []table.Item
	for _, op := range ops {
		if op.Verb != table.Check {
			items = append(items, op.Item)
		}
	}
	if len(items) > 0 {
		s.Changed(aws.ToString(name), items)
	}
}
