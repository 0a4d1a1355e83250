package extras

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1"
	"github.com/d1go/d1/extras/d1test"
)

func TestRawAndQuery(t *testing.T) {
	c := emulated(t, d1test.New(t))
	ctx := t.Context()
	script := []Statement{
		{SQL: "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t(v) VALUES (?), (?)", Args: []any{int64(1 << 60), []byte{0, 255}}},
		{SQL: "SELECT typeof(v) FROM t ORDER BY id"},
	}
	raw, err := c.Raw(ctx, script...)
	require.NoError(t, err)
	require.Len(t, raw, 3, "one for each statement")
	require.Empty(t, raw[0].Columns)
	require.Empty(t, raw[0].Rows)
	require.EqualValues(t, 2, raw[1].Meta.Changes)
	require.EqualValues(t, 2, raw[1].Meta.LastRowID)
	require.Equal(t, [][]any{{"integer"}, {"blob"}}, raw[2].Rows)

	values := []any{nil, int64(5), int64(-5), 1.5, "text\n\"", []byte{1, 2, 255}, []byte{}, int64(1<<53 - 1), int64(1 << 60), true}
	want := []any{nil, int64(5), int64(-5), 1.5, "text\n\"", []byte{1, 2, 255}, []byte{}, int64(1<<53 - 1), math.Ldexp(1, 60), int64(1)}
	for i, v := range values {
		s := Statement{SQL: "SELECT ? AS v, 0 AS x, 0 AS x", Args: []any{v}}
		raw, err := c.Raw(ctx, s)
		require.NoError(t, err)
		require.Equal(t, RawResult{Columns: []string{"v", "x", "x"}, Rows: [][]any{{want[i], int64(0), int64(0)}}, Meta: raw[0].Meta}, raw[0], "%v", v)
		require.NotEmpty(t, raw[0].Meta.Raw)
		query, err := c.Query(ctx, s)
		require.NoError(t, err)
		require.Equal(t, QueryResult{Results: []map[string]any{{"v": want[i], "x": int64(0)}}, Success: true, Meta: query[0].Meta}, query[0], "%v", v)
	}

	batch := []Statement{{SQL: "INSERT INTO t(v) VALUES ('gone')"}, {SQL: "INSERT INTO t(id) VALUES (1)"}}
	for name, run := range map[string]func() error{
		"raw":   func() error { _, err := c.Raw(ctx, batch...); return err },
		"query": func() error { _, err := c.Query(ctx, batch...); return err },
	} {
		err := run()
		require.ErrorIs(t, err, d1.ConstraintPrimaryKey, name)
		var e *d1.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, d1.OutcomeRefused, e.Outcome)
	}
	raw, err = c.Raw(ctx, Statement{SQL: "SELECT count(*) FROM t"})
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(2)}}, raw[0].Rows, "a batch is a transaction")
}

func TestStatementsRefused(t *testing.T) {
	srv := d1test.New(t)
	c := emulated(t, srv)
	for name, tt := range map[string]struct {
		statements []Statement
		is         error
	}{
		"none":        {nil, d1.ErrArguments},
		"empty":       {[]Statement{{SQL: " -- nothing"}}, d1.ErrArguments},
		"too few":     {[]Statement{{SQL: "SELECT ?"}}, d1.ErrArguments},
		"too many":    {[]Statement{{SQL: "SELECT 1", Args: []any{1}}}, d1.ErrArguments},
		"type":        {[]Statement{{SQL: "SELECT ?", Args: []any{struct{}{}}}}, d1.ErrArguments},
		"transaction": {[]Statement{{SQL: "BEGIN"}, {SQL: "SELECT 1"}}, d1.ErrUnsupported},
	} {
		_, err := c.Raw(t.Context(), tt.statements...)
		require.ErrorIs(t, err, tt.is, name)
		_, err = c.Query(t.Context(), tt.statements...)
		require.ErrorIs(t, err, tt.is, name)
	}
	require.Empty(t, srv.Requests(), "nothing is sent")
}

func TestJSONCell(t *testing.T) {
	for _, text := range []string{`{}`, `[256]`, `[-1]`, `["a"]`, `[1.5]`} {
		_, err := jsonCell([]byte(text))
		require.Error(t, err, text)
	}
	for text, want := range map[string]any{`1e2`: 100.0, `-0`: int64(0), `0.5`: 0.5, `9007199254740993`: math.Ldexp(1, 53), `false`: false} {
		v, err := jsonCell([]byte(text))
		require.NoError(t, err)
		require.Equal(t, want, v, text)
	}
}
