package demo

import (
	"fmt"
	"os"
	"path/filepath"
)

// textFile is a file that is rewritten in place, held open: one write a second
// is all that a tick costs.
type textFile struct {
	f    *os.File
	size int
}

func createText(path string) (*textFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) //nolint:gosec // below our own temporary directory
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return &textFile{f: f}, nil
}

// set makes text the content. Readers at the same instant could see both old
// and new; the SSH server sees to it that there are none.
func (t *textFile) set(text []byte) error {
	if _, err := t.f.WriteAt(text, 0); err != nil {
		return err // names the file already
	}
	if len(text) < t.size {
		if err := t.f.Truncate(int64(len(text))); err != nil {
			return err // names the file already
		}
	}
	t.size = len(text)
	return nil
}

// writeTree writes files, by path below root, with the directories they need.
func writeTree(root string, files map[string]string) error {
	for path, text := range files {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	return nil
}
