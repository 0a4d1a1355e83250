package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"
	"github.com/urfave/cli/v3"

	"github.com/d1go/d1/extras"
)

func formatFlag(values ...string) cli.Flag {
	return &cli.StringFlag{
		Name:  "format",
		Value: values[0],
		Usage: "how to print: `FORMAT` is " + strings.Join(values, ", "),
		Validator: func(v string) error {
			for _, known := range values {
				if v == known {
					return nil
				}
			}
			return fmt.Errorf("want %s", strings.Join(values, ", "))
		},
	}
}

// writeResults prints results as table, JSON or CSV.
func writeResults(w io.Writer, format string, results []extras.RawResult) error {
	switch format {
	case "json":
		return writeJSON(w, jsonResults(results))
	case "csv":
		return eachTable(w, results, writeCSV)
	}
	return eachTable(w, results, writeTable)
}

// eachTable prints the results that have columns, an empty line between them.
func eachTable(w io.Writer, results []extras.RawResult, write func(io.Writer, []string, [][]any) error) error {
	first := true
	for _, r := range results {
		if len(r.Columns) == 0 {
			continue
		}
		if !first {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		first = false
		if err := write(w, r.Columns, r.Rows); err != nil {
			return err
		}
	}
	return nil
}

// writeTable aligns columns, by the width that characters have on a terminal; what
// would break the lines is escaped.
func writeTable(w io.Writer, columns []string, rows [][]any) error {
	lines := make([][]string, 2, 2+len(rows))
	for _, name := range columns {
		head := printable(name)
		lines[0] = append(lines[0], head)
		lines[1] = append(lines[1], strings.Repeat("-", max(1, uniseg.StringWidth(head))))
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, v := range row {
			switch v := v.(type) {
			case nil:
				cells[i] = "NULL"
			case []byte:
				cells[i] = fmt.Sprintf("x'%x'", v)
			default:
				cells[i] = printable(text(v))
			}
		}
		lines = append(lines, cells)
	}
	widths := make([]int, len(columns))
	for _, cells := range lines {
		for i, cell := range cells {
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	b := bufio.NewWriter(w)
	for _, cells := range lines {
		blanks := 0 // not yet written: there are none at the end of a line
		for i, cell := range cells {
			if cell != "" {
				b.WriteString(strings.Repeat(" ", blanks))
				b.WriteString(cell)
				blanks = 0
			}
			blanks += widths[i] - uniseg.StringWidth(cell) + 2
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// count is a number of things.
func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// printable escapes control characters.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
		} else {
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
	}
	return b.String()
}

// writeCSV prints NULL as an empty field and a BLOB in hexadecimal.
func writeCSV(w io.Writer, columns []string, rows [][]any) error {
	c := csv.NewWriter(w)
	if err := c.Write(columns); err != nil {
		return err
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = text(v)
		}
		if len(cells) == 1 && cells[0] == "" {
			c.Flush()
			// An empty line would be no row to those who read it.
			if _, err := fmt.Fprintln(w, `""`); err != nil {
				return err
			}
			continue
		}
		if err := c.Write(cells); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// text is a cell as text.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return fmt.Sprintf("%x", v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

type jsonResult struct {
	Columns []string        `json:"columns"`
	Rows    [][]any         `json:"rows"`
	Meta    json.RawMessage `json:"meta"`
}

// jsonResults has BLOBs as arrays of numbers, as the API does.
func jsonResults(results []extras.RawResult) []jsonResult {
	list := make([]jsonResult, len(results))
	for i, r := range results {
		for _, row := range r.Rows {
			for k, v := range row {
				if blob, ok := v.([]byte); ok {
					numbers := make([]uint16, len(blob)) // a []uint8 would become base64
					for j, b := range blob {
						numbers[j] = uint16(b)
					}
					row[k] = numbers
				}
			}
		}
		list[i] = jsonResult{r.Columns, r.Rows, r.Meta.Raw}
	}
	return list
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
