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

	"outreach/internal/cloud"
	"outreach/internal/identity"
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
	return serve(c, func(ctx context.Context, domain string) (http.Handler, error) {
		store, err := c.Store(ctx)
		if err != nil {
			return nil, err
		}
		authority, err := authority(store.Secret, "", domain)
		if err != nil {
			return nil, err
		}
		site := &web.Site{Store: store, Authority: authority, Log: c.Log, BaseURL: base(domain), Origins: []string{os.Getenv(cloud.Issuer)}}
		if store.Objects != nil {
			address, err := store.Objects.PresignGet(ctx, "uploads/", nil, time.Minute)
			if err != nil {
				return nil, err
			}
			site.Origins = append(site.Origins, address)
		}
		if site.Origins, err = origins(site.Origins); err != nil {
			return nil, err
		}
		return routes(site), nil
	})
}

// SignIn answers for signing in and out.
func SignIn(c *cloud.Cloud) Function {
	return serve(c, func(ctx context.Context, domain string) (http.Handler, error) {
		store, err := c.Store(ctx)
		if err != nil {
			return nil, err
		}
		secret, err := c.ClientSecret(ctx)
		if err != nil {
			return nil, err
		}
		authority, err := authority(store.Secret, secret, domain)
		if err != nil {
			return nil, err
		}
		return authority.Handler(), nil
	})
}

func authority(key []byte, clientSecret, domain string) (*identity.Authority, error) {
	return identity.New(identity.Settings{
		Issuer: os.Getenv(cloud.Issuer), ClientID: os.Getenv(cloud.ClientID), ClientSecret: clientSecret,
		GroupsClaim: os.Getenv(cloud.GroupsClaim), CookieKey: key, BaseURL: base(domain),
	}, &http.Client{Timeout: 10 * time.Second})
}

// base is where people find the tracker: as it was set, or the address under which the API was called. That one is the
// API's own word, not the caller's.
func base(domain string) string {
	if set := os.Getenv(cloud.BaseURL); set != "" {
		return set
	}
	return "https://" + domain
}

// origins cuts addresses down to scheme and host.
func origins(addresses []string) ([]string, error) {
	var out []string
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil {
			return nil, fmt.Errorf("origin: %w", err)
		}
		out = append(out, u.Scheme+"://"+u.Host)
	}
	return out, nil
}

// serve makes the handler at the first event. Where that fails the event is answered 503, and the next one tries again.
func serve(c *cloud.Cloud, open func(ctx context.Context, domain string) (http.Handler, error)) Function {
	var mu sync.Mutex
	var handler http.Handler
	opened := func(ctx context.Context, domain string) (http.Handler, error) {
		mu.Lock()
		defer mu.Unlock()
		var err error
		if handler == nil {
			handler, err = open(ctx, domain)
		}
		return handler, err
	}
	return func(ctx context.Context, event Request) (Response, error) {
		request, err := translate(ctx, event)
		if err != nil {
			return problem(http.StatusBadRequest), nil
		}
		h, err := opened(ctx, event.RequestContext.DomainName)
		if err != nil {
			c.Log.Error("not ready", "reason", err.Error())
			return problem(http.StatusServiceUnavailable), nil
		}
		w := core.NewProxyResponseWriterV2()
		w.WriteHeader(http.StatusOK) // unless the handler says otherwise
		h.ServeHTTP(w, request)
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

func problem(status int) Response {
	header := map[string]string{"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
	if status == http.StatusServiceUnavailable {
		header["Retry-After"] = "2"
	}
	return Response{
		StatusCode: status, Headers: header,
		Body: fmt.Sprintf(`{"type":"about:blank","title":%q,"status":%d}`, http.StatusText(status), status),
	}
}
