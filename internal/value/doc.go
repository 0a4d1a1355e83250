// Package value carries Go values to D1 and back without changing them: it
// rewrites placeholders by argument type, so that the engine sees what a native
// SQLite driver would have bound, and it knows SQLite's time formats.
//
// D1's own binding is lossy: every JSON number becomes REAL, integers beyond
// 2^53 are rounded, and a blob has no documented form. What is exact over JSON
// is a string, so integers travel as decimal text behind ~~?, and blobs as hex
// behind unhex(?). Neither has an affinity, just as a bound parameter has none.
// ~ is a prefix and binds tighter than any operator, so that it fits wherever a
// placeholder does, and nowhere else: (?+0) would make a call of the syntax error
// in "abs ?", and a list of that in "x IN ?".
package value
