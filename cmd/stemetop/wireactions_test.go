package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
)

func TestEachClusterHasItsOwnJournal(t *testing.T) {
	seen := map[string]string{}
	for _, c := range []struct{ cluster, primary string }{
		{"prod-eu", "http://10.0.0.1:18180"},
		{"10.0.0.1", "http://10.0.0.1:18180"}, // no name was given
		{"10.0.0.1", "http://10.0.0.1:18181"},
		{"prod/eu", "http://10.0.0.1:18180"},
		{"prod?eu", "http://10.0.0.1:18180"},
		{"..", "http://10.0.0.1:18180"},
		{"", "http://10.0.0.1:18180"},
		{strings.Repeat("x", 300), "http://10.0.0.1:18180"},
		{"\u00e9", "http://10.0.0.1:18180"},
	} {
		name := journalName(&config.Config{Cluster: c.cluster, Primary: config.Node{URL: c.primary}})
		if first, twice := seen[name]; twice || name == "" || len(name) > 64 || filepath.Base(name) != name || name[0] == '.' {
			t.Errorf("%q is %q, as %q is", c.cluster, name, first)
		}
		seen[name] = c.cluster
	}
}

func TestNothingCanActWhereItIsReadOnly(t *testing.T) {
	dir := t.TempDir()
	c := config.Default()
	c.Cluster, c.Primary.URL = "prod-eu", "http://10.0.0.1:18180"
	p := newPipeline(newWiring(c, sources.NewClock(1), nil), false)
	defer p.end()
	in := invocation{audit: filepath.Join(dir, "audit")}
	in.readOnly = true
	r, err := in.actuator(p, viaTerminal, nil)
	if r != nil || err != nil {
		t.Fatal(r, err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		t.Error(list, err)
	}
	in.readOnly = false
	if r, err = in.actuator(p, viaTerminal, nil); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheSecretsOfAConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("canary-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Cluster, c.Primary.URL, c.Admin.TokenFile = "prod-eu", "http://dana:canary-password@10.0.0.1:18180", file
	list := newWiring(c, sources.NewClock(1), nil).secrets()
	if len(list) != 2 || list[0].Reveal() != "canary-token" || list[1].Reveal() != "canary-password" {
		t.Error(len(list))
	}
	// The digest tells configurations apart, and not by their passwords.
	d := c.Digest()
	c.Primary.URL = "http://dana:other@10.0.0.1:18180"
	same := c.Digest()
	c.Primary.URL = "http://10.0.0.2:18180"
	if d != same || c.Digest() == d {
		t.Error("the digest is not of the configuration without its passwords")
	}
}
