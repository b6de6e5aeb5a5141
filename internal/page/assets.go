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

//go:embed assets/send.js
var sender string

//go:embed assets/editor.js
var editor string

//go:embed assets/framed.js
var framed string

// families are groups of pages that need further styles, which other pages do not load.
var families = []struct {
	style string
	pages []string
}{
	{resultsStyle, []string{"results", "snapshots", "changes", "evidence"}},
	{officeStyle, []string{"attention", "audit", "definition", "version", "person", "merge", "erasure"}},
	{activityStyle, []string{"sheet", "roll", "certificates"}},
}

// sheet returns the stylesheet of a page, the common and the further styles in one file to save a request.
func sheet(page string) string {
	for _, f := range families {
		if slices.Contains(f.pages, page) {
			return style + f.style
		}
	}
	return style
}

// sheets returns the stylesheets by path. A path contains a hash of the content, so that clients may cache it for ever.
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

// Assets serves requests below /assets/: the stylesheets under their current paths, and 404 for everything else.
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

// Policy returns the Content-Security-Policy of the pages: it allows their stylesheets, their inline scripts by hash,
// and requests to this server and to the given origins, where files are uploaded. Pages of the ancestors, which are
// origins, may show the page in a frame; without ancestors no page may.
func Policy(ancestors []string, origins ...string) string {
	framing := "'none'"
	if len(ancestors) > 0 {
		framing = strings.Join(ancestors, " ")
	}
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	others := strings.Join(append([]string{"'self'"}, origins...), " ")
	return "default-src 'none'; base-uri 'none'; frame-ancestors " + framing + "; img-src data:; style-src 'self'; " +
		"script-src " + hash(script) + " " + hash(sender) + " " + hash(editor) + " " + hash(framed) + "; connect-src " + others + "; form-action " + others
}

// Stylesheet returns the path of the page's stylesheet.
func (v view) Stylesheet() string { return stylesheet(v.name) }

// Script returns the page's script as an inline element. It must be byte for byte what Policy hashes.
func (v view) Script() template.HTML { return template.HTML("<script>" + script + "</script>") } //nolint:gosec // our own file

// Sender returns the script that sends files as an inline element.
func (v view) Sender() template.HTML { return template.HTML("<script>" + sender + "</script>") } //nolint:gosec // our own file

// Resizer returns the script of a page in a frame, which says how high it is, as an inline element.
func (v view) Resizer() template.HTML { return template.HTML("<script>" + framed + "</script>") } //nolint:gosec // our own file

// Editor returns the script of the definition editor as an inline element.
func (v view) Editor() template.HTML { return template.HTML("<script>" + editor + "</script>") } //nolint:gosec // our own file
