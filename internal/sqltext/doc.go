// Package sqltext reads SQL text as SQLite does, without parsing it fully: it
// cuts a text into tokens and statements, numbers the placeholders, and tells
// what a statement does.
//
// The [Scanner] follows SQLite's tokenizer byte for byte. Everything above it
// relies on which keywords SQLite never takes for a bare name (SELECT, FROM,
// RETURNING …) and which it does (REPLACE, END, CURRENT_DATE …), so for every
// statement that SQLite accepts the answers agree with SQLite. For a statement
// that SQLite refuses they are a best effort, and the engine reports the error;
// only what the engine would misread or never see is reported here, in
// [Statement.Err].
//
// All work is linear in the length of the text. Statements are immutable and
// safe for concurrent use.
package sqltext
