// Package compat runs programs of other libraries over the driver: ORMs, query
// builders, migration tools, and wrappers of drivers. It is a module of its own,
// so that their dependencies stay out of the driver's.
//
// README.md says what works, what needs an option, and what can't work.
package compat
