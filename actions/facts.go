package actions

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// The places that facts are from.
const (
	fromMetrics = "primary's metrics"
	fromLimit   = "GET rate-limit"
	fromAdmin   = "GET breakers"
	fromHere    = "journal"
)

// perSecond writes a rate in full digits: the journal keeps it, and undo reads it.
func perSecond(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) + "/s" }

// seconds writes a lag.
func seconds(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) + " s" }

// sentAt says when something was sent; nothing where the journal does not tell.
func (n Now) sentAt(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " at " + n.clock(t)
}

// clock writes an instant, with its date where that is not plain: what has stood
// for days does not look like one of tonight.
func (n Now) clock(t time.Time) string { return t.UTC().Format(n.dated(t) + "15:04:05Z") }

// dated begins the layout of an instant.
func (n Now) dated(t time.Time) string {
	if n.Wall.Sub(t).Abs() > 20*time.Hour {
		return "2006-01-02 "
	}
	return ""
}

func figure(f cluster.Figure, unit func(float64) string) string {
	v, ok := f.Value()
	if !ok {
		return "unknown"
	}
	return unit(v)
}

// limitFact is the limit in force. What the server does not tell is not
// unlimited.
func (s *Scene) limitFact() Fact {
	f := Fact{Name: factLimit, Source: fromLimit, Age: NoAge}
	l := s.Limit
	switch {
	case l.At.IsZero():
		f.Value = cluster.Clean("being read")
	case l.Failure != nil && l.Failure.Kind == cluster.FailMissing:
		f.Value, f.Same = cluster.Clean("not told by this server"), "missing"
	case l.Failure != nil:
		f.Value, f.Same = cluster.Clean("unknown: "+l.Failure.What.String()), "unknown"
	default:
		f.Value, f.Age = cluster.Clean(limitWords(l)), max(0, s.Now.Wall.Sub(l.At))
		f.Same = f.Value.String()
	}
	return f
}

const (
	factLimit  = "limit"
	factIngest = "ingest"
)

func limitWords(l LimitReading) string {
	if l.Unlimited {
		return "unlimited"
	}
	return strconv.FormatInt(l.PerSecond, 10) + "/s"
}

func (s *Scene) ingestFact() Fact {
	p := &s.Snapshot.Primary
	f := Fact{Name: factIngest, Source: fromMetrics, Value: cluster.Clean(figure(p.IngestPerSecond, perSecond)), Age: s.metricsAge()}
	if s.disagree() {
		f.Value = cluster.Clean(f.Value.String() + ", more than the limit allows")
	}
	return f
}

// disagree tells whether the limit that is told and the ingest that is measured
// can't both be true.
func (s *Scene) disagree() bool {
	return s.Limit.Known() && !s.Limit.Unlimited && s.exceeds(s.Limit.Limit)
}

// exceeds tells whether more comes in than a limit lets through.
func (s *Scene) exceeds(l admin.Limit) bool {
	v, ok := s.Snapshot.Primary.IngestPerSecond.Value()
	return ok && v > 1.25*float64(l.PerSecond)
}

func (s *Scene) metricsAge() time.Duration {
	if age, ok := s.Snapshot.Primary.Metrics.Age(s.Now.Wall); ok {
		return age
	}
	return NoAge
}

// lagFact is a replica's lag. It may move, but not from one band to another.
func (s *Scene) lagFact(r *cluster.Replica) Fact {
	f := Fact{Name: "lag of " + r.Name.String(), Source: fromMetrics, Age: NoAge}
	v, ok := r.Lag.Seconds.Value()
	if !ok {
		f.Value, f.Same = cluster.Clean("unknown: "+r.Lag.Why.String()), "unknown"
		return f
	}
	words := seconds(v)
	if r.Lag.State != cluster.LagLive {
		words += ", " + r.Lag.State.String()
	}
	f.Value, f.Age, f.Same = cluster.Clean(words), r.Lag.Age, r.Lag.State.String()+" "+band(v, s.Snapshot.Session.Thresholds)
	return f
}

// worstFact is the worst lag. Which of those that are well has it is of no
// matter, and changes all the time.
func (s *Scene) worstFact(r *cluster.Replica) Fact {
	f := s.lagFact(r)
	v, _ := r.Lag.Seconds.Value()
	f.Name, f.Value = "worst lag", cluster.Clean(r.Name.String()+" "+f.Value.String())
	if r.Lag.State != cluster.LagLive || v > s.Snapshot.Session.Thresholds.Warning.Seconds() {
		f.Same = r.Name.String() + " " + f.Same
	}
	return f
}

// band is what a lag of v seconds is, by the limits of the session.
func band(v float64, t cluster.Thresholds) string {
	switch {
	case v > t.Escalate.Seconds():
		return "escalate"
	case v > t.Critical.Seconds():
		return "critical"
	case v > t.Warning.Seconds():
		return "warning"
	}
	return "ok"
}

func (s *Scene) applyFact(r *cluster.Replica) Fact {
	f := Fact{
		Name: r.Name.String() + " applies", Source: "its metrics", Age: NoAge,
		Value: cluster.Clean(figure(r.Assertions.PerSecond, perSecond)),
	}
	if age, ok := r.Metrics.Age(s.Now.Wall); ok {
		f.Age = age
	}
	return f
}

// shownOpen is how many earlier outcomes a preview names, the newest first: more
// would leave no room for what is to be decided.
const shownOpen = 3

// openFact shows what earlier outcomes are not known; ok is false if all are.
func (s *Scene) openFact() (f Fact, ok bool) {
	if len(s.Open) == 0 {
		return f, false
	}
	var words, same []string
	for _, o := range slices.Backward(s.Open) {
		same = append(same, o.Action)
		if len(words) < shownOpen {
			words = append(words, o.Title.String()+s.Now.sentAt(o.At)+": may have taken effect")
		}
	}
	if n := len(s.Open) - len(words); n > 0 {
		words = append(words, "and "+strconv.Itoa(n)+" before")
	}
	return Fact{Name: "unresolved", Source: fromHere, Age: NoAge, Value: cluster.Clean(strings.Join(words, "; ")), Same: strings.Join(same, " ")}, true
}

// usual fills in what every plan has: facts of earlier actions, identity, and
// whether the data are fresh enough to decide on.
func (s *Scene) usual(p *Plan) {
	if f, ok := s.openFact(); ok {
		p.Facts = append(p.Facts, f)
	}
	if s.Standing.PerSecond > 0 {
		p.Facts = append(p.Facts, Fact{
			Name: "set here", Source: fromHere, Age: NoAge,
			Value: cluster.Clean(strconv.FormatInt(s.Standing.PerSecond, 10) + "/s, " + s.Standing.Who.String() + ", since " + s.Now.clock(s.Standing.Since)),
		})
	}
	p.Target.Cluster, p.Target.Primary = s.Snapshot.Session.Cluster, s.Snapshot.Primary.ID
	p.Target.Peer, p.Target.Started = s.Peer, started(s.Snapshot)
	p.slack = time.Duration(float64(restartSlack) * max(1, s.Snapshot.Session.Speed))
	if p.Word == "" {
		p.Word = p.Target.Cluster.String()
	}
	if !s.Damage.IsZero() {
		p.warn("the audit journal of earlier runs is damaged: " + s.Damage.String() + ". A limit set then may not be known here")
	}
	if s.Cooling > 0 {
		p.raise(Medium, "the server asked for "+wait(s.Cooling)+" of peace")
	}
	if why := s.stale(); why != "" {
		p.Blocked = cluster.Clean(why)
	}
	p.before.limit, p.before.ingest, p.before.count = s.Limit, s.Snapshot.Primary.IngestPerSecond, s.Snapshot.Primary.Assertions
	p.before.lags = map[cluster.NodeID]cluster.Figure{}
	for i := range s.Snapshot.Replicas {
		r := &s.Snapshot.Replicas[i]
		if r.Lag.State == cluster.LagLive {
			p.before.lags[r.ID] = r.Lag.Seconds
		}
	}
}

// raise makes a plan of at least that tier.
func (p *Plan) raise(t Tier, why string) {
	if t > p.Tier {
		p.Tier, p.TierIs = t, cluster.Clean(why)
	}
}

func (p *Plan) warn(why string) { p.Warn = append(p.Warn, cluster.Clean(why)) }

// stale says why the primary's metrics are too old to decide on; empty if not.
func (s *Scene) stale() string {
	p := &s.Snapshot.Primary
	age, ok := p.Metrics.Age(s.Now.Wall)
	switch {
	case !ok && p.Metrics.Err != nil:
		return "the primary is not known: " + p.Metrics.Err.What.String()
	case !ok:
		return "the primary is not known"
	case age > fresh(s.Snapshot):
		return "data are STALE, " + wait(age) + " old"
	}
	return ""
}

// wait writes a span in whole seconds, at least one.
func wait(d time.Duration) string {
	return max(time.Second, d.Round(time.Second)).String()
}

func percent(v float64) string { return strconv.FormatFloat(100*v, 'f', 0, 64) + " %" }

func whole(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) }

func tenth(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// Lag is a replica's lag as a fact, which holds while it stays in its band.
func (s *Scene) Lag(r *cluster.Replica) Fact { return s.lagFact(r) }
