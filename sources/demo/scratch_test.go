package demo

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestScratchHolder is no test: it is the process that TestKilledLeavesNothing
// kills.
func TestScratchHolder(t *testing.T) {
	if os.Getenv("SCRATCH_HOLDER") == "" {
		t.Skip("run by another test")
	}
	s, err := NewScratch()
	if err != nil {
		t.Fatal(err)
	}
	if err := writeTree(s.Path, map[string]string{"a/b/c": "x"}); err != nil {
		t.Fatal(err)
	}
	fmt.Println("holds " + s.Path)
	select {}
}

// holder starts a process that has a directory, and returns it with the directory.
func holder(t *testing.T) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestScratchHolder$")
	cmd.Env = append(os.Environ(), "SCRATCH_HOLDER=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if dir, ok := strings.CutPrefix(lines.Text(), "holds "); ok {
			return cmd, dir
		}
	}
	t.Fatalf("no directory was made: %v", lines.Err())
	return nil, ""
}

func exists(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Lstat(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return err == nil
}

// Who is killed leaves its directory. The next one removes it, and no other.
func TestKilledLeavesNothing(t *testing.T) {
	parent := t.TempDir()
	t.Setenv("TMPDIR", parent)
	killed, orphan := holder(t)
	_, used := holder(t)
	_, _ = killed.Process.Kill(), killed.Wait()

	foreign := map[string]string{
		"stemetop-demo-nolock/f":      "made a moment ago",
		"stemetop-demolition/lock":    "another's name",
		"elsewhere/stemetop-demo/f":   "below",
		"stemetop-demo-readable/lock": "not as we make them",
		"target/lock":                 "behind a link",
	}
	if err := writeTree(parent, foreign); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(parent, "stemetop-demo-readable"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(parent, "target"), filepath.Join(parent, "stemetop-demo-link")); err != nil {
		t.Fatal(err)
	}

	if !exists(t, orphan) {
		t.Fatal("the killed process took its directory along: there is nothing to test")
	}
	mine, err := NewScratch()
	if err != nil {
		t.Fatal(err)
	}
	if exists(t, orphan) {
		t.Errorf("%s of the killed process is still there", orphan)
	}
	for _, dir := range []string{used, mine.Path} {
		if !exists(t, filepath.Join(dir, lockName)) {
			t.Errorf("%s is in use, and lost its lock", dir)
		}
	}
	for path := range foreign {
		if !exists(t, filepath.Join(parent, path)) {
			t.Errorf("%s was removed", path)
		}
	}

	// One that is in use stays for each that comes.
	second, err := NewScratch()
	if err != nil {
		t.Fatal(err)
	}
	if !exists(t, mine.Path) {
		t.Error("a directory of this very process was taken for one of nobody")
	}
	for _, s := range []*Scratch{mine, second, second} {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if exists(t, s.Path) {
			t.Errorf("%s is still there", s.Path)
		}
	}
}
