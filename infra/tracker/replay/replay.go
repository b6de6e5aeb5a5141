// Package replay sends the model project's input to a tracker through its public API, and reads the results. It works
// with any tracker: it is given an address and a source of tokens, and polls for uploads to be processed.
package replay

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/sethvargo/go-retry"
)

// asOf is the day of the model project's final report.
const asOf = "2011-02-28"

// Project is the model project's id.
const Project = "ces"

// Published are the figures of the model project's final report, by the codes of its indicators.
var Published = map[string]string{"1": "45", "2": "45", "3": "40", "4": "152", "5": "898860", "6": "45", "7": "45", "8": "3", "9": "3", "10": "41", "11": "98", "participants": "252"}

// mediaFiles are the partners' files in the order of sending; one of them has four bad rows and must be rejected.
var mediaFiles = []string{
	"tv-partner-2010.csv", "press-partner-2010-h1.csv", "press-partner-2010-h2-with-4-bad-rows.csv", "press-partner-2010-h2.csv",
	"radio-partner-2010.xlsx", "web-partner-2010.csv", "tv-partner-2010-correction.csv", "press-partner-2011.csv",
}

// Player sends the model project's input. Every request has an idempotency key, so a replay that was interrupted can be
// repeated.
type Player struct {
	Base   string // the tracker's address
	Client *http.Client
	Model  fs.FS // contains the folder ces
	Token  func(ctx context.Context, email string, groups ...string) (string, error)
}

// Play sends everything, from the definition to the approval of the final snapshot.
func (p *Player) Play(ctx context.Context) error {
	definition, err := fs.ReadFile(p.Model, "ces/definition.yaml")
	if err != nil {
		return err
	}
	if err := p.Define(ctx, Project, definition); err != nil {
		return err
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
		content, err := fs.ReadFile(p.Model, "ces/media/"+name)
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

// Define sets a project's definition.
func (p *Player) Define(ctx context.Context, id string, text []byte) error {
	token, err := p.Token(ctx, office, "admin", id+":coordinator")
	if err != nil {
		return err
	}
	_, err = p.send(ctx, "PUT", "/"+id+"/definition", token, "application/yaml", "", text)
	return err
}

// signups sends every line of the paper list as a form, including lines that occur twice.
func (p *Player) signups(ctx context.Context) error {
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

// consultations sends every tenth consultation as a form by its adviser, and the others as a file.
func (p *Player) consultations(ctx context.Context) error {
	text, err := fs.ReadFile(p.Model, "ces/consultations.csv")
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

func (p *Player) file(name string) func(context.Context) error {
	return func(ctx context.Context) error {
		content, err := fs.ReadFile(p.Model, "ces/"+name)
		if err != nil {
			return err
		}
		return p.upload(ctx, office, "ces:coordinator", name, content, "accepted")
	}
}

// upload creates an upload, sends its file, and waits until the upload has the wanted state.
func (p *Player) upload(ctx context.Context, email, group, name string, content []byte, want string) error {
	token, err := p.Token(ctx, email, group)
	if err != nil {
		return err
	}
	request, err := json.Marshal(map[string]any{"filename": name, "size": len(content)})
	if err != nil {
		return err
	}
	var place struct {
		ID, Method, URL string
		Headers         map[string]string
	}
	body, err := p.send(ctx, "POST", "/ces/uploads", token, "application/json", "file-"+name, request)
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
		put, err := http.NewRequestWithContext(ctx, place.Method, place.URL, bytes.NewReader(content))
		if err != nil {
			return err
		}
		for header, value := range place.Headers {
			put.Header.Set(header, value)
		}
		response, err := p.Client.Do(put)
		if err != nil {
			return err
		}
		response.Body.Close()
		// A refusal means that the file was sent before the replay was interrupted.
		if response.StatusCode >= 300 && response.StatusCode != http.StatusForbidden && response.StatusCode != http.StatusPreconditionFailed {
			return fmt.Errorf("%s: send the file: %s", name, response.Status)
		}
	}
	pauses := retry.WithCappedDuration(500*time.Millisecond, retry.NewExponential(20*time.Millisecond))
	return retry.Do(ctx, retry.WithMaxDuration(10*time.Minute, pauses), func(ctx context.Context) error {
		state, err := p.uploadState(ctx, place.ID, token)
		switch {
		case err != nil:
			return err
		case state == want:
			return nil
		}
		err = fmt.Errorf("%s is %s, want %s", name, state, want)
		if state == "received" || state == "processing" {
			return retry.RetryableError(err)
		}
		return err
	})
}

func (p *Player) uploadState(ctx context.Context, id, token string) (string, error) {
	body, err := p.send(ctx, "GET", "/ces/uploads/"+id, token, "", "", nil)
	if err != nil {
		return "", err
	}
	var upload struct{ State string }
	return upload.State, json.Unmarshal(body, &upload)
}

func (p *Player) form(ctx context.Context, address, email, group, key string, row map[string]string) error {
	token, err := p.Token(ctx, email, group)
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

func (p *Player) json(ctx context.Context, method, address, email, group string, value, into any) error {
	token, err := p.Token(ctx, email, group)
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

func (p *Player) send(ctx context.Context, method, address, token, contentType, key string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, p.Base+address, bytes.NewReader(body))
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
	response, err := p.Client.Do(request)
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

// Snapshot is the public part of an approved snapshot.
type Snapshot struct {
	ID           string
	AsOf         string `json:"as_of"`
	Hash         string
	Participants struct{ Total, Target int64 }
	Indicators   []struct {
		Code, Status              string
		Label                     struct{ EN string }
		Target, Achieved, Percent json.Number
	}
}

// Shown returns the model project's approved snapshot, nil where there is none.
func (p *Player) Shown(ctx context.Context) (*Snapshot, error) {
	body, err := p.send(ctx, "GET", "/ces", "", "", "", nil)
	if err != nil {
		return nil, err
	}
	var shown struct{ Snapshot *Snapshot }
	return shown.Snapshot, json.Unmarshal(body, &shown)
}

// Print writes a table of planned and achieved values.
func (s *Snapshot) Print(out io.Writer) {
	fmt.Fprintf(out, "\nCentre for the Social Economy, as of %s, %s\n\n", s.AsOf, s.Hash)
	fmt.Fprintf(out, "%4s  %9s  %9s  %8s  %s\n", "", "planned", "achieved", "percent", "result")
	for _, in := range s.Indicators {
		fmt.Fprintf(out, "%4s  %9s  %9s  %7s%%  %s\n", in.Code, in.Target, in.Achieved, in.Percent, in.Label.EN)
	}
	fmt.Fprintf(out, "%4s  %9d  %9d  %8s  participants\n", "", s.Participants.Target, s.Participants.Total, "")
}

func (p *Player) readCSV(name string) ([]map[string]string, error) {
	text, err := fs.ReadFile(p.Model, name)
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
