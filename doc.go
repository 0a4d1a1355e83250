// Package d1 is a database/sql driver for Cloudflare D1 over its HTTP API.
package d1
