package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Where the public address is https, every answer tells browsers to stay there; plain http on one machine does not.
func TestBrowsersAreToldToStayOnHTTPS(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{"https://tracker.example.org": "max-age=31536000", "http://localhost:3000": ""} {
		plain := func(*Site) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
		}
		router := NewRouter(&Site{BaseURL: base, Log: slog.New(slog.DiscardHandler)}, []Route{{Method: "GET", Path: "/plain", Plain: plain}})
		for _, path := range []string{"/plain", "//plain"} {
			w := httptest.NewRecorder()
			router.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			if got := w.Header().Get("Strict-Transport-Security"); got != want {
				t.Errorf("%s%s: %q, want %q", base, path, got, want)
			}
		}
	}
}
