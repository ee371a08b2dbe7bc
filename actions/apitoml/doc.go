// Package apitoml changes one integer in a TOML file, and not a byte beside it:
// comments, order, indentation, line endings and what stands at the end of the
// file remain.
//
// A parser finds the place, and a decoder proves the result: what is read from
// the new text must be what is read from the old one, but for that integer. Where
// that can't be shown, there is no new text.
package apitoml
