package compat_test

import (
	"database/sql"
	_ "embed"
	"time"
)

// usersSchema is what libraries that bring no schema of their own work on.
//
//go:embed sqlc/schema.sql
var usersSchema string

// born has all that a time can lose on the way: a zone and nanoseconds.
var born = time.Date(1815, 12, 10, 11, 30, 15, 123456789, time.FixedZone("", 2*60*60))

// avatar is no UTF-8.
var avatar = []byte{0, 0xff, 0xfe, '\'', 0}

// user is a row of users.
type user struct {
	ID       int64           `db:"id" goqu:"skipinsert"`
	Email    string          `db:"email"`
	Active   bool            `db:"active"`
	Score    sql.NullFloat64 `db:"score"`
	Nickname *string         `db:"nickname"`
	Avatar   []byte          `db:"avatar"`
	Born     time.Time       `db:"born"`
}

func ada() user {
	return user{Email: "ada@example.com", Active: true, Score: sql.NullFloat64{Float64: 2, Valid: true}, Avatar: avatar, Born: born}
}

func charles() user {
	nickname := "Charles; DROP TABLE users --"
	return user{Email: "charles@example.com", Nickname: &nickname, Born: born.AddDate(-24, 0, 0)}
}
