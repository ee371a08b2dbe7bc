// Package metrics reads a node's /metrics over HTTP: one target, one kept-alive
// connection, one request in flight.
//
// The way of a scrape:
//
//	http.Transport ─▶ cap ─▶ gunzip ─▶ cap ─▶ line filter ─▶ expfmt ─▶ samples
//
// expfmt is the parser of record, yet it costs twenty times what is needed to
// see that a line is of no interest. So the filter looks at every line just
// enough to know that it is a line of an exposition, and hands on those of the
// families that were asked. It drops TYPE lines: the configuration says what a
// family is, and untyped series keep NaN, infinities and negatives as they were
// said.
//
// A counter that is split by further labels (a shard, a peer) is added up, per
// replica where it carries the replica label, else for the node.
//
// What breaks half way gives a partial reading: the samples of the complete
// lines before, and the failure beside them.
package metrics
