package d1

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"

	"github.com/d1go/d1/internal/dryrun"
	"github.com/d1go/d1/internal/sqltext"
	"github.com/d1go/d1/internal/value"
	"github.com/d1go/d1/internal/wire"
)

// askReturning answers a write with RETURNING and logs it.
func (t *tx) askReturning(ctx context.Context, b value.Bound) (*dryrun.Answer, error) {
	if readsSchema(b) {
		return nil, t.unanswered(b, "its answer takes a view, which it might see in the schema")
	}
	e := &entry{bound: b, write: true}
	more := e
	for n := 1; ; n++ {
		tables, _ := t.pinDefaults(more)
		a, err := t.askEntry(ctx, e, tables, n < maxPinAttempts)
		if err != nil && t.failed == nil && !errors.Is(err, CodeConstraint) && t.unpin(e) {
			more = nil // as it is
			continue
		}
		if a != nil || err != nil {
			return a, err
		}
	}
}

// askEntry is askReturning with what is known of the defaults of tables. It
// returns nothing if the answer showed, and again allows, that it must be asked
// for once more.
func (t *tx) askEntry(ctx context.Context, e *entry, tables []string, again bool) (*dryrun.Answer, error) {
	b := e.bound
	dml, _ := b.Source.DML()
	r := dryrun.Returning{
		Tables:    tables,
		Statement: b.Statement,
		Body:      b.Text(dml.Body),
		Table:     dml.Table,
		Upsert:    dml.Upsert,
		Verb:      "INSERT",
	}
	switch b.Source.Verb {
	case sqltext.Update:
		r.Verb = "UPDATE"
	case sqltext.Delete:
		r.Verb = "DELETE"
	}
	star := false
	for _, item := range dml.Items {
		star = star || item.Star
	}
	list, restore := b.Source.WithoutParams(dml.Returning)
	r.Names = "SELECT " + list + " FROM " + b.Text(dml.TableSpan)
	if dml.SingleRow && !star {
		r.Exprs = exprs(b, dml, nil)
		return t.askOne(ctx, e, r, restore, again)
	}
	if takesParams(b.Source, dml) {
		return nil, t.unanswered(b, "RETURNING with placeholders, of a statement that may return several rows")
	}
	if word := beyondRow(b.Text(dml.Returning)); word != "" {
		return nil, t.unanswered(b, "RETURNING with "+word+", of a statement that may return several rows")
	}
	return t.askMany(ctx, e, dml, r, restore, again)
}

// exprs are the texts of the returned expressions; * becomes the columns.
func exprs(b value.Bound, dml sqltext.DML, columns []string) []string {
	var list []string
	for _, item := range dml.Items {
		if !item.Star {
			list = append(list, b.Text(item.Expr))
			continue
		}
		for _, c := range columns {
			list = append(list, sqltext.QuoteIdent(c))
		}
	}
	return list
}

func takesParams(s *value.Statement, dml sqltext.DML) bool {
	for _, p := range s.Params {
		if p.Pos >= dml.Returning.Pos {
			return true
		}
	}
	return false
}

// beyondRow finds what makes an expression depend on more than its row: SQLite
// evaluates a subquery in RETURNING once, and the probe's triggers at each row. It
// returns "" if there is nothing of that.
func beyondRow(list string) string {
	scanner := sqltext.NewScanner(list)
	in := false
	for {
		token, more := scanner.Next()
		switch {
		case !more:
			return ""
		case token.Kind == sqltext.Space || token.Kind == sqltext.Comment:
			continue
		}
		text := list[token.Pos:token.End]
		if in && text != "(" {
			return "IN and a table"
		}
		in = false
		if token.Kind != sqltext.Ident {
			continue
		}
		switch strings.ToUpper(text) {
		case "SELECT", "VALUES":
			return "a subquery"
		case "CHANGES", "TOTAL_CHANGES":
			return strings.ToLower(text) + "()"
		case "IN":
			in = true
		}
	}
}

// askOne asks for the only row that the statement can return.
func (t *tx) askOne(ctx context.Context, e *entry, r dryrun.Returning, restore func([]string), again bool) (*dryrun.Answer, error) {
	b := e.bound
	if len(r.Exprs) > dryrun.MaxColumns {
		return nil, t.unanswered(b, "too many columns in RETURNING")
	}
	probe := r.ProbeOne(t.nonce)
	if err := t.fits(b, probe...); err != nil {
		return nil, err
	}
	message, failure, err := t.dry(ctx, t.log, probe...)
	if err != nil {
		return nil, err
	}
	part, framed, err := dryrun.ReadPart(message, t.nonce, r.Names)
	switch {
	case !framed:
		return nil, t.blame(ctx, failure, len(t.log), b)
	case err != nil:
		return nil, t.unanswered(b, err.Error())
	case part.Total != len(part.Rows) || len(part.Columns) != len(r.Exprs):
		return nil, t.unanswered(b, dryrun.ErrTorn.Error())
	case part.Table == dryrun.View:
		// changes() counts nothing there, so that a guard could not tell that the
		// row is missing.
		return nil, t.unanswered(b, "RETURNING from a view; leave it out, and read behind the INSERT what you need, or insert into the view's table")
	}
	if again && t.learn(r.Tables, part.Defaults, e) {
		return nil, nil
	}
	return t.returned(ctx, e, r, part, restore, false)
}

// returned logs the write with what the program sees of it.
func (t *tx) returned(ctx context.Context, e *entry, r dryrun.Returning, part dryrun.Part, restore func([]string), identity bool) (*dryrun.Answer, error) {
	b := e.bound
	restore(part.Columns)
	a := dryrun.NewAnswer(part.Columns)
	for _, row := range part.Rows {
		if identity {
			row = withoutIdentity(row, len(r.Identity))
		}
		a.Add(row)
	}
	size := 0
	for _, row := range part.Rows {
		size += len(row) + 3
	}
	if size > dryrun.MaxSeen {
		return nil, t.unanswered(b, dryrun.ErrTooLarge.Error()+", too large to be checked at Commit")
	}
	n := int64(len(part.Rows))
	e.counters = &dryrun.Counters{Changes: n, Direct: n}
	e.returning, e.rows, e.identity = &r, part.Rows, identity
	if err := t.fits(b, r.Guarded(nil, identity, "")); err != nil {
		return nil, err
	}
	t.settle(r.Tables, part.Defaults)
	e.settled = true
	t.log = append(t.log, e)
	switch {
	case identity:
		t.checked = len(t.log) // the statement has run to its end
	case t.mode == TxEager:
		// The probe failed at the row, before triggers and foreign keys could.
		if err := t.try(ctx); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// withoutIdentity cuts the last n cells off a row.
func withoutIdentity(row string, n int) string {
	for range n {
		row = row[:strings.LastIndexByte(row, ',')]
	}
	return row
}

// askMany asks for all rows, by triggers that know the table's columns.
func (t *tx) askMany(ctx context.Context, e *entry, dml sqltext.DML, r dryrun.Returning, restore func([]string), again bool) (*dryrun.Answer, error) {
	b := e.bound
	for fresh := false; ; fresh = true {
		table, err := t.table(ctx, dml.Table, fresh)
		if err != nil {
			return nil, err
		}
		if table.kind == "" {
			return nil, t.refusal(ctx, b)
		}
		if table.kind != "table" {
			return nil, t.unanswered(b, "RETURNING of several rows, or *, from what is no ordinary table")
		}
		if r.Columns, r.Identity = table.columns, table.identity(); len(r.Identity) == 0 {
			return nil, t.unanswered(b, "RETURNING of several rows from a table with columns named rowid, _rowid_ and oid")
		}
		r.Exprs = exprs(b, dml, table.visible())
		if len(r.Exprs)+len(r.Identity) > dryrun.MaxColumns {
			return nil, t.unanswered(b, "too many columns in RETURNING")
		}
		probe := r.ProbeMany(t.nonce)
		if err := t.fits(b, probe...); err != nil {
			return nil, err
		}
		message, failure, err := t.dry(ctx, t.log, probe...)
		if err != nil {
			return nil, err
		}
		if failure.Code == int(CodeTooBig) {
			return nil, t.unanswered(b, "the rows do not fit a message of about 1,900,000 bytes")
		}
		part, framed, err := dryrun.ReadPart(message, t.nonce, r.Names)
		switch {
		case !fresh && (!framed || err == nil && part.Table != r.Fingerprint()):
			continue // the table may have been altered since it was looked at
		case !framed:
			return nil, t.blame(ctx, failure, len(t.log), b)
		case err != nil:
			return nil, t.unanswered(b, err.Error())
		case part.Table != r.Fingerprint():
			return nil, t.unanswered(b, "the table was altered meanwhile")
		case part.Total != len(part.Rows):
			return nil, t.unanswered(b, "the table's own triggers or cascades change it too, or keep its rows, so that the returned rows cannot be told from theirs")
		}
		if again && t.learn(r.Tables, part.Defaults, e) {
			return nil, nil
		}
		return t.returned(ctx, e, r, part, restore, true)
	}
}

// refusal lets the engine say what is wrong with a statement whose table it does
// not have.
func (t *tx) refusal(ctx context.Context, b value.Bound) error {
	failure, err := t.confirm(ctx, t.log, b.Statement)
	switch {
	case err != nil:
		return err
	case failure == nil:
		return t.unanswered(b, "its table is not listed by the engine")
	}
	return t.blame(ctx, failure, len(t.log), b)
}

// tableInfo is what the engine says of a table.
type tableInfo struct {
	kind    string // table, view, virtual or shadow
	without bool   // WITHOUT ROWID
	columns []string
	hidden  []bool
	key     []string // primary key
}

// identity are expressions that tell the table's rows apart: a name of the rowid
// that no column has, or the primary key. There may be none.
func (i *tableInfo) identity() []string {
	if !i.without {
		for _, name := range []string{"rowid", "_rowid_", "oid"} {
			if !slices.ContainsFunc(i.columns, func(c string) bool { return sqltext.EqualNames(c, name) }) {
				return []string{name}
			}
		}
		return nil
	}
	list := make([]string, len(i.key))
	for n, c := range i.key {
		list[n] = sqltext.QuoteIdent(c)
	}
	return list
}

// visible are the columns that * stands for.
func (i *tableInfo) visible() []string {
	var list []string
	for n, c := range i.columns {
		if !i.hidden[n] {
			list = append(list, c)
		}
	}
	return list
}

// table looks a table up, as the log leaves it. What the database has without
// the transaction is kept in the Connector; fresh asks again.
func (t *tx) table(ctx context.Context, name string, fresh bool) (*tableInfo, error) {
	c, local := t.conn.connector, t.hasDDL()
	key := sqltext.FoldName(name)
	if !fresh && !local {
		if info, ok := c.tables.Get(key); ok {
			return info, nil
		}
	}
	const text = "SELECT l.type,l.wr,x.name,x.hidden,x.pk FROM pragma_table_xinfo(?1)AS x,pragma_table_list AS l " +
		"WHERE l.schema='main' AND lower(l.name)=lower(?1) ORDER BY x.cid"
	bound, err := bindQuery(c.parse(text), namedValues([]driver.Value{name}), value.Options{MaxParams: txMaxParams})
	if err != nil {
		return nil, err
	}
	var a *dryrun.Answer
	if local {
		_, a, err = t.ask(ctx, bound[0])
	} else {
		a, err = t.look(ctx, bound[0])
	}
	if err != nil {
		return nil, err
	}
	info := &tableInfo{}
	for row := range a.Rows() {
		info.kind, info.without = row.Text(0), row.Int(1) != 0
		info.columns = append(info.columns, row.Text(2))
		info.hidden = append(info.hidden, row.Int(3) == 1)
		if row.Int(4) > 0 {
			info.key = append(info.key, row.Text(2))
		}
	}
	if !local && info.kind != "" {
		c.tables.Put(key, info)
	}
	return info, nil
}

// look reads for the driver itself: an ordinary request that Commit need not
// check.
func (t *tx) look(ctx context.Context, b value.Bound) (*dryrun.Answer, error) {
	stream, err := t.conn.connector.send(ctx, []wire.Statement{b.Statement}, true)
	if err != nil {
		return nil, requestError(err, true)
	}
	defer stream.Close()
	a, err := dryrun.ReadAnswer(stream.Decoder())
	if err != nil {
		return nil, requestError(stream.Err(err), true)
	}
	return a, nil
}
