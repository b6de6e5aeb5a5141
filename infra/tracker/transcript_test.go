package main_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"

	"outreach/internal/text"
)

var (
	record   = flag.Bool("record", false, "rewrite the answers in testdata/transcript.txt; read the diff before you commit it")
	keepData = flag.String("keep-data", "", "copy the data folder that the transcript leaves behind to this new folder")
)

// TestTranscript sends the requests of testdata/transcript.txt, in order, to a tracker of its own and compares the
// answers. The file's first lines explain its format. After an intended change of behaviour: go test ./infra/tracker
// -run Transcript -record
func TestTranscript(t *testing.T) {
	t.Parallel()
	const file = "testdata/transcript.txt"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, filepath.Join(t.TempDir(), "data"), "localhost:0", "-empty")
	p := &player{t: t, base: s.base, callers: map[string]caller{}, names: map[string]string{}, ids: map[string]string{}, day: today(t)}
	got := p.play(string(text))
	if *keepData != "" {
		s.stop(t, os.Interrupt)
		if err := os.CopyFS(*keepData, os.DirFS(s.data)); err != nil {
			t.Fatal(err)
		}
	}
	if *record {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	recorded, now := strings.Split(string(text), "\n\n"), strings.Split(got, "\n\n") // the requests are the same
	for i := range recorded {
		if diff := cmp.Diff(strings.Split(recorded[i], "\n"), strings.Split(now[i], "\n")); diff != "" {
			request, _, _ := strings.Cut(recorded[i], "\n<")
			t.Errorf("%s\nanswers (- recorded, + now):\n%s", request, diff)
		}
	}
}

// player plays a transcript.
type player struct {
	t       *testing.T
	base    string
	callers map[string]caller
	names   map[string]string // name → value, as captured by "= name path"
	ids     map[string]string // any other random value → its mask
	day     time.Time         // the current one, where the projects are
}

// today returns the current day in the time zone of projects that name none.
func today(t *testing.T) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(zone)
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
}

// groups are the roles of the callers; {project} is the first segment of the path.
var groups = map[string]string{
	"office": "{project}:coordinator", "elsewhere": "elsewhere:coordinator", "adviser": "{project}:adviser", "adviser2": "{project}:adviser", "funder": "{project}:funder",
	"radio": "{project}:partner:radio", "press": "{project}:partner:press", "admin": "admin",
}

// exchange is a request as the transcript has it. method is that of HTTP, or UPLOAD, WAIT or MAIL.
type exchange struct {
	method, path string
	callers      []string
	header       [][2]string
	body         string
	captures     [][2]string // name, path
}

var requestLine = regexp.MustCompile(`^(GET|POST|PUT|DELETE|UPLOAD|WAIT|MAIL) (\S+)(?: as ([a-z0-9 ]+))?$`)

// play returns the transcript with the current answers.
func (p *player) play(text string) string {
	var out strings.Builder
	var now *exchange
	answer := func() {
		if now != nil {
			out.WriteString(p.answer(*now))
		}
		now = nil
	}
	for line := range strings.Lines(text) {
		plain := strings.TrimRight(line, "\n")
		if strings.HasPrefix(plain, "<") {
			continue // an answer of before
		}
		mark, rest, _ := strings.Cut(plain, " ")
		switch m := requestLine.FindStringSubmatch(plain); {
		case m != nil:
			answer()
			now = &exchange{method: m[1], path: m[2], callers: strings.Fields(m[3])}
		case mark == ">" && now != nil:
			name, value, _ := strings.Cut(rest, ": ")
			now.header = append(now.header, [2]string{name, value})
		case mark == "|" && now != nil:
			now.body += rest + "\n"
		case mark == "=" && now != nil:
			name, path, _ := strings.Cut(rest, " ")
			now.captures = append(now.captures, [2]string{name, path})
		case plain == "" || mark == "#":
			answer()
		default:
			p.t.Fatalf("not a line of a transcript: %s", plain)
		}
		out.WriteString(line)
	}
	answer()
	return out.String()
}

// answer sends a request as each of its callers, and returns the answers as lines.
func (p *player) answer(x exchange) string {
	p.t.Helper()
	var out strings.Builder
	for i, who := range x.callers {
		r := p.send(x, who)
		if i == 0 {
			p.capture(x, r)
		}
		lines := p.shown(r)
		if len(x.callers) > 1 {
			lines[0] = who + " " + lines[0]
		}
		for _, line := range lines {
			out.WriteString(strings.TrimRight("< "+line, " ") + "\n")
		}
	}
	return out.String()
}

func (p *player) send(x exchange, who string) reply {
	p.t.Helper()
	path, body := p.filled(x.path), p.filled(x.body)
	if x.method != "UPLOAD" {
		body = strings.TrimSuffix(body, "\n")
	}
	if name, found := strings.CutPrefix(strings.TrimSpace(body), "@"); found {
		content, err := os.ReadFile(name)
		if err != nil {
			p.t.Fatal(err)
		}
		body = string(content)
	}
	c := p.caller(who, path)
	contentType := ""
	switch {
	case strings.HasPrefix(body, "{"):
		contentType = "application/json"
	case body != "":
		contentType = "application/x-www-form-urlencoded"
	}
	more := fields{}
	for _, h := range x.header {
		switch {
		case h[0] == "Content-Type":
			contentType = h[1]
		case x.method == "UPLOAD":
			more[h[0]] = h[1]
		case h[0] == "Accept" && h[1] == "page":
			c = c.browser()
		default:
			c = c.with(h[0], p.filled(h[1]))
		}
	}
	at := &project{t: p.t, anyone: p.anyone(), at: "/" + projectOf(path)}
	switch x.method {
	case "UPLOAD": // to /{project}/{file name}: asks for a place, sends the file there and waits for what becomes of it
		if _, asked := more["check_only"]; asked {
			more["check_only"] = true
		}
		return at.upload(c, filepath.Base(path), body, more)
	case "WAIT": // for what becomes of the upload /{project}/{id}
		return at.settled(c, filepath.Base(path))
	case "MAIL": // to an address: waits for a letter
		eventually(p.t, "a letter to "+path, func() bool { return len(at.mails(path)) > 0 })
		newest, err := json.Marshal(at.mails(path)[0])
		if err != nil {
			p.t.Fatal(err)
		}
		return reply{t: p.t, what: "MAIL", status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: newest}
	}
	return c.send(x.method, path, contentType, []byte(body))
}

func (p *player) anyone() caller { return caller{t: p.t, base: p.base} }

func (p *player) caller(who, path string) caller {
	p.t.Helper()
	if who == "anyone" {
		return p.anyone()
	}
	group, known := groups[who]
	if !known {
		p.t.Fatalf("who is %q?", who)
	}
	id := projectOf(path)
	key := who + " " + id
	if _, met := p.callers[key]; !met {
		at := &project{t: p.t, tracker: &tracker{base: p.base}}
		p.callers[key] = at.caller(who+"@example.org", strings.ReplaceAll(group, "{project}", id))
	}
	return p.callers[key]
}

// projectOf returns the first segment of a path.
func projectOf(path string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return id
}

// filled puts captured values into a request.
func (p *player) filled(text string) string {
	for name, value := range p.names {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	for name, day := range map[string]int{"{yesterday}": -1, "{today}": 0} {
		text = strings.ReplaceAll(text, name, p.day.AddDate(0, 0, day).Format(time.DateOnly))
	}
	return text
}

// capture names values of an answer: at a path of its JSON, at "header.Name", or what "re.…" matches in the body.
func (p *player) capture(x exchange, r reply) {
	p.t.Helper()
	for _, c := range x.captures {
		value := ""
		if name, found := strings.CutPrefix(c[1], "header."); found {
			value = r.header.Get(name)
		} else if pattern, found := strings.CutPrefix(c[1], "re."); found {
			if m := regexp.MustCompile(pattern).FindSubmatch(r.body); m != nil {
				value = string(m[1])
			}
		} else {
			value = r.text(c[1])
		}
		if value == "" {
			p.t.Fatalf("nothing at %s: %s", c[1], r)
		}
		p.names[c[0]] = value
	}
}

// headers are those that a transcript keeps, with the default value that it leaves out.
var headers = [][2]string{
	{"Location"}, {"ETag"}, {"Retry-After"}, {"Allow"}, {"WWW-Authenticate"}, {"Content-Disposition"}, {"Cache-Control", "no-store"},
	{"Referrer-Policy", "same-origin"}, {"Vary", "Accept, Accept-Language, Cookie, Authorization"},
}

// shown returns the lines for an answer: status, type and headers, then the content by type.
func (p *player) shown(r reply) []string {
	contentType := r.header.Get("Content-Type")
	first := fmt.Sprint(r.status, " ", contentType)
	for _, h := range headers {
		if value := strings.Join(r.header.Values(h[0]), ", "); value != h[1] && !strings.HasPrefix(r.what, "MAIL") {
			first += fmt.Sprintf("; %s: %s", h[0], value)
		}
	}
	for _, cookie := range (&http.Response{Header: r.header}).Cookies() {
		first += fmt.Sprintf("; Set-Cookie: %s %s", cookie.Name, cookie.Path)
	}
	lines := []string{first}
	switch kind, _, _ := strings.Cut(contentType, ";"); {
	case len(r.body) == 0:
	case strings.HasSuffix(kind, "json"):
		if value := r.value(); within(value, "openapi") != nil {
			lines = append(lines, operations(value)...)
		} else {
			lines = append(lines, laidOut(p.comparable(value), "")...)
		}
	case kind == "text/html":
		lines = append(lines, structure(p.t, r.body)...)
	case strings.HasSuffix(kind, "spreadsheetml.sheet"):
		lines = append(lines, sheets(p.t, r.body)...)
	case strings.HasPrefix(kind, "text/csv") || kind == "application/yaml":
		text := strings.NewReplacer("\r", "", "\ufeff", "{BOM}").Replace(string(r.body))
		lines = append(lines, strings.Split(strings.TrimRight(text, "\n"), "\n")...)
	}
	for i := range lines {
		lines[i] = p.masked(lines[i])
	}
	return lines
}

// wording are the keys of texts, which may be reworded at any time, and of a number that depends on a random id.
var wording = []string{"message", "detail", "html", "subject", "summary", "number"}

// comparable removes from JSON what may differ at the next run or be reworded, except ids.
func (p *player) comparable(value any) any {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "request_id") // another for each request
		if v["status"] == "ok" {
			delete(v, "version") // of the build
		}
		for name, inner := range v {
			if _, text := inner.(string); text && slices.Contains(wording, name) {
				v[name] = "…"
			} else if name == "text" {
				v[name] = "…"
			} else {
				v[name] = p.comparable(inner)
			}
		}
		if _, hashed := v["hash"]; hashed && p.isNow(said(v["as_of"])) {
			v["hash"] = "…"
		}
		if purges, found := v["purges"].([]any); found { // facts of different lanes, in no order
			for _, purge := range purges {
				purge.(map[string]any)["fact"] = "…"
			}
			slices.SortFunc(purges, func(a, b any) int { return strings.Compare(said(within(a, "class")), said(within(b, "class"))) })
		}
	case []any:
		for i := range v {
			v[i] = p.comparable(v[i])
		}
	}
	return value
}

// operations returns what is kept of the OpenAPI document: paths, methods and statuses of answers.
func operations(document any) (lines []string) {
	paths := within(document, "paths").(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		methods := paths[path].(map[string]any)
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			if responses, found := within(methods[method], "responses").(map[string]any); found {
				lines = append(lines, strings.ToUpper(method)+" "+path+" "+strings.Join(slices.Sorted(maps.Keys(responses)), " "))
			}
		}
	}
	return lines
}

// laidOut returns JSON with sorted keys, in short lines.
func laidOut(value any, indent string) []string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // it came from JSON
	whole := strings.TrimSpace(b.String())
	if len(whole) <= 160 {
		return []string{indent + whole}
	}
	inner, closing := indent+" ", ""
	var lines []string
	switch v := value.(type) {
	case map[string]any:
		lines, closing = append(lines, indent+"{"), "}"
		for _, name := range slices.Sorted(maps.Keys(v)) {
			part := laidOut(v[name], inner)
			part[0] = inner + `"` + name + `": ` + strings.TrimLeft(part[0], " ")
			lines = append(lines, part...)
		}
	case []any:
		lines, closing = append(lines, indent+"["), "]"
		for _, item := range v {
			lines = append(lines, laidOut(item, inner)...)
		}
	default:
		return []string{indent + whole}
	}
	return append(lines, indent+closing)
}

// structure returns what is kept of a page: its forms with their fields, and the targets of its links, without texts.
func structure(t *testing.T, page []byte) []string {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	attr := func(n *html.Node, name string) string {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
		return ""
	}
	var forms []string
	var links []string
	field := func(n *html.Node, more string) {
		if attr(n, "aria-invalid") == "true" {
			more += " invalid"
		}
		if len(forms) > 0 {
			forms[len(forms)-1] += fmt.Sprintf(" [%s]", strings.Join(strings.Fields(attr(n, "name")+" "+more), " "))
		}
	}
	for n := range root.Descendants() {
		switch n.Data {
		case "form":
			forms = append(forms, fmt.Sprintf("form %s %s %s", attr(n, "method"), attr(n, "action"), attr(n, "enctype")))
		case "input":
			kind := attr(n, "type")
			if kind == "hidden" || kind == "radio" || kind == "checkbox" {
				kind += "=" + attr(n, "value")
			}
			field(n, kind)
		case "textarea":
			field(n, "textarea")
		case "button":
			if attr(n, "name") != "" {
				field(n, "button="+attr(n, "value"))
			}
		case "select":
			var options []string
			for o := range n.Descendants() {
				if o.Data == "option" {
					options = append(options, attr(o, "value"))
				}
			}
			field(n, "select="+strings.Join(options, "|"))
		case "a":
			if href := attr(n, "href"); href != "" && !slices.Contains(links, href) {
				links = append(links, href)
			}
		}
	}
	return append(forms, "links "+strings.Join(links, " "))
}

// sheets returns what is kept of a workbook: the sizes of its sheets.
func sheets(t *testing.T, data []byte) []string {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	var lines []string
	for _, name := range book.GetSheetList() {
		rows, err := book.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		columns := 0
		for _, row := range rows {
			columns = max(columns, len(row))
		}
		lines = append(lines, fmt.Sprintf("sheet of %d rows and %d columns", len(rows), columns))
	}
	return lines
}

var random = regexp.MustCompile(`expires=\d+|\b[0-9A-Z]{26}\b|\b[0-9a-f]{20,}\b|\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?|[A-Za-z0-9_-]{40,}`)

var seal = regexp.MustCompile(`((?:"(?:seal|root|computed_seal)": ?"|seal,[^,\n]*,,,|(?:Seal|Pieczęć)[^<\n]*(?:</dt><dd><code class="hash">|</th><td[^>]*>|: )|</code></a><br><code class="hash">|</code><br><code class="hash">))sha256:[0-9a-f]{64}`)

var hash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// masked replaces what differs at each run by names: ids, tokens, the current day. Hashes of content stay.
func (p *player) masked(answer string) string {
	answer = strings.NewReplacer(p.base, "{base}", url.QueryEscape(p.base), "{base}").Replace(answer)
	for _, name := range slices.Sorted(maps.Keys(p.names)) {
		if value := p.names[name]; len(value) > 12 && !strings.HasPrefix(value, `"`) {
			answer = strings.ReplaceAll(answer, value, "{"+name+"}")
		}
	}
	for _, language := range []string{"pl", "en"} {
		for day := range 2 { // midnight may pass during the test
			answer = strings.ReplaceAll(answer, text.Of(language).Date(p.day.AddDate(0, 0, day).Format(time.DateOnly)), "{day in words}")
		}
	}
	answer = strings.ReplaceAll(answer, p.day.Format("month=2006-01"), "month={month}")
	answer = seal.ReplaceAllString(answer, "${1}sha256:{seal}") // the ids of records are in it
	return random.ReplaceAllStringFunc(answer, func(found string) string {
		if strings.HasPrefix(found, "expires=") {
			return "expires={soon}"
		}
		if strings.Count(found[:10], "-") == 2 && len(found) < 36 {
			if !p.isNow(found[:10]) {
				return found
			}
			if len(found) > 10 {
				return "{now}"
			}
			return "{day}"
		}
		if hash.MatchString(found) {
			return found
		}
		if p.ids[found] == "" {
			p.ids[found] = fmt.Sprintf("ID%d", len(p.ids)+1)
		}
		return p.ids[found]
	})
}

// isNow reports whether a day is the current one in any time zone, or next to it.
func (p *player) isNow(text string) bool {
	day, err := time.Parse(time.DateOnly, text)
	return err == nil && p.day.Sub(day).Abs() <= 48*time.Hour
}
