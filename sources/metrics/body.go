package metrics

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
)

// unpack returns the exposition in an answer. A bomb is caught by the cap on
// what comes out, an endless run of empty gzip members by that on what goes in.
func (s *scratch) unpack(wire *web.Capped, encoding string) (io.Reader, error) {
	switch encoding {
	case "", "identity":
		return wire, nil
	case "gzip", "x-gzip":
		if err := s.gunzip.Reset(wire); err != nil {
			return nil, err
		}
		return &web.Capped{R: &s.gunzip, Limit: wire.Limit, Hint: wire.Hint}, nil
	}
	return nil, web.Recoded(encoding)
}

// corrupt makes a fault of what gunzip says of bad data.
func corrupt(err error) error {
	var bad flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &bad) {
		return web.NewFault(cluster.FailFormat, "its gzip data is corrupt", "the node or a proxy before it compresses wrongly: look at the proxy, or read the node directly")
	}
	return err
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
		return false, web.HTML("metrics")
	}
	return false, web.NewFault(cluster.FailFormat, "content type "+kind+" instead of metrics", hintURL)
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
