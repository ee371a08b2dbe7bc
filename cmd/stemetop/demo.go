package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/demo"
	"github.com/stemedb/stemetop/sources/host"
	"github.com/stemedb/stemetop/sources/logs"
	"github.com/stemedb/stemetop/sources/peer"
	"github.com/stemedb/stemetop/sources/remote"
)

// maxSpeed is as fast as the screen can tell a story.
const maxSpeed = 1000

// runDemo starts a cluster in this process and monitors it like any other: by
// addresses, a key and known_hosts.
func runDemo(ctx context.Context, in invocation) (code int, err error) {
	known := slices.ContainsFunc(demo.Scenarios(), func(s demo.Scenario) bool { return s.Name == in.scenario })
	if !known {
		return exitUsage, usage(fmt.Sprintf("there is no scenario %q", in.scenario), "one of "+scenarioNames())
	}
	if !(in.speed > 0 && in.speed <= maxSpeed) { // also not a number
		return exitUsage, usage(fmt.Sprintf("--speed is %v", in.speed), fmt.Sprintf("choose more than 0 and at most %d", maxSpeed))
	}
	in.held = holdSignals()
	defer in.held.release()
	client, err := demo.NewScratch()
	if err != nil {
		return exitInternal, failed(exitInternal, "starting the demo", err)
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	dir := client.Path
	clock := sources.NewClock(in.speed)
	public, keyFile, err := newKey(dir)
	if err != nil {
		return exitInternal, failed(exitInternal, "starting the demo", err)
	}
	embedded, err := demo.Start(ctx, demo.Options{
		Scenario: in.scenario, Seed: 1, Clock: clock, Authorized: []ssh.PublicKey{public},
		Allowed: scripts(),
	})
	if err != nil {
		return exitInternal, failed(exitInternal, "starting the demo", err)
	}
	defer func() { err = errors.Join(err, embedded.Close()) }()
	c, err := demoConfig(embedded.Nodes(), dir, keyFile)
	if err != nil {
		return exitInternal, failed(exitInternal, "starting the demo", err)
	}
	if err := in.override(c); err != nil {
		return exitUsage, err
	}
	if err := c.Check(); err != nil {
		return exitUsage, err
	}
	in.audit = filepath.Join(dir, "audit") // what is done to it goes with it
	in.embedded = true
	return in.watchLive(ctx, c, clock)
}

// scripts are those that this program runs on hosts, which an embedded cluster
// lets in.
func scripts() demo.Scripts {
	var bodies [][]byte
	for _, s := range [][]byte{host.Script(), host.WritersScript(), peer.Script(), peer.TraceScript(), logs.Script()} {
		bodies = append(bodies, remote.Padded(s))
	}
	return demo.Scripts{Command: remote.IsCommand, Bodies: bodies}
}

// newKey makes the key of this run, the only one that the cluster lets in.
func newKey(dir string) (ssh.PublicKey, string, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, "", err
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, "", err
	}
	block, err := ssh.MarshalPrivateKey(private, "stemetop demo")
	if err != nil {
		return nil, "", err
	}
	file := filepath.Join(dir, "id_ed25519")
	return signer.PublicKey(), file, os.WriteFile(file, pem.EncodeToMemory(block), 0o600)
}

// demoConfig is what a person would have written of the cluster. The SSH
// configuration of the machine and its agent have no say.
func demoConfig(nodes []demo.Node, dir, keyFile string) (*config.Config, error) {
	c := config.Default()
	c.Cluster = "demo"
	var trusted bytes.Buffer
	for _, d := range nodes {
		n := config.Node{
			ID: d.ID, URL: d.MetricsURL, SSH: d.SSHAddr, RPC: d.RPCAddr, AgentID: d.AgentID,
			Proc: cmp.Or(d.Proc, "/proc"), Sys: cmp.Or(d.Sys, "/sys"), LogFile: d.LogFile,
		}
		if d.HostKey != nil {
			fmt.Fprintln(&trusted, knownhosts.Line([]string{d.SSHAddr}, d.HostKey))
		}
		if d.Role == "primary" {
			c.Primary = n
			continue
		}
		c.Replicas = append(c.Replicas, n)
	}
	settings := fmt.Sprintf("Host *\n\tIdentitiesOnly yes\n\tIdentityFile %q\n\tIdentityAgent none\n", keyFile)
	c.WALPath = cmp.Or(nodes[0].WALPath, c.WALPath)
	c.APIToml = cmp.Or(nodes[0].APIConfig, c.APIToml)
	c.SSH.KnownHosts = filepath.Join(dir, "known_hosts")
	c.SSH.Config = filepath.Join(dir, "config")
	c.SSH.IdentityFile = keyFile
	return c, errors.Join(
		os.WriteFile(c.SSH.KnownHosts, trusted.Bytes(), 0o600),
		os.WriteFile(c.SSH.Config, []byte(settings), 0o600),
	)
}
