package txdiff

import (
	"math"

	"pgregory.net/rapid"
)

// schema has what makes guards and probes go wrong: affinities and none,
// collations, rowids by any other name, keys, cascades, triggers that change
// other tables and their own, generated columns.
var schema = []string{
	`CREATE TABLE a(id INTEGER PRIMARY KEY, n INTEGER, r REAL, t TEXT COLLATE NOCASE, b BLOB, x, CHECK(n IS NULL OR n<1000))`,
	`CREATE TABLE auto(id INTEGER PRIMARY KEY AUTOINCREMENT, a_id REFERENCES a(id) ON DELETE CASCADE, v UNIQUE, note TEXT NOT NULL DEFAULT 'none')`,
	`CREATE TABLE keyed(k TEXT, j INTEGER, v, PRIMARY KEY(k,j)) WITHOUT ROWID`,
	`CREATE TABLE "odd name"("rowid" TEXT, "a b" INTEGER, "c,""d" UNIQUE, PRIMARY KEY("rowid","a b"))`,
	`CREATE TABLE gen(id INTEGER PRIMARY KEY, n INT, twice AS (n*2), st TEXT GENERATED ALWAYS AS (n||'!') STORED)`,
	`CREATE TABLE audit(id INTEGER PRIMARY KEY, what, n)`,
	`CREATE TABLE watched(id INTEGER PRIMARY KEY, n, t TEXT)`,
	`CREATE TRIGGER w_before BEFORE INSERT ON watched WHEN NEW.n=13 BEGIN SELECT RAISE(IGNORE); END`,
	`CREATE TRIGGER w_insert AFTER INSERT ON watched BEGIN INSERT INTO audit(what,n) VALUES('insert',NEW.n); END`,
	`CREATE TRIGGER w_update AFTER UPDATE ON watched BEGIN INSERT INTO audit(what,n) VALUES('update',OLD.n),('to',NEW.n); END`,
	`CREATE TRIGGER w_delete BEFORE DELETE ON watched WHEN OLD.n=7 BEGIN SELECT RAISE(ABORT,'seven stays'); END`,
	`CREATE TABLE selfish(id INTEGER PRIMARY KEY, n, touched DEFAULT 0)`,
	`CREATE TRIGGER s_insert AFTER INSERT ON selfish BEGIN UPDATE selfish SET touched=touched+1 WHERE id=NEW.id; END`,
	`CREATE TABLE tree(id INTEGER PRIMARY KEY, up REFERENCES tree(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)`,
	`CREATE VIEW av AS SELECT id, n+1 AS m, t FROM a`,
	`INSERT INTO a VALUES(1,1,0.5,'a',x'00ff',1),(2,2,1e300,'B',NULL,'one'),(3,NULL,NULL,'b',x'',2.0),(9,1,1.0,NULL,NULL,9007199254740993)`,
	`INSERT INTO auto(a_id,v) VALUES(1,'x'),(1,'y'),(2,3)`,
	`INSERT INTO keyed VALUES('a',1,'p'),('a',2,5e-324),('B',1,NULL)`,
	`INSERT INTO "odd name" VALUES('r',1,'one'),('s',2,'two')`,
	`INSERT INTO gen(n) VALUES(1),(2)`,
	`INSERT INTO watched(n,t) VALUES(1,'a'),(7,'b'),(3,'c')`,
	`INSERT INTO selfish(n) VALUES(1),(2)`,
	`INSERT INTO tree VALUES(1,NULL),(2,1),(3,2)`,
}

// values are arguments that are hard to carry.
var values = rapid.SampledFrom([]any{
	nil, int64(0), int64(1), int64(2), int64(3), int64(7), int64(13), int64(-1), int64(999), int64(1000),
	int64(1<<53 + 1), int64(math.MaxInt64), int64(math.MinInt64),
	0.5, 1.0, math.Copysign(0, -1), 0.1, 1e300, 5e-324, math.Inf(1), math.Inf(-1), 1e21, 123456789.125, math.Pi * 1e-300,
	"", "a", "A", "b", "B", "é", "one", "1", "1.0", "x'y", `a"b`, "a\x00b", "line\nline", "NULL", "2024-01-02 03:04:05",
	[]byte{}, []byte{0, 255}, []byte("a"), true, false,
})

// ids are small, so that statements meet the same rows.
var ids = rapid.Int64Range(0, 10)
