package config

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml/token"
)

// Check tells what is wrong with the values, as Problems in the order of the
// documented file; nil if nothing is.
func (c *Config) Check() error {
	k := checker{c: c}
	k.plainText()
	k.want(c.Interval >= Duration(100*time.Millisecond) && c.Interval <= Duration(time.Hour),
		"interval", "is "+c.Interval.String(), "choose one from 100ms to 1h")
	k.nodes()
	k.access()
	k.names()
	k.limits()
	k.actions()
	k.alerts()
	k.link(k.c.Links.Dashboard, "links.dashboard")
	k.link(k.c.Links.Rebuild, "links.rebuild")
	k.link(k.c.Links.SplitBrain, "links.split_brain")
	return k.problems.err()
}

type checker struct {
	c        *Config
	problems Problems
}

// want records a problem with the value at path unless ok.
func (k *checker) want(ok bool, path, what, hint string) {
	if ok {
		return
	}
	p := &Problem{Path: path, What: path + " " + what, Hint: hint}
	o := k.c.origin
	if p.Flag = o.flags[path]; p.Flag == "" {
		p.File = o.file
		if at := o.nearest(path); at != nil {
			p.Line, p.Column = at.Line, at.Column
		}
	}
	k.problems = append(k.problems, p)
}

// nearest is where the value at path stands; where the file does not have it, what
// it would stand in. It is nil where the file has neither.
func (o *origin) nearest(path string) *token.Position {
	for path != "" {
		if at := o.at[path]; at != nil {
			return at
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return nil
}

// plainText refuses control characters anywhere: values go to the terminal, to
// ssh and, one a line, to the script on the hosts.
func (k *checker) plainText() {
	visit(reflect.ValueOf(k.c).Elem(), "", func(path string, _ reflect.StructField, v reflect.Value) {
		words, _ := v.Interface().([]string)
		if v.Kind() == reflect.String {
			words = []string{v.String()}
		}
		for _, w := range words {
			k.want(!strings.ContainsFunc(w, unicode.IsControl), path, "holds a control character: "+quote(w), "remove it")
		}
	})
}

func (k *checker) nodes() {
	p := &k.c.Primary
	k.want(p.URL != "", "primary.url", "is not given",
		"give --primary URL, or write a configuration with: stemetop init --primary URL")
	k.node(p, "primary")
	seen := map[string]string{k.c.PrimaryID(): "primary"}
	for i := range k.c.Replicas {
		n, path := &k.c.Replicas[i], fmt.Sprintf("replicas[%d]", i)
		k.want(n.ID != "", path+".id", "is not given", "use the word that the metric "+k.c.Metrics.Lag+" has for it")
		if first, twice := seen[n.ID]; twice && n.ID != "" {
			k.want(false, path+".id", "is "+quote(n.ID)+", which "+first+" is already", "give each node an id of its own")
		}
		seen[n.ID] = path
		k.node(n, path)
	}
}

func (k *checker) node(n *Node, path string) {
	k.url(n.URL, path+".url")
	k.want(n.SSH == "" || sshTarget.MatchString(n.SSH) && portFits(n.SSH, false), path+".ssh", "is "+quote(n.SSH),
		"write [user@]host[:port], or a name of the SSH configuration")
	k.want(n.RPC == "" || hostPort.MatchString(n.RPC) && portFits(n.RPC, true), path+".rpc", "is "+quote(n.RPC), "write host:port")
	k.absolute(n.Proc, path+".proc")
	k.absolute(n.Sys, path+".sys")
	if n.LogFile != "" {
		k.absolute(n.LogFile, path+".log_file")
	}
}

// A target must not begin with a dash: ssh would take it for an option.
var (
	sshTarget = regexp.MustCompile(`^([^\s@-][^\s@]*@)?[^\s@-][^\s@]*$`)
	hostPort  = regexp.MustCompile(`^([^\s:\[\]]+|\[[^\s\]]+\]):[0-9]{1,5}$`)
)

// portFits tells whether the port behind a host is one. Without must there may be
// none, and an IPv6 address without brackets has none.
func portFits(word string, must bool) bool {
	i := strings.LastIndexByte(word, ':')
	host := word[strings.LastIndexByte(word, '@')+1:]
	if !must && (strings.Count(host, ":") != 1 && !strings.Contains(host, "]:")) {
		return true
	}
	n, err := strconv.ParseUint(word[i+1:], 10, 16)
	return err == nil && n > 0
}

func (k *checker) url(word, path string) {
	if word == "" {
		return
	}
	shown := "is " + quote(withoutQuery(word))
	if strings.Contains(word, "@") {
		shown = "is not fit to use (it is not shown, since it may hold a password)"
	}
	u, err := url.Parse(word)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		k.want(false, path, shown, "write an http or https URL, for example http://10.0.0.1:18180")
		return
	}
	// Every user of the machine can read what a program was started with.
	k.want(u.User == nil || !strings.HasPrefix(k.c.origin.flags[path], "--"), path, "holds a user name or password",
		"put it into the configuration file, or a bearer token into the file that http.token_file names")
	k.want(u.RawQuery == "" && u.Fragment == "", path, shown, "leave the part from ? or # away")
}

// withoutQuery cuts what may hold a token from a URL that is shown.
func withoutQuery(word string) string {
	if i := strings.IndexAny(word, "?#"); i >= 0 {
		return word[:i+1] + "…"
	}
	return word
}

// Links are shown as text, for a person to follow or to copy: nothing in them
// may look like something else.
var (
	printable = regexp.MustCompile(`^[!-~]{0,400}$`)
	path      = regexp.MustCompile(`^[^:?#]*$`)
)

func (k *checker) link(word, at string) {
	u, err := url.Parse(word)
	web := err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	shown := "is " + quote(withoutQuery(word))
	if err != nil || u.User != nil {
		shown = "is not fit to use (it is not shown, since it may hold a password)"
	}
	k.want(printable.MatchString(word) && (path.MatchString(word) || web && u.User == nil), at, shown,
		"write an http or https URL without a password, or a path, in plain characters")
}

func (k *checker) absolute(file, path string) {
	k.want(strings.HasPrefix(file, "/"), path, "is "+quote(file), "write an absolute path")
}

func (k *checker) access() {
	c := k.c
	k.want(c.SSH.KnownHosts != "", "ssh.known_hosts", "is empty", "host keys are always verified: name the file that has them")
	k.want(c.HTTP.Timeout > 0 && c.HTTP.Timeout <= Duration(5*time.Minute), "http.timeout", "is "+c.HTTP.Timeout.String(), "choose one up to 5m")
	k.want(c.HTTP.BodyLimit >= 1<<10, "http.body_limit", "is "+c.HTTP.BodyLimit.String(), "choose at least 1KiB")
	k.pair(c.HTTP.CertFile, c.HTTP.KeyFile, "http")
	k.pair(c.Admin.CertFile, c.Admin.KeyFile, "admin")
	k.url(c.Admin.URL, "admin.url")
	k.url(c.Admin.Proxy, "admin.proxy")
	k.url(c.Prometheus.URL, "prometheus.url")
	k.pair(c.Prometheus.CertFile, c.Prometheus.KeyFile, "prometheus")
	for i, l := range c.Prometheus.Labels {
		name, value, ok := strings.Cut(l, "=")
		k.want(ok && labelName.MatchString(name) && value != "", fmt.Sprintf("prometheus.labels[%d]", i), "is "+quote(l), "write name=value, for example cluster=prod-eu")
	}
}

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

func (k *checker) pair(cert, key, path string) {
	k.want(cert == "" || key != "", path+".key_file", "is not given, but cert_file is", "a client certificate needs its key")
	k.want(key == "" || cert != "", path+".cert_file", "is not given, but key_file is", "a client key needs its certificate")
}

func (k *checker) names() {
	k.want(k.c.Metrics.Lag != "", "metrics.lag", "is empty", "it is what tells the replicas: name the gauge")
	k.want(k.c.Metrics.ReplicaLabel != "", "metrics.replica_label", "is empty", "name the label that tells the replicas apart")
	k.metricNames()
	k.absolute(k.c.WALPath, "wal_path")
	k.absolute(k.c.APIToml, "api_toml")
	k.want(k.c.Process != "", "process", "is empty", "for example stemedb")
	k.want(k.c.Unit != "" && k.c.Unit[0] != '-', "unit", "is "+quote(k.c.Unit), "for example stemedb-api")
}

// metricNames refuses one name for two metrics.
func (k *checker) metricNames() {
	seen := map[string]string{}
	visit(reflect.ValueOf(&k.c.Metrics).Elem(), "metrics", func(path string, _ reflect.StructField, v reflect.Value) {
		name := v.String()
		if name == "" || path == "metrics.replica_label" || path == "metrics.sync_progress_unit" {
			return
		}
		first, twice := seen[name]
		k.want(!twice, path, "is "+quote(name)+", which "+first+" is already", "give each metric a name of its own")
		seen[name] = path
	})
}

func (k *checker) limits() {
	c, t := k.c, k.c.Thresholds
	k.want(t.Warning > 0, "thresholds.lag_warning", "is "+t.Warning.String(), "choose more than 0")
	k.want(t.Critical > t.Warning, "thresholds.lag_critical", "is "+t.Critical.String(), "choose more than lag_warning, "+t.Warning.String())
	k.want(t.Escalate > t.Critical, "thresholds.lag_escalate", "is "+t.Escalate.String(), "choose more than lag_critical, "+t.Critical.String())
	k.want(c.RPCPort >= 1 && c.RPCPort <= 65535, "rpc_port", "is "+itoa(c.RPCPort), "choose one from 1 to 65535")
	k.want(c.Ramp.Floor > 0, "ramp.floor", "is "+itoa(c.Ramp.Floor), "choose more than 0")
	k.want(c.Ramp.Hold > 0, "ramp.hold", "is "+c.Ramp.Hold.String(), "choose more than 0")
	steps := c.Ramp.Steps
	rising := len(steps) > 0 && steps[0] >= c.Ramp.Floor && slices.IsSorted(steps) && len(slices.Compact(slices.Clone(steps))) == len(steps)
	k.want(rising, "ramp.steps", "is "+fmt.Sprint(steps), "write rising numbers from the floor up, for example [100, 500, 1000, 2000]")
	k.want(c.Record.MaxSize >= 1<<20, "record.max_size", "is "+c.Record.MaxSize.String(), "choose at least 1MiB")
	k.want(c.Record.MaxAge > 0, "record.max_age", "is "+c.Record.MaxAge.String(), "choose more than 0")
	k.want(c.History.Raw > 0, "history.raw", "is "+c.History.Raw.String(), "choose more than 0")
	k.want(c.History.Retention >= c.History.Raw, "history.retention", "is "+c.History.Retention.String(), "choose at least raw, "+c.History.Raw.String())
	k.want(c.History.MaxMemory >= 8<<20, "history.max_memory", "is "+c.History.MaxMemory.String(), "choose at least 8MiB")
}

// The most that a write test may write, and how long.
const (
	maxTest     = 16 << 30
	maxTestTime = Duration(time.Minute)
)

// actions checks what may be done on hosts.
func (k *checker) actions() {
	a := k.c.Actions
	k.want(a.WALTestSize >= 1<<20 && a.WALTestSize <= maxTest && a.WALTestSize%(1<<20) == 0, "actions.wal_test_size", "is "+a.WALTestSize.String(), "choose whole MiB from 1MiB to 16GiB")
	k.want(a.WALTestTime >= Duration(time.Second) && a.WALTestTime <= maxTestTime && a.WALTestTime%Duration(time.Second) == 0,
		"actions.wal_test_time", "is "+a.WALTestTime.String(), "choose whole seconds from 1s to 1m")
	k.want(a.WALTestFree >= 0, "actions.wal_test_free", "is "+a.WALTestFree.String(), "choose 0 or more")
}

// maxRate is the longest range of a rate: it bounds what is remembered.
const maxRate = Duration(time.Hour)

// alerts checks the rules as Prometheus would, and what each metric wants.
func (k *checker) alerts() {
	seen := map[string]string{}
	for i := range k.c.Alerts {
		a, path := &k.c.Alerts[i], fmt.Sprintf("alerts[%d]", i)
		k.want(a.Name != "", path+".name", "is not given", "for example ReplicationLagHigh")
		k.want(a.Name == "" || labelName.MatchString(a.Name) && len(a.Name) <= 64, path+".name", "is "+quote(a.Name), "use letters, digits and _, at most 64")
		if first, twice := seen[a.Name]; twice && a.Name != "" {
			k.want(false, path+".name", "is "+quote(a.Name)+", which "+first+" is already", "give each rule a name of its own")
		}
		seen[a.Name] = path
		k.want(a.Metric != "", path+".metric", "is not given", "lag or sync_errors")
		k.want(a.Above >= 0, path+".above", "is "+a.Above.String(), "choose 0 or more")
		k.want(a.Metric != "lag" || a.Rate == 0, path+".rate", "is "+a.Rate.String()+", but a lag has no rate", "leave it away")
		k.want(a.Metric != "sync_errors" || a.Rate > 0 && a.Rate <= maxRate, path+".rate", "is "+a.Rate.String(), "choose one up to 1h: the runbook's is 5m")
		k.want(a.Rate == 0 || a.Rate >= 4*k.c.Interval, path+".rate", "is "+a.Rate.String()+", less than four intervals of "+k.c.Interval.String(), "choose a longer one: a rate needs readings to be of")
		k.want(a.For >= 0, path+".for", "is "+a.For.String(), "choose 0s or more")
		k.want(a.Keep >= 0, path+".keep_firing_for", "is "+a.Keep.String(), "choose 0s or more")
	}
}
