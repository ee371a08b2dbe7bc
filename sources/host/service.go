package host

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// parseService reads what service.sh says: in the first line what tells, then
// systemctl's properties.
func parseService(text []byte, unit string) *cluster.ServiceReading {
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	r := &cluster.ServiceReading{Unit: cluster.Clean(unit)}
	if string(first) != "via systemctl" {
		r.Why, r.Hint = serviceTrouble(string(first), unit)
		return r
	}
	load := ""
	for line := range bytes.Lines(rest) {
		key, value, _ := strings.Cut(strings.TrimSpace(string(line)), "=")
		switch n, err := strconv.ParseUint(value, 10, 63); key {
		case "LoadState":
			load = value
		case "ActiveState":
			r.Active = cluster.Clean(value)
		case "SubState":
			r.Sub = cluster.Clean(value)
		case "Result":
			r.Result = cluster.Clean(value)
		case "NRestarts": // since systemd 235
			r.Restarts, r.Counted = n, err == nil
		case "ActiveEnterTimestampMonotonic": // µs since boot, 0 for never
			if err == nil && n < uint64(maxUp/time.Microsecond) {
				r.Entered = time.Duration(n) * time.Microsecond
			}
		}
	}
	r.Told = load != "" && load != "not-found" && !r.Active.IsZero()
	switch {
	case r.Told:
	case load == "not-found":
		r.Why = cluster.Clean("systemd knows no unit " + unit)
		r.Hint = cluster.Clean("set unit in the configuration to the one that runs the database")
	default:
		r.Why = cluster.Clean("not understood: " + start(rest))
	}
	return r
}

// maxUp is longer than any machine has been up.
const maxUp = 100 * 366 * 24 * time.Hour

// serviceTrouble says why systemd does not tell, and what to do.
func serviceTrouble(first, unit string) (why, hint cluster.Text) {
	const fallback = "starts are told by the processes that are seen"
	switch said, failed := strings.CutPrefix(first, "via none failed "); {
	case first == "via none absent", strings.Contains(said, "not been booted with systemd"), strings.Contains(said, "Host is down"):
		return cluster.Clean("this host has no systemd; " + fallback), cluster.Text{}
	case failed && said != "":
		return cluster.Clean("systemctl show " + unit + ": " + said), cluster.Clean("try it on the host; until then " + fallback)
	case strings.HasPrefix(first, "via none failed"):
		return cluster.Clean("systemctl does not answer"), cluster.Clean("systemd or its bus hangs on that host: try systemctl there")
	}
	return cluster.Clean("not understood: " + start([]byte(first))), cluster.Text{}
}
