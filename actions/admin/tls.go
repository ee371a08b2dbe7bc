package admin

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// TLSFiles are PEM files. Each may be empty; a certificate needs its key.
type TLSFiles struct {
	CA   string // authorities trusted instead of the system's
	Cert string // client certificate, with its intermediates
	Key  string // its key, not encrypted
}

// loadTLS reads the files once. There is no way to switch verification off.
func loadTLS(f TLSFiles) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.CA != "" {
		pem, err := readFile("CA file", f.CA)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, cluster.Fail(cluster.FailConfig, "CA file "+f.CA+" holds no certificate", "it should hold certificates in PEM form")
		}
	}
	if f.Cert == "" && f.Key == "" {
		return c, nil
	}
	if f.Cert == "" || f.Key == "" {
		return nil, cluster.Fail(cluster.FailConfig, "a client certificate needs both its file and its key's", "set admin.cert_file and admin.key_file")
	}
	cert, err := readFile("certificate", f.Cert)
	if err != nil {
		return nil, err
	}
	key, err := readFile("key", f.Key)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, cluster.Fail(cluster.FailConfig, "certificate "+f.Cert+" and key "+f.Key+" do not fit", "both in PEM form, the key not encrypted and of that certificate")
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}

// readToken reads the bearer token. A token is printable ASCII without spaces.
func readToken(path string) (string, error) {
	raw, err := readFile("token file", path)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(raw))
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", cluster.Fail(cluster.FailConfig, "token file "+path+" holds no token", "it should hold the bearer token and nothing else")
	}
	return token, nil
}

// readFile reads a file of the configuration.
func readFile(what, path string) ([]byte, error) {
	b, err := os.ReadFile(path) //nolint:gosec // the operator names it
	switch {
	case err == nil:
		return b, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, cluster.Fail(cluster.FailConfig, what+" "+path+" does not exist", "correct its name in the configuration")
	case errors.Is(err, fs.ErrPermission):
		return nil, cluster.Fail(cluster.FailPermission, "can't read "+what+" "+path, "let the user who runs stemetop read it")
	default:
		return nil, cluster.Fail(cluster.FailConfig, "can't read "+what+" "+path, "")
	}
}
