package subscriptions

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Reasons why a webhook was not taken, beside the status of the answer.
const (
	TimedOut    = "timeout"     // no complete answer in time
	Unreachable = "unreachable" // no such name, no connection, or no trusted certificate
	Redirected  = "redirect"    // answered with a redirect, which is not followed
	NotPublic   = "not_public"  // the name stands for an address that is not public
)

// Wants reports whether a subscription asks for a type of event.
func (s Subscription) Wants(event string) bool { return slices.Contains(s.Events, event) }

// number matches a name whose last label is a number, which no name on the internet has.
var number = regexp.MustCompile(`(^|\.)([0-9]+|0[xX][0-9a-fA-F]*)\.?$`)

// longestURL bounds the address of a subscription, in bytes.
const longestURL = 2000

// lookUpTime bounds the look-up of a name.
const lookUpTime = 2 * time.Second

// CheckURL reports whether webhooks may be sent to an address: https, without a user, of a name that does not stand for
// a private address now. It is checked again at each connection: this check is for who types the address. A name that
// cannot be looked up is taken.
func (s *Store) CheckURL(ctx context.Context, address string) bool {
	at, err := url.Parse(address)
	if err != nil || len(address) > longestURL || at.Host == "" || at.Hostname() == "" || at.User != nil || at.Fragment != "" || strings.ContainsAny(address, " \t\r\n") {
		return false
	}
	if s.Insecure {
		return at.Scheme == "https" || at.Scheme == "http"
	}
	if at.Scheme != "https" {
		return false
	}
	if name := at.Hostname(); number.MatchString(name) { // an address of IPv4, perhaps in one of its older forms
		a, err := netip.ParseAddr(name)
		return err == nil && IsPublic(a)
	}
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", at.Hostname())
	return err != nil || !slices.ContainsFunc(addresses, func(a netip.Addr) bool { return !IsPublic(a) })
}

// special are ranges of addresses, beside private, loopback, link-local and multicast ones, that are not on the public
// internet, or stand for other addresses (IANA's registries of special-purpose addresses).
var special = func() (all []netip.Prefix) {
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	} {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}()

// global has all unicast addresses of IPv6 that are given out.
var global = netip.MustParsePrefix("2000::/3")

// IsPublic reports whether an address is on the public internet. An address of IPv4 that is written as one of IPv6 is
// judged as it is.
func IsPublic(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || a.Zone() != "" || !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && !global.Contains(a) {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}
