package host

import (
	"regexp"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// The sections of a tick in their order: the clock of the rates first, next the
// counters that go with it. Processes come at their own rate.
var counterSections = []string{"uptime", "stat", "diskstats", "net/dev", "pressure", "loadavg", "meminfo"}

const (
	sectionPIDs      = "pids" // finds the processes; starts a shell on the host
	sectionProcesses = "processes"
	sectionFacts     = "facts"
	sectionSockets   = "sockets" // starts a process or two on the host, as do the following
	sectionService   = "service"
	sectionAPIConfig = "config"
)

// reader turns the answer to a tick into a reading.
type reader struct {
	facts   *facts
	fresh   bool   // the facts were read just now
	prefix  string // of the names of the wanted processes
	reading *cluster.HostReading
	sockets *cluster.SocketReading // nil when not asked
	// unknownDevice: a device came that the facts do not know, since they are older.
	unknownDevice bool
}

// read parses every section that was asked. What could not be read is listed as
// missing; the failure is of what a reading can't do without.
func (r *reader) read(a *answer, asked []string) *cluster.Failure {
	r.reading = &cluster.HostReading{}
	var lost []string
	for _, name := range asked {
		if name == sectionSockets {
			r.readSockets(a.section(name))
			continue
		}
		why := r.why(a.section(name))
		if why == "" {
			why = r.parsed(a.section(name))
		}
		if why == "" {
			continue
		}
		r.reading.Missing = append(r.reading.Missing, cluster.MissingSection{
			Section: cluster.Clean(name), Why: cluster.Clean(why),
		})
		if name == "uptime" || name == "stat" || name == "diskstats" {
			lost = append(lost, name+" "+why)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return cluster.Fail(cluster.FailMissing, "no figures: "+strings.Join(lost, ", "),
		"check the proc root of this node and what the account may read there")
}

// readSockets takes in the connections, which are a reading of their own. The
// uptime, which comes first in the answer, is known by now.
func (r *reader) readSockets(s *section) {
	if why := r.why(s); why != "" {
		r.sockets = &cluster.SocketReading{Why: cluster.Clean(why)}
	} else {
		r.sockets = parseSockets(s.body)
	}
	r.sockets.Uptime = r.reading.Uptime
}

// why tells why a section could not be had; empty if it could.
func (r *reader) why(s *section) string {
	switch {
	case s == nil:
		return "cut off in the answer"
	case s.name == sectionProcesses && r.facts.cannot[s.name] == "denied":
		return "the host hides other users' processes (hidepid)"
	case (s.rc == 0 || s.rc == 3) && (s.name != sectionProcesses || r.facts.cannot[s.name] == ""):
		return ""
	case r.facts.cannot[s.name] == "absent":
		return "not on this host"
	case r.facts.cannot[s.name] == "denied":
		return "not permitted"
	default:
		return "can't be read"
	}
}

// parsed parses a section and tells what is missing of it.
func (r *reader) parsed(s *section) (why string) {
	switch ok := r.parse(s.name, s.body); {
	case !ok:
		return "not understood: " + start(s.body)
	case s.rc == 3:
		return "more than 64 have that name, the rest is left out"
	default:
		return ""
	}
}

// start is the beginning of a text, for an error.
func start(b []byte) string { return string(b[:min(len(b), 80)]) }

func (r *reader) parse(name string, body []byte) (ok bool) {
	h := r.reading
	switch name {
	case "uptime":
		h.Uptime, ok = parseUptime(body)
	case "stat":
		h.CPU, h.PerCPU, ok = parseCPU(body)
	case "diskstats":
		h.Disks, ok = r.wholeDevices(parseDisks(body)), true
	case "net/dev":
		h.Nets, ok = parseNets(body), true
	case "pressure":
		h.Pressure, ok = parsePressure(body)
	case "loadavg":
		h.Load, ok = parseLoad(body)
	case "meminfo":
		h.Memory, ok = parseMemory(body)
	case sectionPIDs:
		ok = true
	case sectionProcesses:
		h.Processes, ok = parseProcesses(body, r.prefix, r.facts.page), true
		h.AskedProcesses = true
	}
	return ok
}

// wholeDevices leaves out partitions, which iostat does too. One that the facts
// do not know was plugged in since: it waits for them.
func (r *reader) wholeDevices(disks []cluster.DiskCounters) []cluster.DiskCounters {
	if len(r.facts.whole) == 0 {
		return likelyWhole(disks)
	}
	kept := disks[:0]
	for _, d := range disks {
		_, part := r.facts.parent[d.Name.String()]
		_, whole := r.facts.whole[d.Name.String()]
		if whole {
			kept = append(kept, d)
		}
		switch {
		case whole || part:
		case r.fresh:
			r.facts.parent[d.Name.String()] = "" // sysfs hides it: don't ask again
		default:
			r.unknownDevice = true
		}
	}
	return kept
}

var partition = regexp.MustCompile(`^p?[0-9]+$`)

// likelyWhole serves where sysfs is not to be had: a partition has the name of
// its device and a number.
func likelyWhole(disks []cluster.DiskCounters) []cluster.DiskCounters {
	var kept []cluster.DiskCounters
	for _, d := range disks {
		part := false
		for _, other := range disks {
			rest, ok := strings.CutPrefix(d.Name.String(), other.Name.String())
			part = part || ok && partition.MatchString(rest)
		}
		if !part {
			kept = append(kept, d)
		}
	}
	return kept
}
