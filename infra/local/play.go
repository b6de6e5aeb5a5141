package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed ces
var model embed.FS // the model project's input

// asOf is the day of the model project's final report.
const asOf = "2011-02-28"

// mediaFiles are the partners' files in the order in which they were sent; one of them has four bad rows and is rejected.
var mediaFiles = []string{
	"tv-partner-2010.csv", "press-partner-2010-h1.csv", "press-partner-2010-h2-with-4-bad-rows.csv", "press-partner-2010-h2.csv",
	"radio-partner-2010.xlsx", "web-partner-2010.csv", "tv-partner-2010-correction.csv", "press-partner-2011.csv",
}

// player sends the model project's input through the same doors as anybody.
type player struct {
	base   string
	client *http.Client
	tokens map[string]string
	model  fs.FS
	st     *stack
}

// play plays the model project in when nothing was kept yet, or when an earlier play was cut off: every request has its
// idempotency key, so that whatever was done before is not done again. Then it prints what came out.
func play(ctx context.Context, st *stack, model fs.FS, base string, out io.Writer) error {
	p := &player{base: base, client: &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, tokens: map[string]string{}, model: model, st: st}
	projects, err := st.store.Projects(ctx)
	if err != nil {
		return err
	}
	marker := filepath.Join(st.settings.data, "playing")
	_, begun := os.Stat(marker)
	if len(projects) == 0 || begun == nil {
		if err := os.WriteFile(marker, nil, 0o600); err != nil {
			return err
		}
		fmt.Fprintln(out, "Playing in the model project: the Centre for the Social Economy in Toruń, 2009–2011 …")
		if err := p.all(ctx); err != nil {
			return err
		}
		if err := os.Remove(marker); err != nil {
			return err
		}
	}
	return p.tell(ctx, out)
}

func (p *player) all(ctx context.Context) error {
	definition, err := fs.ReadFile(p.model, "ces/definition.yaml")
	if err != nil {
		return err
	}
	for id, text := range map[string][]byte{"ces": definition, demoID: demo(time.Now())} {
		if err := p.define(ctx, id, text); err != nil {
			return err
		}
	}
	if err := p.signups(ctx); err != nil {
		return err
	}
	attendance, tests, outputs := p.file("attendance.csv"), p.file("tests.csv"), p.file("outputs.csv")
	for _, upload := range []func(context.Context) error{attendance, tests, p.consultations, outputs} {
		if err := upload(ctx); err != nil {
			return err
		}
	}
	for _, name := range mediaFiles {
		content, err := fs.ReadFile(p.model, "ces/media/"+name)
		if err != nil {
			return err
		}
		partner := strings.Join(strings.SplitN(name, "-", 3)[:2], "-")
		want := "accepted"
		if strings.Contains(name, "bad-rows") {
			want = "rejected"
		}
		if err := p.upload(ctx, partner+"@example.org", "ces:partner:"+partner, name, content, want); err != nil {
			return err
		}
	}
	var compiled struct{ ID, State string }
	if err := p.json(ctx, "POST", "/ces/snapshots", office, "ces:coordinator", map[string]string{"as_of": asOf}, &compiled); err != nil {
		return err
	}
	return p.json(ctx, "POST", "/ces/snapshots/"+compiled.ID+"/approval", office, "ces:coordinator", map[string]string{"decision": "approve"}, nil)
}

const office = "coordinator@example.org"

func (p *player) define(ctx context.Context, id string, text []byte) error {
	token, err := p.token(ctx, office, "admin", id+":coordinator")
	if err != nil {
		return err
	}
	_, err = p.send(ctx, "PUT", "/"+id+"/definition", token, "application/yaml", "", text)
	return err
}

// signups sends every line of the paper list as a form, the lines that stand in it twice too.
func (p *player) signups(ctx context.Context) error {
	rows, err := p.readCSV("ces/signups.csv")
	if err != nil {
		return err
	}
	for i, row := range rows {
		if err := p.form(ctx, "/ces/signups", office, "ces:coordinator", "signup-"+strconv.Itoa(i), row); err != nil {
			return fmt.Errorf("signups.csv, row %d: %w", i+2, err)
		}
	}
	return nil
}

// consultations sends every tenth one by one as its adviser's form, the others as a file.
func (p *player) consultations(ctx context.Context) error {
	text, err := fs.ReadFile(p.model, "ces/consultations.csv")
	if err != nil {
		return err
	}
	rows, err := p.readCSV("ces/consultations.csv")
	if err != nil {
		return err
	}
	lines := strings.SplitAfter(string(text), "\n")
	if len(lines) < len(rows)+1 {
		return errors.New("consultations.csv has a row over several lines")
	}
	file := strings.Builder{}
	file.WriteString(lines[0])
	for i, row := range rows {
		if i%10 != 0 {
			file.WriteString(lines[i+1])
			continue
		}
		adviser := row["adviser"]
		delete(row, "adviser")
		if err := p.form(ctx, "/ces/consultations", adviser, "ces:adviser", "consultation-"+strconv.Itoa(i), row); err != nil {
			return fmt.Errorf("consultations.csv, row %d: %w", i+2, err)
		}
	}
	return p.upload(ctx, office, "ces:coordinator", "consultations.csv", []byte(file.String()), "accepted")
}

func (p *player) file(name string) func(context.Context) error {
	return func(ctx context.Context) error {
		content, err := fs.ReadFile(p.model, "ces/"+name)
		if err != nil {
			return err
		}
		return p.upload(ctx, office, "ces:coordinator", name, content, "accepted")
	}
}

// upload asks for a place, sends the file there, and waits for what becomes of it.
func (p *player) upload(ctx context.Context, email, group, name string, content []byte, want string) error {
	token, err := p.token(ctx, email, group)
	if err != nil {
		return err
	}
	asked, err := json.Marshal(map[string]any{"filename": name, "size": len(content)})
	if err != nil {
		return err
	}
	var place struct {
		ID, Method, URL string
		Headers         map[string]string
	}
	body, err := p.send(ctx, "POST", "/ces/uploads", token, "application/json", "file-"+name, asked)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := json.Unmarshal(body, &place); err != nil {
		return err
	}
	state, err := p.uploadState(ctx, place.ID, token)
	if err != nil {
		return err
	}
	if state == "received" {
		request, err := http.NewRequestWithContext(ctx, place.Method, place.URL, bytes.NewReader(content))
		if err != nil {
			return err
		}
		for header, value := range place.Headers {
			request.Header.Set(header, value)
		}
		response, err := p.client.Do(request)
		if err != nil {
			return err
		}
		response.Body.Close()
		// Refused means that the place was used already: the play was cut off after it.
		if response.StatusCode >= 300 && response.StatusCode != http.StatusForbidden && response.StatusCode != http.StatusPreconditionFailed {
			return fmt.Errorf("%s: sent to its place: %s", name, response.Status)
		}
	}
	for deadline := time.Now().Add(2 * time.Minute); ; {
		if state, err = p.uploadState(ctx, place.ID, token); err != nil {
			return err
		}
		switch {
		case state == want:
			return nil
		case state != "received" && state != "processing" || time.Now().After(deadline):
			return fmt.Errorf("%s is %s, and should be %s", name, state, want)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *player) uploadState(ctx context.Context, id, token string) (string, error) {
	body, err := p.send(ctx, "GET", "/ces/uploads/"+id, token, "", "", nil)
	if err != nil {
		return "", err
	}
	var upload struct{ State string }
	return upload.State, json.Unmarshal(body, &upload)
}

func (p *player) form(ctx context.Context, address, email, group, key string, row map[string]string) error {
	token, err := p.token(ctx, email, group)
	if err != nil {
		return err
	}
	values := url.Values{}
	for name, value := range row {
		values.Set(name, value)
	}
	_, err = p.send(ctx, "POST", address, token, "application/x-www-form-urlencoded", key, []byte(values.Encode()))
	return err
}

func (p *player) json(ctx context.Context, method, address, email, group string, value, into any) error {
	token, err := p.token(ctx, email, group)
	if err != nil {
		return err
	}
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	answer, err := p.send(ctx, method, address, token, "application/json", "", body)
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal(answer, into)
}

func (p *player) token(ctx context.Context, email string, groups ...string) (string, error) {
	id := email + strings.Join(groups, ",")
	if token, ok := p.tokens[id]; ok {
		return token, nil
	}
	asked, err := json.Marshal(map[string]any{"email": email, "groups": groups})
	if err != nil {
		return "", err
	}
	body, err := p.send(ctx, "POST", "/local/token", "", "application/json", "", asked)
	if err != nil {
		return "", err
	}
	var got struct{ Token string }
	err = json.Unmarshal(body, &got)
	p.tokens[id] = got.Token
	return got.Token, err
}

func (p *player) send(ctx context.Context, method, address, token, contentType, key string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, p.base+address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Accept-Language", "en")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", "model-"+key)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %s", method, address, response.Status, answer)
	}
	return answer, err
}

// tell prints planned against achieved, and where to look.
func (p *player) tell(ctx context.Context, out io.Writer) error {
	body, err := p.send(ctx, "GET", "/ces", "", "", "", nil)
	if err != nil {
		return err
	}
	var shown struct {
		Snapshot *struct {
			AsOf         string `json:"as_of"`
			Hash         string
			Participants struct{ Total, Target int64 }
			Indicators   []struct {
				Code, Status              string
				Label                     struct{ EN string }
				Target, Achieved, Percent json.Number
			}
		}
	}
	if err := json.Unmarshal(body, &shown); err != nil {
		return err
	}
	if s := shown.Snapshot; s != nil {
		fmt.Fprintf(out, "\nCentre for the Social Economy, as of %s, %s\n\n", s.AsOf, s.Hash)
		fmt.Fprintf(out, "%4s  %9s  %9s  %8s  %s\n", "", "planned", "achieved", "percent", "result")
		for _, in := range s.Indicators {
			fmt.Fprintf(out, "%4s  %9s  %9s  %7s%%  %s\n", in.Code, in.Target, in.Achieved, in.Percent, in.Label.EN)
		}
		fmt.Fprintf(out, "%4s  %9d  %9d  %8s  participants\n", "", s.Participants.Target, s.Participants.Total, "")
	}
	base := p.st.settings.baseURL
	fmt.Fprintf(out, `
Results          %[1]s/ces
Sign up          %[1]s/%[2]s/signup
Sign in          %[1]s/auth/sign-in   (as coordinator, adviser, funder or partner)
Uploads          %[1]s/ces/uploads
Consultations    %[1]s/ces/consultations
Sent mail        %[1]s/local/mail
Dead letters     %[1]s/local/dead-letters

`, base, demoID)
	return nil
}

func (p *player) readCSV(name string) ([]map[string]string, error) {
	text, err := fs.ReadFile(p.model, name)
	if err != nil {
		return nil, err
	}
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(all) == 0 {
		return nil, fmt.Errorf("%s: %w", path.Base(name), err)
	}
	rows := make([]map[string]string, 0, len(all)-1)
	for _, record := range all[1:] {
		row := map[string]string{}
		for i, value := range record {
			row[all[0][i]] = value
		}
		rows = append(rows, row)
	}
	return rows, nil
}
