package logs

import (
	"bytes"
	"encoding/json"
	"testing"

	"outreach/internal/version"
)

func TestLinesCarryVersionAndRequest(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := New(&out, Request).With("part", "x")
	log.InfoContext(WithRequest(t.Context(), "id1"), "first")
	log.InfoContext(t.Context(), "second")
	lines := json.NewDecoder(&out)
	for _, want := range []string{"id1", ""} {
		var line struct {
			Part, Version string
			RequestID     string `json:"request_id"`
		}
		if err := lines.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line.RequestID != want || line.Version != version.String() || line.Part != "x" {
			t.Errorf("got %+v, want the request %q", line, want)
		}
	}
}
