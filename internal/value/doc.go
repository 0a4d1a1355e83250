// Package value carries Go values to D1 and back without changing them: it
// rewrites placeholders by argument type, so that the engine sees what a native
// SQLite driver would have bound, and it knows SQLite's time formats.
//
// D1's own binding is lossy: every JSON number becomes REAL, integers beyond
// 2^53 are rounded, and a blob has no documented form. What is exact over JSON
// is a string, so integers travel as decimal text behind (?+0), which has no
// affinity just as a bound parameter has none, and blobs as hex behind unhex(?).
package value
