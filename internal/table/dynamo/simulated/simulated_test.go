package simulated

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"outreach/internal/table"
	"outreach/internal/table/dynamo"
	"outreach/internal/table/tabletest"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	timed := DynamoDB
	timed.PartitionReads, timed.PartitionWrites = 0, 0 // no limit: the suite writes megabytes into one partition
	for name, b := range map[string]Behaviour{"at once": {}, "in time": timed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && b.Read > 0 {
				t.Skip("the suite waits in real time, half a minute")
			}
			tabletest.Run(t, func(*testing.T) table.Table { return dynamo.New(New(b), "t") })
		})
	}
}

func key(pk, sk string) table.Key { return table.Key{PK: pk, SK: sk} }

func put(k table.Key, data string) table.Op {
	return table.Op{Item: table.Item{Key: k, Data: []byte(data)}}
}

func TestCallsTakeTimeAndAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(DynamoDB)
		home := dynamo.New(s, "t")
		from := time.Now()
		ctx, used := Count(t.Context())
		if err := home.Write(ctx, put(key("a", "1"), "x"), put(key("a", "2"), fmt.Sprintf("%02000d", 1))); err != nil {
			t.Fatal(err)
		}
		if _, err := home.Get(ctx, key("a", "1"), key("a", "2"), key("a", "3")); err != nil {
			t.Fatal(err)
		}
		if err := home.Write(ctx, put(key("a", "1"), "y")); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(from); took != DynamoDB.Transaction+DynamoDB.Read+DynamoDB.Write {
			t.Errorf("it took %s", took)
		}
		if got, want := used(), (Usage{Calls: 3, Transactions: 1, Reads: 3, Writes: 2 + 4 + 1, Chain: 3}); got != want || got != s.Usage() {
			t.Errorf("used %+v, want %+v, in all %+v", got, want, s.Usage())
		}
	})
}

func TestTransactionsOnItemsInFlightConflict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(DynamoDB)
		home := dynamo.New(s, "t")
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				err := home.Write(t.Context(), put(key("hot", "counter"), "x"), put(key("own", fmt.Sprint(i)), "x"))
				if conflict, ok := table.AsConflict(err); err != nil && (!ok || len(conflict.Failed) > 0) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if u := s.Usage(); u.Conflicts < 20 || u.Transactions < 40 {
			t.Errorf("used %+v, want many conflicts", u)
		}
	})
}

func TestPartitionHasAThroughput(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(DynamoDB)
		home := dynamo.New(s, "t")
		write := func(pk func(int) string) (failed int) {
			var wg sync.WaitGroup
			var mu sync.Mutex
			for i := range 4000 {
				wg.Go(func() {
					if err := home.Write(t.Context(), put(key(pk(i), fmt.Sprint(i)), "x")); errors.Is(err, table.ErrUnavailable) {
						mu.Lock()
						defer mu.Unlock()
						failed++
					} else if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			return failed
		}
		if n := write(func(i int) string { return fmt.Sprint(i) }); n > 0 || s.Usage().Throttled > 0 {
			t.Errorf("%d writes of as many partitions failed", n)
		}
		from := time.Now()
		if n := write(func(int) string { return "hot" }); n > 0 || s.Usage().Throttled == 0 || time.Since(from) < 3*time.Second {
			t.Errorf("4,000 writes of one partition take %s, %d fail, %d calls are throttled", time.Since(from), n, s.Usage().Throttled)
		}
	})
}

func TestIndexLagsBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		home := dynamo.New(New(DynamoDB), "t")
		op := put(key("a", "1"), "x")
		op.Item.Index = key("i", "1")
		if err := home.Write(t.Context(), op); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{0, 1} {
			page, err := home.Query(t.Context(), table.Query{PK: "i", Index: true})
			if err != nil || len(page.Items) != want {
				t.Errorf("%d items, %v, want %d", len(page.Items), err, want)
			}
			time.Sleep(DynamoDB.IndexLag)
		}
	})
}

// A client repeats a transaction whose response was lost, with the same token: it succeeds, and is not applied again.
func TestARepeatedTransactionIsAppliedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(DynamoDB)
		recorded := &recorder{API: s}
		if err := dynamo.New(recorded, "t").Write(t.Context(), put(key("a", "1"), "x"), put(key("a", "2"), "x")); err != nil {
			t.Fatal(err)
		}
		in := recorded.last
		if in == nil || aws.ToString(in.ClientRequestToken) == "" {
			t.Fatal("the transaction has no token")
		}
		written := 0
		s.Changed = func(_ string, items []table.Item) { written += len(items) }
		if _, err := s.TransactWriteItems(t.Context(), in); err != nil || written > 0 {
			t.Errorf("with the same token: %v, %d items are written, want none", err, written)
		}
		other := *in
		other.ClientRequestToken = aws.String("another token")
		if _, err := s.TransactWriteItems(t.Context(), &other); err != nil || written != 2 {
			t.Errorf("with another token: %v, %d items are written, want 2", err, written)
		}
	})
}

// recorder notes the last transaction.
type recorder struct {
	dynamo.API
	last *dynamodb.TransactWriteItemsInput
}

func (r *recorder) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, options ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	r.last = in
	return r.API.TransactWriteItems(ctx, in, options...)
}

func TestChangedReportsWhatIsWrittenAndNotWhatIsChecked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(DynamoDB)
		var changed []table.Key
		s.Changed = func(_ string, items []table.Item) {
			for _, it := range items {
				changed = append(changed, it.Key)
			}
		}
		home := dynamo.New(s, "t")
		if err := home.Write(t.Context(), put(key("a", "1"), "x"), table.Op{Verb: table.Check, Item: table.Item{Key: key("a", "0")}, If: table.Absent}); err != nil {
			t.Fatal(err)
		}
		if len(changed) != 1 || changed[0] != key("a", "1") {
			t.Errorf("changed: %v", changed)
		}
	})
}
