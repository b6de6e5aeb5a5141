//go:build sam

package sam

import (
	"bufio"
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/goccy/go-yaml"

	"outreach/infra/tracker/replay"
	"outreach/internal/web"
)

// stackName is the name that samconfig.toml gives the stack.
const stackName = "outreach"

// driver uses the deployed tracker as people and programs do: over HTTP, with tokens of its user pool.
type driver struct {
	*stage
	pool   *pool
	base   string // where people find the tracker
	client *http.Client
}

// TestDeployed tests the deployed stack: every event to the functions, then the model project and other scenarios over
// the HTTP API, S3, the queue, the stream. Each scenario prints what it compared. At the end the calls that the
// functions made to AWS are compared with what their roles allow.
func TestDeployed(t *testing.T) {
	d := newDriver(t)
	local := startLocal(t)

	for _, scenario := range []struct {
		name string
		run  func(t *testing.T) (compared string)
	}{
		{"routes", d.theAPIHasTheTemplatesRoutes},
		{"events", d.everyEvent},
		{"tokens", d.tokens},
		{"model project", d.modelProject},
		{"snapshot", func(t *testing.T) string { return d.sameAsLocal(t, local()) }},
		{"evidence and exports", d.exports},
		{"sign-up and its letters", d.signUp},
		{"consultation", d.consultation},
		{"photos", d.photos},
		{"partner's file", d.partnersFile},
		{"partner's own identity", d.ownIdentity},
		{"bad cells", d.badCells},
		{"delivered twice", d.deliveredTwice},
		{"poison file", d.poison},
		{"schedule", d.schedule},
		{"report of an ended period", d.report},
		{"waiting list", d.waitingList},
		{"file of sign-ups", d.signupsFile},
		{"long answers", d.longAnswers},
		{"office's work", d.office},
		{"kept no longer", d.keptNoLonger},
		{"signing out", d.signingOut},
		{"another address of the office", d.anotherAddress},
		{"SES's sandbox", d.sandbox},
		{"a program's token", d.programToken},
		{"a permission taken away", d.permissionTakenAway},
		{"permissions", d.permissionsAreUsed},
	} {
		if !t.Run(scenario.name, func(t *testing.T) {
			if compared := scenario.run(t); !t.Failed() {
				fmt.Printf("    compared %s: %s\n", scenario.name, compared)
			}
		}) {
			return
		}
	}
}

// newDriver returns a driver of the stack that infra/sam/test has deployed.
func newDriver(t *testing.T) *driver {
	t.Helper()
	s := newStage(t, "")
	s.invoke = s.invokeDeployed
	d := &driver{stage: s, pool: newPool(s), base: os.Getenv("SAM_TEST_BASE"), client: &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{MaxIdleConnsPerHost: 10, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			// The API's name resolves to this machine.
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
		}},
	}}
	s.token = d.pool.token

	d.ready(t)
	return d
}

// ready reads what is deployed, and makes up for what the emulator leaves out. It is needed after each deployment.
func (d *driver) ready(t *testing.T) {
	t.Helper()
	d.readFunctions(t)
	d.adapt(t)
	d.handOn(t)
}

// answer is the answer to a request.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// definitionText is a body in YAML.
type definitionText string

// multipartForm is a form with files, as a browser sends it.
type multipartForm struct {
	kind    string // its Content-Type
	content []byte
}

// formWith returns a form of texts, and of a file in a field.
func formWith(t *testing.T, texts map[string]string, field, name, content string) multipartForm {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for key, text := range texts {
		if err := w.WriteField(key, text); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile(field, name)
	if err == nil {
		_, err = file.Write([]byte(content))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return multipartForm{w.FormDataContentType(), out.Bytes()}
}

// do sends a request to the deployed API; a body is JSON unless it is a form's values, a form with files or a
// definition.
func (d *driver) do(t *testing.T, method, path, token string, body any) answer {
	t.Helper()
	header := http.Header{"Accept": {"application/json"}, "Accept-Language": {"en"}}
	var content []byte
	switch body := body.(type) {
	case nil:
	case url.Values:
		header.Set("Content-Type", "application/x-www-form-urlencoded")
		header.Set("Accept", "text/html")
		header.Set("Origin", d.base)
		content = []byte(body.Encode())
	case multipartForm:
		header.Set("Content-Type", body.kind)
		header.Set("Accept", "text/html")
		header.Set("Origin", d.base)
		content = body.content
	case definitionText:
		header.Set("Content-Type", "application/yaml")
		content = []byte(body)
	default:
		header.Set("Content-Type", "application/json")
		var err error
		if content, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	address := path
	if strings.HasPrefix(path, "/") {
		address = d.base + path
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	response, err := d.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, got}
}

// must is do for a request that must be answered with this status; it decodes JSON into out.
func (d *driver) must(t *testing.T, status int, method, path, token string, body, out any) answer {
	t.Helper()
	got := d.do(t, method, path, token, body)
	if got.status != status {
		t.Fatalf("%s %s: %d, want %d: %.500s", method, path, got.status, status, got.body)
	}
	if out != nil {
		if err := json.Unmarshal(got.body, out); err != nil {
			t.Fatalf("%s %s: %v: %.200s", method, path, err, got.body)
		}
	}
	return got
}

// as returns a token of the deployed pool.
func (d *driver) as(t *testing.T, email string, groups ...string) string {
	t.Helper()
	token, err := d.pool.token(t.Context(), email, groups...)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (d *driver) coordinator(t *testing.T) string {
	return d.as(t, "office@example.org", project+":coordinator")
}
func (d *driver) partner(t *testing.T) string {
	return d.as(t, "radio@example.org", project+":partner:town-radio")
}

func (d *driver) theAPIHasTheTemplatesRoutes(t *testing.T) string {
	var declared []string
	for _, f := range functions(t) {
		for _, key := range f.Routes {
			declared = append(declared, key+" "+f.ID)
		}
	}
	var processed []string
	for _, r := range d.routes(t) {
		processed = append(processed, r.key+" "+r.function)
	}
	slices.Sort(declared)
	slices.Sort(processed)
	if !slices.Equal(declared, processed) {
		t.Fatalf("the template has routes %v, CloudFormation made %v", declared, processed)
	}
	if made := d.serveAPI(t); made != len(declared) {
		t.Fatalf("the API has %d routes, the template %d", made, len(declared))
	}
	d.must(t, http.StatusOK, http.MethodGet, "/health", "", nil, nil)
	return fmt.Sprintf("%d routes of the template, of CloudFormation's, and of the API that answers", len(declared))
}

// everyEvent sends the events to the functions directly.
func (d *driver) everyEvent(t *testing.T) string {
	for _, st := range steps {
		if st.event == "ingest-upload/arrival" {
			d.putAirings(t)
			d.accepted(t, "april 2024.csv")
		}
		if st.event == "ingest-upload/bad-cells" {
			d.put(t, "april 2024 with errors.csv", strings.Replace(airings, "12000", "many", 1))
			d.ended(t, "april 2024 with errors.csv", "rejected")
		}
		body := d.play(t, st)
		if st.event == "manage-uploads/ask" {
			d.upload(t, body)
		}
	}
	d.letter(t, "anna.nowak@example.org", "Nad rzeką")
	return fmt.Sprintf("%d events against their answers, and a letter", len(steps))
}

// tokens checks roles and refuses tokens that are not this tracker's.
func (d *driver) tokens(t *testing.T) string {
	// The events created a project with sign-ups, uploads, consultations and an approved snapshot.
	roles := map[string]string{
		"coordinator": d.coordinator(t), "partner": d.partner(t), "adviser": d.as(t, "doradca@example.org", project+":adviser"),
		"funder": d.as(t, "funder@example.org", project+":funder"), "nobody": "",
	}
	other, err := d.otherClient(t)
	if err != nil {
		t.Fatal(err)
	}
	roles["another client's"] = other
	altered := roles["coordinator"]
	roles["altered"] = altered[:len(altered)-8] + "AAAAAAAA"
	may := map[string]map[string]int{ // by address, who is answered how; the rest is 403 signed in, 401 not
		"/signups":          {"coordinator": 200},
		"/uploads":          {"coordinator": 200, "partner": 200},
		"/consultations":    {"coordinator": 200, "adviser": 200},
		"/snapshots/latest": {"coordinator": 200, "funder": 200},
	}
	compared := 0
	for address, allowed := range may {
		for role, token := range roles {
			want := http.StatusForbidden
			if role == "nobody" || role == "another client's" || role == "altered" {
				want = http.StatusUnauthorized
			}
			if status, ok := allowed[role]; ok {
				want = status
			}
			if got := d.do(t, http.MethodGet, "/"+project+address, token, nil); got.status != want {
				t.Errorf("%s of %s: %d, want %d: %.300s", address, role, got.status, want, got.body)
			}
			compared++
		}
	}
	return fmt.Sprintf("%d tokens, of another client and altered ones too, at %d addresses: %d answers", len(roles)-1, len(may), compared)
}

// otherClient returns a valid token of the same pool for another application.
func (d *driver) otherClient(t *testing.T) (string, error) {
	var made struct{ UserPoolClient struct{ ClientId string } }
	err := d.pool.do(t.Context(), "CreateUserPoolClient", map[string]any{"ClientName": "another", "ExplicitAuthFlows": []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}}, &made)
	if err != nil {
		return "", err
	}
	return d.pool.signIn(t.Context(), made.UserPoolClient.ClientId, "office@example.org")
}

func (d *driver) player() *replay.Player {
	return &replay.Player{Base: d.base, Client: d.client, Model: os.DirFS("../tracker"), Token: d.pool.token}
}

// modelProject sends the whole model project to the deployed API, and compares the results with those published.
func (d *driver) modelProject(t *testing.T) string {
	if err := d.player().Play(t.Context()); err != nil {
		t.Fatal(err)
	}
	shown, err := d.player().Shown(t.Context())
	if err != nil || shown == nil {
		t.Fatalf("%v, %v", shown, err)
	}
	got := map[string]string{"participants": fmt.Sprint(shown.Participants.Total)}
	for _, in := range shown.Indicators {
		got[in.Code] = in.Achieved.String()
	}
	if !maps.Equal(got, replay.Published) {
		t.Fatalf("computed %v, published %v", got, replay.Published)
	}
	return fmt.Sprintf("%d indicators and %d participants, as published", len(shown.Indicators), shown.Participants.Total)
}

// startLocal starts a tracker on this machine, and returns a function that waits for its address.
func startLocal(t *testing.T) (ready func() string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "local")
	if said, err := exec.Command("go", "build", "-o", program, "outreach/infra/tracker").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	c := exec.Command(program, "-addr", "localhost:0", "-data", t.TempDir())
	said, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	})
	told := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if address, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
				told <- address
			}
		}
		close(told)
	}()
	return func() string {
		select {
		case address := <-told:
			if address == "" {
				t.Fatal("the local tracker ended before it was ready")
			}
			return address
		case <-time.After(patience):
			t.Fatal("the local tracker does not get ready")
		}
		return ""
	}
}

// sameAsLocal compares the snapshot with that of the tracker on this machine, which has the same input.
func (d *driver) sameAsLocal(t *testing.T, local string) string {
	deployed, err := d.player().Shown(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	there := &replay.Player{Base: local, Client: d.client}
	same, err := there.Shown(t.Context())
	if err != nil || same == nil {
		t.Fatalf("%v, %v", same, err)
	}
	if deployed.Hash != same.Hash || !strings.HasPrefix(same.Hash, "sha256:") {
		t.Fatalf("deployed %s, local %s", deployed.Hash, same.Hash)
	}
	token := d.as(t, "ewaluacja@example.org", "ces:funder")
	var v struct {
		Same     bool
		Computed string
	}
	d.must(t, http.StatusOK, http.MethodPost, "/ces/snapshots/"+deployed.ID+"/verification", token, map[string]any{}, &v)
	if !v.Same || v.Computed != deployed.Hash {
		t.Fatalf("computed again from the first fact it is %s", v.Computed)
	}
	return "deployed, local, and computed again from the first fact: " + deployed.Hash
}

// exports reads the records behind the figures as the funder.
func (d *driver) exports(t *testing.T) string {
	token := d.as(t, "ewaluacja@example.org", "ces:funder")
	shown, err := d.player().Shown(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := "/ces/snapshots/" + shown.ID
	records := 0
	for _, in := range shown.Indicators {
		if in.Code == "5" {
			continue // a sum of reach, not of records
		}
		rows, err := csv.NewReader(bytes.NewReader(d.must(t, http.StatusOK, http.MethodGet, at+"/indicators/"+in.Code+"/evidence.csv", token, nil, nil).body)).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Fatalf("evidence of %s: %d rows, %v", in.Code, len(rows), err)
		}
		records += len(rows) - 1
	}
	var page struct{ Items []struct{ ID, Kind string } }
	d.must(t, http.StatusOK, http.MethodGet, at+"/participants/evidence?limit=200", token, nil, &page)
	if len(page.Items) != 200 {
		t.Errorf("%d participants' records on the first page", len(page.Items))
	}
	for suffix, begins := range map[string]string{".csv": "", ".xlsx": "PK", ".pdf": "%PDF-", ".json": "{"} {
		got := d.must(t, http.StatusOK, http.MethodGet, at+suffix, token, nil, nil)
		if !bytes.HasPrefix(got.body, []byte(begins)) || suffix != ".pdf" && suffix != ".xlsx" && !bytes.Contains(got.body, []byte("898860")) {
			t.Errorf("%s: %.40q", suffix, got.body)
		}
	}
	if got := d.do(t, http.MethodGet, at+".csv", d.as(t, "doradca@example.org", project+":adviser"), nil); got.status == http.StatusOK {
		t.Error("an adviser of another project reads the export")
	}
	return fmt.Sprintf("%d rows of evidence behind 10 figures, participants, CSV, XLSX, PDF, JSON", records)
}

// letter waits for a letter to an address that contains a text, and returns it.
func (d *driver) letter(t *testing.T, to, holds string) (text string) {
	t.Helper()
	d.eventually(t, "a letter", func() bool {
		var sent struct {
			Messages map[string][]struct {
				To                []string
				Subject, BodyText string
			}
		}
		if err := json.Unmarshal([]byte(d.get(t, d.endpoint+"/_ministack/ses/messages")), &sent); err != nil {
			t.Fatal(err)
		}
		for _, letters := range sent.Messages {
			for _, l := range letters {
				if slices.Contains(l.To, to) && strings.Contains(l.Subject+"\n"+l.BodyText, holds) {
					text = l.BodyText
				}
			}
		}
		return text != ""
	})
	return text
}

var link = regexp.MustCompile(`https?://\S+/cancel\?\S+`)

// signUp signs up by the form, and withdraws by the letter's link.
func (d *driver) signUp(t *testing.T) string {
	const email = "kornelia.lis@example.org"
	form := d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/signup", "", nil, nil)
	if !bytes.Contains(form.body, []byte("garden")) {
		t.Fatalf("%.300s", form.body)
	}
	d.must(t, http.StatusSeeOther, http.MethodPost, "/"+project+"/signups", "", url.Values{
		"activity": {"garden"}, "first_name": {"Kornelia"}, "last_name": {"Lis"}, "email": {email}, "consent_processing": {"true"}, "locale": {"en"},
	}, nil)
	to := link.FindString(d.letter(t, email, "We have received your sign-up"))
	if !strings.HasPrefix(to, d.base+"/"+project+"/signups/") {
		t.Fatalf("the letter leads to %q", to)
	}
	d.must(t, http.StatusOK, http.MethodGet, to, "", nil, nil)
	if got := d.do(t, http.MethodPost, to, "", url.Values{}); got.status >= 400 {
		t.Fatalf("withdrawing: %d: %.300s", got.status, got.body)
	}
	d.letter(t, email, "is withdrawn")
	return "a form's letter by the stream, its link, and the letter after withdrawing"
}

// consultation is recorded, replaced and voided by its adviser.
func (d *driver) consultation(t *testing.T) string {
	adviser := d.as(t, "doradca@example.org", project+":adviser")
	said := map[string]any{"person": map[string]string{"email": "kornelia.lis@example.org"}, "date": "2024-06-03", "field": "accounting", "minutes": 30, "form": "online", "topic": "Books of an association"}
	var made struct{ ID string }
	d.must(t, http.StatusCreated, http.MethodPost, "/"+project+"/consultations", adviser, said, &made)
	at := "/" + project + "/consultations/" + made.ID
	said["minutes"] = 60
	d.must(t, http.StatusOK, http.MethodPut, at, adviser, said, nil)
	var read struct{ Minutes int }
	d.must(t, http.StatusOK, http.MethodGet, at, adviser, nil, &read)
	if read.Minutes != 60 {
		t.Errorf("%d minutes, want 60", read.Minutes)
	}
	d.must(t, http.StatusOK, http.MethodDelete, at, adviser, nil, nil)
	return "an adviser's consultation: recorded, replaced, read, voided"
}

// withPhotos adds photos to consultations.
var withPhotos = []string{"indicators:\n", "records: {consultation: {fields: {agreement: {type: file, label: Agreement}}}}\nindicators:\n"}

// photo is a photo in its first bytes, which is what it is judged by.
const photo = "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"

// photos checks that photos are sent to a place of their own and with a form, are shown, and go with their person.
func (d *driver) photos(t *testing.T) string {
	token := d.define(t, "photos", withPhotos...)
	at := "/photos/consultations"
	consultation := map[string]any{"person": map[string]string{"email": "fotografowana@example.org"}, "date": "2024-06-03", "field": "law", "minutes": 30, "form": "online"}
	id := d.attached(t, token, "photos")
	consultation["agreement"] = id
	d.must(t, http.StatusCreated, http.MethodPost, at, token, consultation, nil)
	typed := map[string]string{"email": "fotografowana@example.org", "date": "2024-06-04", "field": "law", "minutes": "20", "form": "online"}
	d.must(t, http.StatusSeeOther, http.MethodPost, at, token, formWith(t, typed, "agreement", "umowa.jpg", photo), nil)
	shown := d.must(t, http.StatusSeeOther, http.MethodGet, "/photos/attachments/"+id, token, nil, nil)
	if got := d.do(t, http.MethodGet, shown.header.Get("Location"), "", nil); got.status != http.StatusOK || string(got.body) != photo {
		t.Errorf("the photo: %d, %.40q", got.status, got.body)
	}
	if kept := d.versions(t, "attachments/photos/"); kept != 2 {
		t.Errorf("%d photos are stored, want 2", kept)
	}
	var found struct{ Items []struct{ ID string } }
	d.must(t, http.StatusOK, http.MethodGet, "/photos/people?q=fotografowana@example.org", token, nil, &found)
	if len(found.Items) != 1 {
		t.Fatalf("%+v", found)
	}
	d.must(t, http.StatusOK, http.MethodDelete, "/photos/people/"+found.Items[0].ID, token, nil, nil)
	if left := d.versions(t, "attachments/photos/"); left != 0 {
		t.Errorf("of the photos of a person who was erased %d versions are left", left)
	}
	return "two photos of consultations, one sent to its place and one with a form: shown, and erased with their person"
}

// attached sends a photo to a place of its own, and returns its id.
func (d *driver) attached(t *testing.T, token, project string) string {
	t.Helper()
	var to place
	d.must(t, http.StatusCreated, http.MethodPost, "/"+project+"/attachments", token, map[string]any{"filename": "umowa.jpg", "size": len(photo)}, &to)
	if status := d.putAt(t, to, photo); status != http.StatusOK {
		t.Fatalf("the place answers %d", status)
	}
	return to.ID
}

// place is a pre-signed address for a file.
type place struct {
	ID, Method, URL string
	Headers         map[string]string
}

// sent creates an upload and sends its file.
func (d *driver) sent(t *testing.T, token, name, content string) string {
	t.Helper()
	var to place
	d.must(t, http.StatusCreated, http.MethodPost, "/"+project+"/uploads", token, map[string]any{"filename": name, "size": len(content)}, &to)
	if status := d.putAt(t, to, content); status != http.StatusOK {
		t.Fatalf("the place answers %d", status)
	}
	return to.ID
}

func (d *driver) putAt(t *testing.T, to place, content string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), to.Method, to.URL, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range to.Headers {
		r.Header.Set(name, value)
	}
	response, err := d.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// became waits until a file is processed.
func (d *driver) became(t *testing.T, token, id string) (u uploaded) {
	t.Helper()
	d.eventually(t, "a file to be taken in", func() bool {
		u = uploaded{}
		d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/uploads/"+id, token, nil, &u)
		return u.State != "received" && u.State != "processing"
	})
	return u
}

type uploaded struct {
	ID, State, Filename string
	Rows, New           int
	Errors              []struct {
		Row          int
		Column, Code string
	}
}

const header = "date,medium,title,outlet,reach\n"

// partnersFile is sent to its pre-signed address, once only, and withdrawn.
func (d *driver) partnersFile(t *testing.T) string {
	token := d.partner(t)
	content := header + "2024-07-01,radio,Evening talk,Radio Miejskie,4000\n2024-07-02,radio,Evening talk,Radio Miejskie,4100\n"
	var to place
	d.must(t, http.StatusCreated, http.MethodPost, "/"+project+"/uploads", token, map[string]any{"filename": "july.csv", "size": len(content)}, &to)
	if status := d.putAt(t, to, content+"x"); status < 400 {
		t.Errorf("a file of another size: %d", status)
	}
	if status := d.putAt(t, to, content); status != http.StatusOK {
		t.Fatalf("the place answers %d", status)
	}
	if status := d.putAt(t, to, content); status < 400 {
		t.Errorf("a second file at the same place: %d", status)
	}
	u := d.became(t, token, to.ID)
	if u.State != "accepted" || u.Rows != 2 || u.New != 2 {
		t.Fatalf("%+v", u)
	}
	original := d.must(t, http.StatusSeeOther, http.MethodGet, "/"+project+"/uploads/"+to.ID+"/original", token, nil, nil)
	if got := d.must(t, http.StatusOK, http.MethodGet, original.header.Get("Location"), "", nil, nil); string(got.body) != content {
		t.Errorf("the original is %.100q", got.body)
	}
	d.must(t, http.StatusOK, http.MethodDelete, "/"+project+"/uploads/"+to.ID, token, nil, nil)
	return "another size and a second file are refused; accepted with 2 rows; the original is the same; withdrawn"
}

// ownIdentity stores a file as a partner with an AWS identity.
func (d *driver) ownIdentity(t *testing.T) string {
	prefix := "uploads/" + project + "/town-radio/"
	who := d.partnerIdentity(t, "town-radio", prefix)
	files := s3.New(s3.Options{Region: region, BaseEndpoint: &d.endpoint, UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider(who.AccessKeyID, who.SecretAccessKey, "")})
	put := func(key string) error {
		_, err := files.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(d.resources["Bucket"]), Key: &key, Body: strings.NewReader(header + "2024-08-01,radio,Morning talk,Radio Miejskie,5000\n")})
		return err
	}
	if err := put("uploads/" + project + "/coordinator/august.csv"); err == nil {
		t.Error("a partner puts files for the office")
	}
	if err := put(prefix + "august.csv"); err != nil {
		t.Fatal(err)
	}
	if u := d.named(t, "august.csv"); u.State != "accepted" || u.Rows != 1 {
		t.Fatalf("%+v", u)
	}
	return "an object under the partner's prefix is accepted; one under the office's is refused"
}

// named waits until an upload with this file name is processed.
func (d *driver) named(t *testing.T, filename string) (found uploaded) {
	t.Helper()
	token := d.coordinator(t)
	id := ""
	d.eventually(t, "the file to arrive", func() bool {
		var all struct{ Items []uploaded }
		d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/uploads?limit=200", token, nil, &all)
		for _, u := range all.Items {
			if u.Filename == filename {
				id = u.ID
			}
		}
		return id != ""
	})
	return d.became(t, token, id)
}

// badCells checks that a rejected file has an error for each bad cell.
func (d *driver) badCells(t *testing.T) string {
	token := d.partner(t)
	id := d.sent(t, token, "bad.csv", header+"2024-13-01,radio,A,B,1\n2024-07-02,carrier pigeon,A,B,-1\n2024-07-03,radio,C,D,7\n")
	u := d.became(t, token, id)
	var cells []string
	for _, e := range u.Errors {
		cells = append(cells, fmt.Sprintf("%d %s %s", e.Row, e.Column, e.Code))
	}
	want := []string{"2 date not_a_date", "3 medium not_in_list", "3 reach out_of_range"}
	if u.State != "rejected" || !slices.Equal(cells, want) {
		t.Fatalf("%s: %q, want %q", u.State, cells, want)
	}
	file := d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/uploads/"+id+"/errors.csv", token, nil, nil)
	if rows, err := csv.NewReader(bytes.NewReader(file.body)).ReadAll(); err != nil || len(rows) != len(want)+1 {
		t.Errorf("errors.csv: %d rows, %v", len(rows), err)
	}
	return fmt.Sprintf("rejected, with all %d bad cells, as JSON and as CSV", len(want))
}

// compiled compiles the events' project as of a day and returns the hash.
func (d *driver) compiled(t *testing.T, asOf string) (id, hash string) {
	t.Helper()
	got := d.do(t, http.MethodPost, "/"+project+"/snapshots", d.coordinator(t), map[string]string{"as_of": asOf})
	var made struct{ ID, Hash string }
	if err := json.Unmarshal(got.body, &made); err != nil || made.Hash == "" {
		t.Fatalf("%d: %v: %.300s", got.status, err, got.body)
	}
	return made.ID, made.Hash
}

// deliver sends the queue the event that S3 sends when an object arrives.
func (d *driver) deliver(t *testing.T, key string) {
	t.Helper()
	event := map[string]any{"Records": []any{map[string]any{
		"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": "2026-05-04T08:15:30.000Z",
		"s3": map[string]any{"bucket": map[string]string{"name": d.resources["Bucket"]}, "object": map[string]any{"key": strings.ReplaceAll(url.PathEscape(key), "%2F", "/")}},
	}}}
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	d.queue(t, "SendMessage", "Uploads", map[string]any{"MessageBody": string(text)}, nil)
}

func (d *driver) deliveredTwice(t *testing.T) string {
	_, before := d.compiled(t, "2024-12-31")
	began := d.started(t, "IngestUpload")
	d.deliver(t, "uploads/"+project+"/town-radio/august.csv")
	d.eventually(t, "the second delivery", func() bool { return d.started(t, "IngestUpload") > began && d.waiting(t, "Uploads") == "0+0" })
	if _, after := d.compiled(t, "2024-12-31"); after != before {
		t.Errorf("%s, then %s", before, after)
	}
	var all struct{ Items []uploaded }
	d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/uploads?limit=200", d.coordinator(t), nil, &all)
	if n := len(slices.DeleteFunc(all.Items, func(u uploaded) bool { return u.Filename != "august.csv" })); n != 1 {
		t.Errorf("%d uploads of one object", n)
	}
	return "one upload, and the same hash: " + before
}

// started returns the number of a function's invocations in its log.
func (d *driver) started(t *testing.T, function string) int {
	t.Helper()
	n := 0
	for _, line := range d.logged(t, function) {
		if strings.HasPrefix(line, "START RequestId: ") {
			n++
		}
	}
	return n
}

// poison is a file for a project that does not exist. During this test a message is redelivered after a second, not
// after an hour.
func (d *driver) poison(t *testing.T) string {
	var before struct{ Attributes map[string]string }
	d.queue(t, "GetQueueAttributes", "Uploads", map[string]any{"AttributeNames": []string{"All"}}, &before)
	visible := func(seconds string) {
		d.queue(t, "SetQueueAttributes", "Uploads", map[string]any{"Attributes": map[string]string{"VisibilityTimeout": seconds}}, nil)
	}
	visible("1")
	defer visible(before.Attributes["VisibilityTimeout"])
	const key, named = "uploads/no-such-project/town-radio/jan.kowalski.csv", "jan.kowalski"
	if _, err := d.files().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(d.resources["Bucket"]), Key: aws.String(key), Body: strings.NewReader(header)}); err != nil {
		t.Fatal(err)
	}
	var dead struct {
		Messages []struct {
			MessageID string `json:"MessageId"`
			Body      string
		}
	}
	d.eventually(t, "the message among the dead letters", func() bool {
		d.queue(t, "ReceiveMessage", "DeadLetters", map[string]any{"VisibilityTimeout": 0}, &dead)
		return len(dead.Messages) > 0
	})
	if len(dead.Messages) != 1 || !strings.Contains(dead.Messages[0].Body, "no-such-project") {
		t.Fatalf("%+v", dead)
	}
	reasons := map[string]int{}
	for _, line := range d.logged(t, "IngestUpload") {
		if strings.Contains(line, named) {
			t.Errorf("the log holds the file's name: %s", line)
		}
		var entry struct{ Msg, Message, Reason string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Message == dead.Messages[0].MessageID {
			reasons[entry.Reason]++
		}
	}
	deliveries := 0
	for _, n := range reasons {
		deliveries += n
	}
	if len(reasons) != 1 || deliveries != 5 {
		t.Fatalf("%d deliveries failed for these reasons: %v", deliveries, reasons)
	}
	for reason := range reasons {
		return fmt.Sprintf("5 deliveries (a second apart for the test, not an hour), then the dead-letter queue; the log says %q and no file's name", reason)
	}
	return ""
}

// schedule sends the event of the Scheduler, which itself waits until two in the morning, and
// compares the Scheduler's settings.
func (d *driver) schedule(t *testing.T) string {
	declared := schedules(t)
	for name, want := range declared {
		var deployed struct {
			ScheduleExpression, State string
			Target                    struct {
				Arn, RoleArn     string
				DeadLetterConfig struct{ Arn string }
				RetryPolicy      retries
			}
		}
		if err := d.ask(t.Context(), http.MethodGet, "scheduler", "/schedules/"+stackName+"-"+name, nil, &deployed); err != nil {
			t.Fatal(err)
		}
		target := deployed.Target
		if deployed.ScheduleExpression != want.Expression || deployed.State != "ENABLED" || target.Arn != d.functions["CompileSnapshot"].ARN || target.RoleArn == "" ||
			target.RetryPolicy != want.Retries || want.Retries.Attempts == 0 || !strings.Contains(target.DeadLetterConfig.Arn, "Missed") {
			t.Errorf("%s: %+v, want %+v", name, deployed, want)
		}
	}
	if got, err := d.invokeDeployed(t.Context(), "CompileSnapshot", d.event(t, "compile-snapshot/schedule")); err != nil || string(got) != "null" {
		t.Fatalf("%s, %v", got, err)
	}
	day := yesterday(t)
	for _, id := range []string{project, replay.Project} {
		var results struct{ Checked string }
		d.eventually(t, id+" to be looked at until yesterday", func() bool { // its message is in the queue
			d.must(t, http.StatusOK, http.MethodGet, "/"+id, d.as(t, "both@example.org", project+":coordinator", "ces:coordinator"), nil, &results)
			return results.Checked == day
		})
	}
	return fmt.Sprintf("%d schedules' time, target, retries and dead-letter queue; fired: each project is looked at until yesterday", len(declared))
}

// report ends a project, whose last report is sent to the office for approval, and to the funder. No one signs in
// through pages here, so both are one person, known from their token.
func (d *driver) report(t *testing.T) string {
	const email = "start@example.org"
	day := yesterday(t)
	d.define(t, "over", "2035-12-31", day)
	token := d.as(t, email, "admin", "over:coordinator", "over:funder")
	d.must(t, http.StatusCreated, http.MethodPost, "/over/snapshots", token, map[string]string{"as_of": "2024-06-30"}, nil)
	for range 2 {
		if got, err := d.invokeDeployed(t.Context(), "CompileSnapshot", d.event(t, "compile-snapshot/schedule")); err != nil || string(got) != "null" {
			t.Fatalf("%s, %v", got, err)
		}
	}
	to := regexp.MustCompile(`/over/snapshots/\w+`).FindString(d.letter(t, email, "Report to approve"))
	if to == "" {
		t.Fatal("the letter leads to no snapshot")
	}
	d.must(t, http.StatusOK, http.MethodPost, to+"/approval", token, map[string]string{"decision": "approve"}, nil)
	if text := d.letter(t, email, "Report as of"); !strings.Contains(text, d.base+to) {
		t.Errorf("the funder's letter does not lead to %s: %s", to, text)
	}
	return "a project's last day, compiled by the schedule; the letters to the office, and after its approval to the funder"
}

// yesterday returns the day before in the projects' time zone, which the schedule compiles.
func yesterday(t *testing.T) string {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	return time.Now().In(zone).AddDate(0, 0, -1).Format(time.DateOnly)
}

// scheduled is a schedule of the template.
type scheduled struct {
	Name       string  `yaml:"Name"`
	Expression string  `yaml:"ScheduleExpression"`
	Retries    retries `yaml:"RetryPolicy"`
}

type retries struct {
	Attempts int `yaml:"MaximumRetryAttempts" json:"MaximumRetryAttempts"`
	Age      int `yaml:"MaximumEventAgeInSeconds" json:"MaximumEventAgeInSeconds"`
}

// schedules returns the schedules of the template, by the end of their names.
func schedules(t *testing.T) map[string]scheduled {
	t.Helper()
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources struct {
			CompileSnapshot struct {
				Properties struct {
					Events map[string]struct {
						Type       string    `yaml:"Type"`
						Properties scheduled `yaml:"Properties"`
					} `yaml:"Events"`
				} `yaml:"Properties"`
			} `yaml:"CompileSnapshot"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	found := map[string]scheduled{}
	for _, e := range template.Resources.CompileSnapshot.Properties.Events {
		if e.Type == "ScheduleV2" {
			found[strings.TrimPrefix(e.Properties.Name, "${AWS::StackName}-")] = e.Properties
		}
	}
	if len(found) == 0 {
		t.Fatal("the template has no schedule")
	}
	return found
}

// office merges two people, corrects and erases the person: with texts, a sign-up and a checkpoint
// that must be removed, too. It reads the list of open work, and the audit trail.
func (d *driver) office(t *testing.T) string {
	token := d.coordinator(t)
	people := "/" + project + "/people"
	d.must(t, http.StatusCreated, http.MethodPost, "/"+project+"/signups", token, map[string]any{
		"activity": "garden", "first_name": "Kornelia", "last_name": "Lis", "email": "k.lis@example.org", "consent_processing": true,
	}, nil)
	d.must(t, http.StatusCreated, http.MethodPost, "/"+project+"/consultations", token, map[string]any{
		"person": map[string]string{"email": "k.lis@example.org"}, "date": "2024-06-04", "field": "law", "minutes": 20, "form": "phone", "topic": "Statute", "notes": "Wants to found one",
	}, nil)
	file := d.sent(t, token, "lis.csv", "email,date,field,minutes,form\nk.lis@example.org,2024-06-05,law,25,phone\n")
	if u := d.became(t, token, file); u.State != "accepted" {
		t.Fatalf("%+v", u)
	}
	var found struct{ Items []struct{ ID string } }
	d.must(t, http.StatusOK, http.MethodGet, people+"?q=lis", token, nil, &found)
	duplicates := d.must(t, http.StatusOK, http.MethodGet, people+"/duplicates", token, nil, nil)
	if len(found.Items) != 2 || !bytes.Contains(duplicates.body, []byte(found.Items[0].ID)) || !bytes.Contains(duplicates.body, []byte(found.Items[1].ID)) {
		t.Fatalf("%+v, %s", found, duplicates.body)
	}
	one, other := found.Items[0].ID, found.Items[1].ID
	d.must(t, http.StatusOK, http.MethodPost, people+"/"+one+"/apart", token, map[string]string{"from": other}, nil)
	if left := d.must(t, http.StatusOK, http.MethodGet, people+"/duplicates", token, nil, nil); bytes.Contains(left.body, []byte(one)) {
		t.Errorf("told apart, and asked about again: %s", left.body)
	}
	d.must(t, http.StatusOK, http.MethodPost, people+"/"+one+"/merge", token, map[string]string{"into": other}, nil)
	all := d.must(t, http.StatusOK, http.MethodGet, people+"/"+other+".json", token, nil, nil)
	if !bytes.Contains(all.body, []byte("k.lis@example.org")) || !bytes.Contains(all.body, []byte("kornelia.lis@example.org")) || !bytes.Contains(all.body, []byte("Wants to found one")) {
		t.Errorf("what is held on her: %s", all.body)
	}
	d.must(t, http.StatusOK, http.MethodPut, people+"/"+other, token, map[string]string{"first_name": "Kornelia", "last_name": "Lis", "email": "corrected.lis@example.org"}, nil)
	d.compiled(t, "2024-12-31")
	d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/attention", token, nil, nil)
	if preview := d.must(t, http.StatusOK, http.MethodGet, people+"/"+other+"/erasure", token, nil, nil); !bytes.Contains(preview.body, []byte(`"texts":2`)) {
		t.Errorf("what would be erased: %s", preview.body)
	}
	d.must(t, http.StatusOK, http.MethodDelete, people+"/"+other, token, nil, nil)
	if left := d.versions(t, "uploads/"+project+"/coordinator/"+file+"/"); left != 0 {
		t.Errorf("of a file in which she stood %d versions are left", left)
	}
	d.must(t, http.StatusGone, http.MethodGet, "/"+project+"/uploads/"+file+"/original", token, nil, nil)
	id, _ := d.compiled(t, "2024-12-31")
	d.must(t, http.StatusOK, http.MethodPost, "/"+project+"/snapshots/"+id+"/approval", token, map[string]string{"decision": "reject", "note": "Not yet."}, nil)
	// The snapshot that TestContainers continues from is approved.
	id, _ = d.compiled(t, yesterday(t))
	d.must(t, http.StatusOK, http.MethodPost, "/"+project+"/snapshots/"+id+"/approval", token, map[string]string{"decision": "approve"}, nil)
	for _, address := range []string{people + "?q=lis", "/" + project + "/signups", "/" + project + "/signups.csv", "/" + project + "/consultations"} {
		if got := d.must(t, http.StatusOK, http.MethodGet, address, token, nil, nil); bytes.Contains(bytes.ToLower(got.body), []byte("lis@example.org")) {
			t.Errorf("who was erased stands in %s", address)
		}
	}
	if list := d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/signups.xlsx", token, nil, nil); !bytes.HasPrefix(list.body, []byte("PK")) {
		t.Errorf("signups.xlsx: %.40q", list.body)
	}
	trail := d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/audit?limit=200&lang=en", token, nil, nil)
	for _, words := range []string{"merged two records", "corrected a person", "erased a person", "approved a snapshot", "sent a file that was accepted"} {
		if !bytes.Contains(trail.body, []byte(words)) {
			t.Errorf("the trail does not say %q", words)
		}
	}
	if versions := d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/definition/versions", token, nil, nil); !bytes.Contains(versions.body, []byte(`"version":1`)) {
		t.Errorf("the definition's versions: %s", versions.body)
	}
	return "two of one name are made one, with all that was said of them, and corrected; erased: no list holds her any more, and no version of her file; the trail tells it all"
}

// versions counts the bucket's versions below a prefix, delete markers included.
func (d *driver) versions(t *testing.T, prefix string) int {
	t.Helper()
	files := s3.New(s3.Options{Region: region, BaseEndpoint: &d.endpoint, UsePathStyle: true, Credentials: testCredentials})
	out, err := files.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String(d.resources["Bucket"]), Prefix: &prefix})
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Versions) + len(out.DeleteMarkers)
}

// keptNoLonger checks that the schedule purges a project that ended long ago.
func (d *driver) keptNoLonger(t *testing.T) string {
	token := d.define(t, "bygone", append(withPhotos, "to: 2035-12-31", "to: 2024-12-31", "target_group: 40", "target_group: 40\nretention: {people: 12, texts: 3, originals: 12}")...)
	d.must(t, http.StatusCreated, http.MethodPost, "/bygone/consultations", token, map[string]any{
		"person": map[string]string{"email": "dawna@example.org"}, "date": "2024-06-04", "field": "law", "minutes": 20, "form": "phone", "topic": "Statute",
		"agreement": d.attached(t, token, "bygone"),
	}, nil)
	content := header + "2024-07-01,radio,Evening talk,Radio Miejskie,4000\n"
	var to place
	d.must(t, http.StatusCreated, http.MethodPost, "/bygone/uploads", token, map[string]any{"filename": "july.csv", "size": len(content)}, &to)
	if status := d.putAt(t, to, content); status != http.StatusOK {
		t.Fatalf("the place answers %d", status)
	}
	var u struct {
		State   string
		Removed string `json:"original_removed_at"`
	}
	d.eventually(t, "a file to be taken in", func() bool {
		d.must(t, http.StatusOK, http.MethodGet, "/bygone/uploads/"+to.ID, token, nil, &u)
		return u.State == "accepted"
	})
	var snapshot struct{ ID string }
	d.must(t, http.StatusCreated, http.MethodPost, "/bygone/snapshots", token, map[string]string{"as_of": "2024-12-31"}, &snapshot)
	// An answer that is too long for the API lies in the bucket for a day.
	if _, err := d.files().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(d.resources["Bucket"]), Key: aws.String("answers/bygone/1"), Body: strings.NewReader("{}")}); err != nil {
		t.Fatal(err)
	}
	if got, err := d.invokeDeployed(t.Context(), "CompileSnapshot", d.event(t, "compile-snapshot/schedule")); err != nil || string(got) != "null" {
		t.Fatalf("%s, %v", got, err)
	}
	var found struct{ Items []struct{ ID string } }
	d.eventually(t, "people to be kept no longer", func() bool {
		d.must(t, http.StatusOK, http.MethodGet, "/bygone/people?q=dawna@example.org", token, nil, &found)
		return len(found.Items) == 0
	})
	if left := d.versions(t, "uploads/bygone/") + d.versions(t, "answers/bygone/") + d.versions(t, "attachments/bygone/"); left != 0 {
		t.Errorf("of the files, photos and answers %d versions are left", left)
	}
	if d.must(t, http.StatusOK, http.MethodGet, "/bygone/uploads/"+to.ID, token, nil, &u); u.State != "accepted" || u.Removed == "" {
		t.Errorf("the file: %+v", u)
	}
	var verified struct {
		Same   bool
		Purges []struct{ Class string }
	}
	d.must(t, http.StatusOK, http.MethodPost, "/bygone/snapshots/"+snapshot.ID+"/verification", token, nil, &verified)
	if !verified.Same || len(verified.Purges) != 3 { // no figure of it asks for an attribute
		t.Errorf("verified: %+v", verified)
	}
	return "the schedule erases the person, the texts and every version of the file and the photo of a project that is over; what counts goes on counting, and the verification names what is gone"
}

// signingOut ends the sessions of a person. The emulator has no sign-in pages, so the test seals their cookie.
func (d *driver) signingOut(t *testing.T) string {
	var kept struct{ SecretString string }
	if err := d.order(t.Context(), "secretsmanager", "secretsmanager.GetSecretValue", map[string]string{"SecretId": d.resources["Secret"]}, &kept); err != nil {
		t.Fatal(err)
	}
	var secret struct{ Key string }
	if err := json.Unmarshal([]byte(kept.SecretString), &secret); err != nil {
		t.Fatal(err)
	}
	raw, err := hex.DecodeString(secret.Key)
	if err != nil {
		t.Fatal(err)
	}
	sealed := func(subject string) string {
		key, err := hkdf.Key(sha256.New, raw, nil, "cookie session", 32)
		if err != nil {
			t.Fatal(err)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		seal, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			t.Fatal(err)
		}
		content := fmt.Sprintf(`{"s":%q,"g":[%q],"b":%d,"u":%d}`, subject, project+":coordinator", time.Now().UnixNano(), time.Now().Add(time.Hour).Unix())
		return base64.RawURLEncoding.EncodeToString(seal.Seal(nil, nil, []byte(content), nil))
	}
	with := func(method, path, session string) int {
		r, err := http.NewRequestWithContext(t.Context(), method, d.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "application/json")
		r.AddCookie(&http.Cookie{Name: "session", Value: session})
		response, err := d.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	desk, phone, stranger := sealed("somebody"), sealed("somebody"), sealed("somebody else")
	for _, session := range []string{desk, phone, stranger} {
		if status := with(http.MethodGet, "/"+project+"/people", session); status != http.StatusOK {
			t.Fatalf("a session: %d", status)
		}
	}
	if status := with(http.MethodPost, "/auth/sign-out", desk); status != http.StatusSeeOther {
		t.Fatalf("signing out: %d", status)
	}
	addresses := []string{"/people", "/uploads", "/consultations", "/definition", "/snapshots"}
	for _, address := range addresses {
		for _, session := range []string{desk, phone} {
			if status := with(http.MethodGet, "/"+project+address, session); status != http.StatusUnauthorized {
				t.Errorf("%s after signing out: %d", address, status)
			}
		}
	}
	if status := with(http.MethodGet, "/"+project+"/people", stranger); status != http.StatusOK {
		t.Errorf("another's session: %d", status)
	}
	return fmt.Sprintf("a sign-out ends two sessions of one person at %d functions' addresses, and no one else's", len(addresses))
}

// define sets a definition like that of the events for another project.
func (d *driver) define(t *testing.T, id string, changes ...string) (token string) {
	t.Helper()
	text, err := os.ReadFile("../../events/define-project/set-definition.json")
	if err != nil {
		t.Fatal(err)
	}
	var event struct{ Body string }
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatal(err)
	}
	definition := strings.NewReplacer(append([]string{"id: " + project, "id: " + id}, changes...)...).Replace(event.Body)
	token = d.as(t, "start@example.org", "admin", id+":coordinator")
	if got := d.do(t, http.MethodPut, "/"+id+"/definition", token, definitionText(definition)); got.status >= 300 {
		t.Fatalf("%s: %d: %s", id, got.status, got.body)
	}
	return token
}

// waitingList checks that a new definition with more places promotes a waiting person, who gets a letter.
func (d *driver) waitingList(t *testing.T) string {
	const garden = "{id: garden, kind: training, "
	token := d.define(t, "library", garden, garden+"capacity: 1, ")
	for _, email := range []string{"first@example.org", "second@example.org"} {
		d.must(t, http.StatusCreated, http.MethodPost, "/library/signups", "", map[string]any{
			"activity": "garden", "first_name": "Ewa", "last_name": "Maj", "email": email, "consent_processing": true, "locale": "en",
		}, nil)
	}
	d.letter(t, "second@example.org", "You are on the waiting list")
	d.define(t, "library", garden, garden+"capacity: 2, ")
	d.letter(t, "second@example.org", "A place has become free")
	var list struct{ Items []struct{ State string } }
	d.must(t, http.StatusOK, http.MethodGet, "/library/signups", token, nil, &list)
	if len(list.Items) != 2 || list.Items[0].State != "accepted" || list.Items[1].State != "accepted" {
		t.Errorf("%+v", list)
	}
	return "the second of one place waits; when the definition has two, she has one, and the letter says so"
}

// signupsFile signs people up by a file of the office, and withdraws it.
func (d *driver) signupsFile(t *testing.T) string {
	const rows = 20
	token := d.coordinator(t)
	content := "activity,first_name,last_name,email,consent_processing,submitted_at\n"
	for i := range rows {
		content += fmt.Sprintf("garden,Jan,Lipowy %d,lipowy.%d@example.org,yes,2024-03-%02dT10:00:00+01:00\n", i, i, i+1)
	}
	id := d.sent(t, token, "paper.csv", content)
	if u := d.became(t, token, id); u.State != "accepted" || u.New != rows {
		t.Fatalf("%+v", u)
	}
	states := func() map[string]int {
		var list struct {
			Items []struct {
				State  string
				Person struct{ Email string }
			}
		}
		d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/signups?limit=200", token, nil, &list)
		counted := map[string]int{}
		for _, su := range list.Items {
			if strings.HasPrefix(su.Person.Email, "lipowy.") {
				counted[su.State]++
			}
		}
		return counted
	}
	if got := states(); got["accepted"] != rows {
		t.Errorf("%v", got)
	}
	d.must(t, http.StatusOK, http.MethodDelete, "/"+project+"/uploads/"+id, token, nil, nil)
	if got := states(); got["cancelled"] != rows {
		t.Errorf("after withdrawing: %v", got)
	}
	return fmt.Sprintf("%d people signed up by the office's file, and cancelled when it is withdrawn", rows)
}

// longAnswers requests answers that are too long for Lambda from each function that can store them.
func (d *driver) longAnswers(t *testing.T) string {
	lent := func(got answer) int {
		t.Helper()
		if got.status != http.StatusSeeOther {
			t.Fatalf("%d: %.300s", got.status, got.body)
		}
		whole := d.must(t, http.StatusOK, http.MethodGet, got.header.Get("Location"), "", nil, nil)
		if len(whole.body) <= web.MostAnswer {
			t.Errorf("an answer of %d bytes need not be lent", len(whole.body))
		}
		return len(whole.body)
	}
	// A project with the maximum number of indicators, over half a century.
	many := strings.Builder{}
	many.WriteString("indicators:\n")
	for i := range 190 {
		fmt.Fprintf(&many, "  - {code: x%d, unit: piece, target: 1, count: records, of: output, label: {pl: Ulotki %d, en: Leaflets %d}}\n", i, i, i)
	}
	token := d.define(t, "long", "indicators:\n", many.String(), "from: 2024-01-01", "from: 1970-01-01")
	snapshot := lent(d.do(t, http.MethodPost, "/long/snapshots", token, map[string]string{"as_of": "2025-12-31"}))
	shown := lent(d.do(t, http.MethodGet, "/long/snapshots/latest", token, nil))
	empty := d.must(t, http.StatusOK, http.MethodGet, "/long/snapshots/latest/indicators/x1/evidence.csv", token, nil, nil)
	if lines := bytes.Count(empty.body, []byte("\n")); lines != 1 {
		t.Errorf("evidence of nothing has %d lines", lines)
	}
	// A person with very many rows in a file.
	content := strings.Builder{}
	content.WriteString("email,date,field,minutes,form,adviser,topic\n")
	for i := range 4000 {
		fmt.Fprintf(&content, "long.story@example.org,2024-%02d-%02d,law,30,phone,doradca@example.org,%04d %s\n", i%12+1, i%28+1, i, strings.Repeat("€", 290))
	}
	office := d.coordinator(t)
	if u := d.became(t, office, d.sent(t, office, "consultations.csv", content.String())); u.State != "accepted" {
		t.Fatalf("%+v", u)
	}
	var found struct{ Items []struct{ ID string } }
	d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/people?q=long.story@example.org", office, nil, &found)
	story := lent(d.do(t, http.MethodGet, "/"+project+"/people/"+found.Items[0].ID+".json", office, nil))
	return fmt.Sprintf("a snapshot when it is compiled (%d bytes) and when it is read (%d), all of one person (%d): each by a pre-signed address", snapshot, shown, story)
}

// permissionTakenAway removes one action from one role: calls that need it are refused.
func (d *driver) permissionTakenAway(t *testing.T) string {
	const function, action = "SubmitSignup", "dynamodb:UpdateItem"
	sign := func() answer {
		return d.do(t, http.MethodPost, "/"+project+"/signups", "", map[string]any{
			"activity": "garden", "first_name": "Roman", "last_name": "Maj", "email": "roman.maj@example.org", "consent_processing": true,
		})
	}
	kept := d.policies(t, function)
	for name, p := range kept {
		without := p
		without.Statement = slices.Clone(p.Statement)
		for i := range without.Statement {
			without.Statement[i].Action = slices.DeleteFunc(slices.Clone(without.Statement[i].Action), func(a string) bool { return a == action })
		}
		without.Statement = slices.DeleteFunc(without.Statement, func(s rule) bool { return len(s.Action) == 0 })
		d.putPolicy(t, function, name, without)
	}
	refused := sign()
	for name, p := range kept {
		d.putPolicy(t, function, name, p)
	}
	if refused.status != http.StatusInternalServerError || bytes.Contains(refused.body, []byte("dynamodb")) {
		t.Errorf("without %s: %d: %s", action, refused.status, refused.body)
	}
	if list := d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/signups", d.coordinator(t), nil, nil); bytes.Contains(list.body, []byte("roman.maj")) {
		t.Error("what was refused was taken")
	}
	if taken := sign(); taken.status != http.StatusCreated {
		t.Errorf("with it again: %d: %s", taken.status, taken.body)
	}
	return fmt.Sprintf("%s without %s answers 500 to a sign-up and takes nothing; 201 when it has it again", function, action)
}

// anotherAddress checks what the deployment with another Email has left.
func (d *driver) anotherAddress(t *testing.T) string {
	for _, address := range []string{"office@example.org", "second@example.org"} {
		if err := d.ask(t.Context(), http.MethodGet, "ses", "/v2/email/identities/"+url.PathEscape(address), nil, nil); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	return "the mail identities of the address before and of the one after are both there"
}

// sandbox checks that a letter that SES refuses, because its recipient is not verified, is shown to the office and sent
// later.
func (d *driver) sandbox(t *testing.T) string {
	const email = "unverified@example.org"
	production := func(enabled bool) {
		t.Helper()
		in := map[string]any{"MailType": "TRANSACTIONAL", "WebsiteURL": "https://example.org", "ProductionAccessEnabled": enabled}
		if err := d.ask(t.Context(), http.MethodPost, "ses", "/v2/email/account/details", in, nil); err != nil {
			t.Fatal(err)
		}
	}
	token := d.coordinator(t)
	waiting := func() (n int) {
		t.Helper()
		var list struct {
			Items []struct {
				What  string
				Count int
			}
		}
		d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/attention", token, nil, &list)
		for _, task := range list.Items {
			if task.What == "postponed_letters" {
				n += task.Count
			}
		}
		return n
	}
	retry := func() {
		t.Helper()
		if got, err := d.invokeDeployed(t.Context(), "SendNotices", read(t, "send-notices/postponed")); err != nil || string(got) != "null" {
			t.Fatalf("%s, %v", got, err)
		}
	}
	production(false)
	defer production(true)
	d.must(t, http.StatusCreated, http.MethodPost, "/"+project+"/signups", "", map[string]any{
		"activity": "garden", "first_name": "Ula", "last_name": "Brzoza", "email": email, "consent_processing": true, "locale": "en",
	}, nil)
	d.eventually(t, "the letter to be postponed", func() bool { return waiting() > 0 })
	before := waiting()
	retry()
	if after := waiting(); after != before {
		t.Errorf("%d letters wait, after another refusal %d", before, after)
	}
	production(true)
	retry()
	d.letter(t, email, "We have received your sign-up")
	if after := waiting(); after != 0 {
		t.Errorf("%d letters still wait", after)
	}
	return fmt.Sprintf("%d refused, shown among the office's tasks, refused again, and sent when the account was out of the sandbox", before)
}

// programToken signs a program in with the documented command, which answers for the second factor.
func (d *driver) programToken(t *testing.T) string {
	const email = "program@example.org"
	d.as(t, email, project+":coordinator")
	folder := t.TempDir()
	files := map[string]string{"password": password, "seed": d.pool.seeds[email]}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.CommandContext(t.Context(), "tracker", "token", "-pool", d.pool.id, "-client", d.pool.client, "-user", email,
		"-password-file", filepath.Join(folder, "password"), "-seed-file", filepath.Join(folder, "seed"))
	c.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+d.endpoint)
	said, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	d.must(t, http.StatusOK, http.MethodGet, "/"+project+"/people", strings.TrimSpace(string(said)), nil, nil)
	return "tracker token answers the demand for a second factor, and the token reads the people"
}
