package redrive

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// api is the part of SQS that is used.
type api interface {
	ListQueues(context.Context, *sqs.ListQueuesInput, ...func(*sqs.Options)) (*sqs.ListQueuesOutput, error)
	ListDeadLetterSourceQueues(context.Context, *sqs.ListDeadLetterSourceQueuesInput, ...func(*sqs.Options)) (*sqs.ListDeadLetterSourceQueuesOutput, error)
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	StartMessageMoveTask(context.Context, *sqs.StartMessageMoveTaskInput, ...func(*sqs.Options)) (*sqs.StartMessageMoveTaskOutput, error)
}

type redrive struct {
	client api
	out    io.Writer
	dry    bool
}

// find returns the stack's dead-letter queues: CloudFormation names queues after the stack, and only queues that
// functions read have a redrive policy.
func (r redrive) find(ctx context.Context, stack string) ([]string, error) {
	var found []string
	in := &sqs.ListQueuesInput{QueueNamePrefix: aws.String(stack + "-"), MaxResults: aws.Int32(1000)}
	for {
		page, err := r.client.ListQueues(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, url := range page.QueueUrls {
			is, err := r.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameRedrivePolicy}})
			if err != nil {
				return nil, err
			}
			if is.Attributes[string(types.QueueAttributeNameRedrivePolicy)] == "" {
				found = append(found, url)
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("the stack %q has no queues", stack)
	}
	return found, nil
}

// queue moves the messages of a dead-letter queue back to their source, or only lists them in a dry run.
func (r redrive) queue(ctx context.Context, address string) error {
	is, err := r.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &address, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if err != nil {
		return err
	}
	sources, err := r.client.ListDeadLetterSourceQueues(ctx, &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: &address})
	if err != nil {
		return err
	}
	n := is.Attributes[string(types.QueueAttributeNameApproximateNumberOfMessages)]
	fmt.Fprintf(r.out, "%s: %s dead letters\n", path.Base(address), n)
	switch {
	case n == "0":
		return nil
	case r.dry:
		return r.list(ctx, address)
	case len(sources.QueueUrls) == 0:
		fmt.Fprintln(r.out, "  they came from no queue: schedules and wake-ups. Compile the missed day (docs/runbook.md), then purge the queue.")
		return nil
	}
	task, err := r.client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(is.Attributes[string(types.QueueAttributeNameQueueArn)])})
	if err != nil {
		return err
	}
	fmt.Fprintf(r.out, "  moving back to %s; aws sqs cancel-message-move-task --task-handle %s stops it\n", path.Base(sources.QueueUrls[0]), aws.ToString(task.TaskHandle))
	return nil
}

// list prints messages without deleting them: they are visible again after a minute.
func (r redrive) list(ctx context.Context, address string) error {
	seen := map[string]bool{}
	for {
		got, err := r.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &address, MaxNumberOfMessages: 10, VisibilityTimeout: 60, WaitTimeSeconds: 1,
			MessageAttributeNames: []string{"ERROR_CODE"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp},
		})
		if err != nil {
			return err
		}
		fresh := false
		for _, m := range got.Messages {
			if id := aws.ToString(m.MessageId); !seen[id] {
				seen[id], fresh = true, true
				fmt.Fprintf(r.out, "  %s  %s\n", id, about(m))
			}
		}
		if !fresh {
			break
		}
	}
	fmt.Fprintln(r.out, `  why: the function's log, CloudWatch Logs Insights: filter msg = "upload not processed" | fields @timestamp, message, reason`)
	return nil
}

// about describes a message without personal data: it names the folder of a file, not the file.
func about(m types.Message) string {
	if code, ok := m.MessageAttributes["ERROR_CODE"]; ok {
		return "a schedule or wake-up: " + aws.ToString(code.StringValue)
	}
	var failed struct {
		RequestContext struct{ Condition string }
	}
	body := []byte(aws.ToString(m.Body))
	if json.Unmarshal(body, &failed) == nil && failed.RequestContext.Condition != "" {
		return "an event of a function: " + failed.RequestContext.Condition
	}
	var event events.S3Event
	if json.Unmarshal(body, &event) != nil || len(event.Records) == 0 {
		return "not an event that is supported"
	}
	var files []string
	for _, record := range event.Records {
		key, err := url.QueryUnescape(record.S3.Object.Key)
		if err != nil {
			key = "?"
		}
		files = append(files, fmt.Sprintf("a file in %s, %d bytes", path.Dir(key), record.S3.Object.Size))
	}
	return strings.Join(files, "; ")
}
