package action

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/sink"
	"github.com/org/cilock-action/internal/tracerd"
	"github.com/org/cilock-action/internal/verdict"
)

// DoctorInputs is what `doctor` was asked for.
type DoctorInputs struct {
	Format string // text or json; empty: text
	Online bool   // ask the hosts that a run would ask
	Root   string // where /proc and /sys are looked for; for tests
}

// Check is one thing that a machine can do or not. Its names and those of its
// fields are an interface: see docs/doctor.md.
type Check struct {
	Name  string `json:"name"`
	State string `json:"state"`
	OK    bool   `json:"ok"` // nothing is missing: State is ok or limit
	Found string `json:"found"`
	Cost  string `json:"cost,omitempty"` // of a gap: what the evidence then lacks
	Fix   string `json:"fix,omitempty"`  // how to close it
}

// The states of a check. The zero value is missing.
const (
	StateOK      = "ok"
	StateLimit   = "limit" // it is there, and something is to be known about it
	StateUnknown = "unknown"
	stateMissing = "missing"
)

// Doctor tells what this machine can do for a run, and what each gap would
// cost. It tries things instead of looking for signs of them: both sensors
// watch a command that does nothing.
func Doctor(ctx context.Context, in DoctorInputs, d Deps) (int, error) {
	if in.Format != "" && in.Format != "text" && in.Format != "json" {
		return verdict.ExitMisuse, verdict.Misuse("format is %q, expected text or json", in.Format)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	checks := diagnose(ctx, in, d)
	if in.Format == "json" {
		text, err := sink.Document(checks)
		if err == nil {
			_, err = d.Stdout.WriteString(text)
		}
		if err != nil {
			return verdict.ExitIO, fmt.Errorf("write what was found: %w", err)
		}
		return verdict.ExitOK, nil
	}
	for _, line := range doctorLines(checks) {
		if err := d.Sink.Line(line); err != nil {
			return verdict.ExitIO, fmt.Errorf("write what was found: %w", err)
		}
	}
	return verdict.ExitOK, nil
}

// doctorLines are the facts, one a line: first how a step would be watched and
// what is missing.
func doctorLines(checks []Check) []string {
	best := "nothing: the step's behaviour would not be seen"
	var missing []string
	for i := len(checks) - 1; i >= 0; i-- {
		if c := checks[i]; c.OK && (c.Name == tracerd.EBPF || c.Name == tracerd.Ptrace) {
			best = c.Name
		}
	}
	var lines []string
	for _, c := range checks {
		lines = append(lines, fmt.Sprintf("%s: %s: %s", c.State, c.Name, c.Found))
		if c.State == stateMissing {
			missing = append(missing, c.Name)
		}
		if c.Cost != "" {
			lines = append(lines, "  cost: "+c.Cost)
		}
		if c.Fix != "" {
			lines = append(lines, "  fix: "+c.Fix)
		}
	}
	first := "doctor: a step would be watched with " + best
	if len(missing) > 0 {
		first += "; missing: " + strings.Join(missing, ", ")
	}
	return append([]string{first}, lines...)
}

func diagnose(ctx context.Context, in DoctorInputs, d Deps) []Check {
	checks := []Check{
		tryBackend(ctx, tracerd.EBPF, Check{
			Cost: "ptrace is used where it can be, at a higher cost: no names on the wire, nothing of io_uring",
			Fix:  "run as root, or let the runner's user use sudo without a password; in a container, outside of it or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN",
		}, d),
		tryBackend(ctx, tracerd.Ptrace, Check{
			Cost: "where eBPF fails too, nothing is seen of the step's behaviour and the evidence is incomplete",
			Fix:  "allow ptrace and seccomp in the sandbox (docker: --security-opt seccomp=unconfined, or kernel 4.8 and newer)",
		}, d),
	}
	if runtime.GOOS == "linux" {
		checks = append(checks, linuxChecks(ctx, in, d)...)
	}
	checks = append(checks,
		fipsCheck(), oidcCheck(d), networkCheck(ctx, in, d), gitCheck(ctx, d), dockerCheck(ctx, in, d), daemonCheck(in.Root), nodeCheck(in, d),
		tempCheck(d), toolCacheCheck(d))
	redact := NewRedactor(d.Environ).RedactString
	for i := range checks {
		checks[i] = checks[i].complete(redact)
	}
	return checks
}

// complete fills in what follows from the state, and redacts: what a tool says
// may name a proxy with its password.
func (c Check) complete(redact func(string) string) Check {
	if c.State == "" {
		c.State = stateMissing
	}
	c.OK, c.Found = c.State == StateOK || c.State == StateLimit, redact(c.Found)
	if c.State == StateOK { // there is no gap
		c.Cost, c.Fix = "", ""
	}
	return c
}
