package counting_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outreach/internal/counting"
	"outreach/internal/counting/checkpoint"
	"outreach/internal/fact"
	"outreach/internal/project"
	"outreach/internal/schema"
	"outreach/internal/snapshot"
)

// crowd is a large project as it lies in the table: facts, and packs of lines, all in JSON.
type crowd struct {
	facts []fact.Fact
	files []fact.UploadAccepted
	packs [][][]byte // by file: its packs
}

const packOf = 1000

func makeCrowd(tb testing.TB, airings, people int) *crowd {
	c := &crowd{}
	start := time.Date(2010, 1, 10, 8, 0, 0, 0, time.UTC)
	day := func(i int) string { return start.AddDate(0, 0, i%160).Format(time.DateOnly) }
	encode := func(data any) []byte {
		out, err := json.Marshal(data)
		if err != nil {
			tb.Fatal(err)
		}
		return out
	}
	add := func(kind string, at time.Time, data any) {
		c.facts = append(c.facts, fact.Fact{ID: strconv.Itoa(len(c.facts)), Kind: kind, At: at, Data: encode(data)})
	}
	mediums := []string{"tv", "radio", "press", "web"}
	for first := 0; first < airings; first += 200_000 {
		rows := min(200_000, airings-first)
		file := fact.UploadAccepted{Upload: fmt.Sprintf("01JD%022d", first), Kind: "media", Owner: "tv-partner", Object: fmt.Sprintf("uploads/%d", first), Arrived: start.Add(time.Duration(first) * time.Second), Rows: rows, Packs: (rows + packOf - 1) / packOf}
		add(fact.KindUploadAccepted, file.Arrived, file)
		c.files = append(c.files, file)
		var packs [][]byte
		for p := range file.Packs {
			var lines []fact.Line
			for i := first + p*packOf; i < min(first+(p+1)*packOf, first+rows); i++ {
				lines = append(lines, fact.Line{Row: i - first + 2, Values: schema.Row{
					day(i), fmt.Sprintf("%02d:%02d", i/160%24, i/3840%60), mediums[i%4], "spot", fmt.Sprintf("Ekonomia społeczna, odcinek %d", i), fmt.Sprintf("Radio %d", i%40),
					strconv.Itoa(1 + i%200), strconv.Itoa(1000 + i%2000), "badanie", "", "",
				}})
			}
			packs = append(packs, encode(packed("media", lines...)))
		}
		c.packs = append(c.packs, packs)
	}
	for i := range people {
		person, at := fmt.Sprintf("01JP%022d", i/3), start.Add(time.Duration(i)*time.Minute)
		switch i % 3 {
		case 0:
			row := schema.Row{"training", "", "", "", "", "", "female", strconv.Itoa(1950 + i%50), "isced-5-8", "employed", "urban", "no", "individual", "Stowarzyszenie", "yes", "", "pl", at.Format(time.RFC3339)}
			add(fact.KindSignup, at, fact.Signup{Signup: fmt.Sprintf("01JS%022d", i), Entry: fmt.Sprintf("01JE%022d", i), Person: person, Submitted: at, Values: stored("signup", row...), State: "accepted"})
		case 1:
			add(fact.KindRecordEntered, at, fact.RecordEntered{Record: fmt.Sprintf("01JR%022d", i), Version: 1, Kind: "attendance", Person: person, Values: stored("attendance", "training", day(i), "7.5", "completed")})
		default:
			add(fact.KindRecordEntered, at, fact.RecordEntered{Record: fmt.Sprintf("01JR%022d", i), Version: 1, Kind: "consultation", Person: person, Values: stored("consultation", day(i), "law", "60", "in-person", "01JA0000000000000000000001", "", "")})
		}
	}
	return c
}

// decode is the measure: what encoding/json takes for the same facts and lines.
func (c *crowd) decode(tb testing.TB) [][]fact.Pack {
	files := make([][]fact.Pack, len(c.packs))
	for i, packs := range c.packs {
		files[i] = make([]fact.Pack, len(packs))
		for j, pack := range packs {
			if err := json.Unmarshal(pack, &files[i][j]); err != nil {
				tb.Fatal(err)
			}
		}
	}
	for _, f := range c.facts {
		var err error
		switch f.Kind {
		case fact.KindSignup:
			err = json.Unmarshal(f.Data, new(fact.Signup))
		case fact.KindRecordEntered:
			err = json.Unmarshal(f.Data, new(fact.RecordEntered))
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	return files
}

// fold decodes a pack at a time, as a compile does.
func (c *crowd) fold(tb testing.TB) *counting.Fold {
	f := counting.New(schema.Builtin())
	for _, one := range c.facts {
		if err := f.Apply(one); err != nil {
			tb.Fatal(err)
		}
	}
	for i, packs := range c.packs {
		for j, pack := range packs {
			rows, err := fact.ReadPack(pack, schema.Builtin().Plural(c.files[i].Kind).Name)
			if err != nil {
				tb.Fatal(err)
			}
			if err := f.AddRows(c.files[i].Upload, j, rows); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return f
}

func count(tb testing.TB, rules *counting.Rules, f *counting.Fold) counting.Figures {
	found, err := counting.Compile(definition, rules, f.Live(), "2010-06-20")
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := found.Snapshot(snapshot.Definition{}); err != nil {
		tb.Fatal(err)
	}
	return found
}

// Decoding, folding and counting a million airings and a hundred thousand people's records, measured in the time that
// encoding/json takes to decode them.
func BenchmarkCompile(b *testing.B) {
	c := makeCrowd(b, 1_000_000, 100_000)
	rules := mustRules(b, definition)
	var decoding, folding, counting, showing time.Duration
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, heap := m.HeapAlloc, uint64(0)
	for b.Loop() {
		runtime.GC()
		start := time.Now()
		c.decode(b)
		decoding += time.Since(start)

		runtime.GC()
		start = time.Now()
		f := c.fold(b)
		folding += time.Since(start)
		start = time.Now()
		found := count(b, rules, f)
		counting += time.Since(start)
		start = time.Now()
		records := 0
		for range found.Evidence("reach") {
			records++
		}
		showing += time.Since(start)
		if records < 100 {
			b.Fatal(records)
		}
		runtime.GC()
		runtime.ReadMemStats(&m)
		heap = m.HeapAlloc - before
		runtime.KeepAlive(found)
	}
	b.ReportMetric(float64(folding+counting)/float64(decoding), "x-json")
	b.ReportMetric(decoding.Seconds()/float64(b.N), "s-json")
	b.ReportMetric(folding.Seconds()/float64(b.N), "s-fold")
	b.ReportMetric(counting.Seconds()/float64(b.N), "s-count")
	b.ReportMetric(showing.Seconds()/float64(b.N), "s-evidence")
	b.ReportMetric(float64(heap)/1e6, "MB-heap")
}

// Writing and reading the checkpoint of the same crowd, and continuing its counts.
func BenchmarkCheckpoint(b *testing.B) {
	c := makeCrowd(b, 1_000_000, 100_000)
	f := c.fold(b)
	rules := mustRules(b, definition)
	found := count(b, rules, f)
	counts := checkpoint.Counts{Definition: "ab", Program: "cd", AsOf: "2010-06-20", Figures: &found}
	var writing, reading, continuing time.Duration
	var file bytes.Buffer
	for b.Loop() {
		file.Reset()
		start := time.Now()
		if err := checkpoint.Write(&file, f, fact.Heads{}, counts); err != nil {
			b.Fatal(err)
		}
		writing += time.Since(start)
		start = time.Now()
		if _, _, err := checkpoint.Read(bytes.NewReader(file.Bytes()), int64(file.Len()), schema.Builtin()); err != nil {
			b.Fatal(err)
		}
		reading += time.Since(start)
		start = time.Now()
		continued, _, _, err := checkpoint.Continue(file.Bytes(), rules, "ab", "cd")
		if err != nil {
			b.Fatal(err)
		}
		again := count(b, rules, continued)
		continuing += time.Since(start)
		if diff := cmp.Diff(found.Indicators, again.Indicators); diff != "" {
			b.Fatal(diff)
		}
	}
	b.ReportMetric(writing.Seconds()/float64(b.N), "s-write")
	b.ReportMetric(reading.Seconds()/float64(b.N), "s-read")
	b.ReportMetric(continuing.Seconds()/float64(b.N), "s-continue")
	b.ReportMetric(float64(file.Len())/1e6, "MB-file")
}

// withRulesOverPeople splits the test's definition: without its rules over people, and with them.
func withRulesOverPeople() (without, with *project.Definition) {
	plain := *definition
	plain.Indicators = slices.DeleteFunc(slices.Clone(plain.Indicators), project.Indicator.UsesWho)
	return &plain, definition
}

// The whole compile of a hundred thousand people with a million records of attendance, with the eight rules over people
// of the test's definition in the time that it takes without them.
func BenchmarkRulesOverPeople(b *testing.B) {
	const people, records = 100_000, 1_000_000
	c := makeCrowd(b, 0, 3*people)
	start := time.Date(2010, 1, 10, 8, 0, 0, 0, time.UTC)
	for first := 0; first < records; first += 200_000 {
		file := fact.UploadAccepted{Upload: fmt.Sprintf("01JF%022d", first), Kind: "attendance", Owner: "coordinator", Object: fmt.Sprintf("uploads/%d", first), Arrived: start.Add(time.Duration(first) * time.Second), Rows: 200_000, Packs: 200_000 / packOf}
		data, err := json.Marshal(file)
		if err != nil {
			b.Fatal(err)
		}
		c.facts = append(c.facts, fact.Fact{ID: file.Upload, Kind: fact.KindUploadAccepted, At: file.Arrived, Data: data})
		c.files = append(c.files, file)
		var packs [][]byte
		for p := range file.Packs {
			var lines []fact.Line
			for i := first + p*packOf; i < first+(p+1)*packOf; i++ {
				lines = append(lines, fact.Line{Row: i - first + 2, Person: fmt.Sprintf("01JP%022d", i%people), Values: schema.Row{
					"training", start.AddDate(0, 0, i/people*15+i%15).Format(time.DateOnly), []string{"1", "1.5", "7.5"}[i%3], []string{"completed", "attended"}[i%2],
				}})
			}
			pack, err := json.Marshal(packed("attendance", lines...))
			if err != nil {
				b.Fatal(err)
			}
			packs = append(packs, pack)
		}
		c.packs = append(c.packs, packs)
	}
	without, with := withRulesOverPeople()
	var took [2]time.Duration
	for b.Loop() {
		for i, def := range []*project.Definition{without, with} {
			rules := mustRules(b, def)
			runtime.GC()
			begin := time.Now()
			f := c.fold(b)
			found, err := counting.Compile(def, rules, f.Live(), "2010-06-20")
			if err != nil {
				b.Fatal(err)
			}
			took[i] += time.Since(begin)
			if found.Participants.Total != people {
				b.Fatal(found.Participants.Total)
			}
		}
	}
	b.ReportMetric(took[0].Seconds()/float64(b.N), "s-without")
	b.ReportMetric(took[1].Seconds()/float64(b.N), "s-with")
	b.ReportMetric(float64(took[1])/float64(took[0]), "x-without")
}
