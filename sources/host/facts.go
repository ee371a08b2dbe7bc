package host

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Where the host has no getconf. USER_HZ is 100 on all of Linux but alpha and
// ia64; pages of 4096 bytes are not as sure, but RSS is all that hangs on them.
const (
	defaultHZ   = 100
	defaultPage = 4096
)

// maxTools is how many tools of a host are kept.
const maxTools = 32

// facts is what the script's facts section says.
type facts struct {
	host   cluster.HostFacts
	clock  time.Time // the host's wall clock; zero if it could not be told
	page   uint64    // bytes
	cannot map[string]string
	inventory
	walPath  string // without symbolic links; empty if it could not be entered
	walError string // "absent DIR" or "denied DIR"
	mounts   []mount
}

// inventory is which block devices there are, by their names in /proc/diskstats.
type inventory struct {
	whole  map[string]device
	parent map[string]string // of partitions by name and by number; "" for hidden devices
	mapped map[string]string // device-mapper names to devices: "vg-wal" to "dm-0"
	btrfs  map[string]string // device to the id of the file system that it is part of
}

type device struct {
	number string // "8:0"
	facts  cluster.DeviceFacts
}

func newFacts() *facts {
	return &facts{
		host:   cluster.HostFacts{HZ: defaultHZ},
		page:   defaultPage,
		cannot: map[string]string{},
		inventory: inventory{
			whole: map[string]device{}, parent: map[string]string{},
			mapped: map[string]string{}, btrfs: map[string]string{},
		},
	}
}

// parseFacts reads lines of a key and a value. What it does not know it skips:
// a newer script may say more.
func parseFacts(text []byte) *facts {
	f := newFacts()
	var slaves [][2]string
	for line := range bytes.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), " ")
		switch w := strings.Fields(value); key {
		case "disk":
			f.disk(w)
		case "link":
			f.link(w)
		case "address":
			f.address(w)
		case "resolved":
			f.resolved(w)
		case "tool":
			if len(w) == 1 && len(f.host.Tools) < maxTools {
				f.host.Tools = append(f.host.Tools, cluster.Clean(w[0]))
			}
		case "part", "hide", "dm", "btrfs":
			f.relate(key, w)
		case "slave":
			if len(w) == 2 {
				slaves = append(slaves, [2]string{unbang(w[0]), unbang(w[1])})
			}
		default:
			f.scalar(key, value)
		}
	}
	f.stack(slaves)
	return f
}

// scalar takes in a value that there is one of.
func (f *facts) scalar(key, value string) {
	switch key {
	case "os":
		f.host.OS = cluster.Clean(value)
	case "kernel":
		f.host.Kernel = cluster.Clean(value)
	case "hostname":
		f.host.Hostname = cluster.Clean(value)
	case "bootid":
		f.host.BootID = cluster.Clean(value)
	case "dialect":
		f.host.Dialect = cluster.Clean(value)
	case "hz":
		f.host.HZ = positive(value, defaultHZ, 1<<20)
	case "page":
		f.page = uint64(positive(value, defaultPage, 1<<30))
	case "cores":
		f.host.Cores = positive(value, 0, 1<<20)
	case "clock":
		f.clock = parseClock(value)
	case "walpath":
		f.walPath = value
	case "walerror":
		f.walError = value
	case "mount":
		if m, ok := parseMount(value); ok {
			f.mounts = append(f.mounts, m)
		}
	case "cannot":
		if section, why, ok := strings.Cut(value, " "); ok {
			f.cannot[section] = why
		}
	}
}

func positive(s string, otherwise, limit int) int {
	if n, err := strconv.Atoi(s); err == nil && n > 0 && n <= limit {
		return n
	}
	return otherwise
}

// parseClock reads what `date +%s.%N` prints; where date knows no %N, the
// fraction is missing or garbage, and the second alone stands.
func parseClock(s string) time.Time {
	whole, fraction, _ := strings.Cut(s, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds <= 0 || seconds > math.MaxInt32*2 {
		return time.Time{}
	}
	nanos, err := strconv.ParseInt(fraction, 10, 64)
	if err != nil || len(fraction) != 9 || nanos < 0 {
		return time.Time{}
	}
	return time.Unix(seconds, nanos)
}

// disk takes in "NAME MAJ:MIN SECTORS ROTATIONAL MODEL...".
func (f *facts) disk(w []string) {
	if len(w) < 4 {
		return
	}
	name := unbang(w[0])
	sectors, err := strconv.ParseUint(w[2], 10, 54)
	if err != nil {
		return
	}
	f.whole[name] = device{number: w[1], facts: cluster.DeviceFacts{
		Name: cluster.Clean(name), Model: cluster.Clean(strings.Join(w[4:], " ")),
		SizeBytes: sectors * 512, Rotational: w[3] == "1",
	}}
}

// link takes in "NAME OPERSTATE SPEED DUPLEX". A link that is down, or whose
// driver does not know, has no speed, or one of -1.
func (f *facts) link(w []string) {
	if len(w) != 4 {
		return
	}
	l := cluster.LinkFacts{Name: cluster.Clean(w[0]), Down: w[1] == "down", Mbit: positive(w[2], 0, 1<<30)}
	if w[3] == "full" || w[3] == "half" {
		l.Duplex = cluster.Clean(w[3])
	}
	f.host.Links = append(f.host.Links, l)
}

// relate takes in how a device stands to others.
func (f *facts) relate(key string, w []string) {
	switch {
	case key == "part" && len(w) == 3: // NAME PARENT MAJ:MIN
		f.parent[unbang(w[0])] = unbang(w[1])
		f.parent[w[2]] = unbang(w[1])
	case key == "hide" && len(w) == 1:
		f.parent[unbang(w[0])] = ""
	case key == "dm" && len(w) == 2: // NAME MAPPED
		name := unbang(w[0])
		f.mapped[w[1]] = name
		if d, ok := f.whole[name]; ok && d.facts.Model.IsZero() {
			d.facts.Model = cluster.Clean(w[1])
			f.whole[name] = d
		}
	case key == "btrfs" && len(w) == 2: // UUID NAME
		f.btrfs[unbang(w[1])] = w[0]
	}
}

// stack gives each device the whole devices below it, and orders them by name.
func (f *facts) stack(slaves [][2]string) {
	for _, s := range slaves {
		below := s[1]
		if whole := f.parent[below]; whole != "" {
			below = whole // a partition: its device is what has figures
		}
		d, ok := f.whole[s[0]]
		if name := cluster.Clean(below); ok && !slices.Contains(d.facts.Slaves, name) {
			d.facts.Slaves = append(d.facts.Slaves, name)
			f.whole[s[0]] = d
		}
	}
	for _, name := range sortedKeys(f.whole) {
		if d := f.whole[name]; d.facts.SizeBytes > 0 { // an unused loop or ram disk
			f.host.Devices = append(f.host.Devices, d.facts)
		}
	}
}

// unbang gives a device the name that /proc/diskstats has: sysfs can have no
// slash in a name and writes "!" for it (cciss!c0d0).
func unbang(name string) string { return strings.ReplaceAll(name, "!", "/") }
