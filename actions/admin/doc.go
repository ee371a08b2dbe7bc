// Package admin speaks to the admin API of the primary. What changes something
// is sent once and judged honestly; what can be read back is read back within
// the same bounds.
//
// Sent once is a property of the wire, not of a setting: every request has a
// transport of its own whose dialler connects once and never again, so no rule
// of net/http (replay of requests that carry an idempotency key or a rewindable
// body, of those on a connection that died, following of redirects) has a second
// connection to act on. HTTP/2 is off: it may retry a refused stream by itself.
//
// Judged honestly means that the verdict is not sent only if not a byte of the
// request went to the socket, rejected or accepted only when the whole answer
// was read and is what this API says, and ambiguous in every other case.
package admin
