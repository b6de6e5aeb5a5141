// Package gateway serves the events of an API Gateway HTTP API (payload format 2.0) with HTTP handlers.
package gateway

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"

	"outreach/internal/app"
	"outreach/internal/cloud"
	"outreach/internal/identity"
	"outreach/internal/logs"
	"outreach/internal/web"
)

// Request and Response are an event of the API and its response.
type (
	Request  = events.APIGatewayV2HTTPRequest
	Response = events.APIGatewayV2HTTPResponse
)

// Function handles an event.
type Function func(context.Context, Request) (Response, error)

// Serve returns a function that serves routes on the features of an application, which it sets up at the first event.
func Serve(c *cloud.Cloud, routes func(*app.App) []web.Route) Function {
	return serve(c, func(ctx context.Context, first Request) (http.Handler, error) {
		features, err := c.App(ctx)
		if err != nil {
			return nil, err
		}
		authority, err := authority(c, features, "", first, nil)
		if err != nil {
			return nil, err
		}
		site := &web.Site{DB: features.DB, Definitions: features.Projects, Staff: features.Access, Authority: authority, Log: c.Log, BaseURL: base(first)}
		if features.DB.Objects != nil {
			address, err := features.DB.Objects.PresignGet(ctx, "uploads/", nil, time.Minute)
			if err != nil {
				return nil, err
			}
			bucket, err := url.Parse(address)
			if err != nil {
				return nil, err
			}
			site.Origins = []string{bucket.Scheme + "://" + bucket.Host}
		}
		return web.NewRouter(site, routes(features)), nil
	})
}

// SignIn returns a function that serves signing in and out.
func SignIn(c *cloud.Cloud) Function {
	return serve(c, func(ctx context.Context, first Request) (http.Handler, error) {
		app, err := c.App(ctx)
		if err != nil {
			return nil, err
		}
		secret, err := c.ClientSecret(ctx)
		if err != nil {
			return nil, err
		}
		authority, err := authority(c, app, secret, first, web.Register(app.Access, c.Log))
		if err != nil {
			return nil, err
		}
		return authority.Handler(), nil
	})
}

func authority(c *cloud.Cloud, kept *app.App, clientSecret string, first Request, signedIn func(*http.Request, identity.Identity)) (*identity.Authority, error) {
	return identity.New(identity.Settings{
		Issuer: setting(first, cloud.Issuer, "issuer"), ClientID: setting(first, cloud.ClientID, "clientId"), ClientSecret: clientSecret,
		GroupsClaim: os.Getenv(cloud.GroupsClaim), CookieKey: c.CookieKey(), BaseURL: base(first), Sessions: kept.Access, SignedIn: signedIn,
	}, &http.Client{Timeout: 10 * time.Second, Transport: c.Transport()})
}

// setting returns an environment variable, or a variable of the API's stage where that is empty. For a user pool in the
// same stack the environment is not possible, because the pool and its client depend on the API's URL.
func setting(e Request, name, stageVariable string) string {
	return cmp.Or(os.Getenv(name), e.StageVariables[stageVariable])
}

// base returns the public URL: the setting, or the API's domain. API Gateway sets the domain name; a client cannot
// forge it.
func base(e Request) string {
	if set := os.Getenv(cloud.BaseURL); set != "" {
		return set
	}
	return "https://" + e.RequestContext.DomainName
}

// reserve is the part of a function's time that its handlers do not get, so that an answer, and what is cleaned up
// before it, is through when Lambda ends the function.
const reserve = 2 * time.Second

// serve opens the handler at the first event. If that fails, it responds with 503 and retries at the next event.
func serve(c *cloud.Cloud, open func(ctx context.Context, first Request) (http.Handler, error)) Function {
	var mu sync.Mutex
	var handler http.Handler
	opened := func(ctx context.Context, event Request) (http.Handler, error) {
		mu.Lock()
		defer mu.Unlock()
		var err error
		if handler == nil {
			handler, err = open(ctx, event)
		}
		return handler, err
	}
	return func(ctx context.Context, event Request) (Response, error) {
		ctx = logs.WithRequest(ctx, event.RequestContext.RequestID)
		if ends, limited := ctx.Deadline(); limited {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, ends.Add(-reserve))
			defer cancel()
		}
		request, err := translate(ctx, event)
		if err != nil {
			return problem(ctx, http.StatusBadRequest), nil
		}
		h, err := opened(ctx, event)
		if err != nil {
			c.Log.ErrorContext(ctx, "not ready", "reason", err.Error())
			return problem(ctx, http.StatusServiceUnavailable), nil
		}
		w := core.NewProxyResponseWriterV2()
		w.WriteHeader(http.StatusOK) // unless the handler sets another status
		web.Logged(c.Log, time.Now, h).ServeHTTP(w, request)
		return w.GetProxyResponse()
	}
}

// translate converts an event to a request.
func translate(ctx context.Context, event Request) (*http.Request, error) {
	var adapter core.RequestAccessorV2
	request, err := adapter.EventToRequestWithContext(ctx, event)
	if err != nil {
		return nil, err
	}
	// The adapter splits every header at commas, which separate values in some headers only.
	for name, value := range event.Headers {
		request.Header.Set(name, value)
	}
	return request, nil
}

func problem(ctx context.Context, status int) Response {
	id := logs.Request(ctx)
	header := map[string]string{"Content-Type": "application/problem+json", "Cache-Control": "no-store", web.RequestHeader: id}
	if status == http.StatusServiceUnavailable {
		header["Retry-After"] = "2"
	}
	return Response{
		StatusCode: status, Headers: header,
		Body: fmt.Sprintf(`{"type":"about:blank","title":%q,"status":%d,"request_id":%q}`, http.StatusText(status), status, id),
	}
}
