package peer

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
	"github.com/stemedb/stemetop/sources/ssh"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// over makes a transport of package ssh one of package remote.
type over struct {
	start func(context.Context, string) (ssh.Session, error)
	close func() error
}

func (o over) Start(ctx context.Context, command string) (remote.Session, error) {
	return o.start(ctx, command)
}

func (o over) Close() error { return o.close() }

// forwards is the builtin one.
type forwards struct {
	over
	t *ssh.Builtin
}

func (f forwards) Knock(ctx context.Context, address string, within time.Duration) (remote.Knock, *cluster.Failure) {
	k, failure := f.t.Knock(ctx, address, within)
	return remote.Knock(k), failure
}

func sshOptions(s *sshtest.Server) ssh.Options {
	return ssh.Options{Target: s.Target(), ConfigFile: s.ClientConfig, KnownHosts: []string{s.KnownHosts}, IdentityFile: s.ClientKey}
}

func builtin(t testing.TB, s *sshtest.Server) remote.Transport {
	t.Helper()
	tr, err := ssh.New(sshOptions(s))
	if err != nil {
		t.Fatal(err)
	}
	return forwards{over{tr.Start, tr.Close}, tr}
}

func openssh(t testing.TB, s *sshtest.Server) remote.Transport {
	t.Helper()
	tr, err := ssh.NewOpenSSH(sshOptions(s))
	if err != nil {
		t.Fatal(err)
	}
	return over{tr.Start, tr.Close}
}
