package onhost

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Disk is what the directory of the write-ahead log is like.
type Disk struct {
	Path    cluster.Text // without symbolic links
	FS      cluster.Text // kind of file system
	Source  cluster.Text // what is mounted
	Options cluster.Text // of the mount
	Block   uint64       // bytes
	Total   uint64       // bytes
	Free    uint64       // bytes for the account
	Inodes  uint64       // all; 0 where the file system has no fixed number
	Spare   uint64       // inodes that are free
	DD      cluster.Text // which dd
	Running bool         // another test runs on the host
	Left    []Leftover

	unwritable bool
	uid        string
	clock      int64 // the host's, Unix seconds
	superblock string
}

// Leftover is a file that a test left which was killed before it could remove
// it.
type Leftover struct {
	Name  string
	Bytes uint64
	uid   string
	mtime int64
}

var leftName = regexp.MustCompile(`^\.stemetop-wal-test\.[0-9a-f]{32}$`)

// Ours tells whether the file is surely of a test that is over: it has the name,
// belongs to the account, and is older than any test runs.
func (l Leftover) Ours(d *Disk) bool {
	return leftName.MatchString(l.Name) && l.uid == d.uid && d.clock-l.mtime > int64(oldAfter/time.Second)
}

const oldAfter = 10 * time.Minute

// hear takes in a frame of the script.
func (d *Disk) hear(w []string) {
	switch {
	case w[0] == "path":
		d.Path = cluster.Clean(strings.Join(w[1:], " "))
	case w[0] == "dir" && len(w) == 5:
		d.uid = w[3]
		d.clock = int64(number(w[4]))
	case w[0] == "unwritable":
		d.unwritable = true
	case w[0] == "fs" && len(w) == 6:
		d.Block = number(w[1])
		d.Total, d.Free = number(w[2])*d.Block, number(w[3])*d.Block
		d.Inodes, d.Spare = number(w[4]), number(w[5])
	case w[0] == "mount" && len(w) >= 6:
		d.Options, d.FS, d.Source = cluster.Clean(w[2]), cluster.Clean(w[3]), cluster.Clean(w[4])
		d.superblock = w[5]
	case w[0] == "dd":
		d.DD = cluster.Clean(strings.Join(w[1:], " "))
	case w[0] == "left" && len(w) == 5:
		d.Left = append(d.Left, Leftover{Name: w[4], Bytes: number(w[2]), uid: w[1], mtime: int64(number(w[3]))})
	case w[0] == "running":
		d.Running = true
	}
}

// number reads a number of at most 15 digits, so that it can be multiplied; 0
// for anything else.
func number(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || len(s) > 15 {
		return 0
	}
	return n
}

// broken says that the script's account of the disk can't be right.
func (d *Disk) broken() *cluster.Failure {
	if d.Block == 0 || d.Block > 1<<30 || d.Total == 0 || d.FS.IsZero() {
		return cluster.Fail(cluster.FailFormat, "the host does not tell how much space there is", "")
	}
	return nil
}

// inMemory are file systems that no disk is below.
var inMemory = map[string]bool{"tmpfs": true, "ramfs": true, "devtmpfs": true}

const hintReadOnly = "find out why: it may have been an I/O error"

// Refusal says why the test must not run; nil if it may.
func (d *Disk) Refusal(t WALTest) *cluster.Failure {
	size, keep := uint64(t.MiB)<<20, t.Floor.of(d)
	switch {
	case d.Running:
		return cluster.Fail(cluster.FailBusy, "another write test runs on this host", "wait for its end")
	case inMemory[d.FS.String()]:
		return cluster.Fail(cluster.FailUnsupported, d.Path.String()+" is on "+d.FS.String()+", which is memory and no disk", "check wal_path")
	case d.readOnly():
		return cluster.Fail(cluster.FailPermission, "the file system of "+d.Path.String()+" is read-only", hintReadOnly)
	case d.unwritable:
		return cluster.Fail(cluster.FailPermission, "no file can be made in "+d.Path.String(), hintAccount)
	case d.Free < size+keep:
		return cluster.Fail(cluster.FailOther, fmt.Sprintf("%s are free on %s, and %s have to stay free after %s are written",
			bytesOf(d.Free), d.Source, bytesOf(keep), bytesOf(size)), "free some first")
	case d.Inodes > 0 && d.Spare < 16:
		return cluster.Fail(cluster.FailOther, fmt.Sprintf("%d inodes are free on %s", d.Spare, d.Source), "free some first")
	}
	return nil
}

func (d *Disk) readOnly() bool {
	for _, options := range []string{d.Options.String(), d.superblock} {
		for o := range strings.SplitSeq(options, ",") {
			if o == "ro" {
				return true
			}
		}
	}
	return false
}

// of is what has to stay free of a disk, in bytes.
func (f Floor) of(d *Disk) uint64 {
	return max(f.Bytes, uint64(f.Percent/100*float64(d.Total)))
}

// cached are file systems whose direct I/O may pass through memory.
var cached = map[string]string{
	"zfs": "zfs", "btrfs": "btrfs", "overlay": "overlay", "fuse": "fuse", "nfs": "nfs", "nfs4": "nfs", "cifs": "cifs", "9p": "9p",
}

// Warnings are what makes the figure mean less than it seems to.
func (d *Disk) Warnings(t WALTest) []cluster.Text {
	var list []cluster.Text
	add := func(format string, a ...any) { list = append(list, cluster.Clean(fmt.Sprintf(format, a...))) }
	kind, _, _ := strings.Cut(d.FS.String(), ".")
	if name := cached[kind]; name != "" && !t.Buffered {
		add("direct I/O of %s may pass through memory or a network: the figure may not be the disk's", name)
	}
	if strings.Contains(d.superblock, "data=journal") {
		add("the file system journals data: direct I/O is written twice")
	}
	if t.Buffered {
		add("written through the page cache and synced once: not comparable with the runbook's figure")
	}
	if n := len(d.Left); n > 0 {
		add("%d files of earlier tests are in the directory: what is surely ours goes first", n)
	}
	return list
}

// bytesOf writes a number of bytes for a person.
func bytesOf(n uint64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}
