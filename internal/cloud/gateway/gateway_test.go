package gateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"outreach/internal/cloud"
	"outreach/internal/logs"
	"outreach/internal/web"
)

func event(t *testing.T, name string) Request {
	t.Helper()
	text, err := os.ReadFile("../../../events/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var e Request
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func quiet() *cloud.Cloud { return &cloud.Cloud{Log: slog.New(slog.DiscardHandler)} }

// answer sends an event to a handler and returns the response.
func answer(t *testing.T, e Request, h http.HandlerFunc) Response {
	t.Helper()
	f := serve(quiet(), func(context.Context, Request) (http.Handler, error) { return h, nil })
	response, err := f(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestRequest(t *testing.T) {
	// received returns the request and body that a handler gets for an event.
	received := func(t *testing.T, e Request) (seen *http.Request, body string) {
		answer(t, e, func(_ http.ResponseWriter, r *http.Request) {
			text, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			seen, body = r, string(text)
		})
		if seen == nil {
			t.Fatal("the handler was not asked")
		}
		return seen, body
	}
	t.Run("a form comes in base64", func(t *testing.T) {
		_, body := received(t, event(t, "submit-signup/sign-up-by-form"))
		if !strings.HasPrefix(body, "activity=garden&first_name=%C5%BBaneta") {
			t.Error(body)
		}
	})
	t.Run("JSON comes as it is", func(t *testing.T) {
		r, body := received(t, event(t, "submit-signup/sign-up"))
		if !strings.Contains(body, `"anna.nowak@example.org"`) || r.Method != http.MethodPost || r.URL.Path != "/riverside/signups" {
			t.Error(r.Method, r.URL, body)
		}
	})
	t.Run("cookies stand apart from the headers", func(t *testing.T) {
		e := event(t, "submit-signup/sign-up-by-form")
		e.Cookies = []string{"language=pl", "__Host-session=abc=="}
		r, _ := received(t, e)
		session, err := r.Cookie("__Host-session")
		if err != nil || session.Value != "abc==" {
			t.Error(session, err)
		}
		if language, err := r.Cookie("language"); err != nil || language.Value != "pl" {
			t.Error(language, err)
		}
	})
	t.Run("headers are found in whatever case they come", func(t *testing.T) {
		e := event(t, "submit-signup/sign-up")
		e.Headers = map[string]string{"AUTHORIZATION": "Bearer token", "idempotency-key": "k", "Content-Type": "application/json"}
		r, _ := received(t, e)
		if r.Header.Get("Authorization") != "Bearer token" || r.Header.Get("Idempotency-Key") != "k" || r.Header.Get("content-type") != "application/json" {
			t.Error(r.Header)
		}
	})
	t.Run("a header with commas stays one", func(t *testing.T) {
		r, _ := received(t, event(t, "show-report/results-page"))
		if got := r.Header.Values("Accept-Language"); !slices.Equal(got, []string{"de,en;q=0.5"}) {
			t.Errorf("%q", got)
		}
	})
	t.Run("a parameter given twice has both values", func(t *testing.T) {
		r, _ := received(t, event(t, "show-report/results-page"))
		if got := r.URL.Query()["lang"]; !slices.Equal(got, []string{"pl", "en"}) {
			t.Errorf("%q", got)
		}
	})
	t.Run("what cannot be read is 400 and not a failure of the function", func(t *testing.T) {
		for name, change := range map[string]func(*Request){
			"a path":   func(e *Request) { e.RawPath = "/%zz" },
			"a method": func(e *Request) { e.RequestContext.HTTP.Method = "NO METHOD" },
			"a body":   func(e *Request) { e.Body, e.IsBase64Encoded = "###", true },
		} {
			e := event(t, "submit-signup/sign-up")
			change(&e)
			if got := answer(t, e, func(http.ResponseWriter, *http.Request) { t.Error("asked") }); got.StatusCode != http.StatusBadRequest || !json.Valid([]byte(got.Body)) {
				t.Errorf("%s: %+v", name, got)
			}
		}
	})
}

func TestResponse(t *testing.T) {
	e := event(t, "show-report/health")
	t.Run("status, headers, cookies and text are returned", func(t *testing.T) {
		got := answer(t, e, func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
			w.Header().Set("Location", "/riverside")
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, "zażółć")
		})
		if got.StatusCode != http.StatusCreated || got.Headers["Location"] != "/riverside" || got.Body != "zażółć" || got.IsBase64Encoded || !slices.Equal(got.Cookies, []string{"a=1", "b=2"}) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a binary body is encoded in base64", func(t *testing.T) {
		file := []byte{'P', 'K', 3, 4, 0xff, 0xfe}
		got := answer(t, e, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(file) })
		if decoded, err := base64.StdEncoding.DecodeString(got.Body); err != nil || !got.IsBase64Encoded || !bytes.Equal(decoded, file) {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("a handler that writes nothing responds with 200", func(t *testing.T) {
		if got := answer(t, e, func(http.ResponseWriter, *http.Request) {}); got.StatusCode != http.StatusOK {
			t.Errorf("%+v", got)
		}
	})
}

func TestRequestIDOfTheAPIIsReturnedAndLogged(t *testing.T) {
	e := event(t, "show-report/health")
	e.Headers["x-request-id"] = "chosen-by-the-caller"
	var out bytes.Buffer
	c := &cloud.Cloud{Log: logs.New(&out, logs.Request)}
	for name, open := range map[string]func() (http.Handler, error){
		"ready":     func() (http.Handler, error) { return http.NotFoundHandler(), nil },
		"not ready": func() (http.Handler, error) { return nil, errors.New("no secret") },
	} {
		out.Reset()
		response, err := serve(c, func(context.Context, Request) (http.Handler, error) { return open() })(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		id := e.RequestContext.RequestID
		if id == "" || response.Headers[web.RequestHeader] != id || !strings.Contains(out.String(), `"request_id":"`+id+`"`) || strings.Contains(out.String(), "chosen") {
			t.Errorf("%s: %+v and the log %s, want the id %s", name, response.Headers, &out, id)
		}
	}
}

// A handler that waits for too long is still answered within the function's time.
func TestHandlerEndsBeforeTheFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
		defer cancel()
		f := serve(quiet(), func(context.Context, Request) (http.Handler, error) {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				<-r.Context().Done()
				w.WriteHeader(http.StatusServiceUnavailable)
			}), nil
		})
		response, err := f(ctx, event(t, "show-report/health"))
		if err != nil || response.StatusCode != http.StatusServiceUnavailable || ctx.Err() != nil {
			t.Errorf("%+v, %v, the function's time: %v", response, err, ctx.Err())
		}
	})
}

func TestHandlerIsOpenedAtTheFirstEvent(t *testing.T) {
	var domains []string
	f := serve(quiet(), func(_ context.Context, first Request) (http.Handler, error) {
		domains = append(domains, first.RequestContext.DomainName)
		if len(domains) == 1 {
			return nil, errors.New("no secret")
		}
		return http.NotFoundHandler(), nil
	})
	var got []int
	for range 3 {
		response, err := f(t.Context(), event(t, "show-report/health"))
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode == http.StatusServiceUnavailable && response.Headers["Retry-After"] == "" {
			t.Error("503 without Retry-After")
		}
		got = append(got, response.StatusCode)
	}
	if !slices.Equal(got, []int{503, 404, 404}) || !slices.Equal(domains, []string{"outreach.example.org", "outreach.example.org"}) {
		t.Errorf("%v, opened for %v: want 503 until it is ready, and then no more", got, domains)
	}
}

func TestDefaultsComeFromTheAPI(t *testing.T) {
	first := Request{StageVariables: map[string]string{"clientId": "pool's", "issuer": "https://pool"}}
	first.RequestContext.DomainName = "abc.execute-api.eu-central-1.amazonaws.com"
	for _, tt := range []struct{ name, baseURL, clientID, issuer, wantBase, wantClient, wantIssuer string }{
		{"missing settings come from the API", "", "", "", "https://abc.execute-api.eu-central-1.amazonaws.com", "pool's", "https://pool"},
		{"settings take precedence", "https://outreach.example.org", "outreach", "https://own", "https://outreach.example.org", "outreach", "https://own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(cloud.BaseURL, tt.baseURL)
			t.Setenv(cloud.ClientID, tt.clientID)
			t.Setenv(cloud.Issuer, tt.issuer)
			client, issuer := setting(first, cloud.ClientID, "clientId"), setting(first, cloud.Issuer, "issuer")
			if got := base(first); got != tt.wantBase || client != tt.wantClient || issuer != tt.wantIssuer {
				t.Error(got, client, issuer)
			}
		})
	}
}
