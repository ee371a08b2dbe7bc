package runbook

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// series builds slots by hand.
type series []slot

func (s series) hold(v float64, n int) series {
	for range n {
		s = append(s, slot{value: v})
	}
	return s
}

func (s series) count(perScrape float64, n int) series {
	v := 0.0
	if len(s) > 0 {
		v = s[len(s)-1].value
	}
	for range n {
		v += perScrape
		s = append(s, slot{value: v})
	}
	return s
}

func (s series) mark(m string, n int) series {
	v := 0.0
	if len(s) > 0 {
		v = s[len(s)-1].value
	}
	for range n {
		s = append(s, slot{m, v})
	}
	return s
}

func (s series) alternate(a, b float64, n int) series {
	for i := range n {
		s = append(s, slot{value: []float64{a, b}[i%2]})
	}
	return s
}

// tables returns the cases that are known to be easy to get wrong, for n scrapes
// in three minutes.
func tables(n int) []scenario {
	up := func() series { return series{}.hold(1, 3) }
	lag := map[string]series{
		"below":            series{}.hold(4.99, 7*n),
		"exactly 10":       series{}.hold(10, 3*n),
		"exactly 5":        series{}.hold(5, 3*n),
		"just above 10":    series{}.hold(math.Nextafter(10, 11), 3*n),
		"missed near 2:59": up().hold(12, n-1).mark("_", 1).hold(12, 2*n),
		"failed near 2:59": up().hold(12, n-1).mark("stale", 1).hold(12, 2*n),
		"dip near 2:59":    up().hold(12, n-1).hold(9, 1).hold(12, 2*n),
		"single sample":    series{}.hold(12, 1).mark("_", 4*n),
		"single, gone":     series{}.hold(12, 1).mark("stale", n),
		"NaN":              up().hold(12, n).hold(math.NaN(), 2).hold(12, 2*n),
		"infinity":         up().hold(math.Inf(1), 2*n).hold(1, 3),
		"negative":         series{}.hold(-40, n).hold(11, 2*n),
		"vanishes firing":  up().hold(40, 2*n).mark("stale", n).hold(40, 2*n),
		"vanishes pending": up().hold(40, n/2).mark("stale", 2).hold(40, 2*n),
		"scrapes stop":     up().hold(40, 2*n).mark("_", 3*n).hold(40, 2*n),
		"returns healthy":  up().hold(40, 2*n).mark("stale", n).hold(1, n),
		"oscillates 9-11":  series{}.alternate(9, 11, 5*n),
		"oscillates 4-11":  series{}.alternate(4, 11, 4*n),
		"burst of lag":     up().hold(80, 3).hold(1, n).hold(80, n).hold(1, 3),
		"recovers at once": up().hold(12, n).hold(10, 1).hold(2, n),
		"stale for lookback": up().hold(11, n).mark("_", 5*n/3-1).mark("stale", 1).
			hold(11, n),
		"late":        series{}.mark("_", n).hold(30, 3*n),
		"every other": series{}.hold(1, 1).append(repeat(series{}.hold(12, 1).mark("_", 1), 2*n)),
		"flapping":    series{}.append(repeat(series{}.hold(12, 2).mark("stale", 1), n)),
	}
	errors := map[string]series{
		"still":            series{}.hold(7, 4*n),
		"from zero":        series{}.hold(0, n).count(1, 2*n).hold(float64(2*n), 4*n),
		"new at 50":        series{}.mark("_", n).hold(50, 3*n),
		"new, rising":      series{}.mark("_", n).hold(50, 1).count(2, n).mark("_", 3*n),
		"single":           series{}.mark("_", n).hold(50, 1).mark("_", 3*n),
		"reset mid-window": series{}.hold(100, n/2).count(4, n/2).hold(0, 1).count(3, n).hold(3*float64(n), 3*n),
		"reset to higher":  series{}.hold(3, n).hold(90, n).hold(60, n).hold(60, 2*n),
		"burst":            series{}.hold(2, n).hold(40, 5*n),
		"burst of 29":      series{}.hold(2, n).hold(31, 5*n),
		"burst of 28":      series{}.hold(2, n).hold(30, 5*n),
		"burst of 25":      series{}.hold(2, n).hold(27, 5*n),
		"slow":             series{}.count(0.1*180/float64(n), 4*n),
		"missing scrapes":  series{}.count(3, n).mark("_", n/2).count(3, n).mark("_", n),
		"vanishes":         series{}.count(5, n).mark("stale", n).count(5, n).mark("stale", 3*n),
		"NaN inside":       series{}.count(5, n).hold(math.NaN(), 1).hold(90, 3*n),
		"restart, gap":     series{}.count(5, n).mark("stale", 2).hold(0, 1).count(5, n).hold(5*float64(n), n),
		"flapping":         series{}.append(repeat(series{}.hold(1, 1).hold(4, 1).mark("stale", 1), n)),
		"fractions":        series{}.hold(0.25, 2).count(0.3, 2*n),
	}
	var all []scenario
	for _, name := range slices.Sorted(maps.Keys(lag)) {
		all = append(all, scenario{name, cluster.FamilyLag, lag[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(errors)) {
		all = append(all, scenario{name, cluster.FamilySyncErrors, errors[name]})
	}
	return all
}

func (s series) append(more series) series { return append(s, more...) }

func repeat(s series, n int) series {
	var all series
	for range n {
		all = append(all, s...)
	}
	return all
}

// drawn returns a scenario with everything that can happen to a series, from a
// fixed seed.
func drawn(seed uint64, f cluster.Family, n int) scenario {
	r := rand.New(rand.NewPCG(seed, 3))
	var s series
	v := float64(r.IntN(30))
	for len(s) < 5*n {
		run := 1 + r.IntN(n)
		switch r.IntN(8) {
		case 0:
			s = s.mark("_", run)
		case 1:
			s = s.mark("stale", 1+r.IntN(3))
		case 2:
			if f == cluster.FamilySyncErrors {
				v = float64(r.IntN(3)) // restart
			}
			s = s.hold(v, 1)
		case 3:
			if f == cluster.FamilySyncErrors {
				v += float64(20 + r.IntN(15))
			} else {
				v = []float64{0, 5, 9, 10, 11, 61}[r.IntN(6)]
			}
			s = s.hold(v, run)
		default:
			for range run {
				if f == cluster.FamilySyncErrors {
					v += float64(r.IntN(4) * r.IntN(2))
				} else {
					v = max(0, v+math.Round(r.NormFloat64()*4)/4)
				}
				s = s.hold(v, 1)
			}
		}
	}
	return scenario{fmt.Sprintf("seed %d", seed), f, s}
}

// benches returns all series at the usual cadences of Prometheus and at ours.
func benches() []bench {
	all := []bench{
		{scrape: 15 * time.Second, eval: 15 * time.Second},
		{scrape: 30 * time.Second, eval: 30 * time.Second},
		{scrape: time.Minute, eval: 15 * time.Second},
		{scrape: 10 * time.Second, eval: 60 * time.Second},
		{scrape: 5 * time.Second, eval: 5 * time.Second},
		{scrape: 7 * time.Second, eval: 11 * time.Second},
	}
	for i := range all {
		n := int(3 * time.Minute / all[i].scrape)
		all[i].scenarios = tables(max(n, 3))
		for seed := range uint64(12) {
			f := []cluster.Family{cluster.FamilyLag, cluster.FamilySyncErrors}[seed%2]
			all[i].scenarios = append(all[i].scenarios, drawn(100*uint64(i)+seed, f, max(n, 3)))
		}
	}
	return all
}
