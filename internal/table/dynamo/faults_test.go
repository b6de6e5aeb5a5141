package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	backoff "github.com/sethvargo/go-retry"

	"outreach/internal/table"
)

// wire is a transport that returns the replies of its script in order, and then the last one for all further requests.
type wire struct {
	script []reply
	mu     sync.Mutex
	asked  []request
}

type reply struct {
	status int
	body   string
	err    error // no answer came
}

type request struct {
	operation string
	body      map[string]any
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	asked := request{operation: strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_20120810.")}
	if err := json.Unmarshal(raw, &asked.body); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	answer := w.script[min(len(w.asked), len(w.script)-1)]
	w.asked = append(w.asked, asked)
	if answer.err != nil {
		return nil, answer.err
	}
	return &http.Response{
		StatusCode: answer.status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(answer.body)), Request: r,
	}, nil
}

// over returns a table on the wire whose client and retries do not wait, and counts the pauses that the table asks for.
func over(w *wire) (*Table, *int) {
	client := dynamodb.New(dynamodb.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String("http://dynamodb.example.org"), HTTPClient: &http.Client{Transport: w},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
	})
	t, pauses := New(client, "test"), 0
	t.pauses = func() backoff.Backoff {
		return backoff.BackoffFunc(func() (time.Duration, bool) { pauses++; return 0, false })
	}
	return t, &pauses
}

func failure(code string) string {
	return fmt.Sprintf(`{"__type": "com.amazonaws.dynamodb.v20120810#%s", "message": "no"}`, code)
}

func cancelledFor(codes ...string) reply {
	var reasons []string
	for _, code := range codes {
		reasons = append(reasons, fmt.Sprintf(`{"Code": %q}`, code))
	}
	return reply{status: 400, body: fmt.Sprintf(`{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "no", "CancellationReasons": [%s]}`, strings.Join(reasons, ","))}
}

var (
	done      = reply{status: 200, body: `{}`}
	lost      = reply{err: errors.New("read: connection reset by peer")}
	throttled = reply{status: 400, body: failure("ThrottlingException")}
	exceeded  = reply{status: 400, body: failure("ProvisionedThroughputExceededException")}
	broken    = reply{status: 500, body: failure("InternalServerError")}
	away      = reply{status: 503, body: `Service Unavailable`}
	working   = reply{status: 400, body: failure("TransactionInProgressException")}
	wrong     = reply{status: 400, body: failure("ValidationException")}
	forbidden = reply{status: 400, body: failure("AccessDeniedException")}
	conflicts = reply{status: 400, body: failure("TransactionConflictException")}
	met       = cancelledFor("None", "TransactionConflict")
	squeezed  = cancelledFor("ThrottlingError", "None")
)

var a, b = table.Item{Key: table.Key{PK: "p", SK: "a"}}, table.Item{Key: table.Key{PK: "p", SK: "b"}}

func TestWriteFaults(t *testing.T) {
	both := []table.Op{{Item: a, If: table.Absent}, {Item: b, If: table.At(2)}}
	single := []table.Op{{Item: a}}
	for _, c := range []struct {
		name        string
		ops         []table.Op
		script      []reply
		want        string // ok, conflict, unavailable or other
		failed      []int
		asks, waits int
	}{
		{"a lost response is retried", both, []reply{lost, done}, "ok", nil, 2, 0},
		{"throttling is retried", both, []reply{throttled, exceeded, done}, "ok", nil, 3, 0},
		{"a failing service is retried", both, []reply{broken, away, done}, "ok", nil, 3, 0},
		{"a transaction that is still in progress is retried", both, []reply{lost, working, done}, "ok", nil, 3, 0},
		{"throttling on every attempt is unavailability", both, []reply{throttled}, "unavailable", nil, 3 * throttledTries, throttledTries - 1},
		{"a service failing on every attempt is unavailability", both, []reply{broken}, "unavailable", nil, 3, 0},
		{"a service away on every attempt is unavailability", both, []reply{away}, "unavailable", nil, 3, 0},
		{"no response at all is unavailability", both, []reply{lost}, "unavailable", nil, 3, 0},
		{"a truncated response is unavailability", single, []reply{{status: 200, body: `{"a`}}, "unavailable", nil, 1, 0},
		{"a conflict with another transaction is retried", both, []reply{met, met, done}, "ok", nil, 3, 2},
		{"permanent conflicts with other transactions end as a conflict without failed operations", both, []reply{met}, "conflict", nil, tries, tries - 1},
		{"throttling within a transaction is retried", both, []reply{squeezed, done}, "ok", nil, 2, 1},
		{"throttling within a transaction on every attempt is unavailability", both, []reply{squeezed}, "unavailable", nil, throttledTries, throttledTries - 1},
		{"the condition that failed is named", both, []reply{cancelledFor("None", "ConditionalCheckFailed")}, "conflict", []int{1}, 1, 0},
		{"all conditions that failed are named", both, []reply{cancelledFor("ConditionalCheckFailed", "ConditionalCheckFailed")}, "conflict", []int{0, 1}, 1, 0},
		{"a failed condition takes precedence over a concurrent transaction", both, []reply{cancelledFor("ConditionalCheckFailed", "TransactionConflict")}, "conflict", []int{0}, 1, 0},
		{"a condition that fails at the second attempt is named", both, []reply{met, cancelledFor("ConditionalCheckFailed", "None")}, "conflict", []int{0}, 2, 1},
		{"an invalid request is not unavailability", both, []reply{wrong}, "other", nil, 1, 0},
		{"a transaction cancelled as invalid is not unavailability", both, []reply{cancelledFor("ValidationError", "None")}, "other", nil, 1, 0},
		{"a missing permission is not unavailability", both, []reply{forbidden}, "other", nil, 1, 0},
		{"a single put that conflicts with a transaction is retried", single, []reply{conflicts, done}, "ok", nil, 2, 1},
		{"a single put throttled on every attempt is unavailability", single, []reply{exceeded}, "unavailable", nil, 3 * throttledTries, throttledTries - 1},
		{"a single delete that always conflicts ends as a conflict", []table.Op{{Verb: table.Delete, Item: a}}, []reply{conflicts}, "conflict", nil, tries, tries - 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &wire{script: c.script}
			home, pauses := over(w)
			err := home.Write(t.Context(), c.ops...)
			conflict, isConflict := table.AsConflict(err)
			got := "other"
			switch {
			case err == nil:
				got = "ok"
			case isConflict && !errors.Is(err, table.ErrUnavailable):
				got = "conflict"
			case !isConflict && errors.Is(err, table.ErrUnavailable):
				got = "unavailable"
			}
			if got != c.want || isConflict && !slices.Equal(conflict.Failed, c.failed) {
				t.Errorf("%s (%v)", got, err)
			}
			if len(w.asked) != c.asks || *pauses != c.waits {
				t.Errorf("asked %d times with %d pauses, not %d and %d", len(w.asked), *pauses, c.asks, c.waits)
			}
			for _, r := range w.asked {
				if r.body["ClientRequestToken"] != w.asked[0].body["ClientRequestToken"] || len(c.ops) > 1 && r.body["ClientRequestToken"] == "" {
					t.Errorf("the tokens are %v and %v", w.asked[0].body["ClientRequestToken"], r.body["ClientRequestToken"])
				}
			}
		})
	}
	t.Run("two writes have two tokens", func(t *testing.T) {
		w := &wire{script: []reply{done}}
		home, _ := over(w)
		for range 2 {
			if err := home.Write(t.Context(), both...); err != nil {
				t.Fatal(err)
			}
		}
		if first, second := w.asked[0].body["ClientRequestToken"], w.asked[1].body["ClientRequestToken"]; first == second || first == nil {
			t.Errorf("%v and %v", first, second)
		}
	})
	t.Run("the context ends the tries", func(t *testing.T) {
		w := &wire{script: []reply{met}}
		home, _ := over(w)
		ctx, cancel := context.WithCancel(t.Context())
		home.pauses = func() backoff.Backoff {
			return backoff.BackoffFunc(func() (time.Duration, bool) { cancel(); return time.Hour, false })
		}
		if err := home.Write(ctx, both...); !errors.Is(err, context.Canceled) || errors.Is(err, table.ErrUnavailable) || len(w.asked) != 1 {
			t.Errorf("%v after %d", err, len(w.asked))
		}
	})
}

func TestWriteRequests(t *testing.T) {
	for _, c := range []struct {
		name      string
		ops       []table.Op
		operation string
	}{
		{"a single put without a condition is an update, at half the cost", []table.Op{{Item: a}}, "UpdateItem"},
		{"a single delete without a condition is a delete", []table.Op{{Verb: table.Delete, Item: a}}, "DeleteItem"},
		{"a single conditional put is a transaction, because its response may be lost", []table.Op{{Item: a, If: table.Absent}}, "TransactWriteItems"},
		{"a single conditional delete is a transaction too", []table.Op{{Verb: table.Delete, Item: a, If: table.Present}}, "TransactWriteItems"},
		{"two puts are a transaction", []table.Op{{Item: a}, {Item: b}}, "TransactWriteItems"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &wire{script: []reply{done}}
			home, _ := over(w)
			if err := home.Write(t.Context(), c.ops...); err != nil {
				t.Fatal(err)
			}
			if got := w.asked[0].operation; got != c.operation {
				t.Errorf("%s", got)
			}
		})
	}
}

func itemJSON(k table.Key) string {
	return fmt.Sprintf(`{"pk": {"S": %q}, "sk": {"S": %q}, "data": {"B": "eA=="}, "rev": {"N": "3"}}`, k.PK, k.SK)
}

func answered(left string, keys ...table.Key) reply {
	var items []string
	for _, k := range keys {
		items = append(items, itemJSON(k))
	}
	unprocessed := "{}"
	if left != "" {
		unprocessed = fmt.Sprintf(`{"test": {"ConsistentRead": true, "Keys": [%s]}}`, left)
	}
	return reply{status: 200, body: fmt.Sprintf(`{"Responses": {"test": [%s]}, "UnprocessedKeys": %s}`, strings.Join(items, ","), unprocessed)}
}

func TestGetFaults(t *testing.T) {
	const leftA, leftB = `{"pk": {"S": "p"}, "sk": {"S": "a"}}`, `{"pk": {"S": "p"}, "sk": {"S": "b"}}`
	for _, c := range []struct {
		name        string
		script      []reply
		items       int
		unavailable bool
		asks, waits int
	}{
		{"unprocessed keys are requested again at once", []reply{answered(leftB, a.Key), answered("", b.Key)}, 2, false, 2, 0},
		{"a response without items is retried after a pause", []reply{answered(leftA + "," + leftB), answered(leftB, a.Key), answered(leftB), answered("", b.Key)}, 2, false, 4, 2},
		{"only responses without items are unavailability", []reply{answered(leftA + "," + leftB)}, 0, true, throttledTries, throttledTries - 1},
		{"throttling is retried", []reply{throttled, answered("", a.Key)}, 1, false, 2, 0},
		{"throttling that outlasts the client's attempts is retried after a pause", []reply{exceeded, exceeded, exceeded, answered("", a.Key)}, 1, false, 4, 1},
		{"throttling on every attempt is unavailability", []reply{exceeded}, 0, true, 3 * throttledTries, throttledTries - 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &wire{script: c.script}
			home, pauses := over(w)
			items, err := home.Get(t.Context(), a.Key, b.Key, a.Key)
			if len(items) != c.items || errors.Is(err, table.ErrUnavailable) != c.unavailable || (err != nil) != c.unavailable {
				t.Errorf("%v, %v", items, err)
			}
			if len(w.asked) != c.asks || *pauses != c.waits {
				t.Errorf("asked %d times with %d pauses, not %d and %d", len(w.asked), *pauses, c.asks, c.waits)
			}
		})
	}
	t.Run("a query that is throttled on every attempt is unavailable", func(t *testing.T) {
		home, pauses := over(&wire{script: []reply{throttled}})
		if _, err := home.Query(t.Context(), table.Query{PK: "p"}); !errors.Is(err, table.ErrUnavailable) || *pauses != throttledTries-1 {
			t.Error(err, *pauses)
		}
	})
	t.Run("a query that is throttled for longer than the client repeats it is answered", func(t *testing.T) {
		home, _ := over(&wire{script: []reply{throttled, throttled, throttled, throttled, {status: 200, body: `{"Items": [], "Count": 0}`}}})
		if _, err := home.Query(t.Context(), table.Query{PK: "p"}); err != nil {
			t.Error(err)
		}
	})
}

func TestReadRequests(t *testing.T) {
	w := &wire{script: []reply{{status: 200, body: `{"Items": [], "Count": 0, "Responses": {"test": []}, "UnprocessedKeys": {}}`}}}
	home, _ := over(w)
	for name, c := range map[string]struct {
		q    table.Query
		want bool
	}{
		"a partition is read as it is":             {table.Query{PK: "p"}, true},
		"the index can only be read as it was":     {table.Query{PK: "p", Index: true}, false},
		"and a limit changes nothing of all that ": {table.Query{PK: "p", Limit: 1}, true},
	} {
		if _, err := home.Query(t.Context(), c.q); err != nil {
			t.Fatal(err)
		}
		if got := w.asked[len(w.asked)-1].body["ConsistentRead"]; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	keys := make([]table.Key, 0, 250)
	for i := range 250 {
		keys = append(keys, table.Key{PK: "p", SK: fmt.Sprint(i / 2)})
	}
	w.asked = nil
	if _, err := home.Get(t.Context(), keys...); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, r := range w.asked {
		asked := r.body["RequestItems"].(map[string]any)["test"].(map[string]any)
		sizes = append(sizes, len(asked["Keys"].([]any)))
		if asked["ConsistentRead"] != true {
			t.Error("a get is not strongly consistent")
		}
	}
	slices.Sort(sizes) // they are asked for side by side
	if !slices.Equal(sizes, []int{25, 100}) {
		t.Errorf("125 different keys were asked for in portions of %v", sizes)
	}
}

// A Write of one operation with a condition is a transaction, with a token that makes its repetitions one, unless the
// caller can tell a conflict with itself.
func TestPlainWriteOfOneOperationIsNoTransaction(t *testing.T) {
	failed := reply{status: 400, body: failure("ConditionalCheckFailedException")}
	for _, c := range []struct {
		name  string
		ctx   context.Context
		ops   []table.Op
		wants string
	}{
		{"a condition", t.Context(), []table.Op{{Item: a, If: table.Absent}}, "TransactWriteItems"},
		{"a condition, plain", table.Plain(t.Context()), []table.Op{{Item: a, If: table.At(2)}}, "UpdateItem"},
		{"a deletion on condition, plain", table.Plain(t.Context()), []table.Op{table.Remove(a.Key, table.Present)}, "DeleteItem"},
		{"a check, plain", table.Plain(t.Context()), []table.Op{table.Require(a.Key, table.Absent)}, "TransactWriteItems"},
		{"two operations, plain", table.Plain(t.Context()), []table.Op{{Item: a}, {Item: b}}, "TransactWriteItems"},
	} {
		w := &wire{script: []reply{done}}
		tab, _ := over(w)
		if err := tab.Write(c.ctx, c.ops...); err != nil || len(w.asked) != 1 || w.asked[0].operation != c.wants {
			t.Errorf("%s: %v, %+v, want %s", c.name, err, w.asked, c.wants)
		} else if _, conditional := w.asked[0].body["ConditionExpression"]; c.wants != "TransactWriteItems" && !conditional {
			t.Errorf("%s: no condition in %v", c.name, w.asked[0].body)
		}
	}
	for _, script := range [][]reply{{failed}, {lost, failed}} {
		w := &wire{script: script}
		tab, _ := over(w)
		conflict, is := table.AsConflict(tab.Write(table.Plain(t.Context()), table.Op{Item: a, If: table.Absent}))
		if !is || !slices.Equal(conflict.Failed, []int{0}) || conflict.Keys[0] != a.Key {
			t.Errorf("a failed condition: %+v", conflict)
		}
	}
}
