package ssh

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stemedb/stemetop/sources/cluster"
)

func TestSettingsOfResolvedText(t *testing.T) {
	t.Setenv("KEYS", "/keys")
	get := parseResolved(`user ops
hostname h%x.example
port 2222
addressfamily inet
identitiesonly yes
identityagent none
identityfile ~/x y/%r@%h
identityfile ${KEYS}/%%n-%n-%p-%k
certificatefile none
globalknownhostsfile none
userknownhostsfile "/a b/c" /d
hostkeyalias db1
proxyjump u@j1:2201,j2
`)
	got, err := newSettings(target{host: "h"}, get)
	if err != nil {
		t.Fatal(err)
	}
	want := &settings{
		alias: "h", hostName: "h%x.example", port: "2222", user: "ops", network: "tcp4", identitiesOnly: true,
		identityFiles: []string{home() + "/x y/ops@h%x.example", "/keys/%n-h-2222-db1"},
		knownHosts:    []string{"/a b/c", "/d"}, hostKeyAlias: "db1", proxyJump: []string{"u@j1:2201", "j2"},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(settings{})); d != "" {
		t.Error(d)
	}
	own, err := newSettings(target{user: "me", host: "h", port: "1"}, get)
	if err != nil || own.user != "me" || own.port != "1" {
		t.Errorf("what the target names does not win: %+v %v", own, err)
	}
}

func TestSettingsDefaults(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "/agent")
	s, err := newSettings(target{host: "db1"}, parseResolved(""))
	if err != nil {
		t.Fatal(err)
	}
	if s.addr() != "db1:22" || s.user != localUser() || s.network != "tcp" || s.identityAgent != "/agent" ||
		len(s.identityFiles) != 3 || len(s.knownHosts) != 3 || s.knownHosts[0] != home()+"/.ssh/known_hosts" {
		t.Errorf("%+v", s)
	}
}

func TestSettingsRefused(t *testing.T) {
	for text, words := range map[string]string{
		"identityfile a%q\n":          "token %q",
		"identityfile a%\n":           "lone %",
		"identityfile ${NOT_SET_X}\n": "${NOT_SET_X}",
		"revokedhostkeys /x\n":        "RevokedHostKeys",
	} {
		_, err := newSettings(target{host: "h"}, parseResolved(text))
		want(t, fail(t, err), cluster.FailConfig, words, "openssh")
	}
}

func TestIdentityAgent(t *testing.T) {
	t.Setenv("MY_AGENT", "/mine")
	t.Setenv("SSH_AUTH_SOCK", "/env")
	for in, want := range map[string]string{
		"none": "", "SSH_AUTH_SOCK": "/env", "$MY_AGENT": "/mine", "${MY_AGENT}.x": "/mine.x", "~/a": home() + "/a", "/a": "/a",
	} {
		e := &expander{tokens: map[byte]string{}}
		if got := e.agent(in); got != want || e.err != nil {
			t.Errorf("%s: %q %v", in, got, e.err)
		}
	}
}

// The defaults of our own configuration must not override that of ssh.
func TestDefaultsAreNoOverride(t *testing.T) {
	o := Options{ConfigFile: "~/.ssh/config", KnownHosts: []string{"~/.ssh/known_hosts"}}
	o.setDefaults()
	if o.ConfigFile != "" || o.KnownHosts != nil {
		t.Errorf("%+v", o)
	}
}

// No bytes as configuration crash the library or what we make of its answers.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{"Host *\n Port 22\n", "Match all\nIdentityFile \"~/x\"", "ProxyJump a,b\nHostName %h", "Include x", "Host\n", "=", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name := t.TempDir() + "/config"
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		get, err := readConfig(name, "db1")
		if err == nil {
			_, err = newSettings(target{host: "db1"}, get)
		}
		_ = fail(t, err)
		_, err = newSettings(target{host: "db1"}, parseResolved(text))
		_ = fail(t, err)
	})
}
