package conformance

// exceptions names the requests that can't have equal answers, with the
// reason. An exception that no request needs any more fails the test.
var exceptions = group(map[string][]request{
	"the engine's SQLite is built with UPDATE … LIMIT and DELETE … LIMIT; the emulator's parser is not": {
		sql(`UPDATE t SET a=1 LIMIT 1`), sql(`DELETE FROM t ORDER BY a LIMIT 1`),
	},
	"the engine by itself returns the last statement's result only, and with parameters its bridge leaves the text whole": {
		sql(`SELECT 1; SELECT ?`, `"a"`),
	},
	"live D1 is reported to store booleans as text, but documents strings only: the emulator refuses what nobody should send": {
		sql(`SELECT ?1, typeof(?1)`, `true`), sql(`SELECT ?1, typeof(?1)`, `false`),
	},
	"the API checks parameters before the engine sees them, and the emulator so; the engine by itself fails in its own words": {
		sql(`SELECT ?`, `["a"]`),
	},
	"the engine stores an unpaired surrogate as three bytes that are not UTF-8; the emulator stores U+FFFD": {
		sql(bindingText, `"\ud800"`),
	},
	"iif takes two or more than three arguments from SQLite 3.48.0 on; the emulator's is newer": {
		sql(`SELECT iif(0,2)`), sql(`SELECT iif(1,2,3,4)`),
	},
	"the emulator's SQLite is built with LIKE_DOESNT_MATCH_BLOBS": {
		sql(`SELECT x'41' LIKE 'A', x'41' GLOB 'A', x'30' GLOB NULL, 'A' LIKE x'41'`),
	},
	"a mistake of SQLite 3.47 that the emulator's newer release no longer makes": {
		sql(`SELECT substr('abc',9223372036854775807)`),
	},
	"a private number of the connection": {
		sql(`PRAGMA data_version`),
	},
})

func group(reasons map[string][]request) map[request]string {
	all := make(map[request]string)
	for reason, requests := range reasons {
		for _, r := range requests {
			all[r] = reason
		}
	}
	return all
}
