package d1_test

import (
	"context"
	"fmt"
	"testing"
	"database/sql"

	"github.com/d1go/d1"
)

func TestZZMeasure(t *testing.T) {
	onEngines(t, func(t *testing.T, db *sql.DB) {
		b := &d1.Batch{}
		for _, s := range []string{
			"CREATE TABLE u(id INTEGER PRIMARY KEY, v)",
			"INSERT INTO u VALUES(77,1)",
			"SELECT total_changes(), last_insert_rowid()",
			"CREATE TABLE IF NOT EXISTS _d1_ledger(id TEXT PRIMARY KEY,at INTEGER NOT NULL,results TEXT)WITHOUT ROWID",
			"CREATE TABLE IF NOT EXISTS _d1_ledger(id TEXT PRIMARY KEY,at INTEGER NOT NULL,results TEXT)WITHOUT ROWID",
			"INSERT INTO _d1_ledger VALUES('a',unixepoch(),total_changes()||' '||last_insert_rowid())",
			"INSERT INTO u VALUES(79,1)",
			"UPDATE _d1_ledger SET results=results||' '||total_changes()||' '||last_insert_rowid() WHERE id='a'",
			"INSERT OR IGNORE INTO _d1_ledger VALUES('a',unixepoch(),NULL)",
			"DELETE FROM _d1_ledger WHERE at<unixepoch()-3600",
			"SELECT * FROM _d1_ledger",
			"CREATE TABLE c2 AS SELECT * FROM u",
			"CREATE VIRTUAL TABLE f USING fts5(x)",
			"CREATE INDEX ui ON u(v)",
			"ALTER TABLE u ADD COLUMN w",
			"ALTER TABLE u DROP COLUMN w",
			"DROP TABLE c2",
			"DELETE FROM _d1_ledger",
		} {
			b.Add(s)
		}
		i := 0
		ctx := d1.WithMeta(context.Background(), func(m d1.Meta) {
			fmt.Println(i, "changes", m.Changes, "last", m.LastRowID, "written", m.RowsWritten, "read", m.RowsRead)
			i++
		})
		_, err := b.Exec(ctx, db)
		fmt.Println(err)
		rows, _ := db.Query("SELECT results FROM _d1_ledger")
		if rows != nil { rows.Close() }
		db.Exec("INSERT INTO _d1_ledger VALUES('a',unixepoch(),NULL)")
		_, err = db.Exec("INSERT INTO _d1_ledger VALUES('a',unixepoch(),NULL)")
		fmt.Printf("%v\n", err)
		_, err = db.Exec("CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE k(p REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED)")
		fmt.Printf("%v\n", err)
		_, err = db.Exec("INSERT INTO k VALUES(5)")
		fmt.Printf("%v %+v\n", err, err)
		var e *d1.Error
		_ = e
	})
}
