package wire_test

import (
	"fmt"
	"io"
	"strings"

	"github.com/d1go/d1/internal/wire"
)

func ExampleDecoder() {
	const response = `{"result":[
		{"results":{"columns":["id","name"],"rows":[[1,"Ada"],[2,null]]},"success":true,"meta":{"changes":0}},
		{"results":{"columns":[],"rows":[]},"success":true,"meta":{"changes":1}}
	],"success":true,"errors":[],"messages":[]}`

	d := wire.NewDecoder(strings.NewReader(response))
	defer d.Release()
	var err error
	for err = d.NextResult(); err == nil; err = d.NextResult() {
		fmt.Println(d.Columns())
		for err = d.Next(); err == nil; err = d.Next() {
			fmt.Printf("%d %q %t\n", d.Cell(0).Int64(), d.Cell(1).Bytes(), d.Cell(1).Kind() == wire.Null)
		}
		if err != io.EOF {
			break
		}
		fmt.Println(string(d.Meta()))
	}
	fmt.Println(err) // io.EOF: all of it was there, and it says "success": true

	// Output:
	// [id name]
	// 1 "Ada" false
	// 2 "" true
	// {"changes":0}
	// []
	// {"changes":1}
	// EOF
}
