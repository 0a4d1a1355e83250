package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Tokens that change when they are escaped, and one that is no secret's length.
var tokens = []string{testToken, `we"ird\<&+/%tokenvalue-1234`, "shorty"}

func TestTokenIsNeverPrinted(t *testing.T) {
	for _, token := range tokens {
		o := Options{Endpoint: "http://localhost:1", AccountID: testAccount, Token: token}
		c, err := New(o)
		require.NoError(t, err)
		for name, v := range map[string]any{
			"Options": o, "*Options": &o, "Client": *c, "*Client": c, "slice": []any{o, c}, "map": map[string]Options{"a": o},
			"struct": struct{ O Options }{o}, "pointer": struct{ C *Client }{c}, "hidden client": struct{ c *Client }{c}, "hidden value": struct{ c Client }{*c},
		} {
			for _, verb := range []string{"v", "+v", "#v", "s", "q", "x", "X", "d", "t", "T", "p", "e", "5.1v", "Z"} {
				if verb == "p" && reflect.TypeOf(v).Kind() != reflect.Pointer {
					continue // fmt calls no methods here, and go vet forbids it
				}
				shown := fmt.Sprintf("%"+verb, v)
				requireHidden(t, token, shown, name+" "+verb)
			}
			var b bytes.Buffer
			slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", v)
			slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
			text, err := json.Marshal(v)
			require.NoError(t, err)
			requireHidden(t, token, b.String()+string(text), name)
		}
	}
	require.Equal(t, "api.Client{}", fmt.Sprint(Client{}))
	require.Contains(t, fmt.Sprint(Options{}), "Token:none")
}

func requireHidden(t *testing.T, token, text, where string) {
	t.Helper()
	quoted := fmt.Sprintf("%q", token)
	for _, form := range []string{token, fmt.Sprintf("%x", token), quoted[1 : len(quoted)-1], html.EscapeString(token), url.QueryEscape(token), url.PathEscape(token)} {
		require.NotContains(t, strings.ToLower(text), strings.ToLower(form), where)
	}
}

// Servers, proxies and transports that echo the token.
func TestTokenIsScrubbedFromErrors(t *testing.T) {
	echo := func(status int, contentType, format string, escape func(string) string) func(string) http.RoundTripper {
		return func(token string) http.RoundTripper {
			return roundTripper(func(*http.Request) (*http.Response, error) {
				return &http.Response{
					StatusCode: status,
					Header:     http.Header{"Content-Type": {contentType}, "Cf-Ray": {token}, "Location": {"https://" + url.PathEscape(token) + ".example/"}},
					Body:       io.NopCloser(strings.NewReader(fmt.Sprintf(format, escape(token)))),
				}, nil
			})
		}
	}
	plain := func(s string) string { return s }
	asJSON := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	fails := func(wrap func(token string) error) func(string) http.RoundTripper {
		return func(token string) http.RoundTripper {
			return roundTripper(func(*http.Request) (*http.Response, error) { return nil, wrap(token) })
		}
	}
	const jsonType = "application/json"
	for name, transport := range map[string]func(string) http.RoundTripper{
		"page":         echo(502, "text/html", "<p>Bearer %s</p>", plain),
		"escaped page": echo(502, "text/html", "<p>Bearer %s</p>", html.EscapeString),
		"text":         echo(200, "text/plain", "Bearer %s", plain),
		"query":        echo(200, "text/plain", "https://x/?token=%s", url.QueryEscape),
		"redirect":     echo(302, "text/plain", "%s", plain),
		"API message":  echo(401, jsonType, `{"success":false,"errors":[{"code":10000,"message":%s}]}`, asJSON),
		"200 message":  echo(200, jsonType, `{"success":false,"errors":[{"code":10000,"message":%s}]}`, asJSON),
		"broken JSON":  echo(200, jsonType, `{"success":true,"result":%s}`, asJSON),
		"error":        fails(func(token string) error { return errors.New("bad header Bearer " + token) }),
		"URL error": fails(func(token string) error {
			return &url.Error{Op: "Post", URL: "https://x/?t=" + token, Err: errors.New("broken")}
		}),
		"wrapped URL error": fails(func(token string) error {
			return fmt.Errorf("outer: %w", &url.Error{Op: "Post", URL: "https://x/?t=" + token, Err: io.ErrUnexpectedEOF})
		}),
		"error with a field": fails(func(token string) error { return &fieldError{token} }),
		"canceled":           fails(func(token string) error { return fmt.Errorf("%s: %w", token, context.Canceled) }),
	} {
		for _, token := range tokens {
			t.Run(name+"/"+token[:3], func(t *testing.T) {
				c, _ := newClient(t, "", func(o *Options) { o.Token, o.Transport, o.MaxAttempts = token, transport(token), 2 })
				err := read(c, t.Context())
				if name == "canceled" {
					require.ErrorIs(t, err, context.Canceled)
				}
				for e := err; e != nil; e = errors.Unwrap(e) {
					for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
						requireHidden(t, token, fmt.Sprintf(verb, e), verb)
					}
				}
				text, marshalError := json.Marshal(err)
				require.NoError(t, marshalError)
				requireHidden(t, token, string(text), "JSON")
			})
		}
	}
}

type fieldError struct{ secret string }

func (*fieldError) Error() string { return "something" }

// A short token may well be a word of an SQL error.
func TestEngineMessageIsExact(t *testing.T) {
	const message = `unrecognized token: "token": SQLITE_ERROR`
	server := scripted(t, respond(400, fmt.Sprintf(`{"success":false,"errors":[{"code":7500,"message":%q}]}`, message)))
	c, _ := newClient(t, server.URL, func(o *Options) { o.Token = "token" })
	require.Equal(t, message, failed(t, write(c, t.Context())).Message)
}

func TestOptions(t *testing.T) {
	valid := Options{AccountID: testAccount, Token: testToken}
	for name, test := range map[string]struct {
		set func(*Options)
		err string // "" is valid
	}{
		"defaults":             {func(o *Options) {}, ""},
		"trailing slash":       {func(o *Options) { o.Endpoint = "https://x.example/base/" }, ""},
		"localhost":            {func(o *Options) { o.Endpoint = "http://LOCALHOST:8787" }, ""},
		"127.0.0.1":            {func(o *Options) { o.Endpoint = "http://127.0.0.1:8787/client/v4" }, ""},
		"127.8.8.8":            {func(o *Options) { o.Endpoint = "http://127.8.8.8" }, ""},
		"::1":                  {func(o *Options) { o.Endpoint = "http://[::1]:80" }, ""},
		"http":                 {func(o *Options) { o.Endpoint = "http://api.cloudflare.com" }, "unencrypted"},
		"http to a look-alike": {func(o *Options) { o.Endpoint = "http://localhost.example" }, "unencrypted"},
		"http to 128":          {func(o *Options) { o.Endpoint = "http://128.0.0.1" }, "unencrypted"},
		"ftp":                  {func(o *Options) { o.Endpoint = "ftp://localhost" }, "https://"},
		"no scheme":            {func(o *Options) { o.Endpoint = "api.cloudflare.com" }, "absolute"},
		"opaque":               {func(o *Options) { o.Endpoint = "https:api" }, "absolute"},
		"no host":              {func(o *Options) { o.Endpoint = "https://:443/x" }, "absolute"},
		"user":                 {func(o *Options) { o.Endpoint = "https://user@x.example" }, "user"},
		"query":                {func(o *Options) { o.Endpoint = "https://x.example/?a=b" }, "query"},
		"empty query":          {func(o *Options) { o.Endpoint = "https://x.example/?" }, "query"},
		"fragment":             {func(o *Options) { o.Endpoint = "https://x.example/#" }, "fragment"},
		"no URL":               {func(o *Options) { o.Endpoint = "https://us er:" + testToken + "@x/%zz" }, "not a URL"},
		"no account":           {func(o *Options) { o.AccountID = "" }, "account"},
		"account with a slash": {func(o *Options) { o.AccountID = "a/../b" }, "account"},
		"account with a dot":   {func(o *Options) { o.AccountID = ".." }, "account"},
		"long account":         {func(o *Options) { o.AccountID = strings.Repeat("a", 65) }, "account"},
		"no token":             {func(o *Options) { o.Token = "" }, "token"},
		"token with a space":   {func(o *Options) { o.Token = testToken + " " }, "at byte 36"},
		"token with a newline": {func(o *Options) { o.Token = testToken + "\r\nX: y" }, "at byte 36"},
		"token not ASCII":      {func(o *Options) { o.Token = testToken + "é" }, "at byte 36"},
		"attempts":             {func(o *Options) { o.MaxAttempts = -1 }, "MaxAttempts"},
	} {
		t.Run(name, func(t *testing.T) {
			o := valid
			test.set(&o)
			c, err := New(o)
			if test.err == "" {
				require.NoError(t, err)
				require.True(t, strings.HasSuffix(c.base.String(), "/accounts/"+testAccount), c.base)
				require.NotContains(t, c.base.Path, "//")
				return
			}
			e := failed(t, err)
			require.Equal(t, KindConfig, e.Kind)
			require.Equal(t, OutcomeNotRun, e.Outcome)
			require.ErrorContains(t, err, test.err)
			require.NotContains(t, err.Error(), testToken)
		})
	}
}
