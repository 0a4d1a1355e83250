package dryrun

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/d1go/d1/internal/wire"
)

// Counters are what a statement did to the connection's counters.
type Counters struct {
	Changes  int64 // total_changes() went up by this: triggers and cascades included
	Direct   int64 // changes(): rows that the statement changed itself
	Inserted bool  // the statement set last_insert_rowid()
	LastID   int64 // last_insert_rowid() after the statement
}

// ProbeCounters returns what to put around a statement to learn its Counters:
// the batch is before, the statement, after. inserts tells whether it is an
// INSERT; nothing else sets last_insert_rowid().
//
// An INSERT need not set it either. To tell, a row with a rowid that nobody else
// would use is inserted first. A rollback does not restore that counter, so the
// one from before is put back at the end. That rowid is less than 2^53, so that
// where the statement fails, and the end is not reached, it can be read.
//
// An INSERT that reads the counters itself, as one of last_insert_rowid() does, must
// find them as it will at Commit, so nothing is inserted before it: reads. Then one
// that has changed rows counts as one that set the rowid: it may have set the same
// again. A trigger, view or default may read them, too: without reads, the batch
// fails where there is such a one, as SchemaReadsCounters tells.
func ProbeCounters(nonce string, inserts, reads bool) (before, after []wire.Statement) {
	var b strings.Builder
	b.WriteString("SELECT ")
	before = []wire.Statement{{SQL: "CREATE TABLE " + tableScratch + " AS SELECT total_changes()AS t,last_insert_rowid()AS l"}}
	if !inserts {
		writeFrame(&b, func() {
			b.WriteString("SELECT(total_changes()-t)||','||changes()||',0,'||l AS p FROM " + tableScratch)
		})
		return before, []wire.Statement{{SQL: b.String(), Params: params(nil, nonce)}}
	}
	before = append(before, wire.Statement{SQL: "CREATE TABLE " + tableAfter + "(t,c,l)"})
	after = []wire.Statement{
		// Not CREATE TABLE AS: a virtual table, such as FTS5, may then write what it
		// has put off, and count it. The guard would not see that.
		{SQL: "INSERT INTO " + tableAfter + " VALUES(total_changes(),changes(),last_insert_rowid())"},
		{SQL: "INSERT OR REPLACE INTO " + tableScratch + "(rowid,t,l)SELECT l,t,l FROM " + tableScratch + " WHERE t IS NOT NULL"},
	}
	if reads {
		writeFrame(&b, func() {
			b.WriteString("SELECT(a.t-b.t)||','||a.c||','||(a.c>0 OR a.l<>b.l)||','||a.l AS p FROM " + tableAfter + " AS a," + tableScratch + " AS b")
		})
		return before, append(after, wire.Statement{SQL: b.String(), Params: params(nil, nonce)})
	}
	mark := rand.Int64N(1<<52) + 1<<52
	before = append(before,
		wire.Statement{
			SQL: "SELECT CASE WHEN EXISTS(SELECT 1 FROM(SELECT replace(sql,' ','')AS q FROM sqlite_schema)WHERE q LIKE'%last_insert_rowid()%'OR q LIKE'%changes()%')" +
				"THEN json_extract('null',?)END",
			Params: params(nil, countersRead+nonce),
		},
		wire.Statement{SQL: "INSERT INTO " + tableScratch + "(rowid)VALUES((?+0))", Params: params(nil, mark)})
	writeFrame(&b, func() {
		b.WriteString("SELECT(a.t-b.t-1)||','||a.c||','||(a.l<>s)||','||CASE a.l WHEN s THEN b.l ELSE a.l END AS p " +
			"FROM " + tableAfter + " AS a," + tableScratch + " AS b,(SELECT(?+0)AS s)WHERE b.t IS NOT NULL")
	})
	return before, append(after, wire.Statement{SQL: b.String(), Params: params(nil, mark, nonce)})
}

const countersRead = "counters are read "

// SchemaReadsCounters reports whether a message says that ProbeCounters must be
// asked with reads.
func SchemaReadsCounters(message, nonce string) bool {
	return strings.Contains(message, "'"+countersRead+nonce+"'")
}

// ReadCounters reads the answer to ProbeCounters.
func ReadCounters(message, nonce string) (c Counters, framed bool, err error) {
	payload, status := readFrame(message, nonce)
	switch status {
	case notFramed:
		return c, false, nil
	case torn:
		return c, true, ErrTorn
	}
	fields := strings.Split(payload, ",")
	if len(fields) != 4 {
		return c, true, ErrTorn
	}
	var n [4]int64
	for i, f := range fields {
		if n[i], err = strconv.ParseInt(f, 10, 64); err != nil {
			return c, true, ErrTorn
		}
	}
	return Counters{Changes: n[0], Direct: n[1], Inserted: n[2] != 0, LastID: n[3]}, true, nil
}

// Guards returns what to put around the statement in the batch that commits, so
// that it is aborted, with tag in the message, if the counters differ. The rowid
// counts only if the statement set it: else it is some other statement's.
//
// What triggers and cascades changed is compared if there was any. That takes a
// scratch table, for the number before the statement.
func (c Counters) Guards(tag string) (before, after []wire.Statement) {
	sql := "SELECT CASE WHEN changes()IS NOT(?+0)"
	args := []any{c.Direct}
	if c.Inserted {
		sql += " OR last_insert_rowid()IS NOT(?+0)"
		args = append(args, c.LastID)
	}
	if c.Changes != c.Direct {
		before = []wire.Statement{{SQL: "CREATE TABLE " + tableScratch + " AS SELECT total_changes()AS t"}}
		sql += " OR(SELECT total_changes()-t FROM " + tableScratch + ")IS NOT(?+0)"
		args = append(args, c.Changes)
		after = []wire.Statement{{SQL: "DROP TABLE " + tableScratch}}
	}
	guard := wire.Statement{SQL: sql + " THEN json_extract('null',?)END", Params: params(nil, append(args, tag)...)}
	return before, append([]wire.Statement{guard}, after...)
}

// Confirm is the end of a batch that only wants to know whether all before it
// runs: a probe without an answer.
func Confirm(nonce string) wire.Statement {
	var b strings.Builder
	b.WriteString("SELECT ")
	writeFrame(&b, func() { b.WriteString("SELECT '' AS p") })
	return wire.Statement{SQL: b.String(), Params: params(nil, nonce)}
}

// ReadConfirm reads the answer to Confirm. framed is false if the message is
// another error: not all runs. ErrTorn means that the answer is not whole.
func ReadConfirm(message, nonce string) (framed bool, err error) {
	payload, status := readFrame(message, nonce)
	if status == torn || payload != "" {
		err = ErrTorn
	}
	return status != notFramed, err
}
