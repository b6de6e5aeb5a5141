package functions_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDomainImportsNoCloudLibrary: only functions, infra and adapter packages may import libraries of AWS.
func TestDomainImportsNoCloudLibrary(t *testing.T) {
	t.Parallel()
	adapters := []string{"outreach/functions/", "outreach/infra/", "outreach/internal/cloud", "outreach/internal/table/dynamo", "outreach/internal/objects/s3"}
	for path, imports := range packages(t) {
		if slices.ContainsFunc(adapters, func(a string) bool { return strings.HasPrefix(path, a) }) {
			continue
		}
		for _, i := range imports {
			if strings.HasPrefix(i, "github.com/aws/") || strings.HasPrefix(i, "github.com/awslabs/") {
				t.Errorf("%s imports %s", path, i)
			}
		}
	}
}

// TestSchemaImportsNeitherHTTPNorStorage: kinds of records depend on the definition and on texts alone.
func TestSchemaImportsNeitherHTTPNorStorage(t *testing.T) {
	t.Parallel()
	allowed := []string{"outreach/internal/project", "outreach/internal/text", "outreach/internal/mail"}
	imports, ok := packages(t)["outreach/internal/schema"]
	if !ok {
		t.Fatal("there is no package record")
	}
	for _, i := range imports {
		if strings.HasPrefix(i, "outreach/") && !slices.Contains(allowed, i) {
			t.Errorf("record imports %s", i)
		}
	}
}

// TestReadingADefinitionLinksNoRuleEngine: most functions only read a stored definition. They must not link the YAML
// parser and the expression language, which slow down a cold start.
func TestReadingADefinitionLinksNoRuleEngine(t *testing.T) {
	t.Parallel()
	for _, function := range []string{"submit-signup", "record-consultation", "manage-project", "manage-uploads", "ingest-upload", "show-report", "send-notices", "sign-in"} {
		out, err := exec.Command("go", "list", "-deps", "../functions/"+function).Output()
		if err != nil {
			t.Fatal(err)
		}
		for dep := range strings.FieldsSeq(string(out)) {
			if strings.HasPrefix(dep, "github.com/expr-lang/") || strings.HasPrefix(dep, "github.com/goccy/go-yaml") {
				t.Errorf("%s links %s", function, dep)
			}
		}
	}
}

// TestHeavyLibrariesAreLinkedWhereUsedOnly: the workbook library costs milliseconds at each start and the PDF library
// is large, so only the functions that use them may link them.
func TestHeavyLibrariesAreLinkedWhereUsedOnly(t *testing.T) {
	t.Parallel()
	heavy := map[string][]string{
		"github.com/xuri/excelize/v2": {"manage-uploads", "send-notices", "show-report"},
		"codeberg.org/go-pdf/fpdf":    {"send-notices", "show-report"},
	}
	mains, err := filepath.Glob("*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("%d functions: %v", len(mains), err)
	}
	for _, main := range mains {
		function := filepath.Dir(main)
		out, err := exec.Command("go", "list", "-deps", "./"+function).Output()
		if err != nil {
			t.Fatal(err)
		}
		deps := strings.Fields(string(out))
		for library, users := range heavy {
			if links, may := slices.Contains(deps, library), slices.Contains(users, function); links != may {
				t.Errorf("%s links %s: %v, and may: %v", function, library, links, may)
			}
		}
	}
}

func packages(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "outreach/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		found[p.ImportPath] = p.Imports
	}
	return found
}
