// Package host reads a host's counters over a shell session: the remote script,
// its framing, the parsers of /proc texts, and a collector that turns them into
// cluster.HostFacts and cluster.HostReading.
//
// One session for each host and no more. The script is sent once; then the
// monitor pulls by ticks, at most one outstanding, so that a slow host slows
// itself only and nothing runs on a sick host that nobody asks. Raw counters
// are kept: rates are reckoned by package cluster from two readings.
//
// How the bytes travel is not its business: a Transport (package ssh has two)
// starts a command and hands over its streams.
package host
