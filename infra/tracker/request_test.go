package main_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRequestIDIsReturnedLoggedAndShown(t *testing.T) {
	t.Parallel()
	const proxy = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	dir := t.TempDir()
	c := caller{t: t, base: start(t, dir, "localhost:0", "-empty").base}
	seen := map[string]bool{}
	for _, tt := range []struct {
		what, given, want string
		answer            reply
	}{
		{"a program's problem", "", "", c.get("/no-such-project")},
		{"the error page", "", "", c.browser().get("/no-such-project")},
		{"a proxy's id", proxy, proxy, c.with("X-Request-Id", proxy).get("/no-such-project")},
		{"an id that could be a name", "zofia@example.org", "", c.with("X-Request-Id", "zofia@example.org").get("/no-such-project")},
		{"an address without a project", "", "", c.get("/local/mail?to=zofia")},
		{"signing in", "", "", c.get("/auth/sign-in?to=/zofia")},
	} {
		id := tt.answer.header.Get("X-Request-Id")
		if id == "" || tt.want != "" && id != tt.want || tt.want == "" && len(id) != 26 || seen[id] {
			t.Errorf("%s: the id is %q", tt.what, id)
		}
		if seen[id] = true; tt.answer.status == http.StatusNotFound && !strings.Contains(string(tt.answer.body), id) {
			t.Errorf("%s does not name %s: %s", tt.what, id, tt.answer)
		}
	}
	var log []byte
	eventually(t, "a line of the access log for each request", func() bool {
		log, _ = os.ReadFile(filepath.Join(dir, "log.jsonl"))
		for id := range seen {
			if !bytes.Contains(log, []byte(`"request_id":"`+id+`"`)) {
				return false
			}
		}
		return bytes.Count(log, []byte(`"msg":"request"`)) >= len(seen)
	})
	if bytes.Contains(log, []byte("zofia")) {
		t.Errorf("the log holds an address:\n%s", log)
	}
}

func TestHealthAndPagesNameTheVersion(t *testing.T) {
	t.Parallel()
	c := caller{t: t, base: shared.base}
	health := c.get("/health").is(http.StatusOK)
	health.has(map[string]string{"status": "ok"})
	version := health.text("version")
	if page := c.browser().get("/?lang=en").is(http.StatusOK); version == "" || !strings.Contains(string(page.body), ">Version "+version+"<") {
		t.Errorf("the footer does not say version %q: %s", version, page)
	}
}
