package tui

import (
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
)

// benchTick draws and paints one interval after the other.
func benchTick(b *testing.B, w, h, replicas int) {
	r := newRig(b, w, h, replicas)
	p := painter{profile: colorprofile.TrueColor, sync: true}
	p.paint(r.drawn)
	total := 0
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		r.tick(time.Second)
		total += len(p.paint(r.drawn))
	}
	b.ReportMetric(float64(total)/float64(b.N), "B/tick")
}

// Budget: 3 ms and 3,500 B a tick.
func BenchmarkTick12(b *testing.B) { benchTick(b, 120, 40, 12) }

// Budget: 20 ms and 15,000 B a tick: only what is visible is drawn, and the rest
// is sorted.
func BenchmarkTick1000(b *testing.B) { benchTick(b, 200, 60, 1000) }

// Budget: 3 ms a key, with 1,000 replicas as with 12.
func BenchmarkKey1000(b *testing.B) {
	for _, keys := range [][]string{{"j", "k"}, {"pgdown"}} {
		b.Run(keys[0], func(b *testing.B) {
			r := newRig(b, 200, 60, 1000)
			p := painter{profile: colorprofile.TrueColor, sync: true}
			b.ReportAllocs()
			for i := range b.N {
				r.keys(keys[i%len(keys)])
				p.paint(r.drawn)
			}
		})
	}
}
