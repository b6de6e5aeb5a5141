// Package token signs a program in at a Cognito user pool, with its second factor, and prints its ID token. It needs
// AWS credentials that may sign users in, and nobody at a keyboard.
package token

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what authenticator apps and Cognito use
	"encoding/base32"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// signIn is one user of one client of a pool.
type signIn struct {
	cognito                *cognito.Client
	pool, client, user     string
	passwordFile, seedFile string
	now                    func() time.Time
}

// Command registers the flags of token, and returns what runs once they are parsed.
func Command(flags *flag.FlagSet) func(ctx context.Context, out io.Writer) error {
	s := signIn{now: time.Now}
	flags.StringVar(&s.pool, "pool", "", "id of the user pool")
	flags.StringVar(&s.client, "client", "", "client id of the tracker in the user pool")
	flags.StringVar(&s.user, "user", "", "e-mail address of the program's user")
	flags.StringVar(&s.passwordFile, "password-file", "", "file with the user's password")
	flags.StringVar(&s.seedFile, "seed-file", "", "file with the seed of the user's second factor; written at the first sign-in")
	return func(ctx context.Context, out io.Writer) error {
		if s.pool == "" || s.client == "" || s.user == "" || s.passwordFile == "" || s.seedFile == "" {
			return errors.New("-pool, -client, -user, -password-file and -seed-file are required")
		}
		sdk, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return err
		}
		s.cognito = cognito.NewFromConfig(sdk)
		id, err := s.token(ctx)
		if err == nil {
			fmt.Fprintln(out, id)
		}
		return err
	}
}

// token signs in and returns the ID token. At the first sign-in to a pool that demands a second factor it sets one up,
// and writes its seed before the pool knows it, so that a crash locks nobody out.
func (s signIn) token(ctx context.Context) (string, error) {
	password, err := os.ReadFile(s.passwordFile)
	if err != nil {
		return "", err
	}
	begun, err := s.cognito.AdminInitiateAuth(ctx, &cognito.AdminInitiateAuthInput{
		UserPoolId: &s.pool, ClientId: &s.client, AuthFlow: types.AuthFlowTypeAdminUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": s.user, "PASSWORD": strings.TrimRight(string(password), "\r\n")},
	})
	if err != nil {
		return "", err
	}
	answer := map[string]string{"USERNAME": s.user}
	if id := begun.ChallengeParameters["USER_ID_FOR_SRP"]; id != "" {
		answer["USERNAME"] = id
	}
	session := begun.Session
	switch begun.ChallengeName {
	case "":
		return idToken(begun.AuthenticationResult)
	case types.ChallengeNameTypeSoftwareTokenMfa:
		seed, err := os.ReadFile(s.seedFile)
		if err != nil {
			return "", err
		}
		if answer["SOFTWARE_TOKEN_MFA_CODE"], err = Code(string(seed), s.now()); err != nil {
			return "", err
		}
	case types.ChallengeNameTypeMfaSetup:
		if session, err = s.setUp(ctx, session); err != nil {
			return "", err
		}
	default:
		return "", fmt.Errorf("the pool asks for %s: give the user a permanent password (admin-set-user-password --permanent)", begun.ChallengeName)
	}
	ended, err := s.cognito.AdminRespondToAuthChallenge(ctx, &cognito.AdminRespondToAuthChallengeInput{
		UserPoolId: &s.pool, ClientId: &s.client, ChallengeName: begun.ChallengeName, Session: session, ChallengeResponses: answer,
	})
	if err != nil {
		return "", err
	}
	return idToken(ended.AuthenticationResult)
}

// setUp gives the user a second factor, and returns the session in which the sign-in goes on.
func (s signIn) setUp(ctx context.Context, session *string) (*string, error) {
	made, err := s.cognito.AssociateSoftwareToken(ctx, &cognito.AssociateSoftwareTokenInput{Session: session})
	if err != nil {
		return nil, err
	}
	seed := aws.ToString(made.SecretCode)
	if err := os.WriteFile(s.seedFile, []byte(seed+"\n"), 0o600); err != nil {
		return nil, err
	}
	code, err := Code(seed, s.now())
	if err != nil {
		return nil, err
	}
	verified, err := s.cognito.VerifySoftwareToken(ctx, &cognito.VerifySoftwareTokenInput{Session: made.Session, UserCode: &code})
	if err != nil {
		return nil, err
	}
	return verified.Session, nil
}

func idToken(result *types.AuthenticationResultType) (string, error) {
	if result == nil || result.IdToken == nil {
		return "", errors.New("the pool has not signed the user in")
	}
	return *result.IdToken, nil
}

// Code returns the time-based one-time password (RFC 6238, six digits, 30 seconds) of a seed in base 32.
func Code(seed string, at time.Time) (string, error) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(strings.ToUpper(strings.TrimSpace(seed)), "="))
	if err != nil {
		return "", errors.New("the seed is not in base 32") // the error would show a part of it
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(at.Unix()/30))) //nolint:gosec // not before 1970
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000), nil
}
