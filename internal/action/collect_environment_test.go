package action

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func secretForTest(name string) bool {
	return strings.Contains(name, "TOKEN") || strings.Contains(name, "SECRET")
}

func observeEnvironment(t *testing.T, c environmentCollector, p Plan) (environmentBody, Section) {
	t.Helper()
	stop, err := c.Start(context.Background(), Target{Plan: p})
	if err != nil {
		t.Fatal(err)
	}
	s, err := stop(context.Background(), Step{})
	if err != nil {
		t.Fatal(err)
	}
	var b environmentBody
	decodeBody(t, s, &b)
	return b, s
}

func TestEnvironmentRecordsOnlyWhatIsListed(t *testing.T) {
	env := []string{
		"CI=true", "GOFLAGS=-buildvcs=false", "PATH=/bin", "LC_ALL=C", "GITHUB_SHA=abc",
		"NPM_TOKEN=hunter2hunter2", "GITHUB_TOKEN=ghs_hunter2", "GITHUB_ENV=/tmp/env", "PASSPHRASE=hunter2",
		"TZ=", "BAD=\xff", "odd\nname=x", "=C:=C:\\hunter2", "novalue",
	}
	p := Plan{Env: env, OwnEnv: append(env, "ACTIONS_ID_TOKEN_REQUEST_TOKEN=hunter2")}
	b, s := observeEnvironment(t, newEnvironment(secretForTest), p)
	wantNoGaps(t, s)
	want := map[string]string{
		"CI": "true", "GOFLAGS": "-buildvcs=false", "PATH": "/bin", "LC_ALL": "C",
		"GITHUB_SHA": "abc", "TZ": "",
	}
	if !reflect.DeepEqual(b.Variables, want) {
		t.Errorf("variables %q, want %q", b.Variables, want)
	}
	others := []string{"BAD", "GITHUB_ENV", "GITHUB_TOKEN", "NPM_TOKEN", "PASSPHRASE", "odd\nname"}
	if !slices.Equal(b.OtherNames, others) || b.OtherCount != len(others) {
		t.Errorf("other names %q (%d), want %q", b.OtherNames, b.OtherCount, others)
	}
	if !slices.Equal(b.WithheldNames, []string{"ACTIONS_ID_TOKEN_REQUEST_TOKEN"}) {
		t.Errorf("withheld %q", b.WithheldNames)
	}
	raw, err := json.Marshal(s.Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "hunter2") {
		t.Errorf("a secret is recorded: %s", raw)
	}
}

func TestEnvironmentSecretNameOverridesTheList(t *testing.T) {
	p := Plan{Env: []string{"CI=true", "HOME=/root"}}
	b, _ := observeEnvironment(t, newEnvironment(func(string) bool { return true }), p)
	if len(b.Variables) != 0 || !slices.Equal(b.OtherNames, []string{"CI", "HOME"}) {
		t.Errorf("variables %q, others %q", b.Variables, b.OtherNames)
	}
}

func TestEnvironmentLastOfRepeatedNamesCounts(t *testing.T) {
	p := Plan{Env: []string{"CI=first", "CI=last", "HOME=/x", "HOME=" + strings.Repeat("x", maxEnvValue+1)}}
	b, _ := observeEnvironment(t, newEnvironment(secretForTest), p)
	if !reflect.DeepEqual(b.Variables, map[string]string{"CI": "last"}) || !slices.Equal(b.OtherNames, []string{"HOME"}) {
		t.Errorf("variables %d, others %q", len(b.Variables), b.OtherNames)
	}
}

func TestEnvironmentIsBounded(t *testing.T) {
	var p Plan
	for i := range maxEnvNames + 10 {
		p.Env = append(p.Env, fmt.Sprintf("X%04d=", i))
	}
	p.Env = append(p.Env, strings.Repeat("L", maxEnvName+1)+"=")
	b, s := observeEnvironment(t, newEnvironment(secretForTest), p)
	if len(b.OtherNames) != maxEnvNames || b.OtherCount != maxEnvNames+11 {
		t.Errorf("%d names of %d", len(b.OtherNames), b.OtherCount)
	}
	if !slices.Equal(s.Limits, []string{"11 more variables are counted and not named"}) {
		t.Errorf("limits %q", s.Limits)
	}
}

func TestEnvironmentUsername(t *testing.T) {
	c := newEnvironment(secretForTest)
	c.passwd = filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(c.passwd, []byte("root:x:0:0::/:/bin/sh\nbroken\nrunner:x:1001:118:,,,:/home/runner:/bin/bash\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	env := []string{"USER=somebody"}
	for _, tt := range []struct {
		uid        int
		env        []string
		name, from string
	}{
		{1001, env, "runner", "passwd"},
		{118, env, "somebody", "environment"}, // a group's number is not a user's
		{5, nil, "", ""},
		{-1, []string{"USERNAME=win"}, "win", "environment"},
	} {
		if name, from := c.username(tt.uid, tt.env); name != tt.name || from != tt.from {
			t.Errorf("user %d is %q from %q, want %q from %q", tt.uid, name, from, tt.name, tt.from)
		}
	}
}

func FuzzSplitVariables(f *testing.F) {
	f.Add("CI=true", "NPM_TOKEN=x")
	f.Add("CI=\xff%bytes:", "CI")
	f.Fuzz(func(t *testing.T, a, b string) {
		values, others := splitVariables([]string{a, b}, secretForTest)
		for name := range values {
			if secretForTest(name) || slices.Contains(others, name) {
				t.Errorf("%q is recorded with its value", name)
			}
		}
		if !slices.IsSorted(others) {
			t.Errorf("names are not sorted: %q", others)
		}
	})
}
