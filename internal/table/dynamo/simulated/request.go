package simulated

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"outreach/internal/table"
)

// Requests are understood in the forms that package dynamo writes. Anything else is a validation error.

func invalid(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

type attributes = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func text(a attributes, name string) string {
	if value, ok := a[name].(*types.AttributeValueMemberS); ok {
		return value.Value
	}
	return ""
}

func whole(a attributes, name string) int64 {
	if value, ok := a[name].(*types.AttributeValueMemberN); ok {
		if n, err := strconv.ParseInt(value.Value, 10, 64); err == nil {
			return n
		}
	}
	return 0
}

func keyOf(a attributes) table.Key { return table.Key{PK: text(a, "pk"), SK: text(a, "sk")} }

// attributes returns the item as the service answers it.
func (it stored) attributes() attributes {
	a := attributes{"pk": str(it.PK), "sk": str(it.SK), "data": &types.AttributeValueMemberB{Value: append([]byte{}, it.Data...)},
		"rev": &types.AttributeValueMemberN{Value: strconv.FormatInt(it.Rev, 10)}}
	if it.Index != (table.Key{}) {
		a["ipk"], a["isk"] = str(it.Index.PK), str(it.Index.SK)
	}
	if !it.Expires.IsZero() {
		a["expires"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(it.Expires.Unix(), 10)}
	}
	return a
}

// parseUpdate reads an update that replaces an item and increments its revision.
func parseUpdate(key attributes, update, condition *string, names map[string]string, values attributes) (table.Op, error) {
	op, err := parseConditional(key, condition, names, values)
	if err != nil {
		return op, err
	}
	set, _, _ := strings.Cut(strings.TrimPrefix(aws.ToString(update), "SET "), " REMOVE ")
	for _, assignment := range strings.Split(set, ", ") {
		place, value, _ := strings.Cut(assignment, " = ")
		if strings.HasPrefix(assignment, ":") { // the rest of if_not_exists(#rev, :none) + :one
			continue
		}
		switch names[place] {
		case "data":
			data, ok := values[value].(*types.AttributeValueMemberB)
			if !ok {
				return op, invalid("data is not binary")
			}
			op.Item.Data = append([]byte{}, data.Value...)
		case "ipk":
			op.Item.Index.PK = text(values, value)
		case "isk":
			op.Item.Index.SK = text(values, value)
		case "expires":
			op.Item.Expires = time.Unix(whole(values, value), 0).UTC()
		case "rev":
		default:
			return op, invalid("update %s", assignment)
		}
	}
	if n := sizeOf(op.Item); n > 400*1024 {
		return op, invalid("an item of %d bytes", n)
	}
	return op, nil
}

// parseConditional reads a key and its condition.
func parseConditional(key attributes, condition *string, names map[string]string, values attributes) (table.Op, error) {
	op := table.Op{Item: table.Item{Key: keyOf(key)}}
	switch expression := aws.ToString(condition); {
	case expression == "":
	case expression == "attribute_not_exists(#pk)":
		op.If = table.Absent
	case expression == "attribute_exists(#pk)":
		op.If = table.Present
	case expression == "#rev = :at" && names["#rev"] == "rev":
		op.If = table.At(whole(values, ":at"))
	default:
		return op, invalid("condition %s", expression)
	}
	return op, nil
}

func parseTransactItem(item types.TransactWriteItem) (name *string, op table.Op, err error) {
	switch {
	case item.Update != nil:
		u := item.Update
		op, err = parseUpdate(u.Key, u.UpdateExpression, u.ConditionExpression, u.ExpressionAttributeNames, u.ExpressionAttributeValues)
		return u.TableName, op, err
	case item.Delete != nil:
		d := item.Delete
		op, err = parseConditional(d.Key, d.ConditionExpression, d.ExpressionAttributeNames, d.ExpressionAttributeValues)
		op.Verb = table.Delete
		return d.TableName, op, err
	case item.ConditionCheck != nil:
		c := item.ConditionCheck
		op, err = parseConditional(c.Key, c.ConditionExpression, c.ExpressionAttributeNames, c.ExpressionAttributeValues)
		op.Verb = table.Check
		return c.TableName, op, err
	}
	return nil, op, invalid("an operation of an unknown kind")
}

// query is a query that was read.
type query struct {
	pk, from, to, prefix string
	index, backward      bool
	consistent           bool
	limit                int
	start                *stored // the item after which the page begins
}

func parseQuery(in *dynamodb.QueryInput) (query, error) {
	q := query{
		index: in.IndexName != nil, backward: !aws.ToBool(in.ScanIndexForward), consistent: aws.ToBool(in.ConsistentRead), limit: int(aws.ToInt32(in.Limit)),
		pk: text(in.ExpressionAttributeValues, ":pk"),
	}
	if q.index && q.consistent {
		return q, invalid("a consistent read of the index")
	}
	if q.limit <= 0 {
		q.limit = 1 << 30
	}
	condition, ranged := strings.CutPrefix(aws.ToString(in.KeyConditionExpression), "#pk = :pk")
	if !ranged || q.pk == "" {
		return q, invalid("key condition %s", aws.ToString(in.KeyConditionExpression))
	}
	switch strings.TrimPrefix(condition, " AND ") {
	case "":
	case "begins_with(#sk, :prefix)":
		q.prefix = text(in.ExpressionAttributeValues, ":prefix")
		q.from = q.prefix
	case "#sk BETWEEN :from AND :to":
		q.from, q.to = text(in.ExpressionAttributeValues, ":from"), text(in.ExpressionAttributeValues, ":to")
		if q.from > q.to {
			return q, invalid("an empty range")
		}
	case "#sk >= :from":
		q.from = text(in.ExpressionAttributeValues, ":from")
	case "#sk <= :to":
		q.to = text(in.ExpressionAttributeValues, ":to")
	default:
		return q, invalid("key condition %s", condition)
	}
	if k := in.ExclusiveStartKey; len(k) > 0 {
		q.start = &stored{Item: table.Item{Key: keyOf(k), Index: table.Key{PK: text(k, "ipk"), SK: text(k, "isk")}}}
	}
	return q, nil
}

// last is greater than every valid sort key.
const last = "\U0010ffff\U0010ffff"

// lowest returns where an ascending walk begins.
func (q query) lowest() stored {
	if q.start != nil {
		return *q.start
	}
	if q.index {
		return stored{Item: table.Item{Index: table.Key{PK: q.pk, SK: q.from}}}
	}
	return stored{Item: table.Item{Key: table.Key{PK: q.pk, SK: q.from}}}
}

// highest returns where a descending walk begins.
func (q query) highest() stored {
	if q.start != nil {
		return *q.start
	}
	to := last
	switch {
	case q.prefix != "":
		to = q.prefix + last
	case q.to != "":
		to = q.to
	}
	if q.index {
		return stored{Item: table.Item{Index: table.Key{PK: q.pk, SK: to}, Key: table.Key{PK: last, SK: last}}}
	}
	return stored{Item: table.Item{Key: table.Key{PK: q.pk, SK: to}}}
}

// isAfterStart reports whether an item comes after the one at which the page before ended.
func (q query) isAfterStart(it stored) bool {
	return q.start == nil || it.Key != q.start.Key
}
