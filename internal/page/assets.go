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

//go:embed assets/page.js
var script string

//go:embed assets/office.css
var officeStyle string

//go:embed assets/editor.js
var editor string

// The stylesheet's address changes with its content, so it may be kept for ever.
var stylesheet = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(style))
	return "/assets/style." + hex.EncodeToString(sum[:6]) + ".css"
})

// Assets answers requests below /assets/: the stylesheet under its present name, and 404 for everything else.
func Assets(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != stylesheet() {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = io.WriteString(w, style)
}

// Policy is the Content-Security-Policy under which the pages work: the stylesheet, the styles and scripts that some of
// them carry, and this server. Origins are the others that a page may send to: where files are uploaded.
func Policy(origins ...string) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	others := strings.Join(append([]string{"'self'"}, origins...), " ")
	return "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; img-src data:; style-src 'self' " + hash(officeStyle) + "; " +
		"script-src " + hash(script) + " " + hash(editor) + "; connect-src " + others + "; form-action " + others
}

// Stylesheet is the address of the stylesheet.
func (v view) Stylesheet() string { return stylesheet() }

// Script is the script itself. It stands in the page, exactly as Policy has seen it, which saves a request.
func (v view) Script() template.HTML { return template.HTML("<script>" + script + "</script>") } //nolint:gosec // our own file

// Editor is the script of the definition's page alone, likewise.
func (v view) Editor() template.HTML { return template.HTML("<script>" + editor + "</script>") } //nolint:gosec // our own file

// Office is the style of some of the office's pages alone, which would be a burden to all others.
func (v view) Office() template.HTML { return template.HTML("<style>" + officeStyle + "</style>") } //nolint:gosec // our own file
