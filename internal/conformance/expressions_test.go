package conformance

import "strings"

// expressionScenarios run SQLite's functions and operators with fixed
// arguments: both sides are SQLite, but not the same release or build.
func expressionScenarios() []scenario {
	return []scenario{
		functionScenario(),
		each("functions of other builds", `SELECT soundex('a')`, `SELECT soundex()`, `SELECT sqlite_offset(1)`, `SELECT rtreedepth(x'00')`, `SELECT rtreenode(1,x'00')`, `SELECT rtreecheck('a')`, `SELECT if(1,2)`, `SELECT if(1,2,3)`, `SELECT iif(0,2)`, `SELECT iif(1,2,3,4)`),
		each("operators", selects(
			`1/2, 1/2.0, 7%3, -7%3, 7.5%2, 1/0, 1%0, 'a'||1||NULL, 1||2, 5&3, 5|3, ~5, 1<<3, -1>>1, 1<<64`,
			`9223372036854775807+1, -9223372036854775808-1, 9223372036854775807*2, abs(-9223372036854775807)`, `abs(-9223372036854775808)`,
			`'a'='A', 'a' COLLATE NOCASE='A', 'a ' COLLATE RTRIM='a', NULL IS NULL, NULL=NULL, 1 IS NOT 2, 1 IS DISTINCT FROM NULL`,
			`1 IN (1,2), 3 NOT IN (1,NULL), NULL IN (), 1 BETWEEN 0 AND 2, 'abc' LIKE 'A%', 'abc' GLOB 'a*', 'a_c' LIKE 'a\_c' ESCAPE '\'`,
			`(1,2)=(1,2), (1,2)<(1,3), CASE WHEN 1 THEN 'a' ELSE 'b' END, CASE 2 WHEN 2 THEN 'x' END, iif(1,2,3), coalesce(NULL,1), ifnull(NULL,2), nullif(1,1)`,
			`x'41' LIKE 'A', x'41' GLOB 'A', x'30' GLOB NULL, 'A' LIKE x'41'`, `'abc' REGEXP 'a'`, `'abc' MATCH 'a'`, `0x10, 1e3, 1_000, .5, 5.`, `'it''s', "dq", x'4142'`, `EXISTS(SELECT 1), NOT 1, +'5', -'5x'`,
			`CAST('12abc' AS INTEGER), CAST('1e3' AS INTEGER), CAST(1.9 AS INTEGER), CAST(-1.9 AS INTEGER), CAST('x' AS REAL), CAST(1 AS BLOB), CAST(x'31' AS INTEGER), CAST(1e30 AS INTEGER)`,
			`'{"a":{"b":[1,2,3]}}'->'a', '{"a":{"b":[1,2,3]}}'->'$.a.b[1]', '{"a":{"b":[1,2,3]}}'->>'$.a.b[#-1]', '[1,"x",null]'->>1, '[1]'->>5`,
		)...),
		each("functions", selects(
			`substr('abc',9223372036854775807)`,
			`length('é'), octet_length('é'), substr('hello',2,3), substr('hello',-3), substring('hello',0,2), replace('aXbX','X','-'), instr('hello','l'), ltrim('xxa','x'), rtrim('a  '), upper('é'), lower('É')`,
			`printf('%d %5.2f %s %x %o %e %g %c %% %,d %q %Q %w', 42, 3.14159, 'str', 255, 8, 12345.678, 0.0001, 'c', 1234567, 'it''s', 'it''s', 'a"b')`,
			`format('%08.3f|%-8s|%+d|%*d|%.3s|%!.15g', 3.14159, 'ab', 5, 6, 7, 'abcdef', 0.1)`,
			`char(72,105), unicode('é'), hex('abc'), hex(12), unhex('4142'), unhex('4g'), unhex('41 42',' '), quote('it''s'), quote(1.5), quote(NULL), quote(x'41'), zeroblob(2)`,
			`round(2.5), round(-2.5), round(1.005,2), round(123.456,-1), abs(-5), sign(-3), max(1,2,3), min('a',1,x'41'), total(1), typeof(random())`,
			`acos(0.5), asin(0.5), atan(1), atan2(1,2), ceil(1.2), cos(1), cosh(1), degrees(pi()), exp(1), floor(-1.5), ln(10), log(100), log(2,8), log10(1000), log2(8), mod(7.5,2), pi(), pow(2,10), power(2,-1), radians(180), sin(1), sinh(1), sqrt(2), tan(1), tanh(1), trunc(1.9)`,
			`sqrt(-1), ln(0), acos(2), pow(0,-1), log(-1)`,
			`concat('a',NULL,1), concat_ws('-','a',NULL,'b'), string_agg('a',','), group_concat('x'), likelihood(1,0.5), likely(1), unlikely(0)`,
			`glob('a*','abc'), like('a%','ABC'), like('a!%','a%','!')`, `ascii('a')`, `left('abc',1)`, `sha1('a')`, `uuid()`, `regexp('a','b')`, `reverse('abc')`,
			`sqlite_compileoption_used('X')`, `sqlite_compileoption_get(1)`, `sqlite_offset(1)`, `sqlite_log(1,'a')`, `changes(), total_changes(), last_insert_rowid()`, `length(randomblob(0)), length(randomblob(5)), typeof(randomblob(1))`,
			`subtype(json('1'))`, `unistr('\0041')`, `unistr_quote('a')`, `median(1)`, `percentile(1,50)`, `load_extension('x')`, `fts5_source_id()`, `edit('x')`, `load_extension('a','b')`, `timediff('2024-01-02','2024-01-01')`,
		)...),
		each("dates", selects(
			`date('2024-02-29'), time('12:34:56.789'), datetime('2024-02-29 12:34:56','+1 year'), julianday('2024-01-01'), unixepoch('2024-01-01'), strftime('%Y-%m-%dT%H:%M:%f %j %w %W %s %J %p %I %G %V %u %e %k %l %F %T %R %%', '2024-02-29 13:34:56.789')`,
			`datetime(1700000000,'unixepoch'), datetime(1700000000.5,'unixepoch','subsec'), datetime('2024-01-31','+1 month'), datetime('2024-01-31','+1 month','floor'), datetime('2024-01-31','+1 month','ceiling'), datetime('2024-01-31','start of month','-1 day','weekday 0')`,
			`date('nope'), date(NULL), datetime('2024-01-01T00:00:00Z'), datetime('2024-01-01 00:00:00+02:00'), datetime(0), datetime('12:00'), date('2024-13-01'), datetime('2024-01-01','utc'), datetime('2024-01-01','localtime'), datetime(1e18)`,
			`strftime('%f','2024-01-01 00:00:59.9999'), unixepoch('2024-01-01 00:00:00.5','subsec'), julianday('2024-01-01 12:00:00.123'), datetime(1700000000,'auto'), timediff('2024-02-29','2023-01-31')`,
		)...),
		each("json", selects(
			`json(' { "a" : 1 } '), json('{a:1,''b'':+2,"c":0x10,d:.5,e:NaN,}')`, `json('{')`, `json_valid('{"a":1}'), json_valid('{a:1}'), json_valid('{a:1}',2), json_valid('')`, `json_error_position('{"a":}')`,
			`json_array(1,'a',NULL,1.5,json('[1]'),x'41')`, `json_array(1,'a',NULL,1.5,1e300,0.1)`, `json_object('a',1,'b',json('[1]'))`, `json_object('a')`, `json_object(1,2)`, `json_quote('a"b')`, `json_quote(x'41')`,
			`json_extract('{"a":[1,2,{"b":"x"}]}','$.a[2].b'), json_extract('{"a":1}','$.a','$.b'), json_extract('[1,2]','$[#-1]')`, `json_extract('{"a":1}','a')`, `json_extract('{','$')`,
			`json_insert('[1]','$[#]',2), json_replace('{"a":1}','$.a',2,'$.b',3), json_set('{"a":1}','$.a',2,'$.b',json('[]')), json_remove('[1,2,3]','$[0]'), json_patch('{"a":1}','{"a":null,"b":2}')`,
			`json_type('[1,2.5,"x",null,true,{}]','$[3]'), json_array_length('[1,2,3]'), json_pretty('{"a":[1,2]}'), json_group_array(1), json_group_object('a',1)`,
			`hex(jsonb('{"a":1}')), json(jsonb('[1,2]')), jsonb_extract('[1,2]','$[0]'), hex(jsonb_array(1,'a')), typeof(jsonb('1'))`, `json('[9007199254740993,1e400,-0,0.10,1E5]'), json_extract('[9007199254740993,1e400,-0,0.10,1E5,12345678901234567890]','$[0]','$[4]','$[5]')`,
			`json_extract('[1e400,-0.0]','$[0]'), json_extract('["\u00e9\ud83d\ude00\/\b\u0000x"]','$[0]'), '["\ud800"]'->>0`, `json_each.* FROM json_each('{"a":1,"b":[1,2]}')`, `json_tree.* FROM json_tree('{"a":1,"b":[1,{"c":null}]}')`,
			`key, value, type, atom, fullkey, path FROM json_tree('[[1],"x"]','$[0]')`, `* FROM json_each('nope')`, `* FROM json_each('[1]','x')`, `* FROM json_each(NULL)`,
		)...),
		each("queries",
			`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE n<5) SELECT n, sum(n) OVER (ORDER BY n), row_number() OVER (ORDER BY n DESC), lag(n) OVER (ORDER BY n), ntile(2) OVER (ORDER BY n) FROM c`,
			`WITH s AS MATERIALIZED (SELECT value v FROM json_each('[3,1,2]') ORDER BY v DESC) SELECT row_number() OVER () n, v FROM s`,
			`SELECT value, count(*) FILTER (WHERE value>1) OVER () FROM json_each('[1,2,3]')`, `SELECT group_concat(value, ',' ORDER BY value DESC) FROM json_each('[3,1,2]')`,
			`SELECT string_agg(value, ';') FROM json_each('["a","b"]')`, `SELECT avg(value), sum(value), total(value), min(value), max(value), count(DISTINCT value) FROM json_each('[1,2,2,3.5]')`,
			`SELECT 1 UNION SELECT 2 UNION ALL SELECT 2 EXCEPT SELECT 3 ORDER BY 1 DESC`, `SELECT * FROM (VALUES (1,'a'),(2,'b')) AS t`, `SELECT a.value, b.value FROM json_each('[1,2]') a LEFT JOIN json_each('[2,3]') b ON a.value=b.value`,
			`SELECT a.value, b.value FROM json_each('[1,2]') a FULL JOIN json_each('[2,3]') b ON a.value=b.value ORDER BY 1,2`, `SELECT a.value, b.value FROM json_each('[1,2]') a RIGHT JOIN json_each('[2,3]') b USING (value)`,
			`SELECT value FROM json_each('["b","A","a",null,1,2.5]') ORDER BY value`, `SELECT value FROM json_each('["b","A","a",null]') ORDER BY value COLLATE NOCASE NULLS LAST`,
			`SELECT sum(value) FROM json_each('[9223372036854775807,1]')`, `SELECT sum(value) FROM json_each('[0.1,0.2,0.3,1e100,-1e100]')`, `SELECT median(value) FROM json_each('[1,2]')`,
			`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE n<5000) SELECT n, n*1.5, 'row '||n, CASE n%3 WHEN 0 THEN NULL ELSE zeroblob(n%3) END FROM c`,
		),
	}
}

func selects(lists ...string) []string {
	for i, l := range lists {
		lists[i] = "SELECT " + l
	}
	return lists
}

// functionScenario calls every function a build of SQLite may have, with no to
// four arguments: the engine has its own list of those allowed.
func functionScenario() scenario {
	names := strings.Fields(`
		abs acos acosh ascii asin asinh atan atan2 atanh avg bm25 ceil ceiling changes char coalesce concat concat_ws cos cosh count
		cume_dist date datetime decimal degrees dense_rank edit exp first_value floor format fts5
		fts5_decode fts5_expr fts5_locale fts5_source_id glob group_concat hex highlight ieee754 ifnull instr json json_array json_array_insert
		json_array_length json_each json_error_position json_extract json_group_array json_group_object json_insert json_object json_patch
		json_pretty json_quote json_remove json_replace json_set json_tree json_type json_valid jsonb jsonb_array jsonb_extract
		jsonb_group_array jsonb_group_object jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace jsonb_set julianday lag
		last_insert_rowid last_value lead length like likelihood likely ln load_extension log log10 log2 lower ltrim match matchinfo max median min mod
		nth_value ntile nullif octet_length offsets optimize percent_rank percentile percentile_cont percentile_disc pi pow power
		printf quote radians rank readfile regexp replace reverse round row_number rtrim sha1 sha3 sign sin sinh
		snippet sqlite_compileoption_get sqlite_compileoption_used sqlite_log sqlite_rename_column
		sqlite_rename_table sqlite_source_id sqlite_version sqrt stddev string_agg strftime subsec substr substring subtype sum tan tanh time timediff
		total total_changes trim trunc typeof unhex unicode unistr unistr_quote unixepoch unlikely upper uuid writefile zeroblob`)
	arguments := []string{"", "NULL", "'1'", "'1','2'", "'[1]','$[0]'", "'a',2,3", "1,2,3,4"}
	s := scenario{name: "function names"}
	for _, name := range names {
		for _, a := range arguments {
			if a == "" && readsClock(name) {
				continue
			}
			s.requests = append(s.requests, sql("SELECT "+name+"("+a+")"))
		}
	}
	return s
}

// readsClock tells the functions that without arguments mean now.
func readsClock(name string) bool {
	switch name {
	case "date", "time", "datetime", "julianday", "unixepoch":
		return true
	}
	return false
}
