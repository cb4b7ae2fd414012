package main

import (
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/org/cilock-action/test/github"
)

// forge is the stand-in for GitHub of one script.
type forge struct {
	tb testing.TB
	*github.Server
	tool  *github.Repo
	names map[string]string // of commits, as variables of the script
}

// forgeToken is what may see the private repository of the stand-in.
const forgeToken = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"

// start makes the repositories:
//
//	acme/tool      FIRST (v1.0.0), SECOND (v1.1.0, annotated by OBJECT) and TIP
//	               (v1, v1.2.0) on main; BRANCHED on releases/v1 alone; TAGGED
//	               under the tag v9 alone; IMPOSTOR of a fork
//	acme/composite COMPOSITE (v2): uses acme/tool@v1
//	acme/hidden    HIDDEN (v1): private
//	acme/old       MOVED (v3): is now acme/new
//	acme/shell     SHELL_TIP (v1): a composite action that says that it ran
func (f *forge) start() {
	f.Server = github.New(f.tb)
	f.SetToken(forgeToken)
	node := func(n string) map[string]string {
		return map[string]string{"action.yml": "name: tool " + n + "\nruns:\n  using: node24\n  main: x.js\n"}
	}
	f.tool = f.Add("acme/tool")
	first := f.tool.Commit("main", node("1"))
	second := f.tool.Commit("main", node("2"))
	tip := f.tool.Commit("main", node("3"))
	f.tool.Branch("releases/v1", second)
	branched := f.tool.Commit("releases/v1", node("4"))
	tagged := f.tool.Fork(first, node("5"))
	f.tool.Tag("v1.0.0", first)
	f.tool.Tag("v1", tip)
	f.tool.Tag("v1.2.0", tip)
	f.tool.Tag("v9", tagged)
	composite := f.Add("acme/composite")
	outer := composite.Commit("main", map[string]string{
		"action.yml": "name: outer\nruns:\n  using: composite\n  steps:\n    - uses: acme/tool@v1\n",
	})
	composite.Tag("v2", outer)
	hidden := f.Add("acme/hidden")
	secret := hidden.Commit("main", node("6"))
	hidden.Tag("v1", secret)
	hidden.SetPrivate(true)
	old := f.Add("acme/old")
	moved := old.Commit("main", node("7"))
	old.Tag("v3", moved)
	f.Rename("acme/old", "acme/new")
	shell := f.Add("acme/shell")
	ran := shell.Commit("main", map[string]string{
		"action.yml": "name: shell\nruns:\n  using: composite\n  steps:\n    - shell: sh\n      run: echo it ran\n",
	})
	shell.Tag("v1", ran)
	f.names = map[string]string{
		"SHELL_TIP": ran,
		"FIRST":     first, "SECOND": second, "TIP": tip, "BRANCHED": branched, "TAGGED": tagged, "OBJECT": f.tool.Annotate("v1.1.0", second),
		"IMPOSTOR": f.tool.Fork(tip, node("8")), "COMPOSITE": outer, "HIDDEN": secret, "MOVED": moved, "TOKEN": forgeToken,
	}
}

// githubCommand is what scripts do with the stand-in:
//
//	github start          makes it, names its commits in variables, and sets the
//	                      addresses that cilock asks
//	github fill FILE...   replaces the names in files: $TIP
//	github quiet          fails if anything was asked
//	github asked          fails if nothing was asked, or with a token
//	github authorized     fails if nothing was asked, or without the token
//	github move TAG NAME  moves a tag of acme/tool to a commit
//
// What was asked is what came since the last of these.
func githubCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: github WHAT")
	}
	f := ts.Value("forge").(*forge)
	switch args[0] {
	case "start":
		f.start()
		for name, value := range f.names {
			ts.Setenv(name, value)
		}
		ts.Setenv("GITHUB_SERVER_URL", f.URL())
		ts.Setenv("GITHUB_API_URL", f.APIURL())
	case "fill":
		for _, file := range args[1:] {
			text := ts.ReadFile(file)
			for name, value := range f.names {
				text = strings.ReplaceAll(text, "$"+name, value)
			}
			ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o600))
		}
	case "quiet":
		if seen := f.Seen(); len(seen) > 0 {
			ts.Fatalf("asked: %+v", seen)
		}
	case "asked", "authorized":
		seen := f.Seen()
		for _, r := range seen {
			if (r.Authorization != "") != (args[0] == "authorized") {
				ts.Fatalf("%s: Authorization is %q", r.Path, r.Authorization)
			}
		}
		if len(seen) == 0 {
			ts.Fatalf("nothing was asked")
		}
	case "move":
		f.tool.Tag(args[1], f.names[args[2]])
	default:
		ts.Fatalf("unknown: github %s", args[0])
	}
	f.Reset()
}
