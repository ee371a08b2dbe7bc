package onhost

import (
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// reason is what a script's word means; %s in what is what stands behind it.
type reason struct {
	kind       cluster.FailureKind
	what, hint string
}

// reasons are the words that scripts give for not going on.
var reasons = map[string]reason{
	"tool":    {cluster.FailUnsupported, "the host has no %s", "install it there, or do it by hand"},
	"absent":  {cluster.FailMissing, "there is no %s on the host", "check its path in the configuration"},
	"special": {cluster.FailUnsupported, "%s is not what it should be on the host", "check its path in the configuration"},
	"denied":  {cluster.FailPermission, "%s may not be read", hintAccount},
	"link":    {cluster.FailUnsupported, "it is a symbolic link to %s, which may belong to something else", "name that path in the configuration if it is the one to change"},
	"large":   {cluster.FailTooLarge, "it has %s bytes, more than 256 KiB", "change it by hand"},
	"garbled": {cluster.FailFormat, "the new text did not arrive whole", ""},
	"changed": {cluster.FailOther, "the file is not the one that was read any more", "look at it again"},
	"create":  {cluster.FailPermission, "no file can be made in its directory", hintAccount},
	"store":   {cluster.FailOther, "the new file can't be written", ""},
	"owner":   {cluster.FailPermission, "owner and mode of the file can't be kept", hintAccount},
	"backup":  {cluster.FailOther, "the backup can't be made, or is not what it was", ""},
	"rename":  {cluster.FailPermission, "the new file can't take the name of the old one", ""},
	"running": {cluster.FailBusy, "another write test runs on this host", "wait for its end"},
}

const hintAccount = "the account needs the right to do so: set actions.shell to sudo, or let it log in as another user"

// causes are what tools and shells say of a failing call, in any locale's C.
var causes = []struct {
	said string
	reason
}{
	{"No space left on device", reason{cluster.FailOther, "no space left on the file system", "free some first"}},
	{"Disk quota exceeded", reason{cluster.FailOther, "the account's quota is used up", "free some first"}},
	{"Read-only file system", reason{cluster.FailPermission, "the file system is read-only", "find out why: it may have been an I/O error"}},
	{"Input/output error", reason{cluster.FailOther, "I/O error", "look into the kernel's log of the host"}},
	{"Permission denied", reason{cluster.FailPermission, "permission denied", hintAccount}},
	{"Operation not permitted", reason{cluster.FailPermission, "operation not permitted", "the file may be immutable (lsattr)"}},
	{"Device or resource busy", reason{cluster.FailPermission, "it is a mount of its own", "change it where it is mounted from"}},
}

// refusal is what the script's word means, with what tools said of it.
func (t *talk) refusal(why, of string) *cluster.Failure {
	r, ok := reasons[why]
	if !ok {
		r = reason{cluster.FailOther, "the host refused: " + why, ""}
	}
	what := strings.ReplaceAll(r.what, "%s", of)
	said := t.words.String()
	for _, c := range causes {
		if strings.Contains(said, c.said) {
			return cluster.Fail(c.kind, what+": "+c.what, c.hint)
		}
	}
	if first, _, _ := strings.Cut(said, "\n"); first != "" {
		what += ": " + first
	}
	return cluster.Fail(r.kind, what, r.hint)
}
