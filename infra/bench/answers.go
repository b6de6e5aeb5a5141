package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"outreach/internal/snapshot"
	"outreach/internal/snapshots/compile"
	"outreach/internal/store"
)

//go:embed answers.sql
var answersSQL string

//go:embed answers.py
var answersProgram string

// prepareAnswers makes the pair that is compared: the project's data in dir, with a first snapshot and its checkpoint,
// and a copy of the checkpoint for DuckDB, whose path it returns. The project has so many thousand records: airings, a
// tenth of them corrected by a later file, a withdrawn file, and people's sign-ups and attendance. Everything came
// through ingest-upload.
func prepareAnswers(ctx context.Context, dir string, thousand int) (checkpoint string, err error) {
	b, err := openBench(ctx, dir)
	if err != nil {
		return "", err
	}
	defer b.close()
	type file struct {
		key, content string
		rows         int
	}
	var files []file
	airings, people := thousand*800, thousand*10
	const most = 200_000 // rows of a file
	for first := 0; first < airings; first += most {
		rows := min(most, airings-first)
		files = append(files, file{fmt.Sprintf("radio/media-%d.csv", first), mediaFile(rows, first, 0), rows})
	}
	corrected := airings / 8
	files = append(files,
		file{"radio/corrected.csv", mediaFile(corrected, 0, 5), corrected}, file{"radio/withdrawn.csv", mediaFile(1000, 0, 9), 1000},
		file{"coordinator/signups.csv", signupFile(people), people}, file{"coordinator/attendance.csv", attendanceFile(people), 9 * people},
	)
	for _, f := range files {
		key := "uploads/town/" + f.key
		if err := b.DB.Objects.Put(ctx, key, strings.NewReader(f.content), ""); err != nil {
			return "", err
		}
		if err := b.ingest(ctx, key, f.rows); err != nil {
			return "", err
		}
	}
	page, err := b.Uploads.Uploads(ctx, "town", "radio", 100, "")
	if err != nil {
		return "", err
	}
	defined, err := b.Projects.Definition(ctx, "town")
	if err != nil {
		return "", err
	}
	for _, u := range page.Items {
		if u.Filename == "withdrawn.csv" {
			if _, err := b.Uploads.WithdrawUpload(ctx, u.ID, "", defined); err != nil {
				return "", err
			}
		}
	}
	if _, _, err := compile.New(b.App).Compile(ctx, "town", compiled.Format(time.DateOnly), "", store.Once{}); err != nil {
		return "", err
	}
	checkpoint = filepath.Join(dir, "checkpoint.parquet")
	last, found, err := b.Snapshots.LastCheckpoint(ctx, "town")
	if err != nil || !found {
		return "", errors.Join(err, errors.New("no checkpoint"))
	}
	body, _, err := b.DB.Objects.Open(ctx, last.Object, "")
	if err != nil {
		return "", err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return "", err
	}
	return checkpoint, os.WriteFile(checkpoint, data, 0o600)
}

var (
	// compiled is the day of the first snapshot and its checkpoint, after all records.
	compiled = time.Date(2011, 3, 1, 0, 0, 0, 0, time.UTC)
	// nextDays are the days of compiles that continue the checkpoint.
	nextDays = compiled.AddDate(0, 0, 1)
	// earlierDays are those of compiles that cannot, because some records do not count yet on that day.
	earlierDays = compiled.AddDate(0, -2, 0)
)

// measureCompile is a child process: it compiles a day from the last checkpoint, and stores snapshot and evidence.
func measureCompile(args []string) (cost, error) {
	ctx := context.Background()
	b, err := openBench(ctx, args[0])
	if err != nil {
		return cost{}, err
	}
	defer b.close()
	var snap snapshot.Snapshot
	c, err := measured(func() error {
		kept, made, err := compile.New(b.App).Compile(ctx, "town", args[1], "", store.Once{})
		if err == nil && !made {
			err = errors.New("there was a snapshot of the day")
		}
		if err != nil {
			return err
		}
		snap, err = b.Snapshots.Snapshot(ctx, kept)
		return err
	})
	c.Figures = figuresOf(snap)
	return c, err
}

// figuresOf returns the figures of a snapshot that answers.sql has too, by name, without those that are 0.
func figuresOf(s snapshot.Snapshot) map[string]float64 {
	out := map[string]float64{}
	set := func(value float64, name ...string) {
		if value != 0 {
			out[strings.Join(name, "|")] = value
		}
	}
	number := func(n json.Number) float64 {
		value, _ := n.Float64() // it is a number of a snapshot
		return value
	}
	breakdowns := func(line string, by snapshot.Breakdowns) {
		for what, parts := range by {
			for _, p := range parts {
				set(float64(p.People), line, what, p.Code)
			}
		}
	}
	set(float64(s.Participants.Total), "participants", "total", "")
	breakdowns("participants", s.Participants.By)
	for _, in := range s.Indicators {
		set(number(in.Achieved), in.Code, "achieved", "")
		set(float64(in.Records), in.Code, "records", "")
		breakdowns(in.Code, in.By)
		for _, m := range in.ByMonth {
			set(number(m.Added), in.Code, "month", m.Month)
		}
	}
	set(float64(s.Reach.Sum), "reach", "sum", "")
	set(float64(s.Reach.Low), "reach", "low", "")
	set(float64(s.Reach.Airings), "reach", "airings", "")
	set(float64(s.Quality.PeopleWithoutAttributes), "quality", "people_without_attributes", "")
	set(float64(s.Quality.RecordsOutsidePeriod), "quality", "records_outside_period", "")
	return out
}

// askDuckDB runs answers.sql for a day on a checkpoint, in one thread.
func askDuckDB(python, checkpoint, day string) (cost, error) {
	command := exec.Command(python, "-c", answersProgram, checkpoint, day, "2009-11-01", "2011-12-31")
	command.Stdin = strings.NewReader(answersSQL)
	return spawn(command)
}

// sameFigures returns an error that names what differs.
func sameFigures(ours, theirs map[string]float64) error {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		if ours[name] != theirs[name] {
			wrong = append(wrong, fmt.Sprintf("%s: %v, DuckDB finds %v", name, ours[name], theirs[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		if _, there := ours[name]; !there {
			wrong = append(wrong, fmt.Sprintf("%s: none, DuckDB finds %v", name, theirs[name]))
		}
	}
	if len(wrong) > 0 || len(ours) == 0 {
		return fmt.Errorf("%d of %d figures differ:\n%s", len(wrong), len(ours), strings.Join(wrong, "\n"))
	}
	return nil
}

func signupFile(people int) string {
	var b bytes.Buffer
	b.WriteString("activity,first_name,last_name,email,sex,birth_year,education,labour_status,residence,disability,group,consent_processing,submitted_at\n")
	given := func(i, of int, value string) string {
		if i%of == 0 {
			return ""
		}
		return value
	}
	for i := range people {
		fmt.Fprintf(&b, "hall,Ewa,Nowa%d,ewa%d@example.org,%s,%s,isced-%s,employed,%s,no,%s,yes,%s\n", i, i,
			given(i, 7, []string{"female", "male", "other"}[i%3]), given(i, 11, strconv.Itoa(1940+i%65)), []string{"0-2", "3-4", "5-8"}[i%3],
			[]string{"urban", "rural"}[i%2], given(i, 5, "resident"), time.Date(2009, 11, 2+i%300, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	}
	return b.String()
}

// attendanceFile has nine days of each person; every fiftieth did not sign up.
func attendanceFile(people int) string {
	var b bytes.Buffer
	b.WriteString("email,activity,date,hours,outcome\n")
	for i := range 9 * people {
		person := "ewa" + strconv.Itoa(i/9)
		if i/9%50 == 0 {
			person = "adam" + strconv.Itoa(i/9)
		}
		fmt.Fprintf(&b, "%s@example.org,hall,%s,%d.%d,%s\n", person, time.Date(2009, 11, 20+(i%9)*40+i/9%30, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), 1+i%8, i%4*25, []string{"completed", "withdrew", "attended"}[i%7%3])
	}
	return b.String()
}
