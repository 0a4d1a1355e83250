package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// wrap puts a row's cells into a complete response.
func wrap(columns int, rows string) string {
	names := strings.TrimSuffix(strings.Repeat(`"c",`, columns), ",")
	return fmt.Sprintf(`{"result":[{"results":{"columns":[%s],"rows":[%s]},"success":true,"meta":{}}],`+
		`"success":true,"errors":[],"messages":[]}`, names, rows)
}

// accepted are responses that mean what encoding/json says they mean.
var accepted = []string{
	`{"success":true}`,
	`{"success":true,"result":null}`,
	`{"success":true,"result":{}}`,
	`{"success":true,"result":[]}` + " \r\n\t",
	`{"success":true,"result":[null]}`,
	`{"success":true,"result":[{}]}`,
	`{"success":true,"result":[{"results":null,"meta":null},{"results":{}},{"meta":{"changes":1}}]}`,
	`{"result":[{"results":{"columns":[],"rows":[]},"success":true,"meta":{"changes":0}}],"success":true,"errors":[],"messages":[]}`,
	`{"messages":[],"errors":null,"success":true,"result":[{"meta":{"a":[1,{"b":null}]},"success":true,"error":null,"results":{"rows":[[1,"x"],[null,[1,2]]],"columns":["a","b"]}}]}`,
	`{"result":[{"results":{"rows":[]}}],"success":true}`,
	`{"result":[{"results":{"rows":null,"columns":["a"]}}],"success":true}`,
	`{"result":[{"results":{"columns":["a","a",""],"rows":[[1,2,3],[4,5,6]]}},{"results":{"columns":["b"],"rows":[["x"]]}}],"success":true}`,
	`{"resul\u0074":[{"results":{"columns":["\u00e4\""],"rows":[["\ud83d\ude00"]]}}],"success":true}`,
	`{"x":{"a":1,"b":[1,{}]},"success":true,"result":[{"error":""}]}`,
	`{"messages":[{"code":1,"message":"m","source":{"pointer":"p","x":1}},"text"],"success":true}`,
	`{"x":[[[]]],"y":{"z":{"success":false}},"n":-1.5e3,"t":true,"f":false,"s":"\"\\","success":true,"result":[{"x":{},"results":{"x":[],"columns":["c"],"y":"","rows":[[1]],"z":1}}]}`,
	" { \"success\" : true , \"result\" : [ { \"results\" : { \"columns\" : [ \"a\" , \"b\" ] , \"rows\" : [ [ 1 , [ 7 , 8 ] ] , [ \"\" , [ ] ] ] } } ] } ",
	wrap(0, `[],[]`),
	wrap(6, `[null,1,1.5,"text",[0,9,10,99,100,255],true],[false,-1,-1.5,"",[],null]`),
	wrap(1, `[9223372036854775807],[-9223372036854775808],[9223372036854775808],[-9223372036854775809],[9007199254740993]`),
	wrap(1, `[0],[-0],[-0.0],[0e5],[-0e-5],[0.1],[1e21],[-9223372036854776000],[1E+2],[1e-400],[5e-324],[1.7976931348623157e308]`),
	wrap(1, `[123456789012345678901234567890],[0.30000000000000004],[9007199254740993.0],[1.00000000000000000000000000000000001]`),
	wrap(1, `["\"\\\/\b\f\n\r\t\u0000\u20ac"],["\ud83d\ude00"],["\ud83d"],["\ude00"],["\ud83dx"],["\ud83d\ud83d\ude00"],["\ud83d\n"],["\u2028\u2029 `+"\u2028"+`"]`),
	wrap(1, "[\"a\xffb\"],[\"\xe2\x82\"],[\"\xff\xff\xff\xff\"],[\"\xed\xa0\x80\\n\"],[\"\xf0\x9f\x98\x80\"]"),
}

func TestDecode(t *testing.T) {
	for _, body := range accepted {
		want, err := reference([]byte(body))
		require.NoError(t, err, body)
		for name, r := range deliveries(body) {
			got, err := decode(r)
			require.NoError(t, err, "%s: %s", name, body)
			require.Equal(t, exact(want), exact(got), "%s: %s", name, body)
		}
	}
}

// deliveries are ways in which a network may hand over the same bytes.
func deliveries(body string) map[string]io.Reader {
	return map[string]io.Reader{
		"at once":       strings.NewReader(body),
		"byte by byte":  iotest.OneByteReader(strings.NewReader(body)),
		"halves":        iotest.HalfReader(strings.NewReader(body)),
		"data with EOF": iotest.DataErrReader(strings.NewReader(body)),
	}
}

func TestDecodeSyntaxErrors(t *testing.T) {
	tests := map[string]string{
		"html":                      `<html>`,
		"array":                     `[]`,
		"byte order mark":           "\ufeff{}",
		"empty envelope":            `{}`,
		"no success":                `{"result":[]}`,
		"success is null":           `{"success":null}`,
		"success is a string":       `{"success":"true"}`,
		"bad word":                  `{"success":trux}`,
		"garbage behind":            `{"success":true}x`,
		"second envelope":           `{"success":true}{"success":true}`,
		"comma at the end":          `{"success":true,}`,
		"no comma":                  `{"success":true "result":[]}`,
		"no colon":                  `{"success" true}`,
		"key is no string":          `{1:true}`,
		"nested key is no string":   `{"x":{1:2},"success":true}`,
		"nested without colon":      `{"x":{"a" 2},"success":true}`,
		"mismatched brackets":       `{"x":[1},"success":true}`,
		"comma in an empty array":   `{"x":[,],"success":true}`,
		"result is a string":        `{"success":true,"result":"x"}`,
		"element is a number":       `{"success":true,"result":[1]}`,
		"elements without comma":    `{"success":true,"result":[{}{}]}`,
		"result ends in a comma":    `{"success":true,"result":[{},]}`,
		"results is an array":       `{"success":true,"result":[{"results":[]}]}`,
		"columns is null":           `{"success":true,"result":[{"results":{"columns":null}}]}`,
		"column is a number":        `{"success":true,"result":[{"results":{"columns":[1]}}]}`,
		"rows is a string":          `{"success":true,"result":[{"results":{"columns":["c"],"rows":""}}]}`,
		"held rows is a string":     `{"success":true,"result":[{"results":{"rows":"","columns":["c"]}}]}`,
		"rows without columns":      `{"success":true,"result":[{"results":{"rows":[[]]}}]}`,
		"duplicate result":          `{"success":true,"result":[],"result":[]}`,
		"duplicate success":         `{"success":true,"success":true}`,
		"duplicate errors":          `{"errors":[],"errors":[],"success":true}`,
		"duplicate results":         `{"success":true,"result":[{"results":{},"results":{}}]}`,
		"duplicate meta":            `{"success":true,"result":[{"meta":{},"meta":{}}]}`,
		"duplicate rows":            `{"success":true,"result":[{"results":{"columns":["c"],"rows":[],"rows":[[1]]}}]}`,
		"duplicate columns":         `{"success":true,"result":[{"results":{"columns":["c"],"columns":["c"]}}]}`,
		"errors is an object":       `{"success":true,"errors":{}}`,
		"error without comma":       `{"errors":[{"code":1 "message":""}],"success":false}`,
		"error without colon":       `{"errors":[{"code" 1}],"success":false}`,
		"error with a bad number":   `{"errors":[{"code":01}],"success":false}`,
		"error with a bad value":    `{"errors":[{"source":{"pointer":x}}],"success":false}`,
		"row is a number":           wrap(1, `1`),
		"row is an object":          wrap(1, `{"c":1}`),
		"row is null":               wrap(1, `null`),
		"row too short":             wrap(2, `[1]`),
		"row empty":                 wrap(1, `[]`),
		"row too long":              wrap(1, `[1,2]`),
		"row for no columns":        wrap(0, `[1]`),
		"row without comma":         wrap(2, `[1 2]`),
		"row ends in a comma":       wrap(1, `[1,]`),
		"rows without comma":        wrap(1, `[1][2]`),
		"rows end in a comma":       wrap(1, `[1],`),
		"object in a cell":          wrap(1, `[{}]`),
		"nested array in a cell":    wrap(1, `[[[1]]]`),
		"text in a blob":            wrap(1, `[["1"]]`),
		"null in a blob":            wrap(1, `[[null]]`),
		"256 in a blob":             wrap(1, `[[1,256,1]]`),
		"256 at the end of a blob":  wrap(1, `[[1,256]]`),
		"999 in a blob":             wrap(1, `[[1,999,1]]`),
		"1000 in a blob":            wrap(1, `[[1,1000,1]]`),
		"negative in a blob":        wrap(1, `[[-1]]`),
		"negative zero in a blob":   wrap(1, `[[-0]]`),
		"fraction in a blob":        wrap(1, `[[1.0,1,1,1]]`),
		"exponent in a blob":        wrap(1, `[[1e0,1,1,1]]`),
		"leading zero in a blob":    wrap(1, `[[1,01,1,1,1]]`),
		"double zero in a blob":     wrap(1, `[[1,00,1,1,1]]`),
		"blob ends in a comma":      wrap(1, `[[1,]]`),
		"blob of a comma":           wrap(1, `[[,]]`),
		"blob with two commas":      wrap(1, `[[1,,2,2,2]]`),
		"leading zero":              wrap(1, `[01]`),
		"negative leading zero":     wrap(1, `[-01]`),
		"plus":                      wrap(1, `[+1]`),
		"minus alone":               wrap(1, `[-]`),
		"no digit before the point": wrap(1, `[.5]`),
		"no digit after the point":  wrap(1, `[1.]`),
		"point then exponent":       wrap(1, `[1.e5]`),
		"exponent without digits":   wrap(1, `[1e]`),
		"exponent with sign only":   wrap(1, `[1e+]`),
		"hexadecimal":               wrap(1, `[0x10]`),
		"infinity":                  wrap(1, `[Infinity]`),
		"NaN":                       wrap(1, `[NaN]`),
		"beyond float64":            wrap(1, `[1e309]`),
		"beyond float64, long":      wrap(1, `[1`+strings.Repeat("0", 400)+`]`),
		"unknown escape":            wrap(1, `["\x"]`),
		"bad unicode escape":        wrap(1, `["\u12g4"]`),
		"bad low surrogate":         wrap(1, `["\ud83d\u12g4"]`),
		"newline in a string":       wrap(1, "[\"a\nb\"]"),
		"NUL in a string":           wrap(1, "[\"a\x00b\"]"),
		"unknown escape, skipped":   `{"x":"\x","success":true}`,
		"control, skipped":          "{\"x\":\"\x01\",\"success\":true}",
		"control as white space":    "{\"success\":\vtrue}",
	}
	for name, body := range tests {
		for delivery, r := range deliveries(body) {
			t.Run(name+", "+delivery, func(t *testing.T) {
				_, err := decode(r)
				var syntax *SyntaxError
				require.ErrorAs(t, err, &syntax)
				require.LessOrEqual(t, syntax.Offset, int64(len(body)))
				require.NotErrorIs(t, err, io.ErrUnexpectedEOF)
			})
		}
	}
}

func TestRowLengthErrors(t *testing.T) {
	for body, want := range map[string]string{
		wrap(3, `[1,2]`):     "a row of 2 cells for 3 columns",
		wrap(1, `[]`):        "a row of 0 cells for 1 columns",
		wrap(2, `[1,2,3]`):   "a row of more than 2 cells",
		wrap(0, `[[1,2,3]]`): "a row of more than 0 cells",
	} {
		_, err := decode(strings.NewReader(body))
		require.ErrorContains(t, err, want)
	}
}

func TestSyntaxErrorOffset(t *testing.T) {
	// Escapes, BLOBs and broken UTF-8 change lengths in the buffer, never the offset.
	body := wrap(4, "[\"\\u0041\\n\",[1,2,3,200],\"\xff\xff\xff\",?]")
	want := int64(strings.IndexByte(body, '?'))
	for name, r := range deliveries(body) {
		_, err := decode(r)
		var syntax *SyntaxError
		require.ErrorAs(t, err, &syntax, name)
		require.Equal(t, want, syntax.Offset, name)
	}
}

func TestTruncated(t *testing.T) {
	for _, body := range append([]string{""}, accepted...) {
		body = strings.TrimRight(body, " \t\r\n")
		for n := range len(body) {
			_, err := decode(strings.NewReader(body[:n]))
			var truncated *TruncatedError
			require.ErrorAs(t, err, &truncated, body[:n])
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.Equal(t, int64(n), truncated.Offset)

			d := NewDecoder(iotest.OneByteReader(strings.NewReader(body[:n])))
			require.ErrorIs(t, d.Finish(), io.ErrUnexpectedEOF, body[:n])
			d.Release()
		}
	}
}

// The last Next must not say io.EOF before the whole response is known to be there.
func TestLastNextReadsToTheEnd(t *testing.T) {
	body := wrap(1, `[1]`)
	for _, n := range []int{len(body) - 1, strings.Index(body, `"meta"`), strings.LastIndexByte(body, ']') + 1} {
		d := NewDecoder(strings.NewReader(body[:n]))
		require.NoError(t, d.NextResult())
		require.NoError(t, d.Next())
		require.ErrorIs(t, d.Next(), io.ErrUnexpectedEOF)
		require.ErrorIs(t, d.Next(), io.ErrUnexpectedEOF, "errors are final")
		require.ErrorIs(t, d.NextResult(), io.ErrUnexpectedEOF)
		require.ErrorIs(t, d.Finish(), io.ErrUnexpectedEOF)
		d.Release()
	}
}

func TestReaderErrors(t *testing.T) {
	body := wrap(1, `["text"],[1]`)
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded, io.ErrClosedPipe, io.ErrUnexpectedEOF} {
		for _, n := range []int{0, 1, 60, 80, len(body) - 1} {
			_, err := decode(io.MultiReader(strings.NewReader(body[:n]), iotest.ErrReader(cause)))
			require.ErrorIs(t, err, cause)
			require.Contains(t, err.Error(), fmt.Sprint(n))
		}
		// The response is whole: what happens to the connection afterwards doesn't matter.
		got, err := decode(io.MultiReader(strings.NewReader(body), iotest.ErrReader(cause)))
		require.NoError(t, err)
		require.Len(t, got[0].rows, 2)
	}
	// What net/http says when a body is shorter than its Content-Length.
	_, err := decode(io.MultiReader(strings.NewReader(body[:70]), iotest.ErrReader(io.ErrUnexpectedEOF)))
	var truncated *TruncatedError
	require.ErrorAs(t, err, &truncated)

	_, err = decode(stuckReader{})
	require.ErrorIs(t, err, io.ErrNoProgress)
}

type stuckReader struct{}

func (stuckReader) Read([]byte) (int, error) { return 0, nil }

// Rows are there as soon as their bytes are, whatever the server does next.
func TestRowsAsTheyArrive(t *testing.T) {
	pr, pw := io.Pipe()
	defer pr.Close()
	pieces := make(chan string)
	go func() {
		for p := range pieces {
			_, _ = io.WriteString(pw, p)
		}
		pw.Close()
	}()
	d := NewDecoder(pr)
	defer d.Release()
	pieces <- `{"result":[{"results":{"columns":["a"],"rows":[`
	require.NoError(t, d.NextResult())
	require.Equal(t, []string{"a"}, d.Columns())
	pieces <- `["x"]`
	require.NoError(t, d.Next())
	require.Equal(t, "x", string(d.Cell(0).Bytes()))
	pieces <- `,[[1,2]]`
	require.NoError(t, d.Next())
	require.Equal(t, []byte{1, 2}, d.Cell(0).Bytes())
	require.Nil(t, d.Meta())
	pieces <- `]},"meta":{"changes":2}},`
	require.Equal(t, io.EOF, d.Next())
	require.JSONEq(t, `{"changes":2}`, string(d.Meta()))
	require.Equal(t, io.EOF, d.Next())
	require.False(t, d.Envelope().SuccessSeen)
	pieces <- `{}],"success":true}`
	close(pieces)
	require.NoError(t, d.NextResult())
	require.Empty(t, d.Columns())
	require.NotNil(t, d.Columns())
	require.Nil(t, d.Meta())
	require.Equal(t, io.EOF, d.Next())
	require.True(t, d.Envelope().Success)
	require.Equal(t, io.EOF, d.NextResult())
	require.NoError(t, d.Finish())
}

func TestNextResultSkipsRows(t *testing.T) {
	const two = `{"result":[` +
		`{"results":{"columns":["a"],"rows":[[1],["x\"]"],[[1,2]]]}},` +
		`{"results":{"rows":[[1],[2]],"columns":["b"]}},` +
		`{"results":{"columns":["c"],"rows":[[3]]}}],"success":true}`
	for read := range 4 {
		d := NewDecoder(strings.NewReader(two))
		require.Equal(t, io.EOF, d.Next(), "no result yet")
		for _, column := range []string{"a", "b", "c"} {
			require.NoError(t, d.NextResult())
			require.Equal(t, []string{column}, d.Columns())
			for range read {
				if err := d.Next(); err != nil {
					require.Equal(t, io.EOF, err)
				}
			}
		}
		require.Equal(t, io.EOF, d.NextResult())
		d.Release()
	}
}

func TestFinish(t *testing.T) {
	body := wrap(1, strings.Repeat(`["some text"],`, 10000)+`[1]`)
	d := NewDecoder(strings.NewReader(body))
	require.NoError(t, d.NextResult())
	require.NoError(t, d.Next())
	require.NoError(t, d.Finish())
	require.True(t, d.Envelope().Success)
	require.Equal(t, io.EOF, d.Next())
	require.LessOrEqual(t, cap(d.main.buf), bufferSize, "rows are skipped, not held")
	d.Release()
	d.Release()
	require.NotNil(t, d.Columns())

	d = NewDecoder(strings.NewReader(body))
	d.Release()
	require.ErrorIs(t, d.NextResult(), errReleased)
	require.ErrorIs(t, d.Finish(), errReleased)
}

func TestFailure(t *testing.T) {
	const (
		rows   = `{"results":{"columns":["a"],"rows":[[1],[2]]},"success":true}`
		errs   = `"errors":[{"code":7500,"message":"no such table: t: SQLITE_ERROR","documentation_url":"u","source":{"pointer":"/sql","x":1}}]`
		failed = `{"success":false,"error":"near \"x\": syntax error"}`
	)
	noTable := APIMessage{Code: 7500, Message: "no such table: t: SQLITE_ERROR", DocumentationURL: "u", Pointer: "/sql"}
	tests := map[string]struct {
		body    string
		before  int // rows that Next returns before
		errors  []APIMessage
		result  int
		message string
		cut     bool
	}{
		"as the API does":         {body: `{"messages":[],"result":[],"success":false,` + errs + `}`, errors: []APIMessage{noTable}, result: -1},
		"null result":             {body: `{"result":null,` + errs + `,"success":false,"messages":["m"]}`, errors: []APIMessage{noTable}, result: -1},
		"object result":           {body: `{"result":{"x":[1]},` + errs + `,"success":false}`, errors: []APIMessage{noTable}, result: -1},
		"without errors":          {body: `{"success":false}`, result: -1},
		"without success":         {body: `{` + errs + `}`, errors: []APIMessage{noTable}, result: -1},
		"errors despite success":  {body: `{"success":true,` + errs + `}`, errors: []APIMessage{noTable}, result: -1},
		"before the rows":         {body: `{"success":false,"result":[` + rows + `],` + errs + `}`, errors: []APIMessage{noTable}, result: -1},
		"after the rows":          {body: `{"result":[` + rows + `],"success":false,` + errs + `}`, before: 2, errors: []APIMessage{noTable}, result: -1},
		"element":                 {body: `{"result":[` + rows + `,` + failed + `,` + rows + `],"success":true}`, before: 2, result: 1, message: `near "x": syntax error`},
		"element, error only":     {body: `{"result":[{"error":"e"}],"success":true}`, result: 0, message: "e"},
		"element, success only":   {body: `{"result":[{"success":false}],"success":true}`, result: 0},
		"element, error an array": {body: `{"result":[{"error":["e"]}],"success":true}`, result: 0, message: `["e"]`},
		"element, late":           {body: `{"result":[{"results":{"columns":["a"],"rows":[[1]]},"success":false}],"success":true}`, before: 1, result: 0},
		"element, early":          {body: `{"result":[{"success":false,"results":{"columns":["a"],"rows":[[1]]},"error":"e"}],"success":true}`, result: 0, message: "e"},
		"element and envelope":    {body: `{"result":[` + failed + `],"success":false,` + errs + `}`, result: 0, message: `near "x": syntax error`, errors: []APIMessage{noTable}},
		"two elements":            {body: `{"result":[{"error":"1"},{"error":"2"}],"success":true}`, result: 0, message: "1"},
		"cut off":                 {body: `{"success":false,` + errs + `,"result":[`, result: -1, errors: []APIMessage{noTable}, cut: true},
		"unusual errors":          {body: `{"success":false,"errors":["text",null,{"code":"7500","message":null},{"code":1e3,"source":1},{"message":"m","code":-1}]}`, result: -1, errors: []APIMessage{{Message: "text"}, {}, {}, {}, {Code: -1, Message: "m"}}},
	}
	for name, tt := range tests {
		for delivery, r := range deliveries(tt.body) {
			t.Run(name+", "+delivery, func(t *testing.T) {
				got, err := decode(r)
				var failure *Failure
				require.ErrorAs(t, err, &failure)
				require.Equal(t, tt.errors, failure.Envelope.Errors)
				require.Equal(t, tt.result, failure.Result)
				require.Equal(t, tt.message, failure.Message)
				require.Equal(t, tt.cut, errors.Is(err, io.ErrUnexpectedEOF))
				rows := 0
				for _, res := range got {
					rows += len(res.rows)
				}
				require.Equal(t, tt.before, rows)
				for _, m := range tt.errors {
					require.Contains(t, err.Error(), m.Message)
				}
				require.Contains(t, err.Error(), tt.message)
			})
		}
	}
}

func TestEnvelopeMessages(t *testing.T) {
	d := NewDecoder(strings.NewReader(`{"messages":["a",{"code":1,"message":"b"}],"result":[{}],"success":true}`))
	defer d.Release()
	require.NoError(t, d.NextResult())
	require.Equal(t, &Envelope{Messages: []APIMessage{{Message: "a"}, {Code: 1, Message: "b"}}}, d.Envelope())
	require.NoError(t, d.Finish())
	require.True(t, d.Envelope().Success)
}
