package metrics

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web/webtest"
)

func packed(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// gzipped serves bytes as if they were packed.
func gzipped(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		webtest.Answer(plain, string(b))(w, r)
	}
}

func TestGzip(t *testing.T) {
	z := packed(t, good)
	r, body := collect(t, open(t, webtest.HTTP(t, gzipped(z)).URL))
	if r.Err != nil || len(body.Samples) != 9 {
		t.Error(r.Err, body)
	}
	small := func(o *Options) { o.BodyLimit = 1 << 20 }
	lag := "stemedb_replication_lag_seconds{replica=\"node2\"} 1\n"
	for name, c := range map[string]struct {
		body    []byte
		kind    cluster.FailureKind
		samples int
	}{
		"bomb":          {packed(t, lag+strings.Repeat("# comment\n", 5<<20)), cluster.FailTooLarge, 1},
		"empty members": {bytes.Repeat(packed(t, ""), 60_000), cluster.FailTooLarge, 0},
		"no gzip":       {[]byte(good), cluster.FailFormat, 0},
		"cut":           {z[:len(z)-9], cluster.FailReset, 8},
		"bad checksum":  {append(bytes.Clone(z[:len(z)-8]), 1, 2, 3, 4, 5, 6, 7, 8), cluster.FailFormat, 8},
		"corrupt":       {append(bytes.Clone(z[:12]), bytes.Repeat([]byte{0xff}, 50)...), cluster.FailFormat, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r, body := collect(t, open(t, webtest.HTTP(t, gzipped(c.body)).URL, small))
			webtest.WantFailure(t, r.Err, c.kind)
			if (body == nil) != (c.samples == 0) || body != nil && len(body.Samples) != c.samples {
				t.Error(body)
			}
		})
	}
}
