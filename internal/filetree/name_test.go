package filetree

import (
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRecordedName(t *testing.T) {
	for path, want := range map[string]string{
		"a/b c":             "a/b c",
		"a\n::error::x":     "a\n::error::x",
		"é/100%":            "é/100%",
		"x/%bytes:y":        "x/%bytes:y",
		"a/\xff b/c":        "%bytes:a/%FF%20b/c",
		"%bytes:a":          "%bytes:%25bytes:a",
		"%bytes:a/\xc3\x28": "%bytes:%25bytes:a/%C3%28",
	} {
		if got := RecordedName(path); got != want {
			t.Errorf("RecordedName(%q) = %q, want %q", path, got, want)
		}
	}
}

// A verifier must not accept two spellings of one path.
func TestPathOfRefusesWhatIsNeverRecorded(t *testing.T) {
	for _, name := range []string{"a\xff", "%bytes:plain", "%bytes:%ff", "%bytes:%FF%2Fa", "%bytes:%F", "%bytes:%zz", "%bytes:"} {
		if path, err := PathOf(name); err == nil {
			t.Errorf("PathOf(%q) = %q, want an error", name, path)
		}
	}
}

func FuzzRecordedName(f *testing.F) {
	for _, s := range []string{"a/b", "", "/", "a\xff/b", "%bytes:a", "%bytes:%25bytes:a", "a\n", "%bytes:%FF", "\xc3\x28//\x00", "a%2Fb\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if runtime.GOOS == "windows" && strings.Contains(s, `\`) {
			return // stands for a slash there
		}
		name := RecordedName(s)
		if !utf8.ValidString(name) {
			t.Errorf("RecordedName(%q) = %q is not UTF-8", s, name)
		}
		if back, err := PathOf(name); err != nil || back != s {
			t.Errorf("PathOf(RecordedName(%q)) = %q, %v", s, back, err)
		}
		// The text taken as a name: if it stands for a path, it is that path's name.
		if path, err := PathOf(s); err == nil && RecordedName(path) != s {
			t.Errorf("%q is a second name of %q", s, path)
		}
	})
}
