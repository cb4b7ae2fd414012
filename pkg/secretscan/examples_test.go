package secretscan

import "testing"

func TestExamplePath(t *testing.T) {
	for name, want := range map[string]bool{
		"": false, "stdout": false, "dist/app.js": false, "latest/key.pem": false, "protest/x": false, "contest.go": false, "id_rsa": false,
		"testdata/key.pem": true, "a/Tests/key.pem": true, "pkg/x_test.go": true, "a.spec.ts": true, "test_x.py": true, "README.md": true, "x.egg-info/PKG-INFO": true,
		"usr/share/doc/x/copyright": true, `a\\tests\\b`: true,
	} {
		if got := examplePath(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}
