package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

// nothing is an environment without variables.
func nothing(string) string { return "" }

// read parses the flags of serve.
func read(t *testing.T, args []string, getenv func(string) string) (settings, error) {
	t.Helper()
	var s settings
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	s.register(flags)
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	return s, fromEnvironment(flags, getenv)
}

func TestFlagOverridesItsVariable(t *testing.T) {
	t.Parallel()
	var defaults settings
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	defaults.register(flags)
	count := 0
	flags.VisitAll(func(f *flag.Flag) {
		count++
		fromFlag, fromVariable := "from-flag", "from-variable"
		if f.DefValue == "false" {
			fromFlag, fromVariable = "false", "true"
		}
		if _, err := time.ParseDuration(f.DefValue); err == nil {
			fromFlag, fromVariable = "1s", "2s"
		}
		name := "TRACKER_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		set := func(asked string) string {
			if asked == name {
				return fromVariable
			}
			return ""
		}
		viaFlag, err := read(t, []string{"-" + f.Name + "=" + fromFlag}, nothing)
		if err != nil {
			t.Fatal(err)
		}
		viaVariable, err := read(t, nil, set)
		if err != nil {
			t.Fatal(err)
		}
		if reflect.DeepEqual(viaVariable, defaults) {
			t.Errorf("%s has no effect", name)
		}
		if asFlag, err := read(t, []string{"-" + f.Name + "=" + fromVariable}, nothing); err != nil || !reflect.DeepEqual(asFlag, viaVariable) {
			t.Errorf("-%s and %s do not set the same: %v", f.Name, name, err)
		}
		if both, err := read(t, []string{"-" + f.Name + "=" + fromFlag}, set); err != nil || !reflect.DeepEqual(both, viaFlag) {
			t.Errorf("-%s does not win over %s: %v", f.Name, name, err)
		}
	})
	if fields := reflect.TypeFor[settings]().NumField(); fields != count {
		t.Errorf("%d settings, and %d flags", fields, count)
	}
}

func TestSpellingsOfAFlag(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-addr", "localhost:3001", "-empty"}, {"-addr=localhost:3001", "-empty"}, {"--addr", "localhost:3001", "--empty"},
		{"--addr=localhost:3001", "-empty=true"}, {"-empty", "-addr", "localhost:3001"},
	} {
		if s, err := read(t, args, nothing); err != nil || s.address != "localhost:3001" || !s.empty {
			t.Errorf("%v: %+v, %v", args, s, err)
		}
	}
}

func TestInvalidVariableIsNamed(t *testing.T) {
	t.Parallel()
	maybe := func(name string) string { return map[string]string{"TRACKER_EMPTY": "maybe"}[name] }
	if _, err := read(t, nil, maybe); err == nil || !strings.Contains(err.Error(), "TRACKER_EMPTY") {
		t.Errorf("got %v", err)
	}
	if s, err := read(t, []string{"-empty"}, maybe); err != nil || !s.empty {
		t.Errorf("a variable whose flag is given is read: %v", err)
	}
}

func TestExecute(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args         []string
		code         int
		told, failed string
	}{
		"an unknown flag of the default command": {[]string{"-nosuch", "x"}, 2, "", "-nosuch"},
		"an unknown flag of a command":           {[]string{"redrive", "-nosuch"}, 2, "", "-nosuch"},
		"a flag of another command":              {[]string{"redrive", "-addr", "localhost:0"}, 2, "", "-addr"},
		"the template is no setting any more":    {[]string{"-template", "template.yaml"}, 2, "", "-template"},
		"a flag without its value":               {[]string{"serve", "-addr"}, 2, "", "-addr"},
		"an unknown command":                     {[]string{"srve"}, 2, "", `"srve"`},
		"an argument too many":                   {[]string{"version", "now"}, 2, "", `"now"`},
		"a command that is not told enough":      {[]string{"restore"}, 1, "", "-tracker"},
		"version":                                {[]string{"version"}, 0, "tracker ", ""},
		"help":                                   {[]string{"help"}, 0, "-addr", ""},
		"help by a flag":                         {[]string{"-h"}, 0, "TRACKER_CLIENT_ID", ""},
		"help about a command":                   {[]string{"redrive", "-h"}, 0, "-dry-run", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errout bytes.Buffer
			if code := execute(t.Context(), tt.args, nothing, &out, &errout); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if !strings.Contains(out.String(), tt.told) || (tt.told == "") != (out.Len() == 0) {
				t.Errorf("printed %q, want %q in it", &out, tt.told)
			}
			if !strings.Contains(errout.String(), tt.failed) || (tt.failed == "") != (errout.Len() == 0) {
				t.Errorf("printed %q as an error, want %q in it", &errout, tt.failed)
			}
		})
	}
}

func TestHelpNamesEachCommand(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	execute(context.Background(), []string{"help"}, nothing, &out, io.Discard)
	for _, name := range []string{"serve", "replay", "redrive", "restore", "version"} {
		if !strings.Contains(out.String(), "\n  "+name+" ") {
			t.Errorf("%s is missing:\n%s", name, &out)
		}
	}
}
