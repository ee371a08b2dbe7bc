package ssh

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/sources/cluster"
)

// stranger is what was learned of a host whose key is not known.
type stranger struct {
	mu sync.Mutex
	at time.Time // when it was asked last
	f  *cluster.Failure
}

// askAgain is after how long a host that stays unknown is asked for its key
// again: each time is one more connection in its log.
const askAgain = 10 * time.Minute

// introduce adds to a failure which key the host presents, and the line that
// would make it known: ssh tells neither when it may not ask. Where the key can't
// be had, the failure stays as it is. Ending ctx ends the asking.
func (o *OpenSSH) introduce(ctx context.Context, f *cluster.Failure) *cluster.Failure {
	s := &o.stranger
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.at.IsZero() && time.Since(s.at) < askAgain {
		return s.f
	}
	line, key := o.askKey(ctx)
	if ctx.Err() != nil {
		return f
	}
	s.at, s.f = time.Now(), f
	if key == nil {
		return f
	}
	s.f = cluster.Fail(cluster.FailHostUnknown,
		"host key of "+o.target.host+" is not in known_hosts: "+fingerprint(key),
		fmt.Sprintf("compare this fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub there), then add to %s: %s", o.trusts(), line))
	return s.f
}

// trusts returns the file that ssh looks for the host's key in.
func (o *OpenSSH) trusts() string {
	if len(o.options.KnownHosts) > 0 {
		return tilde(o.options.KnownHosts[0])
	}
	get, err := askSSH(context.Background(), o.binary, o.options.ConfigFile, o.target)
	if err != nil {
		return tilde(userKnownHosts)
	}
	s, err := newSettings(o.target, get)
	if err != nil || len(s.knownHosts) == 0 {
		return tilde(userKnownHosts)
	}
	return s.knownHosts[0]
}

// askKey connects as far as the host key, by the configured way, and returns the
// line of known_hosts that ssh makes of it; nothing if it does not get that far.
// It does not log in.
func (o *OpenSSH) askKey(ctx context.Context) (line string, key xssh.PublicKey) {
	dir, err := os.MkdirTemp("", "stemetop-")
	if err != nil {
		return "", nil
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary file that stays does no harm
	file := filepath.Join(dir, "key")
	ctx, cancel := context.WithTimeout(ctx, o.options.DialTimeout)
	defer cancel()
	args := append([]string{
		// The first value of an option counts.
		"-oStrictHostKeyChecking=accept-new", "-oUserKnownHostsFile=" + file, "-oGlobalKnownHostsFile=none", "-oHashKnownHosts=no",
		"-oPreferredAuthentications=none", "-oPubkeyAuthentication=no",
	}, o.args("exit")...)
	cmd := exec.CommandContext(ctx, o.binary, args...) //nolint:gosec // the target stands after --
	cmd.Env = childEnv(os.Environ())
	cmd.WaitDelay = time.Second
	detach(cmd)
	cmd.Cancel = func() error { return killGroup(cmd) }
	_ = cmd.Run()                     // it ends by not being let in
	learned, err := os.ReadFile(file) //nolint:gosec // it is ours
	if err != nil {
		return "", nil
	}
	_, hosts, key, _, _, err := xssh.ParseKnownHosts(learned)
	if err != nil || len(hosts) == 0 {
		return "", nil
	}
	return hosts[0] + " " + strings.TrimSpace(string(xssh.MarshalAuthorizedKey(key))), key
}
