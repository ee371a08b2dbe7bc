package prometheus

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a collector of url that is closed with the test. It asks at once,
// each time.
func open(t testing.TB, url string, change ...func(*Options)) *Collector {
	t.Helper()
	o := Options{
		URL: url, Clock: sources.NewClock(1), Timeout: 20 * time.Second, Every: time.Nanosecond,
		Names: []string{"ReplicationLagCritical", "ReplicationLagWarning", "MerkleSyncFailures"},
	}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// collect reads once.
func collect(t testing.TB, c *Collector) (*cluster.PrometheusReading, *cluster.Failure) {
	t.Helper()
	rs := c.Collect(context.Background())
	if len(rs) != 1 {
		t.Fatalf("%d readings, want 1", len(rs))
	}
	body, _ := rs[0].Body.(*cluster.PrometheusReading)
	return body, rs[0].Err
}
