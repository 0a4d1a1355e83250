package compat_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"maragu.dev/goqite"

	"github.com/d1go/d1"
)

// goqiteSchema is goqite's without its trigger: it updates the row that Receive
// returns, which a transaction over D1 cannot foretell. The column updated is not
// read by goqite.
const goqiteSchema = `
CREATE TABLE goqite (
	id TEXT PRIMARY KEY DEFAULT ('m_' || lower(hex(randomblob(16)))),
	created TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ')),
	updated TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ')),
	queue TEXT NOT NULL,
	body BLOB NOT NULL,
	timeout TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ')),
	received INTEGER NOT NULL DEFAULT 0,
	priority INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX goqite_queue_priority_created_idx ON goqite (queue, priority DESC, created);`

// goqiteOwnSchema is what goqite v0.4.0 brings.
const goqiteOwnSchema = `
create table goqite (
  id text primary key default ('m_' || lower(hex(randomblob(16)))),
  created text not null default (strftime('%Y-%m-%dT%H:%M:%fZ')),
  updated text not null default (strftime('%Y-%m-%dT%H:%M:%fZ')),
  queue text not null,
  body blob not null,
  timeout text not null default (strftime('%Y-%m-%dT%H:%M:%fZ')),
  received integer not null default 0,
  priority integer not null default 0
) strict;

create trigger goqite_updated_timestamp after update on goqite begin
  update goqite set updated = strftime('%Y-%m-%dT%H:%M:%fZ') where id = old.id;
end;

create index goqite_queue_priority_created_idx on goqite (queue, priority desc, created);`

func testGoqite(t *testing.T, e engine) {
	t.Run("adapted schema", func(t *testing.T) {
		ctx := t.Context()
		db := e.open(t)
		_, err := db.ExecContext(ctx, goqiteSchema)
		require.NoError(t, err)
		q := goqite.New(goqite.NewOpts{DB: db, Name: "jobs", Timeout: time.Hour})
		low, err := q.SendAndGetID(ctx, goqite.Message{Body: []byte("low")})
		require.NoError(t, err)
		require.NotEmpty(t, low)
		require.NoError(t, q.Send(ctx, goqite.Message{Body: avatar, Priority: 1}))
		require.NoError(t, q.Send(ctx, goqite.Message{Body: []byte("later"), Delay: time.Hour}))

		m, err := q.Receive(ctx)
		require.NoError(t, err)
		require.Equal(t, avatar, m.Body)
		require.NoError(t, q.Delete(ctx, m.ID))
		m, err = q.Receive(ctx)
		require.NoError(t, err)
		require.Equal(t, low, m.ID)
		require.NoError(t, q.Extend(ctx, m.ID, 0)) // at once receivable again
		m, err = q.Receive(ctx)
		require.NoError(t, err)
		require.Equal(t, low, m.ID)
		m, err = q.Receive(ctx)
		require.NoError(t, err)
		require.Nil(t, m)

		// A message is sent with the data it is about, or not at all.
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		require.NoError(t, q.SendTx(ctx, tx, goqite.Message{Body: []byte("never")}))
		require.NoError(t, tx.Rollback())
		m, err = q.Receive(ctx)
		require.NoError(t, err)
		require.Nil(t, m)
	})
	t.Run("own schema", func(t *testing.T) {
		ctx := t.Context()
		db := e.open(t)
		_, err := db.ExecContext(ctx, goqiteOwnSchema)
		require.NoError(t, err)
		q := goqite.New(goqite.NewOpts{DB: db, Name: "jobs"})
		id, err := q.SendAndGetID(ctx, goqite.Message{Body: []byte("x")})
		require.NoError(t, err)
		require.Regexp(t, "^m_[0-9a-f]{32}$", id)
		_, err = q.Receive(ctx)
		require.ErrorIs(t, err, d1.ErrTxUnanswered)
	})
}
