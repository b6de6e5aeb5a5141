package s3

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"outreach/internal/objects"
	"outreach/internal/objects/objectstest"
)

var endpoint = flag.String("s3", os.Getenv("TRACKER_TEST_S3"), "the `URL` of an S3 to run the suite on")

const howTo = `no S3 to run the suite on. ministack needs Python 3.11:

python3 -m venv /tmp/ministack && /tmp/ministack/bin/pip install -q 'ministack[full]==1.5.33'
AUTH=true GATEWAY_PORT=4566 MINISTACK_HOST=localhost SFTP_ENABLED=0 IOT_MTLS_ENABLED=0 /tmp/ministack/bin/ministack &

go test ./internal/objects/s3 -s3 http://127.0.0.1:4566`

// fresh returns a bucket with a random name, which is removed when the test ends.
func fresh(t *testing.T) *Store {
	t.Helper()
	if *endpoint == "" {
		t.Skip(howTo)
	}
	ctx := t.Context()
	options := []func(*config.LoadOptions) error{config.WithRegion(cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), "eu-central-1"))}
	if os.Getenv("AWS_ACCESS_KEY_ID") == "" {
		options = append(options, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		t.Fatal(err)
	}
	client := s3.NewFromConfig(c, func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle, o.DisableLogOutputChecksumValidationSkipped = endpoint, true, true
	})
	s := New(client, fmt.Sprintf("test-%016x", rand.Uint64()))
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{
		Bucket:                    &s.bucket,
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(c.Region)},
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(ctx)
		err := s.List(ctx, "", func(o objects.Info) error { return s.Delete(ctx, o.Key) })
		_, deleted := client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String(s.bucket)})
		if err := errors.Join(err, deleted); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSuite(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) objects.Store { return fresh(t) })
}

// In a bucket with versions no version of an erased object is left, and every version of another object.
func TestErase(t *testing.T) {
	s := fresh(t)
	ctx := t.Context()
	if _, err := s.client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: &s.bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}); err != nil {
		t.Fatal(err)
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	kept := func() map[string]int {
		t.Helper()
		out, err := s.client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &s.bucket})
		do(err)
		count := map[string]int{}
		for _, v := range out.Versions {
			count[aws.ToString(v.Key)]++
		}
		for _, m := range out.DeleteMarkers {
			count[aws.ToString(m.Key)]++
		}
		return count
	}
	for _, text := range []string{"first", "second"} {
		do(s.Put(ctx, "uploads/list.csv", strings.NewReader(text), "text/csv"))
		do(s.Put(ctx, "uploads/list.csv.more", strings.NewReader(text), "text/csv"))
	}
	do(s.Delete(ctx, "uploads/list.csv"))
	do(s.Put(ctx, "uploads/list.csv", strings.NewReader("third"), "text/csv"))
	if before := kept(); before["uploads/list.csv"] != 4 || before["uploads/list.csv.more"] != 2 {
		t.Fatalf("the bucket keeps %v", before)
	}
	do(s.Erase(ctx, "uploads/list.csv", time.Time{}))
	if after := kept(); after["uploads/list.csv"] != 0 || after["uploads/list.csv.more"] != 2 {
		t.Errorf("the bucket keeps %v", after)
	}
	do(s.Erase(ctx, "uploads/list.csv.more", time.Time{}))
}
