package ssh

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// resolveTimeout bounds `ssh -G`: a `Match exec` of the configuration may hang.
const resolveTimeout = 5 * time.Second

// askSSH lets OpenSSH resolve the configuration of a target.
func askSSH(ctx context.Context, binary, config string, t target) (lookup, error) {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	args := append([]string{"-G"}, targetArgs(config, t)...)
	cmd := exec.CommandContext(ctx, binary, args...) //nolint:gosec // the target stands after --
	cmd.Env = childEnv(os.Environ())
	detach(cmd)
	cmd.Cancel = func() error { return killGroup(cmd) }
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, cluster.Fail(cluster.FailConfig, "ssh -G "+t.host+": no answer in time", "does a Match exec of the ssh configuration hang?")
	}
	if err != nil {
		why := strings.Join(messageLines(stderr.String()), "; ")
		return nil, cluster.Fail(cluster.FailConfig, "ssh -G "+t.host+": "+or(why, err.Error()), "correct the ssh configuration")
	}
	return parseResolved(stdout.String()), nil
}

// targetArgs name config and target to ssh; the host can't be taken for an
// option.
func targetArgs(config string, t target) []string {
	var args []string
	if config != "" {
		args = append(args, "-F", config)
	}
	if t.user != "" {
		args = append(args, "-l", t.user)
	}
	if t.port != "" {
		args = append(args, "-p", t.port)
	}
	return append(args, "--", t.host)
}

// parseResolved reads lines of "keyword value", a keyword repeated for each of
// its values.
func parseResolved(out string) lookup {
	values := map[string][]string{}
	for line := range strings.Lines(out) {
		key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if ok {
			// What -G prints as the host name has its tokens expanded already.
			if key == "hostname" {
				value = strings.ReplaceAll(value, "%", "%%")
			}
			values[key] = append(values[key], value)
		}
	}
	return func(key string) []string { return values[key] }
}
