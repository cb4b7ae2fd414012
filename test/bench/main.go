package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"text/tabwriter"
)

// Row is one line of the table.
type Row struct {
	What     string `json:"what"`
	Baseline Spread `json:"baseline"`
	Ours     Spread `json:"ours"`
	How      string `json:"how,omitempty"` // what Compare is: difference, ratio, rate, or empty for ours alone
	Compare  Spread `json:"compare"`       // what the goal is for
	Goal     string `json:"goal,omitempty"`
	Met      string `json:"met,omitempty"` // yes, no, or empty where there is no goal
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	runs := flags.Int("runs", 0, "pairs to measure; 0 leaves each measure its own number")
	only := flags.String("only", "", "measure only what matches this `regexp`")
	asJSON := flags.Bool("json", false, "print JSON instead of a table")
	binary := flags.String("binary", "", "measure this cilock instead of building one")
	opens := flags.String("open", "", "measure nothing: be the `load` of trace-loss, DIR,RATE,THREADS,FILES,TOOK")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *opens != "" {
		return openFiles(*opens)
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("flag -only: %w", err)
	}
	b, err := newBench(ctx, *binary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()

	m := thisMachine()
	var rows []Row
	var failed []error
	defer func() { err = errors.Join(append(failed, err)...) }()
	for _, x := range measures() {
		if !match.MatchString(x.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s: %s\n", x.name, x.does)
		n := x.runs
		if *runs > 0 {
			n = *runs
		}
		got, err := x.run(ctx, b, n)
		rows = append(rows, got...)
		if err != nil { // what was measured before it, and after it, is printed
			failed = append(failed, fmt.Errorf("measure %s: %w", x.name, err))
		}
	}
	m.LoadAfter = load()
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"rows": rows, "machine": m})
	}
	return print(out, rows, m)
}

func print(out io.Writer, rows []Row, m Machine) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "WHAT\tBASELINE\tOURS\tCOMPARED\tGOAL\tMET")
	for _, r := range rows {
		compare := ""
		if r.How != "" {
			compare = r.How + " " + r.Compare.String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.What, r.Baseline, r.Ours, compare, r.Goal, r.Met)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	_, err := fmt.Fprintf(out, "\ncpu     %s, %d cores\nmemory  %s\nkernel  %s\ngo      %s\nload    %s before, %s after\n",
		m.CPU, m.Cores, m.Memory, m.Kernel, m.Go, m.LoadBefore, m.LoadAfter)
	return err
}

// compared is a row whose goal is for ours against the baseline.
func compared(what, how string, base, ours []float64, u Unit, f func(a, b float64) float64, g Goal) Row {
	cu := Times
	if how == "difference" {
		cu = u
	}
	c := spreadOf(paired(base, ours, f), cu)
	return Row{What: what, Baseline: spreadOf(base, u), Ours: spreadOf(ours, u), How: how, Compare: c, Goal: g.text(cu), Met: g.met(c)}
}

// alone is a row whose goal is for ours by itself.
func alone(what string, ours []float64, u Unit, g Goal) Row {
	s := spreadOf(ours, u)
	return Row{What: what, Baseline: spreadOf(nil, u), Ours: s, Compare: s, Goal: g.text(u), Met: g.met(s)}
}
