package runner

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"os"
	"sync"

	"github.com/org/cilock-action/internal/filetree"
)

// Record is one fact that the driver reports: a step, the end, or a notice. They
// are written as JSON, a line each, as they happen, so that what is known is there
// when the driver is killed. Its texts are the action's, untrusted.
type Record struct {
	Step     string `json:"step,omitempty"`  // what it is called in the log
	Uses     string `json:"uses,omitempty"`  // key of the action; empty for a script
	Stage    string `json:"stage,omitempty"` // pre, main or post
	Outcome  string `json:"outcome,omitempty"`
	ExitCode int    `json:"exitcode"`
	Error    string `json:"error,omitempty"`

	Image  string `json:"image,omitempty"` // NAME@sha256:HEX or sha256:HEX, of Uses: it is about to run
	Notice string `json:"notice,omitempty"`
	Limit  string `json:"limit,omitempty"` // what evidence of this run cannot say

	Done    bool              `json:"done,omitempty"` // the last one, with what became of the whole
	Outputs map[string]string `json:"outputs,omitempty"`
	Before  string            `json:"before,omitempty"` // SHA-256 of what the driver wrote before the end
}

// The bounds of a report, which is written beside the action and by a process
// that the action could have changed.
const (
	maxReport  = 16 << 20 // bytes
	maxRecords = 3 * maxSteps
)

// recorder writes records. What cannot be written is said once, on the log.
type recorder struct {
	mu      sync.Mutex
	f       *os.File
	n       int
	written hash.Hash
	err     error
}

func newRecorder(path string) (*recorder, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write the report: %w", err)
	}
	return &recorder{f: f, written: sha256.New()}, nil
}

func (r *recorder) add(rec Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n++; r.n > maxRecords && !rec.Done {
		return
	}
	if rec.Done {
		rec.Before = hex.EncodeToString(r.written.Sum(nil))
	}
	data, err := json.Marshal(rec)
	if err == nil {
		data = append(data, '\n')
		r.written.Write(data)
		_, err = r.f.Write(data)
	}
	if err != nil && r.err == nil {
		r.err = err
	}
}

// record notes what became of one stage of one use.
func (j *job) record(u *use, stage, outcome string, exit int, err error) {
	rec := Record{Step: u.label, Uses: u.key, Stage: stage, Outcome: outcome, ExitCode: exit}
	if err != nil {
		rec.Error = err.Error()
	}
	j.records.add(rec)
}

// errForged is why a report says nothing.
var errForged = errors.New("something else than our process has written in it, so nothing of it counts")

// ReadRecords reads what a driver reported, up to the first line that makes no
// sense, and whether the report has its end. The end says what is before it and
// nothing follows: the file is one that the action can write to, too, and a report
// with a line of somebody else is none.
func ReadRecords(path string) (records []Record, whole bool, err error) {
	data, err := filetree.ReadRegular(path, maxReport)
	if err != nil {
		return nil, false, fmt.Errorf("read the report of the action: %w", pathless(err))
	}
	for rest := data; len(rest) > 0 && len(records) <= maxRecords; {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			return records, false, fmt.Errorf("read the report of the action: line %d: %w", len(records)+1, err)
		}
		if r.Done {
			before := sha256.Sum256(data[:len(data)-len(rest)])
			if r.Before != hex.EncodeToString(before[:]) || len(after) > 0 {
				return nil, false, fmt.Errorf("read the report of the action: %w", errForged)
			}
			return append(records, r), true, nil
		}
		records, rest = append(records, r), after
	}
	return records, false, nil
}
