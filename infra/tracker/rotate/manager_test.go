package rotate

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"outreach/internal/keyring"
	"outreach/internal/table/memory"
)

// fake is a Secrets Manager with one secret. A call after which fail is 0 fails, once it had its effect.
type fake struct {
	values map[string]string // by version
	stages map[string]string // the version of each
	fail   int
}

func newFake(secret []byte) *fake {
	return &fake{values: map[string]string{"v0": fmt.Sprintf(`{"key":"%x"}`, secret)}, stages: map[string]string{stageCurrent: "v0"}, fail: -1}
}

func (f *fake) done() error {
	if f.fail--; f.fail == 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func (f *fake) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	version, found := f.stages[aws.ToString(in.VersionStage)]
	if !found {
		return nil, &types.ResourceNotFoundException{}
	}
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(f.values[version]), VersionId: &version}, f.done()
}

func (f *fake) PutSecretValue(_ context.Context, in *secretsmanager.PutSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error) {
	version := fmt.Sprintf("v%d", len(f.values))
	f.values[version] = aws.ToString(in.SecretString)
	for _, stage := range in.VersionStages {
		f.stages[stage] = version
	}
	return &secretsmanager.PutSecretValueOutput{VersionId: &version}, f.done()
}

func (f *fake) UpdateSecretVersionStage(_ context.Context, in *secretsmanager.UpdateSecretVersionStageInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
	if f.stages[*in.VersionStage] != *in.RemoveFromVersionId {
		return nil, &types.InvalidParameterException{}
	}
	f.stages["AWSPREVIOUS"], f.stages[*in.VersionStage] = *in.RemoveFromVersionId, *in.MoveToVersionId
	return &secretsmanager.UpdateSecretVersionStageOutput{}, f.done()
}

func TestRotationInSecretsManager(t *testing.T) {
	t.Parallel()
	for fail := 1; ; fail++ {
		original := keyring.New()
		f, tracker := newFake(original), &memory.Table{}
		f.fail = fail
		err := rotate(t.Context(), tracker, manager{f, "secret"}, time.Hour, io.Discard)
		f.fail = -1
		current, currentErr := manager{f, "secret"}.Current(t.Context())
		if currentErr != nil {
			t.Fatal(currentErr)
		}
		ring, readErr := keyring.Read(t.Context(), tracker, current)
		if readErr != nil || !bytes.Equal(ring.Data, original) {
			t.Errorf("after call %d failed, the functions do not start: %v", fail, readErr)
		}
		if err == nil {
			if bytes.Equal(current, original) {
				t.Error("the secret is the same")
			}
			break
		}
		if err := rotate(t.Context(), tracker, manager{f, "secret"}, time.Hour, io.Discard); err != nil {
			t.Fatal(err)
		}
		again, err := manager{f, "secret"}.Current(t.Context())
		if err != nil || bytes.Equal(again, original) {
			t.Errorf("after call %d failed, the rotation is not finished: %v", fail, err)
		}
		if ring, err := keyring.Read(t.Context(), tracker, again); err != nil || !bytes.Equal(ring.Data, original) {
			t.Errorf("after call %d failed, the key of hashes is lost: %v", fail, err)
		}
		if _, err := keyring.Read(t.Context(), tracker, original); err == nil {
			t.Errorf("after call %d failed, the old secret opens the tables", fail)
		}
		if next, _, err := (manager{f, "secret"}).Next(t.Context()); err != nil || next != nil {
			t.Errorf("after call %d failed, a rotation seems to be pending: %v", fail, err)
		}
	}
}

func TestFileIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	file := File(t.TempDir() + "/secret")
	secret := keyring.New()
	if err := file.Create(secret); err != nil {
		t.Fatal(err)
	}
	if got, err := file.Current(t.Context()); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("%v", err)
	}
	if next, _, err := file.Next(t.Context()); next != nil || err != nil {
		t.Errorf("a rotation is pending: %v", err)
	}
	for _, content := range []string{"", "0f", hex.EncodeToString(secret) + "00", "not hexadecimal"} {
		if _, err := parse(content); err == nil {
			t.Errorf("%q is accepted", content)
		}
	}
}
