package ghresolve_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/actionref"
	"github.com/org/cilock-action/pkg/actionref/ghresolve"
)

// TestVerdicts asks about everything in the world, with REST and without: git
// alone must come to the same verdicts.
func TestVerdicts(t *testing.T) {
	w := newWorld(t)
	cases := []struct {
		version string
		want    ghresolve.Verdict
		sha     string
	}{
		{w.tip, ghresolve.ReachableDefault, w.tip},
		{w.first, ghresolve.ReachableDefault, w.first},
		{strings.ToUpper(w.second), ghresolve.ReachableDefault, w.second},
		{w.release, ghresolve.ReachableRef, w.release},
		{w.below, ghresolve.ReachableRef, w.below},
		{w.tagged, ghresolve.TagOnly, w.tagged},
		{w.annotated, ghresolve.TagObject, w.second},
		{w.nestedObject, ghresolve.TagObject, w.first},
		{w.innerObject, ghresolve.TagObject, w.first},
		{w.impostor, ghresolve.Unreachable, w.impostor},
		{w.deleted, ghresolve.Unreachable, w.deleted},
		{w.never, ghresolve.Missing, w.never},
		{"v1.0.0", ghresolve.ReachableDefault, w.first},
		{"v1.1.0", ghresolve.ReachableDefault, w.second},
		{"nested", ghresolve.ReachableDefault, w.first},
		{"path/to/v3", ghresolve.ReachableRef, w.below},
		{"refs/tags/path/to/v3", ghresolve.ReachableRef, w.below},
		{"v9", ghresolve.TagOnly, w.tagged},
		{"main", ghresolve.ReachableDefault, w.tip},
		{"releases/v1", ghresolve.ReachableRef, w.release},
		{"refs/heads/releases/v1", ghresolve.ReachableRef, w.release},
		{"refs/heads/v1.0.0", ghresolve.Missing, ""},
		{"refs/tags/main", ghresolve.Missing, ""},
		{"v1", ghresolve.Missing, ""}, // neither v1.0.0 nor releases/v1
		{"v3", ghresolve.Missing, ""},
		{"releases", ghresolve.Missing, ""},
		{"HEAD", ghresolve.Missing, ""},
		{w.first[:8], ghresolve.Missing, ""},
		{"old", ghresolve.Missing, ""},
		{"inner", ghresolve.Missing, ""},
		{"pull/1/head", ghresolve.Missing, ""},
		{"refs/pull/8/head", ghresolve.Missing, ""},
	}
	texts := make([]string, len(cases))
	for i, c := range cases {
		texts[i] = "owner/REPO@" + c.version
	}
	for _, how := range []string{"rest", "rest limited", "rest gone"} {
		t.Run(how, func(t *testing.T) {
			o := options(t, w.Server)
			switch how {
			case "rest limited":
				w.LimitREST(1000, "3600")
				defer w.LimitREST(0, "")
			case "rest gone":
				o.APIURL = "http://127.0.0.1:1/api/v3"
			}
			for i, a := range resolve(t, open(t, o), texts...) {
				if a.Verdict != cases[i].want || a.SHA != cases[i].sha {
					t.Errorf("%s: %s %s (%s), want %s %s", texts[i], a.Verdict, a.SHA, a.Reason, cases[i].want, cases[i].sha)
				}
				if a.DefaultBranch != "main" {
					t.Errorf("%s: default branch %q", texts[i], a.DefaultBranch)
				}
			}
		})
	}
}

// TestImpostorIsFetchable shows why existence proves nothing: the server gives
// the impostor away, to us too, and still it is unreachable.
func TestImpostorIsFetchable(t *testing.T) {
	w := newWorld(t)
	r := open(t, options(t, w.Server))
	git, err := r.Commit(t.Context(), "owner/repo", w.impostor)
	if err != nil {
		t.Fatalf("the server does not give the impostor: %v", err)
	}
	out, err := git(t.Context(), nil, "cat-file", "blob", w.impostor+":action.yml")
	if err != nil || string(out) != "evil" {
		t.Fatalf("content %q, %v", out, err)
	}
	if a := one(t, r, "owner/repo@"+w.impostor); a.Verdict != ghresolve.Unreachable {
		t.Errorf("%s: %s", a.Verdict, a.Reason)
	}
}

// TestHistoryStaysClean: looking for an impostor must not fetch it into the
// history, as a partial clone does by itself.
func TestHistoryStaysClean(t *testing.T) {
	w := newWorld(t)
	o := options(t, w.Server)
	one(t, open(t, o), "owner/repo@"+w.impostor)
	dirs, err := filepath.Glob(filepath.Join(o.CacheDir, "git", "*-tree-0.git"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("histories %q, %v", dirs, err)
	}
	for sha, want := range map[string]bool{w.below: true, w.impostor: false} {
		cmd := exec.Command("git", "--git-dir="+dirs[0], "cat-file", "-e", sha)
		cmd.Env = append(cmd.Environ(), "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none")
		if got := cmd.Run() == nil; got != want {
			t.Errorf("%s is in the history: %v", sha, got)
		}
	}
}

func TestTagsAndAmbiguity(t *testing.T) {
	w := newWorld(t)
	w.repo.Annotate("also", w.first)
	r := open(t, options(t, w.Server))
	answers := resolve(t, r, "owner/repo@"+w.first, "owner/repo@both", "owner/repo@v1.0.0", "owner/repo@"+w.annotated)
	if want := []string{"also", "both", "nested", "v1.0.0"}; !slices.Equal(answers[0].Tags, want) {
		t.Errorf("tags %q, want %q", answers[0].Tags, want)
	}
	if a := answers[1]; !a.Ambiguous || a.BranchSHA != w.release || a.TagSHA != w.first || a.SHA != w.first {
		t.Errorf("both: %+v", a)
	}
	if a := answers[2]; a.Ambiguous || a.BranchSHA != "" {
		t.Errorf("v1.0.0 is ambiguous: %+v", a)
	}
	if a := answers[3]; !slices.Equal(a.Tags, []string{"v1.1.0"}) {
		t.Errorf("tags of a tag object's commit: %q", a.Tags)
	}
}

func TestCheckComment(t *testing.T) {
	w := newWorld(t)
	w.repo.Tag("v6-beta", w.first)
	w.repo.Tag("1.305.0", w.first)
	w.repo.Tag("v2", w.first)
	r := open(t, options(t, w.Server))
	a := one(t, r, "owner/repo@"+w.first)
	for _, c := range []struct {
		comment string
		ok      bool
		why     []string
	}{
		{"v1.0.0", true, nil},
		{"1.0.0", true, nil},
		{" v6-beta ", true, nil},
		{"v1.305.0", true, nil},
		{"v2", true, nil},
		{"nested", true, nil},
		{"v2.0.0", false, []string{"v2.0.0", w.tip, w.first}},
		{"2.0.0", false, []string{"tag v2.0.0", w.tip, w.first}},
		{"v1", false, []string{"v1", "or 1", w.first}},
		{"TODO", false, []string{"TODO"}},
		{"", false, nil},
	} {
		ok, why := ghresolve.CheckComment(c.comment, a)
		if ok != c.ok || ok != (why == "") {
			t.Errorf("%q: %v %q", c.comment, ok, why)
		}
		for _, want := range c.why {
			if !strings.Contains(why, want) {
				t.Errorf("%q: %q does not name %s", c.comment, why, want)
			}
		}
	}
	if ok, why := ghresolve.CheckComment("v1.0.0", ghresolve.Answer{SHA: w.first}); ok || why == "" {
		t.Errorf("a repository that is not known: %v %q", ok, why)
	}
}

func TestMovedTag(t *testing.T) {
	w := newWorld(t)
	pin := w.repo.Annotate("v7", w.second)
	w.repo.Annotate("v7", w.tip)
	a := resolve(t, open(t, options(t, w.Server)), "owner/repo@v7", "owner/repo@"+w.second, "owner/repo@"+pin)
	if a[0].SHA != w.tip || a[0].Verdict != ghresolve.ReachableDefault {
		t.Errorf("the tag: %+v", a[0])
	}
	if ok, why := ghresolve.CheckComment("v7", a[1]); ok || !strings.Contains(why, w.tip) || !strings.Contains(why, w.second) {
		t.Errorf("the old pin's comment: %v %q", ok, why)
	}
	if a[2].Verdict != ghresolve.Unreachable && a[2].Verdict != ghresolve.Missing {
		t.Errorf("a tag object that no tag holds any more: %s", a[2].Verdict)
	}
}

func TestArchivedRenamedAndNotAsked(t *testing.T) {
	w := newWorld(t)
	w.repo.SetArchived(true)
	r := open(t, options(t, w.Server))
	answers := resolve(t, r, "./local", "docker://alpine:3", "owner/repo@main", "$/x", "owner/repo@${{ x }}")
	for i, a := range answers {
		if want := i != 2; (a.Verdict == ghresolve.NotAsked) != want {
			t.Errorf("%d: %s", i, a.Verdict)
		}
	}
	if a := answers[2]; a.Archived == nil || !*a.Archived || a.RenamedTo != "" {
		t.Errorf("archived: %+v", a)
	}
	w.Rename("Owner/Repo", "New/Home")
	for _, how := range []string{"with REST", "without"} {
		o := options(t, w.Server)
		if how == "without" {
			o.APIURL = "http://127.0.0.1:1/api/v3"
		}
		o.Token = "sekret-token"
		a := one(t, open(t, o), "owner/repo@"+w.first)
		if a.Verdict != ghresolve.ReachableDefault || a.RenamedTo != "new/home" {
			t.Errorf("renamed, %s: %s to %q: %s", how, a.Verdict, a.RenamedTo, a.Reason)
		}
	}
	for _, seen := range w.Seen() {
		if strings.Contains(seen.Path, "/repositories/") && seen.Authorization != "" {
			t.Errorf("the token went to the target of a redirect, %s", seen.Path)
		}
	}
}

func TestPrivate(t *testing.T) {
	w := newWorld(t)
	w.repo.SetPrivate(true)
	w.SetToken("sekret-token")
	for _, token := range []string{"", "wrong-token"} {
		o := options(t, w.Server)
		o.Token = token
		for _, a := range resolve(t, open(t, o), "owner/repo@"+w.first, "owner/repo@v1.0.0", "owner/absent@v1") {
			if a.Verdict != ghresolve.Undetermined || !strings.Contains(a.Reason, "private") || a.Archived != nil {
				t.Errorf("token %q: %s (%s)", token, a.Verdict, a.Reason)
			}
		}
	}
	o := options(t, w.Server)
	o.Token = "sekret-token"
	if a := one(t, open(t, o), "owner/repo@"+w.first); a.Verdict != ghresolve.ReachableDefault {
		t.Errorf("with the token: %s (%s)", a.Verdict, a.Reason)
	}
}

func TestDenied(t *testing.T) {
	w := newWorld(t)
	o := options(t, w.Server)
	o.Denied = []ghresolve.Denied{
		{Repository: "Owner/Repo", SHA: strings.ToUpper(w.first), Reason: "known attack"},
		{Repository: "*", SHA: w.second, Reason: "everywhere"},
		{Repository: "other/repo", SHA: w.tip, Reason: "not here"},
	}
	r := open(t, o)
	if a := one(t, r, "owner/repo@"+w.first); a.Denied != "known attack" || a.Verdict != ghresolve.Undetermined {
		t.Errorf("%+v", a)
	}
	if n := w.Requests(); n.REST+n.Git != 0 {
		t.Errorf("a denied pin caused requests: %+v", n)
	}
	answers := resolve(t, r, "owner/repo@v1.0.0", "owner/repo@"+w.annotated, "owner/repo@v1.1.0", "owner/repo@"+w.tip)
	for i, want := range []string{"known attack", "everywhere", "everywhere", ""} {
		if answers[i].Denied != want {
			t.Errorf("%d: denied %q, want %q", i, answers[i].Denied, want)
		}
	}
}

// TestLyingREST: an answer that contradicts itself is not believed, and git
// decides.
func TestLyingREST(t *testing.T) {
	w := newWorld(t)
	for name, body := range map[string]string{
		"behind, of nothing":     `{"status":"behind"}`,
		"behind, another commit": fmt.Sprintf(`{"status":"behind","base_commit":{"sha":%q},"merge_base_commit":{"sha":%q}}`, w.tip, w.first),
		"identical, other base":  fmt.Sprintf(`{"status":"identical","base_commit":{"sha":%q},"merge_base_commit":{"sha":%q}}`, w.first, w.impostor),
		"ahead":                  fmt.Sprintf(`{"status":"ahead","base_commit":{"sha":%q},"merge_base_commit":{"sha":%q}}`, w.tip, w.tip),
		"html":                   "<html>behind</html>",
		"cut off":                `{"status":"beh`,
	} {
		w.Intercept(func(rw http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "/compare/") {
				return false
			}
			fmt.Fprint(rw, body)
			return true
		})
		a := resolve(t, open(t, options(t, w.Server)), "owner/repo@"+w.impostor, "owner/repo@"+w.first)
		if a[0].Verdict != ghresolve.Unreachable || a[1].Verdict != ghresolve.ReachableDefault {
			t.Errorf("%s: %s and %s", name, a[0].Verdict, a[1].Verdict)
		}
	}
}

// TestEmptyRepository: it looks like a page that is no git server's.
func TestEmptyRepository(t *testing.T) {
	w := newWorld(t)
	w.Add("o/empty")
	a := resolve(t, open(t, options(t, w.Server)), "o/empty@"+w.first, "o/empty@main")
	for i := range a {
		if a[i].Verdict != ghresolve.Undetermined || !strings.Contains(a[i].Reason, "empty") {
			t.Errorf("%s: %s", a[i].Verdict, a[i].Reason)
		}
	}
}

func TestWorkflowRefs(t *testing.T) {
	w := newWorld(t)
	ref := actionref.Parse("owner/repo/.github/workflows/ci.yml@main", actionref.InJob)
	if a := open(t, options(t, w.Server)).Resolve(t.Context(), []actionref.Ref{ref})[0]; a.SHA != w.tip {
		t.Errorf("%+v", a)
	}
}
