package recording

import (
	"errors"
	"math/bits"
	"reflect"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// The models of what every observation has; those of bodies come after.
const (
	modelTrack = iota
	modelSeq
	modelAsked // when it was asked: received less took
	modelStrange
	modelMono
	modelTook
	modelDelay // of the observation after the middle of its taking
	modelTaken
	modelFailureKind
	modelFailureWhat
	modelFailureHint
	modelNode
	envelopeModels
)

// maxTracks bounds the sources in a block.
const maxTracks = 1 << 16

var errTracks = errors.New("a block claims more sources than are read")

// trackKey names a track: the observations with one kind of body from one source.
type trackKey struct {
	source cluster.Source
	kind   int // position in the schema plus 1; 0 for observations without a body
}

// track is the memory of one such sequence.
type track struct {
	trackKey

	asked, mono, took, delay, taken cell
	failure                         [3]cell
	failed                          uint8 // 1 if the last one failed
	body                            cell
}

// envelope codes whole observations.
type envelope struct {
	walker

	plans    *plans
	tracks   []*track
	index    map[trackKey]int // of tracks; encoder only
	order    order            // in which they come
	first    slot             // of the track index; format 1 only
	seq      slot
	monoZero uint64 // the wall clock less the monotonic one, as last seen
	keyframe prob
	strange  prob // received outside of what nanoseconds hold
	far      prob // taken so far from received that it stands alone
	failing  [2]prob
}

// open starts a block whose first observation was received at base.
func (e *envelope) open(base int64) {
	e.begin(e.plans.count)
	clear(e.tracks)
	e.tracks = e.tracks[:0]
	clear(e.index)
	e.order.reset()
	e.first, e.seq, e.monoZero = slot{}, slot{}, 0
	e.keyframe, e.strange, e.far, e.failing = prob{}, prob{}, prob{}, [2]prob{}
	e.received = uint64(base)
}

// code codes an observation and whether it belongs to the keyframe. What comes
// back when decoding has a nil body also where its kind is not known.
func (e *envelope) code(o *cluster.Observation, key bool) (*track, bool) {
	e.observe()
	key = e.flag(&e.keyframe, key)
	t := e.track(o)
	if e.err != nil {
		return nil, key
	}
	o.Source = t.source
	o.Seq = e.models[modelSeq].code(&e.coder, &e.seq, o.Seq)
	e.times(t, o)
	e.fail(t, o)
	if t.kind > 0 {
		e.body(t, o)
	}
	if e.once {
		t.body = cell{} // a megabyte would stay till the end of the block
	}
	if e.overrun() && e.err == nil {
		e.err = errOverrun
	}
	return t, key
}

// track codes which track the observation belongs to.
func (e *envelope) track(o *cluster.Observation) *track {
	var k trackKey
	i := 0
	if !e.decoding {
		k.source = o.Source
		if n, ok := e.plans.index(o.Body); ok {
			k.kind = n + 1
		}
		i = len(e.tracks)
		if n, known := e.index[k]; known {
			i = n
		}
	}
	n := uint64(i)
	if m := &e.models[modelTrack]; e.plans.format == 1 {
		n = m.code(&e.coder, &e.first, n)
	} else {
		n = e.order.code(&e.coder, m, n)
	}
	switch {
	case n < uint64(len(e.tracks)):
		return e.tracks[n]
	case n > uint64(len(e.tracks)) || n >= maxTracks:
		e.err = errTracks
		return nil
	}
	return e.newTrack(k)
}

func (e *envelope) newTrack(k trackKey) *track {
	width := bits.Len(uint(len(e.plans.kinds)))
	k.kind = int(e.raw(uint64(k.kind), width))
	k.source.Kind = cluster.SourceKind(e.raw(uint64(k.source.Kind), 8))
	var c cell
	k.source.Node = cluster.NodeID(e.str(&e.models[modelNode], &c, string(k.source.Node)))
	if k.kind > len(e.plans.kinds) {
		e.err = errTracks
		return nil
	}
	t := &track{trackKey: k}
	for _, other := range e.tracks {
		if other.kind == k.kind { // other nodes are much alike
			t.body, t.took = e.like(&other.body), e.like(&other.took)
			break
		}
	}
	e.tracks = append(e.tracks, t)
	if !e.decoding {
		e.index[k] = len(e.tracks) - 1
	}
	return t
}

// times codes when the observation was received, by both clocks, and taken. What
// it took comes first: asking is regular, an answer is as late as it took.
func (e *envelope) times(t *track, o *cluster.Observation) {
	took := uint64(o.Took)
	took = e.nanos(&e.models[modelTook], &t.took, timeForm(t.took.form, took), took)
	o.Took = time.Duration(took)
	e.receivedAt(t, o)
	// The two clocks go together, so their difference hardly moves.
	if t.mono.seen == 0 {
		t.mono.prev = e.monoZero
	}
	zero := e.received - uint64(o.Mono)
	zero = e.nanos(&e.models[modelMono], &t.mono, timeForm(t.mono.form, zero), zero)
	e.monoZero = zero
	o.Mono = time.Duration(e.received - zero)
	e.takenAt(t, o)
}

func (e *envelope) receivedAt(t *track, o *cluster.Observation) {
	if e.flag(&e.strange, !inNanos(o.Received)) {
		var c cell
		o.Received = e.instant(&e.models[modelStrange], &c, o.Received)
		e.received = 0
		return
	}
	if t.asked.seen == 0 {
		t.asked.prev = e.received
	}
	var asked uint64
	if !e.decoding {
		asked = uint64(o.Received.UnixNano()) - uint64(o.Took)
	}
	asked = e.nanos(&e.models[modelAsked], &t.asked, timeForm(t.asked.form, asked), asked)
	e.received = asked + uint64(o.Took)
	o.Received = time.Unix(0, int64(e.received)).UTC()
}

// takenAt codes the instant that a reading describes. It is near the middle of
// its taking, which ended shortly before it was received: twice the distance
// less Took is small, and exact where a half of Took is not.
func (e *envelope) takenAt(t *track, o *cluster.Observation) {
	const near = time.Duration(1) << 60
	var back time.Duration
	far := false
	if !e.decoding {
		back = o.Received.Sub(o.Taken)
		far = !inNanos(o.Taken) || !inNanos(o.Received) || back.Abs() > near || o.Took.Abs() > near
	}
	if e.flag(&e.far, far) {
		o.Taken = e.instant(&e.models[modelTaken], &t.taken, o.Taken)
		return
	}
	delay := uint64(2*back - o.Took)
	delay = e.nanos(&e.models[modelDelay], &t.delay, timeForm(t.delay.form, delay), delay)
	back = (time.Duration(delay) + o.Took) / 2
	o.Taken = o.Received.Add(-back)
}

func (e *envelope) fail(t *track, o *cluster.Observation) {
	failed := e.flag(&e.failing[t.failed], o.Err != nil)
	if t.failed = 0; !failed {
		return
	}
	t.failed = 1
	f := o.Err
	if e.decoding {
		f = &cluster.Failure{}
	}
	kind := e.str(&e.models[modelFailureKind], &t.failure[0], string(f.Kind))
	what := e.str(&e.models[modelFailureWhat], &t.failure[1], f.What.String())
	hint := e.str(&e.models[modelFailureHint], &t.failure[2], f.Hint.String())
	if e.decoding {
		o.Err = &cluster.Failure{
			Kind: cluster.FailureKind(cluster.Clean(kind).String()),
			What: cluster.CleanN(what, maxString), Hint: cluster.CleanN(hint, maxString),
		}
	}
}

func (e *envelope) body(t *track, o *cluster.Observation) {
	p := e.plans.kinds[t.kind-1].root
	var v reflect.Value
	if p.typ != nil {
		if e.decoding {
			body := reflect.New(p.typ)
			o.Body, _ = reflect.TypeAssert[cluster.Body](body)
		}
		v = reflect.ValueOf(o.Body).Elem()
	}
	e.once = e.plans.kinds[t.kind-1].name == recallKind
	e.walk(p, &t.body, v)
}
