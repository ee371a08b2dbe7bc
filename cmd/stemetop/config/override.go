package config

import (
	"fmt"
	"slices"
	"strings"
)

// An override replaces what the file says. from names what does it, for the
// errors: "--replica", "STEMETOP_REPLICA".

// SetPrimary sets where the primary's metrics are.
func (c *Config) SetPrimary(url, from string) {
	c.Primary.URL = url
	c.setFrom("primary.url", from)
}

// SetInterval sets the time between two readings.
func (c *Config) SetInterval(d Duration, from string) {
	c.Interval = d
	c.setFrom("interval", from)
}

// SetReplica takes ID=URL: it sets where a replica's metrics are, and adds the
// replica if the file has none of that id.
func (c *Config) SetReplica(word, from string) error {
	id, url, ok := strings.Cut(word, "=")
	if !ok || id == "" || url == "" {
		return overrideError(from, word, "ID=URL, for example node2=http://10.0.0.2:18180")
	}
	i := c.replica(id)
	c.Replicas[i].URL = url
	c.setFrom(fmt.Sprintf("replicas[%d].url", i), from)
	return nil
}

// SetSSH takes ID=[user@]host[:port]: it sets the host of a node, and adds a
// replica if there is no node of that id.
func (c *Config) SetSSH(word, from string) error {
	id, target, ok := strings.Cut(word, "=")
	if !ok || id == "" || target == "" {
		return overrideError(from, word, "ID=[user@]host[:port], for example node2=ops@10.0.0.2")
	}
	if id == c.PrimaryID() {
		c.Primary.SSH = target
		c.setFrom("primary.ssh", from)
		return nil
	}
	i := c.replica(id)
	c.Replicas[i].SSH = target
	c.setFrom(fmt.Sprintf("replicas[%d].ssh", i), from)
	return nil
}

// PrimaryID returns the primary's id, which is "primary" where none is given.
func (c *Config) PrimaryID() string {
	if c.Primary.ID == "" {
		return "primary"
	}
	return c.Primary.ID
}

// replica returns the index of the replica with the id, adding it if needed.
func (c *Config) replica(id string) int {
	if i := slices.IndexFunc(c.Replicas, func(n Node) bool { return n.ID == id }); i >= 0 {
		return i
	}
	n := DefaultNode()
	n.ID = id
	c.Replicas = append(c.Replicas, n)
	return len(c.Replicas) - 1
}

func (c *Config) setFrom(path, from string) {
	if c.origin.flags == nil {
		c.origin.flags = map[string]string{}
	}
	c.origin.flags[path] = from
}

func overrideError(from, word, form string) error {
	return Problems{{Flag: from, What: quote(word) + " is not understood", Hint: "write " + form}}
}
