package metrics

import (
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/stemedb/stemetop/sources/cluster"
)

// capped passes on a limited number of bytes and then fails.
type capped struct {
	r     io.Reader
	limit int64
	seen  int64
}

// Read reads from below; a byte beyond the limit is a fault.
func (c *capped) Read(p []byte) (int, error) {
	left := c.limit - c.seen
	if int64(len(p)) > left+1 {
		p = p[:left+1]
	}
	n, err := c.r.Read(p)
	c.seen += int64(n)
	if int64(n) > left {
		return int(left), newFault(cluster.FailTooLarge, fmt.Sprintf("the answer is larger than %s", size(c.limit)), "raise http.body_limit if it may be")
	}
	return n, err
}

// size writes a limit as the configuration does.
func size(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// unpack returns the exposition in an answer. A bomb is caught by the cap on
// what comes out, an endless run of empty gzip members by that on what goes in.
func (s *scratch) unpack(wire *capped, encoding string) (io.Reader, error) {
	switch encoding {
	case "", "identity":
		return wire, nil
	case "gzip", "x-gzip":
		if err := s.gunzip.Reset(wire); err != nil {
			return nil, err
		}
		return &capped{r: &s.gunzip, limit: wire.limit}, nil
	}
	return nil, newFault(cluster.FailFormat, "content encoding "+encoding+" was not asked for", "a proxy before the node recodes its answers")
}

// formatOf tells the format of an answer. One that does not say is taken for
// plain text.
func formatOf(contentType string) (openMetrics bool, err error) {
	if contentType == "" {
		return false, nil
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = contentType
	}
	switch kind {
	case "application/openmetrics-text":
		return true, nil
	case "text/plain", "application/octet-stream":
		return false, nil
	case "text/html", "application/xhtml+xml":
		return false, faultHTML
	}
	return false, newFault(cluster.FailFormat, "content type "+kind+" instead of metrics", hintURL)
}

// formatMemo remembers the format of the last content type.
type formatMemo struct {
	contentType string
	openMetrics bool
	err         error
	known       bool
}

func (m *formatMemo) get(h http.Header) (openMetrics bool, err error) {
	if ct := h.Get("Content-Type"); !m.known || ct != m.contentType {
		*m = formatMemo{contentType: ct, known: true}
		m.openMetrics, m.err = formatOf(ct)
	}
	return m.openMetrics, m.err
}
