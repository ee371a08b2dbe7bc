package logs

import (
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// found is what the script said of how it found the log.
type found struct {
	status cluster.LogStatus
	// bad is why there is nothing to read: with broken for good, else yet.
	bad    *cluster.Failure
	broken bool
}

// find puts the script's word into ours.
func (c *Collector) find(word, rest string) found {
	setFile := "set log_file of " + c.o.Node.Text().String() + " in the configuration"
	broken := func(kind cluster.FailureKind, what, hint string) found {
		return found{bad: cluster.Fail(kind, what, hint), broken: true}
	}
	switch word {
	case "ok":
		return found{}
	case "empty":
		return found{status: cluster.LogEmpty}
	case "nounit":
		return found{status: cluster.LogNoUnit, bad: cluster.Fail(cluster.FailMissing,
			"systemd knows no unit "+c.o.Unit+", and its journal has no line", "set unit in the configuration, or log_file")}
	case "nofile":
		return found{status: cluster.LogNoFile, bad: cluster.Fail(cluster.FailMissing,
			c.o.File+" is not there", "change log_file; it is followed as soon as it is there")}
	case "denied":
		return broken(cluster.FailPermission, rest+" can't be read by the account", "let the account read it, or change log_file")
	case "directory":
		return broken(cluster.FailConfig, c.o.File+" is a directory", "name the file itself in log_file")
	case "special":
		return broken(cluster.FailConfig, c.o.File+" is a pipe or a device", "name a file in log_file")
	case "nopermission":
		return broken(cluster.FailPermission, "the account may not read the journal",
			"add it to the group systemd-journal: sudo usermod -aG systemd-journal USER")
	case "nojournal":
		return broken(cluster.FailMissing, "there is no journal on the host", "does journald run? else "+setFile)
	case "nojournalctl":
		return broken(cluster.FailUnsupported, "there is no journalctl on the host", setFile)
	case "noawk":
		return broken(cluster.FailUnsupported, "there is no awk on the host to cut the log to size", "install gawk, mawk or busybox")
	default:
		return broken(cluster.FailOther, strings.TrimSpace("journalctl: "+rest), "set unit in the configuration, or log_file")
	}
}
