package action

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestStripUserinfo(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"https://example.org/org/repo.git", "https://example.org/org/repo.git"},
		{"https://user@example.org/r", "https://example.org/r"},
		{"https://user:pa55@example.org:8443/r", "https://example.org:8443/r"},
		{"https://user:p@55@example.org/r", "https://example.org/r"},
		{"https://user:pa/55@example.org/r", "https://example.org/r"},
		{"https://user:1234/55@example.org/r", "https://example.org/r"},
		{"https://example.org/r?private_token=pa55#pa55", "https://example.org/r"},
		{"https://example.org/scope/@name", "https://example.org/scope/@name"},
		{"https://[::1]/r", "https://[::1]/r"},
		{"ssh://git:pa55@example.org:22/r", "ssh://example.org:22/r"},
		{"pa55@https://example.org/r", "https://example.org/r"},
		{"git@example.org:org/repo.git", "example.org:org/repo.git"},
		{"user:pa55@example.org:org/repo.git", "example.org:org/repo.git"},
		{"example.org:org/repo@v1.git", "example.org:org/repo@v1.git"},
		{"ext::sh -c 'curl -u user:pa55 example'", "ext::"},
		{"codecommit::https://user:pa55@example.org/r", "codecommit::https://example.org/r"},
		{"file:///srv/git/a@b.git", "file:///srv/git/a@b.git"},
		{"/srv/git/a@b.git", "/srv/git/a@b.git"},
		{"../a@b:c", "../a@b:c"},
		{"C:\\repo", "C:\\repo"},
		{"", ""},
	} {
		if got := stripUserinfo(tt.in); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzStripUserinfo(f *testing.F) {
	for _, s := range []string{"pa55", "a@b", "a/b", "", "::", "a?b#c"} {
		f.Add(s, "example.org/r")
	}
	f.Fuzz(func(t *testing.T, password, rest string) {
		stripUserinfo(rest)
		if strings.ContainsAny(password, "/?#") || strings.ContainsAny(rest, "@") || len(password) < 4 ||
			strings.Contains("https://"+rest, password) {
			return
		}
		for _, before := range []string{"https://user:", "ssh://", "helper::https://user:"} {
			if got := stripUserinfo(before + password + "@" + rest); strings.Contains(got, password) {
				t.Errorf("%q of %q is left in %q", password, before+password+"@"+rest, got)
			}
		}
	})
}

func TestParseStatusRefuses(t *testing.T) {
	head := "# branch.oid " + testSHA + "\x00"
	for _, out := range []string{
		"", "? name\x00", "# branch.oid zzz\x00", head + "?\x00", head + "? \x00",
		head + "2 R. N... 1 1 1 a b R100 new\x00old\x00", head + "1 M N... 1 1 1 a b f\x00", head + "1 .M short\x00",
	} {
		if s, err := parseStatus([]byte(out)); err == nil {
			t.Errorf("%q is read as %+v", out, s)
		}
	}
}

func TestParseCommitOddities(t *testing.T) {
	raw := "tree " + testSHA + "\nauthor No Date <a@b>\ncommitter <<>> x> 99999999999999 +9999\n" +
		"gpgsig -----BEGIN\n \n line\nx-unknown y\n tree " + testSHA + "\n\nsubject\n\ntree elsewhere\n\xff"
	c, err := parseCommit([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if c.author.name != "No Date" || c.author.email != "a@b" || !c.author.when.IsZero() || !c.committer.when.IsZero() {
		t.Errorf("author %+v, committer %+v", c.author, c.committer)
	}
	if c.signature != "-----BEGIN\n\nline\n" || c.message != "subject\n\ntree elsewhere\n\uFFFD" || c.tree != testSHA {
		t.Errorf("signature %q, message %q, tree %q", c.signature, c.message, c.tree)
	}
	for _, bad := range []string{"", "tree x\n\n", "author a <b> 1 +0000\n\nm", "tree " + testSHA + "\nparent " + testSHA + "0\n\n"} {
		if _, err := parseCommit([]byte(bad)); err == nil {
			t.Errorf("%q is a commit", bad)
		}
	}
}

func TestShortenCutsAtSpace(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"short", "short"}, {"the secret1234567", "the [shortened]"}, {"secret12345678901", " [shortened]"},
	} {
		if got := shorten(tt.in, 10); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzParseStatus(f *testing.F) {
	f.Add([]byte("# branch.oid " + testSHA + "\x00# branch.head main\x001 .M N... 100644 100644 100644 a b f\x00? \xff\x00"))
	f.Add([]byte("# branch.oid (initial)\x00u UU N... 1 1 1 1 a b c f g\x00"))
	f.Fuzz(func(t *testing.T, out []byte) {
		s, err := parseStatus(out)
		if err != nil {
			return
		}
		if s.commit != "" && !isObjectID(s.commit) || len(s.files) > s.count || s.count > len(out) {
			t.Errorf("commit %q, %d files of %d", s.commit, len(s.files), s.count)
		}
		for name := range s.files {
			if !utf8.ValidString(name) {
				t.Errorf("%q is not UTF-8", name)
			}
		}
	})
}

func FuzzParseCommit(f *testing.F) {
	f.Add([]byte("tree " + testSHA + "\nparent " + testSHA + "\nauthor A <a@b> 1700000000 +0130\ngpgsig x\n y\n\nm"))
	f.Add([]byte("tree " + testSHA + "\nauthor <> 253402300799 +2359\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseCommit(raw)
		if err != nil {
			return
		}
		if !isObjectID(c.tree) || len(c.message) > 3*maxMessage+20 || len(c.signature) > 3*maxMessage+20 {
			t.Errorf("tree %q, message of %d bytes", c.tree, len(c.message))
		}
		if _, err := c.author.when.MarshalJSON(); err != nil { // that is, it has an RFC 3339 form
			t.Error(err)
		}
	})
}

func FuzzParseRefs(f *testing.F) {
	f.Add([]byte("refs/heads/main\x00commit\x00\x00\x00\x00\x00\x00\n"))
	f.Add([]byte("refs/tags/v1\x00tag\x00A\x00<a@b>\x002023-11-14T22:15:00+00:00\x00m\nsig\x00sig\x00\n"))
	f.Fuzz(func(t *testing.T, out []byte) {
		refs, tags, err := parseRefs(out)
		if err == nil && (len(tags) > len(refs) || len(refs) > len(out)) {
			t.Errorf("%d tags, %d refs", len(tags), len(refs))
		}
	})
}

func FuzzGitConfig(f *testing.F) {
	f.Add([]byte("core.filemode\nTRUE\x00core.bare\x00core.fsmonitor\n/tmp/x\x00remote.o.url\nhttps://a:b@c/d\x00"))
	f.Add([]byte("core.repositoryformatversion\n1\x00extensions.objectformat\nsha256\x00extensions.x\ny\nz\x00core.autocrlf\ninput\n[core]\x00"))
	f.Add([]byte("url.https://t@h/.insteadof\ng:\x00remote.o.url\ng:x\x00core.eol\nlf\x00include.path\nx\x00"))
	// Whatever comes in, what git is shown has this form and names no file.
	line := regexp.MustCompile(`^(\[[a-z]+\]|\t[a-zA-Z0-9-]+ = ([a-z0-9-]+|/dev/null))$`)
	f.Fuzz(func(t *testing.T, out []byte) {
		var c gitConfig
		if c.add(out) != nil {
			return
		}
		for l := range strings.SplitSeq(strings.TrimSuffix(string(c.render()), "\n"), "\n") {
			if !line.MatchString(l) {
				t.Errorf("line %q", l)
			}
		}
		urls, n := c.remotes()
		if len(urls) > n || len(urls) > maxRemotes {
			t.Errorf("%d remotes of %d", len(urls), n)
		}
	})
}
