package cloud

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"outreach/internal/keyring"
)

func (c *Cloud) key(ctx context.Context) ([]byte, error) {
	out, err := c.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(os.Getenv(SecretID))})
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	return ParseKey(out.SecretBinary, aws.ToString(out.SecretString))
}

// ParseKey returns the key of a secret: the raw bytes, or the text {"key": "64 hex digits"}. Its errors do not contain
// the secret.
func ParseKey(raw []byte, text string) ([]byte, error) {
	if text != "" {
		var kept struct{ Key string }
		if json.Unmarshal([]byte(text), &kept) != nil {
			return nil, errors.New(`secret: not of the form {"key": "…"}`)
		}
		var err error
		if raw, err = hex.DecodeString(kept.Key); err != nil {
			return nil, errors.New("secret: the key is not hexadecimal")
		}
	}
	if len(raw) != keyring.Size {
		return nil, fmt.Errorf("secret: key of %d bytes, want %d", len(raw), keyring.Size)
	}
	return raw, nil
}

// ClientSecret reads the client secret for the OpenID Connect provider, "" if none is configured (a public client).
func (c *Cloud) ClientSecret(ctx context.Context) (string, error) {
	id := os.Getenv(ClientSecretID)
	if id == "" {
		return "", nil
	}
	out, err := c.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
	if err != nil {
		return "", fmt.Errorf("client secret: %w", err)
	}
	return aws.ToString(out.SecretString), nil
}
