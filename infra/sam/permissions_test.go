//go:build sam

package sam

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// call is a permission that a request of a function needed, as infra/sam/recorder has written it.
type call struct {
	Key, Action, Resource string
	Context               map[string][]string
}

// onBehalf are the actions that Lambda uses with a function's role: for its log and trace, for the queue or stream that
// invokes it, and for failed events. The function does not call them, so they are not recorded.
var onBehalf = []struct {
	action, resource string   // the resource holds this
	wakes            []string // those that need it; none: all
}{
	{"logs:CreateLogStream", ":log-group:", nil},
	{"logs:PutLogEvents", ":log-group:", nil},
	{"xray:PutTraceSegments", "*", nil},
	{"xray:PutTelemetryRecords", "*", nil},
	{"sqs:ReceiveMessage", "Uploads", []string{"SQS"}},
	{"sqs:DeleteMessage", "Uploads", []string{"SQS"}},
	{"sqs:GetQueueAttributes", "Uploads", []string{"SQS"}},
	{"sqs:ReceiveMessage", "Nights", []string{"SQS"}},
	{"sqs:DeleteMessage", "Nights", []string{"SQS"}},
	{"sqs:GetQueueAttributes", "Nights", []string{"SQS"}},
	{"dynamodb:DescribeStream", "/stream/", []string{"DynamoDB"}},
	{"dynamodb:GetRecords", "/stream/", []string{"DynamoDB"}},
	{"dynamodb:GetShardIterator", "/stream/", []string{"DynamoDB"}},
	{"dynamodb:ListStreams", "/stream/", []string{"DynamoDB"}},
	{"s3:PutObject", "/aws/lambda/", []string{"DynamoDB"}},
	{"s3:ListBucket", "", []string{"DynamoDB"}},
	{"sqs:SendMessage", "Missed", []string{"ScheduleV2"}},
}

// seldom are statements that no scenario uses, by function and part of the resource or action, with the reason why they
// are needed nevertheless.
var seldom = map[[2]string]string{
	{"ManageUploads", "/answers/"}:                  "a list of sign-ups that is too long for Lambda has thousands of them, which take minutes to make",
	{"DefineProject", "/uploads/"}:                  "no scenario says which column of a file is which; the tests of infra/tracker do",
	{"IngestUpload", "dynamodb:DeleteItem"}:         "the sign-ups of a file meet others only if people sign up at the same time",
	{"IngestUpload", "sqs:ChangeMessageVisibility"}: "a file that needs more than one invocation has too many rows for a scenario",
	{"MoveProject", "s3:PutObject"}:                 "the tests of infra/tracker take projects in: the stack has no other tracker to take one from",
	{"MoveProject", "dynamodb:DeleteItem"}:          "an import writes people, and removes what it has written last; see above",
	{"MoveProject", "s3:DeleteObject"}:              "an import erases the people of its ledger again; see above",
	{"MoveProject", "s3:ListBucketVersions"}:        "an import erases the people of its ledger again; see above",
	{"RecordConsultation", "/answers/"}:             "a list of consultations that is too long for Lambda has thousands of them",
	{"RecordConsultation", "s3:ListBucket"}:         "without it S3 answers 403, not 404, of a photo that has not arrived",
	{"ShowReport", "s3:ListBucket"}:                 "without it S3 answers 403, not 404, where a snapshot from before evidence had an index has none",
	{"SignIn", "dynamodb:Query"}:                    "see below",
	{"SignIn", "People"}:                            "whoever comes back from the provider went through its pages, which the stand-in has not; the tests of infra/tracker sign in",
}

// permissionsAreUsed compares the functions' calls to AWS with what their roles allow, in both directions: every call
// is allowed by a statement, and every action and every resource of every statement is used by a call.
func (d *driver) permissionsAreUsed(t *testing.T) string {
	byKey := map[string]string{}
	for id, f := range d.functions {
		byKey[accessKey(f)] = id
	}
	asked := map[string][]call{}
	text, err := os.ReadFile(os.Getenv("SAM_TEST_CALLS"))
	if err != nil {
		t.Fatal(err)
	}
	var calls []call
	guided := map[string]bool{} // keys of the stack that infra/sam/test deployed with --guided and deletes meanwhile
	for line := range bytes.Lines(text) {
		var c call
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c)
		guided[c.Key] = guided[c.Key] || strings.Contains(c.Resource, "outreach-guided-")
	}
	total := 0
	for _, c := range calls {
		switch id := byKey[c.Key]; {
		case id == "" && guided[c.Key]:
		case id != "":
			asked[id] = append(asked[id], c)
			total++
		case c.Key == "" && strings.Contains(c.Resource, "/.well-known/"): // the user pool's keys, which are everybody's
		case c.Key == "" && c.Resource == "/_ministack/health": // infra/sam/test, waiting for the recorder
		default:
			t.Errorf("somebody else's call: %+v", c)
		}
	}
	statements := 0
	var exceptions []string
	for _, f := range functions(t) {
		calls := asked[f.ID]
		if len(calls) == 0 {
			t.Errorf("%s asked for nothing", f.ID)
			continue
		}
		allowed := d.allowed(t, f)
		statements += len(allowed)
		denied := map[string]bool{}
		for _, c := range calls {
			if !slices.ContainsFunc(allowed, func(r rule) bool { return r.allows(t, c) }) {
				denied[c.Action+" of "+c.Resource] = true
			}
		}
		for _, what := range slices.Sorted(maps.Keys(denied)) {
			t.Errorf("%s asked for what its role does not allow: %s", f.ID, what)
		}
		for _, r := range allowed {
			if why := f.seldom(r); why != "" {
				if slices.ContainsFunc(calls, func(c call) bool { return r.allows(t, c) }) {
					t.Errorf("%s does use %v: it is no exception any more", f.ID, r.Resource)
				}
				exceptions = append(exceptions, fmt.Sprintf("%s %v: %s", f.ID, r.Action, why))
				continue
			}
			used := slices.DeleteFunc(slices.Clone(calls), func(c call) bool { return !r.allows(t, c) })
			for _, action := range r.Action {
				if !slices.ContainsFunc(used, func(c call) bool { return c.Action == action }) {
					t.Errorf("%s may %s of %v, and never does", f.ID, action, r.Resource)
				}
			}
			for _, resource := range r.Resource {
				if !slices.ContainsFunc(used, func(c call) bool { return covers(resource, c) }) {
					t.Errorf("%s may use %s, and never does: %v", f.ID, resource, r.Action)
				}
			}
		}
	}
	return fmt.Sprintf("%d calls of %d functions, each allowed; %d statements of their roles, each action and resource used but for %q", total, len(asked), statements, exceptions)
}

func (f function) seldom(r rule) string {
	for which, why := range seldom {
		named := func(name string) bool { return strings.Contains(name, which[1]) }
		if which[0] == f.ID && (slices.ContainsFunc(r.Resource, named) || slices.ContainsFunc(r.Action, named)) {
			return why
		}
	}
	return ""
}

// allowed returns the statements of a function's role, without Lambda's own actions.
func (d *driver) allowed(t *testing.T, f function) []rule {
	t.Helper()
	var all []rule
	for name, p := range d.policies(t, f.ID) {
		if name == standIn {
			continue
		}
		for _, r := range p.Statement {
			if r.Effect != "Allow" {
				t.Errorf("%s: a statement that does not allow: %+v", f.ID, r)
			}
			r.Action = slices.DeleteFunc(r.Action, func(action string) bool {
				for _, o := range onBehalf {
					if o.action == action && strings.Contains(r.Resource[0], o.resource) && (o.wakes == nil || slices.ContainsFunc(o.wakes, func(kind string) bool { return slices.Contains(f.Wakes, kind) })) {
						return true
					}
				}
				return false
			})
			if len(r.Action) > 0 {
				all = append(all, r)
			}
		}
	}
	return all
}

func (r rule) allows(t *testing.T, c call) bool {
	t.Helper()
	return slices.Contains(r.Action, c.Action) && slices.ContainsFunc(r.Resource, func(resource string) bool { return covers(resource, c) }) && r.holds(t, c)
}

// covers reports whether a pattern matches a call's resource. It compares only the last part of an ARN, since calls do
// not name the account.
func covers(arn string, c call) bool {
	parts := strings.SplitN(arn, ":", 6)
	service, _, _ := strings.Cut(c.Action, ":")
	if len(parts) != 6 || parts[2] != service {
		return false
	}
	// A secret may be named without the six characters that end its ARN.
	return glob(parts[5], c.Resource) || service == "secretsmanager" && glob("secret:"+c.Resource+"-??????", parts[5])
}

// glob matches as IAM does: a star matches anything, slashes included.
func glob(pattern, text string) bool {
	ok, err := path.Match(strings.ReplaceAll(pattern, "/", "|"), strings.ReplaceAll(text, "/", "|"))
	return ok && err == nil
}

// holds reports whether a statement's conditions are met.
func (r rule) holds(t *testing.T, c call) bool {
	t.Helper()
	for operator, keys := range r.Condition {
		for key, patterns := range keys {
			values := c.Context[key]
			one := func(value string) bool {
				return slices.ContainsFunc(patterns, func(pattern string) bool { return glob(pattern, value) })
			}
			switch operator {
			case "ForAllValues:StringLike", "ForAllValues:StringEquals":
				if slices.ContainsFunc(values, func(value string) bool { return !one(value) }) {
					return false
				}
			case "StringEquals", "StringLike":
				if len(values) != 1 || !one(values[0]) {
					return false
				}
			default:
				t.Errorf("condition %s of %s: nobody knows here what it means", operator, key)
			}
		}
	}
	return true
}

// accessKey returns the access key that the emulator derives from a function and its role.
func accessKey(f deployedFunction) string {
	return fmt.Sprintf("ASIA%X", sha256.Sum256([]byte(f.ARN+":"+f.Role)))[:20]
}
