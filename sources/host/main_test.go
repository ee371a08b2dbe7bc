package host_test

import (
	"context"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/host"
	"github.com/stemedb/stemetop/sources/ssh"
)

// asClient names the server to watch, for a copy of the test that is killed.
const asClient = "STEMETOP_HOST_TEST_CLIENT"

func TestMain(m *testing.M) {
	if os.Getenv(asClient) != "" {
		client()
	}
	goleak.VerifyTestMain(m)
}

// client watches a host until it is killed.
func client() {
	tr, err := ssh.New(ssh.Options{
		Target: os.Getenv(asClient), ConfigFile: os.Getenv("CONFIG"),
		KnownHosts: []string{os.Getenv("KNOWN_HOSTS")}, IdentityFile: os.Getenv("IDENTITY"),
	})
	if err != nil {
		panic(err)
	}
	c := host.New(host.Options{Node: "n", Transport: over{tr}, Clock: sources.NewClock(1)})
	for {
		for _, r := range c.Collect(context.Background()) {
			if r.Err != nil {
				panic(r.Err)
			}
		}
		_, _ = os.Stdout.WriteString("tick\n")
		time.Sleep(50 * time.Millisecond)
	}
}
