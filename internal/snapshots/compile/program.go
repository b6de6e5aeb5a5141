package compile

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"sync"
)

// program identifies the running program by the hash of its file, "" if it cannot be read. It is computed once.
var program = sync.OnceValue(func() string {
	file, err := os.Open("/proc/self/exe") // also of a program that was replaced on disk
	if err != nil {
		path, err := os.Executable()
		if err != nil {
			return ""
		}
		if file, err = os.Open(path); err != nil {
			return ""
		}
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return ""
	}
	return hex.EncodeToString(hash.Sum(nil))
})
