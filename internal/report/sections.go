package report

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/org/cilock-action/pkg/attest"
)

// lines puts each text on a line of its cell.
func lines(parts []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "" }), "\n")
}

// actions shows every reference of the workflow: is it pinned, and are the bytes
// on disk those of the pin.
func (e *evidence) actions(s *section) {
	t := table{
		Caption: "Action references",
		Head:    []string{"Reference", "Whose", "Pinned", "Commit", "Bytes on disk are the commit's", "Commit belongs to", "Led to by", "Remarks"},
	}
	for _, a := range e.collection.Attestations {
		whose := map[string]string{attest.TypeGitHubAction: "third party", attest.TypeActionSelf: "cilock", attest.TypeActionLocal: "this repository"}[a.Type]
		if whose == "" {
			continue
		}
		var body attest.GitHubAction
		if _, err := (attest.Collection{Attestations: []attest.Attestation{a}}).Decode(a.Type, &body); err != nil {
			s.note("An action cannot be read: %v", err)
			continue
		}
		bytes := body.TreeVerified
		if bytes == "" {
			bytes = "not compared"
		}
		var remarks []string
		if body.Denied != "" {
			remarks = append(remarks, "on the deny-list: "+body.Denied)
		}
		remarks = append(remarks, body.Reason)
		if len(body.Differences) > 0 {
			remarks = append(remarks, count(len(body.Differences), "path differs", "paths differ"))
		}
		if body.Wrapped {
			remarks = append(remarks, "wrapped, files from "+body.Source)
		}
		t.add(body.ActionRef, whose, yes(body.RefPinned), body.ResolvedSHA, bytes, body.Reachable, strings.Join(body.Via, " › "), lines(remarks))
		e.wrapped(s, body)
	}
	s.Tables = slices.Insert(s.Tables, 0, t)
	if len(t.Rows) == 0 {
		s.Tables = s.Tables[1:]
	}
}

// wrapped shows what ran of an action that was wrapped.
func (e *evidence) wrapped(s *section, a attest.GitHubAction) {
	steps := table{Caption: "What ran of " + cut(a.ActionRef), Head: []string{"Step", "Uses", "Stage", "Outcome", "Exit code", "Error"}}
	for _, one := range a.Steps {
		steps.add(one.Step, one.Uses, one.Stage, one.Outcome, fmt.Sprint(one.ExitCode), one.Error)
	}
	s.table(steps)
	for _, list := range []struct {
		title string
		of    map[string]string
	}{{"Inputs of ", a.ActionInputs}, {"Outputs of ", a.ActionOutputs}} {
		t := table{Caption: list.title + cut(a.ActionRef) + " (redacted)", Head: []string{"Name", "Value"}}
		for name, value := range sorted(list.of) {
			t.add(name, value)
		}
		s.table(t)
	}
	for _, image := range a.Images {
		s.fact("Image of "+a.ActionRef, image)
	}
}

// secrets shows where credentials were, and how they were encoded. The evidence
// holds no value of any.
func (e *evidence) secrets(s *section) {
	var scan attest.SecretScan
	if !e.decode(s, attest.TypeSecretScan, &scan) {
		return
	}
	s.note("%d high and %d low findings in %d bytes of %d sources, through %d layers of encoding. No value is in the evidence.", scan.High, scan.Low, scan.ScannedBytes, scan.Sources, scan.DecodeLayers)
	if !scan.Canary {
		s.note("The scanner did not find its own canary: it has not worked.")
	}
	t := table{Caption: "Secrets that were found", Head: []string{"Rule", "Tier", "Where", "Line", "How it was encoded", "Times", "Length", "Digest, of this run alone", "Written by"}}
	for _, f := range scan.Findings {
		where, line := f.Location, fmt.Sprint(f.StartLine)
		if f.Member != "" {
			where += "\nin it: " + f.Member
		}
		if f.LocationApproximate {
			line = "about " + line
		}
		encoding := "plain"
		if len(f.EncodingPath) > 0 {
			encoding = strings.Join(f.EncodingPath, " › ")
		}
		t.add(f.RuleID+"\n"+f.Description, f.Tier, where, line, encoding, fmt.Sprint(max(1, f.Count)), fmt.Sprint(f.Length), cutAt(f.Digest, 24), e.writer(f.Location))
	}
	t.More += scan.NotListed
	s.table(t)
}

// writer is who wrote a product, by the trace.
func (e *evidence) writer(product string) string {
	if e.places.workspace == "" {
		return ""
	}
	if e.wrote == nil { // both lists can be long
		e.wrote = map[string]int{}
		for _, w := range slices.Backward(e.trace.Writes) {
			e.wrote[w.Path] = w.ProcessID
		}
	}
	if pid, found := e.wrote[path.Join(e.places.workspace, product)]; found {
		return e.processes.chain(pid)
	}
	return ""
}

// calls shows what a build has no reason to call.
func (e *evidence) calls(s *section) {
	t := table{Caption: "Calls that a build has no reason to make", Head: []string{"Call", "Target", "Result", "Times", "Processes"}}
	for _, c := range e.trace.Syscalls {
		t.add(c.Syscall, c.Target, result(c.Errno), fmt.Sprint(max(1, c.Count)), e.processes.chain(c.ProcessID))
	}
	s.table(t)
	odd := table{Caption: "Programs that are in no file, or not in the one they were started as", Head: []string{"Program", "Marks", "Processes"}}
	for n, i := range e.processes.list {
		if len(i.marks) > 0 && slices.ContainsFunc(i.marks, func(m string) bool { return m == "memfd" || m == "deleted" || m == "foreign" }) {
			odd.add(i.program, join(i.marks...), e.processes.chainAt(n))
		}
	}
	s.table(odd)
	contested := table{Caption: "Opens of which the program and the kernel say different things", Head: []string{"Path", "Name that was given", "Processes"}}
	for _, c := range e.trace.Contested {
		contested.add(c.Path, c.Name, e.processes.chain(c.ProcessID))
	}
	s.table(contested)
}

func result(errno int) string {
	if errno == 0 {
		return "done"
	}
	return fmt.Sprintf("refused (errno %d)", errno)
}

// scans shows what scanners wrote among the products.
func (e *evidence) scans(s *section) {
	for _, kind := range []struct{ typ, title string }{
		{attest.TypeSBOM, "Bills of materials"}, {attest.TypeSARIF, "SARIF reports"}, {attest.TypeVEX, "VEX documents"}, {attest.TypeVuln, "Vulnerability scans"},
	} {
		var body attest.Scans
		if !e.decode(s, kind.typ, &body) {
			continue
		}
		t := table{Caption: kind.title, Head: []string{"Product", "Format", "Tool, by its own word", "Counts", "Digest"}, More: body.NotListed}
		for _, doc := range body.Documents {
			var tools, counts []string
			for _, tool := range doc.Tools {
				tools = append(tools, strings.TrimSpace(tool.Name+" "+tool.Version))
			}
			for name, n := range sorted(doc.Counts) {
				counts = append(counts, fmt.Sprintf("%s %d", name, n))
			}
			t.add(doc.Path, strings.TrimSpace(doc.Format+" "+doc.Version), join(tools...), join(counts...), digest(doc.Digest))
		}
		s.table(t)
	}
}

func (e *evidence) review(s *section) {
	var r attest.Review
	if !e.decode(s, attest.TypeReview, &r) {
		return
	}
	s.fact("Commit", r.Commit)
	s.fact("Author", r.Author)
	s.fact("Committer", r.Committer)
	s.fact("Signature of the commit", strings.TrimSpace("accepted by the server: "+yes(r.Verified)+" "+r.VerificationReason))
	if p := r.PullRequest; p != nil {
		s.fact("Pull request", fmt.Sprintf("#%d by %s, into %s, head %s", p.Number, p.Author, p.Base, p.Head))
		s.fact("Merged", strings.TrimSpace(yes(p.Merged)+" "+p.MergedBy))
	} else {
		s.note("The server knows no pull request for this commit.")
	}
	s.fact("Approvals that count", fmt.Sprint(r.DistinctApprovals))
	t := table{Caption: "Approvals", Head: []string{"Who", "As", "Of commit", "Of the head"}}
	for _, a := range r.Approvals {
		t.add(a.Login, a.Association, a.Commit, "yes")
	}
	for _, a := range r.Stale {
		t.add(a.Login, a.Association, a.Commit, "no: stale")
	}
	s.table(t)
}

func (e *evidence) lockfiles(s *section) {
	var l attest.Lockfile
	if !e.decode(s, attest.TypeLockfile, &l) {
		return
	}
	t := table{Caption: "Lock files before the step", Head: []string{"File", "Kind", "Packages", "Without a hash", "Digest"}}
	for _, f := range l.Files {
		t.add(f.Path, f.Kind, fmt.Sprint(f.Entries), fmt.Sprint(f.Unhashed), digest(f.Digest))
	}
	s.table(t)
	loose := table{Caption: "Packages that are taken as they come", Head: []string{"Package", "Version", "From", "File"}}
	for _, p := range l.Entries {
		if p.Hash == "" && len(p.Hashes) == 0 && p.Registry != "link" && p.Registry != "bundle" {
			loose.add(p.Name, p.Version, p.Registry, p.File)
		}
	}
	s.table(loose)
}
