package uploadsweb

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"outreach/internal/app"
	"outreach/internal/objects/folder"
	"outreach/internal/project"
	"outreach/internal/table"
	"outreach/internal/uploads"
	"outreach/internal/uploads/ingest"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

// The partners of the tests, and their files.
const (
	radio = "partner:radio"
	tv    = "partner:tv"

	goodFile = "date,medium,title,outlet,reach\n2026-05-01,radio,Audycja,Radio,10\n2026-06-02,tv,Film,TV,20\n"
	badFile  = "date,medium,title,outlet,reach\n2026-05-01,radio,Audycja,Radio,many\n2026-06-02,tv,Film,TV,20\n"
)

// tracker serves the routes of uploads, on files in a folder.
type tracker struct {
	*webtest.Tracker
	t     *testing.T
	files *folder.Store
}

func open(t *testing.T) *tracker {
	t.Helper()
	files, err := folder.Open(t.TempDir(), "https://files.example.org", []byte("a secret for pre-signed requests"))
	if err != nil {
		t.Fatal(err)
	}
	definition := strings.Replace(webtest.Definition, "- {id: radio, name: Radio}", "- {id: radio, name: Radio}\n  - {id: tv, name: TV}", 1)
	served := webtest.New(t, definition, func(a *app.App) []web.Route {
		a.DB.Objects = files
		return New(a).Routes()
	})
	return &tracker{served, t, files}
}

// send sends a request and requires a status.
func (tr *tracker) send(status int, q webtest.Request) webtest.Answer {
	tr.t.Helper()
	return tr.Send(tr.t, q).Want(status)
}

// ask asks for a place to upload to, and returns the path of the upload.
func (tr *tracker) ask(as string, checkOnly bool) string {
	tr.t.Helper()
	body := map[string]any{"filename": "maj.csv", "size": len(goodFile), "check_only": checkOnly}
	location := tr.send(http.StatusCreated, webtest.Request{Path: "/uploads", As: as, JSON: body}).Location()
	return strings.TrimPrefix(location, "/"+webtest.Project)
}

// arrive puts the object of an upload and ingests it.
func (tr *tracker) arrive(path, content string) {
	tr.t.Helper()
	ctx := context.Background()
	u, err := tr.Uploads.Upload(ctx, webtest.Project, strings.TrimPrefix(path, "/uploads/"))
	if err != nil {
		tr.t.Fatal(err)
	}
	if err := tr.files.Put(ctx, u.Object, strings.NewReader(content), ""); err != nil {
		tr.t.Fatal(err)
	}
	if err := ingest.New(tr.App).Object(ctx, u.Object); err != nil {
		tr.t.Fatal(err)
	}
}

// upload uploads a file and returns the path of the upload.
func (tr *tracker) upload(as, content string) string {
	tr.t.Helper()
	path := tr.ask(as, false)
	tr.arrive(path, content)
	return path
}

// show reads an upload as JSON.
func (tr *tracker) show(path string) (u uploadView) {
	tr.t.Helper()
	tr.send(http.StatusOK, webtest.Request{Path: path, As: "coordinator"}).Read(&u)
	return u
}

// extendMedia adds a field to the media records of the project.
func (tr *tracker) extendMedia(f project.RecordField) {
	tr.t.Helper()
	d := tr.Define(webtest.Definition)
	d.Records = []project.RecordKind{{Name: "media", Plural: "media", Fields: []project.RecordField{f}}}
	if _, _, err := tr.Projects.SetDefinition(context.Background(), d, []byte("with another field"), "", ""); err != nil {
		tr.t.Fatal(err)
	}
}

func TestOnlyCoordinatorsAndPartnersUseUploads(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for _, tt := range []struct {
		name, as string
		status   int
	}{
		{"anyone", "", http.StatusUnauthorized},
		{"an adviser", "adviser", http.StatusForbidden},
		{"a funder", "funder", http.StatusForbidden},
		{"a partner that the definition does not name", "partner:paper", http.StatusForbidden},
		{"a partner", radio, http.StatusOK},
		{"a coordinator", "coordinator", http.StatusOK},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr.Send(t, webtest.Request{Path: "/uploads", As: tt.as}).Want(tt.status)
			if tt.status != http.StatusOK {
				tr.Send(t, webtest.Request{Path: "/uploads", As: tt.as, JSON: map[string]any{"filename": "a.csv", "size": 1}}).Want(tt.status)
				tr.Send(t, webtest.Request{Path: "/uploads/template.csv", As: tt.as}).Want(tt.status)
			}
		})
	}
}

func TestUploadDoesNotExistForAnotherPartner(t *testing.T) {
	t.Parallel()
	tr := open(t)
	of := map[string]string{radio: tr.upload(radio, goodFile), tv: tr.upload(tv, strings.Replace(goodFile, ",10\n", ",11\n", 1))}
	for _, q := range []webtest.Request{
		{Path: of[radio]}, {Path: of[radio], Method: "DELETE"}, {Path: of[radio] + "/counting", Method: "POST"}, {Path: of[radio] + "/errors.csv"}, {Path: of[radio] + "/original"},
	} {
		q.As = tv
		tr.send(http.StatusNotFound, q)
	}
	for as, want := range map[string]int{radio: 1, tv: 1, "coordinator": 2} {
		var list struct{ Items []uploadView }
		tr.send(http.StatusOK, webtest.Request{Path: "/uploads", As: as}).Read(&list)
		if len(list.Items) != want {
			t.Errorf("%s sees %d uploads, want %d", as, len(list.Items), want)
		}
		if as != "coordinator" && "/uploads/"+list.Items[0].ID != of[as] {
			t.Errorf("%s sees %+v", as, list.Items[0])
		}
	}
	if u := tr.show(of[radio]); u.State != uploads.Accepted {
		t.Errorf("after requests of another partner the upload is %s", u.State)
	}
}

func TestRequestForAPlaceIsValidated(t *testing.T) {
	t.Parallel()
	tr := open(t)
	for _, tt := range []struct {
		name string
		body map[string]any
		want []string
	}{
		{"nothing is given", map[string]any{}, []string{"filename: missing", "size: missing"}},
		{"an empty file", map[string]any{"filename": "a.csv", "size": 0}, []string{"size: out_of_range"}},
		{"a byte too many", map[string]any{"filename": "a.csv", "size": maxBytes + 1}, []string{"size: out_of_range"}},
		{"a size in words", map[string]any{"filename": "a.csv", "size": "large"}, []string{"size: not_a_number"}},
		{"a field that does not exist", map[string]any{"filename": "a.csv", "size": 1, "owner": "tv"}, []string{"owner: unknown_field"}},
		{"neither yes nor no", map[string]any{"filename": "a.csv", "size": 1, "check_only": "perhaps"}, []string{"check_only: not_in_list"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tr.Send(t, webtest.Request{Path: "/uploads", As: radio, JSON: tt.body}).Want(http.StatusUnprocessableEntity).Problems()
			if !slices.Equal(got, tt.want) {
				t.Errorf("problems %q, want %q", got, tt.want)
			}
		})
	}
	var list struct{ Items []uploadView }
	if tr.send(http.StatusOK, webtest.Request{Path: "/uploads", As: radio}).Read(&list); len(list.Items) > 0 {
		t.Errorf("%d uploads were created", len(list.Items))
	}
}

func TestRepeatedRequestForAPlaceCreatesOneUpload(t *testing.T) {
	t.Parallel()
	tr := open(t)
	request := func(filename string) webtest.Request {
		return webtest.Request{Path: "/uploads", As: radio, JSON: map[string]any{"filename": filename, "size": 10}, Header: map[string]string{"Idempotency-Key": "k"}}
	}
	var first, second uploadPlace
	answer := tr.send(http.StatusCreated, request("a.csv")).Read(&first)
	if answer.Location() != "/garden/uploads/"+first.ID || first.URL == "" || first.Method == "" {
		t.Errorf("location %s of %+v", answer.Location(), first)
	}
	if tr.send(http.StatusCreated, request("a.csv")).Read(&second); second.ID != first.ID {
		t.Errorf("the repeated request created %s beside %s", second.ID, first.ID)
	}
	if got := tr.send(http.StatusUnprocessableEntity, request("b.csv")).Problems(); !slices.Equal(got, []string{"Idempotency-Key: other_body"}) {
		t.Errorf("another body under the same key: %q", got)
	}
}

func TestFilenameIsSafeInKeysAndHeaders(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"maj.csv":                "maj.csv",
		`C:\Users\ala\maj.csv`:   "maj.csv",
		"../../etc/passwd":       "passwd",
		"..":                     "file",
		"":                       "file",
		"/":                      "file",
		".hidden":                "hidden",
		"a\r\nSet-Cookie: x":     "a__Set-Cookie_ x",
		`a"b#c%.csv`:             "a_b_c_.csv",
		"zażółć gęślą.csv":       "zażółć gęślą.csv",
		strings.Repeat("ż", 150): strings.Repeat("ż", 200/2),
	} {
		if got := web.SafeName(given); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
}

// form is a browser's form with a file.
func form(t *testing.T, filename, content, key string) webtest.Request {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("idempotency_key", key)
	if filename != "" {
		file, err := w.CreateFormFile("file", filename)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(file, content)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return webtest.Request{Method: "POST", Path: "/uploads", As: radio, Page: true, Body: b.String(), Header: map[string]string{"Content-Type": w.FormDataContentType()}}
}

func TestFormWithAFileCreatesAnUpload(t *testing.T) {
	t.Parallel()
	tr := open(t)
	at := tr.send(http.StatusSeeOther, form(t, "maj.csv", goodFile, "k")).Location()
	if again := tr.send(http.StatusSeeOther, form(t, "maj.csv", goodFile, "k")).Location(); again != at {
		t.Errorf("the form sent twice created %s and %s", at, again)
	}
	u, err := tr.Uploads.Upload(t.Context(), webtest.Project, strings.TrimPrefix(at, "/garden/uploads/"))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := tr.files.Stat(t.Context(), u.Object); err != nil || info.Size != int64(len(goodFile)) || u.Filename != "maj.csv" || u.Owner != "radio" {
		t.Errorf("object %+v, %v of %+v", info, err, u)
	}
	for _, tt := range []struct {
		name   string
		q      webtest.Request
		status int
	}{
		{"no file", form(t, "", "", "a"), http.StatusUnprocessableEntity},
		{"an empty file", form(t, "maj.csv", "", "b"), http.StatusUnprocessableEntity},
		{"too large a file", form(t, "maj.csv", strings.Repeat("x", web.MostFormFiles), "c"), http.StatusRequestEntityTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) { tr.Send(t, tt.q).Want(tt.status) })
	}
	if page, err := tr.Uploads.Uploads(t.Context(), webtest.Project, "", 10, ""); err != nil || len(page.Items) != 1 {
		t.Errorf("%d uploads, %v, want 1", len(page.Items), err)
	}
}

func TestBadCellsAreListedOnThePageInJSONAndAsCSV(t *testing.T) {
	t.Parallel()
	tr := open(t)
	at := tr.upload(radio, badFile)
	u := tr.show(at)
	if u.State != uploads.Rejected || len(u.Errors) != 1 || u.Errors[0].Row != 2 || u.Errors[0].Column != "reach" || u.Errors[0].Code != "not_a_number" || u.Errors[0].Value != "many" || u.Errors[0].Message == "" {
		t.Errorf("%+v", u)
	}
	list := tr.send(http.StatusOK, webtest.Request{Path: at + "/errors.csv", As: radio}).Body.String()
	if !strings.Contains(list, "row,column,code,value,message\r\n2,reach,not_a_number,many,") {
		t.Errorf("the list as CSV: %q", list)
	}
	html := tr.send(http.StatusOK, webtest.Request{Path: at, As: radio, Page: true}).Body.String()
	if !strings.Contains(html, "Audycja") || strings.Contains(html, "Film") {
		t.Error("the page does not show the bad row alone")
	}
}

func TestPageNamesColumnsThatTheDefinitionAdds(t *testing.T) {
	t.Parallel()
	tr := open(t)
	tr.extendMedia(project.RecordField{ID: "language", Type: "text", Required: true, Column: map[string]string{"pl": "język"}})
	at := tr.upload(radio, goodFile)
	if u := tr.show(at); u.State != uploads.Rejected || len(u.Errors) != 1 || u.Errors[0].Column != "language" || u.Errors[0].Code != "missing_column" {
		t.Errorf("%+v", u)
	}
	html := tr.send(http.StatusOK, webtest.Request{Path: at, As: radio, Page: true, Header: map[string]string{"Accept-Language": "pl"}}).Body.String()
	if !strings.Contains(html, "język") {
		t.Error("the page does not show the Polish name of the missing column")
	}
}

func TestWithdrawing(t *testing.T) {
	t.Parallel()
	tr := open(t)
	remove := func(path string) webtest.Request { return webtest.Request{Method: "DELETE", Path: path, As: radio} }

	t.Run("a rejected file is a conflict", func(t *testing.T) {
		tr.send(http.StatusConflict, remove(tr.upload(radio, badFile)))
	})
	t.Run("a file that has not arrived is a conflict", func(t *testing.T) {
		tr.send(http.StatusConflict, remove(tr.ask(radio, false)))
	})
	t.Run("an accepted file stops counting, once", func(t *testing.T) {
		at := tr.upload(radio, goodFile)
		for range 2 {
			var u uploadView
			if tr.send(http.StatusOK, remove(at)).Read(&u); u.State != uploads.Withdrawn || u.Filename != "maj.csv" {
				t.Errorf("%+v", u)
			}
		}
	})
	t.Run("a browser's form says DELETE in a field", func(t *testing.T) {
		at := tr.upload(radio, strings.Replace(goodFile, ",10\n", ",12\n", 1))
		if to := tr.send(http.StatusMethodNotAllowed, webtest.Request{Path: at, As: radio, Form: url.Values{"a": {"b"}}}).Header().Get("Allow"); to != "GET, DELETE" {
			t.Errorf("allowed: %q", to)
		}
		to := tr.send(http.StatusSeeOther, webtest.Request{Path: at, As: radio, Form: url.Values{"_method": {"DELETE"}}}).Location()
		if want := "/garden" + at + "?done=withdrawn"; to != want || tr.show(at).State != uploads.Withdrawn {
			t.Errorf("redirected to %s, want %s", to, want)
		}
	})
}

func TestCheckedFileCountsByANewUpload(t *testing.T) {
	t.Parallel()
	tr := open(t)
	count := func(path string) webtest.Request {
		return webtest.Request{Method: "POST", Path: path + "/counting", As: radio, Header: map[string]string{"Idempotency-Key": "k"}}
	}
	tr.send(http.StatusConflict, count(tr.upload(radio, strings.Replace(goodFile, ",10\n", ",13\n", 1))))

	checked := tr.ask(radio, true)
	tr.arrive(checked, goodFile)
	if u := tr.show(checked); u.State != uploads.Checked || u.Rows != 2 || u.New != 0 || u.Changed != 1 || u.Unchanged != 1 {
		t.Fatalf("%+v", u)
	}
	var first, second uploadView
	at := tr.send(http.StatusCreated, count(checked)).Read(&first).Location()
	if tr.send(http.StatusCreated, count(checked)).Read(&second); second.ID != first.ID || first.ID == "" || at != "/garden/uploads/"+first.ID {
		t.Errorf("the repeated request: %s, then %s at %s", first.ID, second.ID, at)
	}
	u, err := tr.Uploads.Upload(t.Context(), webtest.Project, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := ingest.New(tr.App).Object(t.Context(), u.Object); err != nil {
		t.Fatal(err)
	}
	if u := tr.show("/uploads/" + first.ID); u.State != uploads.Accepted || u.CheckOnly {
		t.Errorf("%+v", u)
	}

	before, err := tr.Uploads.Upload(t.Context(), webtest.Project, strings.TrimPrefix(checked, "/uploads/"))
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.files.Put(t.Context(), before.Object, strings.NewReader("something else"), ""); err != nil {
		t.Fatal(err)
	}
	changed := count(checked)
	changed.Header = nil
	tr.send(http.StatusConflict, changed)
}

func TestOriginalIsServedWhileItIsStored(t *testing.T) {
	t.Parallel()
	tr := open(t)
	at := tr.ask(radio, false)
	original := webtest.Request{Path: at + "/original", As: radio}
	tr.send(http.StatusNotFound, original)
	tr.arrive(at, goodFile)
	if to := tr.send(http.StatusSeeOther, original).Location(); !strings.HasPrefix(to, "https://files.example.org/") {
		t.Errorf("redirected to %s", to)
	}
	if err := tr.Uploads.RemoveOriginalsOf(t.Context(), webtest.Project, []string{strings.TrimPrefix(at, "/uploads/")}); err != nil {
		t.Fatal(err)
	}
	tr.send(http.StatusGone, original)
	if u := tr.show(at); u.OriginalRemovedAt == nil || u.Filename != "" {
		t.Errorf("%+v", u)
	}
}

func TestTemplatesAreOfTheKindsOfTheProject(t *testing.T) {
	t.Parallel()
	tr := open(t)
	tr.extendMedia(project.RecordField{ID: "language", Type: "text"})
	get := func(as, query string) webtest.Request {
		return webtest.Request{Path: "/uploads/template.csv" + query, As: as}
	}
	for _, q := range []webtest.Request{get(radio, ""), get(radio, "?kind=media"), get("coordinator", "?kind=media")} {
		head, _, _ := strings.Cut(tr.send(http.StatusOK, q).Body.String(), "\n")
		if !strings.Contains(head, "reach") || !strings.Contains(head, "language") {
			t.Errorf("%s: columns %q", q.Path, head)
		}
	}
	tr.send(http.StatusOK, get("coordinator", "?kind=consultations"))
	if got := tr.send(http.StatusUnprocessableEntity, get(radio, "?kind=consultations")).Problems(); !slices.Equal(got, []string{"kind: not_allowed"}) {
		t.Errorf("a partner asks for consultations: %q", got)
	}
	if got := tr.send(http.StatusUnprocessableEntity, get("coordinator", "?kind=x")).Problems(); !slices.Equal(got, []string{"kind: not_in_list"}) {
		t.Errorf("a kind that does not exist: %q", got)
	}
	if body := tr.send(http.StatusOK, webtest.Request{Path: "/uploads/template.xlsx", As: radio}).Body.String(); !strings.HasPrefix(body, "PK") {
		t.Error("the workbook is not a ZIP file")
	}
}

func TestTotalsOfAPartnerCountEachAiringOnce(t *testing.T) {
	t.Parallel()
	tr := open(t)
	tr.upload(radio, goodFile)
	tr.upload(radio, strings.Replace(goodFile, ",10\n", ",15\n", 1)+"1999-01-01,tv,Dawno,TV,1000\n") // outside the period
	withdrawn := tr.upload(radio, strings.Replace(goodFile, ",20\n", ",99\n", 1))
	tr.send(http.StatusOK, webtest.Request{Method: "DELETE", Path: withdrawn, As: radio})
	tr.upload(tv, strings.Replace(goodFile, ",10\n", ",7777\n", 1))

	defined, err := tr.Projects.Definition(t.Context(), webtest.Project)
	if err != nil {
		t.Fatal(err)
	}
	c := &web.Call{Request: (&http.Request{}).WithContext(t.Context()), Site: tr.Site, Language: "en", Project: webtest.Project, Defined: defined}
	got, err := New(tr.App).ownTotals(c, "radio")
	if err != nil {
		t.Fatal(err)
	}
	if got.All.Airings != 2 || got.All.Reach != 35 || got.Outside != 1 || len(got.Mediums) != 2 || len(got.Months) != 2 {
		t.Errorf("%+v", got)
	}
	if got, err := New(tr.App).ownTotals(c, "paper"); got != nil || err != nil {
		t.Errorf("of a partner without files: %+v, %v", got, err)
	}
}

func TestTotalsAreKeptUntilAFileOrThePeriodChanges(t *testing.T) {
	t.Parallel()
	tr := open(t)
	key := table.Key{PK: "MEDIASUMS#" + webtest.Project + "#radio", SK: "SUMS"}
	kept := func() (uploads.MediaSums, int64) {
		t.Helper()
		sums, rev, err := table.Load[uploads.MediaSums](t.Context(), tr.DB.Tracker, key)
		if err != nil {
			t.Fatal(err)
		}
		return sums, rev
	}
	ask := func(change func(*project.Definition)) uploads.MediaSums {
		t.Helper()
		defined, err := tr.Projects.Definition(t.Context(), webtest.Project)
		if err != nil {
			t.Fatal(err)
		}
		changed := *defined.Definition
		change(&changed)
		sums, err := tr.Uploads.MediaSums(t.Context(), &changed, "radio")
		if err != nil {
			t.Fatal(err)
		}
		return sums
	}
	unchanged := func(*project.Definition) {}
	tr.upload(radio, goodFile)
	first, rev := kept()
	if first.Stale || first.Files != 1 || first.All.Airings != 2 {
		t.Errorf("after a file was read: %+v", first)
	}
	if got := ask(unchanged); got.All != first.All {
		t.Errorf("the sums are %+v", got)
	}
	if _, again := kept(); again != rev {
		t.Error("they were computed anew")
	}
	if got := ask(func(d *project.Definition) { d.Period.From = d.Period.To }); got.Outside != 2 || got.All.Airings != 0 {
		t.Errorf("in another period: %+v", got)
	}
	second := tr.upload(radio, strings.Replace(goodFile, ",20\n", ",99\n", 1))
	if got, _ := kept(); got.Files != 2 || got.All.Reach != first.All.Reach+79 {
		t.Errorf("after a second file: %+v", got)
	}
	tr.send(http.StatusOK, webtest.Request{Method: "DELETE", Path: second, As: radio})
	if got, _ := kept(); got.Stale || got.All != first.All {
		t.Errorf("after it was withdrawn: %+v", got)
	}
	// The function died after the file was accepted.
	if err := tr.DB.Tracker.Write(t.Context(), table.PutJSON(key, uploads.MediaSums{Stale: true}, table.Always)); err != nil {
		t.Fatal(err)
	}
	if got := ask(unchanged); got.All != first.All {
		t.Errorf("computed by the first who asks: %+v", got)
	}
}
