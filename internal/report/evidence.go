package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/org/cilock-action/pkg/attest"
)

// evidence is one bundle, read and not believed.
type evidence struct {
	Bundle
	id         string
	format     string
	claims     attest.Claims
	problem    string             // why there is nothing to show
	collection *attest.Collection // nil: another kind of statement
	run        attest.CommandRun
	trace      attest.Trace
	traced     bool
	processes  *processes
	places     places
	wrote      map[string]int // path to the process that wrote it first; made when it is asked for
	embedded   bool
}

func readEvidence(b Bundle, n int) *evidence {
	e := &evidence{Bundle: b, id: fmt.Sprintf("b%d", n), processes: newProcesses(), places: places{credentials: credentialFiles()}}
	parsed, err := attest.ParseBundle(b.Data)
	if err == nil {
		e.format = parsed.Format
		e.claims, err = parsed.Claims()
	}
	if err == nil && e.claims.Statement.IsCollection() {
		var c attest.Collection
		if c, err = e.claims.Statement.Collection(); err == nil {
			e.collection = &c
			e.readCollection(c)
		}
	}
	if err != nil {
		e.problem = err.Error()
	}
	return e
}

// readCollection reads what several sections need. What cannot be read is absent,
// and said where it would be shown.
func (e *evidence) readCollection(c attest.Collection) {
	_, _ = c.Decode(attest.TypeCommandRun, &e.run)
	found, err := c.Decode(attest.TypeTrace, &e.trace)
	e.traced = found && err == nil
	if e.Trace != nil {
		e.processes.replayed(e.Trace)
	} else {
		e.processes.inlined(e.run.Processes)
	}
	var env struct {
		Variables map[string]string `json:"variables"`
	}
	_, _ = c.Decode(attest.TypeEnvironment, &env)
	e.places.temporary, e.places.home = env.Variables["RUNNER_TEMP"], env.Variables["HOME"]
	e.places.workspace = env.Variables["GITHUB_WORKSPACE"]
	if len(e.processes.list) > 0 { // the step's own, which was started where it works
		e.places.workspace = cmp.Or(e.processes.list[0].cwd, e.places.workspace)
	}
}

func (e *evidence) title() string {
	switch {
	case e.collection != nil:
		return "step " + e.collection.Name
	case e.problem != "":
		return e.Name
	}
	return cmp.Or(attest.PredicateName(e.claims.Statement.PredicateType), "statement")
}

// view makes the bundle's sections, those with something to say, and puts into d
// what the script shows.
func (e *evidence) view(d *data) bundleView {
	v := bundleView{ID: e.id, Title: cut(e.title()), Name: cut(e.Name), SHA256: sum(e.Data), Embedded: e.embedded}
	out := d.bundle(e.id)
	makers := []struct {
		id, title string
		fill      func(s *section)
	}{
		{"overview", "Overview", e.overview},
		{"subjects", "Subjects", e.subjects},
	}
	if e.collection != nil {
		makers = append(makers, []struct {
			id, title string
			fill      func(s *section)
		}{
			{"completeness", "Completeness", e.completeness},
			{"actions", "Actions", e.actions},
			{"secrets", "Secrets", e.secrets},
			{"calls", "Unusual calls", e.calls},
			{"network", "Network", func(s *section) { e.network(s, d, out) }},
			{"processes", "Processes and timeline", func(s *section) { e.tree(s, d, out) }},
			{"files", "Files", func(s *section) { e.files(s, d, out) }},
			{"materials", "Materials and products", func(s *section) { e.workspace(s, d, out) }},
			{"scans", "Documents of scanners", e.scans},
			{"review", "Review", e.review},
			{"lockfiles", "Lock files", e.lockfiles},
			{"git", "Git", e.git},
			{"job", "Job", e.job},
			{"environment", "Environment", e.environment},
			{"phases", "When each part was taken", e.phases},
		}...)
	}
	makers = append(makers, struct {
		id, title string
		fill      func(s *section)
	}{"other", "Not shown above", e.other})
	for _, m := range makers {
		s := section{ID: e.id + "-" + m.id, Title: m.title}
		m.fill(&s)
		if !s.empty() {
			v.Sections = append(v.Sections, s)
		}
	}
	return v
}

// decode reads one attestation, and notes where it cannot be read.
func (e *evidence) decode(s *section, typ string, v any) bool {
	found, err := e.collection.Decode(typ, v)
	if err != nil {
		s.note("Attestation %s cannot be read: %v", typ, err)
		return false
	}
	return found
}

func (e *evidence) overview(s *section) {
	if e.problem != "" {
		s.note("Nothing of this bundle can be shown: %s", e.problem)
	}
	s.fact("File", e.Name)
	s.fact("SHA-256 of the file", sum(e.Data))
	s.fact("Format", e.format)
	if typ := e.claims.Statement.PredicateType; typ != "" {
		s.fact("Predicate type", typ)
		s.fact("That is", attest.PredicateName(typ))
	}
	for _, c := range e.claims.Signers {
		e.signer(s, c)
	}
	if n := e.claims.LogEntries; n > 0 {
		s.fact("In the file, not checked here", count(n, "log entry", "log entries"))
	}
	if n := e.claims.Timestamps; n > 0 {
		s.fact("And, not checked here either", count(n, "timestamp", "timestamps"))
	}
	if e.collection == nil {
		return
	}
	s.fact("Step", e.collection.Name)
	for n, word := range e.run.Cmd {
		if n == maxArgs {
			s.fact("Arguments left out", number(len(e.run.Cmd)-n))
			break
		}
		s.fact(fmt.Sprintf("Argument %d", n), word)
	}
	if a, found := e.collection.Find(attest.TypeCommandRun); found {
		s.fact("Exit code", fmt.Sprint(e.run.ExitCode))
		s.fact("Signal", e.run.Signal)
		s.fact("From", clock(a.StartTime))
		s.fact("Until", clock(a.EndTime))
		s.fact("Took", span(a.StartTime, a.EndTime))
	}
	streams := table{Caption: "What the step printed (the text is not recorded)", Head: []string{"Stream", "Bytes", "Digest of the redacted text", "Complete"}}
	for _, o := range e.run.Outputs {
		streams.add(o.Name, fmt.Sprint(o.Size), digest(o.Digest), yes(o.Complete))
	}
	s.table(streams)
	survivors := table{Caption: "Processes that outlived the step", Head: []string{"Process", "Name"}}
	for _, o := range e.run.Survivors {
		survivors.add(fmt.Sprint(o.ProcessID), o.Comm)
	}
	s.table(survivors)
}

// maxArgs bounds the words of a command that are shown one by one.
const maxArgs = 64

func (e *evidence) signer(s *section, c attest.ClaimedSigner) {
	if c.Problem != "" {
		s.fact("Certificate", "cannot be read: "+c.Problem)
	}
	if c.Certificate == nil {
		s.fact("Key that the file names", c.KeyHint)
		return
	}
	cert := c.Certificate
	s.fact("Certificate in the file is for", cert.Identity)
	s.fact("Vouched for by", cert.Issuer)
	s.fact("Certificate authority", cert.Authority)
	s.fact("Certificate valid", clock(cert.NotBefore)+" to "+clock(cert.NotAfter))
	s.fact("Repository", cert.Build.Repository)
	s.fact("Ref", cert.Build.Ref)
	s.fact("Commit", cert.Build.Commit)
	s.fact("Workflow", cert.Build.Workflow)
	s.fact("Workflow that signed", cert.Build.Signer)
	s.fact("Runner", cert.Build.RunnerEnvironment)
	s.fact("Trigger", cert.Build.Trigger)
	s.fact("Run", cert.Build.Run)
}

func (e *evidence) subjects(s *section) {
	t := table{Caption: "What the statement is about", Head: []string{"Name", "Digest"}}
	for _, one := range e.claims.Statement.Subject {
		t.add(one.Name, digest(one.Digest))
	}
	s.table(t)
}

func (e *evidence) completeness(s *section) {
	var done attest.Completeness
	if !e.decode(s, attest.TypeCompleteness, &done) {
		if len(s.Notes) == 0 {
			s.note("This evidence does not say what was not seen.")
		}
		return
	}
	if !done.Started {
		s.note("The step was not started: %s", done.Reason)
	}
	if done.Cancelled != "" {
		s.note("The step was cancelled by %s.", done.Cancelled)
	}
	t := table{Caption: "Each part of the record, and what of it was not seen", Head: []string{"Part", "State", "Gaps", "By", "Events", "Lost", "Standing limits, and reasons"}}
	gaps := 0
	for _, row := range done.Collectors {
		gaps += len(row.Gaps)
		events, lost := "", ""
		if row.Attempted > 0 {
			events, lost = fmt.Sprint(row.Attempted), fmt.Sprint(row.Lost)
		}
		t.add(row.Name, strings.Replace(row.State, attest.StateNotApplicable, "not applicable", 1), lines(row.Gaps), row.Backend, events, lost, lines(append([]string{row.Reason}, row.Limits...)))
	}
	if gaps == 0 {
		s.note("No gap is named.")
	} else {
		s.note("%s: this evidence is not complete.", count(gaps, "gap", "gaps"))
	}
	s.table(t)
}
