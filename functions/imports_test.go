package functions_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDomainImportsNoCloudLibrary: only functions, infra and adapter packages may depend on libraries of AWS, be it
// through other packages.
func TestDomainImportsNoCloudLibrary(t *testing.T) {
	t.Parallel()
	adapters := []string{"outreach/functions", "outreach/infra/", "outreach/internal/cloud", "outreach/internal/table/dynamo", "outreach/internal/objects/s3"}
	for path, p := range packages(t) {
		if slices.ContainsFunc(adapters, func(a string) bool { return strings.HasPrefix(path, a) }) {
			continue
		}
		for _, dep := range p.Deps {
			if strings.HasPrefix(dep, "github.com/aws/") || strings.HasPrefix(dep, "github.com/awslabs/") {
				t.Errorf("%s depends on %s", path, dep)
				break // one is enough to say that there is a way
			}
		}
	}
}

// TestSchemaImportsNeitherHTTPNorStorage: kinds of records depend on the definition, on texts and on the syntax of
// e-mail addresses alone.
func TestSchemaImportsNeitherHTTPNorStorage(t *testing.T) {
	t.Parallel()
	allowed := []string{"outreach/internal/project", "outreach/internal/text", "outreach/internal/mail"}
	p, ok := packages(t)["outreach/internal/schema"]
	if !ok {
		t.Fatal("there is no package schema")
	}
	for _, dep := range p.Deps {
		own := strings.HasPrefix(dep, "outreach/") && !slices.Contains(allowed, dep)
		if own || dep == "net/http" || strings.HasPrefix(dep, "net/http/") || strings.HasPrefix(dep, "database/") {
			t.Errorf("schema depends on %s", dep)
		}
	}
}

// TestFactsAreAppendedOnly: only the erasure of a person, and of the names of removed files, rewrites a fact, and no
// package but fact knows the keys of facts. This search in the sources cannot see what Rewrite does, whether Append
// could replace a fact, or a key that is put together from parts: package fact tests that Append replaces nothing.
func TestFactsAreAppendedOnly(t *testing.T) {
	t.Parallel()
	allowed := map[string][]string{
		".Rewrite(": {"internal/privacy/erase.go", "internal/uploads/originals.go"},
		`"FACT#`:    {"internal/fact/keys.go"},
	}
	found := map[string][]string{}
	for _, folder := range []string{"../internal", "../functions", "../infra"} {
		err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for part := range allowed {
				if strings.Contains(string(text), part) {
					found[part] = append(found[part], strings.TrimPrefix(path, "../"))
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(allowed, found); diff != "" {
		t.Errorf("what rewrites facts or knows their keys (- allowed, + found):\n%s", diff)
	}
}

// TestReadingADefinitionLinksNoRuleEngine: most functions only read a stored definition. They must not link the YAML
// parser and the expression language, which slow down a cold start. Reading a file needs the language, for the rows
// that a source skips; no request waits for the start of that function.
func TestReadingADefinitionLinksNoRuleEngine(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for _, function := range []string{"submit-signup", "record-consultation", "manage-project", "manage-uploads", "ingest-upload", "show-report", "send-notices", "sign-in"} {
		for _, dep := range linked(t, all, function) {
			if function != "ingest-upload" && strings.HasPrefix(dep, "github.com/expr-lang/") || strings.HasPrefix(dep, "github.com/goccy/go-yaml") {
				t.Errorf("%s links %s", function, dep)
			}
		}
	}
}

// TestHeavyLibrariesAreLinkedWhereUsedOnly: the PDF library is large, so only the functions that use it may link it.
// That for Parquet adds 14 MB: the function that writes checkpoints has it, and serves tables too. The workbook library
// costs milliseconds at each start: it is for tests and benchmarks alone.
func TestHeavyLibrariesAreLinkedWhereUsedOnly(t *testing.T) {
	t.Parallel()
	heavy := map[string][]string{
		"github.com/xuri/excelize/v2":      nil,
		"codeberg.org/go-pdf/fpdf":         {"send-notices", "show-report"},
		"github.com/parquet-go/parquet-go": {"compile-snapshot"},
	}
	mains, err := filepath.Glob("*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("%d functions: %v", len(mains), err)
	}
	all := packages(t)
	for _, main := range mains {
		function := filepath.Dir(main)
		deps := linked(t, all, function)
		for library, users := range heavy {
			if links, may := slices.Contains(deps, library), slices.Contains(users, function); links != may {
				t.Errorf("%s links %s: %v, and may: %v", function, library, links, may)
			}
		}
	}
}

// listed is a package of this module, with all packages that it links.
type listed struct {
	ImportPath string
	Deps       []string
}

// listAll asks the go command once for all packages of this module, by their paths.
var listAll = sync.OnceValues(func() (map[string]listed, error) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Deps", "outreach/...").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	found := map[string]listed{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var p listed
		if err := decoder.Decode(&p); err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		found[p.ImportPath] = p
	}
	return found, nil
})

func packages(t *testing.T) map[string]listed {
	t.Helper()
	all, err := listAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// linked returns the packages that a function links.
func linked(t *testing.T, all map[string]listed, function string) []string {
	t.Helper()
	deps := all["outreach/functions/"+function].Deps
	if len(deps) == 0 {
		t.Fatalf("the function %s links nothing", function)
	}
	return deps
}
