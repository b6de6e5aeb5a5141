//go:build sam

package sam

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"outreach/infra/tracker/provider"
)

// stage is the environment that infra/sam/test has set up for built functions.
type stage struct {
	endpoint  string            // of AWS, or of its emulator
	stack     string            // the stack's name
	issuer    string            // of the tokens, where the test serves one
	resources map[string]string // physical names by those of the template
	made      map[string]string // the id that the answer to an event told, by the event
	functions map[string]deployedFunction
	token     func(ctx context.Context, email string, groups ...string) (string, error)
	invoke    func(ctx context.Context, function string, event []byte) ([]byte, error)
}

func newStage(t *testing.T, issuer string) *stage {
	t.Helper()
	s := &stage{endpoint: os.Getenv("SAM_TEST_ENDPOINT"), stack: stackName, issuer: issuer, resources: map[string]string{}, made: map[string]string{}}
	if s.endpoint == "" {
		t.Fatal("there are no functions to invoke: run infra/sam/test")
	}
	text, err := os.ReadFile(os.Getenv("SAM_TEST_RESOURCES"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []struct{ LogicalResourceId, PhysicalResourceId string }
	if err := json.Unmarshal(text, &listed); err != nil {
		t.Fatal(err)
	}
	for _, r := range listed {
		s.resources[r.LogicalResourceId] = r.PhysicalResourceId
	}
	if issuer != "" {
		s.serveIssuer(t)
	}
	return s
}

func (s *stage) serveIssuer(t *testing.T) {
	t.Helper()
	key, err := provider.Key(filepath.Join(t.TempDir(), "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := provider.New(s.issuer, key, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	s.token = func(_ context.Context, email string, groups ...string) (string, error) {
		return issuer.Token(email, groups)
	}
	address, err := url.Parse(s.issuer)
	if err != nil {
		t.Fatal(err)
	}
	if address.Hostname() == "host.docker.internal" { // the containers' name for this machine, which does not know it itself
		address.Host = ":" + address.Port()
	}
	listener, err := net.Listen("tcp", address.Host)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: issuer, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
}

// project is the id of the project in the events.
const project = "riverside"

// event reads an event, with a real token where it names a role.
func (s *stage) event(t *testing.T, name string) []byte {
	t.Helper()
	text := read(t, name)
	const before = `"authorization": "Bearer `
	start := bytes.Index(text, []byte(before))
	if start < 0 {
		return text
	}
	start += len(before)
	end := start + bytes.IndexByte(text[start:], '"')
	role := string(text[start:end])
	if role == exampleID { // a secret of an earlier answer
		return text
	}
	groups := []string{project + ":" + role}
	if role == "admin" { // who begins the project coordinates it from then on
		groups = []string{role, project + ":coordinator"}
	}
	token, err := s.token(t.Context(), strings.ReplaceAll(role, ":", "-")+"@example.org", groups...)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Join([][]byte{text[:start], text[end:]}, []byte(token))
}

// play sends an event, checks its answer, and returns the answer's body.
func (s *stage) play(t *testing.T, st step) string {
	t.Helper()
	folder, _, _ := strings.Cut(st.event, "/")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	event, err := sent(s.event(t, st.event), s.made[st.of])
	if err != nil {
		t.Fatalf("%s: %v", st.event, err)
	}
	answer, err := s.invoke(ctx, functions(t)[folder].ID, event)
	if err != nil {
		t.Fatalf("%s: %v", st.event, err)
	}
	body := strings.TrimSpace(string(answer))
	if st.status == 0 {
		var compact bytes.Buffer
		if err := json.Compact(&compact, answer); err == nil {
			body = compact.String()
		}
		if body != st.holds && (body != "" || st.holds != "null") {
			t.Errorf("%s: answered %s, want %s", st.event, body, st.holds)
		}
		return body
	}
	var response events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		t.Fatalf("%s: %v: %s", st.event, err, answer)
	}
	body = response.Body
	if response.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			t.Fatalf("%s: %v", st.event, err)
		}
		body = string(decoded)
	}
	if response.StatusCode != st.status || !strings.Contains(body, st.holds) {
		t.Errorf("%s: answered %d, want %d with %q: %.600s", st.event, response.StatusCode, st.status, st.holds, body)
	}
	var made struct {
		ID, Secret string
		Items      []struct{ ID string }
	}
	switch err := json.Unmarshal([]byte(body), &made); {
	case err != nil:
	case response.StatusCode == http.StatusCreated:
		s.made[st.event] = cmp.Or(made.ID, made.Secret)
	case len(made.Items) > 0:
		s.made[st.event] = made.Items[0].ID
	}
	t.Logf("%s: %d", st.event, response.StatusCode)
	return body
}

const airings = "data,medium,tytuł,redakcja,zasięg\n2024-04-10,radio,Ogród społeczny,Radio Miejskie,12000\n"

func (s *stage) files() *s3.Client {
	return s3.New(s3.Options{Region: region, BaseEndpoint: &s.endpoint, UsePathStyle: true, Credentials: testCredentials})
}

// putAirings stores the file of the events.
func (s *stage) putAirings(t *testing.T) { s.put(t, "april 2024.csv", airings) }

const region = "eu-central-1"

var testCredentials = credentials.NewStaticCredentialsProvider("test", "test", "")

// TestSettings starts each built function without settings: those that it reports as missing are those that the
// template sets, except the optional ones.
func TestSettings(t *testing.T) {
	optional := []string{"AWS_ENDPOINT_URL", "BASE_URL", "ISSUER", "GROUPS_CLAIM", "CLIENT_ID", "CLIENT_SECRET_ID"}
	lambdas := []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}
	for name, f := range functions(t) {
		c := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(os.Getenv("SAM_TEST_TEMPLATE")), f.ID, "bootstrap"))
		c.Env = []string{}
		said, err := c.Output()
		_, list, found := strings.Cut(string(said), "environment: ")
		if err == nil || !found {
			t.Fatalf("%s: started without settings: %v, %s", name, err, said)
		}
		list, _, _ = strings.Cut(list, `"`)
		asked := strings.Split(list, ", ")
		for _, setting := range asked {
			if !slices.Contains(f.Settings, setting) && !slices.Contains(lambdas, setting) {
				t.Errorf("%s needs %s, which the template does not give it", name, setting)
			}
		}
		for _, setting := range f.Settings {
			if !slices.Contains(asked, setting) && !slices.Contains(optional, setting) {
				t.Errorf("%s does not ask for %s, which the template gives it", name, setting)
			}
		}
	}
}

// upload sends a file to a pre-signed address, and waits until it is processed.
func (s *stage) upload(t *testing.T, asked string) {
	t.Helper()
	var place struct {
		ID, Method, URL string
		Headers         map[string]string
	}
	if err := json.Unmarshal([]byte(asked), &place); err != nil {
		t.Fatal(err)
	}
	// The event announces a file of exactly this size.
	file := "date,medium,title,outlet,reach\n2024-05-04,radio,A garden for everybody,Radio Miejskie,8000\n"
	file += strings.Repeat("\n", 127-len(file))
	r, err := http.NewRequestWithContext(t.Context(), place.Method, place.URL, strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range place.Headers {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	said, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("the place to upload to answers %s: %s", response.Status, said)
	}
	s.accepted(t, place.ID)
}

// accepted waits until an upload, named by its id or its file's name, is accepted.
func (s *stage) accepted(t *testing.T, upload string) { s.ended(t, upload, "accepted") }

// adapt works around two differences between the emulator and AWS: it speaks plain HTTP, which the bucket refuses,
// and it checks permissions to send letters without the sender.
func (s *stage) adapt(t *testing.T) {
	t.Helper()
	if _, err := s.files().DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: aws.String(s.resources["Bucket"])}); err != nil {
		t.Fatal(err)
	}
	s.putPolicy(t, "SendNotices", standIn, policy{Version: "2012-10-17", Statement: []rule{{Effect: "Allow", Action: list{"ses:SendEmail"}, Resource: list{"*"}}}})
}

// standIn is the name of the additional policy.
const standIn = "stand-in"

// patience bounds a wait that hangs. It is far longer than a slow machine needs.
const patience = 5 * time.Minute

// eventually waits until a condition holds.
func (s *stage) eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

func (s *stage) get(t *testing.T, address string) string {
	t.Helper()
	response, err := http.Get(address) //nolint:gosec,noctx // the stand-in's own address
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// invokeDeployed invokes a function of the stack by Lambda's own API.
func (s *stage) invokeDeployed(ctx context.Context, function string, event []byte) ([]byte, error) {
	return s.send(ctx, http.MethodPost, "lambda", "/2015-03-31/functions/"+s.resources[function]+"/invocations", http.Header{"Content-Type": {"application/json"}}, event)
}
