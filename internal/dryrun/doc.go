// Package dryrun builds the SQL by which a transaction over a stateless API gets
// answers without committing, and by which it makes sure at Commit that they
// still hold.
//
// A batch that ends in a failing statement is rolled back whole, and the failure
// message can carry what was computed inside: json_extract('null', p) fails with
// "bad JSON path: 'p'". A probe is such a statement, its p a framed, exact text
// of the answer. A guard is the same device turned around: it fails only if the
// answer, computed again at its place in the batch that commits, has changed.
//
// Values are written cell by cell, so that nothing is lost on the way: see Cell.
// The package only builds and reads text; who sends it is not its business.
package dryrun
