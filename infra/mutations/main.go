// Command mutations applies the changes of mutations.yaml one at a time, each of which breaks a rule, and checks that a
// test fails. It works in a copy of the tree. Run it at the top of the tree: go run ./infra/mutations [-only REGEXP]
//
// It exits with 1 where a mutation survives, where its text is not found, or where its test fails without the mutation.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/goccy/go-yaml"
)

// mutation is a change that makes the program wrong.
type mutation struct {
	Name    string `yaml:"name"`
	File    string `yaml:"file"`    // where Find is expected; otherwise the whole tree is searched
	Find    string `yaml:"find"`    // occurs in exactly one file, once
	Replace string `yaml:"replace"` // must compile
	Test    string `yaml:"test"`    // the name of a test function, in any package
}

// limit bounds the test of one mutation, with its build.
const limit = 15 * time.Minute

func main() {
	only := flag.String("only", "", "apply only mutations whose name matches this `regexp`")
	flag.Parse()
	if err := run(*only); err != nil {
		fmt.Fprintln(os.Stderr, "mutations:", err)
		os.Exit(1)
	}
}

func run(only string) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	all, err := mutations(".")
	if err != nil {
		return err
	}
	tree, err := os.MkdirTemp("", "mutations")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tree)
	if err := copyTree(tree); err != nil {
		return fmt.Errorf("copy the tree: %w", err)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	tried, failed := 0, 0
	passes := map[string]error{} // by test, without a mutation
	for _, m := range all {
		if !wanted.MatchString(m.Name) {
			continue
		}
		tried++
		began := time.Now()
		if _, isDone := passes[m.Test]; !isDone {
			passes[m.Test] = passesUnchanged(tree, m.Test)
		}
		outcome := "caught"
		err := passes[m.Test]
		if err == nil {
			err = try(tree, m)
		}
		if err != nil {
			outcome = err.Error()
			failed++
		}
		fmt.Fprintf(table, "%s\t%.1f s\t%s\n", m.Name, time.Since(began).Seconds(), outcome)
		_ = table.Flush() // to standard output
	}
	if failed > 0 || tried == 0 {
		return fmt.Errorf("%d of %d mutations are not caught", failed, tried)
	}
	fmt.Printf("all %d mutations are caught\n", tried)
	return nil
}

// mutations reads the mutations of a tree.
func mutations(tree string) (all []mutation, err error) {
	text, err := os.ReadFile(filepath.Join(tree, "infra/mutations/mutations.yaml"))
	if err != nil {
		return nil, err
	}
	return all, yaml.UnmarshalWithOptions(text, &all, yaml.Strict())
}

// copyTree copies the files of the working tree that git tracks or would add.
func copyTree(to string) error {
	list, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(list), "\x00"), "\x00") {
		content, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			return err
		}
		file := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// try applies a mutation, runs its test and reverts the mutation. It returns nil if the test failed.
func try(tree string, m mutation) error {
	file, err := find(tree, m)
	if err != nil {
		return err
	}
	before, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	after := bytes.Replace(before, []byte(m.Find), []byte(m.Replace), 1)
	if err := os.WriteFile(file, after, 0o600); err != nil {
		return err
	}
	out, failure := goTest(tree, m.Test)
	if err := os.WriteFile(file, before, 0o600); err != nil {
		return err
	}
	switch {
	case failure == nil:
		return fmt.Errorf("SURVIVES %s", m.Test)
	case bytes.Contains(out, []byte("[build failed]")), bytes.Contains(out, []byte("[setup failed]")), bytes.Contains(out, []byte("build: exit status")):
		return fmt.Errorf("DOES NOT COMPILE: %s", firstLines(out))
	case !bytes.Contains(out, []byte("--- FAIL")) && !bytes.Contains(out, []byte("panic:")):
		return fmt.Errorf("NO TEST FAILED: %s", firstLines(out))
	}
	return nil
}

// find returns the file that contains a mutation's text: the named one, or the only other one.
func find(tree string, m mutation) (string, error) {
	named := filepath.Join(tree, m.File)
	if count(named, m.Find) == 1 {
		return named, nil
	}
	return search(tree, m.Find, func(name string) bool { return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") })
}

// search returns the only file among some of the tree that contains a text once.
func search(tree, text string, among func(name string) bool) (string, error) {
	var found []string
	err := filepath.WalkDir(tree, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && among(entry.Name()) && count(path, text) == 1 {
			found = append(found, path)
		}
		return err
	})
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("NOT FOUND: %q is in %d files, want 1", text, len(found))
	}
	if err != nil {
		return "", err
	}
	return found[0], nil
}

func count(file, text string) int {
	content, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	return bytes.Count(content, []byte(text))
}

// passesUnchanged returns an error if a test does not exist, or fails without a mutation.
func passesUnchanged(tree, test string) error {
	out, err := goTest(tree, test)
	if err != nil {
		return fmt.Errorf("FAILS WITHOUT THE MUTATION %s: %w %s", test, err, firstLines(out))
	}
	return nil
}

// fileOf returns the file of a test function.
func fileOf(tree, test string) (string, error) {
	return search(tree, "func "+test+"(", func(name string) bool { return strings.HasSuffix(name, "_test.go") })
}

func goTest(tree, test string) ([]byte, error) {
	file, err := fileOf(tree, test)
	if err != nil {
		return nil, err
	}
	name, err := filepath.Rel(tree, file)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	command := exec.CommandContext(ctx, "go", "test", "-count=1", "-vet=off", "-run", "^"+test+"$", "./"+filepath.Dir(name))
	command.Dir = tree
	return command.CombinedOutput()
}

func firstLines(out []byte) string {
	lines := strings.SplitN(strings.TrimSpace(string(out)), "\n", 4)
	return strings.Join(lines[:min(len(lines), 3)], " · ")
}
