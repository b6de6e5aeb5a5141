package main

import (
	"context"
	"flag"
	"io"
	"time"
)

// settings are the settings of the command serve.
type settings struct {
	address, data                     string
	empty                             bool
	issuer, clientID, clientSecret    string
	groupsClaim, baseURL              string
	issuerWait                        time.Duration
	smtp, smtpPassword, mailFrom      string
	dynamoURL, s3URL                  string
	trackerTable, peopleTable, bucket string
	insecureWebhooks                  bool
}

func serveCommand(flags *flag.FlagSet) func(ctx context.Context, out io.Writer) error {
	var s settings
	s.register(flags)
	return func(ctx context.Context, out io.Writer) error { return run(ctx, s, model, out) }
}

// register defines a flag for each setting.
func (s *settings) register(flags *flag.FlagSet) {
	flags.StringVar(&s.address, "addr", "localhost:3000", "address to listen on")
	flags.StringVar(&s.data, "data", ".data", "data folder")
	flags.BoolVar(&s.empty, "empty", false, "do not load the model project")
	flags.StringVar(&s.issuer, "issuer", "", "OpenID Connect issuer to trust; without one, anyone at this machine can sign in with any role")
	flags.DurationVar(&s.issuerWait, "issuer-wait", 30*time.Second, "how long -issuer is tried at the start before the program ends with an error")
	flags.StringVar(&s.clientID, "client-id", "outreach", "this application's name at the issuer")
	flags.StringVar(&s.clientSecret, "client-secret-file", "", "file with the client's secret at the issuer, if it has one")
	flags.StringVar(&s.groupsClaim, "groups-claim", "groups", "the claim that holds the roles")
	flags.StringVar(&s.baseURL, "base-url", "", "address at which people open the tracker (default: http:// and -addr)")
	flags.StringVar(&s.smtp, "smtp", "", "SMTP server that sends letters, smtp://user@host:587 or smtps://user@host:465 (default: letters are stored and not sent)")
	flags.StringVar(&s.smtpPassword, "smtp-password-file", "", "file with the user's password at -smtp")
	flags.StringVar(&s.mailFrom, "mail-from", "", "address that letters come from, with -smtp")
	flags.BoolVar(&s.insecureWebhooks, "insecure-webhooks", false, "for tests: send webhooks to http and private addresses too")
	flags.StringVar(&s.dynamoURL, "dynamodb", "", "DynamoDB endpoint to use instead of SQLite")
	flags.StringVar(&s.s3URL, "s3", "", "S3 endpoint to use instead of a folder")
	flags.StringVar(&s.trackerTable, "tracker-table", "outreach-tracker", "name of the tracker table at -dynamodb")
	flags.StringVar(&s.peopleTable, "people-table", "outreach-people", "name of the people table at -dynamodb")
	flags.StringVar(&s.bucket, "bucket", "outreach", "name of the bucket at -s3")
}
