package host

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// parseUptime reads the first number of /proc/uptime: seconds since boot,
// suspended time included, in steps of 10 ms.
func parseUptime(text []byte) (time.Duration, bool) {
	first, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte(" "))
	seconds, err := strconv.ParseFloat(string(first), 64)
	if err != nil || !(seconds >= 0 && seconds < math.MaxInt64/1e9) {
		return 0, false
	}
	return time.Duration(math.Round(seconds*100)) * 10 * time.Millisecond, true
}

// maxCPUs is above what the kernel can be built for.
const maxCPUs = 1 << 14

// parseCPU reads the cpu lines of /proc/stat. Old kernels have four fields and
// no steal; what a kernel does not count is 0 in every reading. A processor that
// is offline has no line: its place stays empty, so that the others keep theirs.
func parseCPU(text []byte) (sum cluster.CPUTicks, each []cluster.CPUTicks, ok bool) {
	var buf [16][]byte
	for line := range bytes.Lines(text) {
		w := words(line, buf[:0])
		if len(w) == 0 || !bytes.HasPrefix(w[0], []byte("cpu")) {
			break
		}
		t, good := cpuTicks(w[1:])
		switch {
		case !good:
			return sum, nil, false
		case len(w[0]) == 3:
			sum, ok = t, true
		default:
			n, err := strconv.Atoi(string(w[0][3:]))
			if err != nil || n < len(each) || n >= maxCPUs {
				return sum, nil, false
			}
			each = append(append(each, make([]cluster.CPUTicks, n-len(each))...), t)
		}
	}
	return sum, each, ok
}

func cpuTicks(w [][]byte) (cluster.CPUTicks, bool) {
	var v [8]uint64
	n, ok := numbers(w, v[:])
	return cluster.CPUTicks{
		User: v[0], Nice: v[1], System: v[2], Idle: v[3],
		IOWait: v[4], IRQ: v[5], SoftIRQ: v[6], Steal: v[7],
	}, ok && n >= 4
}

// parseLoad reads /proc/loadavg, for example "0.38 0.27 0.28 1/101 22734".
func parseLoad(text []byte) (cluster.Load, bool) {
	var buf [8][]byte
	w := words(text, buf[:0])
	if len(w) < 4 {
		return cluster.Load{}, false
	}
	var v [3]float64
	for i := range v {
		f, err := strconv.ParseFloat(string(w[i]), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
			return cluster.Load{}, false
		}
		v[i] = f
	}
	running, total, _ := bytes.Cut(w[3], []byte("/"))
	r, err1 := strconv.ParseUint(string(running), 10, 32)
	t, err2 := strconv.ParseUint(string(total), 10, 32)
	if err1 != nil || err2 != nil {
		return cluster.Load{}, false
	}
	return cluster.Load{Has: true, One: v[0], Five: v[1], Fifteen: v[2], Running: uint32(r), Total: uint32(t)}, true
}

// parseMemory reads lines of /proc/meminfo, with or without their unit, which
// is kB always. MemAvailable is 0 before Linux 3.14, where it is Free, Buffers
// and Cached together, as top reckoned then.
func parseMemory(text []byte) (cluster.MemoryInfo, bool) {
	var m cluster.MemoryInfo
	into := map[string]*uint64{
		"MemTotal:": &m.Total, "MemFree:": &m.Free, "MemAvailable:": &m.Available,
		"Buffers:": &m.Buffers, "Cached:": &m.Cached, "SwapTotal:": &m.SwapTotal,
		"SwapFree:": &m.SwapFree, "Dirty:": &m.Dirty, "Writeback:": &m.Writeback,
	}
	available := false
	var buf [4][]byte
	for line := range bytes.Lines(text) {
		w := words(line, buf[:0])
		if len(w) < 2 {
			continue
		}
		dst := into[string(w[0])]
		if dst == nil {
			continue
		}
		v, err := strconv.ParseUint(string(w[1]), 10, 64)
		if err != nil {
			return cluster.MemoryInfo{}, false
		}
		*dst = v
		available = available || dst == &m.Available
	}
	if !available {
		m.Available = m.Free + m.Buffers + m.Cached
	}
	m.Has = m.Total > 0
	return m, m.Has
}

// parsePressure reads lines of /proc/pressure, each after the name of its file:
// "io some avg10=0.00 avg60=0.00 avg300=0.00 total=123" or "io some total=123".
func parsePressure(text []byte) (cluster.Pressure, bool) {
	var p cluster.Pressure
	into := map[string]*uint64{
		"cpu some": &p.CPUSome, "io some": &p.IOSome, "io full": &p.IOFull,
		"memory some": &p.MemorySome, "memory full": &p.MemoryFull,
	}
	var buf [8][]byte
	found := 0
	for line := range bytes.Lines(text) {
		w := words(line, buf[:0])
		if len(w) < 3 {
			continue
		}
		dst := into[string(w[0])+" "+string(w[1])] // "cpu full" is always 0 for a whole host
		total, ok := bytes.CutPrefix(w[len(w)-1], []byte("total="))
		if dst == nil || !ok {
			continue
		}
		v, err := strconv.ParseUint(string(total), 10, 64)
		if err != nil {
			return cluster.Pressure{}, false
		}
		*dst = v
		found++
	}
	p.Has = found == len(into)
	return p, p.Has
}
