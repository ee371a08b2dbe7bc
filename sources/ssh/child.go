package ssh

import (
	"os/exec"
	"slices"
	"strings"
	"syscall"
)

// detach puts a child into a session of its own: a ctrl-c at our terminal does
// not reach it, and neither it nor what its configuration starts can open the
// terminal to ask there.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// killGroup kills a detached child with all it started (jump hosts, proxies).
// It is called before the child is reaped, while the id can be no other's.
func killGroup(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// childEnv is the environment for ssh: messages in the language that classify
// knows, and no program that asks on the operator's desktop.
func childEnv(env []string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return name == "SSH_ASKPASS" || name == "LANGUAGE" || name == "LC_ALL"
	})
	return append(env, "LC_ALL=C", "SSH_ASKPASS_REQUIRE=never")
}
