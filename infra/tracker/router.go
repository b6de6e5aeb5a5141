package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"outreach/internal/web"
)

// router hands each address to the function that the template gives it to, as the HTTP API does.
type router struct{ fixed, projects *http.ServeMux }

func newRouter(functions []function, handlers map[string]http.Handler) (*router, error) {
	r := &router{fixed: http.NewServeMux(), projects: http.NewServeMux()}
	for _, f := range functions {
		for _, at := range f.Routes {
			handler, ok := handlers[f.Name]
			if !ok {
				return nil, fmt.Errorf("template: %s answers %s %s, and the local stack has no such handler", f.Name, at.Method, at.Path)
			}
			if at.Path == defaultRoute {
				r.fixed.Handle("/", handler)
				r.projects.Handle("/", handler)
				continue
			}
			r.mux(at.Path).Handle(pattern(at), handler)
		}
	}
	return r, nil
}

// pattern writes a route as net/http does.
func pattern(at route) string {
	path := strings.Replace(at.Path, "+}", "...}", 1)
	if path == "/" {
		path = "/{$}"
	}
	if at.Method == "ANY" {
		return path
	}
	return at.Method + " " + path
}

func (r *router) mux(path string) *http.ServeMux {
	if strings.HasPrefix(path, "/{project}") {
		return r.projects
	}
	return r.fixed
}

func (r *router) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	first, _, _ := strings.Cut(strings.TrimPrefix(q.URL.Path, "/"), "/")
	if first == "" || slices.Contains(web.Reserved, first) {
		r.fixed.ServeHTTP(w, q)
		return
	}
	r.projects.ServeHTTP(w, q)
}
