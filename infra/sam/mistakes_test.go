package sam

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// manyEvents are more events of an API than a function's resource policy has room for.
var manyEvents = func() (all string) {
	for i := range 50 {
		all += fmt.Sprintf("Form%d: {Type: HttpApi, Properties: {Path: /form/%d, Method: GET}}\n        ", i, i)
	}
	return all
}()

// TestMistakes makes one mistake after another in the template, and checks that each is found.
func TestMistakes(t *testing.T) {
	for _, m := range []struct{ name, was, is, found string }{
		{"a permission without its resource", `, Resource: !GetAtt SubmitSignupLog.Arn}`, `}`, "submit-signup may do [logs:CreateLogStream logs:PutLogEvents] to anything"},
		{"a permission to everything", `Resource: &SecretArn !If [MakesSecret, !GetAtt Secret.Id, !Ref UseSecret]}`, `Resource: &SecretArn "*"}`, "to anything"},
		{"a permission in a condition", `Resource: !Sub "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${ClientSecretId}-??????"`, `Resource: "*"`, "sign-in may do [secretsmanager:GetSecretValue] to anything"},
		{"a permission to do everything", `Action: s3:DeleteObject`, `Action: "s3:*"`, "manage-project may do s3:*"},
		{"more than traces with the traces", `"xray:PutTelemetryRecords"], Resource: "*"`, `"sqs:SendMessage"], Resource: "*"`, "to anything"},
		{"a managed policy", `AssumeRolePolicyDocument: *ByLambda`, "AssumeRolePolicyDocument: *ByLambda\n      ManagedPolicyArns: [\"arn:aws:iam::aws:policy/AmazonS3FullAccess\"]", "AmazonS3FullAccess"},
		{"a policy template of SAM's", `Role: !GetAtt SubmitSignupRole.Arn`, "Role: !GetAtt SubmitSignupRole.Arn\n      Policies: [{DynamoDBCrudPolicy: {TableName: !Ref Tracker}}]", "a policy that is not written out"},
		{"a role that is not there", `Role: !GetAtt ShowReportRole.Arn`, `Role: arn:aws:iam::123456789012:role/anything`, "show-report may do nothing"},
		{"any origin", `AllowedOrigins: [&Address`, `AllowedOrigins: ["*", &Address`, "CORS lets * in"},
		{"any origin of the API", "    Type: AWS::ApiGatewayV2::Api\n    Properties:", "    Type: AWS::ApiGatewayV2::Api\n    Properties:\n      CorsConfiguration: {AllowOrigins: [\"*\"]}", "CORS lets * in"},
		{"no redrive policy", `RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: 5}`, ``, "Uploads has no dead-letter queue"},
		{"a dead-letter queue that is not there", `deadLetterTargetArn: !GetAtt DeadLetters.Arn`, `deadLetterTargetArn: !GetAtt Gone.Arn`, "Uploads has no dead-letter queue"},
		{"a visibility timeout below six times the function's", `VisibilityTimeout: 3600`, `VisibilityTimeout: 3599`, "Uploads is delivered again before"},
		{"a function that may take longer", "MemorySize: 1769\n      Timeout: 600\n      Role: !GetAtt IngestUploadRole", "MemorySize: 1769\n      Timeout: 601\n      Role: !GetAtt IngestUploadRole", "Uploads is delivered again before"},
		{"an alarm while a file is tried again", `Threshold: 5400`, `Threshold: 4200`, "Uploads has no alarm of old messages"},
		{"no alarm of old messages", `MetricName: ApproximateAgeOfOldestMessage`, `MetricName: ApproximateNumberOfMessagesVisible`, "Uploads has no alarm of old messages"},
		{"no partial batches", `FunctionResponseTypes: [ReportBatchItemFailures]`, ``, "ingest-upload cannot tell which message"},
		{"a queue in the open", `SqsManagedSseEnabled: true`, `SqsManagedSseEnabled: false`, "Uploads is not encrypted"},
		{"dead letters for four days", "      MessageRetentionPeriod: 1209600\n\n", "\n", "DeadLetters keeps messages for less"},
		{"no dead-letter queue of a schedule", `DeadLetterConfig: {Arn: !GetAtt Missed.Arn}`, ``, "schedule Nightly of compile-snapshot has no dead-letter queue"},
		{"no retries of a schedule", `RetryPolicy: {MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 14400}`, ``, "schedule Nightly of compile-snapshot is not tried again"},
		{"a schedule at an hour that a day of March lacks", `cron(30 3 * * ? *)`, `cron(0 2 * * ? *)`, "schedule Nightly of compile-snapshot is at an hour that not every day has once"},
		{"no failure destination of what a schedule wakes", `DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Missed.Arn}}`, ``, "compile-snapshot has no on-failure destination"},
		{"no failure destination of the stream", `DestinationConfig: {OnFailure: {Type: S3, Destination: *BucketArn}}`, ``, "stream Facts of send-notices has no on-failure destination"},
		{"a stream that stops at one record", `BisectBatchOnFunctionError: true`, ``, "one record holds up its batch"},
		{"a stream without a last attempt", `MaximumRetryAttempts: 20`, `MaximumRetryAttempts: -1`, "stream Facts of send-notices is tried again for ever"},
		{"no log group", `LoggingConfig: {LogFormat: JSON, LogGroup: !Ref SignInLog}`, ``, "sign-in has no log group"},
		{"a log for ever", `Properties: {RetentionInDays: !Ref LogDays}`, `Properties: {}`, "SubmitSignupLog keeps its lines for ever"},
		{"a setting under another name", `MAIL_FROM: &MailFrom`, `MAIL_SENDER: &MailFrom`, "send-notices needs MAIL_FROM"},
		{"a setting that nobody asks for", `MAIL_FROM: &MailFrom`, "LOG_LEVEL: debug\n          MAIL_FROM: &MailFrom", "send-notices does not ask for LOG_LEVEL"},
		{"an optional setting under another name", `GROUPS_CLAIM: &GroupsClaim`, `GROUP_CLAIM: &GroupsClaim`, "submit-signup does not ask for GROUP_CLAIM"},
		{"no route", `          "/{project}/snapshots/{id}/approval": {post: *ManageProject}`, ``, "POST /{project}/snapshots/{id}/approval leads nowhere"},
		{"no answer for what is nobody's", `          $default: {x-amazon-apigateway-any-method: {isDefaultRoute: true, x-amazon-apigateway-integration: *ShowReportIntegration}}`, ``, "$default leads nowhere"},
		{"an event that is no route", `          /health: {get: *ShowReport}`, "          /health: {get: *ShowReport}\n          \"/{project}/more\": {get: *ShowReport}", "GET /{project}/more leads to show-report, which has no such route"},
		{"a route to another function", `"/{project}/signups": {get: *ManageProject, post: *SubmitSignup, options: *SubmitSignup}`, `"/{project}/signups": {get: *ManageProject, post: *ManageProject, options: *SubmitSignup}`, "POST /{project}/signups leads to manage-project, and is a route of submit-signup"},
		{"a path that is there twice", `          /health: {get: *ShowReport}`, "          /health: {get: *ShowReport}\n          /health: {get: *SignIn}", `"/health" already defined`},
		{"a function that the API may not invoke", `FunctionName: !Ref SignIn, Principal`, `FunctionName: !Ref ShowReport, Principal`, "the API may not invoke sign-in"},
		{"anybody's API", `SourceArn: *ByApi`, `SourceAccount: !Ref "AWS::AccountId"`, "lets anybody's API invoke a function"},
		{"a route that is an event", `Arrivals:`, "Form: {Type: HttpApi, Properties: {Path: /form, Method: GET}}\n        Arrivals:", "sam deploy --guided ends at the event Form of ingest-upload"},
		{"too long a resource policy", `Arrivals:`, manyEvents + `Arrivals:`, "the resource policy of ingest-upload may take"},
		{"an alarm over eleven metrics", "        - {Id: f9, ReturnData: false, MetricStat: {Period: 300, Stat: Sum, Metric: {Namespace: AWS/Lambda, MetricName: Errors,", "        - {Id: f10, MetricStat: {}}\n        - {Id: f9, ReturnData: false, MetricStat: {Period: 300, Stat: Sum, Metric: {Namespace: AWS/Lambda, MetricName: Errors,", "FunctionErrors looks at 11 metrics"},
		{"a pool that distinguishes capital letters", `UsernameConfiguration: {CaseSensitive: false}`, `UsernameConfiguration: {CaseSensitive: true}`, "UserPool distinguishes capital letters"},
		{"an invitation without the address", `Sign in: <a href="${Url}/auth/sign-in">${Url}/auth/sign-in</a>`, `Sign in`, "the invitation of UserPool has no ${Url}/auth/sign-in in English"},
		{"an invitation without the password in Polish", `Hasło tymczasowe: {####}`, `Hasło tymczasowe`, "the invitation of UserPool has no {####} in Polish"},
		{"a user that goes when Email changes", "    Condition: Invites\n    DeletionPolicy: RetainExceptOnCreate\n    UpdateReplacePolicy: Retain\n", "    Condition: Invites\n", "Administrator goes with the stack"},
		{"a mail identity that goes when Email changes", "    Condition: VerifiesMail\n    DeletionPolicy: RetainExceptOnCreate\n    UpdateReplacePolicy: Retain\n", "    Condition: VerifiesMail\n", "Sender goes with the stack"},
		{"what a failed first deployment leaves behind", "  UserPool:\n    Type: AWS::Cognito::UserPool\n    Condition: MakesPool\n    DeletionPolicy: RetainExceptOnCreate", "  UserPool:\n    Type: AWS::Cognito::UserPool\n    Condition: MakesPool\n    DeletionPolicy: Retain", "UserPool goes with the stack"},
		{"who somebody is, for the public's pages", "        - PolicyName: function\n          PolicyDocument:\n            Version: \"2012-10-17\"\n            Statement:\n              - {Effect: Allow, Action: [\"logs:CreateLogStream\", \"logs:PutLogEvents\"], Resource: !GetAtt ShowReportLog.Arn}", "        - PolicyName: function\n          PolicyDocument:\n            Version: \"2012-10-17\"\n            Statement:\n              - *WritePeople\n              - {Effect: Allow, Action: [\"logs:CreateLogStream\", \"logs:PutLogEvents\"], Resource: !GetAtt ShowReportLog.Arn}", "people: show-report has the table's name: false, may use it: true"},
		{"who somebody is, for who needs the staff alone", `Condition: {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["STAFF#*", "STAFFIDENTITY#*", "FILENAME#*"]}}`, ``, "define-project may read more of the people table"},
		{"the whole table, for who ends sessions alone", `Condition: {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["SESSIONS#*", "KEYS"]}}`, ``, "sign-in may use more of the tracker table"},
		{"a table that is paid by the hour", `BillingMode: PAY_PER_REQUEST`, `BillingMode: PROVISIONED`, "People is not on demand"},
		{"no way back to an instant", `PointInTimeRecoveryEnabled: true`, `PointInTimeRecoveryEnabled: false`, "People cannot be brought back"},
		{"no deletion protection", `DeletionProtectionEnabled: true`, `DeletionProtectionEnabled: false`, "People can be deleted"},
		{"the service's own key", `SSESpecification: {SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: !GetAtt PeopleKey.Arn}`, `SSESpecification: {SSEEnabled: true}`, "People is not under a key of its own"},
		{"one key for both tables", `KMSMasterKeyId: !GetAtt TrackerKey.Arn`, `KMSMasterKeyId: !GetAtt PeopleKey.Arn`, "People and Tracker lie under the same key"},
		{"a key for ever", `EnableKeyRotation: true`, `EnableKeyRotation: false`, "PeopleKey is never changed"},
		{"a table that goes with the stack", "  People:\n    Type: AWS::DynamoDB::Table\n    Condition: MakesPeople\n    DeletionPolicy: RetainExceptOnCreate", "  People:\n    Type: AWS::DynamoDB::Table\n    Condition: MakesPeople\n    DeletionPolicy: Delete", "People goes with the stack"},
		{"dead letters that go with the stack", "  DeadLetters:\n    Type: AWS::SQS::Queue\n    DeletionPolicy: RetainExceptOnCreate\n    UpdateReplacePolicy: Retain", "  DeadLetters:\n    Type: AWS::SQS::Queue\n    DeletionPolicy: RetainExceptOnCreate", "DeadLetters goes with the stack"},
		{"a public bucket", `RestrictPublicBuckets: true`, `RestrictPublicBuckets: false`, "Bucket is not private: RestrictPublicBuckets"},
		{"a bucket without TLS", `{"aws:SecureTransport": "false"}`, `{"aws:SecureTransport": "true"}`, "Bucket takes what is not sent by TLS"},
		{"a bucket without versions", `VersioningConfiguration: {Status: Enabled}`, `VersioningConfiguration: {Status: Suspended}`, "Bucket keeps no versions"},
		{"a bucket in the open", `BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}`, ``, "Bucket is not encrypted"},
		{"a rule that does not hold", `{Id: answers, Status: Enabled`, `{Id: answers, Status: Disabled`, "Bucket does not keep to its rule answers"},
		{"a finding passed over without a reason", `{id: CKV_AWS_18, comment: "`, `{id: CKV_AWS_18, why: "`, "Bucket: CKV_AWS_18 is passed over without a reason"},
	} {
		t.Run(m.name, func(t *testing.T) {
			text := templateText(t)
			if !bytes.Contains(text, []byte(m.was)) {
				t.Fatalf("the template has no %q to make a mistake in", m.was)
			}
			found := findings(t, bytes.Replace(text, []byte(m.was), []byte(m.is), 1))
			if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, m.found) }) {
				t.Errorf("found %q, not %q", found, m.found)
			}
		})
	}
}
