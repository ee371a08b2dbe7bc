package physics

// Cores is the number of processors of each host.
const Cores = 4

// CPU is the line of one processor in /proc/stat, in ticks of 1/100 s.
type CPU struct {
	User, Nice, System, Idle, IOWait, SoftIRQ, Steal float64
}

// Net is the traffic of a host's only network interface.
type Net struct {
	RxBytes, RxPackets, RxDrops, TxBytes, TxPackets float64
}

// Pressure is one line of a PSI file.
type Pressure struct {
	Total float64    // µs
	Avg   [3]float64 // percent, over 10, 60 and 300 s
}

// Host is the machine below a node.
type Host struct {
	CPU                        [Cores]CPU
	WAL, Root                  Disk // the WAL's device; the system's
	Net                        Net
	CPUSome, IOSome, IOFull    Pressure
	MemorySome                 Pressure
	Load                       [3]float64 // over 1, 5 and 15 minutes
	Dirty, Writeback           float64    // kB
	Hogged                     bool       // another program takes the processors
	HogTicks                   float64    // 1/100 s, of that program
	loadAvgDecay, psiAvgFactor [3]float64
}

// stepHost accounts for what a replica did.
func (n *Node) stepHost(w *World, did work) {
	if n.Host == nil {
		return
	}
	l := load{
		apply: did.cpu / (cpuUnits * stepSeconds), hog: 1 - min(1, n.cpu), background: 0.06,
		diskUnits: did.disk, diskCapacity: n.disk * diskUnits * stepSeconds, reads: 14,
		rx: float64(did.received)*assertionBytes + did.syncBytes, tx: 180_000 * stepSeconds,
		trouble: &n.trouble,
	}
	if n.net < 1 && !n.Breaker.Open {
		l.loss = 0.02
	}
	l.jitter(w, n)
	n.Host.step(&l, &n.Process)
}

// primaryHost accounts for what the primary did: ingesting and sending.
func (w *World) primaryHost(ingested, sent uint64) {
	n := w.nodes[0]
	n.Received, n.Applied = w.produced, w.produced
	w.chatter(n)
	if n.Host == nil {
		return
	}
	share := float64(ingested) / (ingestLimit * stepSeconds)
	l := load{
		apply: share, hog: 1 - min(1, n.cpu), background: 0.05 + 0.85*share,
		diskUnits: float64(ingested) * receiveCost, diskCapacity: 2 * n.disk * diskUnits * stepSeconds, reads: 40,
		rx: float64(ingested) * assertionBytes, tx: float64(sent),
		trouble: &n.trouble,
	}
	l.jitter(w, n)
	n.Host.step(&l, &n.Process)
}

// chatterSteps is the distance between the primary's routine log lines: 10 s.
const chatterSteps = 500

func (w *World) chatter(n *Node) {
	if w.k%chatterSteps != 0 {
		return
	}
	w.logf(n, Info, "checkpoint: assertions=%d rate=%.0f/s", w.produced, w.IngestRate())
	for _, r := range w.nodes[1:] {
		if lag := w.Lag(r); lag > warnLag {
			w.logf(n, Warn, "replication: replica %s is %.1f s behind (%d assertions)", r.ID, lag.Seconds(), w.produced-r.Applied)
		}
	}
}
