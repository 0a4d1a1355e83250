package d1

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/d1go/d1/internal/wire"
)

// Meta is what D1 reports about one statement. What a row read or written costs:
// https://developers.cloudflare.com/d1/platform/pricing/
type Meta struct {
	RowsRead        int64         // rows read, indices included; what D1 bills
	RowsWritten     int64         // rows written, indices included; what D1 bills
	Duration        time.Duration // inside the database, without the network
	Changes         int64         // rows changed, those by triggers and cascades included
	LastRowID       int64         // the last insert's rowid; keeps its old value after other statements; rounded beyond ±2^53
	ChangedDB       bool          // the database was altered
	SizeAfter       int64         // of the database, in bytes
	ServedByRegion  string        // of the database: WNAM, ENAM, WEUR, EEUR, APAC or OC; "" if not reported
	ServedByColo    string        // airport code of the place that handled the request; "" if not reported
	ServedByPrimary bool          // false also if not reported

	// DryRun marks a request by which a transaction asked and which was rolled
	// back: the engine reports an error then, not numbers, so all others are 0.
	DryRun bool

	// Guard marks a statement that a transaction's Commit added, to check what
	// the program had seen. Its rows are billed as any other's.
	Guard bool

	// FromLedger marks a write whose response was lost: Changes and LastRowID are
	// those that the ledger kept, and all other fields are 0.
	FromLedger bool

	// Raw is the JSON object as it came, keys unknown to this package included.
	Raw json.RawMessage

	lastRowID float64 // as sent; LastRowID may have been rounded
}

type metaKey struct{}

// WithMeta returns a context under which fn is called with the Meta of each
// statement: for Exec before it returns, for Query once the statement's rows
// have been read, for QueryRow in Scan. D1 sends it behind the rows: Close reads up
// to 100 rows and 100 ms for it (not of a read at LevelReadCommitted), so there is
// none for rows that are closed long before their end. Calls come one
// after the other for one database/sql call, on its goroutine, but calls that
// share the context may overlap. fn must not use the same connection or
// transaction. Without it metadata is not decoded.
func WithMeta(ctx context.Context, fn func(Meta)) context.Context {
	return context.WithValue(ctx, metaKey{}, fn)
}

// metaHook returns the context's hook, or nil.
func metaHook(ctx context.Context) func(Meta) {
	fn, _ := ctx.Value(metaKey{}).(func(Meta))
	return fn
}

// counted is the Meta of a result with the counters and Raw only, which is valid
// until the decoder goes on. That is enough for most, and costs nothing.
func counted(dec *wire.Decoder) Meta {
	n := dec.Counters()
	return Meta{Changes: int64(n.Changes), LastRowID: int64(n.LastRowID), lastRowID: n.LastRowID, Raw: dec.Meta()}
}

// whole completes a Meta that is counted, for the program.
func (m Meta) whole() Meta {
	if m.FromLedger {
		return m
	}
	return decodeMeta(bytes.Clone(m.Raw))
}

// decodeMeta decodes the "meta" of a result, which it keeps as Raw. A value of an
// unexpected type is ignored, not fatal: the statement has run.
func decodeMeta(raw []byte) Meta {
	m := Meta{Raw: raw}
	wire.Members(raw, func(name []byte, v wire.Cell) {
		switch string(name) {
		case "rows_read":
			m.RowsRead = int64(v.Number())
		case "rows_written":
			m.RowsWritten = int64(v.Number())
		case "duration": // in milliseconds
			m.Duration = time.Duration(v.Number() * float64(time.Millisecond))
		case "changes":
			m.Changes = int64(v.Number())
		case "last_row_id":
			m.lastRowID = v.Number()
			m.LastRowID = int64(m.lastRowID)
		case "changed_db":
			m.ChangedDB = v.Kind() == wire.Bool && v.Bool()
		case "size_after":
			m.SizeAfter = int64(v.Number())
		case "served_by_region":
			m.ServedByRegion = text(v)
		case "served_by_colo":
			m.ServedByColo = text(v)
		case "served_by_primary":
			m.ServedByPrimary = v.Kind() == wire.Bool && v.Bool()
		}
	})
	return m
}

func text(c wire.Cell) string {
	if c.Kind() != wire.String {
		return ""
	}
	return string(c.Bytes())
}

// result is the driver.Result of one or several statements.
type result struct {
	lastInsertID float64 // as sent: a JSON number, a double in D1
	rowsAffected int64
}

// maxSafeInteger is the largest integer that D1's JSON carries exactly: beyond,
// JavaScript has rounded it.
const maxSafeInteger = 1<<53 - 1

// LastInsertId is the rowid of the last row inserted. Beyond ±2^53 D1 reports it
// rounded, which is an error here.
func (r result) LastInsertId() (int64, error) {
	if r.lastInsertID > maxSafeInteger || r.lastInsertID < -maxSafeInteger {
		return 0, unsupported("the inserted rowid is beyond 2^53 and D1 reports it rounded; use INSERT … RETURNING CAST(rowid AS TEXT)")
	}
	return int64(r.lastInsertID), nil
}

// RowsAffected is the number of rows changed, those by triggers and cascades
// included, of all statements together.
func (r result) RowsAffected() (int64, error) { return r.rowsAffected, nil }
