package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
)

// firstFault remembers why what cobra writes could not be written: it does not ask.
type firstFault struct {
	w   io.Writer
	err error
}

func (f *firstFault) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	f.err = cmp.Or(f.err, err)
	return n, err
}

// unknownTopic is what is wrong with a word behind help or completion that names
// nothing: cobra helps with something else then.
func unknownTopic(root *cobra.Command, args []string) error {
	if len(args) < 2 || strings.HasPrefix(args[1], "-") {
		return nil
	}
	switch args[0] {
	case "help":
		if _, rest, err := root.Find(args[1:]); err != nil || len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
			return misuse(fmt.Errorf("unknown command %q", strings.Join(args[1:], " ")))
		}
	case "completion":
		if shells := []string{"bash", "fish", "powershell", "zsh"}; !slices.Contains(shells, args[1]) {
			return usage(fmt.Sprintf("unknown shell %q", args[1]), "one of "+strings.Join(shells, ", "))
		}
	}
	return nil
}

// unknownBelow is what is wrong where a command is named that has others below it,
// and none of them.
func unknownBelow(c command, args []string) error {
	var names []string
	for _, other := range commands {
		if other.under == c.use {
			names = append(names, strings.Fields(other.use)[0])
		}
	}
	hint := "one of " + strings.Join(names, ", ")
	if len(args) == 0 {
		return usage("stemetop "+c.use+" needs a word more", hint)
	}
	if near, ok := config.Nearest(args[0], names); ok {
		hint = "did you mean " + near + "?"
	}
	return usage(fmt.Sprintf("unknown command %q of stemetop %s", args[0], c.use), hint)
}

// misusedFlag names the nearest flag of the command for one that it does not have.
func misusedFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	if args := cmd.Flags().Args(); len(args) > 0 && cmd.HasSubCommands() && cmd.HasParent() { // the word before it is not one of those below
		return unknownBelow(command{use: cmd.Name()}, args)
	}
	name := unknown.GetSpecifiedName()
	var own []string
	ownFlags(cmd).VisitAll(func(f *pflag.Flag) { own = append(own, f.Name) })
	if slices.ContainsFunc(flags, func(f flag) bool { return f.name == name }) {
		return usage(cmd.CommandPath()+" has no flag --"+name, cmd.CommandPath()+" --help tells which it has")
	}
	if near, ok := config.Nearest(name, own); ok {
		return usage("unknown flag --"+name, "did you mean --"+near+"?", helpHint)
	}
	return err
}

// misuse turns cobra's words into ours, with the nearest flag or command.
func misuse(err error) error {
	what := err.Error()
	var own *failure
	if errors.As(err, &own) {
		return own
	}
	if rest, ok := strings.CutPrefix(what, "unknown command "); ok {
		word, _, _ := strings.Cut(strings.TrimPrefix(rest, `"`), `"`)
		var names []string
		for _, c := range commands[1:] {
			if c.under == "" {
				names = append(names, strings.Fields(c.use)[0])
			}
		}
		if near, ok := config.Nearest(word, names); ok {
			return usage(fmt.Sprintf("unknown command %q", word), "did you mean "+near+"?", helpHint)
		}
		return usage(fmt.Sprintf("unknown command %q", word), helpHint)
	}
	if strings.HasSuffix(what, "is not a duration") {
		return usage(what, "write it with its unit, as 500ms, 20s or 5m", helpHint)
	}
	return usage(what, helpHint)
}
