package action

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/step"
	"github.com/org/cilock-action/internal/tracerd"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/trace"
)

// Check is one thing that a machine can do or not.
type Check struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Found string `json:"found"`
	Cost  string `json:"cost,omitempty"` // of a gap: what the evidence then lacks
	Fix   string `json:"fix,omitempty"`  // how to close it
}

// Doctor tells what this machine can do for a run, and what each gap would
// cost. It tries things instead of looking for signs of them: both sensors
// watch a command that does nothing.
func Doctor(ctx context.Context, format string, d Deps) (int, error) {
	if format != "" && format != "text" && format != "json" {
		return verdict.ExitMisuse, verdict.Misuse("format is %q, expected text or json", format)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	checks := diagnose(ctx, d)
	if format == "json" {
		enc := json.NewEncoder(d.Stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(checks); err != nil {
			return verdict.ExitIO, err
		}
		return verdict.ExitOK, nil
	}
	for _, line := range doctorLines(checks) {
		if err := d.Sink.Line(line); err != nil {
			return verdict.ExitIO, err
		}
	}
	return verdict.ExitOK, nil
}

func doctorLines(checks []Check) []string {
	best := "nothing: the step's behaviour would not be seen"
	for i := len(checks) - 1; i >= 0; i-- {
		if c := checks[i]; c.OK && (c.Name == tracerd.EBPF || c.Name == tracerd.Ptrace) {
			best = c.Name
		}
	}
	lines := []string{"doctor: a step would be watched with " + best}
	for _, c := range checks {
		state := "ok"
		if !c.OK {
			state = "missing"
		}
		lines = append(lines, fmt.Sprintf("%s: %s: %s", state, c.Name, c.Found))
		if !c.OK {
			lines = append(lines, "  cost: "+c.Cost, "  fix: "+c.Fix)
		}
	}
	return lines
}

func diagnose(ctx context.Context, d Deps) []Check {
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
		checks = append(checks, linuxChecks(ctx)...)
	}
	checks = append(checks, fipsCheck(), oidcCheck(d), gitCheck(ctx), dockerCheck())
	for i := range checks {
		if checks[i].OK { // there is no gap
			checks[i].Cost, checks[i].Fix = "", ""
		}
	}
	return checks
}

// tryBackend watches `true` as a run would.
func tryBackend(ctx context.Context, backend string, c Check, d Deps) Check {
	c.Name = backend
	description, account, err := watchNothing(ctx, backend, d)
	switch {
	case err != nil:
		c.Found = err.Error()
	case len(account.Gaps) > 0:
		c.Found = strings.Join(account.Gaps, "; ")
	default:
		var hooks []string
		for _, h := range description.Hooks {
			hooks = append(hooks, h.Name+" ("+strings.TrimSuffix(h.How+", "+h.Reason, ", ")+")")
		}
		c.OK, c.Found = true, strings.TrimSuffix("works, hooks: "+strings.Join(hooks, ", "), ", hooks: ")
	}
	return c
}

func watchNothing(ctx context.Context, backend string, d Deps) (trace.Description, trace.Account, error) {
	var none trace.Description
	proc, err := step.Start(ctx, step.Command{Args: []string{"true"}, Env: []string{"PATH=/bin:/usr/bin"}, Self: d.Self, Now: d.Now})
	if err != nil {
		return none, trace.Account{}, err
	}
	started := false
	watch, err := tracerd.Start(ctx, tracerd.Options{
		Self: d.Tracer, Backend: backend, PID: proc.PID(), Prepare: proc.Prepare, LeaveOut: proc.LeaveOut,
		Handler: trace.HandlerFunc(func(m trace.Message) { started = started || m.Kind == trace.Exec }),
	})
	if err != nil {
		proc.Abandon()
		return none, trace.Account{}, err
	}
	thawed := proc.Thaw()
	proc.Wait(ctx, nil)
	account := watch.Stop(ctx)
	account.Gaps = append(account.Gaps, lossGaps(account.Classes, nil)...)
	if thawed == nil && !started {
		account.Gaps = append(account.Gaps, "it saw nothing of a command that ran")
	}
	return watch.Describe(), account, nil
}

func linuxChecks(ctx context.Context) []Check {
	btf := Check{Name: "btf", Found: "/sys/kernel/btf/vmlinux", Cost: "eBPF cannot be used", Fix: "a kernel with CONFIG_DEBUG_INFO_BTF"}
	if info, err := os.Stat(btf.Found); err == nil {
		btf.OK, btf.Found = true, fmt.Sprintf("%s, %d bytes", btf.Found, info.Size())
	} else {
		btf.Found = err.Error()
	}
	return []Check{btf, sudoCheck(ctx), yamaCheck()}
}

func sudoCheck(ctx context.Context) Check {
	c := Check{Name: "sudo", Cost: "without rights of our own, eBPF cannot be used", Fix: "allow sudo without a password, or run as root"}
	if os.Geteuid() == 0 {
		c.OK, c.Found = true, "not needed: this is root"
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "sudo", "-n", "true").CombinedOutput(); err != nil {
		c.Found = oneLine(cmp.Or(strings.TrimSpace(string(out)), err.Error()), 200)
		return c
	}
	c.OK, c.Found = true, "works without a password"
	return c
}

// yamaCheck: scope 1 is no hindrance, since the step allows its tracer; 2 and 3
// are.
func yamaCheck() Check {
	c := Check{Name: "yama", Cost: "ptrace needs CAP_SYS_PTRACE, or is off altogether", Fix: "sysctl kernel.yama.ptrace_scope=1"}
	text, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	scope := strings.TrimSpace(string(text))
	switch {
	case err != nil:
		c.OK, c.Found = true, "not there: ptrace is not restricted"
	default:
		c.OK, c.Found = scope == "0" || scope == "1", "ptrace_scope "+scope
	}
	return c
}

func oidcCheck(d Deps) Check {
	c := Check{
		Name: "oidc", Found: "no OIDC token can be had", Cost: "the claims of the job's token are not in the evidence",
		Fix: "in a workflow: permissions: id-token: write",
	}
	if d.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL") != "" && d.Getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN") != "" {
		c.OK, c.Found = true, "the job may ask for a token"
	}
	return c
}

func gitCheck(ctx context.Context) Check {
	c := Check{Name: "git", Cost: "no commit in the evidence, and no proof of actions against their repositories", Fix: "install git"}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "git", "--version").Output()
	if err != nil {
		c.Found = err.Error()
		return c
	}
	c.OK, c.Found = true, oneLine(string(out), 100)
	return c
}

// dockerCheck: what a docker daemon does for a step is not the step's.
func dockerCheck() Check {
	c := Check{Name: "docker", OK: true, Found: "no daemon: nothing can be done behind the trace by one"}
	if _, err := os.Stat("/var/run/docker.sock"); err == nil {
		c.OK, c.Found = false, "a daemon listens at /var/run/docker.sock"
		c.Cost = "what it does for a step is no part of the step's tree: the evidence says so when a step connects to it"
		c.Fix = "nothing needs to be done, unless the step should not use it"
	}
	return c
}
