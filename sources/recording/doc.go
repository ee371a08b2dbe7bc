// Package recording keeps the stream of observations: in memory, in a file, and
// back out again as a cluster.Snapshot of any instant.
//
// # Format
//
// A recording is append-only. It opens with two lines of text that `head -2`
// shows: a magic with the version of the format, and one line of JSON that
// describes the rest (Header): the program, the session without secrets, and a
// schema, the tree of named and typed fields of every kind of body. The schema
// is derived from the very table that drives the coder, and a reader decodes by
// the schema that it finds in the file, matching fields by name. So an old
// recording lacks what came later, a newer one has fields that are passed over,
// and a kind of body that is not known is skipped and counted.
//
// Blocks follow, of three minutes each (five in those of earlier versions). A block
// opens with a keyframe, the observations that rebuild cluster.State from nothing,
// and needs nothing from before it: reading starts at any block, and a seek costs at
// most three minutes of decoding. A block is a chain of chunks, one a second, each
// with its length and a CRC. After SIGKILL the torn last chunk is what is lost; after
// damage the rest of its block, which File.Holes tells.
//
// # Coding
//
// An observation is walked field by field. Each number is predicted from the
// reading before of the same source and kind; what remains is written by an
// adaptive binary range coder whose probabilities are learnt per field. Nothing
// is rounded: times are exact to the nanosecond and floats to the bit.
//
// The range coder takes the place of a general compressor. For a dozen replicas
// and six busy hosts the same predictions as bytes under zstd, flushed each
// second, come to 3.2 MB an hour, under the range coder to 1.9 MB: a field that
// stands still costs a hundredth of a bit and one that moves the logarithm of its
// spread, where bytes cost bytes; and a chunk ends at the price of two.
//
// # Time travel
//
// Timeline is one type for the live monitor and for a recording. What was known
// at an instant is rebuilt by the folds that ran as it happened, over exactly the
// observations that had been received, so it is the same to the last digit.
package recording
