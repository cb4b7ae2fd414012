//go:build linux

package replay

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// python is an interpreter, not what chooses one, and where it looks for what its
// user has installed below PYTHONUSERBASE.
func (j *job) python() (program, site string) {
	j.t.Helper()
	found, err := exec.LookPath("python3")
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		j.t.Fatal("python3 is missing, and CI installs it: see .ci/run")
	default:
		j.t.Skip("there is no python3 whose .pth files could be executed")
	}
	j.env = append(j.env, "PYTHONUSERBASE="+j.at("user"), "PYTHONDONTWRITEBYTECODE=1")
	cmd := exec.Command(found, "-c", "import site, sys; print(sys.executable, site.getusersitepackages(), site.ENABLE_USER_SITE, sep='\\n')")
	cmd.Env = j.env
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || len(lines) != 3 || lines[2] != "True" {
		j.t.Fatalf("python3 has no folder of its user's packages: %v\n%s", err, out)
	}
	return lines[0], lines[1]
}

// install installs the package, and what else is in it.
func (j *job) install(site string, files ...string) {
	j.t.Helper()
	for _, name := range append(files, "greetings/__init__.py") {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			j.t.Fatal(err)
		}
		j.put(filepath.Join(site, name), string(text))
	}
}

// TestPth: a version of a package has a .pth file besides, which every interpreter
// executes at its start, whether or not the package is imported.
//
// No reference is unpinned, nothing is printed and nothing written: behaviour alone
// sees it.
func TestPth(t *testing.T) {
	for _, backend := range backends() {
		t.Run(backend, func(t *testing.T) {
			t.Parallel()
			attack := newJob(t, pinned)
			attack.policy()
			python, site := attack.python()
			attack.install(site, "greetings.pth", "greetings/boot.py")
			work := []string{python, "-c", "import greetings; greetings.report()"}
			code, printed, said := attack.run(backend, true, work...)
			if code != 3 || printed != "" {
				t.Errorf("exit code %d, %d bytes printed\n%s", code, len(printed), ours(said))
			}
			for _, what := range []string{"a variable", "a cloud's key", "an SSH key"} {
				if !bytes.Contains(attack.server.received("/loot"), []byte(attack.secrets[what])) {
					t.Fatalf("the attack does not work: %s was not sent", what)
				}
			}

			twin := newJob(t, pinned)
			twin.policy()
			python, site = twin.python()
			twin.install(site)
			honest(t, twin, backend, []string{python, "-c", "import greetings; greetings.report()"})

			attack.judge(".pth file", backend, attack.verify(), twin.verify())
		})
	}
}
