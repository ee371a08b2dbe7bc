package runbook

import (
	"cmp"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// weight is how much speaks for a cause, in indicators: findings by different tools.
type weight struct {
	cause   cluster.Cause
	fits    int       // that began before the lag or with it
	current int       // the same, and those whose beginning is not known
	all     int       // and those that came late or are over
	first   time.Time // the earliest of those that fit; zero if not known
	cleared bool      // a rival was measured as normal
}

// likely needs two indicators in the right order, or three where the order is
// not known, and a rival that is out of the question.
func (w weight) likely() bool { return w.cleared && (w.fits >= 2 || w.current >= 3) }

// rank is in which order causes are asked where as much speaks for each.
var rank = [numCauses]int{
	cluster.CauseMeasurement: 6, cluster.CauseBreaker: 5, cluster.CausePrimary: 4,
	cluster.CauseDisk: 3, cluster.CauseCPU: 2, cluster.CauseNetwork: 1,
}

// weigh returns the causes that anything speaks for, the best first.
func (d *diagnosis) weigh() []weight {
	var list []weight
	for c := cluster.CauseDisk; int(c) < numCauses; c++ {
		w := d.weightOf(c)
		// That a replica keeps up with a primary that is as it was clears it.
		cleared := d.merely(w) && d.fine[cluster.CausePrimary] && len(d.all.healthy) > 0
		if w.all > 0 && !cleared {
			list = append(list, w)
		}
	}
	slices.SortFunc(list, func(a, b weight) int {
		return cmp.Or(
			-cmp.Compare(btoi(d.decides(a)), btoi(d.decides(b))),
			cmp.Compare(btoi(d.merely(a)), btoi(d.merely(b))),
			-cmp.Compare(btoi(a.likely()), btoi(b.likely())),
			earlier(a, b),
			-cmp.Compare(a.fits, b.fits),
			-cmp.Compare(a.current, b.current),
			-cmp.Compare(a.all, b.all),
			-cmp.Compare(rank[a.cause], rank[b.cause]),
		)
	})
	return list
}

// merely tells whether all that speaks for a cause is that others lag too: they may do
// so for reasons of their own, or for the same as this one.
func (d *diagnosis) merely(w weight) bool {
	return w.cause == cluster.CausePrimary && !d.overloaded(0)
}

// earlier orders two likely causes by what began clearly first.
func earlier(a, b weight) int {
	if !a.likely() || !b.likely() || a.first.IsZero() || b.first.IsZero() {
		return 0
	}
	if by := a.first.Sub(b.first); by.Abs() >= orderSlack {
		return cmp.Compare(by, 0)
	}
	return 0
}

// decides tells whether a likely cause explains all others: a lag that can't be
// believed, a breaker that lets nothing pass. But a path that is cut is why
// digits freeze.
func (d *diagnosis) decides(w weight) bool {
	switch w.cause {
	case cluster.CauseMeasurement:
		return w.likely() && !d.cutOff()
	case cluster.CauseNetwork:
		return d.cutOff()
	case cluster.CauseBreaker:
		return w.likely()
	case cluster.CausePrimary:
		// More load than before is why a replica that applies more is saturated.
		return w.likely() && d.exceeds()
	default:
		return false
	}
}

func (d *diagnosis) cutOff() bool {
	return d.r.Lag.State == cluster.LagFrozen && d.weightOf(cluster.CauseNetwork).likely()
}

func (d *diagnosis) weightOf(c cluster.Cause) weight {
	w := weight{cause: c, cleared: d.cleared(c)}
	strong, weak := map[string]order{}, map[string]order{}
	for _, f := range d.findings {
		if f.cause != c {
			continue
		}
		of := strong
		if f.weak {
			of = weak
		}
		if o, ok := of[f.tool]; !ok || better(f.order, o) {
			of[f.tool] = f.order
		}
		if f.order == orderFits && !f.since.IsZero() && (w.first.IsZero() || f.since.Before(w.first)) {
			w.first = f.since
		}
	}
	// What only came after the lag speaks for nothing, and what is weak not alone.
	timely := false
	for _, o := range strong {
		timely = timely || o != orderLate
	}
	if !timely {
		return weight{cause: c}
	}
	for tool, o := range weak {
		if _, ok := strong[tool]; !ok {
			strong[tool] = o
		}
	}
	for _, o := range strong {
		w.all++
		w.fits += btoi(o == orderFits)
		w.current += btoi(o == orderFits || o == orderUnknown)
	}
	return w
}

// preceded tells whether something else was abnormal before the breaker tripped:
// then that may be why, and a breaker that is reset trips again.
func (d *diagnosis) preceded() bool {
	trip := d.r.Breaker.Since
	if trip.IsZero() {
		trip = d.n.tripped.since
	}
	return slices.ContainsFunc(d.findings, func(f finding) bool {
		return f.cause != cluster.CauseBreaker && !f.weak && !f.since.IsZero() && f.since.Before(trip.Add(-momentEvery))
	})
}

// better tells whether a says more for a cause than b.
func better(a, b order) bool {
	worth := [...]int{orderFits: 3, orderUnknown: 2, orderLate: 1, orderPast: 0}
	return worth[a] > worth[b]
}

// cleared tells whether the rival that could produce the same findings was
// measured as normal.
func (d *diagnosis) cleared(c cluster.Cause) bool {
	disk, cpu, network := d.fine[cluster.CauseDisk], d.fine[cluster.CauseCPU], d.fine[cluster.CauseNetwork]
	switch c {
	case cluster.CauseDisk, cluster.CauseCPU:
		return d.fine[cluster.CausePrimary] // too much load looks the same
	case cluster.CauseNetwork:
		// A dead host looks the same, and one that hardly gets on, or does not read.
		return !d.surfeit && !d.unheard && d.onItsWay() && (disk || cpu || (d.r.Metrics.Reachable && !d.hangs && d.fine[cluster.CausePrimary]))
	case cluster.CausePrimary:
		// A slow way to all of them looks the same. That all lag is what is to be
		// explained, and does not explain itself.
		return !d.slowWay() && d.overloaded(0) && ((d.all.together && (disk || cpu || network)) || (disk && cpu && network) || (d.exceeds() && network))
	case cluster.CauseBreaker:
		return (disk || cpu || network) && !d.preceded()
	case cluster.CauseSync:
		return network && (disk || !d.r.Host.Reachable)
	case cluster.CauseMeasurement:
		return d.s.Primary.Metrics.Reachable
	default:
		return false
	}
}
