package panes

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/cluster"
)

func TestFormat(t *testing.T) {
	k := cluster.Known
	for _, c := range []struct{ name, got, want string }{
		{"lag", Lag(k(0.2)), "0.2 s"},
		{"lag", Lag(k(-0.01)), "0.0 s"},
		{"lag", Lag(k(12.5)), "12.5 s"},
		{"lag", Lag(k(99.94)), "99.9 s"},
		{"lag", Lag(k(99.95)), "1m 40s"},
		{"lag", Lag(k(252)), "4m 12s"},
		{"lag", Lag(k(3599.6)), "1h 00m"},
		{"lag", Lag(k(11100)), "3h 05m"},
		{"lag", Lag(k(2*86400 + 4*3600)), "2d 04h"},
		{"lag", Lag(k(-300)), "-5m 00s"},
		{"lag", Lag(k(1e300)), "over 100 y"},
		{"lag", Lag(cluster.Figure{}), "?"},
		{"age", Age(300 * time.Millisecond), "<1 s"},
		{"age", Age(34*time.Second + 900*time.Millisecond), "34 s"},
		{"age", Age(99 * time.Second), "99 s"},
		{"age", Age(252 * time.Second), "4m 12s"},
		{"age", Age(-time.Second), "<1 s"},
		{"span", Span(10 * time.Second), "10 s"},
		{"span", Span(time.Minute), "60 s"},
		{"span", Span(10 * time.Minute), "10 min"},
		{"span", Span(24 * time.Hour), "24 h"},
		{"span", Span(1500 * time.Millisecond), "1.5 s"},
		{"span", Span(700 * time.Second), "11m 40s"},
		{"span", Span(0), "?"},
		{"count", Count(k(0)), "0"},
		{"count", Count(k(620)), "620"},
		{"count", Count(k(999.6)), "1,000"},
		{"count", Count(k(1500)), "1,500"},
		{"count", Count(k(18240)), "18.2k"},
		{"count", Count(k(999960)), "1.0M"},
		{"count", Count(k(4.12e6)), "4.1M"},
		{"count", Count(k(1e30)), ">99999P"},
		{"count", Count(cluster.Figure{}), "?"},
		{"rate", Rate(k(0)), "0/s"},
		{"rate", Rate(k(0.01)), "<0.1/s"},
		{"rate", Rate(k(0.31)), "0.3/s"},
		{"rate", Rate(k(1500)), "1,500/s"},
		{"rate", Rate(cluster.Figure{}), "?"},
		{"bytes", Bytes(512), "512 B"},
		{"bytes", Bytes(3 << 30), "3.0 GiB"},
		{"bytes", Bytes(1023 << 20), "1023 MiB"},
		{"byte rate", ByteRate(k(12.4e6)), "12.4 MB/s"},
		{"byte rate", ByteRate(k(999.96e3)), "1.0 MB/s"},
		{"byte rate", ByteRate(cluster.Figure{}), "?"},
		{"percent", Percent(k(0)), "0 %"},
		{"percent", Percent(k(0.004)), "<1 %"},
		{"percent", Percent(k(0.58)), "58 %"},
		{"percent", Percent(k(0.999)), "99 %"},
		{"percent", Percent(k(1)), "100 %"},
		{"percent", Percent(cluster.Figure{}), "?"},
		{"number", Number(k(5)), "5.0"},
		{"number", Number(k(388.4)), "388"},
		{"number", Number(k(18240)), "18.2k"},
		{"number", Number(k(182400)), "182k"},
		{"number", Number(k(99.96)), "100"},
		{"number", Number(cluster.Figure{}), "-"},
		{"clock", clock(at), "03:12:44Z"},
		{"clock", clock(time.Time{}), "--:--:--Z"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

// TestWidthOfFigures: what can be measured fits in the columns made for it.
func TestWidthOfFigures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := math.Pow(10, rapid.Float64Range(-6, 14).Draw(t, "log10"))
		for _, c := range []struct {
			text  string
			limit int
		}{
			{Number(cluster.Known(v)), 6},
			{Count(cluster.Known(v)), 6},
			{Rate(cluster.Known(v)), 8},
			{ByteRate(cluster.Known(v)), 10},
			{Lag(cluster.Known(min(v, 99*86400))), 7},
			{Age(time.Duration(min(v, 99*86400) * 1e9)), 7},
			{Percent(cluster.Known(min(v, 1))), 5},
		} {
			if len(c.text) > c.limit {
				t.Fatalf("%g: %q is longer than %d", v, c.text, c.limit)
			}
		}
	})
}

func FuzzFormat(f *testing.F) {
	f.Add(0.0)
	f.Add(-99.95)
	f.Add(math.MaxFloat64)
	f.Fuzz(func(t *testing.T, v float64) {
		x := cluster.Known(v)
		for _, s := range []string{Lag(x), Count(x), Rate(x), ByteRate(x), Percent(x), Number(x)} {
			if s == "" || !isASCII(s) || (x.Known() && s == unknown) {
				t.Errorf("%g: %q", v, s)
			}
		}
	})
}
