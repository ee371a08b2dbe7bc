package runbook

import (
	"math"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// starved tells whether the replica would do more if it got more. It says
// nothing where its own disk or processor holds it up, or the breaker is open.
func (d *diagnosis) starved() (f finding, ok bool) {
	if !d.fine[cluster.CauseDisk] || !d.fine[cluster.CauseCPU] || d.r.Breaker.State == cluster.BreakerTripped {
		return finding{}, false
	}
	gets := d.n.now(sensorReceived)
	normal := d.normOf(d.n, sensorReceived)
	if peers := d.all.peers(d.r, sensorReceived); peers.known && peers.mid < normal.mid {
		normal = peers // less is sent to all
	}
	least := starvedShare * normal.mid * d.lessTaken()
	if math.IsNaN(gets) || !normal.known || gets >= least {
		return finding{}, false
	}
	since := d.n.lowSince(sensorReceived, least)
	return finding{
		cause: cluster.CauseNetwork, tool: "/proc/net/dev", order: d.orderOf(since), since: since, weak: true,
		text: "receives " + bytesPerSecond(gets) + level{norm: normal}.was(bytesPerSecond) +
			" while its disk and cpu have room" + d.sinceWords(since),
	}, true
}

// lessTaken is the part of what it took in that the primary takes in now, 1 at most:
// less is sent to all then.
func (d *diagnosis) lessTaken() float64 {
	p := d.all.p.subject(d.s.Primary.ID)
	now, was := p.now(sensorRate), p.norms[sensorRate]
	if math.IsNaN(now) || !was.known || was.mid <= 0 {
		return 1
	}
	return min(1, max(0, now/was.mid))
}

// unread tells whether the replica leaves what came unread while more comes, or would
// if it took more: then it is not for want of data that it lags, whatever the way to
// it loses. Where nothing comes and the primary's kernel does not say that it is the
// replica that takes nothing, the way may be what lets nothing through.
func (d *diagnosis) unread(k *cluster.Kernel) bool {
	left, _ := k.Replica.RecvQueue.Value()
	comes, _ := k.Replica.ReceivedBytesPerSecond.Value()
	withheld, _ := k.Primary.Withheld.Value()
	if left < muchUnread || comes <= 0 && withheld <= 0 || k.Replica.At.Before(d.behindSince()) {
		return false
	}
	size := brief(left/1e3) + " kB"
	if left >= 1e6 {
		size = brief(left/1e6) + " MB"
	}
	d.contradict(cluster.CauseNetwork, size+" that came wait unread: stemedb is not short of data")
	return true
}

// untold tells whether it will soon be told, and is not yet, if the replica reads what
// comes. Where it doesn't, that is why it lags, and a way that loses something besides
// has everything that a cause has.
func (d *diagnosis) untold(w *cluster.Network) bool {
	f := &w.Kernel.Replica
	if !f.Known || !d.r.Host.Reachable || d.surfeit || barred(w.Peer.Port) || barred(w.Port) {
		return false
	}
	came := d.behindSince()
	now, _ := f.RecvQueueNow.Value()
	stays, twice := f.RecvQueue.Value()
	switch {
	case f.At.Before(came): // the list is of the time before
	case now < muchUnread:
		return false
	case !twice || f.At.Before(came.Add(2*listedEvery)): // the list before it is
	case stays < muchUnread || f.ReceivedBytesPerSecond.Known() || w.Kernel.Primary.Withheld.Known():
		return false
	}
	return true
}

// behindSince is when what the replica had not applied, as its lag was noticed, came
// at the earliest. That may be long after the lag's onset: a lossy way has a small one
// of its own.
func (d *diagnosis) behindSince() time.Time {
	if e := d.n.episode; e != nil {
		if came := e.noticed.Add(-d.s.Session.Thresholds.Warning); came.After(d.onset) {
			return came
		}
	}
	return d.onset
}
