package verify

import (
	"strings"

	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// traceSuffix is what the name of a bundle's trace adds to the bundle's.
const traceSuffix = ".trace.jsonl.zst"

// sidecar checks the trace that stands beside a bundle, where the bundle has
// not got it inside. One that is not there proves nothing wrong, but whoever
// asks what the processes did will find nothing.
func (r *Result) sidecar(out *BundleResult, c attest.Collection) {
	var trace attest.Trace
	if found, err := c.Decode(attest.TypeTrace, &trace); err != nil || !found || len(trace.Sidecar) == 0 {
		return // a malformed one is a finding of its own
	}
	path := strings.TrimSuffix(out.Path, ".dsse.json") + traceSuffix
	want := trace.Sidecar["sha256"]
	_, sum, err := hashFile(path)
	switch {
	case err != nil:
		r.Findings = append(r.Findings, verdict.Finding{
			Verdict: verdict.Warn, Rule: "trace of " + out.Path, Expected: "the trace beside the bundle, sha256:" + want, Found: err.Error(),
			Fix: "fetch it with the bundle: what the processes did is in it alone",
		})
	case sum != want || want == "":
		check := Check{Name: "trace", Expected: "sha256:" + want + " in " + path, Found: "sha256:" + sum}
		out.Checks = append(out.Checks, check)
		r.fail(check, out.Path)
	default:
		out.Checks = append(out.Checks, Check{Name: "trace", OK: true, Detail: "sha256:" + sum + " is " + path})
	}
}
