package upload

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"
)

// workbookOf writes rows as Excel does, texts shared; then edit may change what it likes.
func workbookOf(t testing.TB, edit func(*excelize.File), rows [][]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err == nil {
			err = f.SetSheetRow("Sheet1", at, &row)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if edit != nil {
		edit(f)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestX(t *testing.T) {
	checked, lines := read(t, workbookOf(t, nil, [][]any{{"date", "medium", "title", "outlet", "reach"}, {"2010-03-11", "tv", "Razem", "TV", 1}}))
	wantErrors(t, checked)
	wantRows(t, checked, lines, "2 date=2010-03-11 medium=tv title=Razem outlet=TV reach=1")
}
