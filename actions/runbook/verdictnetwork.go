package runbook

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// network looks at the way to the replica: from the primary, and from the monitor,
// which is another way. So what healthy replicas suffer too, or the primary does
// not, is the monitor's own link.
func (d *diagnosis) network() {
	w := &d.r.Network
	before := len(d.findings)
	d.surfeit = d.unread(&w.Kernel)
	starved, starves := d.starved()
	starves = starves && !d.surfeit
	d.path(w, starves)
	if w.Reachable {
		d.probes(w, starves)
		d.port(w)
	}
	d.interfaces(&d.r.Host)
	if starves {
		d.find(starved)
	}
	d.slowAnswers(d.findings[before:])
	d.unheard = strong(d.findings[before:]) && d.untold(w)
	if d.unheard {
		d.missing = append(d.missing, "whether its stemedb reads what comes")
	}
	probed := w.Reachable && d.n.has(sensorRTT)
	d.fine[cluster.CauseNetwork] = (probed || d.n.has(sensorPathRTT)) && !strong(d.findings[before:]) && !d.murky
	if !d.fine[cluster.CauseNetwork] {
		return
	}
	calm := calmPath(w, cluster.Known(d.n.now(sensorPathRTT)), cluster.Known(d.n.now(sensorRTT)))
	if d.slowWay() {
		d.fine[cluster.CauseNetwork] = false
		d.missing = append(d.missing, "whether the way was always as long: "+calm)
		return
	}
	d.normal = append(d.normal, calm)
}

// calmPath tells of a path that is well, from where it matters if that is known. The
// figures are the round trips of now in ms, as far as they are known: those of two
// minutes may be of before.
func calmPath(w *cluster.Network, path, own cluster.Figure) string {
	if trips, _ := w.Peer.Trips(); trips.Median.Known() {
		if !path.Known() {
			path = trips.Median
		}
		words := "from the primary rtt " + figure(path, milliseconds)
		if v, ok := trips.Loss.Value(); ok {
			words += ", loss " + lossOf(trips.Loss, trips.Probes, v) + overWords(trips.Ceased)
		}
		if w.Peer.Port == cluster.PortOpen {
			words += ", RPC port open"
		}
		return words
	}
	loss := "?"
	if v, ok := w.Loss.Value(); ok {
		loss = lossOf(w.Loss, w.Probes, v) + overWords(w.Ceased)
	}
	if !own.Known() {
		own = w.Median
	}
	words := "rtt " + figure(own, milliseconds) + ", loss " + loss
	if w.Port == cluster.PortOpen && !asksPort(w) {
		words += ", RPC port open"
	}
	return words
}

// lone tells whether what was lost is a single probe. Of a few that is a large
// share, and says no more than that one was lost: it proves nothing alone.
func lone(loss cluster.Figure, probes int) bool {
	v, ok := loss.Value()
	return ok && math.Round(v/100*float64(probes)) == 1
}

// lossOf is a loss in words, and of a single probe of how many.
func lossOf(loss cluster.Figure, probes int, shown float64) string {
	if lone(loss, probes) {
		return percent(shown) + " (1 of " + strconv.Itoa(probes) + ")"
	}
	return percent(shown)
}

func overWords(ceased bool) string {
	if ceased {
		return " and over"
	}
	return ""
}

// probes judges loss and round trips. Starves says that the replica gets too
// little: without that, one that is farther than its peers may always have been.
func (d *diagnosis) probes(w *cluster.Network, starves bool) {
	loss := d.level(d.n, sensorLoss, limit{highLoss, highLoss, 0})
	loss.abnormal = loss.abnormal || loss.now >= worstLoss
	rtt, far := d.roundTrip(sensorRTT, w.Min)
	for _, x := range []struct {
		level
		shared, gainsaid, weak bool
		words                  string
	}{
		{loss, d.all.lossyLink(sensorLoss, highLoss), d.gainsaidLoss(w, loss), lone(w.Loss, w.Probes), "loss " + lossOf(w.Loss, w.Probes, loss.shown())},
		{rtt, d.all.slowLink(sensorRTT, d.onset), d.gainsaidTrip(w, rtt), far && !starves, "rtt " + milliseconds(rtt.shown()) + rtt.was(briefTime)},
	} {
		words := x.words + " by " + w.Method.String() + d.when(x.level)
		switch {
		case !x.found():
		case x.shared:
			d.murky = d.murky || !d.n.has(sensorPathRTT)
			d.contradict(cluster.CauseNetwork, words+", but healthy replicas too: the monitor's own link")
		case x.gainsaid && x.order == orderPast: // and over: of no use to anybody
		case x.gainsaid:
			d.notes = append(d.notes, words+", but not from the primary: the monitor's own link")
		default:
			d.find(finding{cause: cluster.CauseNetwork, tool: toolProbe, order: x.order, since: x.since, text: words, weak: x.weak})
		}
	}
}

// roundTrip judges a round-trip time by the node's own past; where that is not
// known by the best of its own probes, or by peers: then it is only far.
func (d *diagnosis) roundTrip(s sensor, best cluster.Figure) (v level, far bool) {
	if own := d.n.norms[s]; own.known {
		floor := longTrip(own.mid)
		return d.level(d.n, s, limit{floor, floor, 0}), false
	}
	v = level{now: d.n.now(s), norm: d.all.peers(d.r, s)}
	v.known = !math.IsNaN(v.now)
	least, ok := best.Value()
	queues := ok && v.now > rttFactor*least && v.now > least+2*rttAbove
	far = v.norm.known && v.now > rttFactor*v.norm.mid && v.now > v.norm.mid+rttDetour
	v.abnormal = v.known && (queues || far)
	return v, far && !queues
}

// longTrip is above which a round trip is long, given what is normal in ms.
func longTrip(normal float64) float64 {
	return max(normal+rttAbove, min(rttFactor*normal, normal+rttDetour))
}

func (d *diagnosis) port(w *cluster.Network) {
	switch w.Port {
	case cluster.PortFiltered, cluster.PortUnreachable, cluster.PortNoRoute:
		since := d.n.shut.since
		if w.Peer.Port == cluster.PortOpen {
			// From there it is tried rarely, and may not have been since.
			if since.IsZero() || d.s.At.Sub(since) >= pingEvery+momentEvery {
				d.notes = append(d.notes, "RPC port "+w.Port.String()+" from here, open from the primary: the monitor's own link")
			}
			return
		}
		d.find(finding{
			cause: cluster.CauseNetwork, tool: toolKnock, order: d.orderOf(since), since: since,
			text: because("RPC port "+w.Port.String(), w.PortWhy) + d.sinceWords(since),
		})
		if !barred(w.Peer.Port) {
			d.nothingComes(since)
		}
	case cluster.PortClosed:
		d.notes = append(d.notes, "RPC port closed: its host answers, stemedb does not listen")
	default:
	}
}

// nothingComes notes that a replica whose port is shut since then stands still.
func (d *diagnosis) nothingComes(since time.Time) {
	if d.appliesNothing() {
		d.find(finding{
			cause: cluster.CauseNetwork, tool: "counters", order: d.orderOf(since), since: since, weak: true,
			text: "applies nothing while the primary takes in " + figure(d.s.Primary.IngestPerSecond, perSecond),
		})
	}
}

// interfaces judges errors and drops on the replica's side: one packet in a
// thousand, since Linux drops a few that nobody asked for on any busy segment.
func (d *diagnosis) interfaces(h *cluster.Host) {
	if !h.Reachable {
		return
	}
	for i := range h.Nets {
		u := &h.Nets[i]
		bad, _ := u.ErrorsPerSecond.Value()
		drops, _ := u.DropsPerSecond.Value()
		packets, ok := u.RxPacketsPerSecond.Value()
		if sum := bad + drops; ok && sum >= 1 && sum > packets/1000 {
			d.find(finding{
				cause: cluster.CauseNetwork, tool: "/proc/net/dev", weak: bad < drops,
				text: u.Name.String() + " " + brief(bad) + " errors/s, " + brief(drops) + " drops/s",
			})
		}
	}
}

// slowAnswers notes that whatever crosses the path is slow. It is no indicator
// beside the probes: the same path makes both slow. Where those come back as they
// should it is the host that is slow, which then takes no connections either.
func (d *diagnosis) slowAnswers(found []finding) {
	v := d.level(d.n, sensorTook, limit{slowAnswer, slowAnswer, slowFactor})
	if !v.found() {
		return
	}
	words := "its answers take " + milliseconds(v.shown()) + v.was(briefTime) + d.when(v)
	if d.prompt(found) {
		d.hangs = true
		d.contradict(cluster.CauseNetwork, words+", but probes come back at once: its host is slow")
		return
	}
	d.find(finding{cause: cluster.CauseNetwork, tool: toolProbe, order: v.order, since: v.since, weak: true, text: words})
}

// prompt tells whether the kernels at both ends answer each other as they should,
// whatever the processes do.
func (d *diagnosis) prompt(found []finding) bool {
	return (d.n.has(sensorRTT) || d.n.has(sensorPathRTT)) && !d.murky && !slices.ContainsFunc(found, func(f finding) bool {
		return f.tool == toolPing || f.tool == toolProbe || f.tool == toolKernel
	})
}
