// Package cloud is what a function finds on AWS: its settings in the environment, clients of the services, the store on
// top of them, the secret. The mains of the functions call it; package gateway adds what answers HTTP, package ses the
// e-mail. Clients are made at the start, but nothing is sent before the first event.
package cloud

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"outreach/internal/app"
	"outreach/internal/logs"
	objectss3 "outreach/internal/objects/s3"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/dynamo"
)

// Settings, by their names in the environment. The template gives each function those that it needs.
const (
	TrackerTable   = "TRACKER_TABLE"    // the table of all that names nobody
	PeopleTable    = "PEOPLE_TABLE"     // the table of who someone is
	Bucket         = "BUCKET"           // uploads, checkpoints, evidence
	SecretID       = "SECRET_ID"        // the secret that keys the hashes of identities, and seals cookies
	Issuer         = "ISSUER"           // the OpenID Connect provider's URL
	ClientID       = "CLIENT_ID"        // optional: this application's name there, where the API's stage does not tell it
	ClientSecretID = "CLIENT_SECRET_ID" // optional: the secret that holds the client secret
	GroupsClaim    = "GROUPS_CLAIM"     // optional: the claim with the groups
	BaseURL        = "BASE_URL"         // where people find the tracker; optional for what the API calls, which tells its own address
	MailFrom       = "MAIL_FROM"        // the sender of e-mail
)

// Cloud is a function's surroundings.
type Cloud struct {
	Config aws.Config
	Log    *slog.Logger

	missing []string
	secrets *secretsmanager.Client

	mu  sync.Mutex
	db  *store.DB
	app *app.App // built when the secret is read, which is when it is first asked for
}

// Part is something that a function uses beside the secret, which they all do.
type Part func(*Cloud)

// New reads the settings, and makes the clients of what the function uses. All settings that are missing are named in one
// error.
func New(parts ...Part) (*Cloud, error) {
	c := &Cloud{Log: logs.New(os.Stdout, requestID), db: &store.DB{Now: time.Now}}
	slog.SetDefault(c.Log)
	// Libraries that write to the standard logger write whole addresses, and a query may name somebody.
	log.SetOutput(io.Discard)
	c.Config = c.environment()
	c.secrets = secretsmanager.NewFromConfig(c.Config)
	c.setting(SecretID)
	for _, part := range parts {
		part(c)
	}
	if len(c.missing) > 0 {
		return nil, fmt.Errorf("not set in the environment: %s", strings.Join(c.missing, ", "))
	}
	return c, nil
}

// requestID is the id of the HTTP request that is answered, or else of the function's invocation.
func requestID(ctx context.Context) string {
	id := logs.Request(ctx)
	if invoked, ok := lambdacontext.FromContext(ctx); ok && id == "" {
		id = invoked.AwsRequestID
	}
	return id
}

func (c *Cloud) setting(name string) string {
	value := os.Getenv(name)
	if value == "" {
		c.missing = append(c.missing, name)
	}
	return value
}

// Tracker is the table of all that names nobody.
func Tracker(c *Cloud) { c.db.Tracker = c.table(TrackerTable) }

// People is the table of who someone is.
func People(c *Cloud) { c.db.People = c.table(PeopleTable) }

func (c *Cloud) table(setting string) table.Table {
	return dynamo.New(calls(dynamodb.NewFromConfig(c.Config)), c.setting(setting))
}

// Files are the uploads, checkpoints and evidence.
func Files(c *Cloud) {
	client := s3.NewFromConfig(c.Config, func(o *s3.Options) {
		o.UsePathStyle = c.Config.BaseEndpoint != nil // an endpoint of another kind knows no names below its own
		o.DisableLogOutputChecksumValidationSkipped = true
	})
	c.db.Objects = objectss3.New(client, c.setting(Bucket))
}

// SignIn is what tells who is asking.
func SignIn(c *Cloud) { c.setting(Issuer) }

// Mail is what sends letters, with links to the tracker in them.
func Mail(c *Cloud) {
	c.setting(MailFrom)
	c.setting(BaseURL)
}

// App gives the features, after reading the secret where that was not done yet. While the secret cannot be read it is an
// error, and the next event tries again.
func (c *Cloud) App(ctx context.Context) (*app.App, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.app == nil {
		key, err := c.key(ctx)
		if err != nil {
			return nil, err
		}
		c.db.Secret = key
		c.app = app.New(c.db)
	}
	return c.app, nil
}
