package runbook

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Diagnose returns the verdict on each replica of s, in their order. A replica
// whose lag is live and not above the warning has nothing to explain.
//
// p must have noted s; with nil the verdict comes from s and its Series alone,
// as at the start of a run. Verdict.Since goes on from the verdict that s has,
// where cause and confidence are the same.
//
// A cause is likely by two indicators that were measured with different tools,
// began no later than 30 s after the lag and have a rival that was measured as
// normal; where the lag began before we looked, by three. One indicator is
// possible. Else the cause is unknown.
func Diagnose(s *cluster.Snapshot, p *Past) []cluster.Verdict {
	if p == nil {
		p = NewPast()
		p.Note(s)
	}
	list := make([]cluster.Verdict, len(s.Replicas))
	var all *survey
	for i := range s.Replicas {
		r := &s.Replicas[i]
		if sick(s, r) {
			if all == nil {
				all = newSurvey(s, p)
			}
			list[i] = diagnose(all, r)
		} else {
			list[i] = nothingToExplain(s, p, r)
		}
		list[i].Since = s.At
		if v := &r.Verdict; v.Cause == list[i].Cause && v.Confidence == list[i].Confidence && !v.Since.IsZero() {
			list[i].Since = v.Since
		}
	}
	return list
}

// nothingToExplain is the verdict on a replica that keeps up. It takes two to
// be sure of that too: a gauge may stand still, and a replica without contact
// may report 0. Where the primary can't reach it and no count confirms the lag,
// there is something to explain after all.
func nothingToExplain(s *cluster.Snapshot, p *Past, r *cluster.Replica) cluster.Verdict {
	v := cluster.Verdict{Replica: r.ID, Cause: cluster.CauseNone, Confidence: cluster.ConfidenceLikely}
	if r.Assertions.Indexed.Known() {
		return v
	}
	v.Confidence = cluster.ConfidencePossible
	v.Missing = texts([]string{because("its assertion count, which would confirm the lag", r.Assertions.Why)})
	switch from := &r.Network.Peer; {
	case barred(from.Port):
		// Nothing can be replicated, so the lag is not to be believed.
		v.Cause = cluster.CauseNetwork
		v.For = texts([]string{because("from the primary RPC port "+from.Port.String(), from.PortWhy)})
		v.Against = texts([]string{"the lag is told to be " + figure(r.Lag.Seconds, brief) + " s"})
		v.Next = cluster.Clean(courses[v.Cause].likely)
	case p.standsAlone(s, r):
		v.Cause = cluster.CauseMeasurement
		v.For = texts([]string{"the lag has had the same digits, " + brief(p.subject(r.ID).now(sensorLag)) + " s, for a minute, while others move"})
		v.Next = cluster.Clean(courses[v.Cause].maybe)
	case from.Port == cluster.PortUnknown && barred(r.Network.Port):
		v.Against = texts([]string{"RPC port " + r.Network.Port.String()})
	}
	return v
}

// diagnosis is the work on one replica.
type diagnosis struct {
	s        *cluster.Snapshot
	all      *survey
	r        *cluster.Replica
	n        *subject
	onset    time.Time // of the lag; zero if before we looked
	findings []finding
	fine     [numCauses]bool // measured, and normal
	normal   []string        // what was measured as normal, in words
	notes    []string        // what explains itself otherwise
	against  map[cluster.Cause][]string
	missing  []string
	recorded bool // something stands out against earlier recordings
	murky    bool // the network is not well, and not only to this replica
	hangs    bool // its answers are slow, and its way is not
	surfeit  bool // more comes than it reads
	unheard  bool // it is not told yet whether it does
}

const numCauses = int(cluster.CauseMeasurement) + 1

func diagnose(all *survey, r *cluster.Replica) cluster.Verdict {
	d := &diagnosis{s: all.s, all: all, r: r, n: all.p.subject(r.ID), against: map[cluster.Cause][]string{}}
	if d.n.episode != nil {
		d.onset = d.n.episode.onset
	}
	d.lookForMissing()
	d.measurement()
	d.disk()
	d.cpu()
	d.network()
	d.primary()
	d.breaker()
	d.sync()
	return d.verdict()
}

func (d *diagnosis) find(f finding) { d.findings = append(d.findings, f) }

func (d *diagnosis) contradict(c cluster.Cause, text string) {
	d.against[c] = append(d.against[c], text)
}

// lag returns the newest lag, whatever its state.
func (d *diagnosis) lag() float64 {
	v, _ := d.r.Lag.Seconds.Value()
	return v
}

// appliesNothing tells whether the replica stands still while the primary does not.
func (d *diagnosis) appliesNothing() bool {
	applies, ok := d.r.Assertions.PerSecond.Value()
	ingest, known := d.s.Primary.IngestPerSecond.Value()
	return ok && known && ingest > 0 && applies < 0.02*ingest
}

// lookForMissing lists what can't be measured.
func (d *diagnosis) lookForMissing() {
	d.miss(d.r.Metrics, "its metrics")
	d.miss(d.r.Host.Access, "its host")
	if d.r.Host.Reachable {
		d.missOnHost(&d.r.Host)
	}
	d.miss(d.r.Network.Access, "probes to it")
	if d.s.Primary.Host.Reachable {
		d.missOnPath(&d.r.Network)
	}
	if d.r.Breaker.State == cluster.BreakerUnknown {
		d.missing = append(d.missing, because("circuit breakers", d.r.Breaker.Why))
	}
	d.miss(d.s.Primary.Metrics, "the primary's metrics")
	d.miss(d.s.Primary.Host.Access, "the primary's host")
}

func (d *diagnosis) missOnHost(h *cluster.Host) {
	if !h.RatesWhy.IsZero() {
		d.missing = append(d.missing, because("rates of its host", h.RatesWhy))
		return
	}
	if !h.Pressure.IOSome.Known() {
		d.missing = append(d.missing, "pressure (PSI) of its host")
	}
	if !h.ProcessesKnown {
		d.missing = append(d.missing, "processes of its host")
	}
	if k := walDisk(h); k == nil {
		d.missing = append(d.missing, "disks of its host")
	} else if !k.WAL {
		d.missing = append(d.missing, "which device holds the WAL")
	}
}

func (d *diagnosis) miss(a cluster.Access, what string) {
	switch {
	case a.Reachable:
	case a.Err != nil:
		d.missing = append(d.missing, because(what, a.Err.What))
	default:
		d.missing = append(d.missing, what)
	}
}

func because(what string, why cluster.Text) string {
	if why.IsZero() {
		return what
	}
	return what + ": " + why.String()
}
