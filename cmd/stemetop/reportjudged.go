package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions/runbook"
	"github.com/stemedb/stemetop/sources/cluster"
)

// The part of schema 1 that is judgement: trend, alerts, verdict, escalation.

type reportAlert struct {
	Name    cluster.Text   `json:"name"`
	State   string         `json:"state"`
	Since   *string        `json:"since"`
	FiresIn cluster.Figure `json:"fires_in_seconds"`
}

type reportVerdict struct {
	Cause      string         `json:"cause"`
	Confidence string         `json:"confidence"`
	For        []cluster.Text `json:"for"`
	Against    []cluster.Text `json:"against"`
	Missing    []cluster.Text `json:"missing"`
	Advice     []cluster.Text `json:"advice"`
}

type reportEscalation struct {
	Reason   cluster.Text   `json:"reason"`
	Replicas []cluster.Text `json:"replicas"`
	Since    *string        `json:"since"`
}

func newReportLag(s *cluster.Snapshot, r *cluster.Replica) reportLag {
	f := runbook.TrendOf(s, r)
	if f.Trend == runbook.TrendUnknown { // a line that nothing follows is no slope of the lag
		f.Slope = cluster.Figure{}
	}
	return reportLag{
		Seconds: r.Lag.Seconds, State: r.Lag.State.String(), Age: lagAge(&r.Lag),
		Slope: f.Slope, Trend: f.Trend.String(), ETA: bounds(f.ToCaughtUp), Escalates: bounds(f.ToEscalation),
	}
}

// bounds are the soonest and the latest; nil without an estimate.
func bounds(e runbook.ETA) *[2]cluster.Figure {
	if !e.Known() {
		return nil
	}
	return &e.Bounds
}

func newReportAlerts(r *cluster.Replica, at time.Time) []reportAlert {
	list := make([]reportAlert, 0, len(r.Alerts))
	for i := range r.Alerts {
		a := &r.Alerts[i]
		v := reportAlert{Name: a.Rule, State: a.State.String(), Since: instant(a.Since)}
		if a.State == cluster.AlertPending && !a.FiresAt.IsZero() {
			v.FiresIn = cluster.Known(max(0, a.FiresAt.Sub(at)).Seconds())
		}
		list = append(list, v)
	}
	return list
}

func newReportVerdict(v *cluster.Verdict) reportVerdict {
	return reportVerdict{
		Cause: v.Cause.String(), Confidence: v.Confidence.String(),
		For: texts(v.For), Against: texts(v.Against), Missing: texts(v.Missing), Advice: texts(v.Advice),
	}
}

func newReportEscalations(s *cluster.Snapshot) []reportEscalation {
	list := make([]reportEscalation, 0, len(s.Escalations))
	for i := range s.Escalations {
		e := &s.Escalations[i]
		v := reportEscalation{Reason: e.Reason, Replicas: []cluster.Text{}, Since: instant(e.Since)}
		for _, id := range e.Replicas {
			v.Replicas = append(v.Replicas, id.Text())
		}
		list = append(list, v)
	}
	return list
}

// texts makes nothing an empty list: it was looked for.
func texts(list []cluster.Text) []cluster.Text {
	if list == nil {
		return []cluster.Text{}
	}
	return list
}

// instant is a time as the schema writes it; nil for none.
func instant(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format(time.RFC3339Nano)
	return &s
}

// alarmed tells whether something was judged that the exit code must tell: an
// alert that fires, or an escalation.
func alarmed(s *cluster.Snapshot) bool {
	for i := range s.Replicas {
		for j := range s.Replicas[i].Alerts {
			if s.Replicas[i].Alerts[j].State == cluster.AlertFiring {
				return true
			}
		}
	}
	return len(s.Escalations) > 0
}

// writeJudgement says of each replica that is not well why that is thought to
// be, where its lag is going, and which alerts are about.
func writeJudgement(b *strings.Builder, s *cluster.Snapshot) {
	for i := range s.Escalations {
		e := newReportEscalations(s)[i]
		fmt.Fprintf(b, "\nESCALATE: %s: %s", e.Reason, joined(e.Replicas, ", "))
	}
	for i := range s.Replicas {
		r := &s.Replicas[i]
		writeAlerts(b, r)
		if r.Verdict.Cause == cluster.CauseNone {
			continue
		}
		if words := runbook.ForecastOf(s, r).Outlook(); words != "" && r.Lag.State == cluster.LagLive {
			fmt.Fprintf(b, "\n%s trend: %s", r.Name, words)
		}
		fmt.Fprintf(b, "\n%s cause: %s, %s", r.Name, r.Verdict.Cause, r.Verdict.Confidence)
		for _, part := range []struct {
			word string
			list []cluster.Text
		}{{"for", r.Verdict.For}, {"against", r.Verdict.Against}, {"missing", r.Verdict.Missing}} {
			if len(part.list) > 0 {
				fmt.Fprintf(b, "\n%s %s: %s", r.Name, part.word, joined(part.list, "; "))
			}
		}
	}
	writeTheirs(b, s)
	b.WriteByte('\n')
}

// writeAlerts says which alerts of a replica are not inactive; of one that is well,
// which of them hold.
func writeAlerts(b *strings.Builder, r *cluster.Replica) {
	for i := range r.Alerts {
		a := &r.Alerts[i]
		if a.State != cluster.AlertInactive && (r.Verdict.Cause != cluster.CauseNone || a.State != cluster.AlertNoData) {
			fmt.Fprintf(b, "\n%s alert: %s %s", r.Name, a.Rule, a.State)
		}
	}
}

// writeTheirs says what a Prometheus server judges, apart from our own.
func writeTheirs(b *strings.Builder, s *cluster.Snapshot) {
	line := func(whose string, list []cluster.PrometheusAlert) {
		for i := range list {
			fmt.Fprintf(b, "\n%s in prometheus: %s %s", whose, list[i].Name, list[i].State)
		}
	}
	for i := range s.Replicas {
		line(s.Replicas[i].Name.String(), s.Replicas[i].Prometheus)
	}
	line("cluster", s.Prometheus.Alerts)
}

func joined(list []cluster.Text, by string) string {
	words := make([]string, len(list))
	for i, t := range list {
		words[i] = t.String()
	}
	return strings.Join(words, by)
}
