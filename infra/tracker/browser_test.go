package main_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// The tests of pages use a real browser, on a tracker with the model project.

var update = flag.Bool("update", false, "write the screenshots of docs/screenshots anew")

const (
	noBrowser = `a browser is missing:

apt-get install -y chromium

(or another Chromium or Chrome, found in the path or named by TRACKER_TEST_BROWSER)`

	noAxe = `axe-core, the accessibility checker, is missing:

npm install --prefix .ci/cache/axe-core axe-core@4.14.1

(or another place of its axe.min.js, named by TRACKER_TEST_AXE)`
)

// lacking skips a test whose requirements are missing; with REQUIRE_ALL it fails.
func lacking(t *testing.T, howTo string) {
	t.Helper()
	if os.Getenv("REQUIRE_ALL") != "" {
		t.Fatal(howTo)
	}
	t.Skip(howTo)
}

// sharedBrowser is the browser of all tests of pages; each of their visitors has a profile of its own in it.
var sharedBrowser = struct {
	start func() (context.Context, error) // the same browser each time
	close func()                          // may be called whether or not it was started
	tests chan struct{}                   // one place for each test that may use it at a time
}{tests: make(chan struct{}, 4)}

var errNoBrowser = errors.New("no browser is installed")

// prepareBrowser lets the first test that needs the shared browser start it, with its files below a directory.
func prepareBrowser(dir string) {
	sharedBrowser.close = func() {}
	sharedBrowser.start = sync.OnceValues(func() (context.Context, error) {
		browser, end, err := startBrowser(filepath.Join(dir, "browser"), "en")
		if err == nil {
			sharedBrowser.close = end
		}
		return browser, err
	})
}

// launch returns the shared browser once fewer than the most tests use it. The test may use it until it ends.
func launch(t *testing.T) context.Context {
	t.Helper()
	browser, err := sharedBrowser.start()
	canStart(t, err)
	sharedBrowser.tests <- struct{}{}
	t.Cleanup(func() { <-sharedBrowser.tests })
	return browser
}

// launchIn starts a browser of the test's own, with a user interface in a language.
func launchIn(t *testing.T, language string) context.Context {
	t.Helper()
	browser, end, err := startBrowser(t.TempDir(), language)
	canStart(t, err)
	t.Cleanup(end)
	return browser
}

// canStart ends a test whose browser did not start.
func canStart(t *testing.T, err error) {
	t.Helper()
	switch {
	case errors.Is(err, errNoBrowser):
		lacking(t, noBrowser)
	case err != nil:
		t.Fatalf("the browser does not start: %v", err)
	}
}

// startBrowser starts a headless browser with a user interface in a language, and returns what ends it. The error is
// errNoBrowser if there is none.
func startBrowser(dir, language string) (context.Context, func(), error) {
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}
	if named := os.Getenv("TRACKER_TEST_BROWSER"); named != "" {
		names = []string{named}
	}
	var file string
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			file = found
			break
		}
	}
	if file == "" {
		return nil, nil, errNoBrowser
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(file), chromedp.UserDataDir(dir),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("headless", "new"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Env("LANGUAGE="+language))
	allocated, end := chromedp.NewExecAllocator(context.Background(), options...)
	browser, _ := chromedp.NewContext(allocated)
	if err := chromedp.Do(browser); err != nil {
		end()
		return nil, nil, err
	}
	return browser, func() {
		ctx, stop := context.WithTimeout(browser, patience)
		defer stop()
		if err := chromedp.Cancel(ctx); err != nil {
			fmt.Fprintf(os.Stderr, "closing the browser: %v\n", err)
		}
		end()
	}, nil
}

// visitEach runs tasks side by side as parallel subtests, each with a visitor of its own to a tracker.
func visitEach(t *testing.T, s *tracker, tasks map[string]func(*testing.T, *visitor)) {
	t.Helper()
	for name, task := range tasks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task(t, visit(t, launch(t), s))
		})
	}
}

// attention bounds each wait of a visitor.
const attention = patience

// Widths of pages in tests: a small telephone and a desktop screen.
const (
	narrow = 360
	wide   = 1280
)

// visitor is a person who uses a browser.
type visitor struct {
	t     *testing.T
	ctx   context.Context
	base  string
	width int64

	mu       sync.Mutex
	wrong    []string // what should not have happened since it was last asked
	requests []string // what the present page needed
	status   int64    // the present page's
}

// visit returns a visitor with a new profile: no history, no cookies.
func visit(t *testing.T, browser context.Context, s *tracker) *visitor {
	t.Helper()
	tab, leave := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(leave)
	v := &visitor{t: t, base: s.base}
	if err := chromedp.Listen(tab, v.hear); err != nil {
		t.Fatal(err)
	}
	v.ctx = tab
	v.size(wide)
	t.Cleanup(func() { v.calm() })
	return v
}

// hear records events of the browser.
func (v *visitor) hear(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	wrong := func(format string, args ...any) { v.wrong = append(v.wrong, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument {
			v.requests = nil
		}
		if strings.HasPrefix(e.Request.URL, "http") && e.Type != network.ResourceTypeXHR && e.Type != network.ResourceTypeFetch && e.Type != network.ResourceTypePreflight {
			v.requests = append(v.requests, e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			v.status = e.Response.Status
		} else if e.Response.Status >= http.StatusBadRequest && !(e.Response.Status == http.StatusUnprocessableEntity && strings.HasSuffix(e.Response.URL, "/definition?dry_run=1&preview=0")) {
			// The editor asks what is wrong with a definition; all else that a page asks for has to be there.
			wrong("%s is answered with %d", e.Response.URL, e.Response.Status)
		}
	case *log.EventEntryAdded:
		// The status of a page is looked at for itself.
		if e.Entry.Source != log.EntrySourceNetwork || !strings.Contains(e.Entry.Text, "the server responded with a status of") {
			wrong("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		wrong("the console says %s", e.Type)
	case *runtime.EventExceptionThrown:
		wrong("an exception: %s", e.ExceptionDetails.Text)
	case *page.EventJavascriptDialogOpening:
		wrong("a dialog opens: %s", e.Message)
	}
}

// calm checks that nothing went wrong since the last call.
func (v *visitor) calm() {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, what := range v.wrong {
		v.t.Error(what)
	}
	v.wrong = nil
}

// forget discards what went wrong so far.
func (v *visitor) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.wrong = nil
}

// do runs actions in the browser.
func (v *visitor) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, stop := context.WithTimeout(v.ctx, attention)
	defer stop()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.fail("%s: %v", what, err)
	}
}

// fail ends the test and logs what is on the screen.
func (v *visitor) fail(format string, args ...any) {
	v.t.Helper()
	ctx, stop := context.WithTimeout(v.ctx, 5*time.Second)
	defer stop()
	shown, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if len(shown) > 2500 {
		shown = shown[:2500] + "…"
	}
	v.calm()
	v.t.Fatalf(format+"\n%s", append(args, shown)...)
}

// command sends the browser a command of its protocol.
func command[P, R any](v *visitor, c cdp.Command[P, R], params P) {
	v.t.Helper()
	if _, err := chromedp.Call(v.ctx, c, params); err != nil {
		v.t.Fatalf("%s: %v", c.Method, err)
	}
}

// look evaluates an expression of JavaScript on the current page, even if the page has JavaScript disabled.
func look[T any](v *visitor, expression string) T {
	v.t.Helper()
	ctx, stop := context.WithTimeout(v.ctx, attention)
	defer stop()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("%.200s: %v", expression, err)
	}
	return got
}

func (v *visitor) size(width int64) {
	v.t.Helper()
	v.width = width
	command(v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1, Mobile: width == narrow})
}

// withoutScript disables JavaScript.
func (v *visitor) withoutScript() *visitor {
	v.t.Helper()
	command(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	return v
}

// comes runs actions that open another page, and checks its status and what every page must satisfy.
func (v *visitor) comes(what string, status int64, steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, stop := context.WithTimeout(v.ctx, attention)
	defer stop()
	if _, err := chromedp.RunResponse(ctx, steps...); err != nil {
		v.fail("%s: %v", what, err)
	}
	v.isWhole(what, status)
}

// isWhole checks what every page must satisfy: small, within the screen, without unreplaced placeholders.
func (v *visitor) isWhole(what string, status int64) {
	v.t.Helper()
	v.mu.Lock()
	requests, got := slices.Clone(v.requests), v.status
	v.mu.Unlock()
	if got != status {
		v.fail("%s: %d, want %d", what, got, status)
	}
	if len(requests) > 2 {
		v.t.Errorf("%s: the page needs %v", what, requests)
	}
	shown := look[struct {
		Bytes, Width   int64
		Language, Text string
		Foreign        int
	}](v, `(() => {
		const needed = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].filter((e) => !["fetch", "xmlhttprequest"].includes(e.initiatorType));
		return {Bytes: needed.reduce((sum, e) => sum + e.decodedBodySize, 0), Width: document.documentElement.scrollWidth, Language: document.documentElement.lang,
			Text: document.title + " " + document.body.innerText, Foreign: document.querySelectorAll("[data-foreign]").length};
	})()`)
	most := int64(60_000)
	if shown.Language == "uk" {
		most = 70_000 // a letter takes two bytes
	}
	if shown.Bytes > most || shown.Bytes < 1000 {
		v.t.Errorf("%s: the page weighs %d bytes", what, shown.Bytes)
	}
	if shown.Width > v.width {
		v.t.Errorf("%s: the page is %d pixels wide on a screen of %d", what, shown.Width, v.width)
	}
	if shown.Foreign > 0 {
		v.t.Errorf("%s: what was typed became a part of the page", what)
	}
	for _, bad := range []string{"<no value>", "undefined", "{{", "%!", "&lt;", "&#"} {
		if strings.Contains(shown.Text, bad) {
			v.t.Errorf("%s: the page says %q", what, bad)
		}
	}
	v.calm()
}

// open opens the page at an address.
func (v *visitor) open(path string) *visitor {
	v.t.Helper()
	v.comes(path, http.StatusOK, chromedp.Navigate(v.base+path))
	return v
}

// link finds a link by its text, and button a button. Non-breaking spaces count as spaces.
func link(words string) chromedp.Search { return element("a", words) }

func button(words string) chromedp.Search { return element("button", words) }

func element(name, words string) chromedp.Search {
	return chromedp.Search(fmt.Sprintf(`//%s[normalize-space(translate(., "%s", "  "))=%q]`, name, "\u00a0\u202f", words))
}

// follow clicks a link that opens another page; press clicks a button that does.
func (v *visitor) follow(words string) *visitor {
	v.t.Helper()
	v.comes("the link "+words, http.StatusOK, chromedp.Click(link(words)))
	return v
}

func (v *visitor) press(words string) *visitor {
	v.t.Helper()
	return v.pressFor(http.StatusOK, words)
}

func (v *visitor) pressFor(status int64, words string) *visitor {
	v.t.Helper()
	v.comes("the button "+words, status, chromedp.Click(button(words)))
	return v
}

// click clicks an element that does not leave the page.
func (v *visitor) click(selector string) *visitor {
	v.t.Helper()
	v.do("click on "+selector, chromedp.Click(chromedp.CSS(selector)))
	return v
}

// fill replaces the text of a field; choose selects an option of a list.
func (v *visitor) fill(name, text string) *visitor {
	v.t.Helper()
	field := fmt.Sprintf(`main [name=%q]`, name)
	v.do("the field "+name, chromedp.Focus(chromedp.CSS(field)))
	if look[bool](v, fmt.Sprintf(`(() => { const f = document.querySelector(%q); if (f.type === "date" || f.type === "datetime-local") { f.value = %q; return false; } f.select(); return true; })()`, field, text)) {
		command(v, input.InsertText, input.InsertTextParams{Text: text})
	}
	return v
}

func (v *visitor) choose(name, value string) *visitor {
	v.t.Helper()
	v.do("the choice "+name, chromedp.SetValue(chromedp.CSS(fmt.Sprintf(`main select[name=%q]`, name)), value))
	return v
}

// tick selects a radio button or a checkbox.
func (v *visitor) tick(name, value string) *visitor {
	v.t.Helper()
	return v.click(fmt.Sprintf(`main input[name=%q][value=%q]`, name, value))
}

// keys sends keys to the focused element.
func (v *visitor) keys(keys ...string) *visitor {
	v.t.Helper()
	for _, k := range keys {
		v.do("typing", chromedp.KeyEvent(k))
	}
	return v
}

// on waits until a field has the focus.
func (v *visitor) on(name string) *visitor {
	v.t.Helper()
	v.until("the focus is on "+name, fmt.Sprintf(`document.activeElement?.name === %q`, name))
	return v
}

// text returns the text of an element; value returns the value of a field.
func (v *visitor) text(selector string) string {
	v.t.Helper()
	return look[string](v, fmt.Sprintf(`(document.querySelector(%q)?.innerText ?? "").trim()`, selector))
}

func (v *visitor) value(name string) string {
	v.t.Helper()
	return look[string](v, fmt.Sprintf(`(() => { const all = [...document.querySelectorAll("main [name=%s]")]; const one = all.length > 1 ? all.find((e) => e.checked) : all[0]; return one?.value ?? ""; })()`, name))
}

// allWords returns the text of the page, with each run of white space as one space.
const allWords = `document.body.innerText.replace(/\s+/g, " ")`

// sees waits until the page contains words.
func (v *visitor) sees(words ...string) *visitor {
	v.t.Helper()
	for _, w := range words {
		v.until("seeing "+w, fmt.Sprintf(`%s.includes(%q)`, allWords, w))
	}
	return v
}

// seesNot checks that the page does not contain words.
func (v *visitor) seesNot(words ...string) *visitor {
	v.t.Helper()
	for _, w := range words {
		if look[bool](v, fmt.Sprintf(`%s.includes(%q)`, allWords, w)) {
			v.fail("the page says %q", w)
		}
	}
	return v
}

// until polls until a condition holds, across page loads.
func (v *visitor) until(what, condition string) {
	v.t.Helper()
	ctx, stop := context.WithTimeout(v.ctx, attention)
	defer stop()
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for {
		if holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](condition)); err == nil && holds {
			return
		}
		select {
		case <-ctx.Done():
			v.fail("waited in vain: %s", what)
		case <-tick.C:
		}
	}
}

// signIn signs in with a role, and returns to an address.
func (v *visitor) signIn(role, to string) *visitor {
	v.t.Helper()
	v.open("/auth/sign-in?" + url.Values{"to": {to}}.Encode())
	v.comes("signing in as "+role, http.StatusOK, chromedp.Click(chromedp.CSS(fmt.Sprintf(`button[name=role][value=%q]`, role))))
	return v
}

// axe returns the source of axe-core, the accessibility checker.
func axe(t *testing.T) string {
	t.Helper()
	file := cmp.Or(os.Getenv("TRACKER_TEST_AXE"), filepath.Join("..", "..", ".ci", "cache", "axe-core", "node_modules", "axe-core", "axe.min.js"))
	source, err := os.ReadFile(file)
	if err != nil {
		lacking(t, noAxe)
	}
	return string(source)
}

// isOpenTo checks that axe-core has no findings on the current page.
func (v *visitor) isOpenTo(source string) {
	v.t.Helper()
	look[any](v, source+";0")
	found := look[[]string](v, `axe.run(document, {resultTypes: ["violations"], preload: false}).then((r) => r.violations.map((one) => one.id + ": " + one.nodes.map((n) => n.target.join(" ") + " – " + n.failureSummary).join("; ")))`)
	for _, one := range found {
		v.t.Errorf("%s at %d pixels: axe finds %s", look[string](v, "location.pathname"), v.width, one)
	}
}

var mediaBox = regexp.MustCompile(`/MediaBox ?\[0 0 ([0-9.]+) ([0-9.]+)\]`)

// printed returns the number of A4 pages of the current page in print.
func (v *visitor) printed() int {
	v.t.Helper()
	boxes := mediaBox.FindAllSubmatch(v.paper(), -1)
	for _, box := range boxes {
		if w, h := string(box[1]), string(box[2]); !strings.HasPrefix(w, "59") || !strings.HasPrefix(h, "84") {
			v.t.Errorf("the paper is %s by %s points", w, h)
		}
	}
	return len(boxes)
}

// paper returns the current page as it is printed.
func (v *visitor) paper() []byte {
	v.t.Helper()
	ctx, stop := context.WithTimeout(v.ctx, attention)
	defer stop()
	paper, err := chromedp.Run(ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground()))
	if err != nil {
		v.t.Fatal(err)
	}
	return paper
}

// picture writes a screenshot of the current page, with -update.
func (v *visitor) picture(name string) {
	v.t.Helper()
	if !*update {
		return
	}
	ctx, stop := context.WithTimeout(v.ctx, attention)
	defer stop()
	shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		v.t.Fatal(err)
	}
	shown, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		v.t.Fatal(err)
	}
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&file, plain(shown)); err != nil {
		v.t.Fatal(err)
	}
	folder := filepath.Join("..", "..", "docs", "screenshots")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), file.Bytes(), 0o644); err != nil {
		v.t.Fatal(err)
	}
}

// plain returns a picture with at most 256 colours where similar shades allow that, which takes a third of the bytes.
func plain(shown image.Image) image.Image {
	bounds := shown.Bounds()
	few := image.NewPaletted(bounds, nil)
	known := map[color.RGBA]uint8{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			r, g, b, _ := shown.At(x, y).RGBA()
			c := color.RGBA{coarse(r), coarse(g), coarse(b), 255}
			at, found := known[c]
			if !found {
				if len(few.Palette) == 256 {
					return shown
				}
				at = uint8(len(few.Palette))
				known[c], few.Palette = at, append(few.Palette, c)
			}
			few.SetColorIndex(x, y, at)
		}
	}
	return few
}

// coarse keeps five bits of a colour component, and white and black exactly.
func coarse(part uint32) uint8 { return uint8((part >> 11) * 255 / 31) }
