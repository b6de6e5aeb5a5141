package definition

import (
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// origin matches an origin as browsers send it: https, a host in lower case, and a port that is not the usual one.
// Whatever it matches can stand in a Content-Security-Policy: it has no space, quote, comma, semicolon or wildcard.
var origin = lazily(`^https://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[1-9][0-9]{0,4})?$`)

// embed reads the origins of sites that may show the sign-up form in a frame and send to it.
func (o object) embed() []string {
	var out []string
	seen := map[string]int{}
	o.each("embed", mostOrigins, func(n *node, path string) {
		value, ok := o.scalar(n, path)
		if !ok {
			return
		}
		want := asOrigin(value)
		first, repeats := seen[value]
		switch {
		case strings.Contains(value, "*"):
			o.report(n, path, wrongForm, noWildcard(value))
		case want == "":
			o.report(n, path, wrongForm, wantOrigin(value))
		case want != value:
			o.report(n, path, wrongForm, writeOrigin(value, want))
		case repeats:
			o.report(n, path, repeated, valueTwice("embed", value, first))
		default:
			seen[value] = n.line
			out = append(out, value)
		}
	})
	return out
}

// asOrigin returns the origin that the address of a web page has when it is served by https, as browsers send it; ""
// for a text that is no such address.
func asOrigin(address string) string {
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	at, err := url.Parse(address)
	if err != nil || !strings.EqualFold(at.Scheme, "https") && !strings.EqualFold(at.Scheme, "http") || len(address) > longestName {
		return ""
	}
	host, err := idna.Lookup.ToASCII(at.Hostname())
	if err != nil {
		return ""
	}
	out := "https://" + strings.TrimSuffix(host, ".")
	if port := at.Port(); port != "" && port != "443" && !(port == "80" && strings.EqualFold(at.Scheme, "http")) {
		out += ":" + port
	}
	if !origin().MatchString(out) {
		return ""
	}
	return out
}
