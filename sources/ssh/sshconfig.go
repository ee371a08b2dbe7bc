package ssh

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/kevinburke/ssh_config"

	"github.com/stemedb/stemetop/sources/cluster"
)

// readConfig reads the configuration of a host by a library, for machines
// without OpenSSH. It knows Host, Match host, Match all and Include.
func readConfig(config, host string) (lookup, error) {
	files := []string{tilde(userConfig), systemConfig}
	if config != "" {
		files = []string{config}
	}
	var parsed []*ssh_config.Config
	for _, name := range files {
		text, err := os.ReadFile(name) //nolint:gosec // the operator's own file
		if errors.Is(err, fs.ErrNotExist) && config == "" {
			continue
		}
		if err != nil {
			return nil, cluster.Fail(cluster.FailConfig, "ssh configuration: "+err.Error(), "")
		}
		c, err := ssh_config.DecodeBytes(text)
		if err != nil {
			return nil, cluster.Fail(cluster.FailConfig, name+": "+strings.TrimPrefix(err.Error(), "ssh_config: "),
				"install the ssh client (openssh-client), which is then asked to resolve it")
		}
		parsed = append(parsed, c)
	}
	return func(key string) []string {
		var values []string
		for _, c := range parsed {
			// The only error is of a node type that the parser does not make.
			v, _ := c.GetAll(host, key)
			values = append(values, v...)
		}
		return values
	}, nil
}
