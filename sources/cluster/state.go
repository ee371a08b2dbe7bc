package cluster

import (
	"maps"
	"slices"
	"time"
)

// freshIntervals is how many intervals old a reading may be and still be fresh.
const freshIntervals = 3

const (
	keepGaps  = 8
	keepNotes = 32
)

// State is the fold over observations: all that is needed to say what is known
// as of now. Its size depends on the number of nodes, not on time. It is not
// safe for concurrent use; the Snapshots that it gives are.
type State struct {
	session     Session
	sessionSeen *Observation
	interval    time.Duration
	settings    *Observation
	norms       *Observation
	firstSeen   time.Time
	lastSeq     uint64
	whole       bool

	nodes    map[NodeID]*nodeState
	lags     map[NodeID]*LagRecall
	syncs    map[NodeID]*SyncRecall
	percent  bool // a progress gauge above 1 and its overshoot was seen, of any replica
	counters map[counterKey]*counter
	probes   map[NodeID][]ProbePoint
	peers    map[NodeID]*PeerRecall
	services map[NodeID]*ServiceRecall
	logs     map[NodeID]*LogRecall
	judged   judgements

	prometheus attempts

	joined *joined  // which connections go where; nil when it must be reckoned anew
	found  []NodeID // discovered replicas, sorted

	acts  acts
	gaps  []Observation
	notes []Observation
	step  *Observation
}

type counterKey struct {
	node    NodeID
	replica NodeID
	family  Family
}

// NewState returns a state that has seen nothing.
func NewState() *State {
	return &State{
		interval: time.Second,
		nodes:    map[NodeID]*nodeState{},
		lags:     map[NodeID]*LagRecall{},
		syncs:    map[NodeID]*SyncRecall{},
		counters: map[counterKey]*counter{},
		probes:   map[NodeID][]ProbePoint{},
		peers:    map[NodeID]*PeerRecall{},
		services: map[NodeID]*ServiceRecall{},
		logs:     map[NodeID]*LogRecall{},
		judged:   newJudgements(),
	}
}

// SetWholeWindow makes rates run over all that was seen since the first reading
// rather than over the newest seconds. Call it before the first Apply.
func (s *State) SetWholeWindow(on bool) { s.whole = on }

// Apply folds one observation. It keeps o's body, which must not change any more.
func (s *State) Apply(o *Observation) {
	if s.firstSeen.IsZero() {
		s.firstSeen = o.Received
	}
	s.lastSeq = max(s.lastSeq, o.Seq)
	switch o.Source.Kind {
	case FromMetrics:
		s.applyMetrics(o)
	case FromHost:
		s.applyHost(o)
	case FromProbe:
		s.applyProbe(o)
	case FromAdmin:
		s.applyAdmin(o)
	case FromJudge:
		s.applyJudge(o)
	case FromMonitor, FromOperator:
		s.applyOwn(o)
	case FromPrometheus:
		s.applyPrometheus(o)
	case FromAction:
		s.applyAction(o)
	case FromPeer:
		s.applyPeer(o)
	case FromLog:
		s.applyLog(o)
	}
}

func (s *State) applyOwn(o *Observation) {
	switch b := o.Body.(type) {
	case *Session:
		s.open(o, b)
	case *Settings:
		s.interval, s.settings = b.Interval, keep(o)
	case *Norms:
		s.norms = keep(o)
	case *Note:
		s.notes = appendMost(s.notes, *o, keepNotes)
	case *Gap:
		s.gaps = appendMost(s.gaps, *o, keepGaps)
	case *ClockStep:
		s.step = keep(o)
		if !b.Moved {
			s.stepped(b.By)
		}
	case *Recall:
		s.recall(b)
	}
}

// open takes the session at the head of a stream. The same one again, as at the
// head of each segment of a recording, changes nothing.
func (s *State) open(o *Observation, b *Session) {
	if s.sessionSeen != nil && s.session.Run == b.Run {
		return
	}
	if s.sessionSeen != nil {
		first, whole := o.Received, s.whole
		*s = *NewState()
		s.firstSeen, s.whole, s.lastSeq = first, whole, o.Seq
	}
	s.session, s.sessionSeen, s.interval = *b, keep(o), b.Interval
	s.joined = nil
	for _, spec := range b.Replicas {
		s.lag(spec.ID)
	}
}

// fresh returns how old a reading may be and still be fresh.
func (s *State) fresh() time.Duration { return freshIntervals * s.interval }

// Interval returns the polling interval in force.
func (s *State) Interval() time.Duration { return s.interval }

// Thresholds returns the lag limits of the session.
func (s *State) Thresholds() Thresholds { return s.session.Thresholds }

func (s *State) node(id NodeID) *nodeState {
	n := s.nodes[id]
	if n == nil {
		n = &nodeState{}
		s.nodes[id] = n
	}
	return n
}

// lag returns the memory of a replica's lag, and makes the replica known.
func (s *State) lag(id NodeID) *LagRecall {
	l := s.lags[id]
	if l == nil {
		l = &LagRecall{Replica: id}
		s.lags[id] = l
		s.discover(id)
	}
	return l
}

func (s *State) discover(id NodeID) {
	if id == s.session.Primary.ID || slices.ContainsFunc(s.session.Replicas, func(n NodeSpec) bool { return n.ID == id }) {
		return
	}
	if i, ok := slices.BinarySearch(s.found, id); !ok {
		s.found = slices.Insert(s.found, i, id)
	}
}

func (s *State) primaryCount() *counter {
	return s.counters[counterKey{s.session.Primary.ID, "", FamilyAssertions}]
}

// replicaCount is the count that the replica tells of itself, else the one that
// the primary tells of it.
func (s *State) replicaCount(id NodeID) *counter {
	if c := s.counters[counterKey{id, "", FamilyAssertions}]; c != nil {
		return c
	}
	return s.counters[counterKey{s.session.Primary.ID, id, FamilyAssertions}]
}

// replicaCounter is what the primary tells of the replica, else what it tells of itself.
func (s *State) replicaCounter(id NodeID, f Family) *counter {
	if c := s.counters[counterKey{s.session.Primary.ID, id, f}]; c != nil {
		return c
	}
	if c := s.counters[counterKey{id, "", f}]; c != nil {
		return c
	}
	return s.counters[counterKey{id, id, f}] // by its own name
}

// Clone returns a copy that shares nothing that Apply changes.
func (s *State) Clone() *State {
	c := *s
	c.nodes = make(map[NodeID]*nodeState, len(s.nodes))
	for id, n := range s.nodes {
		copied := *n
		c.nodes[id] = &copied
	}
	c.lags = make(map[NodeID]*LagRecall, len(s.lags))
	for id, l := range s.lags {
		copied := *l
		c.lags[id] = &copied
	}
	c.syncs = make(map[NodeID]*SyncRecall, len(s.syncs))
	for id, y := range s.syncs {
		copied := *y
		c.syncs[id] = &copied
	}
	c.counters = make(map[counterKey]*counter, len(s.counters))
	for k, v := range s.counters {
		c.counters[k] = &counter{v.base, slices.Clone(v.points), v.anew}
	}
	c.probes = maps.Clone(s.probes) // the lists in it are replaced, never changed
	c.peers = make(map[NodeID]*PeerRecall, len(s.peers))
	for id, p := range s.peers {
		copied := *p
		c.peers[id] = &copied
	}
	c.services = make(map[NodeID]*ServiceRecall, len(s.services))
	for id, m := range s.services {
		copied := *m // its lists are replaced, never changed
		c.services[id] = &copied
	}
	c.logs = maps.Clone(s.logs) // lines are replaced, never changed
	c.judged = judgements{
		alerts: maps.Clone(s.judged.alerts), verdicts: maps.Clone(s.judged.verdicts), escalations: maps.Clone(s.judged.escalations),
	}
	c.acts.steps = slices.Clone(s.acts.steps)
	c.found, c.gaps, c.notes = slices.Clone(s.found), slices.Clone(s.gaps), slices.Clone(s.notes)
	return &c
}

func keep(o *Observation) *Observation {
	c := *o
	return &c
}

func appendMost(list []Observation, o Observation, most int) []Observation {
	list = append(list, o)
	if len(list) > most {
		list = slices.Delete(list, 0, len(list)-most)
	}
	return list
}

// sortedKeys returns the keys of a map in order, so that a fold over them does
// not depend on the map's.
func sortedKeys[K interface{ ~string }, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
