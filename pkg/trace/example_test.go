package trace_test

import (
	"fmt"
	"strings"

	"github.com/org/cilock-action/pkg/trace"
)

// A trace that was kept is read again by the handler that takes a live one.
func ExampleReplay() {
	var kept strings.Builder
	w := trace.NewLineWriter(&kept, nil)
	for _, m := range []trace.Message{
		{Kind: trace.Fork, PID: 10, Parent: 1},
		{Kind: trace.Exec, PID: 10, Path: "/usr/bin/cat", Args: []string{"cat", "/etc/hostname"}},
		{Kind: trace.Open, PID: 10, Path: "/etc/hostname", Access: trace.Read},
	} {
		w.Handle(m)
	}
	if err := w.Flush(); err != nil {
		fmt.Println(err)
	}
	summary := trace.NewSummary(trace.SummaryBounds{})
	err := trace.Replay(strings.NewReader(kept.String()), summary)
	for _, p := range summary.Processes() {
		for _, f := range summary.Files(p) {
			fmt.Println(p.PID, f.Path)
		}
	}
	fmt.Println(err)
	// Output:
	// 10 /etc/hostname
	// 10 /usr/bin/cat
	// <nil>
}
