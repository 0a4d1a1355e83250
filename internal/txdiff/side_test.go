package txdiff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"modernc.org/sqlite"

	"github.com/d1go/d1"
)

// outcome is what a program sees of a call, in a form to be compared.
type outcome struct {
	columns []string
	rows    []string
	err     error
}

func run(tx *sql.Tx, o op) (out outcome, result sql.Result) {
	ctx := context.Background()
	if !o.rows {
		result, out.err = tx.ExecContext(ctx, o.sql, o.args...)
		return out, result
	}
	rows, err := tx.QueryContext(ctx, o.sql, o.args...)
	if err != nil {
		return outcome{err: err}, nil
	}
	out.columns, out.rows, out.err = read(rows)
	if !o.ordered {
		slices.Sort(out.rows)
	}
	return out, nil
}

func read(rows *sql.Rows) (columns, list []string, err error) {
	defer rows.Close()
	if columns, err = rows.Columns(); err != nil {
		return nil, nil, err
	}
	cells := make([]any, len(columns))
	pointers := make([]any, len(columns))
	for i := range cells {
		pointers[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(pointers...); err != nil {
			return nil, nil, err
		}
		var b strings.Builder
		for i, c := range cells {
			if i > 0 {
				b.WriteString(" | ")
			}
			b.WriteString(show(c))
		}
		list = append(list, b.String())
	}
	return columns, list, rows.Err()
}

// show writes a value as much as D1's JSON tells of it.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case int64:
		return show(float64(v))
	case float64:
		switch {
		case math.IsInf(v, 0):
			return "NULL"
		case v == 0:
			return "0"
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return strconv.Quote(string([]rune(v))) // U+FFFD for what is not UTF-8
	case []byte:
		return fmt.Sprintf("x'%x'", v)
	}
	return fmt.Sprintf("%T %v", v, v)
}

// sameError reports whether an error of this driver says what the native one
// says.
func sameError(native, ours error) bool {
	var n *sqlite.Error
	var o *d1.Error
	if !errors.As(native, &n) || !errors.As(ours, &o) || n.Code() != int(o.ExtendedCode) {
		return false
	}
	text := n.Error() // "SQL logic error: no such table: t (1)"
	_, text, _ = strings.Cut(text, ": ")
	text = strings.TrimSuffix(text, fmt.Sprintf(" (%d)", n.Code()))
	return strings.Contains(o.Message, text)
}

// dump is the whole database.
func dump(db *sql.DB) ([]string, error) {
	ctx := context.Background()
	rows, err := db.QueryContext(ctx, `SELECT type,name,tbl_name,sql FROM sqlite_schema WHERE name NOT LIKE '#_cf%' ESCAPE '#'`)
	if err != nil {
		return nil, err
	}
	_, all, err := read(rows)
	if err != nil {
		return nil, err
	}
	rows, err = db.QueryContext(ctx, `SELECT l.name, 'SELECT '||group_concat(
		'CASE typeof("'||replace(x.name,'"','""')||'")WHEN ''integer''THEN CAST("'||replace(x.name,'"','""')||'"AS TEXT)ELSE "'||replace(x.name,'"','""')||'"END,typeof("'||replace(x.name,'"','""')||'")')
		||' FROM "'||l.name||'"'
		FROM sqlite_schema AS l, pragma_table_xinfo(l.name) AS x
		WHERE l.type='table' AND l.name NOT LIKE '#_cf%' ESCAPE '#' GROUP BY l.name ORDER BY l.name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	queries := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		queries[name] = text
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for name, text := range queries {
		rows, err := db.QueryContext(ctx, text)
		if err != nil {
			return nil, err
		}
		_, list, err := read(rows)
		if err != nil {
			return nil, err
		}
		for _, row := range list {
			all = append(all, name+": "+row)
		}
	}
	slices.Sort(all)
	return all, nil
}
