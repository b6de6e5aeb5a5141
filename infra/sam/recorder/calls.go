package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"
)

// Call is a permission that a request needed.
type Call struct {
	Key      string              `json:"key"`               // the access key that signed it; "" where no one did
	Action   string              `json:"action"`            // as in a policy: dynamodb:Query
	Resource string              `json:"resource"`          // the last part of its ARN: table/people/index/index
	Context  map[string][]string `json:"context,omitempty"` // what conditions may ask for
}

// calls returns the permissions that a request needed: a transaction needs several. The answer matters where S3 reveals
// that an object is missing only to callers that may list the bucket.
func calls(r *http.Request, body []byte, status int) ([]Call, error) {
	key, service := signed(r)
	one := func(action, resource string) []Call { return []Call{{Key: key, Action: action, Resource: resource}} }
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch {
	case key == "":
		return one(r.Method, r.URL.Path), nil
	case service == "s3":
		return files(key, r, status), nil
	case service == "dynamodb":
		return table(key, operation, body)
	case service == "secretsmanager":
		var in struct{ SecretId string }
		err := json.Unmarshal(body, &in)
		return one("secretsmanager:"+operation, resource(in.SecretId)), err
	case service == "sqs":
		var in struct{ QueueUrl string }
		err := json.Unmarshal(body, &in)
		return one("sqs:"+strings.TrimSuffix(operation, "Batch"), path.Base(in.QueueUrl)), err
	case service == "ses" && r.URL.Path == "/v2/email/outbound-emails":
		var in struct {
			FromEmailAddress string
			Content          struct{ Raw json.RawMessage }
		}
		err := json.Unmarshal(body, &in)
		action := "ses:SendEmail"
		if in.Content.Raw != nil {
			action = "ses:SendRawEmail"
		}
		return []Call{{key, action, "identity/" + in.FromEmailAddress, map[string][]string{"ses:FromAddress": {in.FromEmailAddress}}}}, err
	}
	return one(service+":"+r.Method+operation, r.URL.Path), nil
}

// signed returns the access key that signed a request, in its header or its address, and the service.
func signed(r *http.Request) (key, service string) {
	scope := r.URL.Query().Get("X-Amz-Credential")
	if scope == "" {
		_, scope, _ = strings.Cut(r.Header.Get("Authorization"), "Credential=")
		scope, _, _ = strings.Cut(scope, ",")
	}
	parts := strings.Split(scope, "/") // key/day/region/service/aws4_request
	if len(parts) != 5 {
		return "", ""
	}
	return parts[0], parts[3]
}

func isFile(r *http.Request) bool {
	_, service := signed(r)
	return service == "s3"
}

func files(key string, r *http.Request, status int) []Call {
	bucket, object, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	verbs := map[string]string{http.MethodGet: "Get", http.MethodHead: "Get", http.MethodPut: "Put", http.MethodDelete: "Delete"}
	list := Call{Key: key, Action: "s3:ListBucket", Resource: bucket}
	query := r.URL.Query()
	switch verb := verbs[r.Method]; {
	case object == "" && r.Method == http.MethodGet && query.Has("versions"):
		return []Call{{Key: key, Action: "s3:ListBucketVersions", Resource: bucket}}
	case verb == "Delete" && query.Has("versionId"):
		return []Call{{Key: key, Action: "s3:DeleteObjectVersion", Resource: bucket + "/" + object}}
	case object == "" && r.Method == http.MethodGet:
		if prefix := query.Get("prefix"); prefix != "" {
			list.Context = map[string][]string{"s3:prefix": {prefix}}
		}
		return []Call{list}
	case object == "" || verb == "":
		return []Call{{Key: key, Action: "s3:" + r.Method, Resource: bucket + "/" + object}}
	case verb == "Get" && status == http.StatusNotFound:
		return []Call{{Key: key, Action: "s3:GetObject", Resource: bucket + "/" + object}, list}
	default:
		return []Call{{Key: key, Action: "s3:" + verb + "Object", Resource: bucket + "/" + object}}
	}
}

// attributes are the attributes of an item, of which only strings are read.
type attributes map[string]struct{ S string }

// item is the part of a request that names an item.
type item struct {
	TableName, IndexName string
	Key, Item            attributes
}

func table(key, operation string, body []byte) ([]Call, error) {
	var in struct {
		item
		RequestItems  map[string]struct{ Keys []attributes }
		TransactItems []map[string]item
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	var calls []Call
	add := func(action, name, index string, keys ...attributes) {
		call := Call{Key: key, Action: "dynamodb:" + action, Resource: "table/" + name}
		if index != "" {
			call.Resource += "/index/" + index
		}
		for _, k := range keys {
			if leading := k["pk"].S; leading != "" {
				call.Context = map[string][]string{"dynamodb:LeadingKeys": append(call.Context["dynamodb:LeadingKeys"], leading)}
			}
		}
		calls = append(calls, call)
	}
	switch operation {
	case "BatchGetItem":
		for name, asked := range in.RequestItems {
			add(operation, name, "", asked.Keys...)
		}
	case "TransactWriteItems":
		for _, parts := range in.TransactItems {
			for verb, part := range parts {
				add(verb+"Item", part.TableName, "", part.Key, part.Item) // PutItem, UpdateItem, DeleteItem, ConditionCheckItem
			}
		}
	default:
		add(operation, in.TableName, in.IndexName, in.Key, in.Item)
	}
	return calls, nil
}

// resource returns the last part of an ARN, or a name unchanged.
func resource(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	return parts[len(parts)-1]
}
