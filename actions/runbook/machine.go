package runbook

import (
	"strconv"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// The parts of a machine that the runbook wants alike, in the order of Machine.
const (
	MachineCores = iota
	MachineMemory
	MachineDisk // of the WAL
	MachineLink // the fastest that is up
	MachineKernel
	NumMachineParts
)

// MachinePart is one part of a host, beside that of the primary's.
type MachinePart struct {
	Text    cluster.Text // empty where it is not known
	Differs bool         // from the primary's, as far as both are known
	Worse   bool         // and less than the runbook wants: same or better disk, network and processor
}

// parts says of each part what it is, in words, and how good, where more is
// better; good is 0 where that can't be said.
var parts = [NumMachineParts]struct {
	name string
	read func(h *cluster.Host) (text string, good float64)
	// slack is how much more or less, relatively, passes for the same.
	slack float64
}{
	{"cores", coresOf, 0},
	{"memory", memoryOf, 0.1}, // what firmware and kernel keep for themselves differs
	{"WAL disk", walDiskOf, 0},
	{"link", linkOf, 0},
	{"kernel", kernelOf, 0},
}

// Machine returns the parts of a host, compared with those of the primary.
func Machine(h, primary *cluster.Host) [NumMachineParts]MachinePart {
	var list [NumMachineParts]MachinePart
	for i := range parts {
		text, good := parts[i].read(h)
		want, best := parts[i].read(primary)
		p := MachinePart{Text: cluster.Clean(text)}
		if text != "" && want != "" {
			slack := parts[i].slack
			p.Differs = text != want && (slack == 0 || good < best*(1-slack) || good > best*(1+slack))
			p.Worse = good < best*(1-slack)
		}
		list[i] = p
	}
	return list
}

func coresOf(h *cluster.Host) (text string, good float64) {
	if h.Facts == nil || h.Facts.Cores == 0 {
		return "", 0
	}
	return strconv.Itoa(h.Facts.Cores), float64(h.Facts.Cores)
}

func memoryOf(h *cluster.Host) (text string, good float64) {
	if !h.Memory.Has || h.Memory.Total == 0 {
		return "", 0
	}
	gib := float64(h.Memory.Total) / (1 << 20)
	return strconv.FormatFloat(gib, 'f', 1, 64) + " GiB", gib
}

// walDiskOf tells size and model of the WAL's device, or of what it is stacked
// on. Of two disks only one that rotates where the other does not is known to be
// the worse.
func walDiskOf(h *cluster.Host) (text string, good float64) {
	if h.Facts == nil || h.Facts.WAL.Device.IsZero() {
		return "", 0
	}
	d := deviceOf(h.Facts, h.Facts.WAL.Device)
	if d == nil {
		return "", 0
	}
	words := []string{capacity(d.SizeBytes)}
	for range 4 { // no real stack is deeper
		if len(d.Slaves) != 1 {
			break
		}
		below := deviceOf(h.Facts, d.Slaves[0])
		if below == nil {
			break
		}
		d = below
	}
	if len(d.Slaves) > 1 {
		words = append(words, "over "+strconv.Itoa(len(d.Slaves))+" disks")
	} else if !d.Model.IsZero() {
		words = append(words, d.Model.String())
	}
	good = 2
	if d.Rotational {
		words, good = append(words, "rotating"), 1
	}
	return strings.Join(words, " "), good
}

func deviceOf(f *cluster.HostFacts, name cluster.Text) *cluster.DeviceFacts {
	for i := range f.Devices {
		if f.Devices[i].Name == name {
			return &f.Devices[i]
		}
	}
	return nil
}

// capacity is a size as vendors write it, by powers of 1,000.
func capacity(bytes uint64) string {
	switch b := float64(bytes); {
	case b >= 999.5e9:
		return strconv.FormatFloat(b/1e12, 'f', 1, 64) + " TB"
	case b >= 9.95e9:
		return strconv.FormatFloat(b/1e9, 'f', 0, 64) + " GB"
	default:
		return strconv.FormatFloat(b/1e9, 'f', 1, 64) + " GB"
	}
}

func linkOf(h *cluster.Host) (text string, good float64) {
	if h.Facts == nil {
		return "", 0
	}
	var best *cluster.LinkFacts
	for i := range h.Facts.Links {
		if l := &h.Facts.Links[i]; !l.Down && l.Mbit > 0 && (best == nil || l.Mbit > best.Mbit) {
			best = l
		}
	}
	if best == nil {
		return "", 0
	}
	text, good = strconv.Itoa(best.Mbit)+" Mbit/s", float64(best.Mbit)
	if best.Mbit >= 1000 {
		text = strconv.FormatFloat(good/1000, 'f', -1, 64) + " Gbit/s"
	}
	if best.Duplex.String() == "half" {
		text, good = text+" half duplex", good/2
	}
	return text, good
}

func kernelOf(h *cluster.Host) (text string, good float64) {
	if h.Facts == nil {
		return "", 0
	}
	return h.Facts.Kernel.String(), 0
}

// lookAtHardware compares what the kernel tells of both hosts.
func lookAtHardware(s *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	p, own := &s.Primary.Host, &r.Host
	if p.Facts == nil || own.Facts == nil {
		return "the hardware of both is not known", false, false
	}
	var same, other []string
	theirs := Machine(p, p)
	for i, m := range Machine(own, p) {
		switch {
		case m.Differs:
			other = append(other, parts[i].name+" "+m.Text.String()+", the primary's "+theirs[i].Text.String())
			finding = finding || m.Worse
		case !m.Text.IsZero():
			same = append(same, parts[i].name+" "+m.Text.String())
		}
	}
	if len(other) > 0 {
		return strings.Join(other, "; "), finding, true
	}
	return "as the primary: " + strings.Join(same, ", "), false, true
}
