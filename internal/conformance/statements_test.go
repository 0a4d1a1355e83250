package conformance

// statementScenarios change databases: DDL, DML, triggers, several statements.
func statementScenarios() []scenario {
	const counters = `SELECT changes(), total_changes(), last_insert_rowid()`
	return []scenario{
		{name: "counters", requests: []request{
			sql(counters),
			batch(`CREATE TABLE t(id INTEGER PRIMARY KEY, a, u UNIQUE)`, counters),
			batch(`INSERT INTO t(a) VALUES (1),(2),(3)`, counters, counters),
			sql(counters),
			batch(`UPDATE t SET a=a+1 WHERE id<3`, counters), batch(`UPDATE t SET a=a WHERE 0`, counters),
			batch(`CREATE TABLE t2(a)`, counters), batch(`CREATE TABLE t3 AS SELECT * FROM t`, counters), batch(`CREATE TABLE t4 AS SELECT * FROM t WHERE 0`, counters),
			batch(`CREATE INDEX ti ON t(a)`, counters), batch(`CREATE VIEW v AS SELECT 1`, counters),
			batch(`CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO t2 VALUES (NEW.a),(NEW.a); END`, counters),
			batch(`INSERT INTO t(a) VALUES (9)`, counters, `SELECT * FROM t2`),
			batch(`ALTER TABLE t ADD COLUMN c DEFAULT 5`, counters), batch(`ALTER TABLE t4 RENAME TO t5`, counters), batch(`ALTER TABLE t DROP COLUMN c`, counters), batch(`ALTER TABLE t RENAME COLUMN a TO b`, counters),
			batch(`DELETE FROM t WHERE 0`, counters), batch(`DELETE FROM t3`, counters), batch(`DROP TABLE t2`, counters),
			sql(`INSERT INTO t(id) VALUES (1)`), sql(counters), batch(`DROP TRIGGER tr`, `INSERT INTO t(id) VALUES (100)`, counters),
			batch(`INSERT INTO t(id) VALUES (200)`, `SELECT nope`), sql(counters), sql(`SELECT count(*) FROM t`),
			batch(`PRAGMA table_info(t)`, counters), batch(`ANALYZE`, counters), batch(`REINDEX`, counters),
			batch(`CREATE TABLE w(a PRIMARY KEY) WITHOUT ROWID`, `INSERT INTO w VALUES (5)`, counters),
			batch(`INSERT INTO t(id,u) VALUES (1000,1),(1001,2)`, `REPLACE INTO t(id,u) VALUES (1002,1)`, counters, `INSERT OR IGNORE INTO t(u) VALUES (2)`, counters,
				`INSERT INTO t(u) VALUES (2) ON CONFLICT DO NOTHING`, counters, `INSERT INTO t(u) VALUES (2) ON CONFLICT DO UPDATE SET b='up'`, counters, `SELECT * FROM t`),
			sql(`INSERT INTO t(id) VALUES (-5)`), sql(`INSERT INTO t(id) VALUES (9223372036854775807)`), sql(counters),
			sql(`INSERT INTO t(id) VALUES (9007199254740993)`), sql(`SELECT 1`),
		}},
		{name: "returning", requests: []request{
			sql(`CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT DEFAULT 'x', g AS (id*2))`),
			sql(`INSERT INTO t(a) VALUES ('p'),('q') RETURNING *`), sql(`INSERT INTO t DEFAULT VALUES RETURNING id AS "the id", a||'!' , rowid`), sql(`UPDATE t SET a=upper(a) RETURNING id, a`),
			sql(`INSERT INTO t(id,a) VALUES (1,'z') ON CONFLICT(id) DO UPDATE SET a=excluded.a RETURNING *`), sql(`INSERT INTO t(id,a) VALUES (1,'z') ON CONFLICT(id) DO NOTHING RETURNING *`),
			sql(`DELETE FROM t WHERE id>1 RETURNING *`), sql(`INSERT INTO t(id) VALUES (1) RETURNING id`), sql(`REPLACE INTO t(id,a) VALUES (1,'r') RETURNING a`), sql(`UPDATE t SET a=? WHERE id=? RETURNING a`, `"n"`, `1`),
			sql(`DELETE FROM t WHERE 0 RETURNING id`),
		}},
		{name: "triggers and cascades", requests: []request{
			batch(`CREATE TABLE p(id INTEGER PRIMARY KEY, n)`, `CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p(id) ON DELETE CASCADE ON UPDATE SET NULL)`, `CREATE TABLE log(s)`,
				`CREATE TRIGGER b1 BEFORE INSERT ON p BEGIN INSERT INTO log VALUES ('before '||coalesce(NEW.id,'?')); END`,
				`CREATE TRIGGER a1 AFTER INSERT ON p BEGIN INSERT INTO log VALUES ('a1'); END`, `CREATE TRIGGER a2 AFTER INSERT ON p WHEN NEW.n>1 BEGIN INSERT INTO log VALUES ('a2'); UPDATE p SET n=0 WHERE id=NEW.id; END`,
				`CREATE TRIGGER d1 AFTER DELETE ON c BEGIN INSERT INTO log SELECT id||':'||p FROM (SELECT OLD.id AS id, OLD.p AS p) AS c; END`),
			sql(`INSERT INTO p(n) VALUES (1),(2)`), sql(`INSERT INTO c(p) VALUES (1),(1),(2)`), sql(`DELETE FROM p WHERE id=1`), sql(`UPDATE p SET id=9 WHERE id=2`), sql(`SELECT * FROM log`), sql(`SELECT * FROM p`), sql(`SELECT * FROM c`),
			sql(`INSERT INTO c(p) VALUES (77)`), sql(`DROP TABLE p`), sql(`SELECT * FROM c`),
			batch(`CREATE VIEW v AS SELECT * FROM c`, `CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN INSERT INTO log VALUES ('vi'); INSERT INTO log VALUES ('vj'); END`), sql(`INSERT INTO v(id) VALUES (5)`), sql(`DELETE FROM v`), sql(`SELECT count(*) FROM log`),
			sql(`CREATE TRIGGER bad AFTER INSERT ON c BEGIN SELECT RAISE(ABORT, 'no ' || 'way'); END`), sql(`CREATE TRIGGER bad2 AFTER INSERT ON c BEGIN SELECT RAISE(ABORT, 'no way'); END`), sql(`INSERT INTO c(p) VALUES (NULL)`),
			sql(`DROP TRIGGER bad2`), sql(`CREATE TRIGGER rb AFTER INSERT ON c BEGIN SELECT RAISE(ROLLBACK, 'rolled'); END`), batch(`INSERT INTO log VALUES ('kept?')`, `INSERT INTO c(p) VALUES (NULL)`), sql(`SELECT count(*) FROM log WHERE s='kept?'`),
			sql(`DROP TRIGGER rb`), sql(`CREATE TRIGGER ig BEFORE INSERT ON c BEGIN SELECT RAISE(IGNORE); END`), sql(`INSERT INTO c(p) VALUES (NULL)`), sql(`DROP TRIGGER ig`),
			sql(`CREATE TRIGGER fa AFTER INSERT ON c BEGIN SELECT RAISE(FAIL, 'failed'); END`), batch(`INSERT INTO log VALUES ('kept?')`, `INSERT INTO c(p) VALUES (NULL)`), sql(`SELECT count(*) FROM log WHERE s='kept?'`),
		}},
		{name: "foreign keys", requests: []request{
			batch(`CREATE TABLE p(id INTEGER PRIMARY KEY)`, `CREATE TABLE c(p REFERENCES p)`, `CREATE TABLE d(p REFERENCES p DEFERRABLE INITIALLY DEFERRED)`),
			sql(`PRAGMA foreign_keys`), sql(`PRAGMA foreign_keys=OFF`), sql(`PRAGMA foreign_keys`), sql(`INSERT INTO c VALUES (1)`),
			batch(`PRAGMA defer_foreign_keys=ON`, `INSERT INTO c VALUES (1)`, `PRAGMA defer_foreign_keys`, `PRAGMA foreign_key_check`, `SELECT * FROM pragma_foreign_key_check`, `INSERT INTO p VALUES (1)`, `PRAGMA foreign_key_check(c)`), sql(`PRAGMA defer_foreign_keys`),
			batch(`PRAGMA defer_foreign_keys=ON`, `INSERT INTO c VALUES (2)`), sql(`SELECT * FROM c`), batch(`INSERT INTO d VALUES (3)`, `SELECT 1`), batch(`INSERT INTO d VALUES (3)`, `INSERT INTO p VALUES (3)`),
			sql(`PRAGMA foreign_key_list(c)`), sql(`DELETE FROM p`), sql(`DROP TABLE p`), sql(`CREATE TABLE bad(x REFERENCES nope(y))`), sql(`INSERT INTO bad VALUES (1)`), sql(`CREATE TABLE bad2(x REFERENCES p(nope))`), sql(`INSERT INTO bad2 VALUES (1)`),
			sql(`INSERT OR IGNORE INTO c VALUES (99)`), sql(`UPDATE OR REPLACE c SET p=99`),
		}},
		{name: "several statements", requests: []request{
			sql(`SELECT 1; SELECT 2`), sql(`SELECT 1; SELECT 2;`), sql(`SELECT 1;`), sql(`SELECT 1; `), sql("SELECT 1;\n\n"), sql(`CREATE TABLE t(a); INSERT INTO t VALUES (1); SELECT * FROM t;`),
			sql("SELECT ';' AS \"a;b\", [c;d] FROM (SELECT 1 AS [c;d]) /* ; */; -- ;\nSELECT 2"), sql(`CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END; SELECT 3`), sql(`SELECT 1; SELECT nope`), sql(`SELECT 1; selec`),
			sql(`INSERT INTO t VALUES (2); SELECT nope`), sql(`SELECT count(*) FROM t`), sql(`CREATE TABLE x1(a); CREATE TABLE x1(a)`), sql(`EXPLAIN QUERY PLAN SELECT 1; SELECT 2`), sql(`SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 3`),
			batch(`SELECT 1; SELECT 2`, `SELECT 3`),
		}},
		{name: "several statements with params", requests: []request{
			sql(`SELECT 1; SELECT ?`, `"a"`), sql(`SELECT ?; SELECT ?`, `"a"`, `"b"`), sql(`SELECT ?; SELECT 1`, `"a"`),
		}},
		{name: "empty and comments", requests: []request{
			sql(``), sql(` `), sql("\n"), sql(`;`), sql(`;;`), sql(`; SELECT 1`), sql(`-- c`), sql("-- c\n"), sql(`/* c */`), sql(`-- c` + "\n" + `SELECT 1`), sql(`/* c */ SELECT 1 -- d`), sql(`SELECT 1 -- d` + "\n"), sql(`SELECT 1; -- d`), sql(`SELECT 1; /* d */`),
			sql(`SELECT 1;;`), sql(`SELECT 1; ;`), sql(`/* open`), sql(`SELECT 1 /* open`), sql("SELECT 1\u0000"), sql("SELECT 1\u0000; nope"), sql("\ufeffSELECT 1"), sql("SELECT\u00a01"), sql("SELECT 1;\t"), sql("SELECT 1;\r\n"), sql("SELECT 1;\f"),
			batch(``, `SELECT 1`), batch(`-- c`, `SELECT 1`), batch(``), batch(`SELECT 1`, `/* c */`),
		}},
		{name: "tables", requests: []request{
			sql(`CREATE TABLE s(a INT, b TEXT, c REAL, d BLOB, e ANY) STRICT`), sql(`INSERT INTO s VALUES (1,'a',1,x'41',x'42')`), sql(`INSERT INTO s(a) VALUES (?)`, `1`), sql(`INSERT INTO s(b) VALUES (?)`, `1`), sql(`INSERT INTO s(a) VALUES ('x')`), sql(`INSERT INTO s(d) VALUES ('x')`), sql(`SELECT *, typeof(c), typeof(e) FROM s`),
			sql(`CREATE TABLE g(a, b AS (a*2) STORED, c AS (a+1))`), sql(`INSERT INTO g VALUES (5)`), sql(`INSERT INTO g(b) VALUES (1)`), sql(`SELECT * FROM g`), sql(`PRAGMA table_xinfo(g)`), sql(`SELECT * FROM pragma_table_xinfo('g')`), sql(`PRAGMA table_info(g)`),
			sql(`CREATE TABLE au(id INTEGER PRIMARY KEY AUTOINCREMENT, a)`), sql(`INSERT INTO au(a) VALUES (1),(2)`), sql(`DELETE FROM au`), sql(`INSERT INTO au(a) VALUES (3)`), sql(`SELECT * FROM au`), sql(`SELECT * FROM sqlite_sequence`), sql(`UPDATE sqlite_sequence SET seq=100`), sql(`INSERT INTO au(a) VALUES (4) RETURNING id`), sql(`DELETE FROM sqlite_sequence`),
			sql(`CREATE UNIQUE INDEX gi ON g(a) WHERE a>0`), sql(`PRAGMA index_list(g)`), sql(`PRAGMA index_info(gi)`), sql(`PRAGMA index_xinfo(gi)`), sql(`SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE '\_cf%' ESCAPE '\'`), sql(`SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE '\_cf%' ESCAPE '\' ORDER BY name`),
			sql(`CREATE TABLE ct AS SELECT 1 AS a, 'x' AS b, NULL AS c, 1.5 AS d`), sql(`SELECT * FROM pragma_table_info('ct')`), sql(`CREATE VIEW vw(x,y) AS SELECT a, b FROM ct`), sql(`SELECT * FROM pragma_table_info('vw')`), sql(`CREATE TABLE IF NOT EXISTS ct(z)`), sql(`DROP TABLE IF EXISTS nope`), sql(`DROP VIEW vw`),
			sql(`SELECT name, type, ncol, wr, strict FROM pragma_table_list WHERE schema='main' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\_cf%' ESCAPE '\' ORDER BY name`), sql(`ALTER TABLE ct RENAME COLUMN a TO aa`), sql(`ALTER TABLE ct DROP COLUMN d`), sql(`ALTER TABLE ct ADD COLUMN n NOT NULL`), sql(`ALTER TABLE ct ADD COLUMN n NOT NULL DEFAULT 3`), sql(`SELECT * FROM ct`), sql(`ALTER TABLE ct ADD COLUMN t DEFAULT CURRENT_TIMESTAMP`), sql(`ALTER TABLE ct ADD PRIMARY KEY (a)`),
			sql(`INSERT INTO ct SELECT * FROM ct`), sql(`UPDATE ct SET aa=v.value FROM json_each('[7]') v`), sql(`SELECT * FROM ct`), sql(`SELECT rowid, _rowid_, oid FROM ct`),
			sql(`CREATE VIRTUAL TABLE rt USING rtree(id, a, b)`), sql(`CREATE VIRTUAL TABLE gp USING geopoly(a)`), sql(`CREATE VIRTUAL TABLE f3 USING fts3(a)`), sql(`CREATE VIRTUAL TABLE f4 USING fts4(a)`), sql(`CREATE VIRTUAL TABLE n USING nope(a)`), sql(`CREATE VIRTUAL TABLE d USING dbstat`),
		}},
		{name: "limited changes", requests: []request{
			sql(`CREATE TABLE t(a)`), sql(`UPDATE t SET a=1 LIMIT 1`), sql(`DELETE FROM t ORDER BY a LIMIT 1`),
		}},
		{name: "fts5", requests: []request{
			sql(`CREATE VIRTUAL TABLE f USING fts5(title, body, tokenize='porter unicode61')`), sql(`INSERT INTO f VALUES ('One','the running man'),('Two','a man runs')`), sql(`SELECT rowid, title FROM f WHERE f MATCH 'run' ORDER BY rank`), sql(`SELECT highlight(f,1,'<','>'), snippet(f,1,'[',']','…',2), bm25(f) FROM f('man')`),
			sql(`SELECT * FROM f WHERE f MATCH '"'`), sql(`SELECT * FROM f WHERE nope MATCH 'x'`), sql(`DELETE FROM f WHERE rowid=1`), sql(`UPDATE f SET title='Zwei'`), sql(`SELECT * FROM f`), sql(`INSERT INTO f(f) VALUES ('optimize')`), sql(`CREATE VIRTUAL TABLE fv USING fts5vocab(f,'row')`), sql(`SELECT * FROM fv`),
			sql(`CREATE VIRTUAL TABLE tg USING fts5(a, tokenize='trigram')`), sql(`INSERT INTO tg VALUES ('hello')`), sql(`SELECT * FROM tg WHERE a LIKE '%ell%'`), sql(`SELECT name FROM sqlite_schema WHERE name LIKE 'f\_%' ESCAPE '\'`), sql(`INSERT INTO f_data VALUES (1,2)`), sql(`DELETE FROM f_content`), sql(`DROP TABLE f_data`), sql(`DROP TABLE f`),
		}},
		{name: "upsert and conflicts", requests: []request{
			batch(`CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE, n NOT NULL DEFAULT 0, CHECK (n < 10))`, `INSERT INTO t VALUES (1,'a',1),(2,'b',2)`),
			sql(`INSERT OR REPLACE INTO t VALUES (3,'a',3)`), sql(`INSERT OR IGNORE INTO t VALUES (4,'b',4),(5,'e',5)`), sql(`INSERT OR FAIL INTO t VALUES (6,'f',6),(7,'b',7)`), sql(`SELECT * FROM t`), sql(`INSERT OR ROLLBACK INTO t VALUES (8,'b',7)`), batch(`INSERT INTO t VALUES (9,'i',9)`, `INSERT OR ROLLBACK INTO t VALUES (8,'b',7)`), sql(`SELECT * FROM t`),
			sql(`INSERT INTO t(u,n) VALUES ('b',1) ON CONFLICT(u) DO UPDATE SET n=n+excluded.n WHERE t.n<9`), sql(`UPDATE OR IGNORE t SET u='b'`), sql(`UPDATE OR REPLACE t SET u='b' WHERE id=3`), sql(`SELECT * FROM t`), sql(`INSERT INTO t(u) VALUES ('b') ON CONFLICT(n) DO NOTHING`), sql(`UPDATE t SET (u,n)=('z',1) WHERE id=5`), sql(`UPDATE t SET id=id+100`), sql(`SELECT * FROM t`),
		}},
		{name: "explain", requests: []request{
			sql(`CREATE TABLE o(id INTEGER PRIMARY KEY, a)`), sql(`EXPLAIN QUERY PLAN SELECT * FROM o WHERE id=1`), sql(`EXPLAIN SELECT nope`), sql(`EXPLAIN SELECT * FROM o WHERE id=?`), sql(`EXPLAIN INSERT INTO o(a) VALUES (?)`), sql(`EXPLAIN CREATE TABLE o(a)`), sql(`EXPLAIN DROP TABLE nope`), sql(`EXPLAIN ALTER TABLE nope ADD COLUMN z`),
			sql(`EXPLAIN PRAGMA user_version`), sql(`EXPLAIN BEGIN`), sql(`EXPLAIN`), sql(`EXPLAIN EXPLAIN SELECT 1`), sql(`EXPLAIN selec`), sql(`EXPLAIN SELECT sqlite_version()`), sql(`EXPLAIN CREATE TEMP TABLE x(a)`), sql(`EXPLAIN ATTACH 'x' AS y`), sql(`EXPLAIN INSERT INTO o(nope) VALUES (?)`), sql(`EXPLAIN VALUES (?)`), sql(`EXPLAIN QUERY PLAN INSERT INTO o(a) SELECT a FROM o`),
		}},
	}
}
