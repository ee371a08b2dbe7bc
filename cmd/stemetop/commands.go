package main

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// command is a row of the table below.
type command struct {
	under            string // the command that it is one of; empty for those of the program
	use, short, long string
	args, more       int // how many arguments it needs, and how many it may have besides
	flags            string
	run              func(context.Context, invocation) (code int, err error) // nil for one that has others below it
}

const (
	connecting = "config primary replica ssh ask-pass "
	drawing    = "theme ascii "
	acts       = connecting + "read-only confirm dry-run verify "
)

// ends are the exit codes of what acts.
const ends = "It shows exactly what it will send, asks on a terminal or takes --confirm NAME, records it in the audit journal, sends it once, and says what became of it.\n\n" +
	"Exit code: 0 accepted or effective, 4 rejected, 5 sent but not known whether it took effect, 6 not sent, 7 blocked, 8 no effect or regressed."

// commands is every command; the first is the program itself.
var commands = []command{
	{
		use: "stemetop", short: "Live monitor for a StemeDB cluster whose replica lags",
		long:  "Stemetop watches the replication of a StemeDB cluster: lag, the hosts below it, and the Merkle sync, recorded and replayable.",
		flags: connecting + "interval read-only " + drawing + "record no-record", run: monitor,
	},
	{
		use: "demo", short: "The live monitor on an embedded cluster",
		flags: "scenario speed interval read-only " + drawing + "record no-record", run: runDemo,
	},
	{
		use: "status", short: "One reading on stdout, after watching for a while",
		long:  "Status watches for a while and prints one reading; rates are over that whole while.\n\nExit code: 2 if a known lag is above critical, an alert fires or an escalation holds, else 3 if the primary or a lag is not known, else 1 if a lag is above warning, else 0.",
		flags: connecting + "interval json for replay at", run: status,
	},
	{
		use: "doctor", short: "Tries each connection of each node, and says what to do",
		long:  "Doctor tries each connection of each node, one line each, and says what to do about each failure. Exit code: 0 if all is well, else 1.",
		flags: connecting, run: doctor,
	},
	{
		use: "init", short: "Writes a commented configuration from what the primary tells",
		flags: "config primary replica ssh force", run: initialise,
	},
	{
		use: "record", short: "Records without a screen, until interrupted",
		flags: connecting + "interval record", run: record,
	},
	{
		use: "replay FILE", short: "The same screen over a recording",
		args: 1, flags: drawing, run: replay,
	},
	{use: "act", short: "Does one thing to the cluster, line by line, for scripts and screen readers", long: "Act does to the cluster what the keys of the monitor do, line by line. " + ends},
	{
		under: "act", use: "throttle [N]", short: "Limits ingest to N assertions per second; to what lets the slowest replica catch up where no N is given",
		long: "Throttle limits ingest. " + ends, more: 1, flags: acts, run: throttle,
	},
	{
		under: "act", use: "ramp", short: "Raises the limit of ingest step by step, while the cluster stays healthy",
		long: "Ramp raises the limit of ingest by the steps of the configuration, and goes on for as long as that takes. Interrupted, the limit stays where it is. " + ends, flags: acts, run: ramp,
	},
	{under: "act", use: "sync ID", short: "Starts a Merkle sync of a replica", long: "Sync starts a Merkle sync of a replica. " + ends, args: 1, flags: acts + "force", run: syncReplica},
	{under: "act", use: "reset AGENT", short: "Closes a circuit breaker, by its agent or its replica", long: "Reset closes a circuit breaker. " + ends, args: 1, flags: acts, run: resetBreaker},
	{under: "act", use: "undo", short: "Takes the last limit back: to the one before, or by a ramp to the ingest before", long: "Undo takes the last limit back. " + ends, flags: acts, run: undo},
	{
		under: "act", use: "wal-test ID", short: "Measures how fast a replica writes to the disk of its write-ahead log",
		long: "Wal-test runs the runbook's dd on the replica's host, over SSH, bounded in bytes and time; nothing of it stays. " + ends, args: 1, flags: acts, run: testWAL,
	},
	{
		under: "act", use: "rpc-timeout [MS]", short: "Sets rpc_timeout_ms in the primary's api.toml, by default to what the runbook says",
		long: "Rpc-timeout edits the configuration of the primary over SSH and keeps the old file beside it; act restart makes it count. It has to be allowed by actions.rpc_timeout. " + ends, more: 1, flags: acts, run: setTimeout,
	},
	{
		under: "act", use: "put-back", short: "Puts the api.toml from before the last rpc-timeout back",
		long: "Put-back gives the primary the configuration from before the last rpc-timeout, if nothing else of it changed since; act restart makes it count. " + ends, flags: acts, run: putBack,
	},
	{
		under: "act", use: "restart", short: "Restarts the primary's database, and looks after it",
		long: "Restart runs systemctl restart on the primary's host, over SSH, and with --verify looks whether it comes up and stays so. It has to be allowed by actions.restart. " + ends, flags: acts, run: restart,
	},
	{
		under: "act", use: "resolve ACTION applied|not-applied", short: "Records what became of an action whose answer was lost",
		long: "Resolve records somebody's word on an action whose outcome is not known: until then it is in the way of a sync.", args: 2, flags: connecting + "read-only", run: resolve,
	},
	{use: "audit", short: "The audit journal of what was done to the cluster"},
	{
		under: "audit", use: "verify [FILE]", short: "Checks a journal, or all in the state directory, against its hash chain and its anchor",
		long: "Verify checks journals: a file, those of a directory, or all in the state directory.\n\nExit code: 0 all are fine, 1 a tail is torn and no more, 2 one is broken, shorter than its anchor or another file.", more: 1, run: auditVerify,
	},
}

// invocation is one call of a command.
type invocation struct {
	terminal
	options
	args     []string
	audit    string            // directory of the audit journal; below the state directory where empty
	embedded bool              // what is watched is the demo's cluster
	held     heldSignals       // of a command with a screen that leaves things to be finished
	from     map[string]string // what set each flag that is set: "--interval", "STEMETOP_INTERVAL"
}

// execute runs the command that args name. What cobra finds wrong with args is
// a usage error.
func execute(ctx context.Context, t terminal, args []string) (code int, err error) {
	var root *cobra.Command
	done := func(c int, e error) { code, err = c, e }
	groups := map[string]*cobra.Command{}
	for _, c := range commands {
		built := build(t, c, done)
		if root == nil {
			root, groups[""] = built, built
			continue
		}
		if c.run == nil {
			groups[c.use] = built
		}
		groups[c.under].AddCommand(built)
	}
	root.SetArgs(args)
	root.SetFlagErrorFunc(misusedFlag)
	if err := unknownTopic(root, args); err != nil {
		return exitUsage, err
	}
	out := &firstFault{w: t.out}
	root.SetOut(out)
	root.SetErr(t.err)
	var misused error
	e := fang.Execute(ctx, root, fang.WithVersion(version()),
		fang.WithErrorHandler(func(_ io.Writer, _ fang.Styles, e error) { misused = e }))
	if out.err != nil {
		return exitInternal, failed(exitInternal, "writing", out.err)
	}
	if e != nil && misused != nil {
		return exitUsage, misuse(misused)
	}
	return code, err
}

// build makes cobra's command of a row. Its outcome goes to done rather than
// through cobra: an exit code that says something is no error to be told.
func build(t terminal, c command, done func(int, error)) *cobra.Command {
	in := &invocation{terminal: t}
	cmd := &cobra.Command{Use: c.use, Short: c.short, Long: c.long, Args: c.arguments, DisableFlagsInUseLine: true}
	if !strings.Contains(c.use, "FILE") {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	if c.run == nil {
		cmd.Args = nil
		cmd.RunE = func(_ *cobra.Command, args []string) error { return unknownBelow(c, args) }
		return cmd
	}
	cmd.Flags().SortFlags = false
	addFlags(cmd.Flags(), &in.options, c.flags)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in.args = args
		var err error
		if in.from, err = fromEnvironment(ownFlags(cmd)); err != nil {
			done(exitUsage, err) // told by main, not by cobra
			return nil
		}
		done(c.run(cmd.Context(), *in))
		return nil
	}
	return cmd
}

// arguments checks how many there are, and names the one that is missing or too
// many. At the root a word is no argument, but a command that does not exist.
func (c command) arguments(cmd *cobra.Command, args []string) error {
	most, names := c.args+c.more, strings.Fields(c.use)[1:]
	switch {
	case !cmd.HasParent():
		return cobra.NoArgs(cmd, args)
	case len(args) < c.args:
		return usage(cmd.CommandPath()+" needs "+names[len(args)], helpHint)
	case len(args) > most && most == 0:
		return usage(fmt.Sprintf("%s takes no arguments, but got %q", cmd.CommandPath(), args[0]), helpHint)
	case len(args) > most:
		return usage(fmt.Sprintf("%s takes %s alone, but got %q too", cmd.CommandPath(), strings.Join(names, " "), args[most]), helpHint)
	}
	return nil
}

// ownFlags are those of the table, without the ones that cobra adds.
func ownFlags(cmd *cobra.Command) *pflag.FlagSet {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && f.Name != "version" {
			fs.AddFlag(f)
		}
	})
	return fs
}

const helpHint = "stemetop --help tells what there is"

// version is the module's, with the commit where the build knows it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "devel"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && v == "devel" && len(s.Value) >= 12 {
			v += " " + s.Value[:12]
		}
	}
	return v
}
