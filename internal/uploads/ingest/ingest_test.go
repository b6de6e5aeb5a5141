package ingest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"outreach/internal/app"
	"outreach/internal/fact"
	"outreach/internal/objects"
	"outreach/internal/objects/folder"
	"outreach/internal/people"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/store"
	"outreach/internal/store/storetest"
	"outreach/internal/uploads"
)

// fixture is an Ingester on empty tables and files, with the application below it.
type fixture struct {
	*Ingester
	app   *app.App
	files *folder.Store
}

func open(t *testing.T) *fixture {
	t.Helper()
	files, err := folder.Open(t.TempDir(), "http://localhost", []byte("a secret for pre-signed requests"))
	if err != nil {
		t.Fatal(err)
	}
	db := storetest.New(t)
	db.Objects = files
	a := app.New(db)
	d := &project.Definition{ID: "town", TimeZone: "Europe/Warsaw", Period: project.Period{From: "2020-01-01", To: "2020-12-31"}, Region: project.Region{Population: 1000}, Partners: []project.Partner{{ID: "radio", Name: "Radio"}},
		Activities: []project.Activity{{ID: "garden", Label: project.Text{"en": "Garden"}}}}
	if _, _, err := a.Projects.SetDefinition(t.Context(), d, []byte("town"), "", ""); err != nil {
		t.Fatal(err)
	}
	return &fixture{New(a), a, files}
}

const (
	airing       = "date,medium,title,outlet,reach\n2020-05-01,radio,Audycja,Radio,10\n"
	consultation = "email,date,field,minutes,form,topic\nanna@example.org,2020-05-01,law,30,phone,Temat\n"
)

// overwriting is a store in which an object is overwritten just before it is read.
type overwriting struct {
	*folder.Store
	overwrite func()
}

func (o overwriting) Open(ctx context.Context, key, etag string) (io.ReadCloser, objects.Info, error) {
	o.overwrite()
	return o.Store.Open(ctx, key, etag)
}

func TestObjectOverwrittenBeforeItIsReadCountsWithItsNewContent(t *testing.T) {
	t.Parallel()
	in := open(t)
	ctx := context.Background()
	const key = "uploads/town/radio/maj.csv"
	write := func(text string) {
		if err := in.files.Put(ctx, key, strings.NewReader(text), ""); err != nil {
			t.Error(err)
		}
	}
	write(airing)
	once := false
	in.objects = overwriting{in.files, func() {
		if !once {
			once = true
			write(strings.Replace(airing, ",10\n", ",20\n", 1))
		}
	}}
	for range 2 { // each of the two has its event
		if err := in.Object(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	page, err := in.app.Uploads.Uploads(ctx, "town", "radio", 10, "")
	if err != nil || len(page.Items) != 2 {
		t.Fatalf("uploads: %+v, %v", page.Items, err)
	}
	states := map[string]string{}
	for _, u := range page.Items {
		states[u.State] += u.Totals["reach"].String()
	}
	if reach, ok := states[uploads.Rejected]; !ok || reach != "" || states[uploads.Accepted] != "20" {
		t.Errorf("reach by state: %v", states)
	}
}

// A repeated request puts the same file again at the key that its upload was given: it is not another file.
func TestFilePutAgainWhileItIsReadCounts(t *testing.T) {
	t.Parallel()
	in := open(t)
	ctx := context.Background()
	u, err := in.app.Uploads.CreateUpload(ctx, "town", uploads.Upload{Owner: "radio", Filename: "maj.csv", Size: int64(len(airing))}, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	put := func() {
		if err := in.files.Put(ctx, u.Object, strings.NewReader(airing), ""); err != nil {
			t.Error(err)
		}
	}
	put()
	puts := 2
	in.objects = overwriting{in.files, func() {
		if puts--; puts >= 0 {
			put()
		}
	}}
	for range 3 { // each has its event
		if err := in.Object(ctx, u.Object); err != nil {
			t.Fatal(err)
		}
	}
	if u, err = in.app.Uploads.Upload(ctx, "town", u.ID); err != nil || u.State != uploads.Accepted || u.Rows != 1 {
		t.Errorf("%+v, %v", u, err)
	}
}

// Partners choose the names of folders: none is taken for the key that an upload was given.
func TestFolderIsNotMistakenForAnUploadKey(t *testing.T) {
	t.Parallel()
	in := open(t)
	ctx := context.Background()
	asked, err := in.app.Uploads.CreateUpload(ctx, "town", uploads.Upload{Owner: uploads.Office, Filename: "lista.csv", Size: 10}, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	for n, key := range []string{"emission-lists-2010-summer/a.csv", "emission-lists-2010-summer/b.csv", "01JZZZZZZZZZZZZZZZZZZZZZZZ/a.csv", asked.ID + "/file"} {
		key = "uploads/town/radio/" + key
		if err := in.files.Put(ctx, key, strings.NewReader(strings.Replace(airing, ",10\n", fmt.Sprintf(",%d\n", n+1), 1)), ""); err != nil {
			t.Fatal(err)
		}
		if err := in.Object(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	page, err := in.app.Uploads.Uploads(ctx, "town", "radio", 10, "")
	if err != nil || len(page.Items) != 4 {
		t.Fatalf("uploads: %+v, %v", page.Items, err)
	}
	for _, u := range page.Items {
		if _, err := ulid.ParseStrict(u.ID); err != nil || u.State != uploads.Accepted || u.ID == asked.ID {
			t.Errorf("%+v", u)
		}
	}
	if u, err := in.app.Uploads.Upload(ctx, "town", asked.ID); err != nil || u.State != uploads.Received || u.Owner != uploads.Office {
		t.Errorf("the upload of the coordinator is %+v, %v", u, err)
	}
}

func TestConcurrentDeliveriesAcceptTheFileOnce(t *testing.T) {
	t.Parallel()
	in := open(t)
	ctx := context.Background()
	const key = "uploads/town/radio/maj.csv"
	if err := in.files.Put(ctx, key, strings.NewReader(airing), ""); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	const deliveries = 6
	for range deliveries {
		go func() {
			for { // a failed delivery is repeated
				if err := in.Object(ctx, key); err == nil {
					done <- nil
					return
				}
			}
		}()
	}
	for range deliveries {
		<-done
	}
	page, err := in.app.Uploads.Uploads(ctx, "town", "radio", 10, "")
	if err != nil || len(page.Items) != 1 || page.Items[0].State != uploads.Accepted || page.Items[0].New != 1 {
		t.Errorf("uploads: %+v, %v", page.Items, err)
	}
	heads, err := in.app.Facts.Heads(ctx, "town")
	if err != nil {
		t.Fatal(err)
	}
	facts := int64(0)
	for _, n := range heads {
		facts += n
	}
	if facts != 2 { // the definition's, and the upload's
		t.Errorf("%d facts", facts)
	}
}

func TestFileWithOneBadCellIsRejectedAndNothingInItCounts(t *testing.T) {
	t.Parallel()
	const good = "2020-05-02,tv,Film,TV,20\n"
	for _, tt := range []struct{ name, row, column, code string }{
		{"a number that is not one", "2020-05-03,radio,Audycja,Radio,many\n", "reach", schema.NotANumber},
		{"a required cell is empty", "2020-05-03,radio,,Radio,10\n", "title", schema.Missing},
		{"a value that is not in the list", "2020-05-03,pigeon,Audycja,Radio,10\n", "medium", schema.NotInList},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in, ctx := open(t), t.Context()
			before := in.heads(t)
			u, found := in.send(t, "uploads/town/radio/maj.csv", airing+good+tt.row)
			if u.State != uploads.Rejected || u.Rows != 3 || u.Packs != 0 || u.New != 0 || len(u.Totals) != 0 {
				t.Errorf("upload: %+v", u)
			}
			if len(found.Errors) != 1 || found.Errors[0].Row != 4 || found.Errors[0].Column != tt.column || found.Errors[0].Problem.Code != tt.code {
				t.Errorf("errors: %+v", found.Errors)
			}
			for line, err := range in.app.Uploads.Lines(ctx, "town", schema.Builtin().Kind(schema.Media), uploads.Upload{ID: u.ID, Packs: 1}) {
				if err == nil {
					t.Errorf("row %d is stored", line.Row)
				}
			}
			err := in.app.Facts.Read(ctx, "town", before, in.heads(t), func(f fact.Fact) error {
				if f.Kind != fact.KindUploadRejected {
					t.Errorf("fact %s: %s", f.Kind, f.Data)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if u, _ = in.send(t, "uploads/town/radio/czerwiec.csv", airing+good); u.State != uploads.Accepted || u.New != 2 {
				t.Errorf("the corrected file: %+v", u)
			}
		})
	}
}

func TestRowsAreComparedWithTheFilesThatCount(t *testing.T) {
	t.Parallel()
	noon := time.Date(2020, 6, 1, 12, 0, 0, 0, time.UTC)
	for name, now := range map[string]func() time.Time{
		"files that arrive one after another":           time.Now,
		"files that arrive within the same millisecond": func() time.Time { return noon },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := open(t)
			in.files.Now = now
			comparesRows(t, in)
		})
	}
}

func comparesRows(t *testing.T, in *fixture) {
	t.Helper()
	ctx := t.Context()
	first, _ := in.send(t, "uploads/town/radio/1.csv", airing)
	if same, _ := in.send(t, "uploads/town/radio/2.csv", airing); same.State != uploads.Accepted || same.SameAs != first.ID || same.Unchanged != 1 {
		t.Errorf("the same bytes: %+v", same)
	}
	changed, _ := in.send(t, "uploads/town/radio/3.csv", strings.Replace(airing, ",10\n", ",20\n", 1)+"2020-05-02,tv,Film,TV,20\n")
	if changed.New != 1 || changed.Changed != 1 || changed.Unchanged != 0 || changed.Totals["reach"] != "40" {
		t.Errorf("another value: %+v", changed)
	}
	def, err := in.app.Projects.Definition(ctx, "town")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.app.Uploads.WithdrawUpload(ctx, changed.ID, "", def); err != nil {
		t.Fatal(err)
	}
	if u, _ := in.send(t, "uploads/town/radio/4.csv", airing+"\n"); u.New != 0 || u.Unchanged != 1 {
		t.Errorf("after the withdrawal of the later file: %+v", u)
	}
}

func TestPartnerMayOnlyUploadMedia(t *testing.T) {
	t.Parallel()
	in := open(t)
	u, found := in.send(t, "uploads/town/radio/porady.csv", consultation)
	if u.State != uploads.Rejected || len(found.Errors) != 1 || found.Errors[0].Row != 1 || found.Errors[0].Problem.Code != schema.NotAllowed {
		t.Errorf("%+v, %+v", u, found)
	}
	if u, found := in.send(t, "uploads/town/coordinator/porady.csv", consultation); u.State != uploads.Accepted {
		t.Errorf("of a coordinator: %+v, %+v", u, found)
	}
}

func TestFileThatIsOnlyCheckedStoresNothing(t *testing.T) {
	t.Parallel()
	in, ctx := open(t), t.Context()
	u, err := in.app.Uploads.CreateUpload(ctx, "town", uploads.Upload{Owner: uploads.Office, Filename: "porady.csv", Size: 1, CheckOnly: true}, store.Once{})
	if err != nil {
		t.Fatal(err)
	}
	before := in.heads(t)
	u, found := in.send(t, u.Object, consultation)
	if u.State != uploads.Checked || u.New != 1 || len(found.Errors) != 0 || len(found.Warnings) != 1 || found.Warnings[0].Problem.Code != schema.NewPerson {
		t.Errorf("%+v, %+v", u, found)
	}
	if known, err := in.app.People.Holders(ctx, "town", people.Keys(schema.PersonRef{Email: "anna@example.org"})); err != nil || len(known) > 0 {
		t.Errorf("people %v, %v", known, err)
	}
	var added []string
	if err := in.app.Facts.Read(ctx, "town", before, in.heads(t), func(f fact.Fact) error {
		added = append(added, f.Kind)
		return nil
	}); err != nil || !slices.Equal(added, []string{fact.KindUploadFinished}) { // which says nothing
		t.Errorf("facts %v, %v", added, err)
	}
}

// send puts a file and ingests it. It finds the upload by key and arrival: the list orders uploads that arrive in the
// same millisecond by the hashes in their ids.
func (f *fixture) send(t *testing.T, key, content string) (uploads.Upload, uploads.Findings) {
	t.Helper()
	ctx := t.Context()
	if err := f.files.Put(ctx, key, strings.NewReader(content), ""); err != nil {
		t.Fatal(err)
	}
	if err := f.Object(ctx, key); err != nil {
		t.Fatal(err)
	}
	info, err := f.files.Stat(ctx, key)
	if err != nil {
		t.Fatal(err)
	}
	page, err := f.app.Uploads.Uploads(ctx, "town", "", 100, "")
	if err != nil {
		t.Fatal(err)
	}
	sent := slices.IndexFunc(page.Items, func(u uploads.Upload) bool { return u.Object == key && u.Arrived.Equal(info.Arrived) })
	if sent < 0 {
		t.Fatalf("no upload of %s that arrived at %s: %+v", key, info.Arrived, page.Items)
	}
	found, err := f.app.Uploads.Findings(ctx, "town", page.Items[sent].ID)
	if err != nil {
		t.Fatal(err)
	}
	return page.Items[sent], found
}

func (f *fixture) heads(t *testing.T) fact.Heads {
	t.Helper()
	heads, err := f.app.Facts.Heads(t.Context(), "town")
	if err != nil {
		t.Fatal(err)
	}
	return heads
}
