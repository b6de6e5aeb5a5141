// Package gateway answers the events of an HTTP API (payload format 2.0) with ordinary HTTP handlers.
package gateway

import (
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

// Request and Response are an event and what it is answered with.
type (
	Request  = events.APIGatewayV2HTTPRequest
	Response = events.APIGatewayV2HTTPResponse
)

// Function answers an event.
type Function func(context.Context, Request) (Response, error)

// Serve answers by the routes of a site, which is made at the first event.
func Serve(c *cloud.Cloud, routes func(*web.Site) http.Handler) Function {
	return serve(c, func(ctx context.Context, first Request) (http.Handler, error) {
		app, err := c.App(ctx)
		if err != nil {
			return nil, err
		}
		authority, err := authority(c, app, "", first, nil)
		if err != nil {
			return nil, err
		}
		site := &web.Site{App: app, Authority: authority, Log: c.Log, BaseURL: base(first)}
		if app.DB.Objects != nil {
			address, err := app.DB.Objects.PresignGet(ctx, "uploads/", nil, time.Minute)
			if err != nil {
				return nil, err
			}
			bucket, err := url.Parse(address)
			if err != nil {
				return nil, err
			}
			site.Origins = []string{bucket.Scheme + "://" + bucket.Host}
		}
		return routes(site), nil
	})
}

// SignIn answers for signing in and out.
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
		Issuer: os.Getenv(cloud.Issuer), ClientID: clientID(first), ClientSecret: clientSecret,
		GroupsClaim: os.Getenv(cloud.GroupsClaim), CookieKey: kept.DB.Secret, BaseURL: base(first), Sessions: kept.Access, SignedIn: signedIn,
	}, &http.Client{Timeout: 10 * time.Second, Transport: c.Transport()})
}

// clientID is the application's name at the provider: as it was set, or as the API's stage tells it. Of a user pool made
// with the API it cannot be set, for the pool has to know the API's address first.
func clientID(e Request) string {
	if set := os.Getenv(cloud.ClientID); set != "" {
		return set
	}
	return e.StageVariables["clientId"]
}

// base is where people find the tracker: as it was set, or the address under which the API was called. That one is the
// API's own word, not the caller's.
func base(e Request) string {
	if set := os.Getenv(cloud.BaseURL); set != "" {
		return set
	}
	return "https://" + e.RequestContext.DomainName
}

// serve makes the handler at the first event. Where that fails the event is answered 503, and the next one tries again.
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
		w.WriteHeader(http.StatusOK) // unless the handler says otherwise
		web.Logged(c.Log, time.Now, h).ServeHTTP(w, request)
		return w.GetProxyResponse()
	}
}

// translate makes the request that an event speaks of.
func translate(ctx context.Context, event Request) (*http.Request, error) {
	var adapter core.RequestAccessorV2
	request, err := adapter.EventToRequestWithContext(ctx, event)
	if err != nil {
		return nil, err
	}
	// The adapter takes a comma for the end of a value, which it is in some headers only.
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
