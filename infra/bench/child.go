package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cost is what a piece of work took in its process: CPU time of all threads, and the most resident memory above that at
// the beginning.
type cost struct {
	CPU    time.Duration `json:"cpu"`
	Memory int64         `json:"memory"` // bytes; 0 where the system does not tell

	Figures map[string]float64 `json:"figures,omitempty"` // what was found, by name
}

// measured runs a piece of work in this process.
func measured(work func() error) (cost, error) {
	idle := resident("VmRSS:")
	// From here on the peak counts anew.
	reset := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	if name := os.Getenv("BENCH_PROFILE"); name != "" {
		file, err := os.Create(name)
		if err != nil {
			return cost{}, err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return cost{}, err
		}
		defer pprof.StopCPUProfile()
	}
	before := processTime()
	if err := work(); err != nil {
		return cost{}, err
	}
	c := cost{CPU: processTime() - before}
	if reset == nil {
		c.Memory = resident("VmHWM:") - idle
	}
	return c, nil
}

// processTime returns the CPU time of this process so far.
func processTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// resident returns a size of this process's memory in bytes, by its name in /proc/self/status; 0 where there is none.
func resident(name string) int64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), name)
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(fields[0], 10, 64)
	return kilobytes << 10
}

// children are the pieces of work that run in a process of their own, by name.
var children = map[string]func(args []string) (cost, error){
	"compile":  measureCompile,
	"csv":      measureCSV,
	"ingest":   measureIngest,
	"excelize": measureExcelize,
}

// child runs a piece of work in a process of its own: this program again.
func child(name string, args ...string) (cost, error) {
	program, err := os.Executable()
	if err != nil {
		return cost{}, err
	}
	return spawn(exec.Command(program, append([]string{"-child", name}, args...)...))
}

// spawn runs a command that prints its cost as JSON.
func spawn(command *exec.Cmd) (c cost, err error) {
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	if err := command.Run(); err != nil {
		return c, fmt.Errorf("%s: %w\n%s", strings.Join(command.Args, " "), err, said.String())
	}
	if err := json.Unmarshal(out.Bytes(), &c); err != nil {
		return c, errors.Join(err, errors.New(out.String()))
	}
	return c, nil
}
