package send

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"outreach/internal/subscriptions"
)

// errNotPublic reports that a name stands for an address that is not on the public internet.
var errNotPublic = errors.New("not a public address")

// client returns a client that follows no redirect, uses no proxy and, unless insecure, connects to public addresses
// alone. The address is checked when it is connected to, whatever the name stood for before.
func client(insecure bool) *http.Client {
	dialer := &net.Dialer{Timeout: AttemptTime}
	if !insecure {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || !subscriptions.IsPublic(at.Addr()) {
				return errNotPublic
			}
			return nil
		}
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: AttemptTime, ResponseHeaderTimeout: AttemptTime, MaxResponseHeaderBytes: mostAnswer,
			DisableKeepAlives: true, DisableCompression: true, IdleConnTimeout: time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
