//go:build sam

package sam

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"outreach/infra/tracker/replay"
)

// TestRunbook runs the commands of docs/runbook.md that restore the tables and that give the data to a new stack, one
// after another, on the stack that TestDeployed has filled.
func TestRunbook(t *testing.T) {
	d := newDriver(t)
	restore, again := commands(t, "Restore"), commands(t, "A new stack for old data")
	for _, scenario := range []struct {
		name string
		run  func(t *testing.T) (compared string)
	}{
		{"restore", func(t *testing.T) string {
			before := d.state(t)
			tables := [2]string{d.resources["Tracker"], d.resources["People"]}
			d.shell(t, "TO="+time.Now().UTC().Format(time.RFC3339), restore...)
			d.ready(t)
			d.kept(t, before)
			for i, name := range []string{"TRACKER_TABLE", "PEOPLE_TABLE"} {
				if got := d.setting(t, "IngestUpload", name); got != tables[i]+"-restored" {
					t.Errorf("%s is %s", name, got)
				}
				d.protected(t, tables[i]+"-restored")
				var old struct {
					Table struct{ DeletionProtectionEnabled bool }
				}
				if d.dynamo(t, "DescribeTable", tables[i], &old); !old.Table.DeletionProtectionEnabled {
					t.Errorf("%s is not protected any more: %+v", tables[i], old)
				}
			}
			d.works(t, "restored")
			return fmt.Sprintf("%d steps; %s; a sign-up with its letter and a file go into the restored tables; the old ones remain", len(restore), before)
		}},
		{"a new stack", func(t *testing.T) string {
			before := d.state(t)
			bucket, secret, pool := d.resources["Bucket"], d.resources["Secret"], d.resources["UserPool"]
			d.shell(t, "EMAIL=second@example.org", append(restore[:1:1], again...)...)
			d.stack = "outreach-again"
			d.readResources(t)
			for name, id := range map[string]string{"Bucket": bucket, "Secret": secret, "UserPool": pool} {
				if d.resources[name] != "" {
					t.Errorf("the new stack has made %s", name)
				}
				d.resources[name] = id // for the helpers, which find them by the template's name
			}
			d.base = regexp.MustCompile(`//[^.]+`).ReplaceAllString(d.base, "//"+d.resources["Api"])
			d.pool.client, d.pool.tokens = d.resources["UserPoolClient"], map[string]string{}
			d.ready(t)
			d.serveAPI(t)
			d.kept(t, before)
			d.works(t, "again")
			return fmt.Sprintf("%d steps; %s; the same users sign in with their second factors, known people are recognised, and a file in the old bucket is taken in", len(again), before)
		}},
	} {
		if !t.Run(scenario.name, func(t *testing.T) {
			if compared := scenario.run(t); !t.Failed() {
				fmt.Printf("    compared %s: %s\n", scenario.name, compared)
			}
		}) {
			return
		}
	}
}

// commands returns the blocks of commands in a section of the runbook.
func commands(t *testing.T, section string) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n## "+section+"\n")
	rest, _, _ = strings.Cut(rest, "\n## ")
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(rest, -1) {
		blocks = append(blocks, m[1])
	}
	if !found || len(blocks) < 3 {
		t.Fatalf("the section %s has %d blocks of commands", section, len(blocks))
	}
	return blocks
}

// shell runs blocks of commands in one shell, in the folder that infra/sam/test deploys from. It ends at the first that
// fails.
func (d *driver) shell(t *testing.T, settings string, blocks ...string) {
	t.Helper()
	script := "set -euxo pipefail\nSTACK=" + d.stack + "\n" + settings + "\n" + strings.Join(blocks, "\n")
	c := exec.CommandContext(t.Context(), "bash", "-c", script)
	c.Dir = os.Getenv("SAM_TEST_FOLDER")
	c.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+d.endpoint, "AWS_PAGER=")
	said, err := c.CombinedOutput()
	t.Logf("%s", said)
	if err != nil {
		t.Fatal(err)
	}
}

// state is what must be the same before and after.
type state struct{ hash, people, signups string }

func (s state) String() string {
	return fmt.Sprintf("the model project's snapshot has the hash %.20s… as before, and is recomputed to it; %s people and %s sign-ups found as before", s.hash, s.people, s.signups)
}

func (d *driver) state(t *testing.T) state {
	t.Helper()
	shown, err := d.player().Shown(t.Context())
	if err != nil || shown == nil {
		t.Fatalf("%v, %v", shown, err)
	}
	count := func(path string) string {
		var list struct{ Items []any }
		d.must(t, http.StatusOK, http.MethodGet, path, d.as(t, "office@example.org", project+":coordinator"), nil, &list)
		return fmt.Sprint(len(list.Items))
	}
	return state{shown.Hash, count("/" + project + "/people?q=lipowy&limit=200"), count("/" + project + "/signups?limit=200")}
}

// kept fails if the state is another, or if the snapshot's facts are not complete.
func (d *driver) kept(t *testing.T, before state) {
	t.Helper()
	if after := d.state(t); after != before {
		t.Errorf("before %+v, after %+v", before, after)
	}
	shown, err := d.player().Shown(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ Same bool }
	d.must(t, http.StatusOK, http.MethodPost, "/"+replay.Project+"/snapshots/"+shown.ID+"/verification", d.as(t, "ewaluacja@example.org", replay.Project+":funder"), map[string]any{}, &v)
	if !v.Same {
		t.Error("the snapshot is not recomputed to its hash")
	}
}

// works signs somebody up who is known already, waits for the letter, and sends a file.
func (d *driver) works(t *testing.T, name string) {
	t.Helper()
	email := name + "@example.org"
	token := d.as(t, "office@example.org", project+":coordinator")
	for _, send := range []string{email, "lipowy.3@example.org"} {
		got := d.do(t, http.MethodPost, "/"+project+"/signups", "", map[string]any{
			"activity": "garden", "first_name": "Jan", "last_name": "Lipowy 3", "email": send, "consent_processing": true, "locale": "en",
		})
		if got.status != http.StatusCreated {
			t.Fatalf("%s signs up: %d: %.300s", send, got.status, got.body)
		}
	}
	d.letter(t, email, "We have received your sign-up")
	var found struct{ Items []any }
	d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/people?q=lipowy.3@example.org", token, nil, &found)
	if len(found.Items) != 1 {
		t.Errorf("who was known is now %d people", len(found.Items))
	}
	if u := d.became(t, token, d.sent(t, token, name+".csv", "email,date,field,minutes,form\nlipowy.3@example.org,2024-06-06,law,25,phone\n")); u.State != "accepted" {
		t.Errorf("a file: %+v", u)
	}
}

// setting returns a variable of a function's environment.
func (d *driver) setting(t *testing.T, function, name string) string {
	t.Helper()
	var has struct {
		Environment struct{ Variables map[string]string }
	}
	if err := d.ask(t.Context(), http.MethodGet, "lambda", "/2015-03-31/functions/"+d.resources[function]+"/configuration", nil, &has); err != nil {
		t.Fatal(err)
	}
	return has.Environment.Variables[name]
}

// protected checks the settings of a table that a restore does not give it.
func (d *driver) protected(t *testing.T, table string) {
	t.Helper()
	var described struct {
		Table struct{ DeletionProtectionEnabled bool }
	}
	d.dynamo(t, "DescribeTable", table, &described)
	var expiry struct {
		TimeToLiveDescription struct{ TimeToLiveStatus, AttributeName string }
	}
	d.dynamo(t, "DescribeTimeToLive", table, &expiry)
	var backups struct {
		ContinuousBackupsDescription struct {
			PointInTimeRecoveryDescription struct{ PointInTimeRecoveryStatus string }
		}
	}
	d.dynamo(t, "DescribeContinuousBackups", table, &backups)
	if !described.Table.DeletionProtectionEnabled || expiry.TimeToLiveDescription.AttributeName != "expires" || backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus != "ENABLED" {
		t.Errorf("%s: %+v, %+v, %+v", table, described, expiry, backups)
	}
}

// dynamo asks DynamoDB about a table.
func (d *driver) dynamo(t *testing.T, operation, table string, out any) {
	t.Helper()
	header := http.Header{"Content-Type": {"application/x-amz-json-1.0"}, "X-Amz-Target": {"DynamoDB_20120810." + operation}}
	if err := d.json(t.Context(), http.MethodPost, "dynamodb", "/", header, map[string]string{"TableName": table}, out); err != nil {
		t.Fatal(err)
	}
}

// readResources reads the physical names of a stack's resources.
func (d *driver) readResources(t *testing.T) {
	t.Helper()
	var listed struct {
		Resources []struct {
			Logical  string `xml:"LogicalResourceId"`
			Physical string `xml:"PhysicalResourceId"`
		} `xml:"ListStackResourcesResult>StackResourceSummaries>member"`
		Next string `xml:"ListStackResourcesResult>NextToken"`
	}
	d.resources = map[string]string{}
	for in := (url.Values{"StackName": {d.stack}}); ; in.Set("NextToken", listed.Next) {
		listed.Resources, listed.Next = nil, ""
		if err := d.query(t.Context(), "cloudformation", "ListStackResources", "2010-05-15", in, &listed); err != nil {
			t.Fatal(err)
		}
		for _, r := range listed.Resources {
			d.resources[r.Logical] = r.Physical
		}
		if listed.Next == "" {
			return
		}
	}
}
