package ssh

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Texts of OpenSSH 9.2, as seen.
func TestClassifyText(t *testing.T) {
	for text, want := range map[string]cluster.FailureKind{
		"ssh: connect to host 10.0.0.1 port 22: Connection timed out":                                          cluster.FailTimeout,
		"Connection timed out during banner exchange\r\nConnection to 10.0.0.1 port 22 timed out":              cluster.FailTimeout,
		"ssh: connect to host 10.0.0.1 port 22: No route to host":                                              cluster.FailUnreachable,
		"ssh: connect to host 10.0.0.1 port 22: Network is unreachable":                                        cluster.FailUnreachable,
		"ssh: Could not resolve hostname x: Name or service not known":                                         cluster.FailDNS,
		"kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 10.0.0.1 port 22":  cluster.FailBusy,
		"kex_exchange_identification: Connection closed by remote host":                                        cluster.FailBusy,
		"channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed":                cluster.FailRefused,
		"channel 0: open failed: administratively prohibited: open failed\r\nkex_exchange_identification: ...": cluster.FailPermission,
		"root@10.0.0.1: Permission denied (publickey).":                                                        cluster.FailAuth,
		"Timeout, server 10.0.0.1 not responding.":                                                             cluster.FailTimeout,
		"client_loop: send disconnect: Broken pipe":                                                            cluster.FailReset,
		"Unable to negotiate with 10.0.0.1 port 22: no matching key exchange method found.":                    cluster.FailUnsupported,
		"something else": cluster.FailOther,
	} {
		if kind, _ := classifyText(text); kind != want {
			t.Errorf("%s: %s, want %s", text, kind, want)
		}
	}
}

func TestGist(t *testing.T) {
	const changed = "@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@@@@@\nIT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\n" +
		"The fingerprint for the ED25519 key sent by the remote host is\nSHA256:abc.\nOffending ED25519 key in /k:3\nHost key verification failed.\n"
	if got, want := gist(changed), "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!; SHA256:abc.; Offending ED25519 key in /k:3; Host key verification failed."; got != want {
		t.Errorf("got %q", got)
	}
	if got := gist("one\ntwo\r\n"); got != "two" {
		t.Errorf("got %q", got)
	}
	if got := gist(""); got != "" {
		t.Errorf("got %q", got)
	}
}

// A remote command may exit 255 too, and print what it likes.
func TestStatus255(t *testing.T) {
	err := exec.Command("/bin/sh", "-c", "exit 255").Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatal(err)
	}
	want(t, fail(t, childFailure("db1", err, exit.ProcessState, "out of cheese")), cluster.FailCommand, "status 255: out of cheese")
}

func TestTail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all strings.Builder
		var kept tail
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 3*maxStderr), 0, 8).Draw(t, "writes") {
			piece := strings.Repeat(rapid.StringN(1, 1, 1).Draw(t, "byte"), n)
			all.WriteString(piece)
			if m, err := kept.Write([]byte(piece)); m != len(piece) || err != nil {
				t.Fatal(m, err)
			}
		}
		want := all.String()
		want = want[max(0, len(want)-maxStderr):]
		if got := kept.String(); got != want {
			t.Fatalf("kept %d bytes, want %d", len(got), len(want))
		}
	})
}
