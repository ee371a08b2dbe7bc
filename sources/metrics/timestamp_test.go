package metrics

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web/webtest"
)

// TestTimestamps: what a cache exposes with a timestamp of long ago is no reading
// of now, by the clock of whoever exposes it.
func TestTimestamps(t *testing.T) {
	const open1 = "application/openmetrics-text; version=1.0.0; charset=utf-8"
	now := time.Now().Add(-time.Hour) // the target's clock is wrong
	for _, c := range []struct {
		name, contentType, text string
		fresh                   time.Duration
		lags                    []cluster.NodeID
		fails                   bool
	}{
		{"text", plain, "lag{replica=\"node2\"} 1 %d\nlag{replica=\"node3\"} 2 %d\nlag{replica=\"node4\"} 3\ncount 7 %[1]d\n", 3 * time.Second, []cluster.NodeID{"node3", "node4"}, true},
		{"text, no limit", plain, "lag{replica=\"node2\"} 1 %d\nlag{replica=\"node3\"} 2 %d\n", 0, []cluster.NodeID{"node2", "node3"}, false},
		{"OpenMetrics", open1, "lag{replica=\"node2\"} 1 %d.250\nlag{replica=\"node3\"} 2 %d # {id=\"x\"} 1 5\ncount_total 7 %[1]d\n# EOF\n", 3 * time.Second, []cluster.NodeID{"node3"}, true},
		{"OpenMetrics, of no clock", open1, "lag{replica=\"node2\"} 1 NaN\nlag{replica=\"node3\"} 2 1e300\n# EOF\n", 3 * time.Second, []cluster.NodeID{"node2", "node3"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			unit := time.Millisecond
			if c.contentType == open1 {
				unit = time.Second
			}
			text := c.text
			if c.fails || c.fresh == 0 {
				text = fmt.Sprintf(c.text, now.Add(-100*time.Second).UnixMilli()*int64(time.Millisecond)/int64(unit), now.UnixMilli()*int64(time.Millisecond)/int64(unit))
			}
			s := webtest.HTTP(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
				webtest.Answer(c.contentType, text)(w, r)
			})
			r, body := collect(t, open(t, s.URL, func(o *Options) { o.Fresh, o.Names.Lag, o.Names.Assertions, o.Primary = c.fresh, "lag", "count", true }))
			if body == nil {
				t.Fatal(r.Err)
			}
			var lags []cluster.NodeID
			counted := false
			for _, m := range body.Samples {
				if m.Family == cluster.FamilyLag {
					lags = append(lags, m.Replica)
				}
				counted = counted || m.Family == cluster.FamilyAssertions
			}
			if fmt.Sprint(lags) != fmt.Sprint(c.lags) || counted != c.fails {
				t.Errorf("lags of %v, counted %v", lags, counted)
			}
			if c.fails {
				webtest.WantFailure(t, r.Err, cluster.FailFormat, "lag about replica node2 is of", "by its own timestamp")
			} else if r.Err != nil {
				t.Error(r.Err)
			}
		})
	}
}
