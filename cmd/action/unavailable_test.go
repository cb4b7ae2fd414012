package main

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/org/cilock-action/internal/action"
	"github.com/org/cilock-action/internal/verdict"
)

// TestUnavailableIsRefused: a verb or flag whose feature is not built ends with
// exit code 2 and its name. The list is written out, so that building a feature
// and forgetting to wire it is noticed.
func TestUnavailableIsRefused(t *testing.T) {
	want, err := os.ReadFile("testdata/unavailable.golden")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, v := range verbs() {
		if v.run != nil {
			continue
		}
		code, err := dispatch([]string{v.name, "anything"})
		refused(t, "verb "+v.name, code, err)
		got.WriteString("verb " + v.name + "\n")
	}
	for _, verb := range []struct {
		name  string
		flags []flagSpec
		run   func(args ...string) (int, error)
	}{
		{"run", runFlags(new(action.Inputs)), func(args ...string) (int, error) {
			return runVerb(t.Context(), append(args, "--", "true"), action.Deps{})
		}},
		{"verify", verifyFlags(new(action.VerifyInputs)), func(args ...string) (int, error) {
			return verifyVerb(t.Context(), args, action.Deps{})
		}},
		{"attest", attestFlags(new(action.AttestInputs)), func(args ...string) (int, error) {
			return attestVerb(t.Context(), args, action.Deps{})
		}},
		{"refs", refsFlags(new(action.RefsInputs)), func(args ...string) (int, error) {
			return refsVerb(t.Context(), args, action.Deps{})
		}},
	} {
		for _, f := range verb.flags {
			if f.set != nil {
				continue
			}
			code, err := verb.run(f.name, "x")
			refused(t, verb.name+" "+f.name, code, err)
			if code, err = verb.run(f.name + "=x"); code != verdict.ExitMisuse || err == nil {
				t.Errorf("%s %s=x: exit code %d, %v", verb.name, f.name, code, err)
			}
			got.WriteString(verb.name + " " + f.name + "\n")
		}
	}
	if got.String() != string(want) {
		t.Errorf("testdata/unavailable.golden is not current; the list is now:\n%s", got.String())
	}
}

func refused(t *testing.T, what string, code int, err error) {
	t.Helper()
	var exit *verdict.ExitError
	if code != verdict.ExitMisuse || !errors.As(err, &exit) || exit.Code != verdict.ExitMisuse ||
		!strings.Contains(err.Error(), "is not available in this version") {
		t.Errorf("%s: exit code %d, %v", what, code, err)
	}
}

// TestTraceTakesOnlyItsOwnWords: --trace alone means auto and never swallows
// what follows it.
func TestTraceTakesOnlyItsOwnWords(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--", "true"}, ""},
		{[]string{"--trace", "off", "--", "true"}, "off"},
		{[]string{"--trace=off", "--", "true"}, "off"},
		{[]string{"--trace", "--step", "x", "--", "true"}, "auto"},
		{[]string{"--trace", "--", "ebpf"}, "auto"},
		{[]string{"--trace", "ebpf", "--", "true"}, "ebpf"},
		{[]string{"--trace=auto", "--", "true"}, "auto"},
	} {
		var in action.Inputs
		_, rest, err := parseFlags("run", test.args, runFlags(&in))
		if err != nil || len(rest) != 1 || in.Trace != test.want {
			t.Errorf("%q: command %q, trace %q, %v", test.args, rest, in.Trace, err)
		}
	}
	code, err := runVerb(t.Context(), []string{"--trace=strace", "--", "true"}, action.Deps{})
	if code != verdict.ExitMisuse || err == nil {
		t.Errorf("an unknown backend: exit code %d, %v", code, err)
	}
}
