package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"outreach/internal/logs"
)

// environ sets the variables that Lambda sets for every function, and clears the tracker's own.
func environ(t *testing.T, endpoint string) {
	t.Helper()
	for _, setting := range os.Environ() {
		if name, _, _ := strings.Cut(setting, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	for _, name := range []string{TrackerTable, PeopleTable, Bucket, SecretID, Issuer, ClientID, ClientSecretID, GroupsClaim, BaseURL, MailFrom, UploadsQueue} {
		t.Setenv(name, "")
	}
	for name, value := range map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": endpoint} {
		t.Setenv(name, value)
	}
}

func TestNew(t *testing.T) {
	tests := []struct {
		name    string
		parts   []Part
		set     []string
		missing string
	}{
		{"all missing settings are named at once", []Part{Tracker, People, Files, Mail, Arrivals}, nil,
			"SECRET_ID, TRACKER_TABLE, PEOPLE_TABLE, BUCKET, MAIL_FROM, BASE_URL, UPLOADS_QUEUE"},
		{"settings of unused parts are not required", []Part{Tracker}, []string{SecretID, TrackerTable}, ""},
		{"every function needs the secret", nil, nil, "SECRET_ID"},
		{"settings that are set are not named", []Part{Mail}, []string{SecretID, MailFrom}, "BASE_URL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			environ(t, "")
			for _, name := range tt.set {
				t.Setenv(name, "something")
			}
			_, err := New(tt.parts...)
			switch {
			case tt.missing == "" && err != nil:
				t.Error(err)
			case tt.missing != "" && (err == nil || !strings.HasSuffix(err.Error(), ": "+tt.missing)):
				t.Errorf("%v, want %s", err, tt.missing)
			}
		})
	}
	t.Run("a region and keys come from the environment alone", func(t *testing.T) {
		environ(t, "")
		t.Setenv(SecretID, "secret")
		t.Setenv("AWS_REGION", "")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		if _, err := New(); err == nil || !strings.Contains(err.Error(), "AWS_SECRET_ACCESS_KEY, AWS_REGION") {
			t.Error(err)
		}
	})
	t.Run("tables and files exist only if requested", func(t *testing.T) {
		environ(t, "")
		for _, name := range []string{SecretID, TrackerTable, Bucket} {
			t.Setenv(name, "something")
		}
		c, err := New(Tracker)
		if err != nil {
			t.Fatal(err)
		}
		if c.db.Tracker == nil || c.db.People != nil || c.db.Objects != nil {
			t.Errorf("%+v", c.db)
		}
	})
}

// secrets starts a fake Secrets Manager that returns the answers in order and then repeats the last one.
func secrets(t *testing.T, answers ...string) (endpoint string, asked *[]string) {
	t.Helper()
	asked = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ SecretId string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
			t.Errorf("asked %s: %v", r.Header.Get("X-Amz-Target"), err)
		}
		answer := answers[min(len(*asked), len(answers)-1)]
		*asked = append(*asked, in.SecretId)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if answer == "" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"AccessDeniedException","Message":"no"}`)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"SecretString": answer})
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

const hexKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

func TestSecret(t *testing.T) {
	t.Run("it is read once, at the first event, and retried after a failure", func(t *testing.T) {
		endpoint, asked := secrets(t, "", `{"key":"`+hexKey+`"}`)
		environ(t, endpoint)
		t.Setenv(SecretID, "arn:of:the:secret")
		c, err := New()
		if err != nil {
			t.Fatal(err)
		}
		if len(*asked) != 0 {
			t.Error("it was read at the start")
		}
		if _, err := c.App(t.Context()); err == nil {
			t.Error("a store without its secret")
		}
		for range 2 {
			s, err := c.App(t.Context())
			if err != nil || len(s.DB.Secret) != 32 || s.DB.Secret[31] != 0x1f {
				t.Fatalf("%v, %v", s, err)
			}
		}
		if want := []string{"arn:of:the:secret", "arn:of:the:secret"}; !slices.Equal(*asked, want) {
			t.Errorf("asked for %v", *asked)
		}
	})
	t.Run("for a public client no client secret is read", func(t *testing.T) {
		endpoint, asked := secrets(t, "")
		environ(t, endpoint)
		t.Setenv(SecretID, "secret")
		c, err := New()
		if err != nil {
			t.Fatal(err)
		}
		if secret, err := c.ClientSecret(t.Context()); err != nil || secret != "" || len(*asked) != 0 {
			t.Errorf("%q, %v, asked %v", secret, err, *asked)
		}
	})
	t.Run("a client's secret is taken as it is", func(t *testing.T) {
		endpoint, asked := secrets(t, "s3cret")
		environ(t, endpoint)
		t.Setenv(SecretID, "secret")
		t.Setenv(ClientSecretID, "client")
		c, err := New()
		if err != nil {
			t.Fatal(err)
		}
		if secret, err := c.ClientSecret(t.Context()); err != nil || secret != "s3cret" || !slices.Equal(*asked, []string{"client"}) {
			t.Errorf("%q, %v, asked %v", secret, err, *asked)
		}
	})
}

func TestParseKey(t *testing.T) {
	tests := []struct {
		name, raw, text string
		ok              bool
	}{
		{"32 bytes as they are", strings.Repeat("k", 32), "", true},
		{"64 hex digits in JSON", "", `{"key":"` + hexKey + `"}`, true},
		{"capitals are hex digits too", "", `{"key":"` + strings.ToUpper(hexKey) + `"}`, true},
		{"too short a key", "", `{"key":"0011"}`, false},
		{"too few bytes", "short", "", false},
		{"no hex digits", "", `{"key":"` + strings.Repeat("x", 64) + `"}`, false},
		{"no JSON", "", hexKey, false},
		{"another name", "", `{"password":"` + hexKey + `"}`, false},
		{"nothing", "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key, err := ParseKey([]byte(tt.raw), tt.text)
			if tt.ok != (err == nil) || tt.ok && len(key) != 32 {
				t.Errorf("%d bytes, %v", len(key), err)
			}
			if err != nil && (tt.text != "" && strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "0011") || strings.Contains(err.Error(), "xxxx")) {
				t.Errorf("the error contains the secret: %v", err)
			}
		})
	}
}

func TestTransport(t *testing.T) {
	var asked []string
	standIn := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = append(asked, r.URL.Path) }))
	defer standIn.Close()
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	defer elsewhere.Close()
	environ(t, standIn.URL)
	t.Setenv(SecretID, "secret")
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]int{"https://cognito-idp.eu-central-1.amazonaws.com/pool/keys": http.StatusOK, elsewhere.URL + "/keys": http.StatusNotFound} {
		answer, err := (&http.Client{Transport: c.Transport()}).Get(address) //nolint:noctx // of this machine
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: %s", address, answer.Status)
		}
	}
	if !slices.Equal(asked, []string{"/pool/keys"}) {
		t.Errorf("requests to the AWS endpoint: %v", asked)
	}
}

func TestLogLinesHaveTheRequestIDOrElseTheInvocationID(t *testing.T) {
	t.Parallel()
	invoked := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "invocation"})
	for want, ctx := range map[string]context.Context{"": t.Context(), "invocation": invoked, "request": logs.WithRequest(invoked, "request")} {
		if got := requestID(ctx); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
