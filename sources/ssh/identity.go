package ssh

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

	xssh "golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/sources/cluster"
)

// identity is a configured key: by its private key, or by the public one alone
// if the agent holds the rest.
type identity struct {
	path   string
	public xssh.PublicKey
	signer xssh.Signer // nil if only the public key could be read
	locked bool        // encrypted and not unlocked yet: signer only records that it was wanted
}

// loadIdentity reads a key file. It returns nil for a file that does not exist,
// as most of the default ones, and the reason why another can't be used.
func loadIdentity(path string, keys *keyring, wanted *string) (*identity, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator's own key
	if errors.Is(err, fs.ErrNotExist) {
		if public := readPublic(path + ".pub"); public != nil {
			return &identity{path: path, public: public}, nil
		}
		return nil, nil //nolint:nilnil // nothing there is no error
	}
	if err != nil {
		return nil, cluster.Fail(cluster.FailConfig, "key "+path+": "+err.Error(), "")
	}
	signer, err := xssh.ParsePrivateKey(text)
	if err == nil {
		return &identity{path: path, public: signer.PublicKey(), signer: signer}, nil
	}
	if missing, ok := errors.AsType[*xssh.PassphraseMissingError](err); ok {
		return lockedIdentity(path, missing.PublicKey, keys, wanted)
	}
	public := readPublic(path)
	if public == nil {
		public = readPublic(path + ".pub")
	}
	if public == nil {
		return nil, cluster.Fail(cluster.FailConfig, "key "+path+" can't be read: "+err.Error(), "a FIDO key needs ssh.transport: openssh, or ssh-agent")
	}
	return &identity{path: path, public: public}, nil
}

func lockedIdentity(path string, public xssh.PublicKey, keys *keyring, wanted *string) (*identity, error) {
	if signer := keys.unlocked(path); signer != nil {
		return &identity{path: path, public: signer.PublicKey(), signer: signer}, nil
	}
	if public == nil { // the old PEM format hides it
		public = readPublic(path + ".pub")
	}
	if public == nil {
		return nil, cluster.Fail(cluster.FailConfig, "key "+path+" is encrypted in the old PEM format, without a .pub beside it",
			"convert it: ssh-keygen -p -f "+path)
	}
	return &identity{path: path, public: public, locked: true, signer: &lockedSigner{path, public, wanted}}, nil
}

// readPublic returns the public key or certificate in a file, nil if there is none.
func readPublic(path string) xssh.PublicKey {
	text, err := os.ReadFile(path) //nolint:gosec // the operator's own key
	if err != nil {
		return nil
	}
	public, _, _, _, err := xssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil
	}
	return public
}

func readCertificate(path string) *xssh.Certificate {
	cert, _ := readPublic(path).(*xssh.Certificate) // nil if it is none
	return cert
}

// lockedSigner stands for an encrypted key. A server is first asked whether it
// takes the public key; only if it does is the passphrase worth asking for. That
// is done after hanging up: no server keeps a connection while a person types.
type lockedSigner struct {
	path   string
	public xssh.PublicKey
	wanted *string // set to path by the attempt to sign
}

var errLocked = errors.New("the key is encrypted")

func (s *lockedSigner) PublicKey() xssh.PublicKey { return s.public }

func (s *lockedSigner) Sign(rand io.Reader, data []byte) (*xssh.Signature, error) {
	return s.SignWithAlgorithm(rand, data, "")
}

// SignWithAlgorithm makes the signer fit for RSA, whose algorithms are several.
func (s *lockedSigner) SignWithAlgorithm(io.Reader, []byte, string) (*xssh.Signature, error) {
	*s.wanted = s.path
	return nil, errLocked
}

func sameKey(a, b xssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// plainKey is the key that a certificate certifies, else the key itself.
func plainKey(k xssh.PublicKey) xssh.PublicKey {
	if cert, ok := k.(*xssh.Certificate); ok {
		return cert.Key
	}
	return k
}

var _ xssh.AlgorithmSigner = (*lockedSigner)(nil) // else RSA would be signed by SHA-1
