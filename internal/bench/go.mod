module github.com/d1go/d1/internal/bench

go 1.26.0

require github.com/d1go/d1 v0.0.0

require (
	github.com/cloudflare/cloudflare-go/v7 v7.9.0 // indirect
	github.com/tidwall/gjson v1.14.4 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.1 // indirect
	github.com/tidwall/sjson v1.2.5 // indirect
	golang.org/x/perf v0.0.0-20260908200009-22c9c6c9d4da // indirect
)

replace github.com/d1go/d1 => ../..
