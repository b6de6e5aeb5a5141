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

// environment returns the AWS configuration from the variables that Lambda sets. The SDK's default chain also searches
// files, single sign-on and metadata services, which links four more clients and makes cold starts a fifth longer.
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

// Transport returns the transport for requests to AWS that are made without the SDK, such as for a user pool's keys. If
// AWS_ENDPOINT_URL is set, it sends requests to AWS there, as the SDK does.
func (c *Cloud) Transport() http.RoundTripper {
	if c.Config.BaseEndpoint == nil {
		return http.DefaultTransport
	}
	return endpointTransport(*c.Config.BaseEndpoint)
}

// endpointTransport is a transport that sends requests for AWS to another endpoint.
type endpointTransport string

func (s endpointTransport) RoundTrip(r *http.Request) (*http.Response, error) {
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
