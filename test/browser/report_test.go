package browser

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// trap listens where hostile text points to, and tells who came.
func trap(t *testing.T) (port string, visits func() int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := make(chan int, 1)
	go func() {
		count := 0
		for {
			c, err := l.Accept()
			if err != nil {
				n <- count
				return
			}
			count++
			c.Close()
		}
	}()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, func() int { l.Close(); return <-n }
}

// quiet fails if the page said anything, or asked for anything but itself.
func (b *chromium) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, url := range b.Requests {
		if !strings.HasPrefix(url, "file:///") || !strings.HasSuffix(url, "/r.html") {
			b.t.Errorf("a request: %s", url)
		}
	}
	for _, s := range b.Said {
		b.t.Errorf("the page said %s", s)
	}
}

// fill scrolls every list into view, which makes it.
func (b *chromium) fill() {
	b.t.Helper()
	b.eval(`(async () => { for (const g of document.querySelectorAll('.grid')) { g.scrollIntoView({behavior: 'instant'}); await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r))); } scrollTo({top: 0, behavior: 'instant'}); })()`, nil)
	b.until(`[...document.querySelectorAll('.grid')].every(g => g.dataset.filled)`)
}

// TestHostile: evidence full of markup, hidden characters and addresses is text on
// the page and nothing else.
func TestHostile(t *testing.T) {
	b := start(t)
	port, visits := trap(t)
	evil := strings.ReplaceAll(hostile, "PORT", port)
	b.open(page(t, 40, evil))
	b.fill()
	var found struct {
		Foreign int
		Scripts int
		Inline  int
		Pwned   bool
		Text    string
		Name    string
	}
	b.eval(`({
		foreign: document.querySelectorAll('img,iframe,object,embed,link,form,svg,base,audio,video,[src],a[href]:not([href^="#"])').length,
		scripts: [...document.scripts].filter(s => s.type === '').length,
		inline: [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
		pwned: 'pwned' in window,
		text: document.body.innerText,
		name: document.querySelector('[role=treeitem] .line').textContent,
	})`, &found)
	if found.Foreign != 0 || found.Scripts != 1 || found.Inline != 0 || found.Pwned {
		t.Errorf("%d foreign elements, %d scripts, %d inline handlers, a script ran: %t", found.Foreign, found.Scripts, found.Inline, found.Pwned)
	}
	for _, want := range []string{"<script>window.pwned=1;alert(1)</script>", "⟦U+202E⟧gnp⟦U+2066⟧⟦U+200B⟧⟦U+001B⟧[31m"} {
		if !strings.Contains(found.Text, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if i := strings.IndexFunc(found.Text, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' || r >= 0x200b && r <= 0x202e && r != '‘' && r != '’' && r != '…' && r != '›' || r == 0x2066
	}); i >= 0 {
		t.Errorf("a hidden character is on the page: %q", found.Text[max(0, i-20):i+10])
	}
	b.quiet()
	// The policy is in force: not even the page's own context gets anything in or out.
	b.eval(`(() => { const i = new Image(); i.src = 'http://127.0.0.1:`+port+`/image'; document.body.append(i); })()`, nil)
	var refused []bool
	b.eval(`(async () => [
		await fetch('http://127.0.0.1:`+port+`/fetch').then(() => false, () => true),
		(() => { try { document.body.innerHTML = '<b>x</b>'; return false; } catch { return true; } })(),
		(() => { try { const s = document.createElement('script'); s.textContent = 'window.pwned = 1'; document.body.append(s); } catch {} return !('pwned' in window); })(),
	])()`, &refused)
	if fmt.Sprint(refused) != "[true true true]" {
		t.Errorf("refused: a fetch, markup, a script: %v", refused)
	}
	if n := visits(); n != 0 {
		t.Errorf("%d connections to a server that the evidence names", n)
	}
}

// TestLists: search, choice and more rows.
func TestLists(t *testing.T) {
	b := start(t)
	b.open(page(t, 450, ""))
	b.fill()
	files := `document.querySelector('[data-grid=files]')`
	count := func() (s string) {
		b.eval(files+`.querySelector('.count').textContent`, &s)
		return s
	}
	if got := count(); got != "455 of 455" {
		t.Errorf("files: %q", got)
	}
	var rows []int
	b.eval(`(() => { const f = `+files+`, n = () => f.querySelectorAll('tbody tr').length, more = f.querySelector(':scope > button'); const out = [n()]; more.click(); out.push(n()); more.click(); out.push(n(), more.hidden ? 1 : 0); return out; })()`, &rows)
	if fmt.Sprint(rows) != "[200 400 455 1]" {
		t.Errorf("rows at first and after each press: %v", rows)
	}
	b.eval(files+`.querySelector('input').focus()`, nil)
	b.do("Input.insertText", map[string]any{"text": "UNIT-44"})
	b.until(files + `.querySelector('.count').textContent === '11 of 455'`)
	b.eval(`(() => { const f = `+files+`; const i = f.querySelector('input'); i.value = ''; i.dispatchEvent(new Event('input')); const s = f.querySelectorAll('select')[1]; s.value = [...s.options].find(o => o.textContent.startsWith('credentials')).value; s.dispatchEvent(new Event('change')); })()`, nil)
	b.until(files + `.querySelector('.count').textContent === '1 of 455'`)
	var cell string
	b.eval(files+`.querySelector('tbody tr').innerText`, &cell)
	if !strings.Contains(cell, "/home/runner/.ssh/id_ed25519") {
		t.Errorf("the credential is %q", cell)
	}
	b.quiet()
}

// TestTree: the processes by keys alone, of 20,000.
func TestTree(t *testing.T) {
	b := start(t)
	path := page(t, 20000, "")
	b.open(path)
	b.fill()
	tree := `document.querySelector('[role=tree]')`
	active := func() (s string) {
		b.eval(`(() => { const id = `+tree+`.getAttribute('aria-activedescendant'), row = id && document.getElementById(id); return row ? row.getAttribute('aria-level') + ' ' + row.getAttribute('aria-expanded') + ' ' + row.querySelector('.name').textContent : 'none'; })()`, &s)
		return s
	}
	var inDocument int
	b.eval(`document.querySelectorAll('[role=treeitem]').length`, &inDocument)
	if inDocument == 0 || inDocument > 200 {
		t.Errorf("%d rows are in the document", inDocument)
	}
	b.eval(tree+`.focus()`, nil)
	for _, step := range []struct{ key, want string }{
		{"Home", "1 true make (1000)"},
		{"ArrowDown", "2 true cc (1001)"},
		{"ArrowLeft", "2 false cc (1001)"},
		{"ArrowDown", "2 true cc (1002)"},
		{"ArrowUp", "2 false cc (1001)"},
		{"ArrowRight", "2 true cc (1001)"},
		{"ArrowRight", "3 true cc (1009)"},
		{"ArrowLeft", "3 false cc (1009)"},
		{"ArrowLeft", "2 true cc (1001)"},
		{"ArrowLeft", "2 false cc (1001)"},
		{"ArrowLeft", "1 true make (1000)"},
		{"ArrowLeft", "1 false make (1000)"},
		{"End", "1 false make (1000)"},
		{"ArrowRight", "1 true make (1000)"},
	} {
		b.press(step.key)
		if got := active(); got != step.want {
			t.Errorf("after %s the row is %q, want %q", step.key, got, step.want)
		}
	}
	b.press("Enter")
	b.until(`document.querySelector('.detail h4')?.textContent === 'make (1000)'`)
	var outline string
	b.eval(`getComputedStyle(`+tree+`).outlineStyle + ' ' + getComputedStyle(document.querySelector('.row.active')).outlineStyle`, &outline)
	if outline != "solid solid" {
		t.Errorf("the focus is shown by %q", outline)
	}
	b.eval(`document.querySelector('[data-grid=processes] input').focus()`, nil)
	b.do("Input.insertText", map[string]any{"text": "unit-19999.c"})
	b.until(`document.querySelector('[data-grid=processes] .count').textContent.startsWith('1 of 20000 processes')`)
	b.eval(tree+`.focus()`, nil)
	b.press("End", "Enter")
	var detail string
	b.eval(`document.querySelector('.detail').innerText`, &detail)
	for _, want := range []string{"curl (20999)", "make (1000) › cc (1004) › cc (1038)", "exit code 1", "/home/runner/.ssh/id_ed25519", "192.0.2.7"} {
		if !strings.Contains(detail, want) {
			t.Errorf("the process' own part does not say %q:\n%s", want, detail)
		}
	}
	b.quiet()
	b.measure(path)
}

// measure prints how long a page takes. It judges nothing: machines differ.
func (b *chromium) measure(path string) {
	b.t.Helper()
	b.open(path)
	b.eval(`document.querySelector('[data-grid=processes]').scrollIntoView({behavior: 'instant'})`, nil)
	b.until(`document.querySelector('[role=treeitem]')`)
	var ready, key, search float64
	b.eval(`performance.now()`, &ready)
	b.eval(`(() => { const t = document.querySelector('[role=tree]'), at = performance.now(); t.dispatchEvent(new KeyboardEvent('keydown', {key: 'End'})); return performance.now() - at; })()`, &key)
	b.eval(`(async () => { const g = document.querySelector('[data-grid=processes]'), i = g.querySelector('input'), at = performance.now(); i.value = 'unit-777'; i.dispatchEvent(new Event('input'));
		while (g.querySelector('.count').textContent.startsWith('20000')) await new Promise(r => requestAnimationFrame(r)); return performance.now() - at; })()`, &search)
	b.t.Logf("20,000 processes: first interaction possible %.0f ms after the navigation began; a key takes %.0f ms, a search %.0f ms, 120 of them the pause after typing", ready, key, search)
}

// contrast finds the lowest contrast of a text with what is behind it (WCAG 2.2,
// 1.4.3), and the element that has it.
const contrast = `(() => {
	const rgb = s => s.match(/[\d.]+/g).map(Number);
	const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
	const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
	let worst = { ratio: 99, what: '' };
	for (const e of document.querySelectorAll('body *')) {
		if (!e.checkVisibility() || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
		const a = light(rgb(getComputedStyle(e).color)), b = light(behind(e)), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		if (ratio < worst.ratio) worst = { ratio, what: e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40) };
	}
	return worst;
})()`

// TestLooks: light, dark and narrow; each is kept as a picture (go test -artifacts).
func TestLooks(t *testing.T) {
	b := start(t)
	evil := strings.ReplaceAll(hostile, "PORT", "1")
	plain, full := page(t, 60, ""), page(t, 12, evil)
	for _, look := range []struct {
		name, path, scheme string
		width              int
	}{
		{"light", plain, "light", 1280},
		{"dark", plain, "dark", 1280},
		{"narrow-light", plain, "light", 400},
		{"narrow-dark", plain, "dark", 400},
		{"hostile", full, "light", 1280},
		{"hostile-narrow", full, "dark", 400},
	} {
		b.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": look.width, "height": 1200, "deviceScaleFactor": 1, "mobile": false})
		b.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": look.scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}}})
		b.open(look.path)
		b.fill()
		b.eval(`document.querySelector('[role=tree]').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}))`, nil)
		var wide int
		b.eval(`document.documentElement.scrollWidth`, &wide)
		if wide > look.width {
			t.Errorf("%s: the page is %d wide", look.name, wide)
		}
		var worst struct {
			Ratio float64
			What  string
		}
		b.eval(contrast, &worst)
		if worst.Ratio < 4.5 {
			t.Errorf("%s: contrast %.2f of %q, AA needs 4.5", look.name, worst.Ratio, worst.What)
		}
		var nameless int
		b.eval(`[...document.querySelectorAll('input,select,button')].filter(e => !(e.labels?.length || e.textContent.trim() || e.getAttribute('aria-label'))).length`, &nameless)
		if nameless != 0 {
			t.Errorf("%s: %d controls without a name", look.name, nameless)
		}
		var shot struct{ Data string }
		b.call(b.session, "Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &shot)
		b.keep(look.name+".png", shot.Data)
	}
	var pdf struct{ Data string }
	b.do("Emulation.clearDeviceMetricsOverride", nil)
	b.open(plain) // not scrolled: printing makes the lists that were not needed yet
	b.call(b.session, "Page.printToPDF", nil, &pdf)
	b.keep("print.pdf", pdf.Data)
	b.quiet()
}

// keep writes an artifact of the test.
func (b *chromium) keep(name, data string) {
	b.t.Helper()
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil || len(raw) == 0 {
		b.t.Fatalf("%s: %d bytes, %v", name, len(raw), err)
	}
	if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), name), raw, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// TestSaves: the evidence that the page hands out is the one that it was made of.
func TestSaves(t *testing.T) {
	b := start(t)
	dir := t.TempDir()
	b.call("", "Browser.setDownloadBehavior", map[string]any{"behavior": "allowAndName", "downloadPath": dir, "eventsEnabled": true}, nil)
	b.open(page(t, 3, ""))
	var sum string
	b.eval(`document.querySelector('#b1-evidence code:nth-of-type(2)').textContent`, &sum)
	b.eval(`document.querySelector('.download button').click()`, nil)
	data, err := os.ReadFile(filepath.Join(dir, <-b.saved))
	if err != nil {
		t.Fatal(err)
	}
	if got := sumOf(data); got != sum {
		t.Errorf("saved %s, the page says %s", got, sum)
	}
}

// TestWithoutScripts: what matters is there all the same.
func TestWithoutScripts(t *testing.T) {
	b := start(t)
	b.do("Emulation.setScriptExecutionDisabled", map[string]any{"value": true})
	b.open(page(t, 3, ""))
	var text string
	b.eval(`document.body.innerText`, &text)
	for _, want := range []string{"not verified", "cilock verify --key", "secrets", "octo-org/setup@v1", strings.Repeat("cd", 32), "This list needs a script"} {
		if !strings.Contains(text, want) {
			t.Errorf("without a script the page does not say %q", want)
		}
	}
	b.quiet()
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
