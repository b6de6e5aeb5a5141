package redrive

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// fake is an SQS with the stack's three queues.
type fake struct {
	messages []types.Message // of the dead letters
	moved    []string
	received int
}

const (
	queues  = "https://sqs.example.org/1/"
	uploads = queues + "e2e-Uploads-A"
	dead    = queues + "e2e-DeadLetters-B"
	missed  = queues + "e2e-Missed-C"
)

func (f *fake) ListQueues(_ context.Context, in *sqs.ListQueuesInput, _ ...func(*sqs.Options)) (*sqs.ListQueuesOutput, error) {
	if aws.ToString(in.QueueNamePrefix) != "e2e-" {
		return &sqs.ListQueuesOutput{}, nil
	}
	return &sqs.ListQueuesOutput{QueueUrls: []string{uploads, dead, missed}}, nil
}

func (f *fake) ListDeadLetterSourceQueues(_ context.Context, in *sqs.ListDeadLetterSourceQueuesInput, _ ...func(*sqs.Options)) (*sqs.ListDeadLetterSourceQueuesOutput, error) {
	if *in.QueueUrl == dead {
		return &sqs.ListDeadLetterSourceQueuesOutput{QueueUrls: []string{uploads}}, nil
	}
	return &sqs.ListDeadLetterSourceQueuesOutput{}, nil
}

func (f *fake) GetQueueAttributes(_ context.Context, in *sqs.GetQueueAttributesInput, _ ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error) {
	out := map[string]string{"ApproximateNumberOfMessages": "0", "QueueArn": "arn:of:" + *in.QueueUrl}
	switch *in.QueueUrl {
	case uploads:
		out["RedrivePolicy"] = "{}"
	case dead:
		out["ApproximateNumberOfMessages"] = "2"
	case missed:
		out["ApproximateNumberOfMessages"] = "1"
	}
	return &sqs.GetQueueAttributesOutput{Attributes: out}, nil
}

func (f *fake) ReceiveMessage(_ context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	f.received++
	if *in.QueueUrl == missed {
		code := types.MessageAttributeValue{StringValue: aws.String("SDK_CLIENT_ERROR")}
		return &sqs.ReceiveMessageOutput{Messages: []types.Message{{MessageId: aws.String("3"), Body: aws.String("{}"), MessageAttributes: map[string]types.MessageAttributeValue{"ERROR_CODE": code}}}}, nil
	}
	return &sqs.ReceiveMessageOutput{Messages: f.messages}, nil
}

func (f *fake) StartMessageMoveTask(_ context.Context, in *sqs.StartMessageMoveTaskInput, _ ...func(*sqs.Options)) (*sqs.StartMessageMoveTaskOutput, error) {
	f.moved = append(f.moved, *in.SourceArn)
	return &sqs.StartMessageMoveTaskOutput{TaskHandle: aws.String("handle")}, nil
}

func TestRedriveMovesMessagesBackToTheirQueue(t *testing.T) {
	t.Parallel()
	messages := []types.Message{
		{MessageId: aws.String("1"), Body: aws.String(`{"Records":[{"s3":{"object":{"key":"uploads/town/radio/Jan+Kowalski.csv","size":12}}}]}`)},
		{MessageId: aws.String("2"), Body: aws.String("poison of jan@example.org")},
	}
	for _, tt := range []struct {
		name  string
		dry   bool
		moved string
		lines []string
	}{
		{"messages from a queue are moved back; for others it prints what to do", false, "arn:of:" + dead,
			[]string{"e2e-DeadLetters-B: 2 dead letters", "moving back to e2e-Uploads-A", "e2e-Missed-C: 1 dead letters", "Compile the missed day"}},
		{"a dry run only lists", true, "",
			[]string{"1  a file in uploads/town/radio, 12 bytes", "2  not an event", "3  a schedule or wake-up: SDK_CLIENT_ERROR", "upload not processed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			f := &fake{messages: messages}
			r := redrive{client: f, out: &out, dry: tt.dry}
			urls, err := r.find(t.Context(), "e2e")
			if err != nil || strings.Join(urls, " ") != dead+" "+missed {
				t.Fatalf("found %v, %v", urls, err)
			}
			for _, url := range urls {
				if err := r.queue(t.Context(), url); err != nil {
					t.Fatal(err)
				}
			}
			if moved := strings.Join(f.moved, " "); moved != tt.moved {
				t.Errorf("moved %q, want %q", moved, tt.moved)
			}
			for _, line := range tt.lines {
				if !strings.Contains(out.String(), line) {
					t.Errorf("does not print %q:\n%s", line, &out)
				}
			}
			if strings.Contains(out.String(), "owalski") || strings.Contains(out.String(), "jan@") {
				t.Errorf("prints personal data:\n%s", &out)
			}
		})
	}
	if _, err := (redrive{client: &fake{}}).find(t.Context(), "other"); err == nil {
		t.Error("a stack that does not exist is not an error")
	}
}

// run runs the command with arguments.
func run(t *testing.T, out io.Writer, args ...string) error {
	t.Helper()
	flags := flag.NewFlagSet("redrive", flag.ContinueOnError)
	command := Command(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return command(t.Context(), out)
}

func TestRedriveIsRequestedOnlyWhereThereAreDeadLetters(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	requested := func() bool { _, err := os.Stat(filepath.Join(data, "redrive")); return err == nil }
	redrive := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if err := run(t, &out, append(args, "-data", data)...); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if printed := redrive(); requested() || printed != "0 dead letters\n" {
		t.Errorf("without dead letters: %s", printed)
	}
	letter := `{"id":"uploads/town/radio#1","source":"ingest-upload","reason":"it failed","tries":5,"at":"2026-01-01T00:00:00Z"}` + "\n"
	if err := os.WriteFile(filepath.Join(data, "dead-letters.jsonl"), []byte(letter+letter[:30]), 0o600); err != nil {
		t.Fatal(err)
	}
	if printed := redrive("-dry-run"); requested() || !strings.Contains(printed, "uploads/town/radio#1, after 5 tries, it failed") || !strings.Contains(printed, "\n1 dead letters") {
		t.Errorf("a dry run: %s", printed)
	}
	if redrive(); !requested() {
		t.Error("no redrive is requested")
	}
	if err := run(t, nil); err == nil {
		t.Error("without flags it is not an error")
	}
	if err := run(t, nil, "-data", filepath.Join(data, "none")); err == nil {
		t.Error("a folder that does not exist is not an error")
	}
}
