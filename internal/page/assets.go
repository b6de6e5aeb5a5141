package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed assets/style.css
var style string

//go:embed assets/office.css
var officeStyle string

//go:embed assets/activity.css
var activityStyle string

//go:embed assets/results.css
var resultsStyle string

//go:embed assets/page.js
var script string

//go:embed assets/editor.js
var editor string

// families are pages that draw more than the others, and the style that says how: no other page has to carry it.
var families = []struct {
	style string
	pages []string
}{
	{resultsStyle, []string{"results", "snapshots", "changes", "evidence"}},
	{officeStyle, []string{"attention", "audit", "definition", "version", "person", "merge", "erasure"}},
	{activityStyle, []string{"sheet", "roll", "certificates"}},
}

// sheet is a page's stylesheet. Each is one file, which saves a request.
func sheet(page string) string {
	for _, f := range families {
		if slices.Contains(f.pages, page) {
			return style + f.style
		}
	}
	return style
}

// sheets are the stylesheets by their addresses, which change with their content, so that they may be kept for ever.
var sheets = sync.OnceValue(func() map[string]string {
	out := map[string]string{stylesheet(""): style}
	for _, f := range families {
		out[stylesheet(f.pages[0])] = style + f.style
	}
	return out
})

func stylesheet(page string) string {
	sum := sha256.Sum256([]byte(sheet(page)))
	return "/assets/style." + hex.EncodeToString(sum[:6]) + ".css"
}

// Assets answers requests below /assets/: the stylesheets under their present names, and 404 for everything else.
func Assets(w http.ResponseWriter, r *http.Request) {
	content, found := sheets()[r.URL.Path]
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = io.WriteString(w, content)
}

// Policy is the Content-Security-Policy under which the pages work: their own stylesheet, the scripts that some of them
// carry, and this server. Origins are the others that a page may send to: where files are uploaded.
func Policy(origins ...string) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	others := strings.Join(append([]string{"'self'"}, origins...), " ")
	return "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; img-src data:; style-src 'self'; " +
		"script-src " + hash(script) + " " + hash(editor) + "; connect-src " + others + "; form-action " + others
}

// Stylesheet is the address of the page's stylesheet.
func (v view) Stylesheet() string { return stylesheet(v.name) }

// Script is the script itself. It stands in the page, exactly as Policy has seen it, which saves a request.
func (v view) Script() template.HTML { return template.HTML("<script>" + script + "</script>") } //nolint:gosec // our own file

// Editor is the script of the definition's page, in the same way.
func (v view) Editor() template.HTML { return template.HTML("<script>" + editor + "</script>") } //nolint:gosec // our own file
