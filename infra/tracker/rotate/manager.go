package rotate

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"outreach/internal/cloud"
	"outreach/internal/keyring"
)

// Stages of Secrets Manager: the version in use, and the one that a rotation prepares.
const (
	stageCurrent = "AWSCURRENT"
	stagePending = "AWSPENDING"
)

// api is the part of Secrets Manager that is used.
type api interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
	PutSecretValue(context.Context, *secretsmanager.PutSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error)
	UpdateSecretVersionStage(context.Context, *secretsmanager.UpdateSecretVersionStageInput, ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error)
}

// manager is a secret in Secrets Manager.
type manager struct {
	client api
	id     string
}

var _ keyring.Home = manager{}

func (m manager) version(ctx context.Context, stage string) (secret []byte, version string, err error) {
	out, err := m.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &m.id, VersionStage: &stage})
	if err != nil {
		return nil, "", fmt.Errorf("secret: %w", err)
	}
	secret, err = cloud.ParseKey(out.SecretBinary, aws.ToString(out.SecretString))
	return secret, aws.ToString(out.VersionId), err
}

func (m manager) Current(ctx context.Context) ([]byte, error) {
	secret, _, err := m.version(ctx, stageCurrent)
	return secret, err
}

// Next returns the pending version. The label stays on a version that has become the current one: that is none.
func (m manager) Next(ctx context.Context) ([]byte, func(context.Context) error, error) {
	_, current, err := m.version(ctx, stageCurrent)
	if err != nil {
		return nil, nil, err
	}
	secret, version, err := m.version(ctx, stagePending)
	var none *types.ResourceNotFoundException
	if errors.As(err, &none) || err == nil && version == current {
		return nil, nil, nil
	}
	promote := func(ctx context.Context) error {
		_, err := m.client.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{
			SecretId: &m.id, VersionStage: aws.String(stageCurrent), MoveToVersionId: &version, RemoveFromVersionId: &current,
		})
		return err
	}
	return secret, promote, err
}

func (m manager) Store(ctx context.Context, secret []byte) error {
	text, err := json.Marshal(map[string]string{"key": hex.EncodeToString(secret)})
	if err != nil {
		return err
	}
	_, err = m.client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &m.id, SecretString: aws.String(string(text)), VersionStages: []string{stagePending}})
	return err
}
