package dynamo

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"outreach/internal/table"
	"outreach/internal/table/tabletest"
)

var endpoint = flag.String("dynamodb", os.Getenv("TRACKER_TEST_DYNAMODB"), "the `URL` of a DynamoDB to run the suite on")

const howTo = `no DynamoDB to run the suite on. DynamoDB Local needs Java 17 and Maven:

mkdir -p /tmp/ddb && cd /tmp/ddb && cat >pom.xml <<'END'
<project>
  <modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>ddb</artifactId><version>1</version>
  <dependencies><dependency><groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>2.6.1</version></dependency></dependencies>
</project>
END
mvn -q dependency:copy-dependencies -DoutputDirectory=lib
java -Djava.library.path=lib -cp 'lib/*' com.amazonaws.services.dynamodbv2.local.main.ServerRunner -inMemory -sharedDb -port 8000 &

go test ./internal/table/dynamo -dynamodb http://127.0.0.1:8000`

// fresh creates a table with a random name and deletes it when the test ends.
func fresh(t *testing.T) (*dynamodb.Client, string) {
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
	client := dynamodb.NewFromConfig(c, func(o *dynamodb.Options) { o.BaseEndpoint = endpoint })
	name := fmt.Sprintf("test-%016x", rand.Uint64())
	if err := Create(ctx, client, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.DeleteTable(context.WithoutCancel(ctx), &dynamodb.DeleteTableInput{TableName: aws.String(name)}); err != nil {
			t.Error(err)
		}
	})
	return client, name
}

func TestSuite(t *testing.T) {
	tabletest.Run(t, func(t *testing.T) table.Table {
		client, name := fresh(t)
		return New(client, name)
	})
}

func TestCreate(t *testing.T) {
	t.Run("an existing table is left unchanged", func(t *testing.T) {
		client, name := fresh(t)
		home := New(client, name)
		if err := home.Write(t.Context(), table.Op{Item: table.Item{Key: table.Key{PK: "a", SK: "b"}}}); err != nil {
			t.Fatal(err)
		}
		if err := Create(t.Context(), client, name); err != nil {
			t.Fatal(err)
		}
		if items, err := home.Get(t.Context(), table.Key{PK: "a", SK: "b"}); err != nil || len(items) != 1 {
			t.Errorf("%v, %v", items, err)
		}
	})
}
