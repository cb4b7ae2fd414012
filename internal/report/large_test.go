package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/attest"
)

// TestPretty: it is json.Indent's, and no more of it is made than is shown.
func TestPretty(t *testing.T) {
	for _, text := range []string{
		`{}`, `[]`, `"a\"b\\"`, `1`, `{"a":[{},[],{"b":"{[,:]}\\\""}],"c" : null}`, " [ 1 , [ [ ] , { } ] ]", `["é"]`,
	} {
		var want bytes.Buffer
		if err := json.Indent(&want, []byte(text), "", "  "); err != nil {
			t.Fatal(err)
		}
		if got := pretty([]byte(text)); got != strings.TrimSpace(want.String()) {
			t.Errorf("%s is\n%s\nwant\n%s", text, got, want.String())
		}
	}
	deep := []byte(strings.Repeat("[", 100) + strings.Repeat("1,", 200_000) + "1" + strings.Repeat("]", 100))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := pretty(deep)
	runtime.ReadMemStats(&after)
	if made := after.TotalAlloc - before.TotalAlloc; made > 1<<20 || len(got) > maxRaw+300 || !strings.HasSuffix(got, " more bytes)") {
		t.Errorf("%d bytes of %d were made for %d", made, len(deep), len(got))
	}
}

// TestWriters: as many secrets as files that were written is no reason to compare
// each with each, which takes minutes.
func TestWriters(t *testing.T) {
	const many = 200_000
	name := func(n int) string { return fmt.Sprintf("dist/%08d", n) }
	e := evidence{processes: newProcesses(), places: places{workspace: "/srv/app"}}
	e.processes.add(image{pid: 1, comm: "make"})
	for n := range many {
		e.trace.Writes = append(e.trace.Writes, attest.TraceChange{Path: "/srv/app/" + name(n), ProcessID: 1 + n%2})
	}
	for n := range many {
		if got, want := e.writer(name(n)), []string{"make (1)", ""}[n%2]; got != want {
			t.Fatalf("%s was written by %q, want %q", name(n), got, want)
		}
	}
}

// TestClaims: what the job's token said is shown, as cilock and as Witness have it.
func TestClaims(t *testing.T) {
	text := bytes.Replace(statement(t), []byte(`"attestations": [`), []byte(`"attestations": [{"type": "`+attest.TypeGitHub+
		`", "attestation": {"claims": {"ref": "refs/heads/ours"}, "jwt": {"claims": {"ref": "refs/heads/theirs"}}}},`), 1)
	page := render(t, Bundle{Name: "e.json", Data: envelope(t, text)})
	for _, want := range []string{"refs/heads/ours", "refs/heads/theirs"} {
		if !bytes.Contains(page, []byte("<td>"+want+"</td>")) {
			t.Errorf("%s is not shown", want)
		}
	}
}
