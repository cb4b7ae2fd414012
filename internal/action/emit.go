package action

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"github.com/org/cilock-action/internal/filetree"
	"github.com/org/cilock-action/internal/sink"
	"github.com/org/cilock-action/internal/verdict"
	"github.com/org/cilock-action/pkg/attest"
)

// Emit writes the evidence first, and then tells about it. Evidence that could
// not be written makes the verdict fail, and is the error; output that was lost
// is an error as well.
func Emit(r Report, s Signed, d Deps) (Report, error) {
	if r.Plan.Judge.asked() && r.Verdict == verdict.Fail {
		s.SLSA = nil // what was denied for the first time when everything was signed
	}
	err := errors.Join(writeEvidence(&r, s), writePage(&r, s), outputLost(&r))
	err = errors.Join(err, writeSARIF(&r)) // last: it tells of what was lost
	rest := say(r, d)
	if r.Plan.InAction {
		err = errors.Join(err, setOutputs(r, d))
		writeSummary(r, rest, d)
	}
	return r, err
}

// writeEvidence writes the documents, and tells of those that could not be.
func writeEvidence(r *Report, s Signed) error {
	files, errs := writeDocuments(r.Plan, s)
	r.Files = files
	for _, err := range errs {
		r.Lost = append(r.Lost, err.Error())
	}
	all := errors.Join(errs...)
	if all != nil {
		r.Verdict = verdict.Fail
		r.Findings = append(r.Findings, verdict.Finding{
			Verdict: verdict.Fail, Rule: "evidence-written", Step: r.Plan.Name,
			Expected: "evidence on disk", Found: all.Error(), Fix: "make room, or give another --outfile, and run the step again",
		})
	}
	return all
}

// writeDocuments writes what can be written: one full disk does not lose the
// documents that still fit. The public key of a signature that got a
// certificate after all is taken away again.
func writeDocuments(p Plan, s Signed) (files []string, errs []error) {
	for _, doc := range []struct {
		path string
		data []byte
	}{
		{p.Outfile, s.Bundle},
		{p.Outfile + EnvelopeSuffix, s.Envelope},
		{p.Outfile + ProvenanceSuffix, s.SLSA},
		{p.Outfile + TraceSuffix, s.Sidecar},
	} {
		if doc.data == nil {
			continue
		}
		if err := filetree.Replace(doc.path, doc.data, 0o644, nil); err != nil {
			errs = append(errs, fmt.Errorf("write evidence %s: %w", doc.path, err))
			continue
		}
		files = append(files, doc.path)
	}
	if s.SLSA == nil { // that of an earlier run is not that of this one
		errs = appendError(errs, removeOld(p.Outfile+ProvenanceSuffix))
	}
	if s.PublicKey == nil && len(errs) > 0 {
		return files, errs // what could not be replaced may be signed by that key
	}
	err := p.writePublicKey(s)
	if err == nil && s.PublicKey != nil {
		files = append(files, p.Outfile+PublicKeySuffix)
	}
	errs = appendError(errs, err)
	return files, errs
}

func appendError(errs []error, err error) []error {
	if err != nil {
		return append(errs, err)
	}
	return errs
}

// removeOld removes a document that may not be there.
func removeOld(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove what is not of this run: %w", err)
	}
	return nil
}

// writePublicKey writes the key that nobody has, and takes away the one that
// nobody needs.
func (p Plan) writePublicKey(s Signed) error {
	path := p.Outfile + PublicKeySuffix
	switch {
	case s.PublicKey != nil:
		if err := filetree.Replace(path, s.PublicKey, 0o644, nil); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
	case p.Signing.Key.Ephemeral():
		return removeOld(path)
	}
	return nil
}

// outputLost is an error if what the step printed could not be passed on. The
// step itself would have seen its write fail; behind our pipe it may not have,
// and whoever reads the output must not take the part for the whole.
func outputLost(r *Report) (all error) {
	for _, o := range r.Step.Outputs {
		if o.WriteError == "" || o.ReaderGone {
			continue
		}
		err := fmt.Errorf("pass on the step's %s: %s", o.Name, o.WriteError)
		all = errors.Join(all, err)
		r.Lost = append(r.Lost, err.Error())
	}
	return all
}

// say prints the report's lines, and on the runner annotates what is wrong. It
// returns the annotations that the runner would drop.
func say(r Report, d Deps) sink.Rest {
	redact := r.Plan.redact
	d.Sink.Break()
	for _, line := range r.Lines() {
		d.Sink.Line("cilock: " + redact(line))
	}
	if !d.Sink.InActions() {
		for _, n := range r.Notices {
			d.Sink.Line("cilock: " + string(n.Level) + ": " + redact(n.Text))
		}
		return sink.Rest{}
	}
	title := redact("cilock: step " + r.Plan.Name)
	for _, f := range r.Findings {
		level := sink.Warning
		if f.Verdict == verdict.Fail {
			level = sink.Error
		}
		d.Sink.Annotate(level, sink.Properties{Title: title}, redact(f.String()))
	}
	for _, n := range r.Notices {
		at := sink.Properties{File: redact(n.Place.File), Line: n.Place.Line, Col: n.Place.Col, Title: cmp.Or(redact(n.Place.Title), title)}
		d.Sink.Annotate(sink.Level(n.Level), at, redact(n.Text))
	}
	rest, err := d.Sink.Flush()
	if err != nil {
		d.Sink.Line("cilock: annotations: " + err.Error())
	}
	for _, a := range rest.Annotations { // the log has room for all
		d.Sink.Line(fmt.Sprintf("cilock: %s: %s: %s", a.Level, cmp.Or(a.Properties.File, a.Properties.Title), a.Message))
	}
	return rest
}

// setOutputs sets the outputs of action.yml; those of features that are not
// built stay unset.
func setOutputs(r Report, d Deps) error {
	outputs := [][2]string{
		{"verdict", string(r.Verdict)},
		{"sensor", cmp.Or(r.Trace.Section.Backend, "none")},
	}
	if r.Step.Started || r.Step.ExitCode != 0 { // else there is none: 0 would be a success
		outputs = append(outputs, [2]string{"exit-code", strconv.Itoa(r.Step.ExitCode)})
	}
	if len(r.Files) > 0 && r.Files[0] == r.Plan.Outfile {
		outputs = append(outputs, [2]string{"evidence-path", r.Plan.Outfile}, [2]string{"bundle-path", r.Plan.Outfile})
	}
	if r.Page != "" {
		outputs = append(outputs, [2]string{"report-path", r.Page})
	}
	if r.SARIFPath != "" {
		outputs = append(outputs, [2]string{"sarif-path", r.SARIFPath})
	}
	if r.Trace.Section.Backend != "" {
		seen, lost := r.events()
		outputs = append(outputs, [2]string{"events-seen", strconv.FormatUint(seen, 10)}, [2]string{"events-lost", strconv.FormatUint(lost, 10)})
	}
	if t, ok := r.Trace.Section.Body.(*attest.Trace); ok && t.Root != "" {
		outputs = append(outputs, [2]string{"trace-root", t.Root})
	}
	if c := r.Plan.Judge.Case; c != nil {
		outputs = append(outputs, [2]string{"policy-digest", c.Digest})
	}
	fromStep, err := stepOutputs(r.Plan)
	if fromStep != "" {
		outputs = append(outputs, [2]string{"action-outputs", fromStep})
	}
	for _, kv := range outputs {
		missing := new(sink.MissingFileError)
		one := d.Sink.SetOutput(kv[0], kv[1])
		err = errors.Join(err, one)
		if errors.As(one, &missing) {
			break // the same would be said of each
		}
	}
	return err
}
