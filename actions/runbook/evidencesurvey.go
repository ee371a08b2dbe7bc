package runbook

import (
	"math"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// mostPeers is how many healthy replicas are asked what is normal.
const mostPeers = 25

// survey is what all diagnoses of one snapshot share.
type survey struct {
	s        *cluster.Snapshot
	p        *Past
	lagging  []*cluster.Replica // by a lag that is known
	healthy  []*cluster.Replica
	norms    map[kind]*[numSensors]asked
	spans    map[sensor]span // over those that lag
	together bool            // most replicas lag, since the same time
	sameTime bool            // and that time is known
}

// asked is a norm of peers, computed at its first use.
type asked struct {
	norm
	done bool
}

// kind is what makes hosts comparable.
type kind struct {
	cores      int
	rotational bool
	known      bool
}

func kindOf(h *cluster.Host) kind {
	if h.Facts == nil {
		return kind{}
	}
	k := kind{cores: h.Facts.Cores, known: true}
	for _, d := range h.Facts.Devices {
		if d.Name == h.Facts.WAL.Device {
			k.rotational = d.Rotational
		}
	}
	return k
}

func newSurvey(s *cluster.Snapshot, p *Past) *survey {
	v := &survey{s: s, p: p}
	for i := range s.Replicas {
		r := &s.Replicas[i]
		switch {
		case r.Lag.State != cluster.LagLive:
		case sick(s, r):
			v.lagging = append(v.lagging, r)
		default:
			v.healthy = append(v.healthy, r)
		}
	}
	v.together, v.sameTime = v.judgeTogether()
	return v
}

// judgeTogether tells whether at least two replicas and two thirds of them lag,
// with onsets that are all not known, or within 30 s of each other.
func (v *survey) judgeTogether() (together, known bool) {
	n := len(v.lagging)
	if n < 2 || 3*n < 2*(n+len(v.healthy)) {
		return false, false
	}
	var first, last time.Time
	dated := 0
	for _, r := range v.lagging {
		e := v.p.subject(r.ID).episode
		if e == nil || e.onset.IsZero() {
			continue
		}
		if dated == 0 || e.onset.Before(first) {
			first = e.onset
		}
		if e.onset.After(last) {
			last = e.onset
		}
		dated++
	}
	if dated == 0 {
		return true, false
	}
	return last.Sub(first) <= orderSlack, dated == n
}

// span is the range of a figure over replicas.
type span struct {
	n           int // of how many it is known
	least, most float64
}

// ofLagging returns the range of a sensor over the replicas that lag.
func (v *survey) ofLagging(s sensor) span {
	if x, ok := v.spans[s]; ok {
		return x
	}
	x := span{least: math.Inf(1)}
	for _, r := range v.lagging {
		if now := v.p.subject(r.ID).now(s); !math.IsNaN(now) {
			x.n++
			x.least, x.most = min(x.least, now), max(x.most, now)
		}
	}
	if v.spans == nil {
		v.spans = make(map[sensor]span)
	}
	v.spans[s] = x
	return x
}

// peers returns what healthy replicas of the same kind as r say of a sensor.
func (v *survey) peers(r *cluster.Replica, s sensor) norm {
	k := kindOf(&r.Host)
	if v.norms == nil {
		v.norms = make(map[kind]*[numSensors]asked)
	}
	list := v.norms[k]
	if list == nil {
		list = new([numSensors]asked)
		v.norms[k] = list
	}
	if !list[s].done {
		list[s] = asked{v.askPeers(k, s), true}
	}
	return list[s].norm
}

func (v *survey) askPeers(k kind, s sensor) norm {
	var values []float64
	for _, r := range v.healthy {
		if len(values) == mostPeers {
			break
		}
		if other := kindOf(&r.Host); k.known && other.known && other != k {
			continue
		}
		values = append(values, v.p.subject(r.ID).now(s))
	}
	n := newNorm(values, 1)
	n.peers = true
	return n
}

// lossyLink tells whether most healthy replicas lose as much too, by a sensor of
// loss: then it is the link of whoever asks that does.
func (v *survey) lossyLink(s sensor, limit float64) bool {
	probed, lossy := 0, 0
	for _, r := range v.healthy {
		if loss := v.p.subject(r.ID).now(s); !math.IsNaN(loss) {
			probed++
			lossy += btoi(loss >= limit)
		}
	}
	return probed > 0 && 2*lossy >= probed
}

// slowLink tells whether the round trips of most healthy replicas, by a sensor of
// them, are longer than before an onset too.
func (v *survey) slowLink(s sensor, onset time.Time) bool {
	known, slow := 0, 0
	for _, r := range v.healthy[:min(len(v.healthy), mostPeers)] {
		n := v.p.subject(r.ID)
		if was := n.before(s, onset); was.known && n.has(s) {
			known++
			slow += btoi(n.now(s) > max(was.high(), longTrip(was.mid)))
		}
	}
	return known > 0 && 2*slow >= known
}
