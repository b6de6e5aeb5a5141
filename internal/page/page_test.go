package page

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/text"
)

// element is a start tag of a page.
type element struct {
	name       string
	attributes map[string]string
	inLabel    bool
}

var blocks = []string{"p", "div", "ul", "dl", "form", "table", "h1", "h2", "section", "details", "fieldset", "figure"}

var void = []string{"meta", "link", "input", "br", "img", "hr"}

// elements returns a page's tags, and fails the test if they are not nested correctly.
func elements(t *testing.T, page string) []element {
	t.Helper()
	var out []element
	var open []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("never closed: %v", open)
			}
			return out
		case html.StartTagToken:
			token := z.Token()
			e := element{name: token.Data, attributes: map[string]string{}, inLabel: slices.Contains(open, "label")}
			for _, a := range token.Attr {
				if _, twice := e.attributes[a.Key]; twice {
					t.Errorf("<%s> has %s twice", e.name, a.Key)
				}
				e.attributes[a.Key] = a.Val
			}
			out = append(out, e)
			if slices.Contains(open, "p") && slices.Contains(blocks, e.name) {
				t.Errorf("<%s> inside a <p>, which it closes", e.name)
			}
			if !slices.Contains(void, e.name) {
				open = append(open, e.name)
			}
		case html.SelfClosingTagToken:
			token := z.Token()
			e := element{name: token.Data, attributes: map[string]string{}}
			for _, a := range token.Attr {
				e.attributes[a.Key] = a.Val
			}
			out = append(out, e)
		case html.EndTagToken:
			name := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != name {
				t.Errorf("</%s> closes %v", name, open)
				return out
			}
			open = open[:len(open)-1]
		}
	}
}

var stylesheetOf = regexp.MustCompile(`/assets/style\.[0-9a-f]+\.css`)

// leaked matches a message key that is shown instead of its text.
var leaked = regexp.MustCompile(`[>" ]((layout|section|project_state|kinds?|field|hint|value|unit|dimension|status|problem|form|list|projects|results|origin|snapshots?|approval|signups?|signup_state|cancel|records|uploads?|upload_state|evidence|people|definition|local|attention|audit|event|origin_of|erasure)\.[a-z][a-z_-]+)[<" ]`)

// optionValue matches the values of options and of boxes to tick, which are ids.
var optionValue = regexp.MustCompile(`<(option|input type="checkbox" name="[^"]*") value="[^"]*"`)

func TestEveryPageIsWellFormedAndTranslated(t *testing.T) {
	for frameName, frame := range frames() {
		for _, e := range examples() {
			t.Run(frameName+"/"+e.name, func(t *testing.T) {
				w := httptest.NewRecorder()
				if err := Write(w, e.status, frame, e.content); err != nil {
					t.Fatal(err)
				}
				page := w.Body.String()
				if w.Code != e.status || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("Content-Language") != frame.Language {
					t.Errorf("answered %d with %v", w.Code, w.Header())
				}
				sheet := sheets()[stylesheetOf.FindString(page)]
				if sheet == "" {
					t.Error("the page has no stylesheet")
				}
				if size := len(page) + len(sheet); size > 60_000 {
					t.Errorf("the page and its stylesheet have %d bytes", size)
				}
				if found := leaked.FindStringSubmatch(optionValue.ReplaceAllString(strings.NewReplacer(script, "", sender, "", editor, "").Replace(page), "")); found != nil {
					t.Errorf("a message key is shown: %s", found[1])
				}
				for _, bad := range []string{"<no value>", "&lt;no value&gt;", "{{", "ZgotmplZ", "%!"} {
					if strings.Contains(page, bad) {
						t.Errorf("the page contains %q", bad)
					}
				}
				checkElements(t, elements(t, page), frame.Language)
			})
		}
	}
}

func checkElements(t *testing.T, all []element, language string) {
	t.Helper()
	ids := map[string]bool{}
	labelled := map[string]bool{}
	count := map[string]int{}
	for _, e := range all {
		count[e.name]++
		if id := e.attributes["id"]; id != "" {
			if ids[id] {
				t.Errorf("two elements have the id %s", id)
			}
			ids[id] = true
		}
		if e.name == "label" {
			labelled[e.attributes["for"]] = true
		}
	}
	for _, name := range []string{"html", "title", "main", "h1", "header", "footer"} {
		if count[name] < 1 || count[name] > 1 && name != "header" && name != "title" {
			t.Errorf("%d <%s>", count[name], name)
		}
	}
	refers := func(e element, attribute string) {
		for _, id := range strings.Fields(e.attributes[attribute]) {
			if !ids[id] {
				t.Errorf("<%s %s=%q> refers to nothing", e.name, attribute, id)
			}
		}
	}
	for _, e := range all {
		refers(e, "for")
		refers(e, "aria-labelledby")
		refers(e, "aria-describedby")
		for name, value := range e.attributes {
			if strings.HasPrefix(name, "on") || name == "style" {
				t.Errorf("<%s> has %s, which the policy forbids", e.name, name)
			}
			if (name == "src" || name == "href" && e.name == "link" || name == "action") && strings.Contains(value, "//") && !strings.HasPrefix(value, "data:") {
				t.Errorf("<%s %s=%q> loads from another server", e.name, name, value)
			}
			if name == "href" && strings.HasPrefix(value, "#") && !ids[value[1:]] {
				t.Errorf("the link %s has no target", value)
			}
		}
		switch e.name {
		case "html":
			if e.attributes["lang"] != language {
				t.Errorf("the page says its language is %q", e.attributes["lang"])
			}
		case "form":
			if m := e.attributes["method"]; m != "post" && m != "get" {
				t.Errorf("a form's method is %q", m)
			}
		case "input", "select", "textarea":
			if e.attributes["type"] != "hidden" && !e.inLabel && !labelled[e.attributes["id"]] && e.attributes["aria-label"] == "" && e.attributes["aria-labelledby"] == "" {
				t.Errorf("<%s name=%s> has no label", e.name, e.attributes["name"])
			}
		case "th":
			if e.attributes["scope"] == "" {
				t.Error("a <th> has no scope")
			}
		}
	}
}

// rendered returns an example's page.
func rendered(t *testing.T, frame, name string) string {
	t.Helper()
	for _, e := range examples() {
		if e.name == name {
			page, err := renderPage(frames()[frame], e.content)
			if err != nil {
				t.Fatal(err)
			}
			return string(page)
		}
	}
	t.Fatalf("no example %s", name)
	return ""
}

func TestPagesShowTheirData(t *testing.T) {
	const public, coordinator, adviser = "public in Polish", "coordinator in Polish", "adviser in English"
	tests := []struct {
		name, frame, page string
		with, without     []string
	}{
		{"results are formatted in Polish", public, "results",
			[]string{"898\u00a0860", "449,4%", "28\u00a0lutego\u00a02011", "252", "osiągnięto", "&lt;5", "ukryto", "sha256:9f2b", `href="/ces/signup"`, "538\u00a0974,02\u00a0PLN"}, []string{"/evidence", "/approval", "ukryto</span><svg"}},
		{"results in English", "public in English", "results", []string{"898,860", "449.4%", "28\u00a0February\u00a02011", "achieved", "252 people took part"}, nil},
		{"a snapshot's page links to the evidence and asks for a decision", coordinator, "snapshot",
			[]string{"/ces/snapshots/01JD9KZ2X4Q8R7S6T5V4W3Y2AB/indicators/5/evidence", "/participants/evidence", `value="approve"`, `name="idempotency_key" value="k"`, "Wersja robocza", "poniżej planu"}, nil},
		{"without a snapshot the page says so", public, "results without a snapshot", []string{"Rezultaty nie zostały jeszcze zatwierdzone"}, []string{"sha256:", "<table"}},
		{"the form has its idempotency key and the language", public, "signup", []string{`name="idempotency_key" value="k-1"`, `name="locale" value="pl"`, `action="/ces/signups"`, "12 wolnych miejsc", "listę rezerwową", `name="phone"`}, []string{`id="f-locale"`, `name="submitted_at"`, `id="problems"`}},
		{"a form with problems has the typed values and a message beside each field", public, "signup with problems",
			[]string{`value="Ola"`, `value="ola@"`, `href="#f-email"`, `id="f-email-error"`, `value="partnerships" checked`, `value="female" selected`, `value="1074"`, "od 1900 do 2010"}, nil},
		{"the coordinator's form asks for the date of submission", coordinator, "signup for the office", []string{`name="submitted_at"`}, []string{"disabled"}},
		{"a closed sign-up has no form", public, "signup closed", []string{"Zapisy są zamknięte"}, []string{`action="/ces/signups"`}},
		{"cancelling posts the token", public, "cancel", []string{`name="token" value="t"`}, nil},
		{"an adviser's form has no field for the adviser", adviser, "consultations", []string{`name="email"`, `name="pesel"`, `value="law" checked`, `value="2010-07-21"`, "autofocus", "Promocja i sprzedaż &lt;b&gt;"}, []string{`name="adviser"`}},
		{"a coordinator may name the adviser", coordinator, "consultations", []string{`name="adviser"`, "doradca-law@example.org"}, nil},
		{"a problem of the person is shown beside the e-mail", adviser, "consultations with problems", []string{`id="f-email-error"`, "This field is not known", "elsewhere"}, nil},
		{"forms change and delete a record", coordinator, "record", []string{`name="_method" value="PUT"`, `name="_method" value="DELETE"`, `name="_if_match" value="&#34;1&#34;"`, "Dwa\nwiersze"}, nil},
		{"a rejected file lists its cells", public, "upload", []string{"31.06.2010", "errors.csv", "pierwsze 1000"}, []string{`value="DELETE"`}},
		{"an accepted file may be withdrawn", public, "upload accepted", []string{`name="_method" value="DELETE"`, "/ces/uploads/01U0"}, nil},
		{"the page of a file in processing refreshes itself", public, "upload going", []string{`http-equiv="refresh"`, "data-going", "<script>"}, nil},
		{"the page of a waiting file refreshes itself", public, "upload bare", []string{"data-going"}, nil},
		{"the page of a finished file does not", public, "upload", nil, []string{"http-equiv", "<script>"}},
		{"a definition's problems quote their lines", coordinator, "definition", []string{"Wiersz 4, znak 23", "<code>  - {code: &#34;1&#34;", `name="dry_run" value="1"`, `name="_method" value="PUT"`}, nil},
		{"roles to sign in with are grouped by project", public, "role choice", []string{"<h2>Centrum Ekonomii Społecznej</h2>", "<b>Koordynator</b>", "<h2>Wszystkie projekty</h2>"}, nil},
		{"a list of typed records says that it has no records of files", coordinator, "outputs", []string{"Zapisy wpisane ręcznie", "Zapisów z\u00a0plików tu nie ma"}, nil},
		{"evidence names the sender, and no kind if there is only one", coordinator, "evidence", []string{"Telewizja Partner, wiersz 2", "biuro, wiersz 3", "wpisano ręcznie"}, []string{">Rodzaj<", "<td role=\"cell\">Obecność</td>"}},
		{"evidence of several kinds names the kind of each record", coordinator, "evidence of the participants", []string{">Rodzaj<", "<td role=\"cell\">Obecność</td>"}, nil},
		{"bad cells are named by the columns of the file", public, "upload with bad rows", []string{"<code>Dzień emisji</code>", "<code>zasięg</code>", "<code>tytuł</code>"}, []string{"<code>date</code>", "<code>reach</code>"}},
		{"in English, columns that the file does not name have English names", "public in English", "upload with bad rows", []string{"<code>Dzień emisji</code>", "<code>reach</code>", "<code>title</code>"}, []string{"<code>zasięg</code>"}},
		{"an adviser changes the person by one field, as typed", adviser, "advised record", []string{`name="person" value="ola@example.org"`}, []string{`name="email"`, `name="pesel"`}},
		{"and is asked which of two people is meant", adviser, "advised record that asks who", []string{`name="person" value="Jan Wzór"`, `name="which" value="01P2"`}, nil},
		{"going to the next page of a sheet saves the current one", coordinator, "attendance sheet", []string{`name="then" value="01JD9KZ2X4Q8R7S6T5V4W3Y2AC"`}, []string{`rel="next"`}},
		{"a merge names the kind of a record that both people have", coordinator, "merge", []string{"Obecność, "}, []string{"attendance, "}},
		{"URLs in e-mails are links", public, "mailbox", []string{`href="http://localhost:3000/ces/signups/1/cancel?token=t&amp;x=1"`}, nil},
		{"a signed-in user can sign out", coordinator, "message", []string{"koordynator@example.org", `action="/auth/sign-out"`, `href="/ces/people"`, "Zapisano."}, []string{"/auth/sign-in"}},
		{"others can sign in and return to the page", "public in English", "message", []string{`href="/auth/sign-in?to=%2Fces%3Fx%3D1"`, `href="/ces?lang=pl&amp;x=1"`}, []string{"/auth/sign-out", "<nav"}},
		{"an adviser sees their own sections", adviser, "message", []string{`href="/ces/consultations" aria-current="page"`}, []string{`href="/ces/people"`, `href="/ces/uploads"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			page := rendered(t, test.frame, test.page)
			for _, part := range test.with {
				if !strings.Contains(page, part) {
					t.Errorf("the page lacks %q", part)
				}
			}
			for _, part := range test.without {
				if strings.Contains(page, part) {
					t.Errorf("the page has %q", part)
				}
			}
		})
	}
}

func TestMissingConsentExplainsWhatItIsNeededFor(t *testing.T) {
	v := view{Messages: text.Of(text.English)}
	missing := v.sentence(schema.Problem{Field: "consent_processing", Code: schema.Missing})
	if !strings.Contains(missing, "agreement") {
		t.Errorf("an agreement that was not given: %q", missing)
	}
	if other := v.sentence(schema.Problem{Field: "consent_processing", Code: schema.Unreadable}); other == missing {
		t.Errorf("an agreement that cannot be read: %q", other)
	}
}

func TestLanguageLinksKeepThePage(t *testing.T) {
	for path, want := range map[string]string{
		"/ces":                       "/ces?lang=en",
		"/ces?lang=pl&activity=x":    "/ces?activity=x&lang=en",
		"//elsewhere.example.org/a":  "/?lang=en",
		"https://elsewhere.example/": "/?lang=en",
		"/ces?done=saved":            "/ces?lang=en",
		"":                           "/?lang=en",
	} {
		if got := (view{Frame: Frame{Path: path}}).In(text.English); got != want {
			t.Errorf("from %q to %q, want %q", path, got, want)
		}
	}
}

func TestNavigationListsTheProjectsKindsThatAreTyped(t *testing.T) {
	kinds, err := schema.Extend(schema.Builtin(), project.RecordKind{Name: "harvest"}, project.RecordKind{Name: "podcast", ByPartner: true})
	if err != nil {
		t.Fatal(err)
	}
	v := view{Messages: text.Of(text.English), Frame: Frame{Project: &Project{ID: "p", Kinds: kinds}, SignedIn: "office@example.org", Roles: Roles{Coordinator: true}}}
	var to []string
	for _, s := range v.Sections() {
		to = append(to, s.Href)
	}
	files := slices.Index(to, "/p/uploads")
	if i := slices.Index(to, "/p/records/harvest"); i < 0 || i > files || slices.Index(to, "/p/records/podcast") < files {
		t.Errorf("the navigation leads to %q", to)
	}
}

// broken is a page whose template fails on its data.
type broken struct{}

func (broken) render(view) (string, any) { return "results", nil }

type missing struct{}

func (missing) render(view) (string, any) { return "no-such-page", nil }

func TestWriteSendsNothingIfRenderingFails(t *testing.T) {
	for name, content := range map[string]Content{"broken": broken{}, "missing": missing{}} {
		w := httptest.NewRecorder()
		if err := Write(w, http.StatusOK, Frame{Language: "pl"}, content); err == nil {
			t.Errorf("%s: no error", name)
		}
		if w.Body.Len() > 0 || len(w.Header()) > 0 {
			t.Errorf("%s: something was answered", name)
		}
	}
}

type failing struct{ http.ResponseWriter }

func (failing) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestWriteFailsIfTheClientIsGone(t *testing.T) {
	if err := Write(failing{httptest.NewRecorder()}, http.StatusOK, Frame{}, Message{Title: "x"}); err == nil {
		t.Error("no error")
	}
}

func TestAssets(t *testing.T) {
	for page, want := range map[string]string{"message": style, "results": style + resultsStyle, "attention": style + officeStyle, "sheet": style + activityStyle} {
		w := httptest.NewRecorder()
		Assets(w, httptest.NewRequest(http.MethodGet, stylesheet(page), nil))
		if w.Code != http.StatusOK || w.Body.String() != want || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("the stylesheet of %s is answered with %d, %v", page, w.Code, w.Header())
		}
	}
	w := httptest.NewRecorder()
	Assets(w, httptest.NewRequest(http.MethodGet, "/assets/style.000000000000.css", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("a stylesheet of another version is answered with %d", w.Code)
	}
}

func TestPolicyAllowsTheScript(t *testing.T) {
	policy := Policy(nil, "https://bucket.example.org", "https://id.example.org")
	for _, part := range []string{"script-src 'sha256-", "style-src 'self'; ", "connect-src 'self' https://bucket.example.org", "form-action 'self' https://bucket.example.org https://id.example.org", "default-src 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy lacks %q: %s", part, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %s", policy)
	}
	for name, script := range map[string]string{"roll": script, "uploads": sender, "definition": editor} {
		if page := rendered(t, "public in Polish", name); !strings.Contains(page, "<script>"+script+"</script>") {
			t.Errorf("%s: the script is not in the page as the policy has seen it", name)
		}
	}
}
