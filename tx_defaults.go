package d1

import (
	"slices"

	"github.com/d1go/d1/internal/dryrun"
	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// Column defaults that read the clock or random numbers, such as DEFAULT
// CURRENT_TIMESTAMP, would give another value at Commit than the one that a program
// has seen by RETURNING or SELECT. So an INSERT … VALUES that a program is about to
// look at is made to name such columns, with their defaults as of the transaction's
// time, and with random values that the driver draws.
//
// What defaults a table has comes with the answer itself: an answer that was
// computed without a default that matters is asked for again. The Connector keeps
// them, so that the next transaction asks once. A guard makes sure of them at
// Commit.

// maxPinAttempts bounds how often a question is asked while defaults change.
const maxPinAttempts = 3

// pinDefaults pins the defaults of the INSERTs that no answer depends on yet, as
// far as the Connector knows them, and gives the tables whose defaults the next
// answer shall tell. more is an INSERT that is not logged yet, or nil. changed
// reports whether a statement is another one than before.
func (t *tx) pinDefaults(more *entry) (tables []string, changed bool) {
	if t.hasDDL() {
		return nil, false // defaults may differ from statement to statement
	}
	pin := func(e *entry) {
		if e.settled || !e.inserts() {
			return
		}
		dml, _ := e.bound.Source.DML()
		if len(dml.Insertion.Rows) == 0 {
			return
		}
		table := sqltext.FoldName(dml.Table)
		if !slices.Contains(tables, table) {
			tables = append(tables, table)
		}
		known, _ := t.conn.connector.defaults.Get(table)
		if known == e.defaults {
			return
		}
		if e.defaults == "" {
			e.plain = e.bound
		}
		before := e.bound.SQL
		e.bound, e.defaults = e.plain, ""
		var list []value.Default
		for column, expr := range known.All {
			if d, ok := value.ParseDefault(column, expr); ok && !slices.ContainsFunc(dml.Insertion.Columns, func(c string) bool { return sqltext.EqualNames(c, column) }) {
				list = append(list, d)
			}
		}
		if len(list) > 0 {
			if b, ok := e.plain.WithDefaults(dml.Insertion, list, t.now); ok {
				e.bound, e.defaults = b, known
			}
		}
		changed = changed || e.bound.SQL != before
	}
	for _, e := range t.log {
		pin(e)
	}
	if more != nil {
		pin(more)
	}
	return tables, changed
}

// unpin undoes what pinDefaults did to statements that no answer depends on yet,
// and forgets the defaults, which may be out of date. It reports whether there were
// any: then a failure may be due to them, or to the size of what they have become,
// and not to the program's statements.
func (t *tx) unpin(entries ...*entry) (changed bool) {
	for _, e := range entries {
		if e.defaults != "" && !e.settled {
			t.forget(e)
			e.bound, e.defaults = e.plain, ""
			changed = true
		}
	}
	return changed
}

// forget drops what the Connector knows of the defaults of the entries' tables.
func (t *tx) forget(entries ...*entry) {
	for _, e := range entries {
		if e.defaults != "" {
			dml, _ := e.bound.Source.DML()
			t.conn.connector.defaults.Put(sqltext.FoldName(dml.Table), "")
		}
	}
}

// learn keeps the defaults that came with an answer, and reports whether they
// make it one of other statements, so that it must be asked for again.
func (t *tx) learn(tables []string, defaults []dryrun.Defaults, more *entry) bool {
	if len(tables) == 0 || len(defaults) != len(tables) {
		return false
	}
	for i, table := range tables {
		t.conn.connector.defaults.Put(table, defaults[i])
	}
	_, changed := t.pinDefaults(more)
	return changed
}

// settle marks the INSERTs on which an answer depends now, if it told of their
// defaults.
func (t *tx) settle(tables []string, defaults []dryrun.Defaults) {
	if len(defaults) == len(tables) {
		for _, e := range t.log {
			e.settled = true
		}
	}
}

// guardsOfDefaults are put before an entry whose defaults are pinned: one for each
// table, as no DDL comes before the last of them. done are those that have been.
func (e *entry) guardsOfDefaults(tag string, done map[string]bool) []wire.Statement {
	if e.defaults == "" {
		return nil
	}
	dml, _ := e.bound.Source.DML()
	if key := sqltext.FoldName(dml.Table) + "|" + string(e.defaults); !done[key] {
		done[key] = true
		return []wire.Statement{dryrun.GuardDefaults(dml.Table, e.defaults, tag)}
	}
	return nil
}
