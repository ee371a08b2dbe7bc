package metrics

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/google/go-cmp/cmp"

	"github.com/stemedb/stemetop/sources/cluster"
)

const openGood = `# HELP stemedb_replication_lag_seconds Age.
# TYPE stemedb_replication_lag_seconds gauge
# UNIT stemedb_replication_lag_seconds seconds
stemedb_replication_lag_seconds{replica="node # {2}"} 12.5 1520879607.789
stemedb_replication_lag_seconds{replica="node3"} 1e-1
# TYPE stemedb_assertions_indexed counter
stemedb_assertions_indexed_total 17.0 1520879607.789 # {trace_id="K } 1"} 0.67 1520879606.1
stemedb_assertions_indexed_created 1520430000.123
# TYPE stemedb_merkle_sync_progress gauge
# HELP stemedb_merkle_sync_progress From 0 to 100.
stemedb_merkle_sync_progress +Inf
# TYPE stemedb_merkle_sync_duration_seconds histogram
# UNIT stemedb_merkle_sync_duration_seconds seconds
stemedb_merkle_sync_duration_seconds_bucket{le="1.0"} 3 # {a="b"} 0.67
stemedb_merkle_sync_duration_seconds_bucket{le="+Inf"} 4
stemedb_merkle_sync_duration_seconds_count 4
stemedb_merkle_sync_duration_seconds_sum 6.5
stemedb_merkle_sync_duration_seconds_created 1520430000.123
# TYPE stemedb_build info
stemedb_build_info{version="1"} 1
# EOF
`

func TestOpenMetrics(t *testing.T) {
	want := []cluster.Sample{
		{Family: cluster.FamilyLag, Replica: "node # {2}", Value: 12.5},
		{Family: cluster.FamilyLag, Replica: "node3", Value: 0.1},
		{Family: cluster.FamilyAssertions, Value: 17},
		{Family: cluster.FamilySyncDurationSum, Value: 6.5},
		{Family: cluster.FamilySyncDurationCount, Value: 4},
	}
	text := strings.ReplaceAll(openGood, "stemedb_merkle_sync_progress +Inf\n", "")
	for _, text := range []string{text, strings.TrimSuffix(text, "\n")} {
		got, s, err := parseAll(text, true)
		if d := cmp.Diff(want, got); d != "" || err != nil || string(s.help) != "From 0 to 100." {
			t.Error(err, d, string(s.help))
		}
	}
}

func TestOpenMetricsCut(t *testing.T) {
	for cut := len(openGood) - 2; cut > 0; cut-- {
		if _, _, err := parseAll(openGood[:cut], true); err == nil {
			t.Fatalf("cut at %d is taken for whole: %q", cut, openGood[:cut])
		}
	}
	for _, bad := range []string{
		"stemedb_assertions_indexed_total 1 x1\n# EOF\n", "stemedb_assertions_indexed_total 1 2 3\n# EOF\n",
		"stemedb_assertions_indexed_total 1 # 2\na 1\n", "a 1\n# EOF\nb 1\n",
		"stemedb_replication_lag_seconds{replica=\"a} 1\n# EOF\n",
	} {
		if s, _, err := parseAll(bad, true); err == nil {
			t.Errorf("%q: %v", bad, s)
		}
	}
}

// An exporter adds _total in OpenMetrics to a counter that lacks it in text.
func TestOpenMetricsAddsTotal(t *testing.T) {
	n := Defaults()
	n.Assertions = "assertions"
	f := newFilter(n, true)
	f.asked = 1<<cluster.NumFamilies - 1
	s := newScratch()
	got, err, err2 := s.take(strings.NewReader("# TYPE assertions counter\nassertions_total 5\n# EOF\n"), &f, "replica")
	if d := cmp.Diff([]cluster.Sample{{Family: cluster.FamilyAssertions, Value: 5}}, got.samples); d != "" || err != nil || err2 != nil {
		t.Error(d, err, err2)
	}
}

// What the library's encoder writes reads as what its ABNF decoder reads.
func TestOpenMetricsReference(t *testing.T) {
	var b bytes.Buffer
	stamp := timestamppb.New(time.Unix(1520879606, 5e8))
	family := &dto.MetricFamily{
		Name: proto.String("stemedb_merkle_sync_errors_total"), Help: proto.String("Errors\nof \"sync\""), Type: dto.MetricType_COUNTER.Enum(),
	}
	for i, replica := range []string{"node2", `a "b" # {c="d"} 5`, "e\\\nf"} {
		family.Metric = append(family.Metric, &dto.Metric{
			Label: []*dto.LabelPair{{Name: proto.String("replica"), Value: proto.String(replica)}},
			Counter: &dto.Counter{
				Value: proto.Float64(float64(i) + 0.5), CreatedTimestamp: stamp,
				Exemplar: &dto.Exemplar{Label: []*dto.LabelPair{{Name: proto.String("id"), Value: proto.String("} 1 # {")}}, Value: proto.Float64(1), Timestamp: stamp},
			},
			TimestampMs: proto.Int64(1520879607789),
		})
	}
	if _, err := expfmt.MetricFamilyToOpenMetrics(&b, family, expfmt.WithCreatedLines()); err != nil {
		t.Fatal(err)
	}
	if _, err := expfmt.FinalizeOpenMetrics(&b); err != nil {
		t.Fatal(err)
	}
	got, _, err := parseAll(b.String(), true)
	if d := cmp.Diff(reference(t, b.String()), values(got)); d != "" || err != nil {
		t.Errorf("%v %s\n%s", err, d, b.String())
	}
}

// reference reads the sync errors of an exposition with the library's decoder.
func reference(t *testing.T, text string) map[string]float64 {
	t.Helper()
	d := expfmt.NewDecoder(strings.NewReader(text), expfmt.FmtOpenMetrics_1_0_0.WithEscapingScheme(model.NoEscaping))
	out := make(map[string]float64)
	for {
		var m dto.MetricFamily
		err := d.Decode(&m)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err, text)
		}
		for _, x := range m.GetMetric() {
			out[x.GetLabel()[0].GetValue()] = x.GetCounter().GetValue()
		}
	}
}

func values(samples []cluster.Sample) map[string]float64 {
	out := make(map[string]float64)
	for _, s := range samples {
		out[string(s.Replica)] = s.Value
	}
	return out
}
