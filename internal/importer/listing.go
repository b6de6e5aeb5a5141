package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"outreach/internal/schema"
)

// Listing is a table of texts below a header.
type Listing struct {
	Head []string
	Rows []ListingRow
}

// ListingRow is a row by its number in the spreadsheet, with a text for each column of the header.
type ListingRow struct {
	Number int
	Cells  []string
}

// ReadListing reads a file of another system's columns: the rows below the first row that is a header, of the first
// visible sheet that has one. It looks for the header in the first 20 rows, as in files of records. A problem says what
// is wrong with the file, such as more than most rows. An error is returned only if the body could not be read.
func ReadListing(ctx context.Context, f File, isHead func(cells []string) bool, most int) (Listing, *schema.Problem, error) {
	body := &source{ctx: ctx, from: f.Body, size: f.Size}
	out, err := listing(body, isHead, most)
	if body.err != nil {
		return Listing{}, nil, fmt.Errorf("read the file: %w", body.err)
	}
	var wrong *fault
	switch {
	case errors.As(err, &wrong):
		return Listing{}, &schema.Problem{Code: wrong.code, Hint: wrong.hint, Args: wrong.args, Options: wrong.options}, nil
	case err == io.EOF:
		return Listing{}, &schema.Problem{Code: schema.NoRows}, nil
	}
	return out, nil, err
}

func listing(body *source, isHead func(cells []string) bool, most int) (out Listing, err error) {
	b, err := openBook(body, newVocabulary(schema.Builtin(), func(*schema.Kind) bool { return false }, nil))
	if err != nil {
		return out, err
	}
	for i, info := range b.sheets() {
		if info.hidden || i >= mostSheets {
			continue
		}
		rows, err := b.open(i)
		if err != nil {
			return out, err
		}
		for range titleRows {
			r, err := nextFilled(rows)
			if err == io.EOF {
				break
			}
			if err != nil {
				return out, err
			}
			if cells := cellTexts(r); isHead(cells) {
				out.Head = cells
				return out, out.read(rows, most)
			}
		}
	}
	if out.Head == nil {
		return out, &fault{row: 1, code: schema.MissingColumn}
	}
	return out, io.EOF
}

func (t *Listing) read(from rows, most int) error {
	for {
		r, err := nextFilled(from)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if len(t.Rows) == most {
			return &fault{row: r.number, code: schema.TooManyRows, args: map[string]string{"most": strconv.Itoa(most)}}
		}
		cells := cellTexts(r)
		for len(cells) < len(t.Head) {
			cells = append(cells, "")
		}
		t.Rows = append(t.Rows, ListingRow{r.number, cells[:len(t.Head)]})
	}
}

func cellTexts(r row) []string {
	out := make([]string, len(r.cells))
	for i, c := range r.cells {
		out[i] = schema.Clean(c.text)
	}
	return out
}
