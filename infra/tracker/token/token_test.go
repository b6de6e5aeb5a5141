package token

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

func TestCodeIsThatOfTheStandard(t *testing.T) {
	t.Parallel()
	// Appendix B of RFC 6238, of which the last six digits are taken.
	for second, want := range map[int64]string{59: "287082", 1111111109: "081804", 2000000000: "279037", 20000000000: "353130"} {
		if got, err := Code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n", time.Unix(second, 0)); err != nil || got != want {
			t.Errorf("%d: %s, %v, want %s", second, got, err, want)
		}
	}
	if _, err := Code("not base 32", time.Now()); err == nil || strings.Contains(err.Error(), "not base 32 ") {
		t.Error(err)
	}
}

const seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

// fake is a pool that demands a second factor, as Cognito does.
type fake struct {
	t      *testing.T
	set    bool // the user has a second factor
	asked  []string
	refuse string // an operation that fails
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	f.asked = append(f.asked, operation)
	var in struct {
		Session, UserCode, ChallengeName   string
		ChallengeResponses, AuthParameters map[string]string
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		f.t.Error(err)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	fail := func(code string) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"__type":%q}`, code)
	}
	code, err := Code(seed, time.Unix(1_800_000_000, 0))
	if err != nil {
		f.t.Error(err)
	}
	switch {
	case operation == f.refuse:
		fail("InternalErrorException")
	case operation == "AdminInitiateAuth" && in.AuthParameters["PASSWORD"] != "secret":
		fail("NotAuthorizedException")
	case operation == "AdminInitiateAuth" && f.set:
		fmt.Fprint(w, `{"ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"a","ChallengeParameters":{"USER_ID_FOR_SRP":"sub"}}`)
	case operation == "AdminInitiateAuth":
		fmt.Fprint(w, `{"ChallengeName":"MFA_SETUP","Session":"a","ChallengeParameters":{"USER_ID_FOR_SRP":"sub"}}`)
	case operation == "AssociateSoftwareToken" && in.Session == "a":
		fmt.Fprintf(w, `{"SecretCode":%q,"Session":"b"}`, seed)
	case operation == "VerifySoftwareToken" && in.Session == "b" && in.UserCode == code:
		f.set = true
		fmt.Fprint(w, `{"Status":"SUCCESS","Session":"c"}`)
	case operation == "AdminRespondToAuthChallenge" && in.ChallengeResponses["USERNAME"] == "sub" &&
		(in.ChallengeName == "MFA_SETUP" && in.Session == "c" || in.ChallengeName == "SOFTWARE_TOKEN_MFA" && in.Session == "a" && in.ChallengeResponses["SOFTWARE_TOKEN_MFA_CODE"] == code):
		fmt.Fprint(w, `{"AuthenticationResult":{"IdToken":"the token"}}`)
	default:
		fail("InvalidParameterException")
	}
}

func newSignIn(t *testing.T, f *fake, password string) signIn {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	folder := t.TempDir()
	s := signIn{
		cognito: cognito.New(cognito.Options{Region: "eu-central-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
			Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("test", "test", ""))}),
		pool: "pool", client: "client", user: "program@example.org", passwordFile: filepath.Join(folder, "password"), seedFile: filepath.Join(folder, "seed"),
		now: func() time.Time { return time.Unix(1_800_000_000, 0) },
	}
	if err := os.WriteFile(s.passwordFile, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFirstSignInSetsUpTheSecondFactorAndLaterOnesUseIt(t *testing.T) {
	t.Parallel()
	f := &fake{t: t}
	s := newSignIn(t, f, "secret")
	for range 2 {
		if got, err := s.token(t.Context()); err != nil || got != "the token" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	want := []string{"AdminInitiateAuth", "AssociateSoftwareToken", "VerifySoftwareToken", "AdminRespondToAuthChallenge", "AdminInitiateAuth", "AdminRespondToAuthChallenge"}
	if !slices.Equal(f.asked, want) {
		t.Errorf("asked %v", f.asked)
	}
	if kept, err := os.Stat(s.seedFile); err != nil || kept.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", kept, err)
	}
}

func TestSeedIsKeptBeforeThePoolKnowsIt(t *testing.T) {
	t.Parallel()
	f := &fake{t: t, refuse: "VerifySoftwareToken"}
	s := newSignIn(t, f, "secret")
	if _, err := s.token(t.Context()); err == nil {
		t.Error("no error")
	}
	if kept, err := os.ReadFile(s.seedFile); err != nil || strings.TrimSpace(string(kept)) != seed {
		t.Errorf("%s, %v", kept, err)
	}
	f.refuse = ""
	if got, err := s.token(t.Context()); err != nil || got != "the token" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWrongPasswordIsAnError(t *testing.T) {
	t.Parallel()
	if got, err := newSignIn(t, &fake{t: t}, "wrong").token(t.Context()); err == nil || got != "" || strings.Contains(err.Error(), "wrong") {
		t.Errorf("%q, %v", got, err)
	}
}
