package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/xuri/excelize/v2"

	"outreach/functions/ingest-upload/ingestupload"
	"outreach/internal/app"
	"outreach/internal/objects/folder"
	"outreach/internal/project/definition"
	"outreach/internal/store"
	"outreach/internal/table/sqlite"
	"outreach/internal/uploads"
)

const town = `id: town
title: {en: Town}
period: {from: 2009-11-01, to: 2011-12-31}
time_zone: Europe/Warsaw
region: {population: 2070000}
goal: {en: Reach people}
partners: [{id: radio, name: Radio}]
activities: [{id: hall, kind: training, label: {en: Hall}}]
groups: [{id: resident, label: {en: Resident}}]
age_bands: ["0-24", "25-44", "45+"]
participants: [{of: signup, where: 'state == "accepted"'}, {of: attendance}]
indicators:
  - {code: "1", unit: person, target: 10000, count: people, of: attendance, where: 'outcome == "completed"', label: {en: People trained}}
  - {code: "2", unit: hour, target: 100000, count: sum, field: hours, of: attendance, label: {en: Hours}}
  - {code: "3", unit: inhabitant, target: 1000000, count: sum, field: reach, of: media, where: 'medium == "radio" || medium == "tv"', label: {en: Reach}}
  - {code: "4", unit: piece, target: 100, count: distinct, field: outlet, of: media, label: {en: Outlets}}
`

// bench is the features on a data folder, as the program for one machine has them: tables in SQLite, objects in files.
type bench struct {
	*app.App
	handler *ingestupload.Handler
	db      *sqlite.DB
}

func openBench(ctx context.Context, dir string) (*bench, error) {
	db, err := sqlite.Open(filepath.Join(dir, "tracker.db"))
	if err != nil {
		return nil, err
	}
	base := &store.DB{Secret: []byte("0123456789abcdef0123456789abcdef"), Now: time.Now}
	if base.Tracker, err = db.Table("tracker"); err != nil {
		return nil, err
	}
	if base.People, err = db.Table("people"); err != nil {
		return nil, err
	}
	if base.Objects, err = folder.Open(filepath.Join(dir, "objects"), "http://localhost", base.Secret); err != nil {
		return nil, err
	}
	b := &bench{App: app.New(base), db: db}
	b.handler = ingestupload.New(b.App, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), nil)
	if _, err := b.Projects.Definition(ctx, "town"); err == nil {
		return b, nil
	}
	d, problems := definition.Parse("", []byte(town))
	if len(problems) > 0 {
		return nil, fmt.Errorf("the definition: %v", problems)
	}
	_, _, err = b.Projects.SetDefinition(ctx, d, []byte(town), "", "")
	return b, err
}

// close closes the tables. Everything was written before.
func (b *bench) close() { _ = b.db.Close() }

// ingest delivers the event of an object to ingest-upload. It fails unless the file is accepted with so many rows.
func (b *bench) ingest(ctx context.Context, key string, rows int) error {
	record := events.S3EventRecord{}
	record.S3.Object.Key = key
	body, err := json.Marshal(events.S3Event{Records: []events.S3EventRecord{record}})
	if err != nil {
		return err
	}
	response, err := b.handler.Handle(ctx, events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: string(body)}}})
	if err != nil || len(response.BatchItemFailures) > 0 {
		return errors.Join(err, fmt.Errorf("%s was not ingested", key))
	}
	owner := strings.Split(key, "/")[2]
	page, err := b.Uploads.Uploads(ctx, "town", owner, 100, "")
	if err != nil {
		return err
	}
	for _, u := range page.Items {
		if u.Object == key && u.State == uploads.Accepted && u.Rows == rows {
			return nil
		}
	}
	return fmt.Errorf("%s is not accepted with %d rows: %+v", key, rows, page.Items)
}

// measureIngest is a child process: it ingests a small file, and then measures a large one.
func measureIngest(args []string) (cost, error) {
	ctx := context.Background()
	file, name, rows := args[0], args[1], args[2]
	n, err := strconv.Atoi(rows)
	if err != nil {
		return cost{}, err
	}
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return cost{}, err
	}
	defer os.RemoveAll(dir)
	b, err := openBench(ctx, dir)
	if err != nil {
		return cost{}, err
	}
	defer b.close()
	if err := b.DB.Objects.Put(ctx, "uploads/town/radio/small.csv", strings.NewReader(mediaFile(1000, 7_000_000, 0)), ""); err != nil {
		return cost{}, err
	}
	if err := b.ingest(ctx, "uploads/town/radio/small.csv", 1000); err != nil {
		return cost{}, err
	}
	large, err := os.Open(file)
	if err != nil {
		return cost{}, err
	}
	defer large.Close()
	key := "uploads/town/radio/" + name
	if err := b.DB.Objects.Put(ctx, key, large, ""); err != nil {
		return cost{}, err
	}
	debug.FreeOSMemory()
	return measured(func() error { return b.ingest(ctx, key, n) })
}

// measureCSV is a child process: it cuts a file into cells.
func measureCSV(args []string) (cost, error) {
	file, err := os.Open(args[0])
	if err != nil {
		return cost{}, err
	}
	defer file.Close()
	return measured(func() error {
		in := csv.NewReader(file)
		in.ReuseRecord = true
		n := 0
		for {
			if _, err := in.Read(); err == io.EOF {
				return readAll(n, args[1])
			} else if err != nil {
				return err
			}
			n++
		}
	})
}

// readAll returns an error unless so many rows and a header were read.
func readAll(n int, rows string) error {
	if want, err := strconv.Atoi(rows); err != nil || n != want+1 {
		return fmt.Errorf("%d rows, want %s and a header", n, rows)
	}
	return nil
}

// measureExcelize is a child process: it reads all cells of a workbook's first sheet, row by row and without applying
// formats, as excelize does it with the least memory and time.
func measureExcelize(args []string) (cost, error) {
	return measured(func() error {
		f, err := excelize.OpenFile(args[0])
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		rows, err := f.Rows(f.GetSheetName(0))
		if err != nil {
			return err
		}
		n := 0
		for rows.Next() {
			if _, err := rows.Columns(excelize.Options{RawCellValue: true}); err != nil {
				return err
			}
			n++
		}
		return errors.Join(rows.Error(), readAll(n, args[1]))
	})
}

// mediaFile returns a file of airings as a partner's system writes it. Those of the same number are about the same
// airing; more is added to its reach.
func mediaFile(rows, first, more int) string {
	var b bytes.Buffer
	b.WriteString("date,time,medium,kind,title,outlet,reach,contacts,source,url,note\n")
	day := time.Date(2009, 11, 2, 0, 0, 0, 0, time.UTC)
	for i := first; i < first+rows; i++ {
		fmt.Fprintf(&b, "%s,%02d:%02d,%s,%s,\"Coopérative sociale: créer son propre métier %d\",Telewizja Partner,%d,%d,enquête interne,https://example.org/emisje/%d,\n",
			day.AddDate(0, 0, i%480).Format(time.DateOnly), i%24, i%60, [...]string{"tv", "radio", "prasa", "web"}[i%4], [...]string{"spot", "reportage"}[i%2], i, 1000+more+i%20_000, 30_000+i%20_000, i)
	}
	return b.String()
}

// workbookFile writes the same table as a workbook with shared texts, with dates and numbers as Excel has them.
func workbookFile(w io.Writer, table string) error {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	date, err := f.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		return err
	}
	if err := f.SetColStyle("Sheet1", "A", date); err != nil {
		return err
	}
	lines, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		return err
	}
	for i, line := range lines {
		for j, text := range line {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return err
			}
			var value any = text
			if day, err := time.Parse(time.DateOnly, text); err == nil {
				value = day
			} else if n, err := strconv.Atoi(text); err == nil {
				value = n
			}
			if err := f.SetCellValue("Sheet1", at, value); err != nil {
				return err
			}
		}
	}
	return f.Write(w)
}
