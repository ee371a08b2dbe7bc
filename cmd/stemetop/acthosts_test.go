package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

// unitTool stands for systemctl: it keeps the number of the unit's run in a file.
const unitTool = `#!/bin/sh
n=$(cat 'RUN')
case $* in
*restart*) echo $((n + 1)) >'RUN' ;;
*) printf '%s\n' Id=stemedb-api.service LoadState=loaded ActiveState=active SubState=running Result=success \
	MainPID=$((n + 100)) NRestarts=0 InvocationID=run$n ExecMainStartTimestampMonotonic=${n}000000 ;;
esac
`

// hostRig is an embedded cluster whose primary and first replica have the machine
// of the test as their host, behind a real sshd.
type hostRig struct {
	*program
	config *config.Config
	wal    string // a disk of its own
	toml   string
	unit   string // the number of the unit's run
}

func newHostRig(t *testing.T) *hostRig {
	t.Helper()
	dir := t.TempDir()
	r := &hostRig{program: newProgram(t), wal: filepath.Join(dir, "wal"), toml: filepath.Join(dir, "api.toml"), unit: filepath.Join(dir, "run")}
	r.write(filepath.Join(dir, "systemctl"), strings.ReplaceAll(unitTool, "RUN", r.unit), 0o755)
	r.write(r.unit, "1\n", 0o600)
	r.write(r.toml, "token = \"s3cret\"\n\n[cluster]\nrpc_timeout_ms = 5000 # ms\n", 0o640)
	image := filepath.Join(dir, "image")
	r.write(image, "", 0o600)
	r.must(os.Mkdir(r.wal, 0o755))
	r.must(os.Truncate(image, 64<<20))
	r.tool("mkfs.ext4", "-q", "-m", "0", image)
	r.tool("mount", "-o", "loop", image, r.wal)
	t.Cleanup(func() { r.tool("umount", "-l", r.wal) })

	r.write(filepath.Join(dir, "sudo"), "#!/bin/sh\n[ \"$1\" = -n ] || exit 1\nshift\necho used >>'"+r.sudo()+"'\nexec \"$@\"\n", 0o755)
	s := sshtest.Start(t, sshtest.Options{Config: "SetEnv STEMETOP_PATH=" + dir + " PATH=" + dir + ":/usr/bin:/bin HOME=" + t.TempDir()})
	c, err := config.Load(startDemo(t, "healthy"))
	r.must(err)
	c.SSH.Config, c.SSH.KnownHosts, c.SSH.IdentityFile = s.ClientConfig, s.KnownHosts, s.ClientKey
	for i := range c.Replicas {
		c.Replicas[i].SSH = ""
	}
	c.Primary.SSH, c.Replicas[0].SSH = s.Target(), s.Target()
	for _, n := range []*config.Node{&c.Primary, &c.Replicas[0]} {
		n.Proc, n.Sys, n.LogFile = "/proc", "/sys", ""
	}
	c.WALPath, c.APIToml = r.wal, r.toml
	c.Actions.WALTestSize, c.Actions.WALTestFree = 8<<20, 1<<20
	r.config = c
	return r
}

// sudo is a file that is there if what stands for sudo was used.
func (r *hostRig) sudo() string { return r.toml + "-by-sudo" }

func (r *hostRig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *hostRig) write(file, text string, mode os.FileMode) {
	r.Helper()
	r.must(os.WriteFile(file, []byte(text), mode))
}

func (r *hostRig) tool(name string, args ...string) {
	r.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		r.Fatalf("%s %q: %v: %s", name, args, err, out)
	}
}

// act writes the configuration as it is now and runs act with it.
func (r *hostRig) act(code int, args ...string) (stdout, stderr string) {
	r.Helper()
	file := filepath.Join(filepath.Dir(r.toml), "config.yaml")
	r.must(writeConfig(file, r.config, true))
	return r.run(code, append(append([]string{"act"}, args...), "--config", file)...)
}

func (r *hostRig) read(file string) string {
	r.Helper()
	b, err := os.ReadFile(file)
	r.must(err)
	return string(b)
}

func TestActOnHosts(t *testing.T) {
	t.Parallel()
	r := newHostRig(t)
	primary, replica := r.config.Primary.ID, r.config.Replicas[0].ID

	out, _ := r.act(exitOK, "wal-test", replica, "--dry-run")
	r.want(out, `^plan +test the WAL disk of `+replica+`$`, `^tier +dangerous: it writes 8 MiB`, `^request +SSH `+replica+` \(.*\): `+r.wal+`$`,
		`timeout 15 dd if=/dev/zero of=<unnamed file> bs=1M count=8 oflag=direct$`, `^WAL disk +/dev/loop\S+, ext4 +\(host of `+replica, `^free .* have to stay`, `^expect +more than 100 MB/s`)
	out, _ = r.act(exitOK, "wal-test", replica, "--confirm", replica)
	r.want(out, `^outcome +accepted \([0-9.]+ MB/s, (as expected|SLOW) \(runbook: > 100 MB/s\): 8388608 bytes in `)
	if list, err := filepath.Glob(r.wal + "/.stemetop*"); err != nil || len(list) > 0 {
		t.Errorf("%q is left", list)
	}

	// What is not allowed says how it would be.
	for _, name := range []string{"rpc-timeout", "put-back", "restart"} {
		_, complaints := r.act(exitBlocked, name, "--confirm", primary)
		r.want(complaints, `nothing was sent: it is forbidden by actions\.`, `^hint: set actions\.\S+: allowed`)
	}
	r.config.Actions.RPCTimeout, r.config.Actions.Restart = "allowed", "allowed"

	before := r.read(r.toml)
	_, complaints := r.act(exitBlocked, "rpc-timeout", "10000", "--confirm", "10000")
	r.want(complaints, `--confirm names "10000"`, `^hint: the target is `+primary+`$`)
	out, _ = r.act(exitOK, "rpc-timeout", "--confirm", primary)
	r.want(out, `^request +SSH .*: `+r.toml+`$`, `^ +-rpc_timeout_ms = 5000 # …$`, `^ +\+rpc_timeout_ms = 10000 # …$`, `^ +backup: `+r.toml+`\.stemetop-20`,
		`^rpc_timeout_ms +5000`, `^outcome +accepted \(the old file is `)
	if got := r.read(r.toml); got != strings.Replace(before, "5000", "10000", 1) {
		t.Errorf("%q", got)
	}
	if _, err := os.Stat(r.sudo()); err == nil {
		t.Error("sudo was used, and nobody asked for it")
	}
	r.config.Actions.Shell = "sudo"
	out, _ = r.act(exitOK, "restart", "--confirm", primary)
	if got := r.read(r.sudo()); strings.Count(got, "used") < 3 { // a look, one more, and the restart
		t.Errorf("%q", got)
	}
	r.want(out, `^request +SSH .*: stemedb-api$`, `^ +systemctl restart stemedb-api$`, `^unit +active \(running\), pid 101`, `put api\.toml back \(api\.toml\.stemetop-`, `^outcome +accepted$`)
	if got := r.read(r.unit); got != "2\n" {
		t.Errorf("run %q", got)
	}
	out, _ = r.act(exitOK, "put-back", "--confirm", primary)
	r.want(out, `^ +-rpc_timeout_ms = 10000 # …$`, `^outcome +accepted \(the old file is back`)
	if left, err := filepath.Glob(r.toml + ".*"); err != nil || r.read(r.toml) != before || len(left) > 0 {
		t.Errorf("%q, and %q beside it", r.read(r.toml), left)
	}
	_, complaints = r.act(exitBlocked, "put-back", "--confirm", primary)
	r.want(complaints, `there is no backup beside `)

	for _, rec := range r.records() {
		if rec.Kind == journal.KindIntent && (rec.Intent.Request.Method != "SSH" || rec.Intent.Tier != "dangerous" || strings.Contains(rec.Intent.Request.Body, "s3cret")) {
			t.Errorf("%+v", rec.Intent)
		}
	}
}

// pick opens the menu of all actions and goes to the one of that title.
func (s *session) pick(title string) {
	s.Helper()
	s.press("x")
	s.see(`actions \(enter shows it first`)
	_, list, _ := strings.Cut(s.screen(), "actions (enter shows it first")
	above, _, ok := strings.Cut(list, title)
	if !ok {
		s.Fatalf("%q is not in the menu:\n%s", title, s.screen())
	}
	for range strings.Count(above, "\n") - 1 {
		s.press("j")
	}
	s.see(`[>▸▶❯] +` + title)
	s.press("Enter")
}

// On the screen, as a person does it: chosen from the menu, armed, the name typed.
func TestAWriteTestOnTheScreen(t *testing.T) {
	t.Parallel()
	r := newHostRig(t)
	file := filepath.Join(filepath.Dir(r.toml), "config.yaml")
	r.config.Actions.RPCTimeout = "allowed"
	r.must(writeConfig(file, r.config, true))
	replica := r.config.Replicas[0].ID
	s := newSession(t, 80, 24)
	s.press("stemetop --no-record --config "+file+"; echo left with $?", "Enter")
	s.see(`\b` + replica + `\b.*\d`)
	s.pick("write test of the WAL disk of " + replica)
	s.see(`dd if=/dev/zero of=<unnamed`)
	s.confirm(`accepted \([0-9.]+ MB/s, (as expected|SLOW)`)
	t.Log(s.screen())
	s.escape()
	s.pick("raise rpc_timeout_ms")
	s.see(`rpc_timeout_ms .*enter shows it first`)
	s.press("8", "5", "0", "0", "Enter")
	s.see(`\+rpc_timeout_ms = 8500`)
	s.escape()
	s.pick("restart the primary's database")
	s.see(`forbidden by actions\.restart`)
	s.escape()
	s.press("q")
	s.see(`left with 0`)
	if list, err := filepath.Glob(r.wal + "/.stemetop*"); err != nil || len(list) > 0 {
		t.Errorf("%q is left", list)
	}
}
