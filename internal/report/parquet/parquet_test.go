package parquet_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	library "github.com/parquet-go/parquet-go"

	"outreach/internal/report/parquet"
)

type row struct {
	Name   string   `parquet:"name,optional"`
	Number *int64   `parquet:"number,optional"`
	Chosen []string `parquet:"chosen,list,optional"`
}

func TestListsAndFormulasAreReadBack(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := parquet.NewWriter(&b, "rows", []parquet.Column{{Name: "name"}, {Name: "number", Type: parquet.Whole}, {Name: "chosen", Type: parquet.List}})
	for _, values := range [][]string{{"=1+1", "-7", "a|b"}, {"", "", ""}, {"last", "8", "c"}} {
		if err := w.Row(values...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := library.Read[row](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	less, more := int64(-7), int64(8)
	want := []row{{"'=1+1", &less, []string{"a", "b"}}, {}, {"last", &more, []string{"c"}}}
	for i := range got {
		if len(got[i].Chosen) == 0 {
			got[i].Chosen = nil
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(- want, + got):\n%s", diff)
	}
}

func TestAValueThatIsNotOfItsTypeNamesTheColumn(t *testing.T) {
	t.Parallel()
	for kind, value := range map[parquet.Type]string{parquet.Date: "refused", parquet.Instant: "2026", parquet.Whole: "1.5", parquet.Decimal: "0.1234567"} {
		w := parquet.NewWriter(&bytes.Buffer{}, "rows", []parquet.Column{{Name: "typed", Type: kind}})
		if err := w.Row(value); !errors.Is(err, parquet.NotOfTypeError{Column: "typed"}) {
			t.Errorf("%q in a column of type %d: %v", value, kind, err)
		}
	}
}
