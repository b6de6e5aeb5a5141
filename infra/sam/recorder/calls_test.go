package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecorderWritesEachPermissionThatACallNeeds(t *testing.T) {
	leading := func(keys ...string) map[string][]string { return map[string][]string{"dynamodb:LeadingKeys": keys} }
	tests := []struct {
		name, method, target, operation, service, body string
		status                                         int
		want                                           []Call
	}{
		{"a query of an index", "POST", "/", "DynamoDB_20120810.Query", "dynamodb", `{"TableName": "people", "IndexName": "index"}`, 200,
			[]Call{{"KEY", "dynamodb:Query", "table/people/index/index", nil}}},
		{"items of one table", "POST", "/", "DynamoDB_20120810.BatchGetItem", "dynamodb", `{"RequestItems": {"people": {"Keys": [{"pk": {"S": "A"}}, {"pk": {"S": "B"}}]}}}`, 200,
			[]Call{{"KEY", "dynamodb:BatchGetItem", "table/people", leading("A", "B")}}},
		{"a transaction is what its parts are", "POST", "/", "DynamoDB_20120810.TransactWriteItems", "dynamodb",
			`{"TransactItems": [{"Update": {"TableName": "t", "Key": {"pk": {"S": "A"}}}}, {"ConditionCheck": {"TableName": "t", "Key": {"pk": {"S": "B"}}}}, {"Put": {"TableName": "u", "Item": {"pk": {"S": "C"}}}}]}`, 200,
			[]Call{{"KEY", "dynamodb:UpdateItem", "table/t", leading("A")}, {"KEY", "dynamodb:ConditionCheckItem", "table/t", leading("B")}, {"KEY", "dynamodb:PutItem", "table/u", leading("C")}}},
		{"an object is read", "GET", "/bucket/uploads/a%20b.csv", "", "s3", "", 200, []Call{{"KEY", "s3:GetObject", "bucket/uploads/a b.csv", nil}}},
		{"an object that is not there", "HEAD", "/bucket/uploads/a.csv", "", "s3", "", 404,
			[]Call{{"KEY", "s3:GetObject", "bucket/uploads/a.csv", nil}, {"KEY", "s3:ListBucket", "bucket", nil}}},
		{"a list", "GET", "/bucket?list-type=2&prefix=a", "", "s3", "", 200, []Call{{"KEY", "s3:ListBucket", "bucket", map[string][]string{"s3:prefix": {"a"}}}}},
		{"an object is put", "PUT", "/bucket/a", "", "s3", "text", 200, []Call{{"KEY", "s3:PutObject", "bucket/a", nil}}},
		{"an object goes", "DELETE", "/bucket/a", "", "s3", "", 204, []Call{{"KEY", "s3:DeleteObject", "bucket/a", nil}}},
		{"a list of versions", "GET", "/bucket?versions&prefix=a", "", "s3", "", 200, []Call{{"KEY", "s3:ListBucketVersions", "bucket", nil}}},
		{"a version of an object goes", "DELETE", "/bucket/a?versionId=7", "", "s3", "", 204, []Call{{"KEY", "s3:DeleteObjectVersion", "bucket/a", nil}}},
		{"something else of an object", "POST", "/bucket/a", "", "s3", "", 200, []Call{{"KEY", "s3:POST", "bucket/a", nil}}},
		{"the secret", "POST", "/", "secretsmanager.GetSecretValue", "secretsmanager", `{"SecretId": "arn:aws:secretsmanager:eu-central-1:000000000000:secret:it-abc"}`, 200,
			[]Call{{"KEY", "secretsmanager:GetSecretValue", "secret:it-abc", nil}}},
		{"messages to a queue", "POST", "/", "AmazonSQS.SendMessageBatch", "sqs", `{"QueueUrl": "http://localhost:4566/000000000000/it-Nights-A"}`, 200,
			[]Call{{"KEY", "sqs:SendMessage", "it-Nights-A", nil}}},
		{"a letter", "POST", "/v2/email/outbound-emails", "", "ses", `{"FromEmailAddress": "a@example.org"}`, 200,
			[]Call{{"KEY", "ses:SendEmail", "identity/a@example.org", map[string][]string{"ses:FromAddress": {"a@example.org"}}}}},
		{"a letter that comes composed", "POST", "/v2/email/outbound-emails", "", "ses", `{"FromEmailAddress": "a@example.org", "Content": {"Raw": {"Data": "VG86"}}}`, 200,
			[]Call{{"KEY", "ses:SendRawEmail", "identity/a@example.org", map[string][]string{"ses:FromAddress": {"a@example.org"}}}}},
		{"what nobody knows", "POST", "/x", "", "sns", "", 200, []Call{{"KEY", "sns:POST", "/x", nil}}},
	}
	for _, tt := range tests {
		for where, sign := range map[string]func(*http.Request){
			"header": func(r *http.Request) {
				r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=KEY/20260504/eu-central-1/"+tt.service+"/aws4_request, SignedHeaders=host, Signature=0")
			},
			"address": func(r *http.Request) {
				q := r.URL.Query()
				q.Set("X-Amz-Credential", "KEY/20260504/eu-central-1/"+tt.service+"/aws4_request")
				r.URL.RawQuery = q.Encode()
			},
		} {
			t.Run(tt.name+", signed in its "+where, func(t *testing.T) {
				r := httptest.NewRequest(tt.method, tt.target, nil)
				r.Header.Set("X-Amz-Target", tt.operation)
				sign(r)
				got, err := calls(r, []byte(tt.body), tt.status)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(tt.want, got); d != "" {
					t.Error(d)
				}
			})
		}
	}
}

func TestRecorderForwardsRequestsUnchanged(t *testing.T) {
	var out strings.Builder
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Host != "signed.example.org" || r.URL.EscapedPath() != "/bucket/a%20b%2Fc" || string(body) != "text" {
			t.Errorf("%s %s: %s", r.Host, r.URL.EscapedPath(), body)
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	defer behind.Close()
	target, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(recorder(target, &out))
	defer front.Close()
	r, err := http.NewRequest(http.MethodPut, front.URL+"/bucket/a%20b%2Fc?X-Amz-Credential=KEY/20260504/eu-central-1/s3/aws4_request", strings.NewReader("text"))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "signed.example.org"
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusTeapot {
		t.Error(response.Status)
	}
	var call Call
	if err := json.Unmarshal([]byte(out.String()), &call); err != nil || call.Action != "s3:PutObject" {
		t.Errorf("%v: %s", err, out.String())
	}
}
