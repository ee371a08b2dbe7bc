package main

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/recording"
)

// BenchmarkDay measures what a day of history holds and how long it then takes
// to say how the cluster stands, the day's chart included: what a tick of the
// screen asks for. Budget: 8 MB with a dozen replicas and 100 MB with a thousand,
// which leaves room for the garbage and the rest of the process.
func BenchmarkDay(b *testing.B) {
	for _, c := range []struct {
		replicas, hosts int
		megabytes, ms   float64
	}{{12, 6, 8, 1}, {1000, 0, 100, 5}} {
		b.Run(fmt.Sprintf("%d replicas, %d hosts", c.replicas, c.hosts), func(b *testing.B) {
			begin := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
			before := heap()
			t := recording.NewLive(recording.LiveOptions{History: historyOptions(config.Default().History)})
			d := &day{timeline: t, begin: begin, at: begin}
			d.open(c.replicas, c.hosts)
			// All that a day leaves is there with fewer readings of its older hours,
			// which are kept as one step a minute and one every 10 s.
			d.run(23*time.Hour+30*time.Minute, time.Minute)
			d.run(14*time.Minute, 10*time.Second)
			d.run(16*time.Minute, time.Second)
			held := (heap() - before) / 1e6
			b.ResetTimer()
			for b.Loop() {
				d.at = d.at.Add(time.Millisecond)
				s := t.At(d.at)
				for i := range min(len(s.Replicas), 60) {
					s.Series.Buckets(s.Replicas[i].ID, cluster.QuantityLag, d.at, 24*time.Minute, 60)
				}
			}
			budget(b, "MB held", held, c.megabytes)
			budget(b, "ms/tick", milliseconds(b.Elapsed())/float64(b.N), c.ms)
			if n := t.History().Notice(); !n.IsZero() {
				b.Log(n)
			}
		})
	}
}

// heap is what lives, in bytes.
func heap() float64 {
	runtime.GC()
	runtime.GC() // the first one lets go of pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// day makes the observations of a cluster for a long while.
type day struct {
	timeline  *recording.Timeline
	begin, at time.Time
	seq       uint64
	ids       []cluster.NodeID // the primary first
	hosts     int
}

func (d *day) open(replicas, hosts int) {
	d.hosts = hosts
	s := &cluster.Session{Cluster: cluster.Clean("day"), Interval: time.Second, Speed: 1}
	for i := range replicas + 1 {
		d.ids = append(d.ids, cluster.NodeID(fmt.Sprintf("node%d", i+1)))
		n := cluster.NodeSpec{ID: d.ids[i], Metrics: true, Host: i < hosts}
		if i > 0 {
			s.Replicas = append(s.Replicas, n)
			continue
		}
		s.Primary = n
	}
	d.apply(cluster.Source{Kind: cluster.FromMonitor}, s)
}

func (d *day) apply(from cluster.Source, b cluster.Body) {
	d.seq++
	d.timeline.Apply(&cluster.Observation{
		Seq: d.seq, Received: d.at, Mono: d.at.Sub(d.begin), Taken: d.at, Took: time.Millisecond, Source: from, Body: b,
	})
}

// run goes on for a while, with one round of readings each step.
func (d *day) run(span, step time.Duration) {
	for end := d.at.Add(span); d.at.Before(end); d.at = d.at.Add(step) {
		for i, id := range d.ids {
			d.apply(cluster.Source{Kind: cluster.FromMetrics, Node: id}, d.metrics(i))
			if i < d.hosts {
				d.apply(cluster.Source{Kind: cluster.FromHost, Node: id}, d.host(i))
			}
		}
	}
}

// noise is different at each reading of each node, between 0 and 1.
func (d *day) noise(node int) float64 {
	return float64((d.seq*2654435761+uint64(node)*40503)>>7%1000) / 1000
}

func (d *day) metrics(node int) *cluster.MetricsReading {
	asked := cluster.Families(0).With(cluster.FamilyAssertions)
	count := 2000*d.at.Sub(d.begin).Seconds() + 100*d.noise(node)
	m := &cluster.MetricsReading{}
	if node == 0 {
		asked = asked.With(cluster.FamilyLag)
		for i, id := range d.ids[1:] {
			m.Samples = append(m.Samples, cluster.Sample{Family: cluster.FamilyLag, Replica: id, Value: 3 * d.noise(i)})
		}
	}
	m.Asked = asked
	m.Samples = append(m.Samples, cluster.Sample{Family: cluster.FamilyAssertions, Value: float64(int(count))})
	return m
}

func (d *day) host(node int) *cluster.HostReading {
	up := d.at.Sub(d.begin)
	ticks := uint64(up / (10 * time.Millisecond))
	cpu := cluster.CPUTicks{User: ticks/5 + uint64(20*d.noise(node)), System: ticks / 20, Idle: ticks / 2, IOWait: ticks / 10}
	return &cluster.HostReading{
		Uptime: up, CPU: cpu, PerCPU: []cluster.CPUTicks{cpu, cpu},
		Disks: []cluster.DiskCounters{{Name: cluster.Clean("nvme0n1"), Fields: 17, WriteIOs: ticks * 3, WriteTicks: uint32(ticks), IOTicks: uint32(ticks)}},
		Nets:  []cluster.NetCounters{{Name: cluster.Clean("eth0"), TxBytes: ticks * 900}},
	}
}
