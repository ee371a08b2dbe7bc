package main

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/adrg/xdg"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
)

// configFile is where the configuration is where no flag says so.
func configFile() string { return filepath.Join(xdg.ConfigHome, "stemetop", "config.yaml") }

// recordings is where runs are recorded where the configuration does not say.
func recordings() string { return filepath.Join(xdg.StateHome, "stemetop", "recordings") }

// load returns the checked configuration: flags over the environment over the
// file over the defaults.
func (in *invocation) load() (*config.Config, error) {
	c, err := in.file()
	if err != nil {
		return nil, err
	}
	if err := in.override(c); err != nil {
		return nil, err
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.Cluster == "" {
		if u, err := url.Parse(c.Primary.URL); err == nil {
			c.Cluster = u.Hostname()
		}
	}
	return c, nil
}

// file reads the configuration file. That the one of the default place is
// missing is no error.
func (in *invocation) file() (*config.Config, error) {
	name, given := in.config, in.config != ""
	if !given {
		name = configFile()
	}
	c, err := config.Load(name)
	var problems config.Problems
	switch {
	case errors.Is(err, fs.ErrNotExist) && !given:
		return config.Default(), nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, failed(exitUsage, "reading the configuration", err, "stemetop init --primary URL writes one")
	case errors.Is(err, syscall.EISDIR):
		return nil, failed(exitUsage, "reading the configuration", err, "name a file in it; stemetop init --primary URL writes one")
	case err != nil && !errors.As(err, &problems):
		return nil, failed(exitUsage, "reading the configuration", err)
	}
	return c, err
}

// override applies the flags and variables that were set.
func (in *invocation) override(c *config.Config) error {
	if from, ok := in.from["primary"]; ok {
		c.SetPrimary(in.primary, from)
	}
	if from, ok := in.from["interval"]; ok {
		c.SetInterval(in.interval, from)
	}
	for _, word := range in.replicas {
		if err := c.SetReplica(word, in.from["replica"]); err != nil {
			return err
		}
	}
	for _, word := range in.ssh {
		if err := c.SetSSH(word, in.from["ssh"]); err != nil {
			return err
		}
	}
	return nil
}

// home replaces a leading ~ by the home directory.
func home(file string) string {
	rest, ok := strings.CutPrefix(file, "~/")
	if !ok {
		return file
	}
	dir, err := os.UserHomeDir()
	if err != nil {
		return file
	}
	return filepath.Join(dir, rest)
}
