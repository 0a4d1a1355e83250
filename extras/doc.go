// Package extras is the rest of the D1 API
// (https://developers.cloudflare.com/api/resources/d1/), beside the driver in package d1:
// databases (list, create, get, update, delete), export and import of SQL dumps,
// time travel, and the two query endpoints with typed answers.
//
//	client, err := extras.Open(d1.Config{Database: "my-db"}) // or extras.FromDB(db)
//	…
//	defer client.Close()
//	result, err := client.ExportFile(ctx, "my-db.sql", extras.ExportOptions{})
//
// All methods take a context, may be called concurrently, and return errors that
// are *d1.Error: match them with errors.Is and the sentinels of package d1.
// Requests are repeated after failures that may pass if that is safe, as often as
// Config.MaxAttempts says.
//
// # Transfers
//
// A dump is downloaded from, and uploaded to, a URL that the API gives out. That
// URL must be https, or loopback; it never receives the API token, and redirects
// are not followed. Memory use does not depend on the size of a dump. A download
// that breaks goes on where it was, an upload starts again, both as long as there
// is progress within Config.MaxAttempts attempts. A minute without a byte counts
// as a break.
//
// D1 answers no queries while it exports or imports, and cancels an export or
// import that nobody asks about for 15 seconds: ending the context is how to
// cancel one. A failed import leaves the database as it was.
package extras
