package differential

// schema has a column of every affinity, STRICT tables, an index on text, a table
// of words for FTS5, and triggers.
var schema = []string{
	`CREATE TABLE aff(id INTEGER PRIMARY KEY, i INTEGER, t TEXT, r REAL, n NUMERIC, b BLOB, x, bo BOOLEAN, v VARCHAR(10) COLLATE NOCASE)`,
	`CREATE INDEX aff_t ON aff(t)`,
	`CREATE INDEX aff_n ON aff(n, x)`,
	`CREATE INDEX aff_e ON aff(lower(t))`,
	`INSERT INTO aff(i,t,r,n,b,x,bo,v) VALUES
		(1,1,1,1,1,1,1,1), (5,5,5,5,5,5,0,5), (-1,'5.0',-2.5,'5.0',x'35','5',NULL,'ABC'), (0,'05',0.1,'05',x'','05',1,'abc'),
		(9007199254740993,'9007199254740993',9007199254740993.0,9007199254740993,x'00',9007199254740993,0,'5'),
		(9223372036854775807,9223372036854775807,1e308,9223372036854775807,x'fffe',1e308,1,''),
		(-9223372036854775808,'abc',5e-324,1.5,'abc',x'616263',0,'%'), (NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL),
		(2147483648,'',-0.0,'abc',1.5,'abc',1,'a'), ('5x','😀é','x','',5.0,'',0,'É')`,
	`CREATE TABLE st(id INTEGER PRIMARY KEY, i INT, t TEXT, r REAL, b BLOB, a ANY) STRICT`,
	`CREATE TABLE up(k TEXT PRIMARY KEY, n INTEGER DEFAULT 7, x) WITHOUT ROWID`,
	`INSERT INTO up VALUES ('5', 1, 'a'), ('abc', 2, 'b'), ('', 3, NULL)`,
	`CREATE TABLE ck(v CHECK (typeof(v) <> 'blob'), u UNIQUE, g AS (v || '!'), nn NOT NULL DEFAULT 1)`,
	`CREATE TABLE noted(what, v, kind)`,
	`CREATE TRIGGER note AFTER INSERT ON ck BEGIN INSERT INTO noted VALUES ('new', NEW.v, typeof(NEW.v)); END`,
	`CREATE TRIGGER guard BEFORE INSERT ON ck WHEN NEW.v = 5 BEGIN SELECT RAISE(ABORT, 'no five'); END`,
	`CREATE VIRTUAL TABLE fts USING fts5(body, tag)`,
	`INSERT INTO fts VALUES ('abc def', '5'), ('5 apples', 'abc'), ('nothing', '')`,
}

// reads are contexts in which a parameter's type or affinity may matter. Every ?
// gets an argument.
var reads = []string{
	// A value by itself.
	`SELECT ?`, `SELECT ?, ? AS named, ?`, `SELECT typeof(?), quote(?), hex(?), length(?)`, `SELECT ? || 'x', 'x' || ?, ? || ?`, `SELECT json_quote(?)`,
	`SELECT CAST(? AS TEXT), CAST(? AS INTEGER), CAST(? AS REAL), CAST(? AS NUMERIC)`, `SELECT CAST(? AS BLOB)`, `SELECT typeof(+?), typeof(-?), typeof(~?), NOT ?`,
	`SELECT ? IS NULL, ? ISNULL, ? NOTNULL, ? IS TRUE, ? IS NOT FALSE`,
	// Arithmetic and bits.
	`SELECT ? + 1, ? - 1, ? * 2, ? / 2, ? % 3`, `SELECT 1 + ?, 1 - ?, 2 * ?, 7 / ?, 7 % ?`, `SELECT ? + ?, ? * ?`, `SELECT ? & 6, ? | 6, ? << 3, ? >> 1, 6 & ?, 1 << ?`, `SELECT -?, +?, ~?, - ?, 5-?, 5 - -?`,
	`SELECT typeof(? + 0), typeof(? / 2), typeof(? * 1.0), typeof(? || 1)`, `SELECT abs(?)`, `SELECT round(?), round(?, 1), sign(?)`, `SELECT max(?, ?), min(?, ?)`, `SELECT max(?, 5, '5', x'35')`,
	// Comparisons without a column.
	`SELECT ? = ?, ? < ?, ? <> ?, ? IS ?, ? IS NOT DISTINCT FROM ?`, `SELECT ? = 5, ? = '5', ? = 5.0, ? = x'35', 5 = ?, '5' < ?`, `SELECT ? IN (1, 5, '5', 5.5, x'35', NULL)`, `SELECT ? NOT IN (?, ?)`,
	`SELECT ? BETWEEN 0 AND '5', 3 BETWEEN ? AND ?, 'b' BETWEEN ? AND ?`, `SELECT (?, ?) = (5, '5'), (?, ?) < (?, ?)`, `SELECT ? COLLATE NOCASE = 'ABC', 'abc' = ? COLLATE RTRIM`,
	`SELECT CASE ? WHEN 5 THEN 'int' WHEN '5' THEN 'text' ELSE ? END`, `SELECT CASE WHEN ? THEN 1 ELSE 0 END, iif(?, 'y', 'n'), coalesce(NULL, ?), ifnull(?, 1), nullif(?, 5)`,
	`SELECT count(*) > ?, count(*) = ? FROM aff`,
	// Comparisons with columns.
	`SELECT id FROM aff WHERE i = ? ORDER BY id`, `SELECT id FROM aff WHERE t = ? ORDER BY id`, `SELECT id FROM aff WHERE r = ? ORDER BY id`, `SELECT id FROM aff WHERE n = ? ORDER BY id`,
	`SELECT id FROM aff WHERE b = ? ORDER BY id`, `SELECT id FROM aff WHERE x = ? ORDER BY id`, `SELECT id FROM aff WHERE v = ? ORDER BY id`, `SELECT id FROM aff WHERE bo = ? ORDER BY id`, `SELECT id FROM aff WHERE id = ?`,
	`SELECT id FROM aff WHERE i < ? ORDER BY id`, `SELECT id FROM aff WHERE t < ? ORDER BY id`, `SELECT id FROM aff WHERE r >= ? ORDER BY id`, `SELECT id FROM aff WHERE n > ? ORDER BY id`, `SELECT id FROM aff WHERE x <= ? ORDER BY id`, `SELECT id FROM aff WHERE ? > b ORDER BY id`,
	`SELECT id FROM aff WHERE i IN (?, ?, ?) ORDER BY id`, `SELECT id FROM aff WHERE t IN (?, ?, ?) ORDER BY id`, `SELECT id FROM aff WHERE n NOT IN (?, ?) ORDER BY id`, `SELECT id FROM aff WHERE x IN (?, ?, ?) ORDER BY id`, `SELECT id FROM aff WHERE ? IN (t, i, x) ORDER BY id`,
	`SELECT id FROM aff WHERE t BETWEEN ? AND ? ORDER BY id`, `SELECT id FROM aff WHERE i NOT BETWEEN ? AND ? ORDER BY id`, `SELECT id FROM aff WHERE t IS ? ORDER BY id`, `SELECT id FROM aff WHERE x IS NOT ? ORDER BY id`,
	`SELECT id FROM aff WHERE (t, i) = (?, ?) ORDER BY id`, `SELECT id FROM aff WHERE (n, x) > (?, ?) ORDER BY id`, `SELECT id FROM aff WHERE (t, i) IN (VALUES (?, ?), (?, ?)) ORDER BY id`, `SELECT id FROM aff WHERE t IN (SELECT ?) ORDER BY id`,
	`SELECT id FROM aff WHERE lower(t) = ? ORDER BY id`, `SELECT id FROM aff WHERE t || '' = ? ORDER BY id`, `SELECT id FROM aff WHERE +i = ? ORDER BY id`, `SELECT id FROM aff WHERE ? = t AND i < ? OR x = ? ORDER BY id`,
	`SELECT id, t = ?, t < ?, i = ?, n = ?, x = ?, b = ? FROM aff ORDER BY id`,
	// Patterns. D1 takes patterns of up to 50 bytes.
	`SELECT substr(?, 1, 20) LIKE 'a%', 'abc' LIKE substr(?, 1, 20), 'abc' GLOB substr(?, 1, 20)`, `SELECT id FROM aff WHERE t LIKE substr(CAST(? AS TEXT), 1, 20) ORDER BY id`, `SELECT '5' LIKE substr(?, 1, 9) ESCAPE '\'`,
	// Limits and orders.
	`SELECT id FROM aff ORDER BY id LIMIT ?`, `SELECT id FROM aff ORDER BY id LIMIT 3 OFFSET ?`, `SELECT id FROM aff ORDER BY id LIMIT ?, ?`, `SELECT id FROM aff ORDER BY ?, id`, `SELECT id FROM aff ORDER BY t = ? DESC, id`,
	// Functions.
	`SELECT substr('abcdef', ? % 9), substr('abcdef', ? % 9, ? % 9)`, `SELECT substr(?, 2), instr(?, 5), replace(?, 5, ?)`, `SELECT upper(?), lower(?), trim(?), ltrim(?, ?)`, `SELECT unicode(?), char(65)`, `SELECT printf('%d|%s|%g|%Q', ?, ?, ?, ?)`,
	`SELECT typeof(round(?)), concat(?, ?), concat_ws(?, 1, 2)`, `SELECT unhex(?), quote(unhex(?))`, `SELECT zeroblob(2) = ?, x'35' = ?`, `SELECT date(?), datetime(?), strftime('%s', ?)`, `SELECT julianday(?) - 1, unixepoch(?)`, `SELECT datetime('2026-01-01', ? || ' days')`,
	`SELECT sqrt(?), pow(?, 2), floor(?)`, `SELECT typeof(?) FROM aff WHERE id = 1`, `SELECT likely(?), unlikely(?)`,
	// JSON.
	`SELECT json_array(?)`, `SELECT json_array(?, ?, 'x')`, `SELECT json_object('a', ?)`, `SELECT json_object(?, 1)`, `SELECT json_extract('{"a":[5,"x"]}', ?)`, `SELECT json_extract(json_array(?), '$[0]')`, `SELECT '[5,"x",null]' -> ?`, `SELECT '{"5":1,"a":2}' ->> ?`, `SELECT ? ->> 0, ? -> '$'`, `SELECT json(?)`, `SELECT json_valid(?), json_type(?)`,
	`SELECT json_set('{}', '$.a', ?)`, `SELECT value, typeof(value), type FROM json_each(?)`, `SELECT value, typeof(value) FROM json_each(json_array(5, '5')) WHERE value = ?`, `SELECT json_group_array(?) FROM aff`,
	// Aggregates, groups, windows.
	`SELECT count(?), sum(?), total(?) FROM aff`, `SELECT avg(?), typeof(sum(?)) FROM aff WHERE id < 3`, `SELECT group_concat(?) FROM aff WHERE id < 4`, `SELECT group_concat(id, ?) FROM aff WHERE id < 4`, `SELECT count(*) FILTER (WHERE t > ?) FROM aff`, `SELECT typeof(x), count(*) FROM aff GROUP BY typeof(x) HAVING count(*) > ? ORDER BY 1`,
	`SELECT ?, count(*) FROM aff GROUP BY ?`, `SELECT DISTINCT ? FROM aff`, `SELECT id, lag(t, 1, ?) OVER (ORDER BY id) FROM aff ORDER BY id`, `SELECT id, count(*) OVER (ORDER BY id ROWS BETWEEN ? PRECEDING AND CURRENT ROW) FROM aff ORDER BY id`, `SELECT id, ntile(?) OVER (ORDER BY id) FROM aff ORDER BY id`,
	`SELECT id, sum(?) OVER (PARTITION BY typeof(x) ORDER BY id) FROM aff ORDER BY id`, `SELECT id, nth_value(id, ?) OVER (ORDER BY id) FROM aff ORDER BY id`,
	// Subqueries, CTEs, compounds.
	`SELECT (SELECT ?), (SELECT t FROM aff WHERE i = ? LIMIT 1), EXISTS (SELECT 1 FROM aff WHERE x = ?)`, `SELECT a, typeof(a) FROM (SELECT ? AS a)`, `SELECT * FROM (SELECT ?+1), (SELECT ?)`,
	`WITH c(a, b) AS (VALUES (?, ?), (?, ?)) SELECT a, typeof(a), b FROM c`, `WITH c AS MATERIALIZED (SELECT ? AS a) SELECT a = '5', a = 5, typeof(a) FROM c`, `WITH RECURSIVE c(n, v) AS (SELECT 1, ? UNION ALL SELECT n + 1, v || ? FROM c WHERE n < 3) SELECT n, v FROM c`,
	`VALUES (?, typeof(?))`, `VALUES (?), (?), (?)`, `SELECT ? UNION ALL SELECT ?`, `SELECT ? UNION SELECT ? UNION SELECT '5' ORDER BY 1`, `SELECT ? INTERSECT SELECT x FROM aff`, `SELECT x FROM aff EXCEPT SELECT ? ORDER BY 1`, `SELECT a.id FROM aff a JOIN aff b ON a.x = b.t AND b.i > ? ORDER BY 1`, `SELECT a.id, b.id FROM aff a LEFT JOIN aff b ON b.t = ? WHERE a.id < 3 ORDER BY 1, 2`,
	// Full text and table-valued functions.
	`SELECT rowid FROM fts WHERE fts MATCH ? ORDER BY rowid`, `SELECT rowid FROM fts WHERE tag = ?`, `SELECT rowid FROM fts WHERE rowid = ?`, `SELECT rowid, highlight(fts, 0, '[', ?) FROM fts WHERE fts MATCH 'abc' ORDER BY rowid`, `SELECT name FROM pragma_table_info(coalesce(?, 'up'))`, `SELECT name FROM pragma_table_info('up') WHERE cid = ?`,
	// What SQLite refuses.
	`SELECT ? FROM nope`, `SELECT nope, ?`, `SELECT abs ?`, `SELECT id FROM aff WHERE id IN ?`, `SELECT ? ?`, `SELECT nope(?)`, `SELECT (?, ?)`, `SELECT sum(?, ?)`, `SELECT ? FROM aff WHERE (i, t) = ?`,
}

// write is a statement that changes something, and how to look at what it did.
type write struct {
	text string
	look string
}

const (
	lookAff   = `SELECT typeof(i), quote(i), typeof(t), quote(t), typeof(r), quote(r), typeof(n), quote(n), typeof(b), quote(b), typeof(x), quote(x), CAST(i AS TEXT), x FROM aff WHERE id > 10 OR id = 2 ORDER BY id`
	lookSt    = `SELECT typeof(i), quote(i), typeof(t), quote(t), typeof(r), quote(r), typeof(b), quote(b), typeof(a), quote(a) FROM st ORDER BY id`
	lookUp    = `SELECT k, typeof(n), quote(n), typeof(x), quote(x) FROM up ORDER BY k`
	lookCk    = `SELECT quote(v), typeof(v), g, u, nn FROM ck ORDER BY rowid`
	lookNoted = `SELECT what, quote(v), kind FROM noted ORDER BY rowid`
	lookMade  = `SELECT quote(a), typeof(a), a = '5', a < 5, sql FROM made, sqlite_schema WHERE name = 'made'`
)

// undo brings the tables back, for the next write.
var undo = []string{
	`DELETE FROM aff WHERE id > 10 OR id < 0`, `UPDATE aff SET i=5,t=5,r=5,n=5,b=5,x=5,bo=0,v=5 WHERE id = 2`, `DELETE FROM st`, `DELETE FROM up`,
	`INSERT INTO up VALUES ('5', 1, 'a'), ('abc', 2, 'b'), ('', 3, NULL)`, `DELETE FROM ck`, `DELETE FROM noted`, `DELETE FROM fts WHERE body = 'x'`, `DROP TABLE IF EXISTS made`,
}

var writes = []write{
	{`INSERT INTO aff(id, i, t, r, n, b, x) VALUES (11, ?, ?, ?, ?, ?, ?)`, lookAff},
	{`INSERT INTO aff(id, t, x) VALUES (11, ?, ?), (12, ?, ?)`, lookAff},
	{`INSERT INTO aff(id, t, n) SELECT 11, ?, ?`, lookAff},
	{`INSERT INTO aff(id, t) VALUES (?, 'new')`, lookAff},
	{`INSERT INTO aff(id, i, t) VALUES (11, ?, ?) RETURNING typeof(i), quote(t), ?, i`, lookAff},
	{`UPDATE aff SET i = ?, t = ?, n = n + ?, x = ? || x WHERE id = 2`, lookAff},
	{`UPDATE aff SET (i, t) = (?, ?) WHERE id = 2 RETURNING i, t, typeof(?)`, lookAff},
	{`UPDATE aff SET x = x WHERE t = ? AND id > 10`, lookAff},
	{`DELETE FROM aff WHERE id > 5 AND x = ? AND id > 10`, lookAff},
	{`REPLACE INTO aff(id, r, n) VALUES (11, ?, ?)`, lookAff},
	{`WITH c(a) AS (VALUES (?), (?)) INSERT INTO aff(t, x) SELECT a, a FROM c`, lookAff},
	{`INSERT INTO st(i) VALUES (?)`, lookSt},
	{`INSERT INTO st(t) VALUES (?)`, lookSt},
	{`INSERT INTO st(r) VALUES (?)`, lookSt},
	{`INSERT INTO st(b) VALUES (?)`, lookSt},
	{`INSERT INTO st(a) VALUES (?) RETURNING typeof(a), a`, lookSt},
	{`INSERT INTO up(k, x) VALUES (?, ?) ON CONFLICT(k) DO UPDATE SET n = n + 1, x = excluded.x || ?`, lookUp},
	{`INSERT INTO up(k) VALUES ('5') ON CONFLICT(k) DO UPDATE SET n = ? WHERE n < ? RETURNING n, typeof(n)`, lookUp},
	{`INSERT OR IGNORE INTO up(k, n) VALUES (?, ?)`, lookUp},
	{`INSERT INTO ck(v, u) VALUES (?, 1)`, lookCk},
	{`INSERT INTO ck(v, u) VALUES (1, ?), (2, ?)`, lookCk},
	{`INSERT INTO ck(v, nn) VALUES (3, ?)`, lookCk},
	{`INSERT INTO ck(v) VALUES (?)`, lookNoted},
	{`INSERT INTO fts(rowid, body) VALUES (coalesce(?, 7), 'x')`, `SELECT rowid FROM fts ORDER BY rowid`},
	{`CREATE TABLE made AS SELECT ? AS a`, lookMade},
	{`CREATE TABLE made(a DEFAULT (?))`, lookMade},
	{`CREATE VIEW seen AS SELECT ?`, `SELECT 1`},
}
