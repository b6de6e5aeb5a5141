package docs_test

import (
	"flag"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"outreach/functions"
	"outreach/internal/app"
	"outreach/internal/openapi"
	"outreach/internal/web"
)

var update = flag.Bool("update", false, "write what is generated: addresses.md")

// TestAddressesAreCurrent compares addresses.md with the routes, or writes it.
func TestAddressesAreCurrent(t *testing.T) {
	const file = "addresses.md"
	want := addresses(functions.All(&app.App{}))
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, file); got != want {
		t.Errorf("%s is not current: go test ./docs -run Addresses -update", file)
	}
}

// addresses lists routes by what they are about, in the order in which the API's document has these things.
func addresses(routes []web.Route) string {
	var b strings.Builder
	b.WriteString("# Addresses\n\nGenerated from the routes in the code: `go test ./docs -run Addresses -update` writes it anew. Fields, parameters and\nanswers are described at `/openapi.json`.\n\n" +
		"The brackets say what part of the project a role may read or change: its own records, approved snapshots, files of media records.\nA coordinator may read and change all of it.\n")
	routes = slices.SortedStableFunc(slices.Values(routes), func(a, b web.Route) int { return strings.Compare(a.Path, b.Path) })
	for _, tag := range append(openapi.Tags(), openapi.Tag{Description: "Parts of pages: signing in, assets, and forms that say PUT or DELETE"}) {
		b.WriteString("\n## " + tag.Description + "\n\n| address | what | for |\n|---|---|---|\n")
		for _, r := range routes {
			if r.Tag == tag.Name && r.ID != "" || tag.Name == "" && r.ID == "" {
				fmt.Fprintf(&b, "| `%s %s` | %s | %s |\n", r.Method, r.Path, r.Summary, openapi.Who(r))
			}
		}
	}
	return b.String()
}

// The page of what is stable says what holds for each format of a file that the API answers with.
func TestStabilityNamesTheFormatOfEachExport(t *testing.T) {
	t.Parallel()
	names := map[string]string{".csv": "CSV", ".xlsx": "XLSX", ".pdf": "PDF", ".ics": "calendar", ".json": "JSON", ".txt": "text", ".xml": "XML", ".zip": "Archives", ".parquet": "Snapshots and evidence as Parquet"}
	promises := read(t, "stability.md")
	for _, r := range functions.All(&app.App{}) {
		ending := path.Ext(r.Path)
		if r.ID == "" || ending == "" {
			continue
		}
		if name := names[ending]; name == "" || !regexp.MustCompile(`(?m)^\| [^|]*`+name).MatchString(promises) {
			t.Errorf("stability.md promises nothing about the files of %s", r.Path)
		}
	}
}
