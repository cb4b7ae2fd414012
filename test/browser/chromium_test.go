package browser

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/org/cilock-action/test/need"
)

// patience is how long a browser may take for one answer. It only bounds a hang.
const patience = 60 * time.Second

// chromium is a running browser with one page. What the page says and asks for is
// collected as it happens.
type chromium struct {
	t       *testing.T
	in      *os.File
	session string

	mu       sync.Mutex
	next     int
	answers  map[int]chan message
	loaded   chan struct{}
	saved    chan string // files that were downloaded, by their id
	Requests []string    // URLs that were asked for
	Said     []string    // console, errors, dialogs
}

// message is one of the DevTools protocol.
type message struct {
	ID        int             `json:"id,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// start runs Chromium. Where CI=true it must be there; elsewhere the test is
// skipped without it.
func start(t *testing.T) *chromium {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a browser")
	}
	path := need.Program(t, "chromium")
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--hide-scrollbars",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-pipe", "about:blank")
	ours, in := pipe(t)
	out, theirs := pipe(t)
	cmd.ExtraFiles = []*os.File{ours, theirs} // descriptors 3 and 4, where the browser reads and writes
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ours.Close()
	theirs.Close()
	b := &chromium{t: t, in: in, answers: map[int]chan message{}, loaded: make(chan struct{}, 16), saved: make(chan string, 16)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		b.read(bufio.NewReaderSize(out, 1<<20))
	}()
	t.Cleanup(func() {
		_ = b.try("", "Browser.close", nil, nil)
		_ = cmd.Wait()
		in.Close()
		<-read
	})
	var target struct{ TargetID string }
	b.call("", "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.do(domain+".enable", nil)
	}
	return b
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// read hands answers to whoever waits, and keeps what happens. Messages end in a
// zero byte.
func (b *chromium) read(r *bufio.Reader) {
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, c := range b.answers {
				close(c)
			}
			b.answers = nil
			return
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		if m.ID != 0 {
			b.mu.Lock()
			if c := b.answers[m.ID]; c != nil {
				c <- m
				delete(b.answers, m.ID)
			}
			b.mu.Unlock()
			continue
		}
		b.happened(m)
	}
}

func (b *chromium) happened(m message) {
	var p struct {
		Request struct{ URL string }
		Entry   struct{ Text, URL string }
		Message string
		State   string
		GUID    string
	}
	_ = json.Unmarshal(m.Params, &p)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch m.Method {
	case "Page.loadEventFired":
		b.loaded <- struct{}{}
	case "Network.requestWillBeSent":
		b.Requests = append(b.Requests, p.Request.URL)
	case "Log.entryAdded":
		b.Said = append(b.Said, "log: "+p.Entry.Text)
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown":
		b.Said = append(b.Said, m.Method+": "+string(m.Params))
	case "Page.javascriptDialogOpening":
		b.Said = append(b.Said, "dialog: "+p.Message)
	case "Browser.downloadProgress":
		if p.State == "completed" {
			b.saved <- p.GUID
		}
	}
}

// try asks for one thing and waits for the answer.
func (b *chromium) try(session, method string, params, result any) error {
	c := make(chan message, 1)
	b.mu.Lock()
	if b.answers == nil {
		b.mu.Unlock()
		return io.ErrUnexpectedEOF
	}
	b.next++
	id := b.next
	b.answers[id] = c
	b.mu.Unlock()
	raw, err := json.Marshal(params)
	if err != nil {
		return err
	}
	text, err := json.Marshal(message{ID: id, SessionID: session, Method: method, Params: raw})
	if err != nil {
		return err
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		return err
	}
	select {
	case m, ok := <-c:
		switch {
		case !ok:
			return io.ErrUnexpectedEOF
		case m.Error != nil:
			return fmt.Errorf("%s: %s", method, m.Error.Message)
		case result != nil:
			return json.Unmarshal(m.Result, result)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s: no answer in %s", method, patience)
	}
}

func (b *chromium) call(session, method string, params, result any) {
	b.t.Helper()
	if params == nil {
		params = map[string]any{}
	}
	if err := b.try(session, method, params, result); err != nil {
		b.t.Fatal(err)
	}
}

// do asks the page for something that has no answer.
func (b *chromium) do(method string, params map[string]any) {
	b.t.Helper()
	b.call(b.session, method, params, nil)
}

// eval runs an expression in the page, waits for it if it is a promise, and reads
// its value into v.
func (b *chromium) eval(expression string, v any) {
	b.t.Helper()
	var out struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call(b.session, "Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &out)
	if out.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, out.ExceptionDetails)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(out.Result.Value, v); err != nil {
		b.t.Fatalf("%s: %s: %v", expression, out.Result.Value, err)
	}
}

// until waits in the page for an expression to hold, looking before each frame.
func (b *chromium) until(condition string) {
	b.t.Helper()
	var held bool
	b.eval(`new Promise(done => {
		const begin = performance.now();
		const look = () => { if (`+condition+`) done(true); else if (performance.now() - begin > 20000) done(false); else requestAnimationFrame(look); };
		look();
	})`, &held)
	if !held {
		b.t.Fatalf("never in 20 s: %s", condition)
	}
}

// open loads a file and waits until the page says it is there.
func (b *chromium) open(path string) {
	b.t.Helper()
	b.do("Page.navigate", map[string]any{"url": "file://" + path})
	select {
	case <-b.loaded:
	case <-time.After(patience):
		b.t.Fatalf("%s was not loaded", path)
	}
}

// press sends keys by their names.
func (b *chromium) press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		for _, kind := range []string{"rawKeyDown", "keyUp"} {
			b.do("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": map[string]int{
				"Tab": 9, "Enter": 13, "PageDown": 34, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
			}[key]})
		}
	}
}
