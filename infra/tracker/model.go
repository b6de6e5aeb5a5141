package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"outreach/infra/tracker/replay"
)

//go:embed ces
var model embed.FS // the model project's input

// loadModel sends the model project's input to a tracker without projects, together with the project for trying the
// forms, and prints the results. After a load that was interrupted it continues. A tracker that has projects is not
// changed.
func loadModel(ctx context.Context, t *tracker, model fs.FS, base string, out io.Writer) error {
	player := newPlayer(base, model)
	projects, err := t.app.Projects.Projects(ctx)
	if err != nil {
		return err
	}
	marker := filepath.Join(t.settings.data, "playing") // exists while the input is being sent
	_, notInterrupted := os.Stat(marker)
	if len(projects) == 0 || notInterrupted == nil {
		if err := os.WriteFile(marker, nil, 0o600); err != nil {
			return err
		}
		fmt.Fprintln(out, "Loading the model project: a centre for the social economy, 2009–2011 …")
		if err := player.Define(ctx, demoID, demo(time.Now())); err != nil {
			return err
		}
		if err := player.Play(ctx); err != nil {
			return err
		}
		if err := os.Remove(marker); err != nil {
			return err
		}
	}
	shown, err := player.Shown(ctx)
	if err != nil {
		return err
	}
	if shown != nil {
		shown.Print(out)
	}
	printAddresses(out, t.settings.baseURL)
	return nil
}

// newPlayer returns a player for the tracker at an address, with tokens from that tracker's own provider.
func newPlayer(base string, model fs.FS) *replay.Player {
	client := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &replay.Player{Base: base, Client: client, Model: model, Token: tokens(client, base)}
}

func replayCommand(flags *flag.FlagSet) func(ctx context.Context, out io.Writer) error {
	to := flags.String("to", "http://localhost:3000", "address of the tracker; it must run without -issuer")
	return func(ctx context.Context, out io.Writer) error {
		player := newPlayer(strings.TrimSuffix(*to, "/"), model)
		if err := player.Play(ctx); err != nil {
			return err
		}
		shown, err := player.Shown(ctx)
		if err != nil || shown == nil {
			return err
		}
		shown.Print(out)
		return nil
	}
}

// tokens returns a function that requests tokens from a tracker without an issuer, each once.
func tokens(client *http.Client, base string) func(context.Context, string, ...string) (string, error) {
	kept := map[string]string{}
	return func(ctx context.Context, email string, groups ...string) (string, error) {
		id := email + strings.Join(groups, ",")
		if token, ok := kept[id]; ok {
			return token, nil
		}
		body, err := json.Marshal(map[string]any{"email": email, "groups": groups})
		if err != nil {
			return "", err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/local/token", bytes.NewReader(body))
		if err != nil {
			return "", err
		}
		response, err := client.Do(request)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return "", fmt.Errorf("request a token: %s", response.Status)
		}
		var got struct{ Token string }
		err = json.NewDecoder(response.Body).Decode(&got)
		kept[id] = got.Token
		return got.Token, err
	}
}

// printAddresses prints the addresses to open first.
func printAddresses(out io.Writer, base string) {
	fmt.Fprintf(out, `
Results          %[1]s/ces
Sign up          %[1]s/%[2]s/signup
Sign in          %[1]s/auth/sign-in   (as coordinator, adviser, funder or partner)
Uploads          %[1]s/ces/uploads
Consultations    %[1]s/ces/consultations
Sent mail        %[1]s/local/mail
Dead letters     %[1]s/local/dead-letters

`, base, demoID)
}
