package recording

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// A chunk in a file is one of
//
//	startMark base count length crc data   opens a block
//	'c'            count length crc data   goes on with it
//
// base is 8 bytes, Unix ns; count, of observations, and length, of data, are
// uvarints; crc is the Castagnoli CRC-32 of base, count, length and data. All is
// little-endian. startMark is long, so that reading can go on at the next block
// after damage.
const (
	startMark = "\xfestemeb\n"
	goOnMark  = 'c'

	maxFrameHead = len(startMark) + 8 + 2*binary.MaxVarintLen32 + 4
)

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) } // the library keeps one

// appendFrame appends a chunk as it stands in a file.
func appendFrame(b []byte, c chunk) []byte {
	if c.start {
		b = append(b, startMark...)
	} else {
		b = append(b, goOnMark)
	}
	from := len(b)
	if c.start {
		b = binary.LittleEndian.AppendUint64(b, uint64(c.base))
	}
	b = binary.AppendUvarint(b, uint64(c.count))
	b = binary.AppendUvarint(b, uint64(len(c.data)))
	crc := crc32.Update(crc32.Checksum(b[from:], castagnoli()), castagnoli(), c.data)
	b = binary.LittleEndian.AppendUint32(b, crc)
	return append(b, c.data...)
}

// frameHead is what stands before the data of a chunk.
type frameHead struct {
	chunk

	size   int    // of the head itself
	length int    // of the data
	crc    uint32 // expected
	seed   uint32 // of the head
}

// parseHead reads the head of the chunk that b begins with. ok is false if there
// is none or not all of one.
func parseHead(b []byte) (h frameHead, ok bool) {
	var rest []byte
	switch {
	case bytes.HasPrefix(b, []byte(startMark)):
		h.start, rest = true, b[len(startMark):]
	case len(b) > 0 && b[0] == goOnMark:
		rest = b[1:]
	default:
		return h, false
	}
	summed := rest
	if h.start {
		if len(rest) < 8 {
			return h, false
		}
		h.base, rest = int64(binary.LittleEndian.Uint64(rest)), rest[8:]
	}
	count, n := binary.Uvarint(rest)
	if n <= 0 || count > maxObservations {
		return h, false
	}
	rest = rest[n:]
	length, n := binary.Uvarint(rest)
	if n <= 0 || length > maxChunk || len(rest) < n+4 {
		return h, false
	}
	rest = rest[n:]
	h.seed = crc32.Checksum(summed[:len(summed)-len(rest)], castagnoli())
	h.crc = binary.LittleEndian.Uint32(rest)
	h.count, h.length = int(count), int(length)
	h.size = len(b) - len(rest) + 4
	return h, true
}

// fits tells whether data is what the head was written for.
func (h *frameHead) fits(data []byte) bool {
	return crc32.Update(h.seed, castagnoli(), data) == h.crc
}
