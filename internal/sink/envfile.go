package sink

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	githubactions "github.com/sethvargo/go-githubactions"
)

const (
	// maxFile bounds each file with what is already in it. GitHub's documentation
	// gives 1 MB for a job's outputs and 1 MiB for a step's summary; for
	// environment and state it names no limit, and nothing we write comes near.
	maxFile = 1 << 20
	// maxEnv bounds NAME=VALUE and its end: Linux refuses to start a program with
	// a longer string in its environment (MAX_ARG_STRLEN, 32 pages of 4 KiB), so
	// every later step of the job would fail.
	maxEnv = 128 << 10
)

// MissingFileError says that the runner offers no such file: the variable is not
// set, as everywhere outside Actions, or nothing is there any more.
type MissingFileError struct {
	Variable string // GITHUB_OUTPUT, GITHUB_ENV, GITHUB_STATE or GITHUB_STEP_SUMMARY
	Err      error  // nil if the variable is not set
}

func (e *MissingFileError) Error() string {
	if e.Err == nil {
		return e.Variable + " is not set"
	}
	return fmt.Sprintf("file named by %s: %v", e.Variable, e.Err)
}

func (e *MissingFileError) Unwrap() error { return e.Err }

// keyPattern is what GitHub's documentation allows as the name of an output.
var keyPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// SetOutput sets an output of the step. The value reaches the runner byte for
// byte, line ends included, except that invalid UTF-8 becomes U+FFFD, as the
// runner would read it. Errors: a key other than [A-Za-z_][A-Za-z0-9_-]*, a NUL
// in the value, more than 1 MiB in the file, or a *MissingFileError.
func (s *Sink) SetOutput(key, value string) error {
	return s.setPair("GITHUB_OUTPUT", key, value)
}

// PassOutput sets an output of a wrapped action as one of the step: the runner
// takes names that its documentation does not allow, and so do we then.
func (s *Sink) PassOutput(key, value string) error {
	if key == "" || strings.ContainsAny(key, "=\r\n\x00") || strings.Contains(key, "<<") {
		return fmt.Errorf("set %.100q: the name cannot be written down", key)
	}
	record, err := record(key, value, rand.Text())
	if err != nil {
		return err
	}
	return s.appendLocked("GITHUB_OUTPUT", record)
}

// SaveState saves a value for this action's own post step, as SetOutput does.
func (s *Sink) SaveState(key, value string) error {
	return s.setPair("GITHUB_STATE", key, value)
}

// SetEnv sets a variable for the later steps of the job, as SetOutput does, at
// most 128 KiB long. Names that the runner overwrites (GITHUB_*, RUNNER_*) or
// does not take (NODE_OPTIONS) are refused.
func (s *Sink) SetEnv(key, value string) error {
	name := strings.ToUpper(key)
	if name == "NODE_OPTIONS" || strings.HasPrefix(name, "GITHUB_") || strings.HasPrefix(name, "RUNNER_") {
		return fmt.Errorf("set %s for later steps: the runner does not allow it", key)
	}
	if len(key)+len("=")+len(value)+len("\x00") > maxEnv {
		return fmt.Errorf("set %.100q for later steps: value of %d bytes is too long", key, len(value))
	}
	return s.setPair("GITHUB_ENV", key, value)
}

// AddPath puts a folder before the PATH of the later steps of the job.
func (s *Sink) AddPath(dir string) error {
	if dir == "" || strings.ContainsAny(dir, "\n\r\x00") {
		return fmt.Errorf("add %.100q to the PATH of later steps: not a path", dir)
	}
	return s.appendLocked("GITHUB_PATH", strings.ToValidUTF8(dir, "\uFFFD")+githubactions.EOF)
}

// PassSummary appends what a step of a wrapped action wrote to the job summary,
// as it is: it is that step's own text, in the place where it would be anyway.
func (s *Sink) PassSummary(text string) error {
	return s.appendLocked("GITHUB_STEP_SUMMARY", text)
}

func (s *Sink) appendLocked(variable, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.appendFile(variable, func(int64) (string, error) { return text, nil })
}

func (s *Sink) setPair(variable, key, value string) error {
	record, err := heredoc(key, value, rand.Text())
	if err != nil {
		return err
	}
	return s.appendLocked(variable, record)
}

// heredoc is one record of a file command (FileCommandManager.cs):
//
//	key<<delimiter
//	value
//	delimiter
//
// Lines end as on the runner's own system, so that a carriage return at the end
// of the value stays the value's. The delimiter is of 128 random bits: no value
// can be written so as to end early.
func heredoc(key, value, delimiter string) (string, error) {
	if len(key) > 255 || !keyPattern.MatchString(key) {
		return "", fmt.Errorf("set %.100q: not a valid name", key)
	}
	return record(key, value, delimiter)
}

func record(key, value, delimiter string) (string, error) {
	if strings.Contains(value, "\x00") {
		return "", fmt.Errorf("set %s: the value has a NUL byte", key)
	}
	if strings.Contains(value, delimiter) {
		return "", fmt.Errorf("set %s: the value contains the delimiter", key)
	}
	const eol = githubactions.EOF
	return key + "<<" + delimiter + eol + strings.ToValidUTF8(value, "\uFFFD") + eol + delimiter + eol, nil
}

// appendFile appends, in one write, the text that content returns for the size the
// file has. It creates nothing. If what is there does not end in a line feed (the
// wrapped step writes to the same files) one is put before, which the runner
// skips as a blank line. The caller holds the lock.
func (s *Sink) appendFile(variable string, content func(size int64) (string, error)) (err error) {
	path := s.getenv(variable)
	if path == "" {
		return &MissingFileError{Variable: variable}
	}
	// Read and write: opening a FIFO only to write would wait for its reader.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return &MissingFileError{Variable: variable, Err: err}
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("close the file named by %s: %w", variable, cerr)
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return &MissingFileError{Variable: variable, Err: err}
	}
	if !info.Mode().IsRegular() {
		return &MissingFileError{Variable: variable, Err: errors.New("not a regular file")}
	}
	text, err := content(info.Size())
	if err != nil || text == "" {
		return err
	}
	open, err := unfinished(f, info.Size())
	if err != nil {
		return fmt.Errorf("read the file named by %s: %w", variable, err)
	}
	if open {
		text = githubactions.EOF + text
	}
	if info.Size()+int64(len(text)) > maxFile {
		return fmt.Errorf("write to the file named by %s: it would grow from %d to more than %d bytes", variable, info.Size(), maxFile)
	}
	if _, err := io.WriteString(f, text); err != nil {
		return fmt.Errorf("write to the file named by %s: %w", variable, err)
	}
	return nil
}

// unfinished reports whether the last line of f has no line feed.
func unfinished(f io.ReaderAt, size int64) (bool, error) {
	if size == 0 {
		return false, nil
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], size-1); err != nil && err != io.EOF {
		return false, err
	}
	return last[0] != '\n', nil
}
