package recording

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// run applies seconds of a simulated cluster to a live timeline that is flushed
// each second, and returns the bytes that a file would have.
func run(s *sim, live *Timeline, seconds int) int {
	total := 0
	live.tape.feed(func(c chunk) { total += len(appendFrame(nil, c)) })
	for _, o := range append([]cluster.Observation{s.session()}, s.facts()...) {
		live.Apply(&o)
	}
	for range seconds {
		for _, o := range s.next() {
			live.Apply(&o)
		}
		live.tape.flush()
	}
	live.tape.feed(nil)
	return total
}

// TestBytesPerHour holds all that is asked of 12 replicas and 6 busy hosts at 1 s
// to 2 MB an hour, keyframes included, less the 70 kB that logs may take, which
// have a test of their own.
func TestBytesPerHour(t *testing.T) {
	const minutes, budget = 20, 1_930_000
	s := newSim(12, 6)
	s.ways = newWays(s)
	got := run(s, NewLive(LiveOptions{}), minutes*60) * 60 / minutes
	t.Logf("%d bytes an hour, %d kB/day", got, got*24/1000)
	if got > budget {
		t.Errorf("%d bytes an hour, at most %d", got, budget)
	}
	byKind(t)
}

// byKind logs where the bytes go, the body and the times apart, without keyframes.
func byKind(t *testing.T) {
	t.Helper()
	const minutes = 20
	s := newSim(12, 6)
	s.ways, s.unit, s.wall = newWays(s), resolution, s.wall.Truncate(coarse)
	e := newEncoder()
	e.begin(s.wall.UnixNano())
	sum, count := map[string]int{}, map[string]int{}
	for i := range minutes * 60 {
		if i%int(blockSpan/time.Second) == 0 {
			e.seal()
			e.begin(s.wall.UnixNano())
		}
		for _, o := range s.next() {
			name := fmt.Sprintf("%T", o.Body)
			before := e.size()
			e.add(&o, false)
			sum[name] += e.size() - before
			count[name]++
		}
		e.seal()
	}
	for name, n := range sum {
		t.Logf("%9d bytes an hour of %s: %d bytes each", n*60/minutes, name, n/count[name])
	}
}

// TestCoderIsSmall holds what an encoder keeps at that size to 2 MB.
func TestCoderIsSmall(t *testing.T) {
	s := newSim(12, 6)
	e := newEncoder()
	before := heap()
	e.begin(s.wall.UnixNano())
	for range 120 {
		for _, o := range s.next() {
			e.add(&o, false)
		}
		e.seal()
	}
	grown := int64(heap()) - int64(before)
	t.Logf("the encoder takes %d kB", grown/1000)
	if grown > 2_000_000 {
		t.Errorf("the encoder takes %d bytes", grown)
	}
	runtime.KeepAlive(e)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkEncodeSecond is what recording one second of 12 replicas and 6 hosts
// costs. Budget: 2 ms.
func BenchmarkEncodeSecond(b *testing.B) {
	benchmarkEncode(b, 12, 6)
}

// BenchmarkEncodeSecond1000 is the same for 1,000 replicas without hosts.
// Budget: 60 ms.
func BenchmarkEncodeSecond1000(b *testing.B) {
	benchmarkEncode(b, 1000, 0)
}

func benchmarkEncode(b *testing.B, replicas, hosts int) {
	b.Helper()
	s := newSim(replicas, hosts)
	e := newEncoder()
	var rounds [][]cluster.Observation
	n := 0
	for range 60 {
		rounds = append(rounds, s.next())
		n += len(rounds[0])
	}
	bytes := 0
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if i%60 == 0 {
			e.begin(rounds[0][0].Received.UnixNano())
		}
		for k := range rounds[i%60] {
			e.add(&rounds[i%60][k], false)
		}
		bytes += len(e.seal().data)
	}
	b.ReportMetric(float64(bytes)/float64(b.N), "bytes/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n/60), "ns/observation")
}

// BenchmarkDecode is what reading one second of 12 replicas and 6 hosts costs.
// Budget: 2 ms.
func BenchmarkDecode(b *testing.B) {
	s := newSim(12, 6)
	e := newEncoder()
	e.begin(s.wall.UnixNano())
	var chunks []chunk
	for range 60 {
		for _, o := range s.next() {
			e.add(&o, false)
		}
		chunks = append(chunks, e.seal())
	}
	d := newDecoder(bind(Schema()))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		d.load(chunks[i%60])
		for {
			o, _, err := d.next()
			if err != nil {
				b.Fatal(err)
			}
			if o == nil {
				break
			}
		}
	}
}

// BenchmarkSeek jumps about in a recording of four hours of 5 replicas with
// their hosts. Budget: 200 ms.
func BenchmarkSeek(b *testing.B) {
	path := filepath.Join(b.TempDir(), "long"+Extension)
	s := newSim(5, 5)
	live := NewLive(LiveOptions{})
	r := NewRecorder(RecorderOptions{Path: path, Clock: sources.NewClock(1)}, live)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	for _, o := range append([]cluster.Observation{s.session()}, s.facts()...) {
		live.Apply(&o)
	}
	const span = 4 * 3600
	for range span {
		for _, o := range s.next() {
			live.Apply(&o)
		}
	}
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	f, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer closing(b, f)
	opened := time.Since(start)
	tl := NewReplay(f, cluster.HistoryOptions{})
	b.ResetTimer()
	for i := range b.N {
		tl.At(s.start.Add(time.Duration(span-1-(i*7919)%(span-900)) * time.Second))
	}
	b.ReportMetric(float64(opened.Microseconds())/1000, "ms/open")
}

// BenchmarkForward plays on by a second, as a replay at speed 1 does.
func BenchmarkForward(b *testing.B) {
	s := newSim(12, 6)
	live := NewLive(LiveOptions{})
	run(s, live, 1200)
	from, to := live.Bounds()
	p := newPlayer(live.tape, cluster.HistoryOptions{})
	at := from
	b.ResetTimer()
	for range b.N {
		if at = at.Add(time.Second); at.After(to) {
			at = from.Add(time.Second)
		}
		if _, err := p.snapshot(at); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStepBack goes back by a second at a time, as the key [ does. Budget:
// 20 ms, since a person holds it down.
func BenchmarkStepBack(b *testing.B) {
	s := newSim(12, 6)
	live := NewLive(LiveOptions{TapeBytes: 16 << 20})
	run(s, live, 2400)
	_, to := live.Bounds()
	p := newPlayer(live.tape, cluster.HistoryOptions{})
	at := to
	b.ResetTimer()
	for range b.N {
		if at = at.Add(-time.Second); to.Sub(at) > 20*time.Minute {
			at = to
		}
		if _, err := p.snapshot(at); err != nil {
			b.Fatal(err)
		}
	}
}
