// Package workerd runs the real D1 engine for tests: workerd, the open-source
// runtime that D1 runs on, behind the D1 HTTP API on a loopback port.
//
// It needs Node.js 20 or newer and the packages pinned in this folder's
// package-lock.json, which "npm ci --prefix internal/workerd" installs. Tests
// that need it are skipped when it is missing, and fail instead when the
// environment says D1_REQUIRE_WORKERD=1:
//
//	func TestMain(m *testing.M) { os.Exit(workerd.Main{M: m}.Run()) }
//
//	func TestSomething(t *testing.T) {
//		db, err := sql.Open("d1", workerd.Shared(t).NewDatabase(t))
//		…
//	}
//
// The API served is the one the driver uses: create, list, get and delete a
// database, and the raw and query endpoints with single statements, batches
// and several statements in one text. Texts with parameters are never split:
// the engine answers them as it does. Rows are the bytes the engine wrote.
// Export, import, time travel and the limits of the live service (size of
// text, number of requests) are not there.
package workerd
