package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/ssh"
)

// initialise writes a configuration of what the primary tells.
func initialise(ctx context.Context, in invocation) (int, error) {
	ctx, cancel := untilStopped(ctx)
	defer cancel()
	file := in.config
	if file == "" {
		file = configFile()
	}
	if _, err := os.Stat(file); err == nil && !in.force {
		return exitUsage, usage(file+" exists", "--force overwrites it", "--config FILE writes elsewhere")
	}
	c := config.Default()
	if err := in.override(c); err != nil {
		return exitUsage, err
	}
	if err := c.Check(); err != nil {
		return exitUsage, err
	}
	if err := in.discover(ctx, c); err != nil {
		return exitInternal, err
	}
	if err := writeConfig(file, c, in.force); err != nil {
		return exitInternal, err
	}
	found := "1 replica"
	if n := len(c.Replicas); n != 1 {
		found = fmt.Sprintf("%d replicas", n)
	}
	_, err := fmt.Fprintf(in.out, "wrote %s: primary %s, %s\n", file, c.PrimaryID(), found)
	return exitOK, err
}

// discover adds the replicas of the primary's lag series to c, each with its
// own metrics where those are found.
func (in *invocation) discover(ctx context.Context, c *config.Config) error {
	w := newWiring(c, sources.NewClock(1), ssh.NewShared(ctx, nil))
	var f finding
	reading, err := w.scrape(ctx, w.nodes()[0], true, &f)
	if err != nil {
		return failed(exitInternal, "asking the primary for its replicas", err, "--primary is the URL of the primary's metrics, for example http://10.0.0.1:18180")
	}
	for _, id := range replicasOf(reading, cluster.NodeID(c.PrimaryID())) {
		if !id.Faithful() {
			in.say("note", fmt.Sprintf("replica %s is left out: its id holds characters that only look like others; add it by hand if it is meant so", id.Text()))
			continue
		}
		i := slices.IndexFunc(c.Replicas, func(n config.Node) bool { return n.ID == string(id) })
		if i < 0 {
			n := config.DefaultNode()
			n.ID = string(id)
			n.URL = w.guess(ctx, n)
			c.Replicas = append(c.Replicas, n)
			i = len(c.Replicas) - 1
		}
		if c.Replicas[i].URL == "" {
			in.say("note", fmt.Sprintf("where replica %s has its own metrics is not known: fill in its url", id.Text()))
		}
	}
	c.Primary.ID = c.PrimaryID()
	return nil
}

// hostName is a word that can't be anything but the name of a host.
var hostName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9.-]{0,252}$`)

// guess returns the URL of a replica whose id is the name of its host and
// whose metrics are where the primary's are; empty if there are none.
func (w *wiring) guess(ctx context.Context, n config.Node) string {
	u, err := url.Parse(w.config.Primary.URL)
	if err != nil || !hostName.MatchString(n.ID) {
		return ""
	}
	u.User, u.Host = nil, n.ID+portOf(u)
	n.URL = u.String()
	var f finding
	m, err := w.scrape(ctx, n, false, &f)
	if err != nil || m == nil {
		return ""
	}
	if _, ok := m.Value(cluster.FamilyAssertions, ""); !ok {
		return ""
	}
	return n.URL
}

func portOf(u *url.URL) string {
	if _, port, err := net.SplitHostPort(u.Host); err == nil {
		return ":" + port
	}
	return ""
}

// writeConfig writes c to a file that only its owner can read. Without force
// an existing file stays; with it the old one stays until the new one is whole, and a
// link to it stays one.
func writeConfig(file string, c *config.Config, force bool) error {
	var b bytes.Buffer
	if err := config.Write(&b, c); err != nil {
		return failed(exitInternal, "writing the configuration", err)
	}
	target, mode := file, os.O_EXCL
	if force {
		if linked, err := filepath.EvalSymlinks(file); err == nil {
			file = linked
		}
		target, mode = file+".new", os.O_TRUNC
	}
	err := os.MkdirAll(filepath.Dir(file), 0o700)
	if err == nil {
		err = writeFile(target, mode, b.Bytes())
	}
	if err == nil && force {
		err = os.Rename(target, file)
	}
	if errors.Is(err, fs.ErrExist) {
		return usage(file+" exists", "--force overwrites it")
	}
	if err != nil {
		return failed(exitUsage, "writing the configuration", err, "--config FILE writes elsewhere")
	}
	return nil
}

func writeFile(file string, mode int, data []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|mode, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
