package sam

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	handlers "outreach/functions"
	"outreach/internal/app"
	"outreach/internal/cloud"
	"outreach/internal/web"
)

// TestTemplate checks rules of the template that no linter has.
func TestTemplate(t *testing.T) {
	for _, found := range findings(t, templateText(t)) {
		t.Error(found)
	}
}

// findings returns the violations in a template.
func findings(t *testing.T, text []byte) []string {
	t.Helper()
	parsed, err := parse(text)
	if err != nil {
		return []string{err.Error()}
	}
	c := &check{template: parsed, t: t}
	c.queues()
	c.wakeUps()
	c.logs()
	c.permissions()
	c.people()
	c.sessions()
	c.origins()
	c.tables()
	c.buckets()
	c.keepers()
	c.settings()
	c.routes()
	c.questions()
	c.resourcePolicies()
	c.alarms()
	c.userPools()
	c.reasons()
	return c.found
}

// check collects violations.
type check struct {
	template
	t     *testing.T
	found []string
}

func (c *check) say(format string, arguments ...any) {
	c.found = append(c.found, fmt.Sprintf(format, arguments...))
}

const (
	aFunction = "AWS::Serverless::Function"
	aQueue    = "AWS::SQS::Queue"
	aTable    = "AWS::DynamoDB::Table"
	aBucket   = "AWS::S3::Bucket"
	aKey      = "AWS::KMS::Key"
	aLog      = "AWS::Logs::LogGroup"
	aRole     = "AWS::IAM::Role"
	aPool     = "AWS::Cognito::UserPool"
)

// longest is the maximum retention of a queue, in seconds.
const longest = 14 * 24 * 3600

// queues: failed messages are kept, none is delivered again while it is being processed, and one attempt that fails and
// the next one are over before an alarm says that messages wait.
func (c *check) queues() {
	for name, r := range c.of(aQueue) {
		if at(r.Properties, "SqsManagedSseEnabled") != true && at(r.Properties, "KmsMasterKeyId") == nil {
			c.say("%s is not encrypted", name)
		}
		if number(r.Properties["MessageRetentionPeriod"]) != longest {
			c.say("%s keeps messages for less than two weeks", name)
		}
	}
	for name, f := range c.functions() {
		for _, e := range f.events {
			for _, queue := range c.named(e["Queue"], aQueue) {
				properties := c.Resources[queue].Properties
				if len(c.named(at(properties, "RedrivePolicy", "deadLetterTargetArn"), aQueue)) == 0 || number(at(properties, "RedrivePolicy", "maxReceiveCount")) < 1 {
					c.say("%s has no dead-letter queue", queue)
				}
				if number(properties["VisibilityTimeout"]) < 6*f.timeout {
					c.say("%s is delivered again before six times the %d seconds that %s may take", queue, f.timeout, name)
				}
				if longest, watched := c.alarmOfAge(queue); !watched || longest <= number(properties["VisibilityTimeout"])+f.timeout {
					c.say("%s has no alarm of old messages, or one that comes before a second attempt is over", queue)
				}
				if !slices.Contains(texts(e["FunctionResponseTypes"]), "ReportBatchItemFailures") {
					c.say("%s cannot tell which message of a batch failed", name)
				}
			}
		}
	}
}

// alarmOfAge returns the age in seconds, of the oldest message of a queue, above which there is an alarm.
func (c *check) alarmOfAge(queue string) (age int, watched bool) {
	for _, r := range c.of("AWS::CloudWatch::Alarm") {
		p := r.Properties
		if p["MetricName"] == "ApproximateAgeOfOldestMessage" && slices.Contains(c.named(p["Dimensions"], aQueue), queue) {
			return number(p["Threshold"]), true
		}
	}
	return 0, false
}

// wakeUps: asynchronous events are retried, and kept after the last failure.
func (c *check) wakeUps() {
	somewhere := func(value any) bool {
		return len(c.named(value, aQueue)) > 0 || len(c.named(value, aBucket)) > 0
	}
	for name, f := range c.functions() {
		scheduled := false
		for event, e := range f.events {
			switch {
			case e["ScheduleExpression"] != nil:
				scheduled = true
				if number(at(e, "RetryPolicy", "MaximumRetryAttempts")) < 1 {
					c.say("schedule %s of %s is not tried again", event, name)
				}
				// When clocks change, at one or two at night, a day has that hour twice or not at all.
				if hour := strings.Fields(fmt.Sprint(e["ScheduleExpression"])); len(hour) < 2 || hour[1] == "1" || hour[1] == "2" {
					c.say("schedule %s of %s is at an hour that not every day has once", event, name)
				}
				if !somewhere(at(e, "DeadLetterConfig", "Arn")) {
					c.say("schedule %s of %s has no dead-letter queue", event, name)
				}
			case e["Stream"] != nil:
				if !somewhere(at(e, "DestinationConfig", "OnFailure", "Destination")) {
					c.say("stream %s of %s has no on-failure destination", event, name)
				}
				if e["BisectBatchOnFunctionError"] != true {
					c.say("stream %s of %s: one record holds up its batch", event, name)
				}
				if number(e["MaximumRetryAttempts"]) < 1 {
					c.say("stream %s of %s is tried again for ever", event, name)
				}
			case e["Queue"] == nil:
				c.say("event %s of %s wakes it in a way that nobody has looked at", event, name)
			}
		}
		if scheduled && !somewhere(at(f.properties, "EventInvokeConfig", "DestinationConfig", "OnFailure", "Destination")) {
			c.say("%s has no on-failure destination", name)
		}
	}
}

func (c *check) logs() {
	for name, f := range c.functions() {
		if len(c.named(at(f.properties, "LoggingConfig", "LogGroup"), aLog)) == 0 {
			c.say("%s has no log group", name)
		}
	}
	for name, r := range c.of(aLog) {
		if r.Properties["RetentionInDays"] == nil {
			c.say("%s keeps its lines for ever", name)
		}
	}
}

// unnameable are actions on resources without a name.
var unnameable = []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

// permissions: every function has named actions on named resources.
func (c *check) permissions() {
	for name, f := range c.functions() {
		if len(f.Allowed) == 0 {
			c.say("%s may do nothing", name)
		}
		c.allowed(name, f.Allowed)
		c.written(name, f.properties)
	}
	for name, r := range c.of(aRole) {
		c.allowed(name, statements(r.Properties["Policies"]))
		c.written(name, r.Properties)
	}
}

// written: permissions are spelled out in the template.
func (c *check) written(name string, properties map[string]any) {
	for _, policy := range append(texts(properties["ManagedPolicyArns"]), texts(properties["Policies"])...) {
		if strings.Contains(policy, ":policy/") || strings.HasSuffix(policy, "Access") {
			c.say("%s has the managed policy %s", name, policy)
		}
	}
	for _, policy := range objects(properties["Policies"]) {
		if policy["Statement"] == nil && policy["PolicyDocument"] == nil {
			c.say("%s has a policy that is not written out", name)
		}
	}
}

func (c *check) allowed(name string, all []statement) {
	for _, s := range all {
		for _, action := range s.Action {
			if strings.Contains(action, "*") {
				c.say("%s may do %s", name, action)
			}
		}
		traces := !slices.ContainsFunc(s.Action, func(action string) bool { return !slices.Contains(unnameable, action) })
		if len(s.Action) == 0 || len(s.Resource) == 0 || slices.Contains(s.Resource, "*") && !traces {
			c.say("%s may do %v to anything", name, s.Action)
		}
	}
}

// strangers are functions without access to personal data.
var strangers = []string{"show-report"}

// onlyStaff are functions that may read the staff's identity, and no one else's.
var onlyStaff = []string{"define-project", "sign-in"}

// sessions: functions that sign people in and out have access to nothing else of the shared table, but for
// the list of access.
func (c *check) sessions() {
	for _, s := range c.functions()["sign-in"].Allowed {
		if slices.ContainsFunc(s.Resource, func(r string) bool { return strings.Contains(r, "Tracker") }) && !slices.Contains(texts(s.Condition), "SESSIONS#*") && !slices.Contains(texts(s.Condition), "ACCESSOF#*") {
			c.say("sign-in may use more of the tracker table than the sessions that were ended and the list of access")
		}
	}
}

// people: only functions that need personal data have access to it.
func (c *check) people() {
	for name, f := range c.functions() {
		knows := slices.Contains(f.Settings, cloud.PeopleTable)
		may := false
		for _, s := range f.Allowed {
			if !slices.ContainsFunc(s.Resource, func(r string) bool { return len(c.named(r, aTable)) > 0 && strings.Contains(r, "People") }) {
				continue
			}
			may = true
			if slices.Contains(onlyStaff, name) && !slices.Contains(texts(s.Condition), "STAFF#*") {
				c.say("%s may read more of the people table than the staff", name)
			}
		}
		if knows != may || may && slices.Contains(strangers, name) {
			c.say("people: %s has the table's name: %v, may use it: %v", name, knows, may)
		}
	}
}

// origins: pages of other sites may not send requests.
func (c *check) origins() {
	var all []string
	for _, r := range c.Resources {
		all = append(all, texts(at(r.Properties, "CorsConfiguration", "AllowOrigins"))...)
		for _, rule := range objects(at(r.Properties, "CorsConfiguration", "CorsRules")) {
			all = append(all, texts(rule["AllowedOrigins"])...)
		}
	}
	for _, origin := range all {
		if strings.Contains(origin, "*") {
			c.say("CORS lets %s in", origin)
		}
	}
}

func (c *check) tables() {
	keys := map[string]string{}
	for name, r := range c.of(aTable) {
		p := r.Properties
		if p["BillingMode"] != "PAY_PER_REQUEST" {
			c.say("%s is not on demand", name)
		}
		if at(p, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != true {
			c.say("%s cannot be brought back to an instant", name)
		}
		if p["DeletionProtectionEnabled"] != true {
			c.say("%s can be deleted", name)
		}
		key := c.named(at(p, "SSESpecification", "KMSMasterKeyId"), aKey)
		if at(p, "SSESpecification", "SSEEnabled") != true || len(key) != 1 {
			c.say("%s is not under a key of its own", name)
			continue
		}
		if other, shared := keys[key[0]]; shared {
			c.say("%s and %s lie under the same key", min(name, other), max(name, other))
		}
		keys[key[0]] = name
	}
	for name, r := range c.of(aKey) {
		if r.Properties["EnableKeyRotation"] != true {
			c.say("%s is never changed", name)
		}
	}
}

func (c *check) buckets() {
	for name, r := range c.of(aBucket) {
		p := r.Properties
		for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if at(p, "PublicAccessBlockConfiguration", block) != true {
				c.say("%s is not private: %s", name, block)
			}
		}
		if p["AccessControl"] != nil {
			c.say("%s has an access list", name)
		}
		if at(p, "VersioningConfiguration", "Status") != "Enabled" {
			c.say("%s keeps no versions", name)
		}
		if len(texts(at(p, "BucketEncryption"))) == 0 {
			c.say("%s is not encrypted", name)
		}
		rules := objects(at(p, "LifecycleConfiguration", "Rules"))
		for _, rule := range rules {
			if rule["Status"] != "Enabled" {
				c.say("%s does not keep to its rule %v", name, rule["Id"])
			}
		}
		if len(rules) == 0 {
			c.say("%s keeps everything for ever", name)
		}
		if !c.onlyTLS(name) {
			c.say("%s takes what is not sent by TLS", name)
		}
	}
}

// onlyTLS reports whether a policy denies requests without TLS to everybody.
func (c *check) onlyTLS(bucket string) bool {
	for _, r := range c.of("AWS::S3::BucketPolicy") {
		if !slices.Contains(c.named(r.Properties["Bucket"], aBucket), bucket) {
			continue
		}
		for _, s := range statements(r.Properties["PolicyDocument"]) {
			all := slices.Contains(s.Action, "s3:*") && slices.Equal(c.named(s.Resource, aBucket), []string{bucket, bucket}) // and what is in it
			if s.Effect == "Deny" && all && at(s.Condition, "Bool", "aws:SecureTransport") == "false" {
				return true
			}
		}
	}
	return false
}

// keepers: resources with irreplaceable content are retained when the stack is deleted, when they are replaced, and
// when a parameter takes them out of the stack; a first deployment that fails leaves none of them behind. Users and the
// mail identity are among them, because the parameter Email names them.
func (c *check) keepers() {
	passing := map[string]bool{} // queues that are taken from
	for _, f := range c.functions() {
		for _, e := range f.events {
			for _, queue := range c.named(e["Queue"], aQueue) {
				passing[queue] = true
			}
		}
	}
	kinds := []string{
		aTable, aBucket, aKey, aQueue, "AWS::SecretsManager::Secret", aPool, "AWS::Cognito::UserPoolUser",
		"AWS::Cognito::UserPoolGroup", "AWS::Cognito::UserPoolUserToGroupAttachment", "AWS::SES::EmailIdentity",
	}
	for name, r := range c.Resources {
		if slices.Contains(kinds, r.Type) && !passing[name] && (r.DeletionPolicy != "RetainExceptOnCreate" || r.UpdateReplacePolicy != "Retain") {
			c.say("%s goes with the stack", name)
		}
	}
}

// parts are the settings that functions need, by the functions of package cloud that their mains call.
var parts = map[string]cloud.Part{
	"Tracker": cloud.Tracker, "People": cloud.People, "Files": cloud.Files, "Mail": cloud.Mail, "Arrivals": cloud.Arrivals,
	"Nights": cloud.Nights, "Keys": cloud.Keys,
}

// optional are settings that may be missing.
var optional = []string{"AWS_ENDPOINT_URL", cloud.BaseURL, cloud.Issuer, cloud.GroupsClaim, cloud.ClientID, cloud.ClientSecretID}

// settings: the template sets what each function needs, and nothing else.
func (c *check) settings() {
	for name, f := range c.functions() {
		asked := settingsOf(c.t, name)
		for _, setting := range asked {
			if !slices.Contains(f.Settings, setting) {
				c.say("%s needs %s, which the template does not give it", name, setting)
			}
		}
		for _, setting := range f.Settings {
			if !slices.Contains(asked, setting) && !slices.Contains(optional, setting) {
				c.say("%s does not ask for %s, which the template gives it", name, setting)
			}
		}
	}
}

// settingsOf returns the environment variables that a function needs: those that package cloud reports as missing.
func settingsOf(t *testing.T, function string) []string {
	t.Helper()
	main, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../../functions", function, "main.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var asks []cloud.Part
	ast.Inspect(main, func(n ast.Node) bool {
		call, is := n.(*ast.CallExpr)
		if !is || !selects(call.Fun, "New") {
			return true
		}
		for _, a := range call.Args {
			for name, part := range parts {
				if selects(a, name) {
					asks = append(asks, part)
				}
			}
		}
		if len(asks) != len(call.Args) {
			t.Errorf("%s asks package cloud for something that this test does not know", function)
		}
		return false
	})
	for _, setting := range []string{
		cloud.TrackerTable, cloud.PeopleTable, cloud.Bucket, cloud.SecretID, cloud.Issuer, cloud.ClientID, cloud.ClientSecretID, cloud.GroupsClaim,
		cloud.BaseURL, cloud.MailFrom, cloud.UploadsQueue, cloud.NightQueue, "AWS_ENDPOINT_URL",
	} {
		t.Setenv(setting, "")
	}
	for _, lambdas := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"} {
		t.Setenv(lambdas, "given")
	}
	_, err = cloud.New(asks...)
	if err == nil {
		t.Fatalf("%s needs no settings", function)
	}
	_, list, _ := strings.Cut(err.Error(), "environment: ")
	return strings.Split(list, ", ")
}

// selects reports whether an expression is the name of package cloud.
func selects(e ast.Expr, name string) bool {
	s, is := e.(*ast.SelectorExpr)
	if !is {
		return false
	}
	of, is := s.X.(*ast.Ident)
	return is && of.Name == "cloud" && s.Sel.Name == name
}

// routes: each route of a function is an event of it, and of no other; each event is a route.
func (c *check) routes() {
	leads, want := map[string]string{}, map[string]string{"$default": "show-report"}
	for name, routes := range handlers.Routes(&app.App{}) {
		for _, route := range routes {
			want[event(route)] = name
		}
	}
	for name, f := range c.functions() {
		for _, route := range f.Routes {
			leads[route] = name
			if want[route] == "" {
				c.say("%s leads to %s, which has no such route", route, name)
			}
		}
	}
	for route, name := range want {
		switch leads[route] {
		case name:
		case "":
			c.say("%s leads nowhere", route)
		default:
			c.say("%s leads to %s, and is a route of %s", route, leads[route], name)
		}
	}
}

// questions: sam deploy --guided asks of each event of an API that has no authorizer whether that is intended, and ends
// at the default answer.
func (c *check) questions() {
	for name, f := range c.functions() {
		for event, e := range f.kinds {
			if (e == "Api" || e == "HttpApi") && at(f.events[event], "Auth") == nil {
				c.say("sam deploy --guided ends at the event %s of %s", event, name)
			}
		}
	}
}

const (
	maxPolicy    = 20 << 10 // bytes of a function's resource policy
	maxStatement = 600      // bytes of a statement with the longest names, without its resource's
)

// resourcePolicies: each permission to invoke a function is a statement of its resource policy, and so is each event of
// an API; without one, the API's routes are answered 500.
func (c *check) resourcePolicies() {
	size, invoked := map[string]int{}, map[string]bool{}
	for name, r := range c.of("AWS::Lambda::Permission") {
		source := strings.Join(texts(r.Properties["SourceArn"]), "")
		if source == "" {
			c.say("%s lets anybody's API invoke a function", name)
		}
		for _, function := range c.named(r.Properties["FunctionName"], aFunction) {
			size[function] += maxStatement + len(source)
			invoked[function] = true
		}
	}
	for folder, f := range c.functions() {
		for event, kind := range f.kinds {
			if kind == "Api" || kind == "HttpApi" {
				size[f.ID] += maxStatement + len(strings.Join(texts(f.events[event]), ""))
			}
		}
		if size[f.ID] > maxPolicy {
			c.say("the resource policy of %s may take %d bytes", folder, size[f.ID])
		}
		if len(f.Routes) > 0 && !invoked[f.ID] {
			c.say("the API may not invoke %s", folder)
		}
	}
}

// maxMetrics is the number of metrics that the expression of an alarm may use.
const maxMetrics = 10

func (c *check) alarms() {
	for name, r := range c.of("AWS::CloudWatch::Alarm") {
		metrics := 0
		for _, m := range objects(r.Properties["Metrics"]) {
			if m["MetricStat"] != nil {
				metrics++
			}
		}
		if metrics > maxMetrics {
			c.say("%s looks at %d metrics", name, metrics)
		}
	}
}

// userPools: whether a pool distinguishes Anna@example.org from anna@example.org cannot be changed later; its
// invitation has what Cognito demands, and says in both languages where to sign in.
func (c *check) userPools() {
	for name, r := range c.of(aPool) {
		if at(r.Properties, "UsernameConfiguration", "CaseSensitive") != false {
			c.say("%s distinguishes capital letters in addresses", name)
		}
		invitation := strings.Join(texts(at(r.Properties, "AdminCreateUserConfig", "InviteMessageTemplate", "EmailMessage")), "")
		polish, english, _ := strings.Cut(invitation, `<p lang="en">`)
		for language, text := range map[string]string{"Polish": polish, "English": english} {
			for _, what := range []string{"${Url}/auth/sign-in", "{username}", "{####}"} {
				if !strings.Contains(text, what) {
					c.say("the invitation of %s has no %s in %s", name, what, language)
				}
			}
		}
	}
}

// reasons: each exclusion of a linter has a reason.
func (c *check) reasons() {
	for name, r := range c.Resources {
		for _, skip := range objects(at(r.Metadata, "checkov", "skip")) {
			id, _ := skip["id"].(string)
			if why, _ := skip["comment"].(string); id == "" || len(strings.Fields(why)) < 4 {
				c.say("%s: %s is passed over without a reason", name, id)
			}
		}
	}
}

// event is a route as the template has it. There a path's last part is one parameter, whatever suffix it has.
func event(route web.Route) string {
	return route.Method + " " + suffix.ReplaceAllString(route.Path, "}")
}

var suffix = regexp.MustCompile(`\}(\.[a-z0-9]+)+$`)

func TestRouteIsAnEventWithoutTheSuffixAfterAnID(t *testing.T) {
	for path, want := range map[string]string{
		"/{project}/snapshots/{id}.pdf":            "GET /{project}/snapshots/{id}",
		"/{project}/uploads/template.csv":          "GET /{project}/uploads/template.csv",
		"/{project}/people/{id}/erasure":           "GET /{project}/people/{id}/erasure",
		"/{project}/snapshots/{id}/x/evidence.csv": "GET /{project}/snapshots/{id}/x/evidence.csv",
	} {
		if got := event(web.Route{Method: "GET", Path: path}); got != want {
			t.Errorf("%s is the event %s", path, got)
		}
	}
}
