package recording

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// sim makes the observations of a cluster: what its size costs is what a real
// one of that size does, since every counter moves with real noise.
type sim struct {
	rnd      *rand.Rand
	replicas []cluster.NodeID
	hosts    []*simHost
	start    time.Time
	tick     int
	seq      uint64
	unit     time.Duration // resolution of the times
	wall     time.Time

	primary float64
	sent    float64
	counts  []float64
	lags    []float64
	errors  []float64
	prog    []float64

	ways *ways // nil for metrics and counters alone
}

type simHost struct {
	node cluster.NodeID
	r    cluster.HostReading
	rate float64
}

func newSim(replicas, hosts int) *sim {
	s := &sim{rnd: rand.New(rand.NewPCG(1, 2)), start: time.Date(2026, 3, 1, 3, 0, 0, 123456789, time.UTC), unit: 1, primary: 8_123_456_789, sent: 91e9}
	s.wall = s.start
	for i := range replicas {
		s.replicas = append(s.replicas, cluster.NodeID(fmt.Sprintf("node%d", i+2)))
		s.counts = append(s.counts, s.primary-float64(s.rnd.IntN(9000)))
		s.lags = append(s.lags, s.rnd.Float64()*3)
		s.errors = append(s.errors, float64(s.rnd.IntN(20)))
		s.prog = append(s.prog, 1)
	}
	for i := range hosts {
		s.hosts = append(s.hosts, newSimHost(s, i))
	}
	return s
}

func newSimHost(s *sim, i int) *simHost {
	h := &simHost{node: cluster.NodeID(fmt.Sprintf("node%d", i+1)), rate: 0.3 + s.rnd.Float64()}
	big := func(n uint64) uint64 { return s.rnd.Uint64N(n) }
	h.r.Uptime = time.Duration(s.rnd.IntN(1e8)) * 10 * time.Millisecond
	for range 8 {
		h.r.PerCPU = append(h.r.PerCPU, cluster.CPUTicks{User: big(5e7), Nice: big(100), System: big(2e7), Idle: big(4e8), IOWait: big(3e6), SoftIRQ: big(1e6)})
	}
	for _, n := range []string{"nvme0n1", "nvme1n1", "sda", "loop0"} {
		h.r.Disks = append(h.r.Disks, cluster.DiskCounters{
			Major: 259, Minor: uint32(len(h.r.Disks)), Name: cluster.Clean(n), Fields: 17,
			ReadIOs: big(1e7), ReadMerges: big(1e5), ReadSectors: big(1e9), ReadTicks: uint32(big(1e9)),
			WriteIOs: big(1e9), WriteMerges: big(1e7), WriteSectors: big(1e11), WriteTicks: uint32(big(4e9)),
			IOTicks: uint32(big(1e9)), WeightedTicks: uint32(big(4e9)), FlushIOs: big(1e8), FlushTicks: uint32(big(1e9)),
		})
	}
	for _, n := range []string{"lo", "eth0", "eth1"} {
		h.r.Nets = append(h.r.Nets, cluster.NetCounters{Name: cluster.Clean(n), RxBytes: big(1e13), RxPackets: big(1e10), TxBytes: big(1e13), TxPackets: big(1e10)})
	}
	h.r.Pressure = cluster.Pressure{Has: true, CPUSome: big(1e11), IOSome: big(1e11), IOFull: big(1e11), MemorySome: big(1e6), MemoryFull: big(1e6)}
	h.r.Load = cluster.Load{Has: true, One: 2.5, Five: 2.2, Fifteen: 2.0, Running: 3, Total: 512}
	h.r.Memory = cluster.MemoryInfo{Has: true, Total: 65e6, Free: 4e6, Available: 30e6, Buffers: 5e5, Cached: 25e6, SwapTotal: 2e6, SwapFree: 2e6, Dirty: 9000}
	for p := range 2 {
		h.r.Processes = append(h.r.Processes, cluster.Process{PID: 1200 + p, Command: cluster.Clean("stemedb-api"), State: 'S', UserTicks: big(1e7), SystemTicks: big(1e6), StartTicks: 4242, RSSBytes: 4 << 30, Threads: 48})
	}
	return h
}

// poisson returns a noisy count of the mean.
func (s *sim) poisson(mean float64) uint64 {
	return uint64(max(0, math.Round(mean+s.rnd.NormFloat64()*math.Sqrt(mean+0.01))))
}

func (s *sim) step(h *simHost) *cluster.HostReading {
	r := &h.r
	jitter := int(s.rnd.NormFloat64() * 0.7)
	r.Uptime += time.Second + time.Duration(jitter)*10*time.Millisecond
	var sum cluster.CPUTicks
	for i := range r.PerCPU {
		c := &r.PerCPU[i]
		u, y, w, q := s.poisson(22*h.rate), s.poisson(8*h.rate), s.poisson(2), s.poisson(0.4)
		c.User, c.System, c.IOWait, c.SoftIRQ = c.User+u, c.System+y, c.IOWait+w, c.SoftIRQ+q
		c.Idle += uint64(max(0, 100+jitter-int(u+y+w+q)))
		sum.User, sum.Nice, sum.System, sum.Idle = sum.User+c.User, sum.Nice+c.Nice, sum.System+c.System, sum.Idle+c.Idle
		sum.IOWait, sum.SoftIRQ = sum.IOWait+c.IOWait, sum.SoftIRQ+c.SoftIRQ
	}
	r.CPU = sum
	for i := range 2 {
		s.stepDisk(&r.Disks[i], 200*h.rate/float64(1+2*i))
	}
	for i := range 2 {
		n := &r.Nets[i+1]
		rx, tx := s.poisson(900*h.rate), s.poisson(700*h.rate)
		n.RxPackets, n.TxPackets = n.RxPackets+rx, n.TxPackets+tx
		n.RxBytes, n.TxBytes = n.RxBytes+rx*600+s.rnd.Uint64N(20000), n.TxBytes+tx*300+s.rnd.Uint64N(20000)
	}
	r.Pressure.CPUSome += s.poisson(4000 * h.rate)
	io := s.poisson(9000 * h.rate)
	r.Pressure.IOSome += io
	r.Pressure.IOFull += io * 7 / 10
	s.stepMemory(h)
	c := *r
	c.PerCPU, c.Disks, c.Nets, c.Processes = slices.Clone(r.PerCPU), slices.Clone(r.Disks), slices.Clone(r.Nets), slices.Clone(r.Processes)
	if c.AskedProcesses = s.tick%2 == 0; !c.AskedProcesses {
		c.Processes = nil
	}
	return &c
}

func (s *sim) stepDisk(d *cluster.DiskCounters, rate float64) {
	w, r := s.poisson(rate), s.poisson(rate/10)
	d.WriteIOs, d.ReadIOs = d.WriteIOs+w, d.ReadIOs+r
	d.WriteMerges += s.poisson(float64(w) / 5)
	d.WriteSectors += w*32 + 8*s.rnd.Uint64N(w*4+1)
	d.ReadSectors += r*64 + 8*s.rnd.Uint64N(r*4+1)
	wt, rt := uint32(s.poisson(float64(w)*1.7)), uint32(s.poisson(float64(r)*0.4))
	f := uint32(s.poisson(30))
	d.WriteTicks, d.ReadTicks, d.FlushTicks = d.WriteTicks+wt, d.ReadTicks+rt, d.FlushTicks+f
	d.FlushIOs += s.poisson(20)
	d.WeightedTicks += wt + rt + f
	d.IOTicks += min(1000, (wt+rt)/2)
	d.InFlight = uint32(s.poisson(0.3))
}

func (s *sim) stepMemory(h *simHost) {
	m := &h.r.Memory
	drift := func(v uint64, by int) uint64 { return v + uint64(s.rnd.IntN(2*by)-by)&^3 }
	m.Free, m.Available, m.Cached, m.Dirty = drift(m.Free, 2000), drift(m.Available, 2000), drift(m.Cached, 2000), drift(m.Dirty, 800)
	m.Buffers += s.poisson(0.5) * 4
	m.Writeback = s.poisson(0.2) * 4
	if s.tick%5 == 0 {
		h.r.Load.One = math.Round(100*(h.r.Load.One*0.92+0.16+s.rnd.Float64()*0.1)) / 100
		h.r.Load.Five = math.Round(100*(h.r.Load.Five*0.98+0.05)) / 100
	}
	h.r.Load.Running = 1 + uint32(s.rnd.IntN(5))
	for i := range h.r.Processes {
		p := &h.r.Processes[i]
		p.UserTicks, p.SystemTicks = p.UserTicks+s.poisson(60*h.rate), p.SystemTicks+s.poisson(15*h.rate)
		if s.rnd.IntN(3) == 0 {
			p.RSSBytes += 4096 * uint64(s.rnd.IntN(40))
		}
	}
}

func (s *sim) metrics(node int) *cluster.MetricsReading {
	m := &cluster.MetricsReading{ServerDate: s.wall.Truncate(time.Second)}
	asked := cluster.Families(0)
	for f := range cluster.NumFamilies {
		asked = asked.With(cluster.Family(f))
	}
	m.Asked = asked
	add := func(f cluster.Family, r cluster.NodeID, v float64) {
		m.Samples = append(m.Samples, cluster.Sample{Family: f, Replica: r, Value: v})
	}
	if node > 0 {
		add(cluster.FamilyAssertions, "", s.counts[node-1])
		return m
	}
	for i, id := range s.replicas {
		add(cluster.FamilyLag, id, math.Round(s.lags[i]*1000)/1000)
	}
	add(cluster.FamilyAssertions, "", s.primary)
	for i, id := range s.replicas {
		add(cluster.FamilySyncProgress, id, math.Round(s.prog[i]*10000)/10000)
	}
	for i, id := range s.replicas {
		add(cluster.FamilySyncErrors, id, s.errors[i])
	}
	add(cluster.FamilySentBytes, "", s.sent)
	return m
}

// next returns the observations of one more second.
func (s *sim) next() []cluster.Observation {
	s.tick++
	s.primary += float64(s.poisson(2400))
	s.sent += float64(s.poisson(2400) * 210)
	for i := range s.counts {
		s.counts[i] += float64(s.poisson(2400))
		s.lags[i] = max(0, s.lags[i]+s.rnd.NormFloat64()*0.15)
		if i == 0 {
			s.prog[i] = math.Mod(s.prog[i]+0.003+s.rnd.Float64()*0.001, 1)
		}
		if s.rnd.IntN(60) == 0 {
			s.errors[i]++
		}
	}
	var list []cluster.Observation
	for i := range len(s.replicas) + 1 {
		id := cluster.NodeID("node1")
		if i > 0 {
			id = s.replicas[i-1]
		}
		list = append(list, s.observe(i, cluster.Source{Kind: cluster.FromMetrics, Node: id}, s.metrics(i), 3*time.Millisecond))
	}
	for i, h := range s.hosts {
		list = append(list, s.observe(i+1, cluster.Source{Kind: cluster.FromHost, Node: h.node}, s.step(h), 8*time.Millisecond))
	}
	if s.ways != nil {
		list = append(list, s.ways.next(s)...)
	}
	slices.SortFunc(list, func(a, b cluster.Observation) int { return a.Received.Compare(b.Received) })
	for i := range list {
		s.seq++
		list[i].Seq = s.seq
	}
	s.wall = s.wall.Add(time.Second)
	return list
}

func (s *sim) observe(i int, src cluster.Source, b cluster.Body, rtt time.Duration) cluster.Observation {
	start := s.wall.Add(time.Duration(i)*500*time.Microsecond + time.Duration(s.rnd.ExpFloat64()*2e5))
	took := rtt + time.Duration(s.rnd.ExpFloat64()*1.5e6)
	received := start.Add(took + time.Duration(20e3+s.rnd.ExpFloat64()*1e4)).Truncate(s.unit)
	return cluster.Observation{
		Received: received, Mono: (received.Sub(s.start) + time.Duration(s.rnd.IntN(300))).Truncate(s.unit),
		Taken: start.Add(took / 2), Took: took, Source: src, Body: b,
	}
}

// session is the observation that opens a run.
func (s *sim) session() cluster.Observation {
	s.seq++
	b := &cluster.Session{
		Version: "1.0.0", Run: "5f1c9a", Cluster: cluster.Clean("prod-eu"), Interval: time.Second, Speed: 1,
		Primary:    cluster.NodeSpec{ID: "node1", Metrics: true, Host: true, Address: cluster.Clean("http://10.0.0.1:18180")},
		Thresholds: cluster.Thresholds{Warning: 5 * time.Second, Critical: 10 * time.Second, Escalate: time.Minute},
	}
	for i, id := range s.replicas {
		b.Replicas = append(b.Replicas, cluster.NodeSpec{ID: id, Metrics: true, Host: i+1 < len(s.hosts), AgentID: "agent-" + id})
	}
	return cluster.Observation{Seq: s.seq, Received: s.wall, Taken: s.wall, Source: cluster.Source{Kind: cluster.FromMonitor}, Body: b}
}

// facts are what is read of each host at connect.
func (s *sim) facts() []cluster.Observation {
	var list []cluster.Observation
	for i, h := range s.hosts {
		b := &cluster.HostFacts{
			Hostname: cluster.Clean(string(h.node) + ".example.net"), Kernel: cluster.Clean("6.1.0-18-amd64"), OS: cluster.Clean("Linux"),
			BootID: cluster.Clean(fmt.Sprintf("%08x-1f2e-4c5d-9a8b-0123456789ab", i*7919)), HZ: 100, Cores: 8, Dialect: cluster.Clean("mawk"),
			WAL:         cluster.WALDevice{Path: cluster.Clean("/var/lib/stemedb/wal"), Device: cluster.Clean("nvme0n1")},
			ClockOffset: time.Duration(s.rnd.IntN(1e6)), ClockError: 400 * time.Microsecond, ClockKnown: true,
		}
		for _, n := range []string{"nvme0n1", "nvme1n1", "sda", "loop0"} {
			b.Devices = append(b.Devices, cluster.DeviceFacts{Name: cluster.Clean(n), Model: cluster.Clean("SAMSUNG MZQL2"), SizeBytes: 960197124096})
		}
		s.seq++
		list = append(list, cluster.Observation{Seq: s.seq, Received: s.wall, Taken: s.wall, Took: time.Millisecond, Source: cluster.Source{Kind: cluster.FromHost, Node: h.node}, Body: b})
	}
	return list
}
