package host

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	"github.com/pelletier/go-toml/v2"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxAPIConfig is how long the database's configuration may be, in bytes; config.sh
// lets one more through.
const maxAPIConfig = 256 << 10

// parseAPIConfig reads what config.sh says. Of the file nothing is kept but the two
// settings: it may hold secrets.
func parseAPIConfig(text []byte, path string) *cluster.APIConfig {
	c := &cluster.APIConfig{Path: cluster.Clean(path)}
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	word, at, _ := bytes.Cut(bytes.TrimSpace(first), []byte(" "))
	if len(at) == 0 {
		at = []byte(path)
	}
	switch string(word) {
	case "ok":
		c.Why = cluster.Clean(readAPIConfig(rest, c))
	case "directory":
		c.Why = cluster.Clean(path + " is a directory")
		c.Hint = cluster.Clean("set api_toml in the configuration to the file in it")
	case "absent":
		c.Why = cluster.Clean(path + " is not there")
		c.Hint = cluster.Clean("set api_toml in the configuration to where it is on the primary's host")
	case "denied":
		c.Why = cluster.Clean("the account may not read " + string(at))
		c.Hint = cluster.Clean("let it, for example: sudo setfacl -m u:USER:rX " + string(at))
	default:
		c.Why = cluster.Clean("not understood: " + start(first))
	}
	return c
}

// readAPIConfig takes the settings out of a file, or says why they can't be had,
// without a word of the file.
func readAPIConfig(src []byte, c *cluster.APIConfig) (why string) {
	if len(src) > maxAPIConfig {
		return fmt.Sprintf("it is longer than %d kB", maxAPIConfig>>10)
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff")) // a mark of some editors; servers skip it
	var file struct {
		Cluster any `toml:"cluster"`
	}
	if err := toml.Unmarshal(src, &file); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			row, column := at.Position()
			return fmt.Sprintf("it is not TOML in line %d, column %d", row, column)
		}
		return "it is not TOML"
	}
	table, ok := file.Cluster.(map[string]any)
	if !ok && file.Cluster != nil {
		return "its cluster is not one table, as [cluster] is"
	}
	c.Read = true
	c.MaxLag = setting(table, "max_replication_lag_seconds")
	c.Timeout = setting(table, "rpc_timeout_ms")
	return ""
}

// setting is a number that is not negative.
func setting(table map[string]any, key string) cluster.Setting {
	v, there := table[key]
	if !there {
		return cluster.Setting{}
	}
	s := cluster.Setting{Set: true}
	switch n := v.(type) {
	case int64:
		s.Value, s.Valid = float64(n), n >= 0
	case float64:
		s.Value, s.Valid = n, n >= 0 && !math.IsInf(n, 1)
	}
	if !s.Valid {
		s.Value = 0
	}
	return s
}
