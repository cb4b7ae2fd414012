package refs

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/actionref/ghresolve"
)

// lockFile locks references of workflows to one commit: "ci.yml acme/a@v1".
func lockFile(sha string, entries ...string) string {
	workflows, dependencies := "", ""
	for _, e := range entries {
		name, ref, _ := strings.Cut(e, " ")
		workflows += fmt.Sprintf("  .github/workflows/%s: [%q]\n", name, ref)
		dependencies += fmt.Sprintf("  %q: {commit: sha1-%s}\n", ref, sha)
	}
	return "version: v0.0.3\nworkflows:\n" + workflows + "dependencies:\n" + dependencies
}

// TestScanLock: a lock file counts for the workflows beside it that it names,
// however they are reached, and makes no pin.
func TestScanLock(t *testing.T) {
	dir := inTree(t, map[string]string{
		"a/.github/workflows/ci.yml":       workflow("Acme/Tool/sub@v1", "acme/other@v1"),
		"a/.github/workflows/not.yml":      workflow("acme/tool@v1"),
		"a/.github/workflows/reuse.yml":    "on: push\njobs:\n  a:\n    uses: acme/tool/.github/workflows/x.yml@v1\n",
		"a/.github/workflows/own.yml":      workflow("acme/tool@v1") + "dependencies: ['github.com/acme/tool@v1:sha1-" + shaB + "']\n",
		"a/.github/workflows/actions.lock": lockFile(shaA, "ci.yml acme/tool@v1", "reuse.yml Acme/Tool@v1"),
		"a/action.yml":                     composite("acme/tool@v1"),
		"b/.github/workflows/ci.yml":       workflow("acme/tool@v1"),
		"c/.github/workflows/ci.yml":       workflow("acme/tool@v1"),
		"c/.github/workflows/two.yml":      workflow("acme/tool@v1"),
		"c/.github/workflows/actions.lock": "version: v9\n",
		"d/.github/workflows/ci.yml":       workflow("acme/tool@v1"),
		"d/.github/workflows/actions.lock": "-> ../../../a/.github/workflows/actions.lock",
	})
	for _, paths := range [][]string{
		{"a", "b"},
		{"a/.github", "b"},
		{"a/.github/workflows", "b/.github/workflows/ci.yml"},
		{"a/.github/workflows/ci.yml", "a/.github/workflows/not.yml"},
		{filepath.Join(dir, "a/.github/workflows/ci.yml")},
	} {
		r := Scan(paths)
		var locked []string
		for _, row := range r.Rows {
			if row.Kind == "error" {
				t.Errorf("%q: %+v", paths, row)
			}
			if row.Locked && strings.HasSuffix(row.File, "ci.yml") {
				locked = append(locked, row.Uses+" "+row.LockedSHA)
			} else if row.Locked && !strings.HasSuffix(row.File, "own.yml") {
				t.Errorf("%q: %+v", paths, row)
			}
			if row.Pinned || row.Locked && !row.Annotate {
				t.Errorf("%q: a lock made a pin: %+v", paths, row)
			}
		}
		if !slices.Equal(locked, []string{"Acme/Tool/sub@v1 " + shaA}) {
			t.Errorf("%q: locked are %q", paths, locked)
		}
	}
	for _, row := range Scan([]string{"a"}).Rows {
		if strings.HasSuffix(row.File, "own.yml") && row.LockedSHA != shaB {
			t.Errorf("the file's own entry goes first: %+v", row)
		}
	}
	// One that cannot be read is said once, and nothing is locked.
	for folder, why := range map[string]string{"c": "version", "d": "cannot be read"} {
		r := Scan([]string{folder})
		n := 0
		for _, row := range r.Rows {
			if row.Locked {
				t.Errorf("%+v", row)
			}
			if row.Kind == "error" && row.File == folder+"/.github/workflows/actions.lock" && strings.Contains(row.Why, why) {
				n++
			}
		}
		if n != 1 || Judge(r)[0].Rule != ruleUnread {
			t.Errorf("%s: said %d times: %+v", folder, n, r.Rows)
		}
	}
}

// TestAddLock: the same for a workflow at a commit.
func TestAddLock(t *testing.T) {
	lock := []byte(lockFile(shaA, "ci.yml acme/tool@v1"))
	src := []byte(workflow("acme/tool@v1"))
	for _, test := range []struct {
		w      Workflow
		locked bool
		gap    string
	}{
		{Workflow{Path: ".github/workflows/ci.yml", Src: src, Lock: lock}, true, ""},
		{Workflow{Path: ".github/workflows/ci.yml", Src: src, Lock: lock, Repository: "acme/flows", SHA: shaB}, true, ""},
		{Workflow{Path: ".github/workflows/cd.yml", Src: src, Lock: lock}, false, ""},
		{Workflow{Path: ".github/workflows/ci.yml", Src: src}, false, ""},
		{Workflow{Path: ".github/workflows/ci.yml", Src: src, Lock: []byte("x")}, false, "lock file of .github/workflows/ci.yml: "},
		{Workflow{Path: ".github/workflows/ci.yml", Src: src, LockErr: errors.New("gone")}, false, "gone"},
	} {
		var r Report
		r.Add(test.w)
		r.Follow(t.Context(), World{})
		ref := reference(t, r, "acme/tool@v1")
		if ref.Locked != test.locked || (ref.LockedSHA == shaA) != test.locked || r.Rows[0].Locked != test.locked {
			t.Errorf("%+v: %+v", test.w, ref)
		}
		if (len(r.Gaps) == 1) != (test.gap != "") || len(r.Gaps) == 1 && !strings.Contains(r.Gaps[0], test.gap) {
			t.Errorf("%s: gaps %q", test.w.Path, r.Gaps)
		}
	}
	// What is locked in one place only is not locked.
	var r Report
	r.Add(Workflow{Path: ".github/workflows/ci.yml", Src: src, Lock: lock})
	r.Add(Workflow{Path: ".github/workflows/cd.yml", Src: src, Lock: lock})
	r.Follow(t.Context(), World{})
	if ref := reference(t, r, "acme/tool@v1"); ref.Locked || ref.LockedSHA != "" || !r.Rows[1].Locked {
		t.Errorf("%+v", ref)
	}
}

// TestLockDiffers: a lock that agrees with neither pin nor tag is told.
func TestLockDiffers(t *testing.T) {
	for _, test := range []struct {
		uses, locked, now, want string
	}{
		{"acme/tool@" + shaA, "", shaA, ""},
		{"acme/tool@" + shaA, shaA, "", ""},
		{"acme/tool@" + shaA, shaB, "", "locked to " + shaB + " and pinned to " + shaA},
		{"acme/tool@" + shaA, shaB, shaB, ""}, // the pin is a tag's object
		{"acme/tool@v1", shaA, "", ""},        // nobody asked
		{"acme/tool@v1", shaA, shaA, ""},
		{"acme/tool@v1", shaA, shaB, "locked to " + shaA + " and names " + shaB + " now"},
	} {
		row := use(1, test.uses)
		row.Locked, row.LockedSHA, row.ResolvedSHA = test.locked != "", test.locked, test.now
		if test.now != "" {
			row.answer.Verdict, row.Reachable = ghresolve.ReachableDefault, ghresolve.ReachableDefault
		}
		var got []Finding
		for _, f := range Judge(Report{Rows: []Row{row}}) {
			if f.Rule == ruleLock {
				got = append(got, f)
			}
		}
		if (len(got) == 1) != (test.want != "") || len(got) == 1 && (!strings.Contains(got[0].Message, test.want) || got[0].Level != Warning) {
			t.Errorf("%+v: %+v", test, got)
		}
	}
}
