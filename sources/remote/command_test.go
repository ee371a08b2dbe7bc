package remote

import (
	"strings"
	"testing"
)

func TestCommand(t *testing.T) {
	if !IsCommand(Command(nonce)) {
		t.Error(Command(nonce))
	}
	for _, bad := range []string{
		"", "exec /bin/sh -s", "exec /bin/sh -s " + nonce + "0", "exec /bin/sh -s " + nonce + "\n",
		"exec /bin/sh -s " + strings.ToUpper(nonce), " exec /bin/sh -s " + nonce, "exec /bin/sh -s " + nonce + "; id",
	} {
		if IsCommand(bad) {
			t.Errorf("%q is none", bad)
		}
	}
}
