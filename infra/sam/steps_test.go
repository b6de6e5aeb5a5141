package sam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"outreach/internal/web"
)

// step is an event and its answer.
type step struct {
	event  string // function/case
	status int    // 0: no answer of HTTP
	holds  string // text that the answer has
	of     string // the event whose answer has the id that this one's address names; "": as in the file
}

// steps go from a definition to its results, through every function, with everything that may be wrong with the input
// of a function. An event that is listed twice is delivered twice.
//
// An event names a role in the place of a token; where the scheme is written bearer, it contains an
// invalid token.
var steps = []step{
	{"show-report/health", 200, `"ok"`, ""},

	{"define-project/not-signed-in", 401, `"status":401`, ""},
	{"define-project/no-such-project", 404, `"status":404`, ""},
	{"define-project/bad-values", 422, `"line":4`, ""},
	{"define-project/not-readable", 400, `"status":400`, ""},
	{"define-project/by-the-wrong-method", 405, `"status":405`, ""},
	{"define-project/too-large", 413, `"status":413`, ""},
	{"define-project/only-check", 200, `"valid":true`, ""},
	{"define-project/set-definition", 201, `"version":1`, ""},
	{"define-project/set-definition", 200, `"version":1`, ""},
	{"define-project/not-allowed", 403, `"status":403`, ""},
	{"define-project/stale", 412, `"status":412`, ""},

	{"submit-signup/show-form", 200, `A community garden`, ""},
	{"submit-signup/sign-up", 201, `"state":"received"`, ""},
	{"submit-signup/sign-up", 201, `"state":"received"`, ""},
	{"submit-signup/sign-up-by-form", 303, ``, ""},
	{"submit-signup/not-readable", 400, `"status":400`, ""},
	{"submit-signup/not-signed-in", 401, `"status":401`, ""},
	{"submit-signup/from-another-site", 403, ``, ""},
	{"submit-signup/no-such-project", 404, `"status":404`, ""},
	{"submit-signup/wrong-link", 404, `"status":404`, ""},
	{"submit-signup/too-large", 413, `"status":413`, ""},
	{"submit-signup/unsupported-type", 415, `"status":415`, ""},
	{"submit-signup/bad-values", 422, `"field":"email"`, ""},
	{"submit-signup/other-body-same-key", 422, `"field":"Idempotency-Key"`, ""},

	{"define-project/set-source", 201, `"kind":"signup"`, ""},
	{"define-project/new-secret", 201, `"secret":`, ""},
	{"take-deliveries/take", 201, `"state":"received"`, "define-project/new-secret"},
	{"take-deliveries/take", 201, `"state":"received"`, "define-project/new-secret"},
	{"take-deliveries/refuse", 422, `"field":"/course"`, "define-project/new-secret"},
	{"take-deliveries/refuse", 422, `"field":"/course"`, "define-project/new-secret"},
	{"take-deliveries/not-readable", 400, `"status":400`, "define-project/new-secret"},
	{"take-deliveries/unsupported-type", 415, `"status":415`, "define-project/new-secret"},
	{"take-deliveries/wrong-secret", 401, `"status":401`, ""},
	{"take-deliveries/too-large", 413, `"status":413`, ""},
	{"take-deliveries/not-allowed", 403, `"status":403`, ""},
	{"take-deliveries/not-found", 404, `"status":404`, ""},
	{"take-deliveries/list", 200, `"source":"form-tool"`, ""},
	{"take-deliveries/discard", 200, `"source":"form-tool"`, "take-deliveries/list"},

	{"manage-project/list-signups", 200, `anna.nowak@example.org`, ""},
	{"manage-project/create-attendance", 201, `"id":`, ""},
	{"manage-project/create-attendance", 409, `"existing":`, ""},
	{"manage-project/create-test", 201, `"post_score":9`, ""},
	{"manage-project/create-test", 201, `"post_score":9`, ""},
	{"manage-project/not-readable", 400, `"status":400`, ""},
	{"manage-project/not-signed-in", 401, `"status":401`, ""},
	{"manage-project/not-allowed", 403, `"status":403`, ""},
	{"manage-project/not-found", 404, `"status":404`, ""},
	{"manage-project/stale", 412, `"status":412`, "manage-project/create-attendance"},
	{"manage-project/too-large", 413, `"status":413`, ""},
	{"manage-project/unsupported-type", 415, `"status":415`, ""},
	{"manage-project/bad-values", 422, `"field":"hours"`, ""},

	{"record-consultation/create", 201, `"id":`, ""},
	{"record-consultation/create", 409, `"existing":`, ""},
	{"record-consultation/create-with-key", 201, `"minutes":45`, ""},
	{"record-consultation/create-with-key", 201, `"minutes":45`, ""},
	{"record-consultation/not-readable", 400, `"status":400`, ""},
	{"record-consultation/not-signed-in", 401, `"status":401`, ""},
	{"record-consultation/not-allowed", 403, `"status":403`, ""},
	{"record-consultation/not-found", 404, `"status":404`, ""},
	{"record-consultation/stale", 412, `"status":412`, "record-consultation/create"},
	{"record-consultation/too-large", 413, `"status":413`, ""},
	{"record-consultation/unsupported-type", 415, `"status":415`, ""},
	{"record-consultation/bad-values", 422, `"field":"minutes"`, ""},
	{"record-consultation/replace", 200, `"minutes":45`, "record-consultation/create-with-key"},
	{"record-consultation/void", 200, `"state":"voided"`, "record-consultation/create-with-key"},

	{"manage-uploads/ask", 201, `"method":"PUT"`, ""},
	{"manage-uploads/list", 200, `may.csv`, ""},
	{"manage-uploads/ask-with-key", 201, `"method":"PUT"`, ""},
	{"manage-uploads/ask-with-key", 201, `"method":"PUT"`, ""},
	{"manage-uploads/not-arrived", 409, `"status":409`, "manage-uploads/ask-with-key"},
	{"manage-uploads/not-readable", 400, `"status":400`, ""},
	{"manage-uploads/not-signed-in", 401, `"status":401`, ""},
	{"manage-uploads/not-allowed", 403, `"status":403`, ""},
	{"manage-uploads/not-found", 404, `"status":404`, ""},
	{"manage-uploads/too-large", 413, `"status":413`, ""},
	{"manage-uploads/unsupported-type", 415, `"status":415`, ""},
	{"manage-uploads/bad-values", 422, `"field":"size"`, ""},

	{"ingest-upload/arrival", 0, `{"batchItemFailures":[]}`, ""},
	{"ingest-upload/arrival", 0, `{"batchItemFailures":[]}`, ""},
	{"ingest-upload/same-object-twice", 0, `{"batchItemFailures":[]}`, ""},
	{"ingest-upload/one-of-three-fails", 0, `{"batchItemFailures":[{"itemIdentifier":"19dd0b57-b21e-4ac1-bd88-01bbb068cb71"}]}`, ""},
	{"ingest-upload/object-is-gone", 0, failsAlone, ""},
	{"ingest-upload/not-readable", 0, failsAlone, ""},
	{"ingest-upload/wrong-key", 0, failsAlone, ""},
	{"ingest-upload/no-such-project", 0, failsAlone, ""},
	{"ingest-upload/bad-cells", 0, `{"batchItemFailures":[]}`, ""}, // the file is rejected, and that is done
	{"ingest-upload/notifications-test", 0, `{"batchItemFailures":[]}`, ""},

	{"compile-snapshot/schedule", 0, `null`, ""},
	{"compile-snapshot/schedule", 0, `null`, ""},
	{"compile-snapshot/project", 0, `{"batchItemFailures":[]}`, ""},
	{"compile-snapshot/project", 0, `{"batchItemFailures":[]}`, ""},
	{"compile-snapshot/no-such-project", 0, failsAlone, ""},
	{"compile-snapshot/wrong-message", 0, failsAlone, ""},
	{"compile-snapshot/not-readable", 400, `"status":400`, ""},
	{"compile-snapshot/not-signed-in", 401, `"status":401`, ""},
	{"compile-snapshot/not-allowed", 403, `"status":403`, ""},
	{"compile-snapshot/not-found", 404, `"status":404`, ""},
	{"compile-snapshot/too-large", 413, `"status":413`, ""},
	{"compile-snapshot/unsupported-type", 415, `"status":415`, ""},
	{"compile-snapshot/bad-values", 422, `"field":"as_of"`, ""},
	{"compile-snapshot/compile-now", 201, `"achieved":45`, ""},
	{"compile-snapshot/compile-now", 200, `"achieved":45`, ""},

	{"manage-project/approve", 200, `"state":"approved"`, ""},
	{"manage-project/approve", 200, `"state":"approved"`, ""},
	{"compile-snapshot/verify", 200, `"same":true`, ""},
	{"compile-snapshot/parquet", 200, `PAR1`, "compile-snapshot/compile-now"},
	{"manage-project/grant-access", 201, `"adviser"`, ""},
	{"manage-project/grant-access", 201, `"adviser"`, ""},
	{"manage-project/list-access", 200, `ola.colleague@example.org`, ""},

	{"show-report/results", 200, `"achieved":20000`, ""},
	{"show-report/results-page", 200, `Nad rzeką`, ""},
	{"show-report/projects", 200, `riverside`, ""},
	{"show-report/programme", 200, `"items":[]`, ""},
	{"show-report/latest", 200, `Minutes of advice`, ""},
	{"show-report/not-readable", 400, `"status":400`, ""},
	{"show-report/not-signed-in", 401, `"status":401`, ""},
	{"show-report/not-allowed", 403, `"status":403`, ""},
	{"show-report/not-found", 404, `"status":404`, ""},
	{"show-report/no-such-project", 404, `"status":404`, ""},
	{"show-report/nobodys-address", 404, `"status":404`, ""},

	{"move-project/export", 200, `README.md`, ""},
	{"move-project/ask", 201, `"method":"PUT"`, ""},
	{"move-project/not-readable", 400, `"status":400`, ""},
	{"move-project/not-signed-in", 401, `"status":401`, ""},
	{"move-project/not-allowed", 403, `"status":403`, ""},
	{"move-project/no-such-project", 404, `"status":404`, ""},
	{"move-project/too-large", 413, `"status":413`, ""},
	{"move-project/unsupported-type", 415, `"status":415`, ""},
	{"move-project/bad-values", 422, `"field":"size"`, ""},

	{"send-notices/facts", 0, `null`, ""},
	{"send-notices/facts", 0, `null`, ""},
	{"send-notices/other-items", 0, `null`, ""},
	{"send-notices/postponed", 0, `null`, ""},
	{"send-notices/reservations", 0, `null`, ""},
	{"send-notices/webhooks", 0, `null`, ""},

	{"sign-in/begin", 303, ``, ""},
	{"sign-in/not-begun-here", 400, ``, ""},
	{"sign-in/refused-by-the-provider", 400, ``, ""},
	{"sign-in/sign-out-from-another-site", 403, ``, ""},
	{"sign-in/sign-out", 303, ``, ""},
}

// failsAlone is the answer where the only message of a batch fails.
const failsAlone = `{"batchItemFailures":[{"itemIdentifier":"19dd0b57-b21e-4ac1-bd88-01bbb068cb70"}]}`

// exampleID is the placeholder in events for ids of earlier answers, and for a secret.
const exampleID = "01JZ8W0Y3Q6X1T5N9B2C7D4E01"

// sent returns an event with the id of an earlier answer, if there was one, and with a body as long as its
// header says. A body that is too large is not part of its file.
func sent(text []byte, id string) ([]byte, error) {
	if id != "" {
		text = bytes.ReplaceAll(text, []byte(exampleID), []byte(id))
	}
	var request map[string]any
	if err := json.Unmarshal(text, &request); err != nil {
		return nil, err
	}
	headers, _ := request["headers"].(map[string]any)
	length, _ := headers["content-length"].(string)
	body, _ := request["body"].(string)
	if encoded, _ := request["isBase64Encoded"].(bool); encoded || length == "" {
		return text, nil
	}
	missing, err := strconv.Atoi(length)
	if missing -= len(body); err != nil || missing < 0 {
		return nil, fmt.Errorf("the body has %d bytes, its header says %s", len(body), length)
	}
	if missing == 0 {
		return text, nil
	}
	request["body"] = body + strings.Repeat(" ", missing)
	return json.Marshal(request)
}

func TestSteps(t *testing.T) {
	files, err := filepath.Glob("../../events/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var events []string
	for _, file := range files {
		events = append(events, filepath.Base(filepath.Dir(file))+"/"+strings.TrimSuffix(filepath.Base(file), ".json"))
	}
	t.Run("every event is played", func(t *testing.T) {
		for _, event := range unplayed(events, steps) {
			t.Errorf("no step plays %s", event)
		}
		if got := unplayed(append(events, "sign-in/forgotten"), steps); !slices.Equal(got, []string{"sign-in/forgotten"}) {
			t.Errorf("of an event that is played nowhere the test says %v", got)
		}
	})
	t.Run("every step has its event, and what it asks for", func(t *testing.T) {
		var before []string
		for _, st := range steps {
			if !slices.Contains(events, st.event) {
				t.Errorf("%s: no such event", st.event)
				continue
			}
			text := read(t, st.event)
			out, err := sent(text, "01JZ8W0Y3Q6X1T5N9B2C7D4E99")
			switch {
			case err != nil:
				t.Errorf("%s: %v", st.event, err)
			case st.of != "" && (!slices.Contains(before, st.of) || !bytes.Contains(text, []byte(exampleID))):
				t.Errorf("%s takes the id of %q, which was not asked before, or has no place for it", st.event, st.of)
			case bytes.Contains(out, []byte(exampleID)):
				t.Errorf("%s: the example's id is still there", st.event)
			case (st.status == 413) != (len(out) > web.MostBody):
				t.Errorf("%s has %d bytes, and is to be answered %d", st.event, len(out), st.status)
			}
			before = append(before, st.event)
		}
	})
	t.Run("every door is sent what it refuses", func(t *testing.T) {
		// A route without a body cannot get too large a one, and so on: each function lists what it can be sent.
		kinds := map[string][]int{
			"submit-signup":       {400, 401, 403, 404, 413, 415, 422},
			"record-consultation": {400, 401, 403, 404, 409, 412, 413, 415, 422},
			"manage-project":      {400, 401, 403, 404, 409, 412, 413, 415, 422},
			"define-project":      {400, 401, 403, 404, 405, 412, 413, 422},
			"take-deliveries":     {400, 401, 403, 404, 413, 415, 422},
			"manage-uploads":      {400, 401, 403, 404, 409, 413, 415, 422},
			"move-project":        {400, 401, 403, 404, 413, 415, 422},
			"compile-snapshot":    {400, 401, 403, 404, 413, 415, 422},
			"show-report":         {400, 401, 403, 404},
			"sign-in":             {400, 403},
			"ingest-upload":       {},
			"send-notices":        {},
		}
		for folder := range functions(t) {
			var refused []int
			for _, st := range steps {
				if of, _, _ := strings.Cut(st.event, "/"); of == folder && st.status >= 400 {
					refused = append(refused, st.status)
				}
			}
			slices.Sort(refused)
			want, known := kinds[folder]
			if refused = slices.Compact(refused); !known || !slices.Equal(refused, want) {
				t.Errorf("%s is seen to refuse with %v, want %v", folder, refused, want)
			}
		}
	})
}

// unplayed returns the events that no step sends.
func unplayed(events []string, steps []step) []string {
	return slices.DeleteFunc(slices.Clone(events), func(event string) bool {
		return slices.ContainsFunc(steps, func(st step) bool { return st.event == event })
	})
}
