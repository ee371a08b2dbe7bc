package physics

import "time"

// What the primary's configuration sets.
const (
	// MaxLag is above which lag of any replica the primary takes nothing in.
	MaxLag = 5 * time.Minute
	// RPCTimeout is how long it waits for a replica's answer.
	RPCTimeout = 5 * time.Second
)

// pauseEvery is how many steps there are between two looks at the lags: 1 s.
const pauseEvery = int(time.Second / Step)

// pause stops or resumes ingestion.
func (w *World) pause() {
	if w.k%uint64(pauseEvery) != 0 {
		return
	}
	var worst *Node
	for _, n := range w.nodes[1:] {
		if worst == nil || n.Applied < worst.Applied {
			worst = n
		}
	}
	was := w.paused
	w.paused = worst != nil && w.Lag(worst) > MaxLag
	switch {
	case w.paused && !was:
		w.logf(w.nodes[0], Warn, "ingest: paused, replica %s is %.0f s behind (max_replication_lag_seconds=%.0f)",
			worst.ID, w.Lag(worst).Seconds(), MaxLag.Seconds())
	case was && !w.paused:
		w.logf(w.nodes[0], Info, "ingest: resumed, no replica is more than %.0f s behind", MaxLag.Seconds())
	}
}
