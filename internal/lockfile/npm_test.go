package lockfile

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func npmFile(version int, rest string) string {
	return fmt.Sprintf(`{"name":"x","version":"1.0.0","lockfileVersion":%d,"requires":true,%s}`, version, rest)
}

// v3, v2 and v1 describe the same tree.
var (
	npmTree = `"packages":{"":{"name":"x","version":"1.0.0","dependencies":{"a":"^1.0.0"},"workspaces":["packages/w"]},
  "node_modules/a":{"version":"1.0.1","resolved":"https://registry.npmjs.org/a/-/a-1.0.1.tgz","integrity":"` + sri512 + `","dependencies":{"@s/b":"2"},"bundleDependencies":["c"]},
  "node_modules/a/node_modules/c":{"version":"3.0.0","inBundle":true},
  "node_modules/@s/b":{"version":"2.0.0","resolved":"https://npm.example/@s/b-2.tgz","integrity":"` + sri512 + `","dev":true},
  "node_modules/g":{"version":"4.0.0","resolved":"git+ssh://git@github.com/o/g.git#` + commit + `"},
  "node_modules/t":{"version":"5.0.0","resolved":"file:t.tgz","integrity":"` + sri512 + `"},
  "node_modules/alias":{"name":"real","version":"6.0.0","resolved":"https://registry.npmjs.org/real/-/real-6.0.0.tgz","integrity":"` + sri512 + `"},
  "node_modules/w":{"resolved":"packages/w","link":true},
  "packages/w":{"version":"0.1.0"}}`
	npmOldTree = `"dependencies":{
  "a":{"version":"1.0.1","resolved":"https://registry.npmjs.org/a/-/a-1.0.1.tgz","integrity":"` + sri512 + `","requires":{"@s/b":"2"},"dependencies":{"c":{"version":"3.0.0","bundled":true}}},
  "@s/b":{"version":"2.0.0","resolved":"https://npm.example/@s/b-2.tgz","integrity":"` + sri512 + `","dev":true},
  "g":{"version":"git+ssh://git@github.com/o/g.git#` + commit + `","from":"g@github:o/g"},
  "t":{"version":"file:t.tgz","integrity":"` + sri512 + `"},
  "alias":{"version":"npm:real@6.0.0","resolved":"https://registry.npmjs.org/real/-/real-6.0.0.tgz","integrity":"` + sri512 + `"},
  "w":{"version":"file:packages/w"}}`
	npmWant = strings.Join([]string{
		"@s/b 2.0.0 https://npm.example sha512-A dev",
		"a 1.0.1 https://registry.npmjs.org sha512-A",
		"c 3.0.0 bundle",
		"g 4.0.0 git+ssh://github.com @c0c0 UNHASHED",
		"real 6.0.0 https://registry.npmjs.org sha512-A",
		"t 5.0.0 file sha512-A",
		"w 0.1.0 link",
	}, "\n")
)

func npmSeeds() []string {
	return []string{npmFile(3, npmTree), npmFile(2, npmTree+","+npmOldTree), npmFile(1, npmOldTree)}
}

func TestNPM(t *testing.T) {
	pkg := func(fields string) string { return npmFile(3, `"packages":{"node_modules/a":{`+fields+`}}`) }
	old := func(fields string) string { return npmFile(1, `"dependencies":{"a":{`+fields+`}}`) }
	check(t, NPM, []example{
		{"version 3", npmFile(3, npmTree), npmWant},
		{"version 2, both forms alike", npmFile(2, npmTree+","+npmOldTree), npmWant},
		{"version 1", npmFile(1, npmOldTree), strings.NewReplacer("g 4.0.0", "g -", "t 5.0.0", "t -", "w 0.1.0", "w -").Replace(npmWant)},
		{"a byte order mark", "\xef\xbb\xbf" + npmFile(3, npmTree), npmWant},
		{"no version, before npm 5", `{"dependencies":{"a":{"version":"1.0.0","from":"a@^1.0.0","resolved":"https://r.example/a.tgz"}}}`, "a 1.0.0 https://r.example UNHASHED"},
		{"nothing installed", `{"lockfileVersion":3,"packages":{"":{}}}`, ""},

		// npm 6 installs what npm 7 does not look at.
		{"version 2, an entry in the old form alone", npmFile(2, `"packages":{"node_modules/a":{"version":"1.0.0","resolved":"https://good.example/a","integrity":"`+sri512+`"}},
			"dependencies":{"a":{"version":"1.0.0","resolved":"http://evil.example/a"}}`), "a 1.0.0 http://evil.example UNHASHED\na 1.0.0 https://good.example sha512-A"},
		{"an empty new form", npmFile(3, `"packages":{},"dependencies":{"a":{"version":"1.0.0"}}`), "a 1.0.0 - UNHASHED"},

		{"integrity that checks nothing", pkg(`"version":"1.0.0","integrity":"sha512-short sha999-` + strings.Repeat("A", 86) + `=="`), "a 1.0.0 - UNHASHED"},
		{"several hashes, the strongest first", pkg(`"integrity":" ` + sri1 + `\n` + sri512 + `?opt x"`), "a - - sha512-A sha1-AAA"},
		{"another case of a key", pkg(`"version":"1.0.0","Integrity":"` + sri512 + `"`), "a 1.0.0 - UNHASHED"},
		{"fields of no value", pkg(`"version":null,"resolved":false`), "a - - UNHASHED"},
		{"bundled by nobody", pkg(`"version":"1.0.0","inBundle":true`), "a 1.0.0 - UNHASHED"},
		{"bundled by the project, which is fetched", npmFile(3, `"packages":{"":{"bundleDependencies":["a"]},"node_modules/a":{"inBundle":true}}`), "a - - UNHASHED"},
		{"bundled, and with an address", pkg(`"inBundle":true,"resolved":"http://r.example/a"`), "a - http://r.example UNHASHED"},
		{"old, bundled at the top", old(`"version":"1.0.0","bundled":true`), "a 1.0.0 - UNHASHED"},
		{"a link to nowhere", pkg(`"link":true,"resolved":"../elsewhere"`), "a - link"},
		{"one place within another", npmFile(3, `"packages":{"node_modules/a/node_modules/@s/b":{"version":"1.0.0"}}`), "@s/b 1.0.0 - UNHASHED"},
		{"one package in two places", npmFile(3, `"packages":{"node_modules/a":{"version":"1.0.0"},"node_modules/b/node_modules/a":{"version":"1.0.0"}}`), "a 1.0.0 - UNHASHED"},
		{"old, an address as version", old(`"version":"https://r.example/a.tgz"`), "a - https://r.example UNHASHED"},
		{"old, a short name of a repository", old(`"version":"github:o/r#` + commit + `"`), "a - git @c0c0 UNHASHED"},
		{"old, a shorter one", old(`"version":"o/r#` + commit + `"`), "a - other UNHASHED"},
		{"old, from elsewhere", old(`"version":"1.0.0","from":"a@git+ssh://git@evil.example/a.git"`), "a - git+ssh://evil.example UNHASHED"},

		{"a key twice", npmFile(3, `"packages":{"node_modules/a":{"integrity":"x","integrity":"y"}}`), "error: an object in it has a key twice"},
		{"a package twice, escaped", npmFile(3, `"packages":{"node_modules/a":{},"node_modules/\u0061":{}}`), "error: an object in it has a key twice"},
		{"a conflict", "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x\n", "error: it is not one JSON object"},
		{"cut short", npmFile(3, npmTree)[:100], "error: it is not one JSON object"},
		{"a version to come", npmFile(4, npmTree), "error: its lockfileVersion is none of 1, 2 and 3"},
		{"a version in words", `{"lockfileVersion":"3"}`, "error: its lockfileVersion is none of 1, 2 and 3"},
		{"packages as a list", npmFile(3, `"packages":[]`), "error: packages: there is no object where one is expected"},
		{"a package as text", npmFile(3, `"packages":{"node_modules/a":"1"}`), `error: package "node_modules/a": there is no object where one is expected`},
		{"integrity as a list", pkg(`"integrity":["` + sri512 + `"]`), `error: package "node_modules/a": its integrity is no text`},
		{"old, a dependency as text", npmFile(1, `"dependencies":{"a":"1.0.0"}`), `error: dependency "a": there is no object where one is expected`},
	})
}

// TestAsNPMReads: npm's own reader finds the same packages. It reads the files of
// the table that are no errors, but for those that it reads differently by
// version, and needs the npm of this machine.
func TestAsNPMReads(t *testing.T) {
	root, err := exec.Command("npm", "root", "-g").Output()
	if err != nil {
		t.Skip("npm is not installed")
	}
	arborist := filepath.Join(strings.TrimSpace(string(root)), "npm/node_modules/@npmcli/arborist")
	if _, err := os.Stat(arborist); err != nil {
		t.Skipf("this npm has no arborist: %v", err)
	}
	for _, text := range []string{npmFile(3, npmTree), npmFile(2, npmTree+","+npmOldTree)} {
		dir := t.TempDir()
		for name, data := range map[string]string{
			"package-lock.json": text, "packages/w/package.json": `{"name":"w","version":"0.1.0"}`,
			"package.json": `{"name":"x","version":"1.0.0","dependencies":{"a":"^1.0.0"},"workspaces":["packages/w"]}`,
		} {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		const script = `const A = require(process.argv[1]); new A({path: process.argv[2]}).loadVirtual().then(t => console.log(JSON.stringify(
			[...t.inventory.values()].filter(n => !n.isRoot && !n.isLink).map(n => [n.packageName, n.version || '', n.integrity || '']))))`
		out, err := exec.Command("node", "-e", script, arborist, dir).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		var theirs [][3]string
		if err := json.Unmarshal(out, &theirs); err != nil {
			t.Fatal(err)
		}
		f, err := Parse(NPM, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var ours [][3]string
		for _, e := range f.Entries {
			ours = append(ours, [3]string{e.Name, e.Version, strings.Join(e.Hashes, " ")})
		}
		order := func(a, b [3]string) int { return strings.Compare(strings.Join(a[:], " "), strings.Join(b[:], " ")) }
		slices.SortFunc(theirs, order)
		slices.SortFunc(ours, order)
		if !slices.Equal(ours, theirs) {
			t.Errorf("ours:\n%v\nnpm's:\n%v", ours, theirs)
		}
	}
}
