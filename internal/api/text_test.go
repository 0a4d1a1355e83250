package api

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestPageText(t *testing.T) {
	for page, want := range map[string]string{
		"":                                    "",
		"plain":                               "plain",
		"<p>a</p><p>b":                        "a b",
		"<!-- <p>no</p> -->yes<!-- open":      "yes",
		"<STYLE>no</STYLE >yes<script>no":     "yes",
		"<p>1 &lt; 2 &amp; 3</p>":             "1 < 2 & 3",
		"a<":                                  "a",
		"<p title='x":                         "",
		"\x00\x01<p>a\u202eb\r\n\t c\xff</p>": "a b c",
	} {
		require.Equal(t, want, printable(htmlText(page)), "%q", page)
	}
}

func TestSummaryIsShort(t *testing.T) {
	for _, body := range []string{strings.Repeat("x", 1<<16), strings.Repeat("é ", 1<<16), strings.Repeat("<p>x", 1<<16), strings.Repeat("\xff", 1<<16)} {
		text := summary(200, http.Header{}, []byte(body))
		require.Less(t, len(text), maxQuoted+150)
		require.True(t, utf8.ValidString(text))
	}
}

func FuzzSummary(f *testing.F) {
	f.Add("text/html", []byte("<title>x</title><script><!-- </script>y&amp;"))
	f.Add("application/json", []byte(`{"a":`))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		text := summary(502, http.Header{"Content-Type": {contentType}}, body)
		if len(text) > 5*maxQuoted+200+len(contentType) || strings.ContainsAny(text, "\r\n\x00") {
			t.Fatalf("%q", text)
		}
		(&failure{body: body}).messages()
		sqliteCodes(string(body))
	})
}
