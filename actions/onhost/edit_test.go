package onhost

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

const (
	before = "# StemeDB, größer\ntoken = \"s3cret\"\n\n[cluster]\n\trpc_timeout_ms = 5000  # ms\n\n# end, without a newline"
	after  = "# StemeDB, größer\ntoken = \"s3cret\"\n\n[cluster]\n\trpc_timeout_ms = 10000  # ms\n\n# end, without a newline"
	other  = "[cluster]\nrpc_timeout_ms = 1\n"
)

// config puts a file to edit into a directory.
func config(t testing.TB, dir string) string {
	t.Helper()
	file := filepath.Join(dir, "api.toml")
	for _, f := range files(t, dir) {
		must(t, os.Remove(filepath.Join(dir, f)))
	}
	must(t, os.WriteFile(file, []byte(before), 0o640))
	return file
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var list []string
	for _, e := range entries {
		if e.Name() != "lost+found" {
			list = append(list, e.Name())
		}
	}
	sort.Strings(list)
	return list
}

func text(t testing.TB, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	must(t, err)
	return string(b)
}

// edit reads a file and prepares the edit of it.
func edit(t testing.TB, h Host, file string) *Edit {
	t.Helper()
	f, failure := ReadFile(t.Context(), h, file)
	if failure != nil {
		t.Fatal(failure, failure.Hint)
	}
	e, failure := NewEdit(f, "cluster", "rpc_timeout_ms", 10000)
	if failure != nil {
		t.Fatal(failure, failure.Hint)
	}
	return e
}

// look reads which text the file has.
func look(t testing.TB, h Host, e *Edit) (Stand, *cluster.Failure) {
	t.Helper()
	f, failure := ReadFile(t.Context(), h, e.File.Name)
	if failure != nil {
		return StandOther, failure
	}
	return e.Stand(f), nil
}

// untouched fails the test if the file is not as it was, or anything is beside it.
func untouched(t testing.TB, name, file, want string) {
	t.Helper()
	if got := text(t, file); got != want {
		t.Errorf("%s: the file is %q", name, got)
	}
	if list := files(t, filepath.Dir(file)); len(list) != 1 {
		t.Errorf("%s: beside it: %q", name, list)
	}
}

func TestEdit(t *testing.T) {
	s := start(t, sshtest.Options{})
	dir := disk(t, 16)
	file := config(t, dir)
	must(t, os.Chown(file, 65534, 65533))
	must(t, unix.Setxattr(file, "user.test", []byte("kept"), 0))
	// An ACL: user::rw-, user:65532:r--, group::r--, mask::r--, other::---.
	acl := []byte("\x02\x00\x00\x00" + "\x01\x00\x06\x00\xff\xff\xff\xff" + "\x02\x00\x04\x00\xfc\xff\x00\x00" +
		"\x04\x00\x04\x00\xff\xff\xff\xff" + "\x10\x00\x04\x00\xff\xff\xff\xff" + "\x20\x00\x00\x00\xff\xff\xff\xff")
	must(t, unix.Setxattr(file, "system.posix_acl_access", acl, 0))
	old, err := os.Stat(file)
	must(t, err)

	e := edit(t, s, file)
	diff := fmt.Sprint(e.Diff())
	for _, want := range []string{"-\trpc_timeout_ms = 5000 # …", "+\trpc_timeout_ms = 10000 # …", "@@ -5 +5 @@ [cluster]"} {
		if !strings.Contains(strings.ReplaceAll(diff, "- rpc", "-\trpc"), want) && !strings.Contains(diff, strings.ReplaceAll(want, "\t", " ")) {
			t.Errorf("%s lacks %q", diff, want)
		}
	}
	if strings.Contains(diff+fmt.Sprintf("%v %+v %#v %s", e.File, e.File, e.File, e.File), "s3cret") {
		t.Error("a secret is shown")
	}
	want(t, "edit", e.Apply(t.Context(), s), admin.Accepted, "")
	backup := filepath.Join(dir, e.Backup)
	if text(t, file) != after || text(t, backup) != before || len(files(t, dir)) != 2 {
		t.Errorf("%q, %q, %q", text(t, file), text(t, backup), files(t, dir))
	}
	now, err := os.Stat(file)
	must(t, err)
	kept, err := os.Stat(backup)
	must(t, err)
	is, ok := now.Sys().(*syscall.Stat_t)
	if !ok || is.Uid != 65534 || is.Gid != 65533 || now.Mode() != old.Mode() || !now.ModTime().After(old.ModTime()) || !os.SameFile(old, kept) {
		t.Errorf("%+v, %+v", is, now)
	}
	for name, want := range map[string]string{"user.test": "kept", "system.posix_acl_access": string(acl)} {
		value := make([]byte, 100)
		n, err := unix.Getxattr(file, name, value)
		if err != nil || string(value[:n]) != want {
			t.Errorf("%s: %q %v", name, value[:max(n, 0)], err)
		}
	}
	if stand, failure := look(t, s, e); failure != nil || stand != StandNew {
		t.Errorf("%v %v", stand, failure)
	}
	want(t, "again", e.Apply(t.Context(), s), admin.Rejected, "not the one that was read")
	want(t, "restore", e.Restore(t.Context(), s), admin.Accepted, "")
	untouched(t, "restored", file, before)
	if back, err := os.Stat(file); err != nil || !os.SameFile(back, old) {
		t.Errorf("%v", err)
	}
	if stand, failure := look(t, s, e); failure != nil || stand != StandOld {
		t.Errorf("%v %v", stand, failure)
	}
	want(t, "restore again", e.Restore(t.Context(), s), admin.Rejected, "not the one that was read")
}

// TestEditOfAnyShape has files arrive on the host to the byte.
func TestEditOfAnyShape(t *testing.T) {
	s := start(t, sshtest.Options{})
	for name, tt := range map[string]struct{ old, fresh string }{
		"no such key":          {"[cluster] # x\n\ta = 1\n", "[cluster] # x\n\trpc_timeout_ms = 10000\n\ta = 1\n"},
		"no such table":        {"a = 1", "a = 1\n\n[cluster]\nrpc_timeout_ms = 10000"},
		"key of another table": {"[client]\nrpc_timeout_ms = 1\n", "[client]\nrpc_timeout_ms = 1\n\n[cluster]\nrpc_timeout_ms = 10000\n"},
		"CRLF":                 {"[cluster]\r\nrpc_timeout_ms=5000\r\n\r\n", "[cluster]\r\nrpc_timeout_ms=10000\r\n\r\n"},
		"blank lines at the end, and a frame": {
			"# @0 end\n[cluster]\nrpc_timeout_ms = 5000\n\n\n", "# @0 end\n[cluster]\nrpc_timeout_ms = 10000\n\n\n",
		},
		"empty": {"", "[cluster]\nrpc_timeout_ms = 10000\n"},
	} {
		file := config(t, t.TempDir())
		must(t, os.WriteFile(file, []byte(tt.old), 0o640))
		e := edit(t, s, file)
		want(t, name, e.Apply(t.Context(), s), admin.Accepted, "")
		if got := text(t, file); got != tt.fresh {
			t.Errorf("%s: %q, want %q", name, got, tt.fresh)
		}
		// The way back is found by the backup, without a memory of the edit.
		f, failure := ReadFile(t.Context(), s, file)
		if failure != nil {
			t.Fatal(failure)
		}
		last, failure := LastEdit(t.Context(), s, f, "cluster", "rpc_timeout_ms")
		if failure != nil {
			t.Fatal(name, failure)
		}
		want(t, name+", back", last.Restore(t.Context(), s), admin.Accepted, "")
		untouched(t, name, file, tt.old)
	}

	// What somebody else changed too is not taken back.
	file := config(t, t.TempDir())
	want(t, "edit", edit(t, s, file).Apply(t.Context(), s), admin.Accepted, "")
	must(t, os.WriteFile(file, []byte(after+"\n# more"), 0o640))
	f, failure := ReadFile(t.Context(), s, file)
	if failure != nil {
		t.Fatal(failure)
	}
	_, failure = LastEdit(t.Context(), s, f, "cluster", "rpc_timeout_ms")
	refused(t, "changed since", failure, cluster.FailOther, "in more than cluster.rpc_timeout_ms")
}

func TestEditRefuses(t *testing.T) {
	s := start(t, sshtest.Options{})
	dir := opened(t, t.TempDir())
	file := config(t, dir)
	link := filepath.Join(t.TempDir(), "link.toml")
	must(t, os.Symlink(file, link))
	large := filepath.Join(t.TempDir(), "large.toml")
	must(t, os.WriteFile(large, []byte(strings.Repeat("# x\n", 70_000)), 0o600))
	for _, tt := range []struct {
		name, file string
		kind       cluster.FailureKind
		words      string
	}{
		{"a link", link, cluster.FailUnsupported, "a symbolic link to " + file},
		{"absent", dir + "/none.toml", cluster.FailMissing, "none.toml"},
		{"no directory", "/nowhere/api.toml", cluster.FailMissing, "/nowhere"},
		{"a directory", dir, cluster.FailUnsupported, dir},
		{"a device", "/dev/zero", cluster.FailUnsupported, "/dev/zero"},
		{"large", large, cluster.FailTooLarge, "280000 bytes"},
	} {
		_, failure := ReadFile(t.Context(), s, tt.file)
		refused(t, tt.name, failure, tt.kind, tt.words)
	}
	f, failure := ReadFile(t.Context(), s, file)
	if failure != nil {
		t.Fatal(failure)
	}
	_, failure = NewEdit(f, "cluster", "rpc_timeout_ms", 5000)
	refused(t, "the same", failure, cluster.FailOther, "is 5000 in "+file+" already")
	must(t, os.Link(file, filepath.Join(dir, "hard")))
	f, _ = ReadFile(t.Context(), s, file)
	_, failure = NewEdit(f, "cluster", "rpc_timeout_ms", 6000)
	refused(t, "a hard link", failure, cluster.FailUnsupported, "another name")
	must(t, os.Remove(filepath.Join(dir, "hard")))

	u := start(t, nobody(t))
	_, failure = ReadFile(t.Context(), u, file)
	refused(t, "no right to read", failure, cluster.FailPermission, "may not be read")
	must(t, os.Chmod(file, 0o644))
	f, failure = ReadFile(t.Context(), u, file)
	if failure != nil {
		t.Fatal(failure)
	}
	_, failure = NewEdit(f, "cluster", "rpc_timeout_ms", 6000)
	refused(t, "no right to write", failure, cluster.FailPermission, "no file can be made beside")
	must(t, os.Chmod(dir, 0o777))
	e := edit(t, u, file)
	want(t, "another's file", e.Apply(t.Context(), u), admin.Rejected, "owner and mode")
	untouched(t, "another's file", file, before)
	must(t, os.Chmod(dir, 0o755))
	want(t, "a right that was lost", e.Apply(t.Context(), u), admin.Rejected, "permission denied")
	untouched(t, "a right that was lost", file, before)
}

func TestEditFailures(t *testing.T) {
	s := start(t, sshtest.Options{})
	t.Run("no space", func(t *testing.T) {
		dir := mounted(t, "tmpfs", "size=64k")
		file := config(t, dir)
		e := edit(t, s, file)
		fill := filepath.Join(dir, "fill")
		_ = os.WriteFile(fill, make([]byte, 60<<10), 0o600) // as much as there is room for
		want(t, "edit", e.Apply(t.Context(), s), admin.Rejected, "no space left")
		must(t, os.Remove(fill))
		untouched(t, "edit", file, before)
	})
	t.Run("read-only", func(t *testing.T) {
		dir := mounted(t, "tmpfs", "size=64k")
		file := config(t, dir)
		command(t, "mount", "-o", "remount,ro", dir)
		f, failure := ReadFile(t.Context(), s, file)
		if failure != nil {
			t.Fatal(failure)
		}
		_, failure = NewEdit(f, "cluster", "rpc_timeout_ms", 6000)
		refused(t, "read-only", failure, cluster.FailPermission, "is read-only")
	})
	t.Run("no inode", func(t *testing.T) {
		dir := mounted(t, "tmpfs", "nr_inodes=4")
		file := config(t, dir)
		e := edit(t, s, file)
		for i := range 4 {
			_ = os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o600)
		}
		want(t, "edit", e.Apply(t.Context(), s), admin.Rejected, "no space left")
		if text(t, file) != before || len(files(t, dir)) > 4 {
			t.Errorf("%q", files(t, dir))
		}
	})
	t.Run("read-only", func(t *testing.T) {
		dir := disk(t, 16)
		file := config(t, dir)
		e := edit(t, s, file)
		command(t, "mount", "-o", "remount,ro", dir)
		want(t, "edit", e.Apply(t.Context(), s), admin.Rejected, "read-only")
		untouched(t, "edit", file, before)
	})
	t.Run("a mount of its own", func(t *testing.T) {
		dir := disk(t, 16)
		file := config(t, dir)
		command(t, "mount", "--bind", file, file)
		t.Cleanup(func() { command(t, "umount", "-l", file) })
		e := edit(t, s, file)
		want(t, "edit", e.Apply(t.Context(), s), admin.Rejected, "backup")
		untouched(t, "edit", file, before)
	})
	t.Run("immutable", func(t *testing.T) {
		dir := disk(t, 16)
		file := config(t, dir)
		command(t, "chattr", "+i", file)
		e := edit(t, s, file)
		want(t, "edit", e.Apply(t.Context(), s), admin.Rejected, "operation not permitted")
		command(t, "chattr", "-i", file)
		untouched(t, "edit", file, before)
	})
	for name, body := range map[string]string{
		"mv":        `echo "mv: Input/output error" >&2; exit 1`,
		"ln":        `exit 1`,
		"chown":     `exit 1`,
		"sync":      `exit 1`,
		"sha256sum": `echo 0000; exit 0`,
	} {
		t.Run(name, func(t *testing.T) {
			file := config(t, t.TempDir())
			e := edit(t, s, file)
			s.tool(name, body)
			if name == "chown" { // as where cp knows no attributes
				s.tool("cp", "exit 1")
				s.tool("chmod", "exit 1")
			}
			defer s.untool()
			want(t, name, e.Apply(t.Context(), s), admin.Rejected, "")
			untouched(t, name, file, before)
		})
	}
	t.Run("a cp without attributes", func(t *testing.T) {
		file := config(t, t.TempDir())
		must(t, os.Chown(file, 65534, 65533))
		e := edit(t, s, file)
		s.tool("cp", "exit 1")
		defer s.untool()
		want(t, "edit", e.Apply(t.Context(), s), admin.Accepted, "")
		info, err := os.Stat(file)
		must(t, err)
		if is, ok := info.Sys().(*syscall.Stat_t); !ok || is.Uid != 65534 || is.Gid != 65533 || info.Mode() != 0o640 || text(t, file) != after {
			t.Errorf("%+v", info)
		}
	})
}

// TestEditMeanwhile has somebody else change the file at each point.
func TestEditMeanwhile(t *testing.T) {
	s := start(t, sshtest.Options{})
	file := config(t, t.TempDir())
	e := edit(t, s, file)
	must(t, os.WriteFile(file, []byte(other), 0o640))
	want(t, "before", e.Apply(t.Context(), s), admin.Rejected, "not the one that was read")
	untouched(t, "before", file, other)
	if stand, failure := look(t, s, e); failure != nil || stand != StandOther {
		t.Errorf("%v %v", stand, failure)
	}

	for _, tool := range []string{"cp", "sync", "ln", "mv"} {
		for _, how := range []string{"in place", "renamed over"} {
			file = config(t, t.TempDir())
			e = edit(t, s, file)
			change := fmt.Sprintf("printf '%s' >'%s'", strings.ReplaceAll(other, "\n", `\n`), file)
			if how == "renamed over" {
				change = fmt.Sprintf("printf '%s' >'%s.x'; /bin/mv '%s.x' '%s'", strings.ReplaceAll(other, "\n", `\n`), file, file, file)
			}
			s.tool(tool, fmt.Sprintf("[ -e '%[1]s/once' ] || { : >'%[1]s/once'; %[2]s; }\nexec REAL \"$@\"", s.tools, change))
			r := e.Apply(t.Context(), s)
			s.untool()
			name := tool + ", " + how
			if tool == "mv" && how == "renamed over" {
				// Between the last look and the rename nothing can tell; what the backup
				// holds is the old text, and the file that was put there is lost to it.
				want(t, name, r, admin.Accepted, "")
				continue
			}
			want(t, name, r, admin.Rejected, "not the one that was read")
			untouched(t, name, file, other)
		}
	}
}

// TestEditTwoAtOnce has one edit overtake another.
func TestEditTwoAtOnce(t *testing.T) {
	s := start(t, sshtest.Options{})
	file := config(t, t.TempDir())
	first, second := edit(t, s, file), edit(t, s, file)
	second.Backup += "x"
	mark, gate := filepath.Join(t.TempDir(), "mark"), filepath.Join(t.TempDir(), "gate")
	s.tool("ln", fmt.Sprintf("if mkdir '%s' 2>/dev/null; then while [ ! -e '%s' ]; do sleep 0.01; done; fi\nexec REAL \"$@\"", mark, gate))
	ended := make(chan admin.Result, 1)
	go func() { ended <- first.Apply(t.Context(), s) }()
	until(t, "the first is about to end", func() bool { _, err := os.Stat(mark); return err == nil })
	want(t, "second", second.Apply(t.Context(), s), admin.Accepted, "")
	must(t, os.WriteFile(gate, nil, 0o600))
	want(t, "first", <-ended, admin.Rejected, "not the one that was read")
	if text(t, file) != after || text(t, filepath.Join(filepath.Dir(file), second.Backup)) != before || len(files(t, filepath.Dir(file))) != 2 {
		t.Errorf("%q", files(t, filepath.Dir(file)))
	}
}

// TestEditCut cuts the connection before each process that the edit starts on
// the host: the file is the old one or the new one, whole, the backup is there
// with the new one, and nothing else is.
func TestEditCut(t *testing.T) {
	s := start(t, sshtest.Options{})
	dir, at := t.TempDir(), t.TempDir()
	tools := []string{"stat", "sha256sum", "cat", "ls", "ln", "mv", "cp", "sync", "dd", "touch", "rm"}
	steps, old, fresh := 0, 0, 0
	e := edit(t, s, config(t, dir)) // what it wants of the file is that text
	for n := 1; ; n++ {
		file := config(t, dir)
		for _, f := range files(t, at) {
			must(t, os.Remove(filepath.Join(at, f)))
		}
		for _, tool := range tools {
			s.tool(tool, fmt.Sprintf(`echo x >>'%[1]s/count'
n=0
while read -r _; do n=$((n + 1)); done <'%[1]s/count'
if [ "$n" = %[2]d ]; then
	echo %[3]s >'%[1]s/here'
	while [ ! -e '%[1]s/go' ]; do sleep 0.01; done
fi
exec REAL "$@"`, at, n, tool))
		}
		ended := make(chan admin.Result, 1)
		go func() { ended <- e.Apply(t.Context(), s) }()
		var r *admin.Result
		until(t, "step or end", func() bool {
			select {
			case got := <-ended:
				r = &got
				return true
			default:
				_, err := os.Stat(at + "/here")
				return err == nil
			}
		})
		if r != nil {
			want(t, "uncut", *r, admin.Accepted, "")
			break
		}
		steps++
		s.cut()
		must(t, os.WriteFile(at+"/go", nil, 0o600))
		cut := <-ended
		until(t, "the host is empty", func() bool { return len(holdersOf(dir)) == 0 && len(s.Processes()) == 0 })
		s.untool()
		stand := e.Stand(&File{SHA: digest([]byte(text(t, file)))})
		list := files(t, dir)
		switch {
		case stand == StandOld && text(t, file) == before && len(list) == 1:
			old++
		case stand == StandNew && text(t, file) == after && len(list) == 2 && text(t, filepath.Join(dir, e.Backup)) == before:
			fresh++
		default:
			t.Errorf("step %d: %v with %q", n, stand, list)
		}
		if cut.Verdict == admin.Accepted || cut.Verdict == admin.NotSent && stand != StandOld {
			t.Errorf("step %d: %s, and the file is %v", n, cut.Verdict, stand)
		}
	}
	t.Logf("%d steps: %d left the old file, %d the new one", steps, old, fresh)
	if old < 5 || fresh < 5 {
		t.Errorf("%d steps: %d left the old file, %d the new one", steps, old, fresh)
	}
}

// holdersOf are processes whose working directory is dir: the script's.
func holdersOf(dir string) []string {
	var list []string
	all, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, cwd := range all {
		if to, err := os.Readlink(cwd); err == nil && to == dir {
			list = append(list, cwd)
		}
	}
	return list
}

// TestEditKilled kills the script itself where its new file has a name already:
// what it leaves is told by the next look, and does not hinder the next edit.
func TestEditKilled(t *testing.T) {
	s := start(t, sshtest.Options{})
	dir := t.TempDir()
	file := config(t, dir)
	e := edit(t, s, file)
	s.tool("cp", "kill -9 $PPID")
	want(t, "killed", e.Apply(t.Context(), s), admin.Ambiguous, "")
	s.untool()
	if stand, failure := look(t, s, e); failure != nil || stand != StandOld || text(t, file) != before {
		t.Errorf("%v %v", stand, failure)
	}
	next := edit(t, s, file)
	if next.File.Left != 1 {
		t.Errorf("%d are left", next.File.Left)
	}
	want(t, "next", next.Apply(t.Context(), s), admin.Accepted, "")
	if text(t, file) != after {
		t.Error(text(t, file))
	}
}
