package cluster

import (
	"reflect"
	"testing"
	"time"
)

// What was measured on demand stands in the snapshot, changes nothing of how its
// source stands, and goes through a keyframe with all that the primary's host told.
func TestMeasuredOnDemand(t *testing.T) {
	f := newFeed(t)
	trace := &TraceReading{By: Clean("mtr"), For: time.Second, Hops: []Hop{{TTL: 1, Address: Clean("10.0.0.254"), Sent: 2, Back: 1, Last: time.Millisecond}}}
	writers := &WritersReading{Interval: 2 * time.Second, Total: 7, Writers: []Writer{{PID: 7, Command: Clean("pg_dump"), Written: 100}}}
	peer := Source{FromPeer, "node2"}
	f.publish(sec(1), peer, &PeerPing{Every: 10 * time.Second, Sent: 3, RTTs: []time.Duration{time.Millisecond}}, nil)
	f.publish(sec(1), peer, &PeerPort{Every: 10 * time.Second, Port: PortFiltered}, nil)
	before := f.at(sec(3)).Replica("node2")
	f.publish(sec(2), peer, trace, nil)
	f.publish(sec(2), Source{FromHost, "node2"}, writers, nil)
	after := f.at(sec(3)).Replica("node2")
	if got := after.Network.Trace; !reflect.DeepEqual(got.TraceReading, *trace) || !got.At.Equal(t0.Add(sec(2))) {
		t.Errorf("%+v", got)
	}
	if got := after.Host.Writers; !reflect.DeepEqual(got.WritersReading, *writers) || !got.At.Equal(t0.Add(sec(2))) {
		t.Errorf("%+v", got)
	}
	if !reflect.DeepEqual(before.Host.Access, after.Host.Access) || !reflect.DeepEqual(before.Network.Peer, after.Network.Peer) {
		t.Error("it counts as an attempt of its source")
	}
	again := NewState()
	for _, o := range f.state.Keyframe() {
		again.Apply(&o)
	}
	if got := again.Snapshot(t0.Add(sec(3)), nil).Replica("node2"); !reflect.DeepEqual(got, after) {
		t.Errorf("got  %+v\nwant %+v", got, after)
	}
	// A copy shares nothing that changes.
	copied := f.state.Clone()
	f.publish(sec(3), peer, &PeerPing{Every: 10 * time.Second, Sent: 3}, nil)
	if got := copied.Snapshot(t0.Add(sec(3)), nil).Replica("node2").Network.Peer.Echo.Probes; got != 3 {
		t.Errorf("a copy has %d probes", got)
	}
}
