package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"outreach/infra/tracker/redrive"
	"outreach/infra/tracker/restore"
	"outreach/infra/tracker/rotate"
	"outreach/infra/tracker/token"
	"outreach/internal/version"
)

// command is a sub-command of the program.
type command struct {
	name, summary string
	// define registers the command's flags, and returns what runs once they are parsed.
	define func(flags *flag.FlagSet) func(ctx context.Context, out io.Writer) error
	// environment says that each flag that is not given is taken from its variable (see variable).
	environment bool
}

// commands lists all commands. The first is run where the arguments name none.
func commands() []command {
	return []command{
		{name: "serve", summary: "run the tracker (the default)", define: serveCommand, environment: true},
		{name: "replay", summary: "send the model project's input to a running tracker", define: replayCommand},
		{name: "redrive", summary: "deliver dead letters again", define: redrive.Command},
		{name: "restore", summary: "restore tables or a data folder, repeat later erasures, verify snapshots", define: restore.Command},
		{name: "rotate-secret", summary: "replace the secret, without losing anybody", define: rotate.Command(lockFolder)},
		{name: "token", summary: "sign a program in at the user pool, and print its token", define: token.Command},
		{name: "version", summary: "print version, commit and Go version", define: versionCommand},
	}
}

// execute runs the command that the arguments name, and returns the exit code: 0, 1 for a failure, 2 for a wrong usage.
func execute(ctx context.Context, args []string, getenv func(string) string, out, errout io.Writer) int {
	run, err := parse(args, getenv)
	if err != nil {
		var help helpRequest
		if errors.As(err, &help) {
			help.print(out)
			return 0
		}
		fmt.Fprintln(errout, "error:", err)
		fmt.Fprintln(errout, "tracker -h lists commands and flags")
		return 2
	}
	if err := run(ctx, out); err != nil {
		fmt.Fprintln(errout, "error:", err)
		return 1
	}
	return 0
}

// parse finds the command that the arguments name, and reads its flags from the rest and from the environment. The
// error is a helpRequest where help is asked for.
func parse(args []string, getenv func(string) string) (func(ctx context.Context, out io.Writer) error, error) {
	all := commands()
	chosen := all[0]
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		if args[0] == "help" {
			return nil, helpRequest{command: chosen}
		}
		at := slices.IndexFunc(all, func(c command) bool { return c.name == args[0] })
		if at < 0 {
			return nil, fmt.Errorf("unknown command %q", args[0])
		}
		chosen, args = all[at], args[1:]
	}
	flags := flag.NewFlagSet(chosen.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors and help are printed by execute
	run := chosen.define(flags)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil, helpRequest{command: chosen}
	} else if err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if chosen.environment {
		if err := fromEnvironment(flags, getenv); err != nil {
			return nil, err
		}
	}
	return run, nil
}

// helpRequest is returned as an error where the arguments ask for help about a command.
type helpRequest struct{ command command }

func (h helpRequest) Error() string { return "help was asked for" }

func (h helpRequest) print(out io.Writer) {
	all := commands()
	if h.command.name == all[0].name {
		fmt.Fprintf(out, "Usage: tracker [command] [flags]\n\nCommands:\n")
		for _, c := range all {
			fmt.Fprintf(out, "  %-13s %s\n", c.name, c.summary)
		}
		fmt.Fprintln(out, "\ntracker COMMAND -h lists the flags of a command. Those of serve:")
	} else {
		fmt.Fprintf(out, "Usage: tracker %s [flags]: %s\n", h.command.name, h.command.summary)
	}
	flags := flag.NewFlagSet(h.command.name, flag.ContinueOnError)
	flags.SetOutput(out)
	h.command.define(flags)
	fmt.Fprintln(out)
	flags.PrintDefaults()
	if h.command.environment {
		fmt.Fprintf(out, "\nEach flag can be given as a variable, too: -client-id as %s. A flag wins over its variable.\n", variable("client-id"))
	}
}

// variable returns the name of the environment variable for a flag: TRACKER_CLIENT_ID for client-id.
func variable(name string) string {
	return "TRACKER_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// fromEnvironment sets each flag that was not given from its variable. An empty variable counts as not set.
func fromEnvironment(flags *flag.FlagSet, getenv func(string) string) error {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	var wrong []error
	flags.VisitAll(func(f *flag.Flag) {
		value := getenv(variable(f.Name))
		if given[f.Name] || value == "" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			wrong = append(wrong, fmt.Errorf("invalid value %q for %s: %w", value, variable(f.Name), err))
		}
	})
	return errors.Join(wrong...)
}

func versionCommand(*flag.FlagSet) func(context.Context, io.Writer) error {
	return func(_ context.Context, out io.Writer) error {
		_, err := fmt.Fprintln(out, "tracker", version.Details())
		return err
	}
}
