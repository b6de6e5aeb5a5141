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

//go:embed assets/results.css
var resultsStyle string

//go:embed assets/page.js
var script string

// ofResults are the pages that show results: what is drawn there alone, no other page has to carry.
var ofResults = []string{"results", "snapshots", "changes", "evidence"}

// sheet is a page's stylesheet. Each is one file, which saves a request.
func sheet(page string) string {
	if slices.Contains(ofResults, page) {
		return style + resultsStyle
	}
	return style
}

// sheets are the stylesheets by their addresses, which change with their content, so that they may be kept for ever.
var sheets = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, page := range append([]string{""}, ofResults...) {
		out[stylesheet(page)] = sheet(page)
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

// Policy is the Content-Security-Policy under which the pages work: their own stylesheet, the one script that some of
// them carry, and this server. Origins are the others that a page may send to: where files are uploaded.
func Policy(origins ...string) string {
	sum := sha256.Sum256([]byte(script))
	others := strings.Join(append([]string{"'self'"}, origins...), " ")
	return "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; img-src data:; style-src 'self'; " +
		"script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; connect-src " + others + "; form-action " + others
}

// Stylesheet is the address of the page's stylesheet.
func (v view) Stylesheet() string { return stylesheet(v.name) }

// Script is the script itself. It stands in the page, exactly as Policy has seen it, which saves a request.
func (v view) Script() template.HTML { return template.HTML("<script>" + script + "</script>") } //nolint:gosec // our own file
