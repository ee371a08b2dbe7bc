package demo

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// walDevice is the disk below the WAL of each host; its first partition is
// mounted there.
const walDevice = "nvme0n1"

// common is what all hosts have alike, written once and shared: creating a
// file is what starting a cluster spends its time on.
type common struct {
	sys  string // all of it
	proc string // the processes that stand still
	// wal is the WAL path of every node, as one configuration has it. Each host's
	// mountinfo has a device of its own mounted above it.
	wal string
}

func writeCommon(dir string) (*common, error) {
	c := &common{filepath.Join(dir, "sys"), filepath.Join(dir, "proc"), filepath.Join(dir, "stemedb", "wal")}
	for _, p := range idle() {
		if err := writeProcess(c.proc, &p); err != nil {
			return nil, err
		}
	}
	return c, writeDevices(c.sys)
}

// writeStill writes what never changes of one host's /proc: identity, mounts,
// and links to the processes that stand still.
func writeStill(proc, mount, hostname, kernel string, shared *common) error {
	err := writeTree(proc, map[string]string{
		"sys/kernel/random/boot_id": newBootID() + "\n",
		"sys/kernel/hostname":       hostname + "\n",
		"sys/kernel/osrelease":      kernel + "\n",
		"sys/kernel/ostype":         "Linux\n",
		"self/mountinfo":            mountinfo(mount),
	})
	if err != nil {
		return err
	}
	for _, p := range idle() {
		pid := strconv.Itoa(p.pid)
		if err = os.Symlink(filepath.Join(shared.proc, pid), filepath.Join(proc, pid)); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}

// newBootID returns a random UUID in the manner of the kernel's boot_id.
func newBootID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// mountinfo is /proc/PID/mountinfo (proc_pid_mountinfo(5)): the WAL's file
// system at mount, the rest of the host at its usual places.
func mountinfo(mount string) string {
	return fmt.Sprintf(`22 27 0:21 / /proc rw,nosuid - proc none rw
23 27 0:22 / /sys rw,nosuid - sysfs none rw
27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
31 27 0:25 / /run rw,nosuid,nodev shared:5 - tmpfs none rw,size=1629848k
44 27 259:1 / %s rw,noatime shared:29 - xfs /dev/%sp1 rw,attr2
`, escapeMount(mount), walDevice)
}

// escapeMount writes a path as the kernel does in mount tables.
func escapeMount(path string) string {
	return strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`).Replace(path)
}

// writeDevices writes /sys/block, and the links by number in /sys/dev/block.
func writeDevices(sys string) error {
	const nvme, vda = "devices/pci0000:00/0000:00:04.0/nvme/nvme0/" + walDevice, "devices/pci0000:00/0000:00:05.0/virtio2/block/vda"
	const eth = "devices/pci0000:00/0000:00:03.0/virtio0/net/eth0"
	err := writeTree(sys, map[string]string{
		nvme + "/dev":                                "259:0\n",
		nvme + "/size":                               "1953525168\n",
		nvme + "/queue/rotational":                   "0\n",
		nvme + "/device/model":                       "SAMSUNG MZQL2960HCJR-00A07              \n",
		nvme + "/" + walDevice + "p1/dev":            "259:1\n",
		nvme + "/" + walDevice + "p1/partition":      "1\n",
		vda + "/dev":                                 "254:0\n",
		vda + "/size":                                "67108864\n",
		vda + "/queue/rotational":                    "1\n",
		vda + "/vda1/dev":                            "254:1\n",
		vda + "/vda1/partition":                      "1\n",
		"devices/virtual/block/loop0/dev":            "7:0\n",
		"devices/virtual/block/loop0/size":           "0\n",
		"devices/virtual/block/loop0/queue/schedule": "none\n",
		eth + "/operstate":                           "up\n",
		eth + "/speed":                               "1000\n",
		eth + "/duplex":                              "full\n",
	})
	if err != nil {
		return err
	}
	return writeLinks(sys, map[string]string{
		"block/" + walDevice: nvme, "block/vda": vda, "block/loop0": "devices/virtual/block/loop0",
		"dev/block/259:0": nvme, "dev/block/259:1": nvme + "/" + walDevice + "p1",
		"dev/block/254:0": vda, "dev/block/254:1": vda + "/vda1", "dev/block/7:0": "devices/virtual/block/loop0",
		"class/net/eth0": eth, eth + "/device": "devices/pci0000:00/0000:00:03.0/virtio0",
	})
}

// writeLinks makes symbolic links below root to other places below it, relative
// as in sysfs.
func writeLinks(root string, links map[string]string) error {
	for path, target := range links {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		up := strings.Repeat("../", strings.Count(path, "/"))
		if err := os.Symlink(up+target, full); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}
