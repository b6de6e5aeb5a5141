// Package docs_test holds the guides to the code: the tables of columns, codes and limits, the addresses, the words of
// pages, the flags and settings that they tell of are those that there are.
package docs_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"outreach/internal/importer/blank"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/table/dynamo/simulated"
	"outreach/internal/text"
)

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// forPeople are the guides of those who use the pages.
var forPeople = []string{"office.md", "adviser.md", "partner.md", "funder.md"}

// guides are all texts for people who use or run the tracker.
func guides(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.md")
	if err != nil || len(files) == 0 {
		t.Fatal("no guides", err)
	}
	return append(files, "../README.md")
}

func TestTheColumnsOfFilesAreThoseOfRecords(t *testing.T) {
	t.Parallel()
	guide := read(t, "partner.md")
	for _, kind := range schema.Builtin().Kinds {
		want := "| column | po polsku | needed | contents |\n|---|---|---|---|\n"
		for _, f := range kind.Columns() {
			needed := ""
			switch {
			case f.Type == schema.Email && f.Privacy == schema.Identity, f.Type == schema.Pesel:
				needed = "one of the two"
			case f.Required:
				needed = "yes"
			}
			name := "`" + f.Name + "`"
			if f.Key {
				name += " \\*"
			}
			want += "| " + name + " | " + f.ColumnIn(text.Polish) + " | " + needed + " | " + describeValues(t, f) + " |\n"
		}
		heading := "### " + text.Of(text.English).Say("kinds."+kind.Plural) + "\n"
		_, section, found := strings.Cut(guide, heading)
		section, _, _ = strings.Cut(section, "\n### ")
		_, table, _ := strings.Cut(section, "\n| column")
		table, _, _ = strings.Cut("| column"+table, "\n\n")
		if diff := cmp.Diff(want, strings.TrimRight(table, "\n")+"\n"); !found || diff != "" {
			t.Errorf("%s:\n%s\nthe table should be\n%s", strings.TrimSpace(heading), diff, want)
		}
	}
}

// describeValues returns what a field takes in words, as the second sheet of the files to download does; for a list,
// its values.
func describeValues(t *testing.T, f *schema.Field) string {
	t.Helper()
	if f.Type != schema.Choice {
		return strings.Replace(blank.DescribeValues(f, nil, text.Of(text.English)), "18:25", "`18:25`", 1)
	}
	options := f.Options(&project.Definition{})
	if len(options) == 0 {
		return map[string]string{"activity": "one of the project's activities", "group": "one of the project's groups", "kind": "one of the project's kinds of output"}[f.Name]
	}
	var out []string
	for _, o := range options {
		one := "`" + o.ID + "`"
		if o.Label["pl"] != o.ID {
			one += " " + o.Label["pl"]
		}
		out = append(out, one)
	}
	return strings.Join(out, ", ")
}

// The rules between the columns are checked by functions, which no table shows: the guide's sentences are tried.
func TestTheExampleFileOfMediaIsRight(t *testing.T) {
	t.Parallel()
	_, example, found := strings.Cut(read(t, "partner.md"), "```csv\n")
	example, _, _ = strings.Cut(example, "```")
	lines := strings.Split(strings.TrimSpace(example), "\n")
	if !found || len(lines) < 2 {
		t.Fatal("there is no example")
	}
	scope := schema.Scope{Definition: &project.Definition{TimeZone: "Europe/Warsaw", Region: project.Region{Population: 2_070_000}}, Today: "2026-11-23", Loose: true}
	for _, line := range lines[1:] {
		given := schema.Given{}
		for i, name := range strings.Split(lines[0], ";") {
			for _, f := range schema.Builtin().Kind(schema.Media).Fields {
				if f.ColumnIn(text.Polish) == name {
					given[f.Name] = strings.Split(line, ";")[i]
				}
			}
		}
		if _, problems := schema.Builtin().Kind(schema.Media).Read(given, scope); len(problems) > 0 || len(given) != strings.Count(lines[0], ";")+1 {
			t.Errorf("%s: %+v", line, problems)
		}
	}
}

var row = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([^|]+) \\|$")

func TestEveryCodeIsExplained(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../internal/schema/problem.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			for _, value := range spec.Values {
				if literal, ok := value.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					code, _ := strconv.Unquote(literal.Value)
					codes = append(codes, code)
				}
			}
		}
		return true
	})
	var documented []string
	for _, r := range row.FindAllStringSubmatch(read(t, "partner.md"), -1) {
		documented = append(documented, r[1])
	}
	slices.Sort(codes)
	slices.Sort(documented)
	if diff := cmp.Diff(codes, documented); diff != "" || len(codes) < 10 {
		t.Error(diff)
	}
}

type template struct {
	Parameters map[string]any      `yaml:"Parameters"`
	Outputs    map[string]any      `yaml:"Outputs"`
	Resources  map[string]resource `yaml:"Resources"`
}

type resource struct {
	Properties struct {
		Environment struct {
			Variables map[string]any `yaml:"Variables"`
		} `yaml:"Environment"`
		Body struct {
			Paths map[string]any `yaml:"paths"`
		} `yaml:"Body"`
	} `yaml:"Properties"`
}

func readTemplate(t *testing.T) template {
	t.Helper()
	var out template
	if err := yaml.Unmarshal([]byte(read(t, "../template.yaml")), &out); err != nil || len(out.Resources) == 0 {
		t.Fatal("the template has no resources:", err)
	}
	return out
}

var address = regexp.MustCompile("`(?:GET |POST |PUT |DELETE )?(/(?:\\{project\\}|health|openapi|auth)[^` ]*)`")

func TestEveryAddressIsThere(t *testing.T) {
	t.Parallel()
	var routes []*regexp.Regexp
	for path := range readTemplate(t).Resources["Api"].Properties.Body.Paths {
		pattern := regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`)
		routes = append(routes, regexp.MustCompile("^"+pattern+"$"))
	}
	if len(routes) < 50 {
		t.Errorf("the template has %d paths", len(routes))
	}
	for _, guide := range guides(t) {
		for _, found := range address.FindAllStringSubmatch(read(t, guide), -1) {
			at, _, _ := strings.Cut(found[1], "?")
			if strings.Contains(at, "…") {
				continue
			}
			at = strings.NewReplacer("{project}", "ces", "{id}", "latest", "{code}", "1").Replace(at)
			if !slices.ContainsFunc(routes, func(r *regexp.Regexp) bool { return r.MatchString(at) }) {
				t.Errorf("%s tells of %s, which no function answers", guide, found[1])
			}
		}
	}
}

// In the guides for people, text in italics is what a page says.
func TestQuotedTextsOfPagesExist(t *testing.T) {
	t.Parallel()
	words := map[string]any{}
	if err := json.Unmarshal([]byte(read(t, "../internal/text/en.json")), &words); err != nil {
		t.Fatal(err)
	}
	said := slices.Collect(maps.Values(words))
	italics := regexp.MustCompile(`(?:^|[^*\\])\*([^*\n]+[^*\\])\*(?:[^*]|$)`)
	for _, guide := range forPeople {
		found := italics.FindAllStringSubmatch(read(t, guide), -1)
		if len(found) == 0 {
			t.Errorf("%s names nothing that is on a page", guide)
		}
		for _, f := range found {
			if !slices.Contains(said, any(f[1])) {
				t.Errorf("%s: no page says %q", guide, f[1])
			}
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)]+)\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	for _, guide := range guides(t) {
		for _, l := range link.FindAllStringSubmatch(read(t, guide), -1) {
			to, anchor, _ := strings.Cut(l[1], "#")
			if strings.HasPrefix(to, "https://") {
				continue
			}
			file := path.Join(path.Dir(guide), to)
			if to == "" {
				file = guide
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s leads to %s: %v", guide, l[1], err)
			} else if anchor != "" && !slices.Contains(anchors(read(t, file)), anchor) {
				t.Errorf("%s leads to %s, and there is no such heading", guide, l[1])
			}
		}
	}
}

func anchors(markdown string) []string {
	var out []string
	for _, h := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(markdown, -1) {
		out = append(out, strings.ReplaceAll(regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
	}
	return out
}

func TestTheFlagsAreThoseOfTheLocalStack(t *testing.T) {
	t.Parallel()
	var flags, documented []string
	for _, f := range regexp.MustCompile(`flags\.\w+Var\(&s\.\w+, "([a-z0-9-]+)"`).FindAllStringSubmatch(read(t, "../infra/tracker/settings.go"), -1) {
		flags = append(flags, f[1])
	}
	_, table, _ := strings.Cut(read(t, "../README.md"), "| flag | meaning |")
	table, _, _ = strings.Cut(table, "\n\n")
	for line := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 2 {
			continue
		}
		for _, f := range regexp.MustCompile("`-([a-z0-9-]+)").FindAllStringSubmatch(cells[1], -1) {
			documented = append(documented, f[1])
		}
	}
	slices.Sort(flags)
	slices.Sort(documented)
	if diff := cmp.Diff(flags, documented); diff != "" || len(flags) < 5 {
		t.Error(diff)
	}
}

func TestReadmeListsEachCommand(t *testing.T) {
	t.Parallel()
	var commands, documented []string
	for _, c := range regexp.MustCompile(`\{name: "([a-z-]+)", summary: `).FindAllStringSubmatch(read(t, "../infra/tracker/command.go"), -1) {
		commands = append(commands, c[1])
	}
	_, table, _ := strings.Cut(read(t, "../README.md"), "| command | does |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, c := range regexp.MustCompile("\\| `tracker \\[?([a-z-]+)").FindAllStringSubmatch(table, -1) {
		documented = append(documented, c[1])
	}
	if diff := cmp.Diff(commands, documented); diff != "" || len(commands) < 5 {
		t.Error(diff)
	}
}

func TestTheSettingsAreThoseOfTheTemplate(t *testing.T) {
	t.Parallel()
	set := map[string]bool{"SECRET_ID": true, "AWS_ENDPOINT_URL": true} // of all functions
	for _, r := range readTemplate(t).Resources {
		for name := range r.Properties.Environment.Variables {
			set[name] = true
		}
	}
	_, table, _ := strings.Cut(read(t, "../README.md"), "| variable | meaning |")
	table, _, _ = strings.Cut(table, "\n\n")
	documented := map[string]bool{}
	for _, name := range regexp.MustCompile("`([A-Z_]+)`").FindAllStringSubmatch(table, -1) {
		documented[name[1]] = true
	}
	if diff := cmp.Diff(set, documented); diff != "" {
		t.Error(diff)
	}
}

func TestTheParametersAndOutputsAreThoseOfTheTemplate(t *testing.T) {
	t.Parallel()
	var want, documented []string
	tpl := readTemplate(t)
	for _, part := range []map[string]any{tpl.Parameters, tpl.Outputs} {
		want = slices.AppendSeq(want, maps.Keys(part))
	}
	for _, r := range regexp.MustCompile("(?m)^\\| `([A-Z][A-Za-z]+)` \\|").FindAllStringSubmatch(read(t, "operating.md"), -1) {
		documented = append(documented, r[1])
	}
	slices.Sort(want)
	slices.Sort(documented)
	if diff := cmp.Diff(want, documented); diff != "" {
		t.Error(diff)
	}
}

// Each alarm refers its reader to a heading of the runbook, whose table names the alarm beside that heading.
func TestEachAlarmLeadsToTheRunbook(t *testing.T) {
	t.Parallel()
	var template struct {
		Resources map[string]struct {
			Type       string `yaml:"Type"`
			Properties struct {
				AlarmDescription string `yaml:"AlarmDescription"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "../template.yaml")), &template); err != nil {
		t.Fatal(err)
	}
	runbook, alarms := read(t, "runbook.md"), 0
	for name, r := range template.Resources {
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		alarms++
		_, heading, found := strings.Cut(r.Properties.AlarmDescription, "docs/runbook.md")
		line := regexp.MustCompile("(?m)^\\| [^|]*`" + name + "`[^|]*\\|.*\\(" + regexp.QuoteMeta(heading) + "\\) \\|$")
		if !found || !line.MatchString(runbook) {
			t.Errorf("the runbook's table does not lead from %s to %q", name, heading)
		}
	}
	if alarms == 0 {
		t.Error("the template has no alarms")
	}
}

// Each limit in the guide is compared with the line that sets it: who changes one changes both.
func TestTheLimitsAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	guide := read(t, "operating.md")
	rows := map[string]bool{}
	_, table, _ := strings.Cut(guide, "| what | limit |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	for line := range strings.SplitSeq(table, "\n") {
		rows[line] = false
	}
	for _, tt := range []struct{ row, file, sets string }{
		{"| a file | 50 MB, 200,000 rows |", "internal/importer/upload.go", "MaxBytes = 50 << 20"},
		{"| a file | 50 MB, 200,000 rows |", "internal/importer/upload.go", "MaxRows = 200_000"},
		{"| a file | 50 MB, 200,000 rows |", "internal/uploads/uploadsweb/uploads.go", "maxBytes = 50 << 20"},
		{"| a file sent by the page without JavaScript | 4 MB |", "internal/web/body.go", "MostFormFiles = 4 << 20"},
		{"| a photo or document of a record | 20 MB |", "internal/attachments/types.go", "MostBytes = 20 << 20"},
		{"| a photo or document that no record names | kept for 7 days |", "internal/attachments/remove.go", "WaitingFor = 7 * 24 * time.Hour"},
		{"| a file's name | 200 bytes; the rest is cut off |", "internal/web/body.go", "mostName = 200"},
		{"| a row of a delimited file | 1 MB, 16,384 columns |", "internal/importer/delimited.go", "longestRow = 1 << 20 mostColumns = 1 << 14"},
		{"| a workbook, unpacked | 512 MB a sheet, 128 MB its shared texts |", "internal/importer/xlsx.go", "maxShared = 128 << 20"},
		{"| a workbook, unpacked | 512 MB a sheet, 128 MB its shared texts |", "internal/importer/book.go", "maxSheet = 1 << 29"},
		{"| errors and warnings listed of a file | 1,000 each |", "internal/importer/upload.go", "MaxListed = 1000"},
		{"| the place for an upload | 15 minutes, one file of the size asked for |", "internal/uploads/uploadsweb/uploads.go", "validity = 15 * time.Minute"},
		{"| a body in JSON, a form, a definition sent | 1 MB |", "internal/web/body.go", "MostBody = 1 << 20"},
		{"| a definition | 256 KB |", "internal/project/definition/syntax.go", "mostBytes = 256 << 10"},
		{"| a text of a record | 300 characters, unless its [column](partner.md#the-file) says otherwise |", "internal/schema/record.go", "const DefaultLongest = 300"},
		{"| an idempotency key | 255 characters, kept 48 hours |", "internal/web/body.go", "MostKey = 255"},
		{"| an idempotency key | 255 characters, kept 48 hours |", "internal/store/answers.go", "AnswerLife = 48 * time.Hour"},
		{"| an answer | 4 MB; a longer one is a 303 to an address that is good for 5 minutes |", "internal/web/list.go", "MostAnswer = 4 << 20"},
		{"| an answer | 4 MB; a longer one is a 303 to an address that is good for 5 minutes |", "internal/web/list.go", "header, 5*time.Minute)"},
		{"| a page of a list | 50 entries, at most 200 |", "internal/web/list.go", "return c.LimitOr(50, 200)"},
		{"| a session | 8 hours |", "internal/identity/session.go", "sessionLife = 8 * time.Hour"},
		{"| a sign-in, from its beginning to its end | 10 minutes |", "internal/identity/signin.go", "attemptLife = 10 * time.Minute"},
		{"| clocks of tracker and provider apart | 2 minutes |", "internal/identity/token.go", "const skew = 2 * time.Minute"},
		{"| deliveries of a file's arrival | 5 |", "template.yaml", "maxReceiveCount: 5}"},
		{"| between two deliveries, one machine | 2 seconds |", "infra/tracker/tracker.go", "t.uploads.run(ctx, 2*time.Second)"},
		{"| between two deliveries, AWS | 60 minutes |", "template.yaml", "VisibilityTimeout: 3600"},
		{"| a function's time, AWS | 29 seconds; taking in a file 10 minutes, compiling 5 minutes, letters 2 minutes |", "template.yaml", "MemorySize: 512 Timeout: 29"},
		{"| a function's time, AWS | 29 seconds; taking in a file 10 minutes, compiling 5 minutes, letters 2 minutes |", "template.yaml", "CodeUri: functions/ingest-upload/ MemorySize: 1769 Timeout: 600"},
		{"| a function's time, AWS | 29 seconds; taking in a file 10 minutes, compiling 5 minutes, letters 2 minutes |", "template.yaml", "CodeUri: functions/compile-snapshot/ MemorySize: 1769 Timeout: 300"},
		{"| a function's time, AWS | 29 seconds; taking in a file 10 minutes, compiling 5 minutes, letters 2 minutes |", "template.yaml", "CodeUri: functions/send-notices/ Timeout: 120"},
		{"| requests, AWS | 200 a second, 400 at once; more are answered 429 |", "template.yaml", "{ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400}"},
		{"| requests, one machine | as many as the machine can |", "infra/tracker/main.go", "server := &http.Server{Handler: t.handler(),"},
		{"| sending a request, one machine | 5 minutes |", "infra/tracker/main.go", "ReadTimeout: 5 * time.Minute"},
		{"| dead letters, AWS | 14 days |", "template.yaml", "MessageRetentionPeriod: 1209600"},
		{"| long answers | 1 day |", "template.yaml", "Prefix: answers/, ExpirationInDays: 1"},
		{"| long answers | 1 day |", "infra/tracker/tracker.go", "answerLife = 24 * time.Hour"},
		{"| links in e-mails, after the secret was replaced | 90 days, unless `-link-days` says otherwise |", "infra/tracker/rotate/rotate.go", "linkDays = 90"},
		{"| subscriptions | 10 a project |", "internal/subscriptions/subscriptions.go", `Most = 10`},
		{"| a webhook | 10 seconds for an attempt, 64 KB of an answer, no redirect |", "internal/subscriptions/send/send.go", `AttemptTime = 10 * time.Second`},
		{"| a webhook that is not taken | sent again after 5 and 30 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours; then the subscription is given up |", "internal/subscriptions/subscriptions.go", `5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour`},
		{"| the provider's first answer, one machine | 30 seconds, unless `-issuer-wait` says otherwise |", "infra/tracker/settings.go", `"issuer-wait", 30*time.Second`},
		{"| requests in progress at a stop, one machine | 5 seconds |", "infra/tracker/main.go", "requestsEnd = 5 * time.Second"},
		{"| old versions of checkpoints, AWS | 1 day |", "template.yaml", "Prefix: checkpoints/, NoncurrentVersionExpiration: {NoncurrentDays: 1}"},
		{"| old versions of uploads, AWS | 30 days |", "template.yaml", "Prefix: uploads/, NoncurrentVersionExpiration: {NoncurrentDays: 30}"},
		{"| files that were rejected or only checked | 30 days |", "internal/uploads/originals.go", "UncountedFor = 30 * 24 * time.Hour"},
		{"| what other form tools sent and could not be taken | 30 days |", "internal/hooks/hooks.go", "KeptFor = 30 * 24 * time.Hour"},
		{"| a form of another tool | 200 KB |", "internal/hooks/hooks.go", "MostBody = 200 << 10"},
		{"| a secret of a source, after it was replaced | 1 day |", "internal/sources/secrets.go", "FormerLife = 24 * time.Hour"},
		{"| logs, AWS | 90 days, unless `LogDays` says otherwise |", "template.yaml", "LogDays: Description: How long logs are kept. No line of them names a person. Type: Number Default: 90"},
		{"| wake-ups that failed, AWS | 90 days |", "template.yaml", "Prefix: aws/lambda/, ExpirationInDays: 90"},
		{"| letters to the staff | until they have not come with the role for 180 days, a funder for 400 |", "internal/access/staff.go", "funderSeenDays = 400 staffSeenDays = 180"},
	} {
		if _, ok := rows[tt.row]; !ok {
			t.Errorf("the guide does not say: %s", tt.row)
		}
		rows[tt.row] = true
		if source := strings.Join(strings.Fields(read(t, "../"+tt.file)), " "); !strings.Contains(source, tt.sets) {
			t.Errorf("%s no longer says %q: is %s still true?", tt.file, tt.sets, tt.row)
		}
	}
	for line, compared := range rows {
		if !compared {
			t.Errorf("no source is compared with %s", line)
		}
	}
}

// The page of the load tests has their rows, says of each whether it holds, and describes the simulated services.
func TestLoadTestsAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	failing := stringsIn(t, "../infra/limits/limits_test.go", "failing")
	var want []string
	for _, row := range stringsIn(t, "../infra/limits/main.go", "rows") {
		holds := !slices.ContainsFunc(failing, func(prefix []string) bool { return strings.HasPrefix(row[0], prefix[0]) })
		want = append(want, fmt.Sprintf("%s | %s | holds: %t", row[0], row[1], holds))
	}
	page := read(t, "limits.md")
	_, table, _ := strings.Cut(page, "| load | must | measured |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var told []string
	for line := range strings.SplitSeq(table, "\n") {
		if cells := strings.Split(line, " | "); len(cells) == 3 {
			told = append(told, fmt.Sprintf("%s | %s | holds: %t", strings.TrimPrefix(cells[0], "| "), cells[1], strings.HasSuffix(cells[2], "**holds** |")))
		} else {
			t.Errorf("a row has %d cells: %s", len(cells), line)
		}
	}
	if diff := cmp.Diff(want, told); diff != "" || len(want) < 5 {
		t.Error(diff)
	}
	d, words := simulated.DynamoDB, text.Of(text.English)
	for _, sentence := range []string{
		fmt.Sprintf("a read takes %d ms, a write %d ms, a transaction %d ms, a call of S3 ", d.Read.Milliseconds(), d.Write.Milliseconds(), d.Transaction.Milliseconds()),
		fmt.Sprintf("a partition takes %s write and %s read units a second", words.Number(int(d.PartitionWrites)), words.Number(int(d.PartitionReads))),
		fmt.Sprintf("the index shows a write %d ms later", d.IndexLag.Milliseconds()),
	} {
		if !strings.Contains(page, sentence) {
			t.Errorf("the page does not say: %s", sentence)
		}
	}
	ofS3 := regexp.MustCompile(`(?s)func \(o \*slowObjects\) wait\(.*?time\.Sleep\((\d+) \* time\.Millisecond`).FindStringSubmatch(read(t, "../infra/limits/deployment.go"))
	if ofS3 == nil || !strings.Contains(page, "a call of S3 "+ofS3[1]+" ms") {
		t.Errorf("a call of S3 takes %v", ofS3)
	}
}

// stringsIn returns the strings of each element of a variable's composite literal in a file of Go, nil where the file
// has no such variable.
func stringsIn(t *testing.T, file, variable string) [][]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != variable || len(spec.Values) != 1 {
			return true
		}
		all, ok := spec.Values[0].(*ast.CompositeLit)
		if !ok {
			return true
		}
		for _, element := range all.Elts {
			var texts []string
			ast.Inspect(element, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					text, _ := strconv.Unquote(literal.Value)
					texts = append(texts, text)
				}
				return true
			})
			out = append(out, texts)
		}
		return false
	})
	return out
}

// The operating guide lists each message that the program logs, and no other.
func TestEachLogMessageIsDocumented(t *testing.T) {
	t.Parallel()
	_, table, _ := strings.Cut(read(t, "operating.md"), "| `msg` | level | fields | means |")
	table, _, _ = strings.Cut(table, "\n\n")
	documented := map[string]bool{}
	for line := range strings.SplitSeq(table, "\n") {
		if cells := strings.Split(line, "|"); len(cells) > 2 && !strings.HasPrefix(cells[1], "--") {
			for message := range strings.SplitSeq(cells[1], ",") {
				documented[strings.TrimSpace(message)] = true
			}
		}
	}
	logged := map[string]bool{}
	message := regexp.MustCompile(`(?:log|Log|slog)\.(?:Debug|Info|Warn|Error)(?:\(|Context\([\w.()]+, )"([^"]+)"`)
	for _, root := range []string{"../internal", "../functions", "../infra"} {
		err := filepath.WalkDir(root, func(file string, entry os.DirEntry, err error) error {
			if err != nil || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "testdata") {
				return err
			}
			for _, m := range message.FindAllStringSubmatch(read(t, file), -1) {
				logged[m[1]] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(logged, documented); diff != "" {
		t.Error(diff)
	}
}

// The Scheduler's retries cover the delivery to Lambda alone; Lambda repeats a run that fails.
func TestRunbookTellsWhoRepeatsAScheduledRun(t *testing.T) {
	t.Parallel()
	var template struct {
		Resources map[string]struct {
			Properties struct {
				EventInvokeConfig struct {
					Attempts int `yaml:"MaximumRetryAttempts"`
				} `yaml:"EventInvokeConfig"`
				Events map[string]struct {
					Type       string `yaml:"Type"`
					Properties struct {
						RetryPolicy struct {
							Attempts int `yaml:"MaximumRetryAttempts"`
							Age      int `yaml:"MaximumEventAgeInSeconds"`
						} `yaml:"RetryPolicy"`
					} `yaml:"Properties"`
				} `yaml:"Events"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "../template.yaml")), &template); err != nil {
		t.Fatal(err)
	}
	runbook := strings.Join(strings.Fields(read(t, "runbook.md")), " ")
	compared := 0
	for name, r := range template.Resources {
		for event, e := range r.Properties.Events {
			if e.Type != "ScheduleV2" {
				continue
			}
			compared++
			policy := e.Properties.RetryPolicy
			for _, sentence := range []string{
				fmt.Sprintf("it tries up to %d more times within %d hours", policy.Attempts, policy.Age/3600),
				fmt.Sprintf("is repeated by Lambda, %d times, about one minute and then two minutes later", r.Properties.EventInvokeConfig.Attempts),
			} {
				if !strings.Contains(runbook, sentence) {
					t.Errorf("%s of %s: the runbook does not say %q", event, name, sentence)
				}
			}
		}
	}
	if compared == 0 {
		t.Error("the template has no schedule")
	}
}

// sam deploy asks for what neither samconfig.toml nor the documented command says.
func TestDocumentedDeploymentAsksNothing(t *testing.T) {
	t.Parallel()
	settings := read(t, "../samconfig.toml")
	for _, line := range []string{`stack_name = "outreach"`, `region = "eu-central-1"`, `capabilities = "CAPABILITY_IAM"`, "resolve_s3 = true", "confirm_changeset = false"} {
		if !strings.Contains(settings, "\n"+line+"\n") {
			t.Errorf("samconfig.toml has no line %q", line)
		}
	}
	documented := regexp.MustCompile(`(?m)^    sam deploy --parameter-overrides (.*)$`).FindStringSubmatch(read(t, "operating.md"))
	if documented == nil {
		t.Fatal("no deployment is documented")
	}
	for name, parameter := range readTemplate(t).Parameters {
		if _, has := parameter.(map[string]any)["Default"]; !has && !strings.Contains(documented[1], name+"=") {
			t.Errorf("%q does not set %s, which has no default", documented[0], name)
		}
	}
}
