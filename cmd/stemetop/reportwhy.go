package main

import (
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Why something is missing: each unknown figure of a reading has its reason in the
// error nearest to it.

func primaryWhys(p *cluster.Primary) []cluster.Text {
	return []cluster.Text{accessError(p.Metrics), p.AssertionsWhy, p.SentWhy}
}

func replicaWhys(r *cluster.Replica) []cluster.Text {
	return []cluster.Text{
		accessError(r.Metrics), r.Lag.Why, r.Assertions.Why, r.Sync.Why, r.Sync.ErrorsWhy, networkWhy(&r.Network),
	}
}

// hostError gathers why a figure or a list of the host is missing.
func hostError(h *cluster.Host) *string {
	texts := []cluster.Text{accessError(h.Access), h.RatesWhy}
	for i := range h.Missing {
		texts = append(texts, cluster.Clean(h.Missing[i].Section.String()+": "+h.Missing[i].Why.String()))
	}
	for i := range h.Disks {
		if !h.Disks[i].Why.IsZero() {
			texts = append(texts, cluster.Clean(h.Disks[i].Name.String()+": "+h.Disks[i].Why.String()))
		}
	}
	if why := walWhy(h); !why.IsZero() {
		texts = append(texts, cluster.Clean("wal: "+why.String()))
	}
	if h.Configured && h.Err == nil && !h.ProcessesKnown {
		texts = append(texts, cluster.Clean("processes: not read yet"))
	}
	return reasons(texts...)
}

// walWhy is why no disk is known to be the WAL's.
func walWhy(h *cluster.Host) cluster.Text {
	if h.Facts != nil && h.Facts.WAL.Device.IsZero() {
		return h.Facts.WAL.Why
	}
	return h.NoWAL()
}

// accessError is why a source gives nothing, or not all.
func accessError(a cluster.Access) cluster.Text {
	switch {
	case a.Err != nil:
		return a.Err.What
	case !a.Configured:
		return cluster.Clean("not configured")
	}
	return cluster.Text{}
}

// reasons joins what is said, each once; nil if nothing is.
func reasons(texts ...cluster.Text) *string {
	var said []string
	for _, t := range texts {
		s := t.String()
		if s != "" && !strings.Contains(strings.Join(said, "; "), s) {
			said = append(said, s)
		}
	}
	if len(said) == 0 {
		return nil
	}
	all := strings.Join(said, "; ")
	return &all
}
