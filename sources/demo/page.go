package demo

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/common/expfmt"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

// frozen is the beginning of a page, which never changes: its text, and the
// same as whole blocks of a deflate stream (RFC 1951) with its checksum. Only
// what follows is formatted and compressed per request.
type frozen struct {
	plain, deflated []byte
	crc             uint32
}

func freeze(openMetrics bool) (*frozen, error) {
	e := encoder{openMetrics: openMetrics}
	e.still()
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err = z.Write(e.b); err != nil {
		return nil, err
	}
	if err = z.Flush(); err != nil { // ends on a byte boundary, with more blocks to come
		return nil, err
	}
	return &frozen{e.b, b.Bytes(), crc32.ChecksumIEEE(e.b)}, nil
}

// pages serves /metrics of all nodes.
type pages struct {
	sim     *sim
	formats []expfmt.Format // what is spoken, the preferred first
	still   [2]*frozen      // text, OpenMetrics
	buffers sync.Pool       // of *pageBuffer
}

type pageBuffer struct {
	live    encoder
	out     bytes.Buffer
	deflate *flate.Writer
}

func newPages(s *sim) (*pages, error) {
	p := &pages{sim: s, formats: []expfmt.Format{expfmt.NewFormat(expfmt.TypeTextPlain)}}
	for _, version := range []string{expfmt.OpenMetricsVersion_1_0_0, expfmt.OpenMetricsVersion_0_0_1} {
		f, err := expfmt.NewOpenMetricsFormat(version)
		if err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
		p.formats = append(p.formats, f)
	}
	for i := range p.still {
		f, err := freeze(i == 1)
		if err != nil {
			return nil, err
		}
		p.still[i] = f
	}
	return p, nil
}

// serve answers with the page of node i. A node whose process is down cuts the
// connection, as the kernel of one would.
func (p *pages) serve(w http.ResponseWriter, r *http.Request, i int) {
	b := p.buffer()
	defer p.buffers.Put(b)
	format := expfmt.NegotiateAccept(r.Header, p.formats...)
	still := p.still[0]
	b.live.b, b.live.openMetrics = b.live.b[:0], format.FormatType() == expfmt.TypeOpenMetrics
	if b.live.openMetrics {
		still = p.still[1]
	}
	up := true
	p.sim.with(func(world *physics.World) {
		n := world.Node(i)
		if up = n.Process.Up; up {
			b.live.live(p.sim, world, n)
		}
	})
	if !up {
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	h.Set("Content-Type", string(format))
	h.Set("Vary", "Accept, Accept-Encoding")
	body := [][]byte{still.plain, b.live.b}
	if acceptsGzip(r.Header) {
		h.Set("Content-Encoding", "gzip")
		body = [][]byte{gzipHeader, still.deflated, b.gzipRest(still)}
	}
	writeBody(w, r, body)
}

func (p *pages) buffer() *pageBuffer {
	if b, ok := p.buffers.Get().(*pageBuffer); ok {
		return b
	}
	b := &pageBuffer{}
	b.deflate, _ = flate.NewWriter(nil, flate.BestSpeed) // fails for a bad level only
	return b
}

// gzipHeader is that of RFC 1952: deflate, no flags, no time, unknown system.
var gzipHeader = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}

// gzipRest returns the blocks of the live part, and the checksum and length of
// the whole.
func (b *pageBuffer) gzipRest(still *frozen) []byte {
	b.out.Reset()
	b.deflate.Reset(&b.out)
	_, _ = b.deflate.Write(b.live.b) // a bytes.Buffer never fails
	_ = b.deflate.Close()
	rest := b.out.AvailableBuffer()
	rest = binary.LittleEndian.AppendUint32(rest, crc32.Update(still.crc, crc32.IEEETable, b.live.b))
	rest = binary.LittleEndian.AppendUint32(rest, uint32(len(still.plain)+len(b.live.b))) // modulo 2^32 by RFC 1952
	b.out.Write(rest)
	return b.out.Bytes()
}

// acceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3): named, and not with q=0.
func acceptsGzip(h http.Header) bool {
	for part := range strings.SplitSeq(h.Get("Accept-Encoding"), ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(params), "q="), 64)
		return err != nil || q > 0
	}
	return false
}

func writeBody(w http.ResponseWriter, r *http.Request, parts [][]byte) {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	w.Header().Set("Content-Length", strconv.Itoa(size))
	if r.Method == http.MethodHead {
		return
	}
	for _, p := range parts {
		if _, err := w.Write(p); err != nil {
			return // the client left
		}
	}
}
