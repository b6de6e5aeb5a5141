package checkpoint_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"outreach/internal/counting"
	"outreach/internal/counting/checkpoint"
	"outreach/internal/fact"
	"outreach/internal/schema"
)

// example is a fold with something of everything.
func example(t testing.TB) *counting.Fold {
	at := time.Date(2010, 3, 1, 12, 0, 0, 0, time.UTC)
	f := counting.New(schema.Builtin())
	for i, one := range []struct {
		kind string
		data any
	}{
		{fact.KindUploadAccepted, fact.UploadAccepted{Upload: "u1", Kind: "media", Owner: "tv-partner", Object: "uploads/u1", Arrived: at, Rows: 3, Packs: 1, SHA256: "ab"}},
		{fact.KindUploadAccepted, fact.UploadAccepted{Upload: "u2", Kind: "attendance", Owner: "coordinator", Object: "uploads/u2", Arrived: at, Rows: 1, Packs: 1}},
		{fact.KindUploadWithdrawn, fact.UploadWithdrawn{Upload: "u3"}},
		{fact.KindRecordEntered, fact.RecordEntered{Record: "r1", Version: 2, Kind: "attendance", Person: "p1", Values: schema.Builtin().Kind(schema.Attendance).Values(schema.Row{"training", "2010-02-28", "7.5", "completed"})}},
		{fact.KindRecordVoided, fact.RecordVoided{Record: "r2", Version: 3}},
		{fact.KindPersonMerged, fact.PersonMerged{Person: "p1", Into: "p2"}},
		{fact.KindSignup, fact.Signup{Signup: "s1", Entry: "e1", Person: "p1", Submitted: at, State: "waitlisted", Values: schema.ValuesOf(map[string]string{"activity": "training", "sex": "female", "birth_year": "1980"})}},
		{fact.KindSignupMoved, fact.SignupMoved{Signup: "s1", Version: 2, State: "accepted"}},
	} {
		made, err := fact.New(string(rune('a'+i)), one.kind, at, "", one.data)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Apply(made); err != nil {
			t.Fatal(err)
		}
	}
	airing := func(title, reach string) schema.Row {
		return schema.Row{"2010-02-28", "18:25", "tv", "spot", title, "Telewizja", reach, "", "", "", ""}
	}
	pack := fact.NewPack(schema.Builtin().Kind(schema.Media))
	pack.Lines = []fact.Line{
		{Row: 2, Values: airing("Razem łatwiej", "0")}, {Row: 3, Values: airing("RAZEM ŁATWIEJ", "12500")}, {Row: 4, Values: airing("outreach-checkpoint-sha256:", "7")},
	}
	if err := f.AddRows("u1", 0, pack); err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t testing.TB, f *counting.Fold) []byte {
	var file bytes.Buffer
	if err := checkpoint.Write(&file, f, fact.Heads{3, 0, 5}, checkpoint.Counts{}); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestCheckpointHasOneTypedColumnForEachField(t *testing.T) {
	t.Parallel()
	file := write(t, example(t))
	type row struct {
		Kind      string   `parquet:"kind,optional"`
		ID        string   `parquet:"id,optional"`
		Version   int64    `parquet:"version,optional"`
		Person    string   `parquet:"person,optional"`
		Date      int32    `parquet:"date,optional,date"`
		Upload    string   `parquet:"upload,optional"`
		Row       int64    `parquet:"row,optional"`
		Live      bool     `parquet:"live"`
		State     string   `parquet:"state,optional"`
		Hours     *float64 `parquet:"hours,optional"`
		Reach     *int64   `parquet:"reach,optional"`
		FieldKind string   `parquet:"field_kind,optional"`
		Sex       string   `parquet:"sex,optional"`
	}
	rows, err := parquet.Read[row](bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var reach, airings, live int64
	var hours float64
	for _, r := range rows {
		if !r.Live {
			continue
		}
		live++
		switch r.Kind {
		case "media":
			reach += *r.Reach
			airings++
			if r.FieldKind != "spot" || r.Upload != "u1" || len(r.ID) != 26 || r.Date != 14668 {
				t.Errorf("airing %+v", r)
			}
		case "attendance":
			hours += *r.Hours
			if r.Person != "p2" || r.ID != "r1" || r.Version != 2 {
				t.Errorf("attendance %+v", r)
			}
		case "signup":
			if r.State != "accepted" || r.Sex != "female" || r.Person != "p3" && r.Person != "p2" {
				t.Errorf("sign-up %+v", r)
			}
		}
	}
	if live != 4 || airings != 2 || reach != 12507 || hours != 7.5 {
		t.Errorf("%d live records, %d airings, reach %d, %v hours", live, airings, reach, hours)
	}
}

func TestSameStateGivesTheSameCheckpoint(t *testing.T) {
	t.Parallel()
	if !bytes.Equal(write(t, example(t)), write(t, example(t))) {
		t.Error("two files of one fold differ")
	}
}

func TestReadRefusesEveryDamage(t *testing.T) {
	t.Parallel()
	file := write(t, example(t))
	for i := 0; i < len(file); i += 1 + i%53 {
		damaged := bytes.Clone(file)
		damaged[i] ^= 1 << (i % 8)
		if _, _, err := checkpoint.Read(bytes.NewReader(damaged), int64(len(damaged)), schema.Builtin()); err == nil {
			t.Fatalf("byte %d of %d changed, and nobody saw", i, len(file))
		}
	}
	for n := 0; n < len(file); n += 1 + n%53 {
		if _, _, err := checkpoint.Read(bytes.NewReader(file[:n]), int64(n), schema.Builtin()); err == nil {
			t.Fatalf("cut to %d bytes of %d, and nobody saw", n, len(file))
		}
	}
	if _, _, err := checkpoint.Read(bytes.NewReader(file), int64(len(file)+1), schema.Builtin()); err == nil {
		t.Error("longer than it is, and nobody saw")
	}
	if _, _, err := checkpoint.Read(bytes.NewReader(append(file, 0)), int64(len(file)+1), schema.Builtin()); !errors.Is(err, checkpoint.ErrDamaged) {
		t.Errorf("a byte was added: %v", err)
	}
}

func TestReadRefusesAnotherFormat(t *testing.T) {
	t.Parallel()
	file := write(t, example(t))
	key := []byte("outreach.format")
	format := bytes.LastIndex(file, key) + len(key)
	format += bytes.IndexByte(file[format:], '3')
	file[format] = '2'

	mark := []byte("outreach-checkpoint-sha256:")
	sum := bytes.LastIndex(file, mark) + len(mark)
	copy(file[sum:], bytes.Repeat([]byte{'0'}, 64))
	whole := sha256.Sum256(file)
	hex.Encode(file[sum:], whole[:])
	if _, _, err := checkpoint.Read(bytes.NewReader(file), int64(len(file)), schema.Builtin()); !errors.Is(err, checkpoint.ErrFormat) {
		t.Errorf("error %v, want %v", err, checkpoint.ErrFormat)
	}
}
