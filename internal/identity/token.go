package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// skew is the tolerated difference of the issuer's clock.
const skew = 2 * time.Minute

// algorithms are those that need the issuer's private key: never "none", and never HMAC, whose key would be the public
// one.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// verified is the content of a valid token.
type verified struct {
	Identity
	nonce string
	id    bool // an ID token: its audience is this application
}

// verify checks a token's signature, issuer, audience and times.
func (a *Authority) verify(ctx context.Context, raw string) (verified, error) {
	token, err := jwt.ParseSigned(raw, algorithms)
	if err != nil {
		return verified{}, fmt.Errorf("token: %w", err)
	}
	var claims struct {
		jwt.Claims
		ClientID      string `json:"client_id"`
		Nonce         string `json:"nonce"`
		Email         string `json:"email"`
		EmailVerified any    `json:"email_verified"`
	}
	var all map[string]json.RawMessage
	if err := a.source.check(ctx, token, &claims, &all); err != nil {
		return verified{}, fmt.Errorf("token: %w", err)
	}
	if err := claims.ValidateWithLeeway(jwt.Expected{Issuer: a.issuer, Time: a.now()}, skew); err != nil {
		return verified{}, fmt.Errorf("token: %w", err)
	}
	// Cognito's access tokens have no audience, and name the application in client_id instead.
	ours := slices.Contains(claims.Audience, a.clientID)
	switch {
	case !ours && (len(claims.Audience) > 0 || claims.ClientID != a.clientID):
		return verified{}, errors.New("token: is for another application")
	case claims.Expiry == nil:
		return verified{}, errors.New("token: has no expiry")
	case claims.Subject == "":
		return verified{}, errors.New("token: has no subject")
	}
	email := cleanEmail(claims.Email)
	if claims.EmailVerified == false || claims.EmailVerified == "false" {
		email = ""
	}
	checked := email != "" && (claims.EmailVerified == true || claims.EmailVerified == "true") // Cognito writes a text
	return verified{
		Identity: Identity{Subject: claims.Subject, Email: email, Checked: checked, Groups: readGroups(all[a.groupsClaim])},
		nonce:    claims.Nonce,
		id:       ours,
	}, nil
}
