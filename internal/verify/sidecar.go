package verify

import (
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// sidecar checks the trace that stands beside a bundle, where the bundle has
// not got it inside. One that is not there proves nothing wrong, but whoever
// asks what the processes did will find nothing.
func (b *BundleResult) sidecar(c attest.Collection) {
	var trace attest.Trace
	if found, err := c.Decode(attest.TypeTrace, &trace); err != nil || !found || len(trace.Sidecar) == 0 {
		return // a malformed one is a finding of its own
	}
	path := attest.TracePath(b.Path)
	want := trace.Sidecar["sha256"]
	got, err := hashFile(path, []string{"sha256"})
	sum := got.set["sha256"]
	switch {
	case err != nil:
		b.findings = append(b.findings, verdict.Finding{
			Verdict: verdict.Warn, Rule: "trace of " + b.Path, Expected: "the trace beside the bundle, sha256:" + want, Found: err.Error(),
			Fix: "fetch it with the bundle: what the processes did is in it alone",
		})
	case sum != want || want == "":
		check := Check{Name: "trace", Expected: "sha256:" + want + " in " + path, Found: "sha256:" + sum}
		b.Checks = append(b.Checks, check)
		b.findings = append(b.findings, failed(check, b.Path))
	default:
		b.hold("trace", "sha256:"+sum+" is "+path)
	}
}
