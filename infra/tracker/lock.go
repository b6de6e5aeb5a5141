package main

import (
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lockFolder locks a data folder for this process, and fails where another process has it locked. The lock ends with
// the process or with unlock.
func lockFolder(data string) (unlock func(), err error) {
	lock := flock.New(filepath.Join(data, "lock"), flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock of the data folder: %w", err)
	}
	if !got {
		return nil, fmt.Errorf("another process serves the data folder %s", data)
	}
	return func() { _ = lock.Unlock() }, nil
}
