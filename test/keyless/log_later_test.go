//go:build unix

package keyless

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/org/cilock-action/test/stack"
)

// TestLogLaterRefuses: what is not a sound bundle that lacks its entry is shown
// to no log, and stays as it is.
func TestLogLaterRefuses(t *testing.T) {
	s := stack.Start(t)
	p, j := before(t, s), newJob(t, s.Env)
	if said, code := j.run("--keyless", "--fulcio-server-url="+s.FulcioURL, "--timestamp-server-url="+s.TSAURL); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	sound, err := os.ReadFile(filepath.Join(j.dir, "e.json"))
	if err != nil {
		t.Fatal(err)
	}
	j.writeKey("k")
	for name, change := range map[string]func(b map[string]any){
		"payload": func(b map[string]any) { flipped(t, b["dsseEnvelope"].(map[string]any), "payload") },
		"signature": func(b map[string]any) {
			flipped(t, b["dsseEnvelope"].(map[string]any)["signatures"].([]any)[0].(map[string]any), "sig")
		},
	} {
		var b map[string]any
		if err := json.Unmarshal(sound, &b); err != nil {
			t.Fatal(err)
		}
		change(b)
		text, _ := json.Marshal(b)
		j.write("bad.json", string(text))
		j.refusesToLog(name, "bad.json", "--rekor-server-url="+p.rekor.URL)
	}
	j.refusesToLog("envelope", "e.json.dsse.json", "--rekor-server-url="+p.rekor.URL)
	j.refusesToLog("another key", "e.json", "--key=k.pub", "--rekor-server-url="+p.rekor.URL)
	j.refusesToLog("a private instance's, and no log named", "e.json")
	if n := len(p.rekor.Requests()); n != 0 {
		t.Errorf("the log was asked %d times", n)
	}
	if said, code := j.cilock("attest", "--log-later=e.json", "--rekor-server-url="+p.rekor.URL); code != 0 {
		t.Errorf("exit code %d:\n%s", code, said)
	}
	j.refusesToLog("again", "e.json", "--rekor-server-url="+p.rekor.URL)
	if said, code := j.verify(s, "e.json"); code != 0 {
		t.Errorf("verify: exit code %d:\n%s", code, said)
	}
}

func (j *job) refusesToLog(name, path string, flags ...string) {
	j.t.Helper()
	before, err := os.ReadFile(filepath.Join(j.dir, path))
	if err != nil {
		j.t.Fatal(err)
	}
	said, code := j.cilock(append([]string{"attest", "--log-later=" + path, "--signing-timeout=2s"}, flags...)...)
	if code != 2 {
		j.t.Errorf("%s: exit code %d:\n%s", name, code, said)
	}
	if after, err := os.ReadFile(filepath.Join(j.dir, path)); err != nil || string(after) != string(before) {
		j.t.Errorf("%s: the file was changed (%v)", name, err)
	}
}

// flipped changes a bit in the middle of bytes in base64.
func flipped(t *testing.T, object map[string]any, field string) {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(object[field].(string))
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	object[field] = base64.StdEncoding.EncodeToString(data)
}

// TestOutageInTheMiddle: of several bundles those that the log did not take are
// named, and each can be completed.
func TestOutageInTheMiddle(t *testing.T) {
	s := stack.Start(t)
	p, j := before(t, s), newJob(t, s.Env)
	var subjects strings.Builder
	for i := range 1025 {
		fmt.Fprintf(&subjects, "a%d@sha256:%064x ", i, i)
	}
	p.rekor.Next(stack.Fault{})
	p.rekor.Always(stack.Fault{Kind: stack.Status, Status: 403})
	j.write("p.json", "{}")
	args := append([]string{"attest", "--type=https://example.com/x", "--predicate=p.json", "--outfile=a.json", "--subjects=" + subjects.String()}, p.flags("--signing-timeout=8s")...)
	said, code := j.cilock(args...)
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	unlogged := j.unlogged("a.json", "a-2.json")
	if len(unlogged) != 1 {
		t.Fatalf("not logged: %v\n%s", unlogged, said)
	}
	want(t, said, "--log-later "+j.dir+"/"+unlogged[0])
	if said, code := j.cilock("attest", "--log-later="+unlogged[0], services(s)); code != 0 {
		t.Errorf("exit code %d:\n%s", code, said)
	}
}
