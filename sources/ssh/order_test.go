package ssh

import (
	"slices"
	"testing"

	xssh "golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

func TestOrderOfKeys(t *testing.T) {
	names := map[string]string{}
	key := func(name string) xssh.Signer {
		s, err := xssh.NewSignerFromSigner(sshtest.NewKey(t, "ed25519"))
		if err != nil {
			t.Fatal(err)
		}
		names[string(s.PublicKey().Marshal())] = name
		return s
	}
	file := func(path string, s xssh.Signer) identity {
		return identity{path: path, public: s.PublicKey(), signer: s}
	}
	explicit, plain, locked, both, agentOnly := key("explicit"), key("plain"), key("locked"), key("both"), key("agent")
	k := keySet{
		files: []identity{file("e", explicit), file("l", locked), file("b", both), file("p", plain), {path: "x.pub", public: agentOnly.PublicKey()}},
		agent: []xssh.Signer{key("other"), both, agentOnly}, explicit: "e", ask: true,
	}
	k.files[1].locked = true
	for _, c := range []struct {
		identitiesOnly, ask bool
		want                []string
		fromAgent           int
	}{
		{false, true, []string{"both", "agent", "explicit", "other", "locked", "plain"}, 3},
		{true, true, []string{"both", "agent", "explicit", "locked", "plain"}, 2},
		{true, false, []string{"both", "agent", "explicit", "plain", "locked"}, 2},
	} {
		k.identitiesOnly, k.ask = c.identitiesOnly, c.ask
		signers, fromAgent := k.order()
		var got []string
		for _, s := range signers {
			got = append(got, names[string(s.PublicKey().Marshal())])
		}
		if !slices.Equal(got, c.want) || fromAgent != c.fromAgent {
			t.Errorf("%+v: got %v, %d from the agent", c, got, fromAgent)
		}
	}
}
