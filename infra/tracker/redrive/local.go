package redrive

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"outreach/internal/jsonlines"
)

// local requests the redrive of a tracker on one machine, by creating a file in its data folder. The tracker checks for
// that file while it runs and when it starts, and removes from the list what succeeds.
func local(data string, dry bool, out io.Writer) error {
	if _, err := os.Stat(data); err != nil {
		return err
	}
	letters, err := jsonlines.Read[struct {
		ID     string    `json:"id"`
		Reason string    `json:"reason"`
		Tries  int       `json:"tries"`
		At     time.Time `json:"at"`
	}](filepath.Join(data, "dead-letters.jsonl"))
	if err != nil {
		return err
	}
	for _, letter := range letters {
		if dry {
			fmt.Fprintf(out, "%s  %s, after %d tries, %s\n", letter.At.Format(time.RFC3339), letter.ID, letter.Tries, letter.Reason)
		}
	}
	fmt.Fprintf(out, "%d dead letters\n", len(letters))
	if dry || len(letters) == 0 {
		return nil
	}
	if err := os.WriteFile(filepath.Join(data, "redrive"), nil, 0o600); err != nil {
		return err
	}
	fmt.Fprintln(out, "a running tracker delivers them within seconds, another when it starts; /local/dead-letters lists what remains")
	return nil
}
