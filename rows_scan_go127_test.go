//go:build go1.27

package d1

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/d1go/d1/internal/wire"
)

// TestScanColumnAgrees: every destination gets from ScanColumn what database/sql
// would have made of the boxed value, or the same error. Times and RawBytes, which
// need a sql.Rows, are apart.
func TestScanColumnAgrees(t *testing.T) {
	cells := []string{
		`0`, `1`, `-1`, `2`, `127`, `128`, `-129`, `255`, `256`, `65536`, `2147483648`, `-2147483649`, `9007199254740991`,
		`9007199254740992`, `-9007199254740993`, `9223372036854775807`, `1e300`, `1.5`, `-0.25`, `1.0`,
		`""`, `"1"`, `"0"`, `"true"`, `"f"`, `"-42"`, `"+42"`, `"9007199254740993"`, `"9223372036854775808"`, `"1e2"`, `"1.5"`, `"0x10"`, `" 1"`, `"1_000"`, `"é\n"`,
		`[]`, `[0]`, `[49]`, `[255,0,128]`, `null`, `true`, `false`,
	}
	type (
		word  string
		small int8
		ratio float32
		flag  bool
		blob  []byte
	)
	destinations := []any{
		new(any), new(string), new(*string), new(word), new(*word), new([]byte), new(*[]byte), new(blob),
		new(int64), new(*int64), new(int), new(int8), new(small), new(int16), new(int32), new(uint), new(uint8), new(uint64),
		new(float64), new(*float64), new(float32), new(ratio), new(bool), new(*bool), new(flag),
		new(sql.NullString), new(sql.NullInt64), new(sql.NullInt32), new(sql.NullInt16), new(sql.NullByte), new(sql.NullFloat64), new(sql.NullBool),
		new(sql.Null[string]), new(sql.Null[int64]), new(sql.Null[float64]), new(sql.Null[bool]), new(sql.Null[[]byte]), new(sql.Null[word]),
		(*string)(nil), (*int64)(nil), (*float64)(nil), (*[]byte)(nil), (*any)(nil), (**string)(nil),
		new(struct{}), new(map[string]int), new(chan int), "no pointer", nil,
	}
	for _, cell := range cells {
		r := &rows{rawTime: true, dec: wire.NewDecoder(bytes.NewReader(fmt.Appendf(nil,
			`{"result":[{"results":{"columns":["c"],"rows":[[%s]]},"success":true,"meta":{}}],"success":true,"errors":[],"messages":[]}`, cell)))}
		require.NoError(t, r.dec.NextResult())
		require.NoError(t, r.open())
		require.NoError(t, r.NextRow())
		for _, destination := range destinations {
			got, want := fresh(destination), fresh(destination)
			err := caught(func() error { return r.ScanColumn(driver.ScanContext{}, 0, got) })
			wantErr := caught(func() error { return sql.ConvertAssign(driver.ScanContext{}, want, r.value(0)) })
			if wantErr != nil {
				require.EqualError(t, err, wantErr.Error(), "%s into %T", cell, destination)
			} else {
				require.NoError(t, err, "%s into %T", cell, destination)
			}
			require.Equal(t, want, got, "%s into %T", cell, destination)
		}
		require.NoError(t, r.Close())
	}
}

// caught turns a panic into an error: database/sql panics at some nil pointers.
func caught(scan func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return scan()
}

// fresh is a new destination of a type; what is no pointer, or nil, is itself.
func fresh(destination any) any {
	v := reflect.ValueOf(destination)
	if !v.IsValid() || v.Kind() != reflect.Pointer || v.IsNil() {
		return destination
	}
	return reflect.New(v.Type().Elem()).Interface()
}
