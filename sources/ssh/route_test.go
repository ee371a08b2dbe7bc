package ssh

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

// withoutBinary makes the library resolve the configuration.
func withoutBinary(t *testing.T) *Shared {
	t.Helper()
	s := NewShared(t.Context(), nil)
	s.config = newResolver("")
	return s
}

// eachWay runs a test over both transports, and over the builtin one with the
// library in place of `ssh -G`.
func eachWay(t *testing.T, test func(t *testing.T, dial dialer)) {
	t.Helper()
	each(t, test)
	t.Run("library", func(t *testing.T) {
		test(t, func(t *testing.T, o Options) transport {
			t.Helper()
			o.Shared = withoutBinary(t)
			return builtin(t, o)
		})
	})
}

// entry is the configuration of one server under an alias, keys and all.
func entry(s *sshtest.Server, alias, more string) string {
	return fmt.Sprintf("Host %s\n HostName 127.0.0.1\n Port %d\n User %s\n IdentityFile \"%s\"\n UserKnownHostsFile %s\n %s\n",
		alias, s.Port, s.User, s.ClientKey, s.KnownHosts, more)
}

const quiet = "Host *\n IdentityAgent none\n GlobalKnownHostsFile none\n"

func TestConfig(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	included := write(t, "included", entry(s, "db1", ""))
	for name, text := range map[string]string{
		"host":     entry(s, "db? !db2", ""),
		"include":  "Include " + included + "\n",
		"first":    entry(s, "db1", "") + "Host db1\n Port 1\n",
		"match":    "Match host db1\n" + strings.SplitN(entry(s, "", ""), "\n", 2)[1],
		"tokens":   strings.ReplaceAll(entry(s, "db1", "HostName 127.0.0.1"), s.ClientKey, strings.TrimSuffix(s.ClientKey, "client")+"%%client") + quiet,
		"negated":  "Host * !db1\n Port 1\n" + entry(s, "db1", ""),
		"equals":   strings.ReplaceAll(entry(s, "db1", ""), " Port ", " Port = "),
		"explicit": entry(s, "db1", "") + "Match all\n IdentityFile none\n",
	} {
		t.Run(name, func(t *testing.T) {
			if name == "tokens" {
				linkKey(t, s)
			}
			eachWay(t, func(t *testing.T, dial dialer) {
				wantOK(t, dial(t, Options{Target: "db1", ConfigFile: write(t, "config", text+quiet)}))
			})
		})
	}
}

// linkKey makes the client key known by a name with a percent sign.
func linkKey(t *testing.T, s *sshtest.Server) {
	t.Helper()
	if err := os.Symlink(s.ClientKey, strings.TrimSuffix(s.ClientKey, "client")+"%client"); err != nil {
		t.Fatal(err)
	}
}

func TestTargetWinsOverConfig(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	wrong := strings.Replace(strings.Replace(entry(s, "db1", ""), fmt.Sprint("Port ", s.Port), "Port 1", 1), "User "+s.User, "User nobody-here", 1)
	eachWay(t, func(t *testing.T, dial dialer) {
		wantOK(t, dial(t, Options{Target: fmt.Sprintf("%s@db1:%d", s.User, s.Port), ConfigFile: write(t, "config", wrong+quiet)}))
	})
}

func TestBrokenConfig(t *testing.T) {
	for _, text := range []string{"Host db1\n Port none\n", "Match nonsense x\n"} {
		o := Options{Target: "db1", ConfigFile: write(t, "config", text)}
		_, f := run(t, builtin(t, o), "echo hello")
		want(t, f, cluster.FailConfig, "ssh -G db1", "line ")
		if strings.Contains(f.What.String(), `\r`) {
			t.Errorf("the end of a line is shown: %q", f.What)
		}
		_, f = run(t, openssh(t, o), "echo hello")
		want(t, f, cluster.FailConfig, "line ")
	}
	o := Options{Target: "db1", ConfigFile: write(t, "config", "Match exec true\n"), Shared: withoutBinary(t)}
	_, f := run(t, builtin(t, o), "echo hello")
	want(t, f, cluster.FailConfig, "Match Exec is not supported", "openssh-client")
	for _, shared := range []*Shared{nil, withoutBinary(t)} {
		_, f = run(t, builtin(t, Options{Target: "db1", ConfigFile: "/no/such/config", Shared: shared}), "echo hello")
		want(t, f, cluster.FailConfig, "/no/such/config")
	}
}

func TestHangingConfig(t *testing.T) {
	o := Options{Target: "db1", ConfigFile: write(t, "config", "Match exec \"sleep 60\"\n")}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := builtin(t, o).Start(ctx, "echo hello")
	want(t, fail(t, err), cluster.FailConfig, "no answer", "Match exec")
}

// Resolving runs a process: once per host and not before the first Start.
func TestConfigIsResolvedOnce(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	count := write(t, "count", "")
	o := Options{Target: "db1", Shared: NewShared(t.Context(), nil)}
	o.ConfigFile = write(t, "config", "Match exec \"echo x >>"+count+"\"\n"+strings.SplitN(entry(s, "", ""), "\n", 2)[1]+quiet)
	transports := []transport{builtin(t, o), builtin(t, o)}
	if b, err := os.ReadFile(count); err != nil || len(b) != 0 {
		t.Errorf("resolved at New: %q %v", b, err)
	}
	for range 2 {
		for _, tr := range transports {
			wantOK(t, tr)
		}
	}
	if b, err := os.ReadFile(count); err != nil || string(b) != "x\n" {
		t.Errorf("resolved more than once: %q %v", b, err)
	}
}

func TestProxyJump(t *testing.T) {
	first, second, last := sshtest.Start(t, sshtest.Options{}), sshtest.Start(t, sshtest.Options{}), sshtest.Start(t, sshtest.Options{})
	closed := sshtest.Start(t, sshtest.Options{Config: "AllowTcpForwarding no"})
	text := entry(first, "first", "") + entry(second, "second", "ProxyJump first") + entry(closed, "closed", "") +
		entry(last, "one", "ProxyJump first") + entry(last, "nested", "ProxyJump second") + entry(last, "listed", "ProxyJump first,second") +
		entry(last, "circle", "ProxyJump circle2") + entry(last, "circle2", "ProxyJump circle") +
		entry(last, "forbidden", "ProxyJump closed") +
		entry(&sshtest.Server{Port: 1, User: "x", ClientKey: last.ClientKey, KnownHosts: last.KnownHosts}, "refused", "ProxyJump first") +
		strings.ReplaceAll(entry(first, "untrusted", ""), first.KnownHosts, last.KnownHosts) + entry(last, "behind", "ProxyJump untrusted") + quiet
	config := write(t, "config", text)
	for _, c := range []struct {
		name  string
		kind  cluster.FailureKind
		words string
	}{
		{name: "one"},
		{name: "nested"},
		{name: "listed"},
		{name: "forbidden", kind: cluster.FailPermission, words: "AllowTcpForwarding"},
		{name: "refused", kind: cluster.FailRefused},
		{name: "behind", kind: cluster.FailHostUnknown}, // each hop is verified
	} {
		t.Run(c.name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, dial dialer) {
				tr := dial(t, Options{Target: c.name, ConfigFile: config})
				if c.kind == "" {
					wantOK(t, tr)
					return
				}
				_, f := run(t, tr, "echo hello")
				want(t, f, c.kind, c.words)
			})
		})
	}
	_, f := run(t, builtin(t, Options{Target: "circle", ConfigFile: config}), "echo hello")
	want(t, f, cluster.FailConfig, "circle")
}

func TestProxyCommand(t *testing.T) {
	jump, last := sshtest.Start(t, sshtest.Options{}), sshtest.Start(t, sshtest.Options{})
	eachWay(t, func(t *testing.T, dial dialer) {
		config := write(t, "config", entry(jump, "jump", "")+quiet)
		command := "ProxyCommand ssh -F " + config + " -oBatchMode=yes -W %h:%p jump"
		tr := dial(t, Options{Target: "db1", ConfigFile: write(t, "config2", entry(last, "db1", command)+quiet)})
		wantOK(t, tr)
		eventually(t, "the command ends with the connection", func() bool { return len(jump.Sessions()) == 0 })

		tr = dial(t, Options{Target: "db1", ConfigFile: write(t, "config3", entry(last, "db1", "ProxyCommand false")+quiet)})
		_, f := run(t, tr, "echo hello")
		if strings.HasPrefix(f.What.String(), "ProxyCommand of db1 (127.0.0.1:") { // the builtin one knows the status
			want(t, f, cluster.FailReset, "ended with status 1", "run it by hand", "MaxStartups")
			return
		}
		want(t, f, cluster.FailBusy, "ProxyCommand of db1 ended without a word", "run it by hand", "MaxStartups")
	})
}

// What a ProxyCommand said when it failed is told, and that it was it that did: the
// host was not reached.
func TestProxyCommandThatFails(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	for _, c := range []struct {
		name, command string
		kind          cluster.FailureKind
		words         []string
		status        string // which the builtin transport tells
	}{
		{
			"expired", `sh -c 'echo "corp-proxy: \033[31mtoken expired, run corp-login" >&2; exit 3'`, cluster.FailReset,
			[]string{"corp-proxy: ", "token expired, run corp-login", "run it by hand"},
			" ended with status 3: ",
		},
		{"missing", "nosuchcmd %h", cluster.FailReset, []string{"nosuchcmd", "not found", "installed here"}, " ended with status 127: "},
		{"killed", "sh -c 'echo out of memory >&2; kill -TERM $$'", cluster.FailReset, []string{": out of memory"}, " was ended by signal terminated: "},
		{
			"much", `sh -c 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo "line $i"; done >&2; echo the end >&2; exit 1'`, cluster.FailReset,
			[]string{"line 3000; the end"},
			" ended with status 1: line ",
		},
		{"ssh", "ssh -F /dev/null -oBatchMode=yes -W %h:%p -p 1 127.0.0.1", cluster.FailRefused, []string{"Connection refused", "is sshd running"}, " ended with status 255: "},
		{"waits", "sh -c 'echo visit https://corp/login >&2; sleep 60'", cluster.FailTimeout, []string{"no SSH server answered", "it says: visit https://corp/login", "wait for a login"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, dial dialer) {
				o := Options{Target: "db1", ConfigFile: write(t, "config", entry(s, "db1", "ProxyCommand "+c.command)+quiet)}
				if c.kind == cluster.FailTimeout {
					o.DialTimeout = time.Second
				}
				tr := dial(t, o)
				_, f := run(t, tr, "echo hello")
				want(t, f, c.kind, append(c.words, "ProxyCommand of db1")...)
				if _, ok := tr.(*Builtin); ok {
					want(t, f, c.kind, c.status)
				}
				if len(f.What.String()) > 400 || strings.Contains(f.What.String(), "\x1b") {
					t.Errorf("got %q", f.What)
				}
				t.Log(f.What, "/", f.Hint)
			})
		})
	}
}

// A server that hangs up is told as that, though a ProxyCommand leads to it and ends.
func TestServerHangsUpBehindProxyCommand(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{Config: "MaxStartups 1:100:1"})
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s.WaitLog("Connection from")
	each(t, func(t *testing.T, dial dialer) {
		_, f := run(t, dial(t, Options{Target: "db1", ConfigFile: write(t, "config", entry(s, "db1", "ProxyCommand nc %h %p")+quiet)}), "echo hello")
		want(t, f, cluster.FailBusy, "MaxStartups")
		t.Log(f.What, "/", f.Hint)
	})
}
