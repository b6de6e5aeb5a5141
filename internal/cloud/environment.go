package cloud

import (
	"cmp"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// environment takes the settings of AWS from where Lambda puts them. The SDK's own search goes on to files, single
// sign-on and metadata services: it links four more clients, and makes each start a fifth longer.
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

// Transport is what requests go through that are sent to AWS without its SDK: a user pool is asked for its keys so.
// Where something stands in for AWS they go there, like those of the SDK.
func (c *Cloud) Transport() http.RoundTripper {
	if c.Config.BaseEndpoint == nil {
		return http.DefaultTransport
	}
	return standIn(*c.Config.BaseEndpoint)
}

// standIn is an address that stands in for those of AWS.
type standIn string

func (s standIn) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Host, ".amazonaws.com") {
		to, err := url.Parse(string(s))
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host, r.Host = to.Scheme, to.Host, ""
	}
	return http.DefaultTransport.RoundTrip(r)
}
