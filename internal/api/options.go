package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

const (
	DefaultEndpoint    = "https://api.cloudflare.com/client/v4"
	DefaultMaxAttempts = 4
	DefaultUserAgent   = "d1-go (github.com/d1go/d1)"
)

// Options says where the API is and how to use it. Printing it never shows
// the token.
type Options struct {
	Endpoint    string            // base URL; "" is DefaultEndpoint. Plain http only to a loopback host
	AccountID   string            // letters, digits, '-' and '_'
	Token       string            `json:"-"` // API token; visible ASCII
	Transport   http.RoundTripper `json:"-"` // nil: one made for D1, closed with the Client. A transport must not repeat a POST by itself
	UserAgent   string            // "" is DefaultUserAgent
	MaxAttempts int               // how often a request is sent at most; 0 is DefaultMaxAttempts, 1 never repeats
	Limiter     *Limiter          `json:"-"` // asked before each attempt; nil is no limit
	Logger      *slog.Logger      `json:"-"` // gets attempts and repetitions: no SQL, no values, no messages, no token; nil is no log
}

// Format implements [fmt.Formatter]: no verb shows the token.
func (o Options) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "api.Options{Endpoint:%q AccountID:%q Token:%s MaxAttempts:%d}", o.Endpoint, o.AccountID, shown(o.Token), o.MaxAttempts)
}

func shown(token string) string {
	if token == "" {
		return "none"
	}
	return redacted
}

// base returns the URL below which all endpoints of the account are.
func (o *Options) base() (*url.URL, error) {
	endpoint := o.Endpoint
	if endpoint == "" {
		endpoint = DefaultEndpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, configError("endpoint is not a URL") // the parser's error would quote it, with any password
	}
	switch {
	case u.Opaque != "" || u.Hostname() == "":
		return nil, configError("endpoint is not an absolute URL")
	case u.User != nil:
		return nil, configError("endpoint must not contain a user or a password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(endpoint, "#"):
		return nil, configError("endpoint must not contain a query or a fragment")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, configError("endpoint %s would send the token unencrypted: plain http is for loopback hosts only", u)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, configError("endpoint must start with https:// (or, on a loopback host, http://)")
	case !isID(o.AccountID):
		return nil, configError("account ID %q: want 1 to %d letters, digits, '-' or '_'", o.AccountID, maxID)
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/")+"/accounts/"+o.AccountID, ""
	return u, nil
}

func checkToken(token string) error {
	if token == "" {
		return configError("no API token")
	}
	for i := range len(token) {
		if token[i] <= ' ' || token[i] > '~' {
			return configError("the API token contains a character that no token has, at byte %d", i)
		}
	}
	return nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

const maxID = 64 // bytes; account IDs are 32 hexadecimal digits, database IDs are UUIDs

// isID reports whether s can stand in a path as it is.
func isID(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	for i := range len(s) {
		if !isIDByte(s[i]) {
			return false
		}
	}
	return true
}

func isIDByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// checkPath accepts what needs no escaping and can't lead elsewhere.
func checkPath(path string) error {
	previous := byte(0)
	for i := range len(path) {
		c := path[i]
		if !isIDByte(c) && c != '/' || c == '/' && previous == '/' {
			return configError("path %q: unexpected %q", path, c)
		}
		previous = c
	}
	if path == "" || path[0] != '/' || previous == '/' {
		return configError("path %q: want a slash at the start, and none at the end", path)
	}
	return nil
}
