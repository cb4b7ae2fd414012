//go:build unix

package gitleaks

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/org/cilock-action/pkg/secretscan"
)

var (
	theirTime = flag.Duration("their-time", 300*time.Millisecond, "CPU time of Gitleaks' detector on one `text`, after which the rest is left out")
	child     = flag.String("child", "", "scan the text of this `name` and print the memory that took; what TestSpeed starts itself with")
)

// speedDepth is the depth of both sides.
const speedDepth = 3

// speedText is a kind of text, and what the goal for it is.
type speedText struct {
	name  string
	make  func(r *rand.Rand, size int) []byte
	end   string // what a planted line ends with
	limit int    // bytes, at most; 0: as many as -size says
	dumps bool   // what is planted is dumped, and not in base64
	goal  string
}

func speedTexts() []speedText {
	return []speedText{
		{"CI log", buildLog, "\n", 0, false, "15 times, 40 MB/s"},
		{"base64, wrapped, in a log", wrappedInLog, "\n", 0, false, "12 times, 25 MB/s"},
		{"base64, long lines", longBase64, "\n", 0, false, "12 times, 25 MB/s"},
		{"base64, nothing else", base64Heavy, "\n", 0, false, "12 times, 25 MB/s"},
		{"minified JavaScript", minified, "\n", 0, false, ""},
		{"hex dumps", hexDumps, "\n", 0, true, "15 MB/s"},
		{"one line", oneLongLine, " ", 0, false, "200 MB of memory"},
		{"api_key after api_key", adversarial, " ", 1 << 20, false, "10 s"},
	}
}

// TestSpeed scans the same text with both sides as they are used, rules and decoders, and prints a table. It fails only if
// one of them does not find what was planted: the machine may be busy. For figures that mean something:
// go test -v -run Speed -size 50 -their-time 20s.
func TestSpeed(t *testing.T) {
	if *child != "" {
		scanAsChild(t)
		return
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "text\tMB\tCPU s\tMB/s\tGitleaks' MB\tits MB/s\tratio\tpeak MB\tgoal")
	for _, kind := range speedTexts() {
		t.Run(kind.name, func(t *testing.T) { kind.compare(t, w) })
	}
	w.Flush()
	load, _ := os.ReadFile("/proc/loadavg") // there is none elsewhere
	t.Logf("CPU time, depth %d, %d values; load %s\n%s", speedDepth, speedValues, strings.TrimSpace(string(load)), table.Bytes())
}

// compare scans a text with both sides and adds a row to the table.
func (k speedText) compare(t *testing.T, table io.Writer) {
	text, p := k.text()
	s := speedScanner(t, p)
	start := cpu(t)
	if err := s.Scan(context.Background(), "text", bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	ours := cpu(t) - start
	p.foundByUs(t, k, s.Result())
	read, theirs := p.scanTheirs(t, k, text)
	rate, theirRate := float64(len(text))/ours.Seconds()/1e6, float64(read)/theirs.Seconds()/1e6
	fmt.Fprintf(table, "%s\t%.1f\t%.2f\t%.1f\t%.1f\t%.2f\t%.1f\t%s\t%s\n", k.name, float64(len(text))/1e6, ours.Seconds(), rate,
		float64(read)/1e6, theirRate, rate/theirRate, peak(t, k), k.goal)
}

const (
	speedValues = 20
	plantEvery  = 1 << 20 // bytes between two secrets in a text
)

// planted is what a text holds that has to be found. All of it is made here, and nobody issued it.
type planted struct {
	secrets []plantedSecret
	values  []secretscan.Value
}

// plantedSecret is a token, and the text that it stands in the text as.
type plantedSecret struct {
	token, text string
	theirs      bool // Gitleaks knows the encoding
}

func newPlanted(r *rand.Rand) *planted {
	p := &planted{}
	for i := range speedValues {
		p.values = append(p.values, secretscan.Value{Name: fmt.Sprintf("T%d_TOKEN", i), Text: letters(r, 20+i)})
	}
	return p
}

// size is how many bytes a text of the kind has, about.
func (k speedText) size() int {
	if k.limit > 0 {
		return min(*size<<20, k.limit)
	}
	return *size << 20
}

// text makes a text with secrets in it.
func (k speedText) text() ([]byte, *planted) {
	r := rand.New(rand.NewPCG(*seed, uint64(len(k.name))))
	n := k.size()
	p := newPlanted(r)
	var text []byte
	for len(text) < n {
		text = append(text, p.plant(k, r)...)
		text = append(text, k.make(r, max(1, min(plantEvery, n-len(text))))...)
	}
	return text, p
}

// plant makes a line with a token, one with a value, and one with a token that is encoded.
func (p *planted) plant(k speedText, r *rand.Rand) string {
	plain, encoded := "ghp_"+letters(r, 36), "ghp_"+letters(r, 36)
	dress := base64.StdEncoding.EncodeToString([]byte("GITHUB_TOKEN=" + encoded))
	if k.dumps {
		dress = hexDump([]byte("GITHUB_TOKEN=" + encoded))
	}
	value := p.values[len(p.secrets)/2%len(p.values)].Text
	p.secrets = append(p.secrets, plantedSecret{plain, plain, true}, plantedSecret{encoded, dress, !k.dumps})
	return strings.Join([]string{"", "export GITHUB_TOKEN=" + plain, "echo " + value, dress, ""}, k.end)
}

func speedScanner(t testing.TB, p *planted) *secretscan.Scanner {
	s, err := secretscan.NewScanner(secretscan.ScanOptions{Depth: speedDepth, Values: secretscan.NewValues(p.values), DigestKey: speedKey})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// speedKey is of the digests, which tell what was found: findings hold no secret.
var speedKey = make([]byte, 32)

func (p *planted) foundByUs(t *testing.T, k speedText, r secretscan.Result) {
	found := map[string]bool{}
	values := 0
	for _, f := range r.Findings {
		found[f.Digest] = true
		if f.RuleID == secretscan.RuleValue {
			values++
		}
	}
	missed := 0
	for _, s := range p.secrets {
		h := hmac.New(sha256.New, speedKey)
		h.Write([]byte(s.token))
		if !found[hex.EncodeToString(h.Sum(nil))] {
			missed++
		}
	}
	if want := min(len(p.secrets)/2, speedValues); missed > 0 || values != want {
		t.Errorf("%s: missed %d of %d tokens, found %d of %d values", k.name, missed, len(p.secrets), values, want)
	}
}

// scanTheirs has Gitleaks' detector read the text piece by piece, as its own sources do, until its time is over, and returns
// how much of it that was.
func (p *planted) scanTheirs(t *testing.T, k speedText, text []byte) (read int, took time.Duration) {
	const piece = 100_000
	d := detector(t)
	d.MaxDecodeDepth = speedDepth
	for read < len(text) && took < *theirTime {
		end := min(read+piece, len(text))
		if i := bytes.IndexByte(text[end:min(end+piece/4, len(text))], '\n'); i >= 0 {
			end += i + 1
		}
		part := text[read:end]
		start := cpu(t)
		found := theirs(d, part)
		took += cpu(t) - start
		read = end
		for _, s := range p.secrets {
			if s.theirs && bytes.Contains(part, []byte(s.text)) && !found[pair{"github-pat", s.token}] {
				t.Errorf("%s: Gitleaks did not find what was planted before %d", k.name, end)
			}
		}
	}
	return read, took
}

// peak returns the peak memory of a process that makes the text piece by piece and scans it, in MB.
func peak(t *testing.T, k speedText) string {
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(name, "-test.run", "^TestSpeed$", "-test.v", "-child", k.name, "-size", strconv.Itoa(*size)).CombinedOutput()
	_, after, ok := strings.Cut(string(out), "VmHWM:")
	if err != nil {
		t.Errorf("%s: scan in another process: %v\n%s", k.name, err, out)
	}
	fields := strings.Fields(after)
	if !ok || len(fields) == 0 {
		return "-" // not Linux
	}
	kib, _ := strconv.Atoi(fields[0])
	return strconv.Itoa(kib << 10 / 1e6)
}

// scanAsChild scans a text that is made as it is read, so that none of it counts as the scanner's memory.
func scanAsChild(t *testing.T) {
	texts := speedTexts()
	i := slices.IndexFunc(texts, func(k speedText) bool { return k.name == *child })
	if i < 0 {
		t.Fatalf("there is no text %q", *child)
	}
	r := rand.New(rand.NewPCG(*seed, 1))
	in := &textReader{kind: texts[i], rand: r, left: texts[i].size()}
	if err := speedScanner(t, newPlanted(r)).Scan(context.Background(), "text", in); err != nil {
		t.Fatal(err)
	}
	status, _ := os.ReadFile("/proc/self/status") // there is none elsewhere
	os.Stdout.Write(status)
}

// textReader makes a text of a kind as it is read, so that none of it counts as the scanner's memory.
type textReader struct {
	kind speedText
	rand *rand.Rand
	left int
	rest []byte
}

func (r *textReader) Read(b []byte) (int, error) {
	const step = 64 << 10
	if len(r.rest) == 0 {
		if r.left <= 0 {
			return 0, io.EOF
		}
		r.rest = r.kind.make(r.rand, step)
		r.left -= len(r.rest)
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
