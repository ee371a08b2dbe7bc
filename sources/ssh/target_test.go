package ssh

import (
	"strings"
	"testing"

	"github.com/stemedb/stemetop/sources/cluster"
)

func TestParseTarget(t *testing.T) {
	for in, want := range map[string]target{
		"db1":               {host: "db1"},
		"ops@db1":           {user: "ops", host: "db1"},
		"ops@10.0.0.2:2222": {user: "ops", host: "10.0.0.2", port: "2222"},
		"ops@corp@db1":      {user: "ops@corp", host: "db1"},
		"::1":               {host: "::1"},
		"[::1]":             {host: "::1"},
		"root@[fe80::1]:22": {user: "root", host: "fe80::1", port: "22"},
		"fe80::1%eth0":      {host: "fe80::1%eth0"},
		"ssh://ops@db1:22":  {user: "ops", host: "db1", port: "22"},
	} {
		if got, err := parseTarget(in); err != nil || got != want {
			t.Errorf("%s: %+v %v", in, got, err)
		}
	}
}

func TestParseTargetRefuses(t *testing.T) {
	for _, in := range []string{
		"", "-oProxyCommand=x", "@db1", "-l@db1", "a b", "db1:", "db1:0", "db1:65536", "db1:x", "[::1", "[::1]x", "[-x]:22",
		"$(id)@db1", "a;b@db1", "db1;id", "db1\n", "\x1b[31m", "db1/..", "`id`", "a'b", "x@-F", "root@ db1", "a,b",
	} {
		_, err := parseTarget(in)
		want(t, fail(t, err), cluster.FailConfig, "ssh target", "IPv6")
		for _, create := range []func(Options) error{
			func(o Options) error { _, err := New(o); return err },
			func(o Options) error { _, err := NewOpenSSH(o); return err },
		} {
			want(t, fail(t, create(Options{Target: in})), cluster.FailConfig)
		}
	}
}

// No target, however it is written, becomes an option of ssh or of a command
// of its configuration.
func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{"db1", "ops@[::1]:22", "-oProxyCommand=id", "a@-b:1", "ssh://x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseTarget(s)
		if err != nil {
			return
		}
		args := targetArgs("", got)
		if args[len(args)-2] != "--" || strings.HasPrefix(got.host, "-") || strings.HasPrefix(got.user, "-") {
			t.Errorf("%q: %q", s, args)
		}
		if strings.ContainsAny(got.host+got.user, "'`\"$\\;&<>|(){}\n\r\t \x1b") {
			t.Errorf("%q: shell syntax in %+v", s, got)
		}
		if again, err := parseTarget(got.String()); err != nil || again != got {
			t.Errorf("%q: %+v becomes %+v, %v", s, got, again, err)
		}
	})
}
