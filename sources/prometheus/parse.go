package prometheus

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web"
)

// maxAlerts bounds the alerts that are kept: a rule gives one for each series.
const maxAlerts = 256

// answer is the part of the API's answer that is read. Alerts stay raw, so that
// one which is not understood costs none of the others.
type answer struct {
	Status string `json:"status"`
	Type   string `json:"errorType"`
	Error  string `json:"error"`
	Data   *struct {
		Alerts *[]json.RawMessage `json:"alerts"`
	} `json:"data"`
}

// entry is one alert as the API has it.
type entry struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	State       string            `json:"state"`
	Active      string            `json:"activeAt"`
}

// states are the words for how an alert stands; those for one that does not hold
// are not kept. Grafana has words of its own.
var states = map[string]cluster.AlertState{
	"firing": cluster.AlertFiring, "alerting": cluster.AlertFiring, "recovering": cluster.AlertFiring,
	"pending":  cluster.AlertPending,
	"inactive": cluster.AlertInactive, "normal": cluster.AlertInactive,
}

// parser takes one answer apart.
type parser struct {
	o    *Options
	hide func(string) string

	alerts []cluster.PrometheusAlert
	others int
	bad    int // entries that were not understood
	why    string
	more   int // beyond maxAlerts
}

func (p *parser) parse(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	raw = bytes.TrimSpace(bytes.TrimPrefix(raw, []byte("\ufeff")))
	switch {
	case len(raw) == 0:
		return web.NewFault(cluster.FailFormat, "empty answer", hintURL)
	case raw[0] == '<':
		return web.HTML("JSON")
	case raw[0] != '{':
		return web.NewFault(cluster.FailFormat, "not the JSON of alerts", hintURL).With(string(raw[:min(len(raw), 64)]))
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return web.NewFault(cluster.FailFormat, "JSON of another shape", hintURL).With(err.Error())
		}
		return web.NewFault(cluster.FailFormat, "malformed JSON", "the server, or a proxy before it, cut or changed the answer").With(err.Error())
	}
	if a.Status == "error" || a.Error != "" {
		return web.NewFault(cluster.FailOther, "the server reports an error", "").With(strings.TrimSpace(a.Type + " " + a.Error))
	}
	if a.Data == nil || a.Data.Alerts == nil {
		return web.NewFault(cluster.FailFormat, "JSON without a list of alerts", hintURL)
	}
	for _, e := range *a.Data.Alerts {
		p.entry(e)
	}
	return nil
}

// entry takes in one alert.
func (p *parser) entry(raw json.RawMessage) {
	var e entry
	if err := json.Unmarshal(raw, &e); err != nil {
		p.fail(err.Error())
		return
	}
	name := e.Labels["alertname"]
	if name == "" {
		p.fail("no alertname")
		return
	}
	state, known := states[strings.ToLower(e.State)]
	switch {
	case known && state == cluster.AlertInactive:
		return
	case !slices.Contains(p.o.Names, name) || !p.ours(e.Labels):
		p.others++
		return
	case !known:
		p.fail("state " + e.State)
		return
	case len(p.alerts) == maxAlerts:
		p.more++
		return
	}
	p.alerts = append(p.alerts, p.alert(name, state, &e))
}

func (p *parser) alert(name string, state cluster.AlertState, e *entry) cluster.PrometheusAlert {
	text := func(s string) cluster.Text { return cluster.CleanN(p.hide(s), 160) }
	a := cluster.PrometheusAlert{
		Name: text(name), State: state, Severity: text(e.Labels["severity"]),
		Instance: text(e.Labels["instance"]), Summary: text(e.Annotations["summary"]),
	}
	if id := e.Labels[p.o.ReplicaLabel]; len(id) <= 256 {
		a.Replica = cluster.NodeID(id)
	}
	if t, err := time.Parse(time.RFC3339, e.Active); err == nil && t.Year() >= 2000 && t.Year() < 2100 {
		a.Active = t.UTC()
	}
	return a
}

// ours tells whether an alert bears the labels that it must.
func (p *parser) ours(labels map[string]string) bool {
	for name, want := range p.o.Labels {
		if labels[name] != want {
			return false
		}
	}
	return true
}

func (p *parser) fail(why string) {
	p.bad++
	if p.why == "" {
		p.why = why
	}
}

// reading returns the alerts, the gravest first.
func (p *parser) reading() *cluster.PrometheusReading {
	slices.SortStableFunc(p.alerts, func(a, b cluster.PrometheusAlert) int {
		return cmp.Or(cmp.Compare(b.State, a.State), cmp.Compare(rank(&a), rank(&b)),
			cmp.Compare(a.Name.String(), b.Name.String()), cmp.Compare(a.Replica, b.Replica),
			cmp.Compare(a.Instance.String(), b.Instance.String()))
	})
	return &cluster.PrometheusReading{Alerts: p.alerts, Others: p.others}
}

func rank(a *cluster.PrometheusAlert) int {
	if a.Critical() {
		return 0
	}
	return 1
}

// partial returns what the alerts lack; nil if they are all.
func (p *parser) partial() error {
	switch {
	case p.bad > 0:
		return web.NewFault(cluster.FailFormat, fmt.Sprintf("%d of its alerts not understood", p.bad), "").With(p.why)
	case p.more > 0:
		return web.NewFault(cluster.FailTooLarge, fmt.Sprintf("%d more alerts of these names than the %d that are kept", p.more, maxAlerts),
			"set prometheus.labels to those of this cluster")
	}
	return nil
}
