package runbook

import (
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// step returns a step of the checklist of a snapshot with one replica.
func step(r *cluster.Replica, words string) Item {
	r.ID = "node2"
	s := &cluster.Snapshot{Replicas: []cluster.Replica{*r}}
	for _, x := range Checklist(s, r.ID) {
		if strings.Contains(x.Step.String(), words) {
			return x
		}
	}
	return Item{}
}

func TestChecklistOfATrace(t *testing.T) {
	router := cluster.Hop{TTL: 1, Address: cluster.Clean("10.0.0.254"), Sent: 20, Back: 10}
	end := func(sent, back int) cluster.Hop {
		return cluster.Hop{TTL: 2, Address: cluster.Clean("10.0.9.2"), Sent: sent, Back: back, Mean: 2 * time.Millisecond}
	}
	for name, c := range map[string]struct {
		trace cluster.TraceReading
		state ItemState
		says  string
	}{
		"not asked":              {cluster.TraceReading{}, ItemNotLooked, "M traces"},
		"no tool":                {cluster.TraceReading{Why: cluster.Clean("neither mtr")}, ItemCannotKnow, "neither mtr"},
		"all comes back":         {cluster.TraceReading{Hops: []cluster.Hop{end(3, 3)}}, ItemFine, "1 hop by"},
		"a router that is quiet": {cluster.TraceReading{Hops: []cluster.Hop{router, end(20, 20)}}, ItemFine, "loss 0 %, rtt 2 ms"},
		"one lost":               {cluster.TraceReading{Hops: []cluster.Hop{router, end(20, 19)}}, ItemFine, "loss 5 %"},
		"one of a few lost":      {cluster.TraceReading{Hops: []cluster.Hop{router, end(3, 2)}}, ItemCannotKnow, "loss 33 %"},
		"loss":                   {cluster.TraceReading{Hops: []cluster.Hop{router, end(20, 15)}}, ItemFinding, "loss 25 %"},
		"lost behind a router":   {cluster.TraceReading{Hops: []cluster.Hop{router, {TTL: 2, Sent: 4}}}, ItemFinding, "no answer beyond 10.0.0.254"},
	} {
		r := cluster.Replica{}
		r.Network.Trace = cluster.Trace{TraceReading: c.trace, At: time.Unix(1, 0)}
		if x := step(&r, "traceroute"); x.State != c.state || !strings.Contains(x.Evidence.String(), c.says) {
			t.Errorf("%s: %v, %q", name, x.State, x.Evidence)
		}
	}
}

func TestChecklistOfWriters(t *testing.T) {
	own := cluster.Writer{PID: 7, Command: cluster.Clean("stemedb-api"), Written: 90e6}
	for name, c := range map[string]struct {
		writers cluster.WritersReading
		state   ItemState
		says    string
	}{
		"not asked":       {cluster.WritersReading{}, ItemNotLooked, "I tells"},
		"first look":      {cluster.WritersReading{Total: 9}, ItemNotLooked, "I tells"},
		"no host":         {cluster.WritersReading{Why: cluster.Clean("refused")}, ItemCannotKnow, "refused"},
		"itself":          {cluster.WritersReading{Interval: time.Second, Writers: []cluster.Writer{own}}, ItemFine, "stemedb-api 90 MB/s"},
		"another, little": {cluster.WritersReading{Interval: time.Second, Writers: []cluster.Writer{own, {PID: 8, Command: cluster.Clean("log"), Written: 9e5}}}, ItemFine, "log 900 kB/s"},
		"another":         {cluster.WritersReading{Interval: time.Second, Writers: []cluster.Writer{{PID: 8, Command: cluster.Clean("pg_dump"), Written: 90e6}, own}}, ItemFinding, "pg_dump 90 MB/s"},
		"nobody":          {cluster.WritersReading{Interval: time.Second, Total: 9}, ItemFine, "no process"},
		"nobody readable": {cluster.WritersReading{Interval: time.Second, Total: 9, Denied: 9, Why: cluster.Clean("9 of 9 may not be read")}, ItemCannotKnow, "9 of 9"},
	} {
		r := cluster.Replica{}
		r.Host.Processes, r.Host.ProcessesKnown = []cluster.ProcessUsage{{PID: 7}}, true
		r.Host.Writers = cluster.Writers{WritersReading: c.writers, At: time.Unix(1, 0)}
		if x := step(&r, "iotop"); x.State != c.state || !strings.Contains(x.Evidence.String(), c.says) {
			t.Errorf("%s: %v, %q", name, x.State, x.Evidence)
		}
	}
}
