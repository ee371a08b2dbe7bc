// Package journal is the audit journal of what was done to the cluster: JSON
// lines, append-only, one write and one fsync for each record, chained by hashes.
//
// A line is an envelope around a record:
//
//	{"seq":n,"prev":"<hex>","hash":"<hex>","rec":{…}}
//
// where hash is the SHA-256 of "dba1|", seq in decimal, "|", prev, "|" and the
// raw bytes of rec. The chain is reckoned over raw bytes, so no canonical form of
// JSON is disputed. prev of the first record is 64 zeros.
//
// The chain is tamper-evident against accident and casual edit, not tamper-proof:
// it has no key. What it can't see by itself, a tail cut off, is seen by an
// anchor: the head, kept beside the journal and sent to the server with each
// request, whose access log is then a witness.
//
// A journal is a directory of numbered segments, of which the newest is written.
// One that failed (fsync failed, deleted, changed from outside) is never written
// again, since what the kernel kept of it is not known: the next one begins with
// what was lost and with the intents that are still open.
package journal
