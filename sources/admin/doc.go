// Package admin lists the tripped circuit breakers of the primary's admin
// interface, by GET and nothing else. What changes something is sent elsewhere.
//
// The server's shape is not in any contract, so every plausible one is taken:
// an array, or one under a key that says breakers; elements that are agent ids,
// or objects with one. What is not understood fails the whole reading, since an
// agent that is not in the list counts as closed: half a list would say so of
// breakers that are not.
package admin
