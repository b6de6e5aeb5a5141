package cloud

import (
	"cmp"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// environment takes the settings of AWS from where Lambda puts them. The SDK's own search goes on to files, single sign-on
// and metadata services: it links four more clients, and makes each start a fifth longer.
func (c *Cloud) environment() aws.Config {
	settings := aws.Config{
		Region: cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
		Credentials: credentials.NewStaticCredentialsProvider(
			c.setting("AWS_ACCESS_KEY_ID"), c.setting("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")),
	}
	if settings.Region == "" {
		c.missing = append(c.missing, "AWS_REGION")
	}
	if endpoint := os.Getenv("AWS_ENDPOINT_URL"); endpoint != "" {
		settings.BaseEndpoint = &endpoint
	}
	return settings
}
