package metrics

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/stemedb/stemetop/sources/cluster"
)

// exposition is what a replica exposes: its own few families among series of
// about 115 bytes, with HELP and TYPE for every 20.
func exposition(series int) string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(good, "NaN", "0.5"))
	for i := range series {
		if i%20 == 0 {
			fmt.Fprintf(&b, "# HELP stemedb_module_%d_operations_total Operations by kind and result.\n# TYPE stemedb_module_%d_operations_total counter\n", i/20, i/20)
		}
		fmt.Fprintf(&b, "stemedb_module_%d_operations_total{kind=\"assertion_write\",shard=\"%02d\",result=\"success\",tier=\"hot\"} %d.125\n", i/20, i%20, 1_000_000+i)
	}
	return b.String()
}

func benchmarkParse(b *testing.B, series int) {
	text := exposition(series)
	f := newFilter(Defaults(), false)
	f.asked = 1<<cluster.NumFamilies - 1
	r := strings.NewReader("")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(text)
		s := newScratch()
		if taken, broke, err := s.take(r, &f, "replica"); broke != nil || err != nil || len(taken.samples) != 9 {
			b.Fatal(broke, err, taken)
		}
		s.free()
	}
}

// Budget: 0.25 ms, an eighth of expfmt alone.
func BenchmarkParse500(b *testing.B) { benchmarkParse(b, 500) }

// Budget: 10 ms, an eighth of expfmt alone.
func BenchmarkParse20000(b *testing.B) { benchmarkParse(b, 20000) }

func benchmarkExpfmt(b *testing.B, series int) {
	text := exposition(series)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	p := expfmt.NewTextParser(model.UTF8Validation)
	for b.Loop() {
		if _, err := p.TextToMetricFamilies(strings.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
}

// For comparison: expfmt alone on the same text.
func BenchmarkExpfmt500(b *testing.B)   { benchmarkExpfmt(b, 500) }
func BenchmarkExpfmt20000(b *testing.B) { benchmarkExpfmt(b, 20000) }

// A primary with 1,000 replicas in its lag family. Budget: 10 ms.
func BenchmarkParseLag1000(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "stemedb_replication_lag_seconds{replica=\"node%d\"} %d.5\n", i, i)
	}
	f := newFilter(Defaults(), false)
	f.asked = f.asked.With(cluster.FamilyLag)
	b.ReportAllocs()
	for b.Loop() {
		s := newScratch()
		if taken, broke, err := s.take(strings.NewReader(text.String()), &f, "replica"); broke != nil || err != nil || len(taken.samples) != 1000 {
			b.Fatal(broke, err)
		}
		s.free()
	}
}
