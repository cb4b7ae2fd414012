package attest

import (
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	rekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/tlog"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/signature"
	"google.golang.org/protobuf/encoding/protojson"
)

// observed is a signature and what others than its signer have seen of it:
// transparency logs and timestamp authorities.
type observed struct {
	bundle   *Bundle
	claim    claim
	leaf     *x509.Certificate // nil: signed by key
	key      crypto.PublicKey
	root     *TrustedRoot
	material root.TrustedMaterial

	log   []LogEntry    // that were verified
	times []TrustedTime // that were verified
}

// check fills log and times. needTime says that without a trusted time nothing
// is proved, as with a certificate that lives for ten minutes.
func (o *observed) check(unsafe Unsafe, needTime bool) ([]Check, error) {
	if !unsafe.SkipLogUnsafe {
		if err := o.checkLog(); err != nil {
			return nil, err
		}
	}
	if err := o.checkTimestamps(); err != nil && !unsafe.SkipTimestampUnsafe {
		return nil, err
	}
	if len(o.times) == 0 && needTime && !unsafe.SkipTimestampUnsafe {
		return nil, &CheckError{
			"trusted time", "bundle", "a timestamp, or a log entry with a signed time, that the trusted root can verify",
			fmt.Sprintf("none (%d timestamps, %d log entries without a time)", len(o.claim.timestamps), len(o.log)),
		}
	}
	var held []Check
	for _, e := range o.log {
		proof := "promised by the log"
		if e.Proved {
			proof = "inclusion proved against a signed checkpoint"
		}
		held = append(held, Check{"log entry", fmt.Sprintf("%s entry %d of %s, %s", quote(e.Kind), e.Index, quote(e.Log), proof)})
	}
	for _, t := range o.times {
		held = append(held, Check{"trusted time", fmt.Sprintf("%s by %s %s", t.Time.UTC().Format(time.RFC3339), t.By, quote(t.URL))})
	}
	return held, nil
}

// checkLog verifies every entry of a log that the root names. At least one is
// needed; entries of other logs prove nothing and break nothing.
func (o *observed) checkLog() error {
	fail := func(check, expected, found string) error { return &CheckError{check, "bundle", expected, found} }
	if len(o.bundle.entries) == 0 {
		found := "none: `cilock attest --log-later` adds one, --skip-log-unsafe does without"
		if o.bundle.version == "" {
			found = "an envelope, which holds none: verify the bundle beside it"
		}
		return fail("log entry", "an entry of a transparency log", found)
	}
	seen, foreign := map[string]bool{}, []string{}
	for _, text := range o.bundle.entries {
		proto := new(rekor.TransparencyLogEntry)
		err := protojson.Unmarshal(text, proto)
		var entry *tlog.Entry
		if err == nil {
			entry, err = tlog.ParseTransparencyLogEntry(proto)
		}
		if err != nil {
			return fail("log entry", "an entry of a known kind", err.Error())
		}
		id := hex.EncodeToString(proto.GetLogId().GetKeyId())
		key := fmt.Sprintf("%s %d", id, proto.GetLogIndex())
		if seen[key] {
			return fail("log entry", "each entry once", "entry "+key+" twice")
		}
		seen[key] = true
		log, known := o.root.logs[id]
		if !known {
			foreign = append(foreign, id)
			continue
		}
		stage, err := o.verifyEntry(entry, log)
		if err != nil {
			return fail(stage, fmt.Sprintf("entry %d of %s to be about this signature and in the log", proto.GetLogIndex(), quote(log.BaseURL)), err.Error())
		}
		o.log = append(o.log, logEntry(entry, log, id))
		if entry.HasInclusionPromise() && !entry.IntegratedTime().IsZero() {
			o.times = append(o.times, TrustedTime{entry.IntegratedTime().UTC(), "transparency log", log.BaseURL})
		}
	}
	if len(o.log) == 0 {
		return fail("log entry", "an entry of a log of the trusted root: "+o.root.logURLs(), "entries of other logs: "+quote(strings.Join(foreign, ", ")))
	}
	return nil
}

func logEntry(entry *tlog.Entry, log *root.TransparencyLog, id string) LogEntry {
	// The body is what was proved; the kindVersion beside it is the bundle's word.
	var body struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	_ = json.Unmarshal(entry.TransparencyLogEntry().GetCanonicalizedBody(), &body) // it was read before
	e := LogEntry{
		Log: log.BaseURL, ID: id, Index: entry.LogIndex(),
		Kind: quote(body.Kind + " " + body.APIVersion), Proved: entry.HasInclusionProof(),
	}
	if entry.HasInclusionPromise() && !entry.IntegratedTime().IsZero() {
		e.Time = entry.IntegratedTime().UTC()
	}
	return e
}

// verifyEntry verifies one entry, and names the stage that did not hold.
func (o *observed) verifyEntry(entry *tlog.Entry, log *root.TransparencyLog) (stage string, err error) {
	if o.bundle.version == "0.1" && !entry.HasInclusionPromise() {
		return "log entry", errors.New("no promise of the log, which a bundle of version 0.1 has")
	}
	if o.bundle.version != "0.1" && !entry.HasInclusionProof() {
		return "inclusion proof", fmt.Errorf("none, which a bundle of version %s has", o.bundle.version)
	}
	if entry.HasInclusionPromise() {
		if err := tlog.VerifySET(entry, o.root.logs); err != nil {
			return "log entry", fmt.Errorf("promise of the log: %w", err)
		}
	}
	if entry.HasInclusionProof() {
		if err := sameCheckpoint(entry); err != nil {
			return "checkpoint", err
		}
	}
	if entry.IsRekorV2() && entry.HasInclusionProof() {
		// sigstore-go rebuilds what must have been logged and does not look at the
		// entry's own body. This is the body that people and tools read.
		if err := verifyBody(entry, log); err != nil {
			return logStage(err), err
		}
	}
	one := o.entity()
	one.entries = []*tlog.Entry{entry}
	if _, err := verify.VerifyTlogEntry(one, o.material, 1, true); err != nil {
		return logStage(err), err
	}
	return "", nil
}

func (o *observed) entity() *entity {
	return &entity{bundle: o.bundle, claim: o.claim, leaf: o.leaf, key: o.key}
}

// verifyBody proves that the body of a Rekor v2 entry is in the log.
func verifyBody(entry *tlog.Entry, log *root.TransparencyLog) error {
	verifier, err := signature.LoadVerifier(log.PublicKey, log.SignatureHashFunc)
	if err != nil {
		return fmt.Errorf("load key of the log: %w", err)
	}
	origin, err := hostname(log.BaseURL)
	if err != nil {
		return err
	}
	return tlog.VerifyCheckpointAndInclusion(entry, verifier, origin)
}

// logStage names what of an entry an error of sigstore-go is about. It is for
// people: any error refuses the bundle.
func logStage(err error) string {
	text := err.Error()
	for _, stage := range []struct{ name, words string }{
		{"checkpoint", "checkpoint|tree head"},
		{"inclusion proof", "inclusion|calculated root|proof size|beyond size"},
		{"trusted time", "integrated time"},
	} {
		for word := range strings.SplitSeq(stage.words, "|") {
			if strings.Contains(text, word) {
				return stage.name
			}
		}
	}
	return "log entry"
}

// checkTimestamps verifies the timestamps by authorities of the root. Where
// there are both, one of them must hold.
func (o *observed) checkTimestamps() error {
	if len(o.claim.timestamps) == 0 || len(o.root.tsas) == 0 {
		return nil
	}
	verified, reasons, err := verify.VerifySignedTimestamp(o.entity(), o.material)
	if err == nil && len(verified) == 0 {
		err = errors.Join(reasons...)
	}
	if err != nil {
		return &CheckError{"timestamp", "bundle", "a timestamp over this signature by an authority of the trusted root", err.Error()}
	}
	for _, t := range verified {
		o.times = append(o.times, TrustedTime{t.Time.UTC(), "timestamp authority", t.URI})
	}
	return nil
}
