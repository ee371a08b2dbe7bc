package ssh

import (
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// expander replaces ~, %-tokens and ${VARIABLE} as ssh_config(5) has them under
// TOKENS. It keeps the first error.
type expander struct {
	tokens map[byte]string
	err    error
}

// local sets the tokens about this machine.
func (e *expander) local() {
	e.tokens['d'], e.tokens['u'] = home(), localUser()
	if me, err := user.Current(); err == nil {
		e.tokens['i'] = me.Uid
	}
	if name, err := os.Hostname(); err == nil {
		short, _, _ := strings.Cut(name, ".")
		e.tokens['l'], e.tokens['L'] = name, short
	}
}

// expand replaces the tokens.
func (e *expander) expand(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		i++
		if i == len(s) {
			e.fail("a lone % at the end of " + s)
			break
		}
		v, ok := e.tokens[s[i]]
		if !ok {
			e.fail("token %" + s[i:i+1] + " in " + s)
		}
		b.WriteString(v)
	}
	return b.String()
}

var variable = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

// path replaces all three in the name of a file.
func (e *expander) path(s string) string {
	s = variable.ReplaceAllStringFunc(s, func(v string) string {
		value, ok := os.LookupEnv(v[2 : len(v)-1])
		if !ok {
			e.fail("environment variable " + v + " is not set")
		}
		return value
	})
	return e.expand(tilde(s))
}

// paths expands all but the word none, which stands for an empty list.
func (e *expander) paths(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "none" && s != "" {
			out = append(out, e.path(s))
		}
	}
	return out
}

// agent returns the socket that IdentityAgent names.
func (e *expander) agent(s string) string {
	switch {
	case s == "none":
		return ""
	case s == "SSH_AUTH_SOCK":
		return os.Getenv(s)
	case strings.HasPrefix(s, "$") && !strings.HasPrefix(s, "${"):
		return os.Getenv(s[1:])
	}
	return e.path(s)
}

func (e *expander) fail(what string) {
	if e.err == nil {
		e.err = cluster.Fail(cluster.FailConfig, "ssh configuration: "+what, "correct it, or set ssh.transport: openssh")
	}
}

// tilde replaces a leading ~/ by the home directory.
func tilde(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(home(), rest)
	}
	return path
}

// home is the directory that the user database names: OpenSSH ignores $HOME.
func home() string {
	if me, err := user.Current(); err == nil {
		return me.HomeDir
	}
	return os.Getenv("HOME")
}

func localUser() string {
	if me, err := user.Current(); err == nil {
		return me.Username
	}
	return os.Getenv("USER")
}

// splitPaths splits at blanks outside of double quotes.
func splitPaths(s string) []string {
	var out []string
	quoted := false
	for _, f := range strings.FieldsFunc(s, func(r rune) bool {
		quoted = quoted != (r == '"')
		return !quoted && (r == ' ' || r == '\t')
	}) {
		out = append(out, strings.Trim(f, `"`))
	}
	return out
}
