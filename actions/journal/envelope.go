package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Head is the last record of a chain. The zero Head is before the first one.
type Head struct {
	Seq  uint64 `json:"seq"`
	Hash string `json:"hash"` // hex
}

// String returns seq:hash8, which is enough for a witness (X-Audit-Head).
func (h Head) String() string { return fmt.Sprintf("%d:%.8s", h.Seq, h.Hash) }

// prev is what the record after h has as prev.
func (h Head) prev() string {
	if h.Seq == 0 {
		return strings.Repeat("0", hashLen)
	}
	return h.Hash
}

// next returns the head after the raw record rec.
func (h Head) next(rec []byte) Head {
	sum := sha256.New()
	fmt.Fprintf(sum, "dba1|%d|%s|", h.Seq+1, h.prev()) //nolint:errcheck // a hash takes all
	sum.Write(rec)
	return Head{h.Seq + 1, hex.EncodeToString(sum.Sum(nil))}
}

// hashLen is the length of a hash in hex.
const hashLen = 2 * sha256.Size

// MaxRecord is how many bytes a record may have; it bounds the memory of readers.
const MaxRecord = 2 << 20

// maxLine is a record with its envelope and newline.
const maxLine = MaxRecord + 256

// seal returns the line of rec after h.
func (h Head) seal(rec []byte) ([]byte, Head) {
	n := h.next(rec)
	return fmt.Appendf(nil, `{"seq":%d,"prev":"%s","hash":"%s","rec":%s}`+"\n", n.Seq, h.prev(), n.Hash, rec), n
}

// envelope is a line taken apart.
type envelope struct {
	seq        uint64
	prev, hash string
	rec        []byte
}

// parseLine takes a line without its newline apart. It knows only the one way of
// writing: a general parser would let two lines of different bytes mean the same.
func parseLine(line []byte) (e envelope, ok bool) {
	cut := func(prefix string) bool {
		line, ok = bytes.CutPrefix(line, []byte(prefix))
		return ok
	}
	take := func(n int) (s string) {
		n = min(n, len(line))
		s, line = string(line[:n]), line[n:]
		return s
	}
	if !cut(`{"seq":`) {
		return e, false
	}
	digits := take(max(0, bytes.IndexByte(line, ',')))
	seq, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || digits != strconv.FormatUint(seq, 10) || !cut(`,"prev":"`) {
		return e, false
	}
	e.seq, e.prev = seq, take(hashLen)
	if !cut(`","hash":"`) {
		return e, false
	}
	e.hash = take(hashLen)
	if !cut(`","rec":`) {
		return e, false
	}
	e.rec, ok = bytes.CutSuffix(line, []byte("}"))
	return e, ok && len(e.rec) > 0 && e.rec[0] == '{' && json.Valid(e.rec)
}
