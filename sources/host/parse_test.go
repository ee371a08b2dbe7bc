package host

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/cluster"
)

func TestParseUptime(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0.00 0.00\n": 0, "1049.32 1798.26\n": 1049320 * time.Millisecond, "5": 5 * time.Second,
		"": -1, "-1 2": -1, "NaN 1": -1, "1e300 2": -1, "x": -1,
	} {
		got, ok := parseUptime([]byte(text))
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %v %v", text, got, ok)
		}
	}
}

func TestParseCPU(t *testing.T) {
	// Linux 2.4 had four fields; 2.6.10 and older no steal.
	sum, each, ok := parseCPU([]byte("cpu 1 2 3 4\ncpu0 1 2 3 4\n"))
	if !ok || sum != (cluster.CPUTicks{User: 1, Nice: 2, System: 3, Idle: 4}) || len(each) != 1 {
		t.Errorf("%+v %v %v", sum, each, ok)
	}
	sum, _, ok = parseCPU([]byte("cpu  1 2 3 4 5 6 7 8 900 1000\nintr 1 2"))
	if !ok || sum.Steal != 8 || sum.SoftIRQ != 7 {
		t.Errorf("%+v %v", sum, ok)
	}
	// One that is offline has no line, and the next keeps its number.
	_, each, ok = parseCPU([]byte("cpu 1 2 3 4\ncpu0 1 2 3 4\ncpu2 5 6 7 8\n"))
	if !ok || len(each) != 3 || each[1] != (cluster.CPUTicks{}) || each[2].User != 5 {
		t.Errorf("%+v %v", each, ok)
	}
	for _, bad := range []string{"", "intr 1", "cpu 1 2 3", "cpu 1 2 3 x", "cpu0 1 2 3 4", "cpu 1 2 3 4\ncpu999999999 1 2 3 4", "cpu 1 2 3 4\ncpu1 1 2 3 4\ncpu0 1 2 3 4", "cpu 1 2 3 4\ncpux 1 2 3 4"} {
		if _, _, ok := parseCPU([]byte(bad)); ok {
			t.Errorf("%q is no stat", bad)
		}
	}
}

func TestParseDisks(t *testing.T) {
	for _, tt := range []struct {
		line   string
		fields int // 0 for none
	}{
		{"8 0 sda 1 2 3 4 5 6 7 8 9 10 11", 11},
		{"8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12", 11},
		{"8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", 15},
		{"8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", 17},
		{"8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19", 17},
		{"8 1 sda1 1 2 3 4", 0}, // a partition before 2.6.25
		{"8 0 sda 1 2 3 4 5 6 7 8 9 10 x", 0},
		{"x 0 sda 1 2 3 4 5 6 7 8 9 10 11", 0},
	} {
		got := parseDisks([]byte(tt.line + "\n"))
		if len(got) == 0 {
			if tt.fields != 0 {
				t.Errorf("%q: nothing", tt.line)
			}
			continue
		}
		d := got[0]
		if d.Fields != tt.fields || d.ReadIOs != 1 || d.ReadTicks != 4 || d.WriteTicks != 8 || d.InFlight != 9 || d.WeightedTicks != 11 {
			t.Errorf("%q: %+v", tt.line, d)
		}
		if (tt.fields == 17) != (d.FlushTicks == 17) || (tt.fields >= 15) != (d.DiscardTicks == 15) {
			t.Errorf("%q: %+v", tt.line, d)
		}
	}
}

func TestTicksAreModulo32(t *testing.T) {
	d := parseDisks([]byte("8 0 sda 1 0 0 4294967297 1 0 0 18446744073709551615 -1 4294967295 -2\n"))[0]
	if d.ReadTicks != 1 || d.WriteTicks != 1<<32-1 || d.InFlight != 0 || d.IOTicks != 1<<32-1 || d.WeightedTicks != 1<<32-2 {
		t.Errorf("%+v", d)
	}
}

func TestParseNets(t *testing.T) {
	nets := parseNets([]byte(" face |bytes packets\n eth0:12 1 2 3 0 0 0 0 45 4 5 6 0 0 0 0\neth0:1: 7 1 0 0 0 0 0 0 8 1 0 0 0 0 0 0\nbad: 1 2\n"))
	if len(nets) != 2 || nets[0].RxBytes != 12 || nets[0].TxBytes != 45 || nets[0].TxDrops != 6 || nets[1].Name.String() != "eth0:1" {
		t.Errorf("%+v", nets)
	}
}

func TestParseProcess(t *testing.T) {
	const rest = " S 1 1 1 0 -1 0 0 0 0 0 11 22 0 0 20 0 33 0 44 55 66 77"
	for _, comm := range []string{"stemedb", "a b", ")", "(x) R 9 9", "s \xff\x1b[2J", ""} {
		p, got, ok := parseProcess([]byte("99 ("+comm+")"+rest+"\n"), 4096)
		want := cluster.Process{
			PID: 99, Command: cluster.Clean(comm), State: 'S', UserTicks: 11, SystemTicks: 22,
			Threads: 33, StartTicks: 44, RSSBytes: 66 * 4096,
		}
		if !ok || got != comm || p != want {
			t.Errorf("%q: %+v %q %v", comm, p, got, ok)
		}
	}
	for _, bad := range []string{"", "99 comm S 1", "99 (x) S 1 2", "x (y)" + rest, "-1 (y)" + rest, ")(", "1 (x)" + strings.Replace(rest, "66", "-6", 1)} {
		if _, _, ok := parseProcess([]byte(bad), 4096); ok {
			t.Errorf("%q is no process", bad)
		}
	}
}

func TestParsePressure(t *testing.T) {
	const tail = " avg10=0.00 avg60=0.00 avg300=0.00 total="
	full := "cpu some" + tail + "1\nio some" + tail + "2\nio full" + tail + "3\nmemory some" + tail + "4\nmemory full" + tail + "5\n"
	p, ok := parsePressure([]byte(full))
	if !ok || p != (cluster.Pressure{Has: true, CPUSome: 1, IOSome: 2, IOFull: 3, MemorySome: 4, MemoryFull: 5}) {
		t.Errorf("%+v %v", p, ok)
	}
	for _, bad := range []string{"", "cpu some total=1\n", strings.Replace(full, "total=3", "total=x", 1)} {
		if p, ok := parsePressure([]byte(bad)); ok || p.Has {
			t.Errorf("%q: %+v", bad, p)
		}
	}
}

func TestUnescape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOf(rapid.Byte()).Draw(t, "raw")
		var b strings.Builder
		for _, c := range raw {
			if strings.IndexByte(" \t\n\\#", c) >= 0 { // what the kernel escapes
				fmt.Fprintf(&b, `\%03o`, c)
			} else {
				b.WriteByte(c)
			}
		}
		if got := unescape(b.String()); got != string(raw) {
			t.Fatalf("%q, want %q", got, raw)
		}
	})
	for in, want := range map[string]string{`a\`: `a\`, `\04`: `\04`, `\999x`: `\999x`, `\777`: `\777`} {
		if got := unescape(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

// A line of counters comes back as it was written, however many fields.
func TestDiskRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{11, 15, 17}).Draw(t, "fields")
		line := "8 16 sdb"
		var v [17]uint64
		for i := range n {
			v[i] = rapid.Uint64Max(1<<31).Draw(t, "value")
			line += fmt.Sprintf(" %d", v[i])
		}
		got := parseDisks([]byte(line))
		want := cluster.DiskCounters{
			Major: 8, Minor: 16, Name: cluster.Clean("sdb"), Fields: n,
			ReadIOs: v[0], ReadMerges: v[1], ReadSectors: v[2], ReadTicks: uint32(v[3]),
			WriteIOs: v[4], WriteMerges: v[5], WriteSectors: v[6], WriteTicks: uint32(v[7]),
			InFlight: uint32(v[8]), IOTicks: uint32(v[9]), WeightedTicks: uint32(v[10]),
			DiscardIOs: v[11], DiscardMerges: v[12], DiscardSectors: v[13], DiscardTicks: uint32(v[14]),
			FlushIOs: v[15], FlushTicks: uint32(v[16]),
		}
		if len(got) != 1 || got[0] != want {
			t.Fatalf("%q: %+v", line, got)
		}
	})
}

// FuzzParsers feeds every parser with the same text: none may panic, and what
// they accept stays within what they promise.
func FuzzParsers(f *testing.F) {
	for _, seed := range []string{
		"1049.32 1798.26", "cpu 1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4", "0.38 0.27 0.28 1/101 22734",
		"8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", " eth0:12 1 2 3 0 0 0 0 45 4 5 6 0 0 0 0",
		"MemTotal: 5 kB\nDirty: 1 kB", "io some avg10=0.00 total=1", "99 (a) b) S 1 1 1 0 -1 0 0 0 0 0 11 22 0 0 20 0 33 0 44 55 66 77",
		"disk sda 8:0 5 1 MODEL\npart sda1 sda 8:1\nwalpath /a\nmount 1 2 8:1 / /a rw - ext4 /dev/sda1 rw\nslave dm-0 sda\ndm dm-0 vg\nbtrfs u sda1\ncannot pressure denied",
		"clock 1700000000.123456789\nhz 100\npage 4096\ncores 2",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if d, ok := parseUptime(text); ok && d < 0 {
			t.Error(d)
		}
		parseCPU(text)
		parseMemory(text)
		parsePressure(text)
		parseNets(text)
		likelyWhole(parseDisks(text))
		if l, ok := parseLoad(text); ok && l.One < 0 {
			t.Error(l)
		}
		for _, p := range parseProcesses(text, "", 4096) {
			if p.PID <= 0 || p.Threads < 0 {
				t.Error(p)
			}
		}
		facts := parseFacts(text)
		w := facts.walDevice("/a/b")
		if w.Device.IsZero() == w.Why.IsZero() {
			t.Errorf("neither a device nor a reason, or both: %+v", w)
		}
		if facts.host.HZ <= 0 || facts.host.Cores < 0 {
			t.Error(facts.host)
		}
	})
}

// BenchmarkRead parses the answer to a tick of a host with 8 processors, 4 disks
// and a followed process. Budget: 50 us of the monitor's CPU.
func BenchmarkRead(b *testing.B) {
	f := newFacts()
	bodies := map[string]string{
		"uptime": "1049.32 1798.26\n", "stat": "cpu  26236 52 10444 288135 1013 0 165 148 0 0\n",
		"loadavg": "0.38 0.27 0.28 1/101 22734\n", "meminfo": "MemTotal: 24684096\nMemFree: 23975872\nDirty: 820\nWriteback: 0\n",
		"net/dev":   "eth0: 276920638 13509 0 0 0 0 0 0 1343021 11213 0 0 0 0 0 0\n",
		"pressure":  "cpu some total=1\nio some total=2\nio full total=3\nmemory some total=4\nmemory full total=5\n",
		"processes": "99 (stemedb) S 1 1 1 0 -1 0 0 0 0 0 11 22 0 0 20 0 33 0 44 55 66 77\n",
	}
	for i := range 8 {
		bodies["stat"] += fmt.Sprintf("cpu%d 12765 23 4878 145147 160 0 19 68 0 0\n", i)
	}
	for i := range 4 {
		name := fmt.Sprintf("sd%c", 'a'+i)
		f.whole[name] = device{}
		bodies["diskstats"] += "8 0 " + name + " 85650 27535 2331986 18730 30188 67970 5794336 36542 0 14796 56725 9078 74 1533488 1275 3391 178\n"
	}
	asked := append(slices.Clone(counterSections), sectionProcesses)
	in := ""
	for _, name := range asked {
		in += at("@ B 1 " + name + "\n" + bodies[name] + "@ E 1 " + name + " 0\n")
	}
	in += at("@ D 1\n")
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		a, err := newFrames(strings.NewReader(in), nonce).next()
		if err != nil {
			b.Fatal(err)
		}
		r := reader{facts: f, prefix: "stemedb"}
		if failure := r.read(&a, asked); failure != nil || len(r.reading.Disks) != 4 || len(r.reading.Missing) != 0 {
			b.Fatal(failure, r.reading)
		}
	}
}
