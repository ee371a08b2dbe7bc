package host_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/host"
)

// captured are hosts as kernels from 2.6.32 to 6.12 describe them.
var captured = []struct {
	archive, wal   string
	disks, devices string // names kept
	walDevice, why string
	missing        string
	fields, cpus   int
	uptime         time.Duration
}{
	{
		archive: "linux-2.6.32", wal: "/var/lib/stemedb/wal", disks: "cciss/c0d0", devices: "cciss/c0d0 ram0",
		walDevice: "cciss/c0d0", missing: "pressure: not on this host", fields: 11, cpus: 2, uptime: 4294967510 * time.Millisecond,
	},
	{
		archive: "linux-4.14", wal: "/srv/wal of db", disks: "xvda", devices: "xvda",
		walDevice: "xvda", missing: "pressure: not on this host", fields: 11, cpus: 1, uptime: 24 * time.Hour,
	},
	{
		archive: "linux-4.18", wal: "/var/lib/stemedb", disks: "sda dm-0 dm-1", devices: "dm-0 dm-1 sda",
		walDevice: "dm-1", missing: "pressure: not on this host", fields: 15, cpus: 2, uptime: 1234560 * time.Millisecond,
	},
	{
		archive: "linux-5.5", wal: "/var", disks: "nvme0n1", devices: "nvme0n1",
		walDevice: "nvme0n1", fields: 17, cpus: 1, uptime: 99990 * time.Millisecond,
	},
	{
		archive: "linux-6.12", wal: "/var/lib/stemedb/wal", disks: "vda vdb", devices: "vda vdb",
		walDevice: "vdb", fields: 17, cpus: 2, uptime: 1049320 * time.Millisecond,
	},
	{
		archive: "linux-6.12", wal: "/mnt/nfs", disks: "vda vdb", devices: "vda vdb",
		why:    "/mnt/nfs is nfs4 from 10.0.0.9:/export, which is no block device",
		fields: 17, cpus: 2, uptime: 1049320 * time.Millisecond,
	},
	{
		archive: "linux-6.12", wal: "/tmp", disks: "vda vdb", devices: "vda vdb",
		why: "/ is overlay from overlay, which is no block device", fields: 17, cpus: 2, uptime: 1049320 * time.Millisecond,
	},
	{
		archive: "linux-6.12", wal: "/nowhere/wal", disks: "vda vdb", devices: "vda vdb",
		why: "/nowhere/wal does not exist", fields: 17, cpus: 2, uptime: 1049320 * time.Millisecond,
	},
	{
		archive: "linux-6.12", disks: "vda vdb", devices: "vda vdb",
		why: "no WAL path is configured", fields: 17, cpus: 2, uptime: 1049320 * time.Millisecond,
	},
}

func TestCaptured(t *testing.T) {
	needDialects(t)
	for _, tt := range captured {
		t.Run(tt.archive+tt.wal, func(t *testing.T) {
			proc, sys := roots(t, tt.archive)
			var first *cluster.HostReading
			for _, dialect := range dialects {
				c := collector(t, host.Options{Transport: &local{}, Proc: proc, Sys: sys, WALPath: tt.wal, Dialect: dialect})
				facts, r := collect(t, c)
				if got := facts.Dialect.String(); got != dialect {
					t.Errorf("dialect %q, want %q", got, dialect)
				}
				equal(t, dialect, "WAL", facts.WAL.Device.String(), tt.walDevice)
				equal(t, dialect, "why", facts.WAL.Why.String(), tt.why)
				equal(t, dialect, "devices", namesOf(facts.Devices, func(d cluster.DeviceFacts) cluster.Text { return d.Name }), tt.devices)
				equal(t, dialect, "disks", namesOf(r.Disks, func(d cluster.DiskCounters) cluster.Text { return d.Name }), tt.disks)
				equal(t, dialect, "nets", namesOf(r.Nets, func(n cluster.NetCounters) cluster.Text { return n.Name }), "lo eth0")
				equal(t, dialect, "missing", namesOf(r.Missing, func(m cluster.MissingSection) cluster.Text {
					return cluster.Clean(m.Section.String() + ": " + m.Why.String())
				}), tt.missing)
				if r.Uptime != tt.uptime || r.Disks[0].Fields != tt.fields || online(r.PerCPU) != tt.cpus || facts.Cores != tt.cpus {
					t.Errorf("%s: uptime %v, %d fields, %d processors, %d cores", dialect, r.Uptime, r.Disks[0].Fields, online(r.PerCPU), facts.Cores)
				}
				if first == nil {
					first = r
				}
				if d := cmp.Diff(first, r, cmp.Comparer(func(a, b cluster.Text) bool { return a == b })); d != "" {
					t.Errorf("%s differs:\n%s", dialect, d)
				}
			}
			figures(t, first)
		})
	}
}

func equal(t *testing.T, dialect, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s %q, want %q", dialect, what, got, want)
	}
}

func namesOf[T any](in []T, name func(T) cluster.Text) string {
	var out []string
	for _, v := range in {
		out = append(out, name(v).String())
	}
	return strings.Join(out, " ")
}

// figures checks what is the same in every archive.
func figures(t *testing.T, r *cluster.HostReading) {
	t.Helper()
	want := []cluster.Process{{
		PID: 4242, Command: cluster.Clean("stemedb (a) b"), State: 'S', UserTicks: 180244, SystemTicks: 33111,
		StartTicks: 9120, RSSBytes: 81920 * 4096, Threads: 27,
	}}
	if d := cmp.Diff(want, r.Processes, cmpopts.EquateComparable(cluster.Text{})); d != "" {
		t.Errorf("processes:\n%s", d)
	}
	if eth := r.Nets[1]; eth.RxErrors != 3 || eth.RxDrops != 7 || eth.TxBytes != 991223344 || eth.TxDrops != 1 {
		t.Errorf("eth0: %+v", eth)
	}
	m := r.Memory
	if m.Total != 16333828 || m.Dirty != 10240 || m.Writeback != 64 || m.SwapFree != 4194288 || m.Available < 11699416 {
		t.Errorf("memory: %+v", m)
	}
	if r.Pressure.Has && r.Pressure != (cluster.Pressure{
		Has: true, CPUSome: 105528270, IOSome: 10843656, IOFull: 7723807, MemorySome: 42, MemoryFull: 7,
	}) {
		t.Errorf("pressure: %+v", r.Pressure)
	}
}

func TestDeviceFacts(t *testing.T) {
	proc, sys := roots(t, "linux-4.18")
	facts, r := collect(t, collector(t, host.Options{Transport: &local{}, Proc: proc, Sys: sys}))
	want := []cluster.DeviceFacts{
		{Name: cluster.Clean("dm-0"), Model: cluster.Clean("rhel-root"), SizeBytes: 104857600 * 512, Rotational: true, Slaves: []cluster.Text{cluster.Clean("sda")}},
		{Name: cluster.Clean("dm-1"), Model: cluster.Clean("rhel-wal"), SizeBytes: 1677721600 * 512, Rotational: true, Slaves: []cluster.Text{cluster.Clean("sda")}},
		{Name: cluster.Clean("sda"), Model: cluster.Clean("ST1000NX0423"), SizeBytes: 1953525168 * 512, Rotational: true},
	}
	if d := cmp.Diff(want, facts.Devices, cmpopts.EquateComparable(cluster.Text{})); d != "" {
		t.Error(d)
	}
	links := []cluster.LinkFacts{
		{Name: cluster.Clean("bond0")},
		{Name: cluster.Clean("eno1"), Mbit: 10000, Duplex: cluster.Clean("full")},
		{Name: cluster.Clean("eno2"), Down: true},
	}
	if d := cmp.Diff(links, facts.Links, cmpopts.EquateComparable(cluster.Text{})); d != "" {
		t.Error(d)
	}
	disk := r.Disks[2]
	if disk.WriteTicks != 9900 || disk.InFlight != 3 || disk.DiscardSectors != 8000 || disk.DiscardTicks != 31 {
		t.Errorf("dm-1: %+v", disk)
	}
	if facts.Kernel.String() != "4.18.0-553.el8_10.x86_64" || facts.Hostname.String() != "db8" || facts.OS.String() != "Linux" || facts.HZ != 100 {
		t.Errorf("%+v", facts)
	}
	if !facts.ClockKnown || facts.ClockOffset.Abs() > facts.ClockError+time.Millisecond {
		t.Errorf("clock of this machine is off by %v, error %v", facts.ClockOffset, facts.ClockError)
	}
}

func online(cpus []cluster.CPUTicks) (n int) {
	for _, c := range cpus {
		if c != (cluster.CPUTicks{}) {
			n++
		}
	}
	return n
}
