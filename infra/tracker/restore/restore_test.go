package restore

import (
	"bytes"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"outreach/internal/app"
	"outreach/internal/keyring"
	"outreach/internal/mail"
	"outreach/internal/mail/mailbox"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/project/definition"
	"outreach/internal/records"
	"outreach/internal/schema"
	"outreach/internal/signups"
	"outreach/internal/snapshots/compile"
	"outreach/internal/store"
	"outreach/internal/table/dynamo"
	"outreach/internal/table/memory"
)

var endpoint = flag.String("dynamodb", os.Getenv("TRACKER_TEST_DYNAMODB"), "the `URL` of a DynamoDB")

const town = `
id: town
title: Town
period: {from: 2026-01-01, to: 2026-12-31}
time_zone: Europe/Warsaw
region: {name: Region, population: 1000}
activities: [{id: garden, label: Garden}]
participants: [{of: consultation}]
indicators:
  - {code: "1", unit: person, target: 10, count: people, of: consultation, label: Advised}
  - {code: "2", unit: person, target: 10, count: people, of: consultation, where: 'sex == "female"', label: Women}
`

// command runs the command with arguments.
func command(t *testing.T, out io.Writer, args ...string) error {
	t.Helper()
	flags := flag.NewFlagSet("restore", flag.ContinueOnError)
	run := Command(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return run(t.Context(), out)
}

func begin(t *testing.T, data string) {
	t.Helper()
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "tracker.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// play is two people with a consultation and a sign-up each, and a snapshot. It gives the first person's id.
func play(t *testing.T, s *app.App) string {
	t.Helper()
	ctx := t.Context()
	d, problems := definition.Parse("", []byte(town))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, _, err := s.Projects.SetDefinition(ctx, d, []byte(town), "", ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ewa", "jan"} {
		email := name + "@example.org"
		row := make(schema.Row, len(schema.Builtin().Kind(schema.Signup).Fields))
		for field, value := range map[string]string{"activity": "garden", "first_name": name, "last_name": name, "email": email, "sex": "female"} {
			row[schema.Builtin().Kind(schema.Signup).Index(field)] = value
		}
		activity, _ := d.Activity("garden")
		if _, err := s.Signups.SignUp(ctx, "town", signups.SignupDraft{Kind: schema.Builtin().Kind(schema.Signup), Activity: activity, Row: row, Submitted: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)}, store.Once{}); err != nil {
			t.Fatal(err)
		}
		who, err := s.People.Resolve(ctx, "town", schema.PersonRef{Email: email}, people.Names{})
		if err != nil {
			t.Fatal(err)
		}
		row = make(schema.Row, len(schema.Builtin().Kind(schema.Consultation).Fields))
		for field, value := range map[string]string{"date": "2026-03-01", "field": "law", "minutes": "30", "form": "phone", "topic": "o czym mówi " + name} {
			row[schema.Builtin().Kind(schema.Consultation).Index(field)] = value
		}
		if _, err := s.Records.Create(ctx, "town", records.Draft{Kind: schema.Builtin().Kind(schema.Consultation), Person: who, Row: row}, store.Once{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := compile.New(s).Compile(ctx, "town", "2026-03-31", "", store.Once{}); err != nil {
		t.Fatal(err)
	}
	known, err := s.People.Resolve(ctx, "town", schema.PersonRef{Email: "ewa@example.org"}, people.Names{})
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func TestFolders(t *testing.T) {
	t.Parallel()
	live, backup := filepath.Join(t.TempDir(), "live"), filepath.Join(t.TempDir(), "backup")
	begin(t, live)
	s, closeLive, err := open(live)
	if err != nil {
		t.Fatal(err)
	}
	s.DB.Secret = []byte("0123456789abcdef0123456789abcdef")
	ewa := play(t, s)
	for _, name := range []string{"ewa", "jan"} {
		letter := mail.Message{ID: "letter to " + name, To: strings.ToUpper(name) + "@example.org", Text: "Dzień dobry!"}
		if err := s.Privacy.Letters.(*mailbox.Box).Send(t.Context(), letter); err != nil {
			t.Fatal(err)
		}
	}
	if err := closeLive(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(backup, os.DirFS(live)); err != nil {
		t.Fatal(err)
	}
	if s, closeLive, err = open(live); err != nil {
		t.Fatal(err)
	}
	s.DB.Secret = []byte("0123456789abcdef0123456789abcdef")
	if err := s.Privacy.Erase(t.Context(), "town", ewa, ""); err != nil {
		t.Fatal(err)
	}
	if err := closeLive(); err != nil {
		t.Fatal(err)
	}
	tell := func(args ...string) (string, error) {
		var out bytes.Buffer
		err := command(t, &out, append([]string{"-data", backup, "-live", live}, args...)...)
		return out.String(), err
	}
	if told, err := tell("-dry-run"); err != nil || !strings.Contains(told, "1 erasures in the ledger, 1 to erase again") || !strings.Contains(told, ": the same\n") {
		t.Errorf("a dry run: %v\n%s", err, told)
	}
	if !holds(t, backup, "ewa") || addressees(t, backup) != "JAN@example.org EWA@example.org" {
		t.Error("a dry run erases")
	}
	if told, err := tell(); err != nil || !strings.Contains(told, "1 erasures in the ledger, 1 erased again") || !strings.Contains(told, "people erased since: 1") {
		t.Errorf("the ledger is replayed: %v\n%s", err, told)
	}
	if holds(t, backup, "ewa") || !holds(t, backup, "jan") {
		t.Error("after the restore the one who was erased is there, or the other is not")
	}
	if got := addressees(t, backup); got != "JAN@example.org" {
		t.Errorf("after the restore there are letters to %s", got)
	}
	if told, err := tell(); err != nil || !strings.Contains(told, "1 erasures in the ledger, 0 erased again") {
		t.Errorf("once more: %v\n%s", err, told)
	}
}

func TestAFactThatIsMissingIsTold(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	begin(t, data)
	s, closeData, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	s.Facts.Lane = func() int { return 3 }
	play(t, s)
	if err := closeData(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, statement, told string }{
		{"changed", `UPDATE tracker SET data = replace(CAST(data AS TEXT), '"law"', '"coaching"') WHERE pk LIKE 'FACT#%'`, "the same"}, // no figure asks for the field
		{"changed", `UPDATE tracker SET data = replace(CAST(data AS TEXT), '2026-03-01', '2026-02-01') WHERE pk LIKE 'FACT#%'`, "DIFFERS"},
		{"missing", `DELETE FROM tracker WHERE pk LIKE 'FACT#%' AND sk LIKE '%2'`, "NOT COMPUTED"},
	} {
		change(t, data, tt.statement)
		var out bytes.Buffer
		err := command(t, &out, "-data", data)
		if !strings.Contains(out.String(), tt.told) || (err == nil) != (tt.told == "the same") {
			t.Errorf("%s: %v\n%s", tt.name, err, &out)
		}
	}
}

func TestKeysOfRestoredTablesAreOpenedByThePresentSecret(t *testing.T) {
	t.Parallel()
	live, restored, none, old, present := &memory.Table{}, &memory.Table{}, &memory.Table{}, keyring.New(), keyring.New()
	if err := copyKeys(t.Context(), none, live); err != nil {
		t.Fatal(err)
	}
	for secret, tables := range map[string]*memory.Table{string(present): live, string(old): restored} {
		if _, err := keyring.Keep(t.Context(), tables, []byte(secret)); err != nil {
			t.Fatal(err)
		}
	}
	if err := copyKeys(t.Context(), live, restored); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Read(t.Context(), restored, present); err != nil {
		t.Error(err)
	}
}

func TestWhatIsAskedHasToBeWhole(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"-tracker", "t", "-people", "p", "-bucket", "b"}, {"-tracker", "t", "-people", "p", "-bucket", "b", "-to", "yesterday"}, {"-data", filepath.Join(t.TempDir(), "none")}} {
		if err := command(t, nil, args...); err == nil {
			t.Errorf("%v is no error", args)
		}
	}
}

func change(t *testing.T, data, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(data, "tracker.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// holds looks for an address: a name alone may stand in a random id, too.
func holds(t *testing.T, data, name string) bool {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(data, "tracker.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	n := 0
	if err := db.QueryRow(`SELECT count(*) FROM people WHERE CAST(data AS TEXT) LIKE '%' || ? || '@%'`, name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n > 0
}

// addressees are whom the letters are for that are kept.
func addressees(t *testing.T, data string) string {
	t.Helper()
	box, err := mailbox.Open(filepath.Join(data, "mail.jsonl"), nil)
	if err != nil {
		t.Fatal(err)
	}
	letters, err := box.Letters()
	if err != nil {
		t.Fatal(err)
	}
	var to []string
	for _, l := range letters {
		to = append(to, l.To)
	}
	return strings.Join(to, " ")
}

// TestTables replays the ledger between two sets of tables on DynamoDB, where the second are a copy from before the
// erasure: DynamoDB Local has no point-in-time recovery.
func TestTables(t *testing.T) {
	t.Parallel()
	if *endpoint == "" {
		t.Skip("no DynamoDB to restore on: see internal/table/dynamo's tests, or give -dynamodb URL")
	}
	ctx := t.Context()
	client := dynamodb.New(dynamodb.Options{Region: "eu-central-1", BaseEndpoint: endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	data := t.TempDir()
	begin(t, data)
	local, closeLocal, err := open(data) // for its objects
	if err != nil {
		t.Fatal(err)
	}
	defer closeLocal()
	prefix := fmt.Sprintf("test-%016x-", rand.Uint64())
	at := func(suffix string) *app.App {
		for _, name := range []string{prefix + "tracker" + suffix, prefix + "people" + suffix} {
			if err := dynamo.Create(ctx, client, name); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if _, err := client.DeleteTable(context.WithoutCancel(ctx), &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
					t.Error(err)
				}
			})
		}
		return app.New(&store.DB{
			Tracker: dynamo.New(client, prefix+"tracker"+suffix), People: dynamo.New(client, prefix+"people"+suffix), Objects: local.DB.Objects,
			Secret: []byte("0123456789abcdef0123456789abcdef"), Now: time.Now,
		})
	}
	live, restored := at(""), at("-restored")
	ewa := play(t, live)
	for _, name := range []string{"tracker", "people"} {
		all, err := client.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(prefix + name)})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range all.Items {
			if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(prefix + name + "-restored"), Item: item}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := live.Privacy.Erase(ctx, "town", ewa, ""); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, name := range []string{"tracker", "people"} {
		if there, err := restoreTable(ctx, client, prefix+name, prefix+name+"-restored", time.Now(), false, &out); err != nil || !there {
			t.Fatal(there, err)
		}
	}
	if there, err := restoreTable(ctx, client, prefix+"people", prefix+"people-other", time.Now(), true, &out); err != nil || there {
		t.Errorf("a dry run: %v, %v", there, err)
	}
	if err := (restore{live: live, restored: restored, snapshots: 3, out: &out}).run(ctx); err != nil {
		t.Error(err)
	}
	if told := out.String(); !strings.Contains(told, "would be made from") || !strings.Contains(told, "1 erasures in the ledger, 1 erased again") || !strings.Contains(told, "people erased since: 1") {
		t.Errorf("told:\n%s", told)
	}
	if known, err := restored.People.Search(ctx, &project.Definition{ID: "town"}, "ewa@example.org", 10, ""); err != nil || len(known.Items) > 0 {
		t.Errorf("%v, %v", known, err)
	}
}
