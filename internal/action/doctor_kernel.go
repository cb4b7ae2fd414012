package action

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/org/cilock-action/internal/step"
	"github.com/org/cilock-action/internal/tracerd"
	"github.com/org/cilock-action/pkg/trace"
)

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
		c.State, c.Found = StateOK, strings.TrimSuffix("works, hooks: "+strings.Join(hooks, ", "), ", hooks: ")
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

func linuxChecks(ctx context.Context, in DoctorInputs, d Deps) []Check {
	return []Check{btfCheck(in.Root), sudoCheck(ctx, d), yamaCheck(in.Root)}
}

// btfCheck: the types of the running kernel, without which no hook fits it.
func btfCheck(root string) Check {
	c := Check{Name: "btf", Found: "/sys/kernel/btf/vmlinux", Cost: "eBPF cannot be used", Fix: "a kernel with CONFIG_DEBUG_INFO_BTF"}
	switch info, err := os.Stat(filepath.Join(root, c.Found)); {
	case err != nil:
		c.Found += ": " + scanReason(err)
	default:
		c.State, c.Found = StateOK, fmt.Sprintf("%s, %d bytes", c.Found, info.Size())
	}
	return c
}

func sudoCheck(ctx context.Context, d Deps) Check {
	c := Check{Name: "sudo", Cost: "without rights of our own, eBPF cannot be used", Fix: "allow sudo without a password, or run as root"}
	if os.Geteuid() == 0 {
		c.State, c.Found = StateOK, "not needed: this is root"
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if out, err := runTool(ctx, d, "sudo", "-n", "true"); err != nil {
		c.Found = cmp.Or(out, err.Error())
		return c
	}
	c.State, c.Found = StateOK, "works without a password"
	return c
}

// yamaCheck: scope 1 is no hindrance, since the step allows its tracer; 2 and 3
// are.
func yamaCheck(root string) Check {
	c := Check{Name: "yama", Cost: "ptrace needs CAP_SYS_PTRACE, or is off altogether", Fix: "sysctl kernel.yama.ptrace_scope=1"}
	text, err := os.ReadFile(filepath.Join(root, "/proc/sys/kernel/yama/ptrace_scope"))
	scope := strings.TrimSpace(string(text))
	switch {
	case err != nil:
		c.State, c.Found = StateOK, "not there: ptrace is not restricted"
	case scope == "0" || scope == "1":
		c.State, c.Found = StateOK, "ptrace_scope "+scope
	default:
		c.Found = "ptrace_scope " + oneLine(scope, 20)
	}
	return c
}
