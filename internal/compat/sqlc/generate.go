// Package sqlc is what sqlc generates from schema.sql and query.sql.
package sqlc

//go:generate go run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1 generate
