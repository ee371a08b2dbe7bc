package demo

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

// systemctlScript stands in for systemctl: it tells of the database's unit, whichever
// it is asked for.
const systemctlScript = `#!/bin/sh
while IFS= read -r line; do
	printf '%s\n' "$line"
done <"${0%/*}/../unit"
`

// appendUnit is the database's unit as `systemctl show` has it, with Restart=always.
func appendUnit(b []byte, p *physics.Process) []byte {
	active, sub, result := "active", "running", "success"
	if !p.Up {
		active, sub, result = "activating", "auto-restart", "exit-code"
	}
	const tick = 10_000 // µs
	return fmt.Appendf(b, "Result=%s\nNRestarts=%d\nLoadState=loaded\nActiveState=%s\nSubState=%s\nActiveEnterTimestampMonotonic=%d\n",
		result, p.Restarts, active, sub, p.StartTicks*tick)
}

// writeAPIConfig writes the primary's own configuration, which the model obeys, and
// returns where it is.
func (h *host) writeAPIConfig() (string, error) {
	path := filepath.Join(h.dir, "etc", "stemedb", "api.toml")
	text := fmt.Sprintf(`# StemeDB

[server]
http_listen = "0.0.0.0:18180"
rpc_listen = "0.0.0.0:18182"

[cluster]
node_id = "node1"
rpc_timeout_ms = %d
max_replication_lag_seconds = %d  # pauses ingestion above it
`, physics.RPCTimeout.Milliseconds(), int(physics.MaxLag.Seconds()))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("demo: %w", err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("demo: %w", err)
	}
	return path, nil
}
