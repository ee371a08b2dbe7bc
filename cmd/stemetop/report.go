package main

import (
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// The types below are schema 1 of `status --json`, in its order. A number or a
// list that is not known is null, and its reason stands in the nearest error.

type report struct {
	Schema     int                `json:"schema"`
	At         string             `json:"at"`
	Cluster    cluster.Text       `json:"cluster"`
	Primary    reportPrimary      `json:"primary"`
	Replicas   []reportReplica    `json:"replicas"`
	Escalation []reportEscalation `json:"escalation"`
}

type reportPrimary struct {
	ID          cluster.Text   `json:"id"`
	Reachable   bool           `json:"reachable"`
	Error       *string        `json:"error"`
	Assertions  cluster.Figure `json:"assertions_indexed"`
	Ingest      cluster.Figure `json:"ingest_per_second"`
	SentPerSecs cluster.Figure `json:"sent_bytes_per_second"`
}

type reportReplica struct {
	ID         cluster.Text     `json:"id"`
	Reachable  bool             `json:"reachable"`
	Error      *string          `json:"error"`
	Lag        reportLag        `json:"lag"`
	Assertions reportAssertions `json:"assertions"`
	Sync       reportSync       `json:"sync"`
	Breaker    reportBreaker    `json:"breaker"`
	Host       reportHost       `json:"host"`
	Network    reportNetwork    `json:"network"`
	Alerts     []reportAlert    `json:"alerts"`
	Verdict    reportVerdict    `json:"verdict"`
}

type reportLag struct {
	Seconds   cluster.Figure     `json:"seconds"`
	State     string             `json:"state"`
	Age       cluster.Figure     `json:"age_seconds"`
	Slope     cluster.Figure     `json:"slope"`
	Trend     string             `json:"trend"`
	ETA       *[2]cluster.Figure `json:"eta_seconds"`
	Escalates *[2]cluster.Figure `json:"escalates_in_seconds"`
}

type reportAssertions struct {
	Indexed   cluster.Figure `json:"indexed"`
	Behind    cluster.Figure `json:"behind"`
	PerSecond cluster.Figure `json:"per_second"`
}

type reportSync struct {
	State    string         `json:"state"`
	Progress cluster.Figure `json:"progress"`
	Errors   cluster.Figure `json:"errors_per_second"`
}

type reportBreaker struct {
	State   string  `json:"state"`
	AgentID *string `json:"agent_id"`
}

type reportHost struct {
	Reachable bool            `json:"reachable"`
	Error     *string         `json:"error"`
	CPU       reportCPU       `json:"cpu"`
	Disks     []reportDisk    `json:"disks"`
	Processes []reportProcess `json:"processes"`
}

type reportCPU struct {
	User   cluster.Figure `json:"user"`
	System cluster.Figure `json:"system"`
	IOWait cluster.Figure `json:"iowait"`
	Steal  cluster.Figure `json:"steal"`
	Idle   cluster.Figure `json:"idle"`
}

type reportDisk struct {
	Device     cluster.Text   `json:"device"`
	WAL        bool           `json:"wal"`
	Reads      cluster.Figure `json:"r_per_second"`
	Writes     cluster.Figure `json:"w_per_second"`
	ReadKB     cluster.Figure `json:"rkb_per_second"`
	WriteKB    cluster.Figure `json:"wkb_per_second"`
	ReadAwait  cluster.Figure `json:"r_await_ms"`
	WriteAwait cluster.Figure `json:"w_await_ms"`
	Queue      cluster.Figure `json:"aqu_sz"`
	Util       cluster.Figure `json:"util_percent"`
}

type reportProcess struct {
	PID     int            `json:"pid"`
	Command cluster.Text   `json:"command"`
	CPU     cluster.Figure `json:"cpu_percent"`
	RSS     uint64         `json:"rss_bytes"`
}

type reportNetwork struct {
	RTT     cluster.Figure `json:"rtt_ms"`
	Loss    cluster.Figure `json:"loss_percent"`
	RPCPort string         `json:"rpc_port"`
}

// unknown is the schema's word for a state that nothing tells.
const unknown = "unknown"

// newReport puts a snapshot into the schema.
func newReport(s *cluster.Snapshot) report {
	p := &s.Primary
	r := report{
		Schema: 1, At: s.At.UTC().Format(time.RFC3339Nano), Cluster: s.Session.Cluster,
		Primary: reportPrimary{
			ID: p.Name, Reachable: p.Metrics.Reachable, Error: reasons(primaryWhys(p)...),
			Assertions: p.Assertions, Ingest: p.IngestPerSecond, SentPerSecs: p.SentBytesPerSecond,
		},
		Replicas:   make([]reportReplica, 0, len(s.Replicas)),
		Escalation: newReportEscalations(s),
	}
	for i := range s.Replicas {
		r.Replicas = append(r.Replicas, newReportReplica(s, &s.Replicas[i]))
	}
	return r
}

func newReportReplica(s *cluster.Snapshot, r *cluster.Replica) reportReplica {
	return reportReplica{
		ID: r.Name, Reachable: r.Metrics.Reachable,
		Error:      reasons(replicaWhys(r)...),
		Lag:        newReportLag(s, r),
		Assertions: reportAssertions{r.Assertions.Indexed, r.Assertions.Behind, r.Assertions.PerSecond},
		Sync:       reportSync{r.Sync.State.String(), r.Sync.Progress, r.Sync.ErrorsPerSecond},
		Breaker:    reportBreaker{r.Breaker.State.String(), agent(r.Breaker.Agent)},
		Host:       newReportHost(&r.Host),
		Network:    newReportNetwork(&r.Network),
		Alerts:     newReportAlerts(r, s.At),
		Verdict:    newReportVerdict(&r.Verdict),
	}
}

// lagAge is unknown where there never was a value to be of any age.
func lagAge(l *cluster.Lag) cluster.Figure {
	if l.Taken.IsZero() {
		return cluster.Figure{}
	}
	return cluster.Known(l.Age.Seconds())
}

func agent(id cluster.NodeID) *string {
	if id == "" {
		return nil
	}
	s := id.Text().String()
	return &s
}

// newReportHost leaves out the last figures of a host that does not answer: they
// are not those of now, and have no age of their own in the schema.
func newReportHost(h *cluster.Host) reportHost {
	r := reportHost{Reachable: h.Reachable, Error: hostError(h)}
	if !h.Reachable {
		return r
	}
	r.CPU = reportCPU{h.CPU.User, h.CPU.System, h.CPU.IOWait, h.CPU.Steal, h.CPU.Idle}
	if h.Interval > 0 {
		r.Disks = make([]reportDisk, 0, len(h.Disks))
	}
	for i := range h.Disks {
		d := &h.Disks[i]
		r.Disks = append(r.Disks, reportDisk{
			d.Name, d.WAL, d.ReadsPerSecond, d.WritesPerSecond, d.ReadKBPerSecond, d.WriteKBPerSecond,
			d.ReadAwait, d.WriteAwait, d.QueueSize, d.Util,
		})
	}
	if h.ProcessesKnown {
		r.Processes = make([]reportProcess, 0, len(h.Processes))
	}
	for i := range h.Processes {
		p := &h.Processes[i]
		r.Processes = append(r.Processes, reportProcess{p.PID, p.Command, p.CPU, p.RSSBytes})
	}
	return r
}

// exitCode judges a snapshot by the contract: what is known to be bad goes
// before what is not known.
func exitCode(s *cluster.Snapshot) int {
	limits, warning := s.Session.Thresholds, false
	// A cluster without a single replica has no lag that is known.
	// A partial answer of the primary does not tell whom the lost part was about.
	dark := !s.Primary.Metrics.Reachable || s.Primary.Metrics.Err != nil || len(s.Replicas) == 0
	for i := range s.Replicas {
		l := &s.Replicas[i].Lag
		seconds, known := l.Seconds.Value()
		if !known || (l.State != cluster.LagLive && l.State != cluster.LagFrozen) {
			dark = true
			continue
		}
		if seconds > limits.Critical.Seconds() {
			return exitCritical
		}
		// Digits that stand still can accuse; they can't acquit.
		dark = dark || l.State == cluster.LagFrozen
		warning = warning || seconds > limits.Warning.Seconds()
	}
	switch {
	case alarmed(s):
		return exitCritical
	case dark:
		return exitUnknown
	case warning:
		return exitWarning
	}
	return exitOK
}
