//go:build sam

package sam

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// TestContainers runs the built functions in containers, after TestDeployed and on its tables and bucket: behind
// SAM CLI's HTTP API, and behind its Lambda. Each scenario continues from the one before: in the end a sign-up, a
// consultation and a file are on the results page.
func TestContainers(t *testing.T) {
	s := newStage(t, os.Getenv("SAM_TEST_CONTAINER_ISSUER"))
	s.keepFiles(t)
	apiUp, lambdaUp := samLocal(t, "start-api"), samLocal(t, "start-lambda")

	t.Run("the documented command plays an event", func(t *testing.T) {
		answer, err := invokeOnce(t.Context(), "ShowReport", "../../events/show-report/health.json")
		var response events.APIGatewayV2HTTPResponse
		if err == nil {
			err = json.Unmarshal(answer, &response)
		}
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("answered %s, %v", answer, err)
		}
		t.Log("sam local invoke ShowReport answers the event of events/show-report/health.json with 200")
	})

	api, lambda := apiUp(), lambdaUp()
	before := s.figures(t, api)
	const who = "ewa.kowalczyk@example.org"
	t.Run("a sign-up reaches the office's list, once", func(t *testing.T) {
		body := `{"activity": "garden", "first_name": "Ewa", "last_name": "Kowalczyk", "email": "` + who + `", "consent_processing": true, "locale": "en"}`
		header := http.Header{"idempotency-key": {"01JZ8W0Y3Q6X1T5N9B2C7D4EA1"}} // which arrives as Idempotency-Key
		first := s.request(t, http.MethodPost, api+"/"+project+"/signups", "", header, body, http.StatusCreated)
		again := s.request(t, http.MethodPost, api+"/"+project+"/signups", "", header, body, http.StatusCreated)
		list := s.request(t, http.MethodGet, api+"/"+project+"/signups?limit=100", "coordinator", nil, "", http.StatusOK)
		if first != again || !strings.Contains(first, "receipt") || strings.Count(list, who) != 1 {
			t.Errorf("answered %s and %s; the list has %d of it: %s", first, again, strings.Count(list, who), list)
		}
		t.Logf("the same sign-up twice: the same receipt, and in the office's list once")
	})
	t.Run("a consultation is the adviser's, with who was advised", func(t *testing.T) {
		body := `{"person": {"email": "` + who + `"}, "date": "2024-06-03", "field": "law", "minutes": 30, "form": "online"}`
		made := s.request(t, http.MethodPost, api+"/"+project+"/consultations", "adviser", nil, body, http.StatusCreated)
		var record struct{ ID string }
		if err := json.Unmarshal([]byte(made), &record); err != nil {
			t.Fatal(err)
		}
		shown := s.request(t, http.MethodGet, api+"/"+project+"/consultations/"+record.ID, "adviser", nil, "", http.StatusOK)
		if shown != made || !strings.Contains(shown, who) {
			t.Errorf("made %s, shown %s", made, shown)
		}
		s.request(t, http.MethodGet, api+"/"+project+"/consultations/"+record.ID, "", nil, "", http.StatusUnauthorized)
		t.Log("the consultation that was written is the one that is read; without a token it is not shown")
	})
	t.Run("a file's event takes it in, however often it comes", func(t *testing.T) {
		const name = "june 2024.csv"
		s.put(t, name, strings.NewReplacer("2024-04-10", "2024-06-10", "12000", "5000").Replace(airings))
		event := bytes.ReplaceAll(read(t, "ingest-upload/arrival"), []byte("april+2024.csv"), []byte("june+2024.csv"))
		if status, said := invoke(t, lambda, "IngestUpload", "Event", event); status != http.StatusAccepted || said != "" {
			t.Fatalf("an event is answered %d, %s", status, said)
		}
		s.eventually(t, name+" to be accepted", func() bool { return s.uploads(t, api)[name] == "accepted" })
		listed := len(s.uploads(t, api))
		status, said := invoke(t, lambda, "IngestUpload", "RequestResponse", event)
		if after := s.uploads(t, api); status != http.StatusOK || said != `{"batchItemFailures":[]}` || len(after) != listed || after[name] != "accepted" {
			t.Errorf("the event that comes again is answered %d, %s; uploads: %v", status, said, after)
		}
		t.Logf("the partner's list says accepted after the event, and the same %d files after it came again", listed)
	})
	t.Run("the schedule's event compiles what the others brought", func(t *testing.T) {
		if status, said := invoke(t, lambda, "CompileSnapshot", "RequestResponse", read(t, "compile-snapshot/schedule")); status != http.StatusOK || said != "null" {
			t.Fatalf("answered %d, %s", status, said)
		}
		added := map[string]int64{"1": 30, "3": 5000} // minutes of advice, and reach; who signed up today is not in yesterday's snapshot
		var after map[string]int64
		s.eventually(t, fmt.Sprintf("the figures to grow by %v", added), func() bool { // the project's message is in the queue
			s.request(t, http.MethodPost, api+"/"+project+"/snapshots/latest/approval", "coordinator", nil, `{"decision": "approve"}`, http.StatusOK)
			after = s.figures(t, api)
			for code, more := range added {
				if after[code]-before[code] != more {
					return false
				}
			}
			return true
		})
		t.Logf("the approved figures before, %v, and after, %v: more by what was sent", before, after)
	})
	t.Run("the results page shows it", func(t *testing.T) {
		page := s.request(t, http.MethodGet, api+"/"+project, "", http.Header{"accept": {"text/html"}, "accept-language": {"en"}}, "", http.StatusOK)
		page = strings.NewReplacer("\u00a0", "", "\u202f", "", ",", "").Replace(page) // thousands stand apart
		for code, n := range s.figures(t, api) {
			if !strings.Contains(page, fmt.Sprint(n)) {
				t.Errorf("figure %s, %d, is not on the page", code, n)
			}
		}
		t.Log("each figure of the JSON stands on the page")
	})
	t.Run("a route that is not there is the results' to answer", func(t *testing.T) {
		s.request(t, http.MethodGet, api+"/"+project+"/no/such/address", "", nil, "", http.StatusNotFound)
		t.Log("an address of nobody's is answered 404")
	})
}

// keepFiles disables the events of the deployed function until the test ends, so that the function in the container
// processes the file.
func (s *stage) keepFiles(t *testing.T) {
	t.Helper()
	bucket := aws.String(s.resources["Bucket"])
	had, err := s.files().GetBucketNotificationConfiguration(t.Context(), &s3.GetBucketNotificationConfigurationInput{Bucket: bucket})
	if err != nil {
		t.Fatal(err)
	}
	set := func(ctx context.Context, events types.NotificationConfiguration) {
		t.Helper()
		if _, err := s.files().PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{Bucket: bucket, NotificationConfiguration: &events}); err != nil {
			t.Error(err)
		}
	}
	set(t.Context(), types.NotificationConfiguration{})
	t.Cleanup(func() {
		set(context.Background(), types.NotificationConfiguration{QueueConfigurations: had.QueueConfigurations, LambdaFunctionConfigurations: had.LambdaFunctionConfigurations, TopicConfigurations: had.TopicConfigurations})
	})
}

// put stores a partner's file, as a partner with an AWS identity does.
func (s *stage) put(t *testing.T, name, content string) {
	t.Helper()
	_, err := s.files().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(s.resources["Bucket"]), Key: aws.String("uploads/" + project + "/town-radio/" + name), Body: strings.NewReader(content),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ended waits until an upload, named by its id or its file's name, has a state.
func (s *stage) ended(t *testing.T, upload, state string) {
	t.Helper()
	s.eventually(t, "the upload to be "+state, func() bool {
		var list struct {
			Items []struct{ ID, Filename, State string }
		}
		if err := json.Unmarshal([]byte(s.play(t, step{"manage-uploads/list", 200, "items", ""})), &list); err != nil {
			t.Fatal(err)
		}
		for _, u := range list.Items {
			if u.ID == upload || u.Filename == upload {
				return u.State == state
			}
		}
		return false
	})
}

// samLocal starts a service of SAM CLI on the built functions. The function that it returns waits until the service
// answers, and returns its address.
func samLocal(t *testing.T, service string) (up func() string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	var said bytes.Buffer
	c := samCommand(context.Background(), service, "--host", "127.0.0.1", "--port", port, "--warm-containers", "LAZY")
	c.Stdout, c.Stderr, c.WaitDelay = &said, &said, 10*time.Second
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(30 * time.Second): // it may wait for a container for longer than anybody waits for it
			_ = c.Process.Kill()
			<-ended
		}
		if t.Failed() {
			text := said.Bytes()
			t.Logf("the end of what sam local %s said:\n%s", service, text[max(0, len(text)-4000):])
		}
	})
	return func() string {
		for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
			if answers, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
				answers.Close()
				return "http://127.0.0.1:" + port
			}
			if time.Now().After(deadline) {
				t.Fatalf("sam local %s does not answer", service)
			}
		}
	}
}

// samCommand returns a command of sam local on the built functions.
func samCommand(ctx context.Context, command string, arguments ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "sam", append([]string{
		"local", command, "--skip-pull-image", "--template", os.Getenv("SAM_TEST_TEMPLATE"), "--docker-network", os.Getenv("SAM_TEST_NETWORK"),
		"--parameter-overrides", "Architecture=" + os.Getenv("SAM_TEST_ARCHITECTURE") + " ClientId=outreach Issuer=" + os.Getenv("SAM_TEST_CONTAINER_ISSUER"),
		"--env-vars", os.Getenv("SAM_TEST_VARS"),
	}, arguments...)...)
}

// invokeOnce invokes a function with one event in a new container.
func invokeOnce(ctx context.Context, function, event string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := samCommand(ctx, "invoke", "--event", event, function).Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("%w: %s", err, failed.Stderr)
	}
	return answer, err
}

// invoke sends an event to SAM CLI's Lambda, and returns the answer in one line.
func invoke(t *testing.T, lambda, function, kind string, event []byte) (status int, said string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, lambda+"/2015-03-31/functions/"+function+"/invocations", bytes.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Invocation-Type", kind)
	status, said = do(t, r)
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(said)); err == nil {
		said = compact.String()
	}
	return status, said
}

// request sends a request to SAM CLI's HTTP API, with a role where one is named, and returns the answer's body.
func (s *stage) request(t *testing.T, method, address, role string, header http.Header, body string, want int) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Accept": {"application/json"}}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, values := range header {
		r.Header.Set(name, values[0])
	}
	if role != "" {
		token, err := s.token(t.Context(), strings.ReplaceAll(role, ":", "-")+"@example.org", project+":"+role)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	status, said := do(t, r)
	if status != want {
		t.Fatalf("%s %s: answered %d, want %d: %.600s", method, r.URL.Path, status, want, said)
	}
	return said
}

var patient = &http.Client{Timeout: patience} // a first answer waits for its container

func do(t *testing.T, r *http.Request) (status int, said string) {
	t.Helper()
	response, err := patient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// figures returns the achieved values of the public results, by the indicators' codes.
func (s *stage) figures(t *testing.T, api string) map[string]int64 {
	t.Helper()
	var results struct {
		Snapshot struct {
			Indicators []struct {
				Code     string
				Achieved int64
			}
		}
	}
	if err := json.Unmarshal([]byte(s.request(t, http.MethodGet, api+"/"+project, "", nil, "", http.StatusOK)), &results); err != nil {
		t.Fatal(err)
	}
	found := map[string]int64{}
	for _, in := range results.Snapshot.Indicators {
		found[in.Code] = in.Achieved
	}
	return found
}

// uploads returns the states of a partner's files, by name.
func (s *stage) uploads(t *testing.T, api string) map[string]string {
	t.Helper()
	var list struct {
		Items []struct{ Filename, State string }
	}
	if err := json.Unmarshal([]byte(s.request(t, http.MethodGet, api+"/"+project+"/uploads?limit=100", "partner:town-radio", nil, "", http.StatusOK)), &list); err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	for _, u := range list.Items {
		states[u.Filename] = u.State
	}
	return states
}
