package host

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// mount is a line of /proc/PID/mountinfo (proc(5)).
type mount struct {
	number string // st_dev of its files, "8:1"; major 0 is no block device
	point  string
	kind   string // of the file system
	source string
}

// parseMount reads "ID PARENT MAJ:MIN ROOT POINT OPTIONS [TAGS...] - TYPE SOURCE OPTIONS".
func parseMount(line string) (mount, bool) {
	left, right, ok := strings.Cut(line, " - ")
	l, r := strings.Fields(left), strings.Fields(right)
	if !ok || len(l) < 6 || len(r) < 2 {
		return mount{}, false
	}
	return mount{number: l[2], point: unescape(l[4]), kind: r[0], source: unescape(r[1])}, true
}

// unescape undoes the octal escapes of mountinfo: \040 for a blank, and so on.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// walDevice finds the block device below the WAL path. It never guesses: where
// the path, its mount or the device is not certain, the answer is why not.
func (f *facts) walDevice(path string) cluster.WALDevice {
	w := cluster.WALDevice{Path: cluster.Clean(path)}
	if path == "" {
		w.Why = cluster.Clean("no WAL path is configured")
		return w
	}
	m, why := f.mountOf(path)
	if why == "" {
		var name string
		name, why = f.deviceOf(m)
		w.Device = cluster.Clean(name)
	}
	w.Why = cluster.Clean(why)
	return w
}

// mountOf finds the mount that the path is on: the longest mount point above it,
// of equals the last, which covers the others.
func (f *facts) mountOf(path string) (m mount, why string) {
	found := false
	for _, c := range f.mounts {
		// A mount point is no symbolic link and under none: if the path itself is
		// one, it need not be entered.
		within := under(f.walPath, c.point) || (f.walPath == "" && c.point == path)
		if within && len(c.point) >= len(m.point) {
			m, found = c, true
		}
	}
	switch reason, dir, _ := strings.Cut(f.walError, " "); {
	case found:
		return m, ""
	case f.walPath != "":
		return m, "no mount in /proc/self/mountinfo is above " + f.walPath
	case reason == "denied":
		return m, "the account may not enter " + dir
	default:
		return m, path + " does not exist"
	}
}

func under(path, dir string) bool {
	return path != "" && (dir == "/" || path == dir || strings.HasPrefix(path, dir+"/"))
}

// deviceOf returns the whole device of a mount.
func (f *facts) deviceOf(m mount) (name, why string) {
	if !strings.HasPrefix(m.number, "0:") {
		if parent := f.parent[m.number]; parent != "" {
			return parent, ""
		}
		for name, d := range f.whole {
			if d.number == m.number {
				return name, ""
			}
		}
		return "", "device " + m.number + " of " + m.point + " is not under /sys/block"
	}
	// The file system has a number of its own; its source may still be a device.
	if source, ok := strings.CutPrefix(m.source, "/dev/"); ok {
		leaf, whole := f.named(source)
		n := f.members(f.btrfs[leaf])
		switch {
		case whole == "":
		case m.kind == "btrfs" && n != 1:
			return "", m.point + " is btrfs on " + count(n) + " devices"
		default:
			return whole, ""
		}
	}
	return "", m.point + " is " + m.kind + " from " + m.source + ", which is no block device"
}

func count(n int) string {
	if n == 0 {
		return "an unknown number of"
	}
	return strconv.Itoa(n)
}

// named returns the device that has a name below /dev, and the whole device
// that it is or is a part of.
func (f *facts) named(source string) (leaf, whole string) {
	if name, ok := strings.CutPrefix(source, "mapper/"); ok {
		leaf = f.mapped[name]
		return leaf, leaf
	}
	if _, ok := f.whole[source]; ok {
		return source, source
	}
	return source, f.parent[source]
}

// members counts the devices of a btrfs.
func (f *facts) members(id string) int {
	n := 0
	for _, other := range f.btrfs {
		if id != "" && other == id {
			n++
		}
	}
	return n
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
