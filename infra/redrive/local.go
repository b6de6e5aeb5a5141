package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// local asks the local stack to deliver its dead letters again: it looks for the file of that name, while it runs or when it
// starts, and takes out of the list what succeeds.
func local(data string, dry bool, out io.Writer) error {
	if _, err := os.Stat(data); err != nil {
		return err
	}
	n := 0
	file, err := os.Open(filepath.Join(data, "dead-letters.jsonl"))
	if err == nil {
		defer file.Close()
		for lines := json.NewDecoder(file); lines.More(); n++ {
			var letter struct {
				ID     string    `json:"id"`
				Reason string    `json:"reason"`
				Tries  int       `json:"tries"`
				At     time.Time `json:"at"`
			}
			if err := lines.Decode(&letter); err != nil {
				break // the last line was cut off
			}
			if dry {
				fmt.Fprintf(out, "%s  %s, after %d tries, %s\n", letter.At.Format(time.RFC3339), letter.ID, letter.Tries, letter.Reason)
			}
		}
	} else if !os.IsNotExist(err) {
		return err
	}
	fmt.Fprintf(out, "%d dead letters\n", n)
	if dry || n == 0 {
		return nil
	}
	if err := os.WriteFile(filepath.Join(data, "redrive"), nil, 0o600); err != nil {
		return err
	}
	fmt.Fprintln(out, "a running stack delivers them within seconds, another when it starts; /local/dead-letters tells what is left")
	return nil
}
