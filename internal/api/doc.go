// Package api is the HTTP client of Cloudflare's D1 API that the driver and
// its extras share: authentication, bounded repetition, rate limit, and one
// error type, [Error], with one function (classify) that decides what a
// failure means.
//
// What matters most is what is known about a request that failed, its
// [Outcome]: a write is sent again only if it surely did not run. For that,
// neither redirects nor a transport's own silent repetition may send a
// request twice, so requests go to the [http.RoundTripper] directly, without
// http.Client and without http.Request.GetBody.
package api
