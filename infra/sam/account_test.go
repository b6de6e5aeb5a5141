//go:build sam

package sam

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"outreach/infra/tracker/token"
)

// send sends a signed request to a service.
func (s *stage) send(ctx context.Context, method, service, path string, header http.Header, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.endpoint+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name := range header {
		r.Header.Set(name, header.Get(name))
	}
	who, err := testCredentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	if err := signer.NewSigner().SignHTTP(ctx, who, r, hex.EncodeToString(sum[:]), service, region, time.Now()); err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if failed := response.Header.Get("X-Amz-Function-Error"); failed != "" || response.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s", response.Status, failed, answer)
	}
	return answer, nil
}

// ask sends JSON to a service whose operations are addresses.
func (s *stage) ask(ctx context.Context, method, service, path string, in, out any) error {
	return s.json(ctx, method, service, path, http.Header{"Content-Type": {"application/json"}}, in, out)
}

// order sends JSON to a service whose operations are named in a header.
func (s *stage) order(ctx context.Context, service, operation string, in, out any) error {
	return s.json(ctx, http.MethodPost, service, "/", http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {operation}}, in, out)
}

func (s *stage) json(ctx context.Context, method, service, path string, header http.Header, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	answer, err := s.send(ctx, method, service, path, header, body)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

// query sends a form to a service that answers in XML.
func (s *stage) query(ctx context.Context, service, action, version string, values url.Values, out any) error {
	values.Set("Action", action)
	values.Set("Version", version)
	answer, err := s.send(ctx, http.MethodPost, service, "/", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(values.Encode()))
	if err != nil || out == nil {
		return err
	}
	return xml.Unmarshal(answer, out)
}

func (s *stage) iam(ctx context.Context, action string, values url.Values, out any) error {
	return s.query(ctx, "iam", action, "2010-05-08", values, out)
}

// pool returns tokens of the stack's user pool.
type pool struct {
	s      *stage
	id     string
	client string
	groups map[string]bool   // that there are
	users  map[string]bool   // that there are
	in     map[string]bool   // who is in which group
	tokens map[string]string // by who asked for them, as what
	seeds  map[string]string // of second factors, by user
}

func newPool(s *stage) *pool {
	return &pool{s: s, id: s.resources["UserPool"], client: s.resources["UserPoolClient"], groups: map[string]bool{}, users: map[string]bool{}, in: map[string]bool{}, tokens: map[string]string{}, seeds: map[string]string{}}
}

// password is the password of every user; it satisfies the rules of any pool.
const password = "Only-for-tests-2026!"

// token creates the user and the groups where they are missing, and signs in with the password, as programs do that
// have AWS credentials.
func (p *pool) token(ctx context.Context, email string, groups ...string) (string, error) {
	id := email + " " + strings.Join(groups, ",")
	if p.tokens[id] != "" {
		return p.tokens[id], nil
	}
	if !p.users[email] {
		made := p.do(ctx, "AdminCreateUser", map[string]any{"Username": email, "MessageAction": "SUPPRESS", "UserAttributes": []map[string]string{{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}}}, nil)
		if made != nil && strings.Contains(made.Error(), "UsernameExistsException") { // another test made it, with a second factor of its own
			made = p.do(ctx, "AdminSetUserMFAPreference", map[string]any{"Username": email, "SoftwareTokenMfaSettings": map[string]bool{"Enabled": false}}, nil)
		}
		err := errors.Join(made,
			p.do(ctx, "AdminSetUserPassword", map[string]any{"Username": email, "Password": password, "Permanent": true}, nil))
		if err != nil {
			return "", err
		}
		p.users[email] = true
	}
	if len(p.groups) == 0 { // the template makes one
		var there struct{ Groups []struct{ GroupName string } }
		if err := p.do(ctx, "ListGroups", map[string]any{}, &there); err != nil {
			return "", err
		}
		for _, g := range there.Groups {
			p.groups[g.GroupName] = true
		}
	}
	for _, group := range groups {
		if !p.groups[group] {
			if err := p.do(ctx, "CreateGroup", map[string]any{"GroupName": group}, nil); err != nil {
				return "", err
			}
			p.groups[group] = true
		}
		if !p.in[email+" "+group] {
			if err := p.do(ctx, "AdminAddUserToGroup", map[string]any{"Username": email, "GroupName": group}, nil); err != nil {
				return "", err
			}
			p.in[email+" "+group] = true
		}
	}
	token, err := p.signIn(ctx, p.client, email)
	p.tokens[id] = token
	return token, err
}

// signIn returns an ID token for one of the pool's clients. It signs in with a second factor, which it sets up at the
// first time: the emulator signs a user in without until there is one, where Cognito demands to set it up.
func (p *pool) signIn(ctx context.Context, client, email string) (string, error) {
	type signedIn struct {
		ChallengeName, Session string
		AuthenticationResult   struct{ IdToken, AccessToken string }
	}
	begin := func() (out signedIn, err error) {
		err = p.do(ctx, "AdminInitiateAuth", map[string]any{
			"ClientId": client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": map[string]string{"USERNAME": email, "PASSWORD": password},
		}, &out)
		return out, err
	}
	begun, err := begin()
	if err != nil {
		return "", err
	}
	if p.seeds[email] == "" {
		if err := p.setUp(ctx, email, begun.AuthenticationResult.AccessToken); err != nil {
			return "", err
		}
		if begun, err = begin(); err != nil {
			return "", err
		}
	}
	if begun.ChallengeName != "SOFTWARE_TOKEN_MFA" {
		return "", fmt.Errorf("the pool demands no second factor but %q", begun.ChallengeName)
	}
	code, err := token.Code(p.seeds[email], time.Now())
	if err != nil {
		return "", err
	}
	var out signedIn
	err = p.do(ctx, "AdminRespondToAuthChallenge", map[string]any{
		"ClientId": client, "ChallengeName": begun.ChallengeName, "Session": begun.Session,
		"ChallengeResponses": map[string]string{"USERNAME": email, "SOFTWARE_TOKEN_MFA_CODE": code},
	}, &out)
	if err == nil && out.AuthenticationResult.IdToken == "" {
		err = errors.New("signing in gave no token")
	}
	return out.AuthenticationResult.IdToken, err
}

// setUp gives a user a second factor.
func (p *pool) setUp(ctx context.Context, email, accessToken string) error {
	var made struct{ SecretCode string }
	if err := p.do(ctx, "AssociateSoftwareToken", map[string]any{"AccessToken": accessToken}, &made); err != nil {
		return err
	}
	code, err := token.Code(made.SecretCode, time.Now())
	if err != nil {
		return err
	}
	p.seeds[email] = made.SecretCode
	return errors.Join(
		p.do(ctx, "VerifySoftwareToken", map[string]any{"AccessToken": accessToken, "UserCode": code}, nil),
		p.do(ctx, "AdminSetUserMFAPreference", map[string]any{"Username": email, "SoftwareTokenMfaSettings": map[string]bool{"Enabled": true, "PreferredMfa": true}}, nil))
}

func (p *pool) do(ctx context.Context, operation string, in map[string]any, out any) error {
	in["UserPoolId"] = p.id
	if err := p.s.order(ctx, "cognito-idp", "AWSCognitoIdentityProviderService."+operation, in, out); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

// route is an address of the HTTP API, and the function behind it by its name in the template.
type route struct{ key, function string }

// routes returns the routes of the transformed template: SAM writes them into the API's Body.
func (s *stage) routes(t *testing.T) []route {
	t.Helper()
	var answer struct {
		Body string `xml:"GetTemplateResult>TemplateBody"`
	}
	in := url.Values{"StackName": {s.stack}, "TemplateStage": {"Processed"}}
	if err := s.query(t.Context(), "cloudformation", "GetTemplate", "2010-05-15", in, &answer); err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				Body struct {
					Paths map[string]map[string]struct {
						Integration struct {
							URI any `json:"uri"`
						} `json:"x-amazon-apigateway-integration"`
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(answer.Body), &template); err != nil {
		t.Fatal(err)
	}
	var found []route
	for _, r := range template.Resources {
		if r.Type != "AWS::ApiGatewayV2::Api" {
			continue
		}
		for path, methods := range r.Properties.Body.Paths {
			for method, m := range methods {
				key := strings.ToUpper(method) + " " + path
				if path == "/$default" || path == "$default" {
					key = "$default"
				}
				uri := fmt.Sprint(m.Integration.URI) // {"Fn::Sub": "arn:…:functions/${ShowReport.Arn}/invocations"}
				_, name, _ := strings.Cut(uri, "functions/${")
				name, _, ok := strings.Cut(name, ".Arn}")
				if !ok {
					t.Fatalf("%s leads to %s", key, uri)
				}
				found = append(found, route{key, name})
			}
		}
	}
	return found
}

// serveAPI creates the routes of the deployed API, since the emulator does not read the API's Body.
func (s *stage) serveAPI(t *testing.T) int {
	t.Helper()
	api := "/v2/apis/" + s.resources["Api"]
	var there struct {
		Items []struct {
			RouteID string `json:"routeId"`
		} `json:"items"`
	}
	if err := s.ask(t.Context(), http.MethodGet, "apigateway", api+"/routes", nil, &there); err != nil {
		t.Fatal(err)
	}
	if len(there.Items) > 0 {
		t.Fatalf("the stand-in has learnt to read an API's Body: it has %d routes already", len(there.Items))
	}
	integrations := map[string]string{}
	for _, r := range s.routes(t) {
		if integrations[r.function] == "" {
			var made struct {
				IntegrationID string `json:"integrationId"`
			}
			in := map[string]string{"integrationType": "AWS_PROXY", "payloadFormatVersion": "2.0", "integrationUri": s.functions[r.function].ARN}
			if err := s.ask(t.Context(), http.MethodPost, "apigateway", api+"/integrations", in, &made); err != nil {
				t.Fatal(err)
			}
			integrations[r.function] = made.IntegrationID
		}
		in := map[string]string{"routeKey": r.key, "target": "integrations/" + integrations[r.function]}
		if err := s.ask(t.Context(), http.MethodPost, "apigateway", api+"/routes", in, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.ask(t.Context(), http.MethodGet, "apigateway", api+"/routes?maxResults=500", nil, &there); err != nil {
		t.Fatal(err)
	}
	return len(there.Items)
}

// handOn gives the functions the variables of the API's stage as settings, since events of the emulator's API have
// none.
func (s *stage) handOn(t *testing.T) {
	t.Helper()
	var api struct {
		StageVariables map[string]string `json:"stageVariables"`
	}
	if err := s.ask(t.Context(), http.MethodGet, "apigateway", "/v2/apis/"+s.resources["Api"]+"/stages/$default", nil, &api); err != nil {
		t.Fatal(err)
	}
	if api.StageVariables["issuer"] == "" || api.StageVariables["clientId"] == "" {
		t.Fatalf("the stage has the variables %v", api.StageVariables)
	}
	for _, f := range functions(t) {
		var has struct {
			Environment struct{ Variables map[string]string }
		}
		at := "/2015-03-31/functions/" + s.resources[f.ID] + "/configuration"
		if err := s.ask(t.Context(), http.MethodGet, "lambda", at, nil, &has); err != nil {
			t.Fatal(err)
		}
		if _, signsIn := has.Environment.Variables["ISSUER"]; !signsIn {
			continue
		}
		has.Environment.Variables["ISSUER"] = api.StageVariables["issuer"]
		has.Environment.Variables["CLIENT_ID"] = api.StageVariables["clientId"]
		if err := s.ask(t.Context(), http.MethodPut, "lambda", at, has, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// deployedFunction is Lambda's description of a function.
type deployedFunction struct {
	ARN, Role, LogGroup string
}

// readFunctions reads Lambda's description of each function of the template.
func (s *stage) readFunctions(t *testing.T) {
	t.Helper()
	s.functions = map[string]deployedFunction{}
	for _, f := range functions(t) {
		var out struct {
			FunctionArn, Role string
			LoggingConfig     struct{ LogGroup string }
		}
		if err := s.ask(t.Context(), http.MethodGet, "lambda", "/2015-03-31/functions/"+s.resources[f.ID]+"/configuration", nil, &out); err != nil {
			t.Fatal(err)
		}
		if out.LoggingConfig.LogGroup == "" {
			out.LoggingConfig.LogGroup = "/aws/lambda/" + s.resources[f.ID]
		}
		s.functions[f.ID] = deployedFunction{out.FunctionArn, out.Role, out.LoggingConfig.LogGroup}
	}
}

// logged returns the lines of a function's log.
func (s *stage) logged(t *testing.T, function string) []string {
	t.Helper()
	var lines []string
	in := map[string]any{"logGroupName": s.functions[function].LogGroup}
	for {
		var out struct {
			Events    []struct{ Message string }
			NextToken string
		}
		if err := s.order(t.Context(), "logs", "Logs_20140328.FilterLogEvents", in, &out); err != nil {
			t.Fatal(err)
		}
		for _, e := range out.Events {
			lines = append(lines, e.Message)
		}
		if out.NextToken == "" {
			return lines
		}
		in["nextToken"] = out.NextToken
	}
}

// policy is a document of IAM.
type policy struct {
	Version   string
	Statement []rule
}

// rule is a statement of a policy.
type rule struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Action    list
	Resource  list
	Condition map[string]map[string]list `json:",omitempty"`
}

// list is a JSON string or a list of them.
type list []string

func (l *list) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(l))
}

// policies returns the policies of a function's role, by name.
func (s *stage) policies(t *testing.T, function string) map[string]policy {
	t.Helper()
	role := roleName(s.functions[function].Role)
	var names struct {
		Names []string `xml:"ListRolePoliciesResult>PolicyNames>member"`
	}
	if err := s.iam(t.Context(), "ListRolePolicies", url.Values{"RoleName": {role}}, &names); err != nil {
		t.Fatal(err)
	}
	found := map[string]policy{}
	for _, name := range names.Names {
		var out struct {
			Document string `xml:"GetRolePolicyResult>PolicyDocument"`
		}
		if err := s.iam(t.Context(), "GetRolePolicy", url.Values{"RoleName": {role}, "PolicyName": {name}}, &out); err != nil {
			t.Fatal(err)
		}
		text, err := url.QueryUnescape(out.Document)
		if err != nil {
			t.Fatal(err)
		}
		var p policy
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatal(err)
		}
		found[name] = p
	}
	return found
}

func (s *stage) putPolicy(t *testing.T, function, name string, p policy) {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	in := url.Values{"RoleName": {roleName(s.functions[function].Role)}, "PolicyName": {name}, "PolicyDocument": {string(text)}}
	if err := s.iam(t.Context(), "PutRolePolicy", in, nil); err != nil {
		t.Fatal(err)
	}
}

func roleName(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// queue calls SQS for one of the stack's queues.
func (s *stage) queue(t *testing.T, operation, queue string, in map[string]any, out any) {
	t.Helper()
	in["QueueUrl"] = s.resources[queue]
	if err := s.json(t.Context(), http.MethodPost, "sqs", "/", http.Header{"Content-Type": {"application/x-amz-json-1.0"}, "X-Amz-Target": {"AmazonSQS." + operation}}, in, out); err != nil {
		t.Fatalf("%s: %v", operation, err)
	}
}

// waiting returns how many messages a queue has, waiting and in process.
func (s *stage) waiting(t *testing.T, queue string) string {
	t.Helper()
	var out struct{ Attributes map[string]string }
	s.queue(t, "GetQueueAttributes", queue, map[string]any{"AttributeNames": []string{"All"}}, &out)
	return out.Attributes["ApproximateNumberOfMessages"] + "+" + out.Attributes["ApproximateNumberOfMessagesNotVisible"]
}

// partnerIdentity creates an AWS identity that may put objects under one prefix, as docs/partner.md describes.
func (s *stage) partnerIdentity(t *testing.T, name, prefix string) aws.Credentials {
	t.Helper()
	document := fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::%s/%s*"}]}`, s.resources["Bucket"], prefix)
	var key struct {
		ID     string `xml:"CreateAccessKeyResult>AccessKey>AccessKeyId"`
		Secret string `xml:"CreateAccessKeyResult>AccessKey>SecretAccessKey"`
	}
	err := errors.Join(
		s.iam(t.Context(), "CreateUser", url.Values{"UserName": {name}}, nil),
		s.iam(t.Context(), "PutUserPolicy", url.Values{"UserName": {name}, "PolicyName": {"uploads"}, "PolicyDocument": {document}}, nil),
		s.iam(t.Context(), "CreateAccessKey", url.Values{"UserName": {name}}, &key))
	if err != nil {
		t.Fatal(err)
	}
	return aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}
}
