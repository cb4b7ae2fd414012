package runner

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"unicode/utf16"
)

// Annotation is an issue as the runner sends it on: masked and cut.
type Annotation struct {
	Level      string // error, warning or notice
	Message    string
	Properties map[string]string // of the command; file is relative to the workspace
}

const (
	maxPerLevel = 10   // _maxCountPerIssueType, ExecutionContext.cs
	maxMessage  = 4096 // _maxIssueMessageLength there, in UTF-16 units
)

// output is what one composite step and its inner steps say: the inner steps
// share the parent's log and issues. It is safe for concurrent use.
type output struct {
	workspace string
	masks     *masks
	tee       io.Writer // the log as it comes; may be nil

	mu       sync.Mutex
	log      strings.Builder
	issues   []Annotation
	commands []Command
}

// masks are the job's secrets (SecretMasker).
type masks struct {
	mu     sync.Mutex
	values []string
}

// add hides value, and each of its lines (AddMaskCommandExtension).
func (m *masks) add(value string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	parts := strings.FieldsFunc(value, func(r rune) bool { return r == '\r' || r == '\n' })
	for _, v := range append(parts, value) {
		if v != "" {
			m.values = append(m.values, v)
		}
	}
}

// hide replaces each stretch that masks cover, alone or together, by ***.
func (m *masks) hide(s string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	covered := make([]bool, len(s)+1)
	found := false
	for _, v := range m.values {
		for at := 0; ; at++ {
			i := strings.Index(s[at:], v)
			if i < 0 {
				break
			}
			at += i
			found = true
			for j := range len(v) {
				covered[at+j] = true
			}
		}
	}
	if !found {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if !covered[i] {
			b.WriteByte(s[i])
		} else if !covered[i+1] {
			b.WriteString("***")
		}
	}
	return b.String()
}

// print writes to the log only; nothing printed is read as a command.
func (o *output) print(text string) {
	text = o.masks.hide(text)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.log.WriteString(text + "\n")
	if o.tee != nil {
		io.WriteString(o.tee, text+"\n")
	}
}

// issue adds an annotation and logs it (AddIssue).
func (o *output) issue(level, message string, props map[string]string) {
	message = o.masks.hide(message)
	if u := utf16.Encode([]rune(message)); len(u) > maxMessage {
		message = string(utf16.Decode(u[:maxMessage]))
	}
	o.mu.Lock()
	o.issues = append(o.issues, Annotation{level, message, props})
	o.mu.Unlock()
	o.print("##[" + level + "]" + message)
}

// annotations are the issues that remain when the parent step completes: the
// first 10 of each level.
func (o *output) annotations() []Annotation {
	var kept []Annotation
	count := map[string]int{}
	for _, a := range o.issues {
		if count[a.Level]++; count[a.Level] <= maxPerLevel {
			kept = append(kept, a)
		}
	}
	return kept
}

// handler reads the output of one inner step. Whether commands are stopped is
// known per handler, for both streams together: the next step starts afresh.
type handler struct {
	*output
	setOutput func(name, value string)

	mu        sync.Mutex
	stopToken string
	failed    bool // CommandResult
}

// line handles one line of standard output or standard error (OnDataReceived).
func (h *handler) line(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if line == "" || !strings.Contains(line, "##[") && !strings.Contains(line, "::") || !h.command(line) {
		h.print(line)
	}
}

// command does what TryProcessCommand does; false means the line is just text.
func (h *handler) command(line string) bool {
	c, ok := ParseCommand(line, h.stopToken)
	if !ok {
		return false
	}
	if h.stopToken != "" {
		if !strings.EqualFold(c.Name, h.stopToken) {
			return false
		}
		h.print(line)
		h.stopToken = ""
		return true
	}
	h.output.mu.Lock()
	h.commands = append(h.commands, c)
	h.output.mu.Unlock()
	if err := h.process(c, line); err != nil {
		h.issue("error", fmt.Sprintf("Unable to process command '%s' successfully.", line), nil)
		h.issue("error", err.Error(), nil)
		h.failed = true
	}
	return true
}

func (h *handler) process(c Command, line string) error {
	switch c.Name {
	case "error", "warning", "notice":
		h.issue(c.Name, c.Data, h.relative(c.Properties))
	case "add-mask":
		if strings.TrimSpace(c.Data) == "" {
			h.issue("warning", "Can't add secret mask for empty string in ##[add-mask] command.", nil)
		} else {
			h.masks.add(c.Data)
		}
	case "group":
		h.print("##[group]" + c.Data)
	case "endgroup":
		h.print("##[endgroup]")
	case "stop-commands":
		if _, taken := named(c.Data, nil); taken || c.Data == "" || c.Data == "pause-logging" {
			return fmt.Errorf("invalid stop-commands token '%s'", c.Data)
		}
		h.print(line)
		h.stopToken = c.Data
		if len(c.Data) > 6 {
			h.masks.add(c.Data)
		}
	case "set-output":
		if c.Properties["name"] == "" {
			return fmt.Errorf("required field 'name' is missing in ##[set-output] command")
		}
		h.setOutput(c.Properties["name"], c.Data)
	case "set-env", "add-path":
		return fmt.Errorf("the `%s` command is disabled", c.Name)
	}
	return nil
}

// relative makes the file relative to the workspace if it is under it
// (IOUtil.MakeRelative).
func (h *handler) relative(props map[string]string) map[string]string {
	if file, ok := strings.CutPrefix(props["file"], h.workspace+string(filepath.Separator)); ok {
		props["file"] = filepath.ToSlash(file)
	}
	return props
}
