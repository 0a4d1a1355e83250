package conformance

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// bindingText shows one parameter from all sides.
const bindingText = `SELECT ?1, typeof(?1), quote(?1), hex(?1), length(?1), ?1||'x', ?1/2, CAST(?1 AS TEXT), CAST(?1 AS INTEGER), CAST(?1 AS REAL), ?1+0, 1=?1, 1<?1, json_quote(?1)`

// valueScenarios bind every kind of JSON value and read every kind of cell.
func valueScenarios() []scenario {
	params := []string{
		`1`, `5`, `-0`, `0`, `1.5`, `1e21`, `1e-7`, `123456789012345678`, `9007199254740993`, `-9223372036854775808`,
		`1e308`, `5e-324`, `1e999`, `-1e999`, `0.1`, `"1"`, `""`, `"a'b\"c"`, `"é😀\u0001\n\r\t\u007f"`,
		`"\u2028\u2029<>&/"`, `"x\u0000y"`, `"0x10"`, `" 12 "`, `"9007199254740993"`, `null`, `[]`,
		`[0,1,255]`, `[256,-1,1.9]`,
	}
	binding := scenario{name: "binding"}
	for _, p := range params {
		binding.requests = append(binding.requests, sql(bindingText, p))
		binding.requests = append(binding.requests, sql(`SELECT count(*)>?1, count(*)=?1 FROM sqlite_schema`, p))
		binding.requests = append(binding.requests, sql(`SELECT unhex(?1)`, p))
	}
	binding.requests = append(binding.requests,
		sql(`SELECT (?+0), typeof(?1+0), CAST(?1 AS INTEGER)`, `"9007199254740993"`),
		sql(`SELECT ?1->>0, typeof(?1->>1), ?1->>2, ?1->>3, ?1->>4`, `"[1,2.5,\"x\",null,9007199254740993]"`),
		sql(`SELECT ?`, `["a"]`), request(`{"sql":"SELECT 1","params":[]}`), request(`{"batch":[]}`),
	)

	affinity := scenario{name: "affinity", requests: []request{
		sql(`CREATE TABLE a(id INTEGER PRIMARY KEY, i INTEGER, t TEXT, r REAL, n NUMERIC, b BLOB, x, bo BOOLEAN, d DATETIME)`),
	}}
	for _, p := range params {
		affinity.requests = append(affinity.requests,
			sql(`INSERT INTO a(i,t,r,n,b,x,bo,d) VALUES (?1,?1,?1,?1,?1,?1,?1,?1)`, p))
	}
	affinity.requests = append(affinity.requests,
		sql(`SELECT * FROM a`),
		sql(`SELECT typeof(i), typeof(t), typeof(r), typeof(n), typeof(b), typeof(x), typeof(bo), typeof(d) FROM a`),
		sql(`SELECT quote(i), quote(t), quote(r), quote(n), quote(b), quote(x) FROM a`),
		sql(`SELECT id FROM a WHERE i = ?`, `"1"`), sql(`SELECT id FROM a WHERE t = ?`, `1`), sql(`SELECT id FROM a WHERE x = ?`, `"1"`),
		sql(`INSERT INTO a(id) VALUES (?)`, `1.5`), sql(`INSERT INTO a(id) VALUES (?)`, `"x"`), sql(`INSERT INTO a(id) VALUES (?)`, `77`),
	)

	return []scenario{
		binding,
		affinity,
		{name: "surrogates", requests: []request{sql(bindingText, `"\ud800"`), sql(bindingText, `"\ud83d\ude00"`)}},
		{name: "booleans", requests: []request{sql(`SELECT ?1, typeof(?1)`, `true`), sql(`SELECT ?1, typeof(?1)`, `false`)}},
		{name: "parameters", requests: []request{
			sql(`SELECT ?, ?`, `"a"`, `"b"`), sql(`SELECT ?2, ?1`, `"a"`, `"b"`), sql(`SELECT ?1, ?3`, `"a"`, `"b"`, `"c"`),
			sql(`SELECT ?1, ?3`, `"a"`, `"b"`), sql(`SELECT :a, @b, $c, :a`, `"a"`, `"b"`, `"c"`), sql(`SELECT ?, :a, ?2, ?`, `"a"`, `"b"`, `"c"`),
			sql(`SELECT ?`), sql(`SELECT ?`, `"a"`, `"b"`), sql(`SELECT 1`, `"a"`), sql(`SELECT ?0`, `"a"`), sql(`SELECT ?101`, `"a"`),
			sql(`SELECT $a::b(c)`, `"a"`), sql(`SELECT '?', "?", /* ? */ ? -- ?`, `"a"`),
			sql(`CREATE TABLE p(a DEFAULT (?))`, `"a"`), sql(`CREATE VIEW v AS SELECT ?`, `"a"`), sql(`SELECT 1 LIMIT ?`, `"1"`), sql(`SELECT 1 LIMIT ?`, `1`),
			sql(`SELECT 1 LIMIT ?`, `"x"`), sql(`SELECT 1 LIMIT ?`, `1.5`),
		}},
		{name: "cells", requests: []request{
			sql(`SELECT 1, 1.0, -0.0, 1.5, 1e21, 1e-7, 1e308*10, -1e308*10, 0.1+0.2, 1e300*1e300-1e300*1e300`),
			sql(`SELECT 9007199254740991, 9007199254740992, 9007199254740993, -9007199254740993, 9223372036854775807, -9223372036854775808`),
			sql(`SELECT x'', x'00ff', zeroblob(3), '', 'a', NULL, char(0), 'a'||char(0)||'b'`),
			sql(`SELECT char(1,8,9,10,11,12,13,31,32,34,39,47,92,127,128,159,8232,8233,65279,65533,65535,65536,1114111)`),
			sql(`SELECT char(55296), char(57343), char(55357,56832), CAST(x'ff' AS TEXT), CAST(x'e28280' AS TEXT), CAST(x'c080' AS TEXT), CAST(x'f4908080' AS TEXT), CAST(x'41e2' AS TEXT), CAST(x'eda080' AS TEXT)`),
			sql(`SELECT 1 AS a, 2 AS a, 3 AS "A", 4 AS "", 5 AS "1", 6 AS "__proto__", 7 AS "0"`),
			sql(`SELECT 1 AS "é'\", 2 AS "` + "`" + `x", 3 AS [b c]`),
			sql(`SELECT 1+1, count(*), 'x', "y", upper('z') FROM sqlite_schema`),
			sql(`SELECT 1 WHERE 0`), sql(`SELECT 1 AS a, 2 AS a WHERE 0`), sql(`VALUES (1,2),(3,4)`),
			sql(`SELECT json('{"a":[1,2.0,null,true]}') AS j, json_array(1,2.5,'x',NULL) AS k, jsonb('[1]') AS b`),
			sql(`SELECT CAST(9007199254740993 AS TEXT), typeof(1), typeof(1.0), true, false, current_timestamp IS NOT NULL`),
		}},
		realScenario(),
		textScenario(),
	}
}

// realScenario reads doubles of all exponents back, as cells and as text.
func realScenario() scenario {
	random := rand.New(rand.NewPCG(1, 2))
	s := scenario{name: "doubles"}
	for range 40 {
		var numbers []string
		for range 50 {
			f := math.Float64frombits(random.Uint64())
			if math.IsNaN(f) || math.IsInf(f, 0) {
				f = 0
			}
			if random.IntN(2) == 0 {
				f = math.Round(random.NormFloat64()*1e9) / math.Pow10(random.IntN(9))
			}
			text, err := json.Marshal(f)
			if err != nil {
				panic(err)
			}
			numbers = append(numbers, string(text))
		}
		marks := strings.TrimSuffix(strings.Repeat("?,", len(numbers)), ",")
		list := strings.Join(numbers, ",")
		s.requests = append(s.requests,
			sql(`SELECT `+marks, numbers...),
			sql(`SELECT value FROM json_each(?)`, quoteJSON("["+list+"]")),
			sql(`SELECT quote(value), CAST(value AS TEXT), json_array(value), printf('%!.17g', value), value||'' FROM json_each(?)`, quoteJSON("["+list+"]")),
			sql(`SELECT `+list),
		)
	}
	return s
}

// textScenario reads strings of all planes back.
func textScenario() scenario {
	random := rand.New(rand.NewPCG(3, 4))
	s := scenario{name: "strings"}
	for range 60 {
		var b strings.Builder
		for range random.IntN(40) {
			b.WriteRune(rune(random.IntN([]int{0x20, 0x80, 0x800, 0x10000, 0x110000}[random.IntN(5)])))
		}
		s.requests = append(s.requests,
			sql(`SELECT ?1, length(?1), hex(?1), upper(?1), lower(?1), quote(?1), json_quote(?1), unicode(?1), substr(?1, 2, 3), instr(?1, 'a'), trim(?1)`,
				quoteJSON(b.String())))
	}
	return s
}

func quoteJSON(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprint(s, err))
	}
	return string(text)
}
