// Package cloud sets up a Lambda function: settings from the environment, clients of AWS services, the features on top
// of them, and the secret. The functions' mains call it; package gateway adds HTTP and package ses e-mail. Clients are
// created at the start, but no request is sent before the first event.
package cloud

import (
	"context"
	"errors"
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
	"outreach/internal/keyring"
	"outreach/internal/logs"
	objectss3 "outreach/internal/objects/s3"
	"outreach/internal/store"
	"outreach/internal/table"
	"outreach/internal/table/dynamo"
)

// The names of environment variables. The template sets for each function those that it needs.
const (
	TrackerTable   = "TRACKER_TABLE"    // the table without personal data
	PeopleTable    = "PEOPLE_TABLE"     // the table of identities
	Bucket         = "BUCKET"           // uploads, checkpoints, evidence
	SecretID       = "SECRET_ID"        // the secret that keys the hashes of identities, and seals cookies
	Issuer         = "ISSUER"           // optional: the OpenID Connect provider's URL; default: the API stage's variable
	ClientID       = "CLIENT_ID"        // optional: the client id at the provider; default: the API stage's variable
	ClientSecretID = "CLIENT_SECRET_ID" // optional: the secret that holds the client secret
	GroupsClaim    = "GROUPS_CLAIM"     // optional: the claim with the groups
	BaseURL        = "BASE_URL"         // the public URL; optional for HTTP functions, which know the API's own
	MailFrom       = "MAIL_FROM"        // the sender of e-mail
	UploadsQueue   = "UPLOADS_QUEUE"    // the URL of the queue of files that arrived
	NightQueue     = "NIGHT_QUEUE"      // the URL of the queue of projects that are due
)

// Cloud holds the settings and clients of a function. It is safe for concurrent use.
type Cloud struct {
	Config aws.Config
	Log    *slog.Logger

	missing []string
	secrets *secretsmanager.Client

	keeps bool // whether App stores the keys where the tables have none

	mu     sync.Mutex
	db     *store.DB
	secret []byte   // empty until App has read it
	app    *app.App // nil until App has read the secret and the keys
}

// Part sets up something that a function uses. All functions use the secret, so it is no Part.
type Part func(*Cloud)

// New reads the settings and creates the clients for the parts that the function uses. Its error names all missing
// settings.
func New(parts ...Part) (*Cloud, error) {
	c := &Cloud{Log: logs.New(os.Stdout, requestID), db: &store.DB{Now: time.Now}}
	slog.SetDefault(c.Log)
	// Libraries log whole URLs to the standard logger, and a query may contain personal data.
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

// requestID returns the id of the HTTP request, or of the function's invocation if there is none.
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

// Tracker sets up the table without personal data.
func Tracker(c *Cloud) { c.db.Tracker = c.table(TrackerTable) }

// People sets up the table of identities.
func People(c *Cloud) { c.db.People = c.table(PeopleTable) }

func (c *Cloud) table(setting string) table.Table {
	return dynamo.New(calls(dynamodb.NewFromConfig(c.Config)), c.setting(setting))
}

// Files sets up the bucket of uploads, checkpoints and evidence.
func Files(c *Cloud) {
	client := s3.NewFromConfig(c.Config, func(o *s3.Options) {
		o.UsePathStyle = c.Config.BaseEndpoint != nil // other endpoints do not resolve buckets as subdomains
		o.DisableLogOutputChecksumValidationSkipped = true
	})
	c.db.Objects = objectss3.New(client, c.setting(Bucket))
}

// Keys stores the keys that outlive the secret where the tables have none: in functions that run before there is data,
// and every night. Others read them.
func Keys(c *Cloud) { c.keeps = true }

// Nights requires the queue of projects that are due.
func Nights(c *Cloud) { c.setting(NightQueue) }

// Mail requires the settings for sending e-mail with links to the tracker.
func Mail(c *Cloud) {
	c.setting(MailFrom)
	c.setting(BaseURL)
}

// Arrivals requires the setting for giving messages back to the queue of files that arrived.
func Arrivals(c *Cloud) { c.setting(UploadsQueue) }

// App returns the features. The first call reads the secret and the keys that it opens; if that fails, the next call
// retries. It fails where the secret is not the one of the tables. It is safe for concurrent use.
func (c *Cloud) App(ctx context.Context) (*app.App, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.app == nil {
		secret, err := c.key(ctx)
		if err != nil {
			return nil, err
		}
		ring, err := c.ring(ctx, secret)
		if errors.Is(err, keyring.ErrOtherSecret) {
			return nil, fmt.Errorf("%w: put back the version of the secret that was in use (docs/runbook.md, the secret)", err)
		}
		if err != nil {
			return nil, err
		}
		c.secret, c.db.Secret, c.db.Links = secret, ring.Data, ring.Links
		c.app = app.New(c.db)
	}
	return c.app, nil
}

func (c *Cloud) ring(ctx context.Context, secret []byte) (keyring.Ring, error) {
	switch {
	case c.db.Tracker == nil:
		return keyring.Ring{Data: secret}, nil
	case c.keeps:
		return keyring.Keep(ctx, c.db.Tracker, secret)
	}
	return keyring.Read(ctx, c.db.Tracker, secret)
}

// CookieKey returns the key of sessions, which end when the secret is replaced. App must have returned before.
func (c *Cloud) CookieKey() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.secret
}
