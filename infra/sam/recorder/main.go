// Command recorder is a proxy between the deployed functions and the emulator of AWS. It forwards requests unchanged,
// and records which permissions they need, so that the permissions of a function can be compared with those that it
// uses.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"sync"
	"time"
)

func main() {
	address := flag.String("addr", "127.0.0.1:0", "address to listen on")
	to := flag.String("to", "", "where requests are passed on to")
	file := flag.String("calls", "", "file that the calls are written to, one a line")
	flag.Parse()
	if err := run(*address, *to, *file); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(address, to, file string) error {
	target, err := url.Parse(to)
	if err != nil || target.Host == "" {
		return fmt.Errorf("-to %q: want a URL", to)
	}
	out, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	server := &http.Server{Addr: address, Handler: recorder(target, out), ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

type bodyKey struct{}

// recorder forwards requests with the host that they were signed for. It writes the permissions to out before they are
// answered.
func recorder(target *url.URL, out io.Writer) http.Handler {
	var mu sync.Mutex
	proxy := &httputil.ReverseProxy{
		Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 50},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(response *http.Response) error {
			body, _ := response.Request.Context().Value(bodyKey{}).([]byte)
			asked, err := calls(response.Request, body, response.StatusCode)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			for _, call := range asked {
				if err := json.NewEncoder(out).Encode(call); err != nil {
					return err
				}
			}
			return nil
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isFile(r) { // requests to the other services have their parameters in the body
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			r = r.WithContext(context.WithValue(r.Context(), bodyKey{}, body))
		}
		proxy.ServeHTTP(w, r)
	})
}
