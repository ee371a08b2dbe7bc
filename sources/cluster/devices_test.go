package cluster

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// busy feeds a second of a host whose devices, by name, were busy for so many
// milliseconds of it.
type busy struct {
	f      *feed
	second int
	disks  []string
	ticks  map[string]uint32
	nets   []string
	bytes  map[string]uint64
}

func newBusy(t *testing.T, wal WALDevice, disks, nets string) *busy {
	b := &busy{
		f: newFeed(t), disks: strings.Fields(disks), ticks: map[string]uint32{},
		nets: strings.Fields(nets), bytes: map[string]uint64{},
	}
	b.f.publish(0, Source{FromHost, "node2"}, &HostFacts{HZ: 100, WAL: wal}, nil)
	b.step(nil, nil)
	return b
}

func (b *busy) step(disks map[string]uint32, nets map[string]uint64) Host {
	b.second++
	r := &HostReading{Uptime: sec(float64(1000 + b.second))}
	for _, name := range b.disks {
		b.ticks[name] += disks[name]
		n := b.ticks[name]
		r.Disks = append(r.Disks, DiskCounters{Name: Clean(name), Fields: 17, WriteIOs: uint64(n) + 1, IOTicks: n, WriteTicks: n})
	}
	for _, name := range b.nets {
		b.bytes[name] += nets[name]
		r.Nets = append(r.Nets, NetCounters{Name: Clean(name), RxBytes: b.bytes[name]})
	}
	at := sec(float64(b.second))
	b.f.publish(at, Source{FromHost, "node2"}, r, nil)
	return b.f.at(at).Replica("node2").Host
}

func diskNames(h *Host) string {
	var names []string
	for i := range h.Disks {
		names = append(names, h.Disks[i].Name.String())
	}
	return strings.Join(names, " ")
}

func netNames(h *Host) string {
	var names []string
	for i := range h.Nets {
		names = append(names, h.Nets[i].Name.String())
	}
	return strings.Join(names, " ")
}

// Where the WAL's device is not known, the busiest stands first, and loop devices
// and those that are idle last, whatever their names.
func TestBusiestStandsForAnUnknownWAL(t *testing.T) {
	missing := WALDevice{Path: Clean("/var/lib/stemedb/wal"), Why: Clean("/var/lib/stemedb/wal does not exist")}
	b := newBusy(t, missing, "loop0 loop1 sda sdb sr0 vda", "lo docker0 dummy0 eth0 ifb0")
	h := b.step(map[string]uint32{"loop0": 990, "vda": 920, "sdb": 5}, map[string]uint64{"lo": 9e6, "docker0": 70, "eth0": 5e6})
	if got := diskNames(&h); got != "vda sdb sda loop0 loop1 sr0" {
		t.Errorf("disks %s", got)
	}
	if got := netNames(&h); got != "eth0 docker0 dummy0 ifb0 lo" {
		t.Errorf("interfaces %s", got)
	}
	if got := h.NoWAL(); got != missing.Why {
		t.Errorf("why there is no WAL: %q", got)
	}
	if d := BusiestDisk(h.Disks); d.Name.String() != "vda" {
		t.Errorf("the history is of %s", d.Name)
	}
	known := newBusy(t, WALDevice{Device: Clean("sdb")}, "loop0 sda sdb", "")
	h = known.step(map[string]uint32{"sda": 990}, nil)
	if got := diskNames(&h); got != "sdb sda loop0" || !h.NoWAL().IsZero() {
		t.Errorf("disks %s, no WAL: %q", got, h.NoWAL())
	}
	away := newBusy(t, WALDevice{Device: Clean("sdq")}, "loop0 sda", "")
	h = away.step(nil, nil)
	if got := h.NoWAL().String(); got != "sdq has done nothing since boot" {
		t.Errorf("a WAL that did nothing: %q", got)
	}
}

// Of two disks that are alike each is the busier every other second, and one that
// writes now and then is idle in most readings: neither moves a line.
func TestOrderOfDevicesStands(t *testing.T) {
	b := newBusy(t, WALDevice{}, "sda sdb sdc sdd", "lo eth0 eth1 eth2")
	b.step(map[string]uint32{"sda": 10, "sdb": 500, "sdc": 490, "sdd": 1}, map[string]uint64{"eth1": 500, "eth0": 490, "eth2": 1})
	for i := range uint32(60) {
		disks := map[string]uint32{"sdb": 500 - 100*(i%2), "sdc": 400 + 100*(i%2)}
		nets := map[string]uint64{"eth1": uint64(500 - 100*(i%2)), "eth0": uint64(400 + 100*(i%2)), "lo": 1e6}
		if i%10 == 9 {
			disks["sdd"], nets["eth2"] = 3, 3
		}
		h := b.step(disks, nets)
		want := "sdb sda sdc sdd"
		if b.second > 62 { // sda has done nothing for a minute
			want = "sdb sdc sdd sda"
		}
		if got := diskNames(&h); got != want {
			t.Fatalf("after %d s disks %s, want %s", b.second, got, want)
		}
		if got := netNames(&h); got != "eth1 eth0 eth2 lo" {
			t.Fatalf("after %d s interfaces %s", b.second, got)
		}
	}
	for i := range 12 {
		h := b.step(map[string]uint32{"sdb": 300, "sdd": 900}, nil)
		// In the last second sdc was the busier, so that sdb falls behind since then.
		if got, want := strings.HasPrefix(diskNames(&h), "sdd"), i >= 9; got != want {
			t.Fatalf("%d s after sdd has become the busiest: %s", i+1, diskNames(&h))
		}
	}
}

// What the order rests on outlives a keyframe.
func TestKeyframeKeepsTheOrderOfDevices(t *testing.T) {
	b := newBusy(t, WALDevice{}, "sda sdb sdc", "eth0 eth1")
	b.step(map[string]uint32{"sdb": 500, "sda": 1, "sdc": 1}, map[string]uint64{"eth1": 10})
	for range 5 {
		b.step(map[string]uint32{"sdc": 700}, map[string]uint64{"eth0": 20})
	}
	rebuilt := NewState()
	for _, o := range b.f.state.Keyframe() {
		rebuilt.Apply(&o)
	}
	for i := range 10 {
		h := b.step(map[string]uint32{"sdc": 700}, map[string]uint64{"eth0": 20})
		rebuilt.Apply(&b.f.all[len(b.f.all)-1])
		got := rebuilt.Snapshot(t0.Add(sec(float64(b.second))), nil).Replica("node2").Host
		if diskNames(&got) != diskNames(&h) || netNames(&got) != netNames(&h) {
			t.Fatalf("%d: rebuilt %s, %s, want %s, %s", i, diskNames(&got), netNames(&got), diskNames(&h), netNames(&h))
		}
		if want := []string{"sdb", "sdc"}[min(i/5, 1)]; !strings.HasPrefix(diskNames(&h), want) {
			t.Fatalf("%d: %s", i, diskNames(&h))
		}
	}
}

// A disk that hangs stands first at once: its %util may be 0 until it answers.
func TestHungDiskStandsFirst(t *testing.T) {
	list := []device{{name: Clean("sda"), load: 90, moves: true}, {name: Clean("sdb"), hangs: true, moves: true}, {name: Clean("loop0"), load: 100, hangs: true, behind: true}}
	m := DevicesRecall{Busiest: Clean("sda")}
	m.note(time.Hour, list, holdBusiest)
	slices.SortFunc(list, m.compare)
	if m.Busiest.String() != "sdb" || list[0].name.String() != "sdb" || list[2].name.String() != "loop0" {
		t.Errorf("busiest %s, order %+v", m.Busiest, list)
	}
}
