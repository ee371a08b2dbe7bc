// Package onhost has the actions that reach a machine rather than the admin API:
// the write test of the write-ahead log's disk, the edit of the database's own
// configuration, and the restart of its unit.
//
// Each is a script of constant bytes and the judgement of what it says. A script
// first tells what is there and then waits for a word: everything is decided
// here, on what it told, and nothing is changed on the host before that word. If
// it does not come, because we died or the connection did, the script ends.
package onhost
