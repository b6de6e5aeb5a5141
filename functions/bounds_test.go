package functions_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"outreach/functions"
	"outreach/internal/schema"
	"outreach/internal/web"
	"outreach/internal/web/webtest"
)

// largest are bodies as large as a request may be, in the shapes that cost most.
func largest() map[string]struct{ kind, body string } {
	fill := func(of func(i int) string) string {
		var b strings.Builder
		for i := 0; b.Len() < web.MostBody-40; i++ {
			b.WriteString(of(i))
		}
		return b.String()
	}
	const object, form, yaml = "application/json", "application/x-www-form-urlencoded", "application/yaml"
	keys := fill(func(i int) string { return fmt.Sprintf(`"k%06d":1,`, i) })
	return map[string]struct{ kind, body string }{
		"unknown keys":         {object, `{` + strings.TrimSuffix(keys[:strings.LastIndex(keys, `,"`)], ",") + `}`},
		"long unknown keys":    {object, `{` + fill(func(i int) string { return fmt.Sprintf(`"%s%d":1,`, strings.Repeat("<", 9000), i) }) + `"x":1}`},
		"nested objects":       {object, strings.Repeat(`{"a":`, web.MostBody/7) + "1" + strings.Repeat("}", web.MostBody/7)},
		"nested lists":         {object, `{"a":` + strings.Repeat("[", web.MostBody/2-10) + strings.Repeat("]", web.MostBody/2-10) + `}`},
		"a long list":          {object, `{"person":[` + strings.Repeat("{},", web.MostBody/3-20) + `{}]}`},
		"keys of a person":     {object, `{"person":{` + fill(func(i int) string { return fmt.Sprintf(`"k%06d":1,`, i) }) + `"x":1}}`},
		"a long text":          {object, `{"title":"` + strings.Repeat("<", web.MostBody-20) + `"}`},
		"a form's fields":      {form, strings.Repeat("a&", web.MostBody/2)},
		"other fields":         {form, fill(func(i int) string { return fmt.Sprintf("k%d=&", i) })},
		"a long field":         {form, "title=" + strings.Repeat("<", web.MostBody-20)},
		"long fields":          {form, fill(func(i int) string { return fmt.Sprintf("%s%d=1&", strings.Repeat("<", 9000), i) })},
		"YAML keys":            {yaml, fill(func(i int) string { return fmt.Sprintf("k%d: 1\n", i) })[:250<<10]},
		"YAML lists":           {yaml, "indicators: " + strings.Repeat("[", 100<<10)},
		"YAML aliases":         {yaml, "a: &a [x,x,x,x,x,x,x,x,x]\n" + fill(func(i int) string { return fmt.Sprintf("b%d: &b%d [*a,*a,*a,*a]\n", i, i) })[:200<<10]},
		"YAML of many errors":  {yaml, "indicators:\n" + strings.Repeat("  - {code: [], where: '((', of: x}\n", 5000)},
		"YAML of long unknown": {yaml, strings.Repeat("z", 200<<10) + ": 1\n"},
	}
}

// The largest body of the worst shape gets a small answer from every route, and takes memory in proportion to the body.
func TestTheLargestRequestsAreAnsweredInBounds(t *testing.T) {
	const mostAnswer, mostMemory = 256 << 10, 48 << 20
	tr := webtest.New(t, webtest.Definition, functions.All)
	id := tr.SignUp(t, "Ewa", "planting").ID
	output := tr.Send(t, webtest.Request{Path: "/outputs", As: "coordinator", JSON: map[string]any{"date": "2026-01-01", "kind": "leaflet", "quantity": 1, "title": "A"}}).Want(http.StatusCreated)
	var made struct{ ID string }
	output.Read(&made)
	bodies := largest()
	for _, route := range functions.All(tr.App) {
		if !strings.HasPrefix(route.Path, "/{project}/") || route.Method == http.MethodGet || route.Method == http.MethodDelete {
			continue
		}
		thing := id
		if strings.Contains(route.Path, "/outputs/") || strings.Contains(route.Path, "/records/") {
			thing = made.ID
		}
		path := strings.NewReplacer("{id}", thing, "{kind}", "output", "{activity}", "planting").Replace(strings.TrimPrefix(route.Path, "/{project}"))
		for name, largest := range bodies {
			for _, page := range []bool{false, true} {
				what := fmt.Sprintf("%s %s, %s, page %t", route.Method, path, name, page)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				got := tr.Send(t, webtest.Request{Method: route.Method, Path: path, As: "coordinator", Body: largest.body, Page: page, Header: map[string]string{"Content-Type": largest.kind}})
				runtime.ReadMemStats(&after)
				if size := got.Body.Len(); size > mostAnswer && !strings.Contains(name, "a long field") && !strings.HasSuffix(path, "/definition") {
					t.Errorf("%s: an answer of %d bytes, status %d", what, size, got.Code)
				}
				if size := got.Body.Len(); size > 8*web.MostBody {
					t.Errorf("%s: an answer of %d bytes, status %d", what, size, got.Code)
				}
				if used := after.TotalAlloc - before.TotalAlloc; used > mostMemory {
					t.Errorf("%s: %d MB allocated, status %d", what, used>>20, got.Code)
				}
				if got.Code == http.StatusInternalServerError {
					t.Errorf("%s: %s", what, got.Body)
				}
			}
		}
	}
}

// Of many problems an answer has a hundred, and a line with how many more there are.
func TestAnAnswerListsAHundredProblems(t *testing.T) {
	t.Parallel()
	tr := webtest.New(t, webtest.Definition, functions.All)
	body := map[string]any{"date": "2026-01-01", "kind": "leaflet", "quantity": 1, "title": "A"}
	for i := range 95_000 {
		body[fmt.Sprint("k", i)] = 1
	}
	got := tr.Send(t, webtest.Request{Path: "/outputs", As: "coordinator", JSON: body}).Want(http.StatusUnprocessableEntity)
	var problem struct {
		Errors []struct{ Field, Code, Message string }
	}
	got.Read(&problem)
	last := problem.Errors[len(problem.Errors)-1]
	if len(problem.Errors) != 101 || problem.Errors[0].Code != schema.UnknownField || last.Code != "more" || !strings.Contains(last.Message, "94,900") || got.Body.Len() > 64<<10 {
		t.Errorf("%d problems in %d bytes, the last %+v", len(problem.Errors), got.Body.Len(), last)
	}
	tr.Send(t, webtest.Request{Path: "/outputs?" + strings.Repeat("a&", 20_000), As: "coordinator"}).Want(http.StatusBadRequest)
	tr.Send(t, webtest.Request{Path: "/outputs?" + strings.Repeat("a&", 20_000), As: "coordinator", Page: true}).Want(http.StatusBadRequest)
}
