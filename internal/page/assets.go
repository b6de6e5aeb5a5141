package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"html/template"
	"io"
	"net/http"
	"strings"
	"sync"
)

//go:embed templates/*.html
var templates embed.FS

//go:embed assets/style.css
var style string

// What the pages of an activity need beside it: grids to type into, and papers to print.
//
//go:embed assets/activity.css
var activityStyle string

//go:embed assets/page.js
var script string

// The stylesheets' addresses change with their content, so they may be kept for ever. A page has one: that of most pages
// is light for it, and that of an activity's pages says more.
var (
	stylesheet         = sync.OnceValue(func() string { return addressed(style) })
	activityStylesheet = sync.OnceValue(func() string { return addressed(style + activityStyle) })
)

func addressed(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "/assets/style." + hex.EncodeToString(sum[:6]) + ".css"
}

// Assets answers requests below /assets/: the stylesheets under their present names, and 404 for everything else.
func Assets(w http.ResponseWriter, r *http.Request) {
	content := style
	switch r.URL.Path {
	case stylesheet():
	case activityStylesheet():
		content += activityStyle
	default:
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
func (v view) Stylesheet() string {
	switch v.Page.(type) {
	case sheetPage, Roll, certificatesPage:
		return activityStylesheet()
	}
	return stylesheet()
}

// Script is the script itself. It stands in the page, exactly as Policy has seen it, which saves a request.
func (v view) Script() template.HTML { return template.HTML("<script>" + script + "</script>") } //nolint:gosec // our own file
