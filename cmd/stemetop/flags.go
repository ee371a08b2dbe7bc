package main

import (
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources/demo"
	"github.com/stemedb/stemetop/tui"
)

// options are the values of all flags.
type options struct {
	config   string
	primary  string
	replicas []string
	ssh      []string
	interval config.Duration
	askPass  bool

	readOnly bool
	theme    string
	ascii    bool
	record   string
	noRecord bool

	scenario string
	speed    float64

	json   bool
	watch  config.Duration
	replay string
	at     string

	confirm string
	dryRun  bool
	verify  config.Duration

	force bool
}

// flag is a row of the table below: help, man page, completions, README and
// the environment's variables are made from it.
type flag struct {
	name string
	arg  string // what its value is called; empty where it has none
	doc  string // one line
	bind func(*pflag.FlagSet, *options, flag)
}

// flags is every flag there is. Which command takes which stands at the commands.
var flags = []flag{
	{"config", "FILE", "read this configuration; init: write it", text(func(o *options) *string { return &o.config }, "")},
	{"primary", "URL", "where the primary's metrics are; enough to start", text(func(o *options) *string { return &o.primary }, "")},
	{"replica", "ID=URL", "where a replica's own metrics are, as ID=URL; may be repeated", list(func(o *options) *[]string { return &o.replicas })},
	{"ssh", "ID=[USER@]HOST[:PORT]", "where a node's host is, as ID=[user@]host[:port]; may be repeated", list(func(o *options) *[]string { return &o.ssh })},
	{"interval", "DURATION", "time between two readings of a source", span(func(o *options) *config.Duration { return &o.interval }, config.Default().Interval)},
	{"ask-pass", "", "ask for the passphrases of encrypted keys before the start", boolean(func(o *options) *bool { return &o.askPass })},
	{"read-only", "", "build in no way to change anything", boolean(func(o *options) *bool { return &o.readOnly })},
	{"theme", "NAME", "colours: " + strings.Join(tui.Themes(), ", "), text(func(o *options) *string { return &o.theme }, "auto")},
	{"ascii", "", "draw with ASCII only", boolean(func(o *options) *bool { return &o.ascii })},
	{"record", "FILE", "record to this file rather than to the state directory", text(func(o *options) *string { return &o.record }, "")},
	{"no-record", "", "do not record", boolean(func(o *options) *bool { return &o.noRecord })},
	{"scenario", "NAME", "what goes wrong: " + scenarioNames(), text(func(o *options) *string { return &o.scenario }, demo.DefaultScenario)},
	{"speed", "X", "run so many times as fast as real time", number(func(o *options) *float64 { return &o.speed }, 1)},
	{"json", "", "print JSON, schema 1", boolean(func(o *options) *bool { return &o.json })},
	{"for", "DURATION", "how long to watch", span(func(o *options) *config.Duration { return &o.watch }, config.Duration(20*time.Second))},
	{"replay", "FILE", "read a recording instead of the cluster", text(func(o *options) *string { return &o.replay }, "")},
	{"at", "TIME", "when to read the recording, RFC 3339 or HH:MM:SS in UTC; its end by default", text(func(o *options) *string { return &o.at }, "")},
	{"confirm", "NAME", "confirm what acts, by its target's id or the cluster's name", text(func(o *options) *string { return &o.confirm }, "")},
	{"dry-run", "", "show what would be sent, and send nothing", boolean(func(o *options) *bool { return &o.dryRun })},
	{"verify", "DURATION", "wait so long for the effect of what was sent", span(func(o *options) *config.Duration { return &o.verify }, 0)},
	{"force", "", "init: overwrite an existing file; act sync: compare everything", boolean(func(o *options) *bool { return &o.force })},
}

func scenarioNames() string {
	var names []string
	for _, s := range demo.Scenarios() {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

type binder = func(*pflag.FlagSet, *options, flag)

func text(at func(*options) *string, preset string) binder {
	return func(fs *pflag.FlagSet, o *options, f flag) { fs.StringVar(at(o), f.name, preset, f.doc) }
}

func list(at func(*options) *[]string) binder {
	return func(fs *pflag.FlagSet, o *options, f flag) { fs.StringArrayVar(at(o), f.name, nil, f.doc) }
}

func boolean(at func(*options) *bool) binder {
	return func(fs *pflag.FlagSet, o *options, f flag) { fs.BoolVar(at(o), f.name, false, f.doc) }
}

func number(at func(*options) *float64, preset float64) binder {
	return func(fs *pflag.FlagSet, o *options, f flag) { fs.Float64Var(at(o), f.name, preset, f.doc) }
}

func span(at func(*options) *config.Duration, preset config.Duration) binder {
	return func(fs *pflag.FlagSet, o *options, f flag) {
		*at(o) = preset
		fs.Var(at(o), f.name, f.doc)
	}
}

// addFlags defines the named flags, separated by spaces, on fs.
func addFlags(fs *pflag.FlagSet, o *options, names string) {
	for _, name := range strings.Fields(names) {
		for _, f := range flags {
			if f.name == name {
				f.bind(fs, o, f)
			}
		}
	}
}

// variable returns the environment's variable for a flag.
func variable(name string) string {
	return "STEMETOP_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// fromEnvironment sets each flag that was not given from its variable, and
// returns what set each one that is set, for errors.
func fromEnvironment(fs *pflag.FlagSet) (map[string]string, error) {
	from := map[string]string{}
	var err error
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			from[f.Name] = "--" + f.Name
			return
		}
		word, ok := os.LookupEnv(variable(f.Name))
		if !ok || word == "" || err != nil {
			return
		}
		from[f.Name] = variable(f.Name)
		for _, w := range words(f, word) {
			if e := fs.Set(f.Name, w); e != nil {
				err = usage(variable(f.Name)+" is not valid: "+e.Error(), "it stands for --"+f.Name)
			}
		}
	})
	return from, err
}

// isFlag tells whether what set an option was a flag and not its variable.
func isFlag(from string) bool { return strings.HasPrefix(from, "--") }

// words splits the variable of a flag that may be repeated, at commas.
func words(f *pflag.Flag, word string) []string {
	if _, many := f.Value.(pflag.SliceValue); many {
		return strings.Split(word, ",")
	}
	return []string{word}
}
