package decode

import (
	"bufio"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// filterSample is full of what x86's filter looks at: CALL and JMP, near ones above all, and the ends of small numbers.
func filterSample() string {
	rng := rand.New(rand.NewPCG(86, 86))
	var b strings.Builder
	for range 400 {
		b.WriteByte([]byte{0xe8, 0xe9, 0x00, 0xff, 0x01, 0x90}[rng.IntN(6)])
	}
	return b.String() + fuzzSecret
}

// TestXZFilters reads what xz 5 wrote of the sample, with each filter.
func TestXZFilters(t *testing.T) {
	for name, text := range map[string]string{
		"--x86 --lzma2=preset=0":          "/Td6WFoAAATm1rRGAgEEACEBDADWfBiv4AHFAVBdAHSAGO8psuk/5JL0jjT/hM7rUtIaIM6rDy/FEL1etHZ6PR7W8vGc/0Hz7UHIEPkaVdLY2sMY/iyBpH0xEqsBE9gZByXKjAzD/Qez7xU9JqTX54/3/Frd1hAN2OXXMuVnQnzWtNcTEbjih8LclXUA9LSNoCTMYfAVdg8Sbze3H7oah8lAGlrut380b4p/nycRhG4XBsj09U0p13yJXY6vomL9D4tCWYS4rsrx4PTa5vvibbSdOdrDqd8kQThlruL0qF+MHQPjBpT9zasUA45T7KYx2SetkRenDuc8OZGhsxkZogAduMxGI8PHRc1yHA1Y2/ia1Xad+AxaaIvYwCljoaVyylxfHnl9rbX4ddx2PDFCXxMNQFyZzWcZ3z/qqFHVwvXOHVdOXdGIoiSM5lN1WQpTE6rxQymwRVVO9NJkMULsEgayTJvaLnFHYQU5lLI5AACFsM+SjVTxmwAB7ALGAwAAx1NzibHEZ/sCAAAAAARZWg==",
		"--delta=dist=3 --lzma2=preset=0": "/Td6WFoAAATm1rRGAgEDAQIhAQyIEa+54AHFAYldAHSAHQVOFgAcIDvQBzdeV4PB2RDkDHgzzvedR+PBLtjwCW+nBlwuxkvfR+wt+mU4ptOKG70Qpmz1qpP2oSzhguuphHES4Rc7iF1+oaZVy9XUeLN9JEMTpuGNmxLgd1ys/qIyQnZTMFsZFXDtPh57ir8a73bt6zPN7/PY8oYWGtE6DIjF2h0tt4zq1AEN/zk7EobLWuqF1qDlDK/QfT1c08bxLoGSDzPhJWOqrE2l/CziKh40x/Tsz9q+ntS+XngdnbpG7Q9gV28c2fAfqAwRYrcDaI0ftXA01DtitwOgobf09cWJfBadn8f25RgCfieau5pYabprZjhBfaud4V1NZsh95jk5xdrIxdfCkGa0GBTka5Q9bHFcenYQ/jqMv91IcHjyzD+mBwt+9p6terHjlGtOfiBuF3yPEKZVMoAdM1g8Txp28sM0TAMlOvsrbDWi9zPJEHVeRUifbiHkiGyyVmj3BPjX8FeoOuWn5NIux1BAq4A6P/e6799rowq+vHfCVvyHd1Qnf3hHAAAAAACFsM+SjVTxmwABpQPGAwAA0yFEnLHEZ/sCAAAAAARZWg==",
		"--delta --x86 --lzma2=preset=0":  "/Td6WFoAAATm1rRGAwIDAQAEACEBDAAAuL4jEeABxQF3XQB0hxjb5rPPc7xseLnYUrAweR+gfcZZNUMEzNeXem+7F2wWmXHdw4T9buyis8RLrWt8LNVrSpM9Pj0/XqTKIpxaEY8uUtjCoelBYopSpDmmEnWSGDxaXtySMKIrvmFiNBYwjSX8coVEGPDX0Jz2iAFMtHbeHmu06T0/j6ed5q5604zobUrzcd9h+XRsDuPapyfoYdHLB+DLhIAAX9eYZDVZlBDvgm/vH2MF25WbnDgw3K9wpzS6l+oSDjyMwcROy1cYXAWVDDiuKiWWrU9LPQOB9XpZtDxvuTHsOv2eoisSx0uKZ4lGekSZJy/nR2ADhh9+ler/u84yxG8Gv/SEEExoYnMhF+I00YJq+66/Ibk99xKIzbo5gPwAhWKbprs3C3Os0tG7bDoY+eIG6OyYG1C2oa93x/2HEqEgSomb7vO6j7vF+acquTLoi5xahIFv6Nj2BiKmBwQTUUgqzOqI0NW3dTcujf2L+z1L4SE14G+bayDfObfcN+AAAIWwz5KNVPGbAAGXA8YDAAB1h/bVscRn+wIAAAAABFla",
	} {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(strings.NewReader(string(data) + "behind"))
		z, err := new(Opener).Open(Container(in), in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := io.ReadAll(z)
		rest, _ := io.ReadAll(in)
		if err != nil || string(got) != filterSample() || string(rest) != "behind" {
			t.Errorf("xz %s: %v, %d bytes, then %q", name, err, len(got), rest)
		}
		found := 0
		Children(data, NewBudget(Limits{}), func(c Child) {
			if c.Decoder == "xz" && string(c.Data) == filterSample() {
				found++
			}
		})
		if found != 1 {
			t.Errorf("xz %s: found %d times in memory", name, found)
		}
	}
}

// TestOpenStopsAtTheEnd: what follows a stream is not read, where that can be told.
func TestOpenStopsAtTheEnd(t *testing.T) {
	text := strings.Repeat("words and more ", 10_000)
	for kind, data := range map[string]string{"gzip": gz(text) + gz(text), "zlib": zl(text), "xz": xzip(text) + xzip(text)} {
		in := bufio.NewReaderSize(strings.NewReader(data+"behind"), 64<<10)
		if got := Container(in); got != kind {
			t.Errorf("%s is taken for %q", kind, got)
		}
		z, err := new(Opener).Open(kind, in)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, z)
		rest, _ := io.ReadAll(in)
		if err != nil || n%int64(len(text)) != 0 || string(rest) != "behind" {
			t.Errorf("%s: %d bytes, %v, then %q", kind, n, err, rest)
		}
	}
}

// TestZipHeaders: the size of a large member is in an extra field, and what is no header is none.
func TestZipHeaders(t *testing.T) {
	zip64 := "PK\x03\x04-\x00\x00\x00\x08\x00" + strings.Repeat("\x00", 8) + strings.Repeat("\xff", 8) + "\x01\x00\x14\x00n" +
		"\x01\x00\x10\x00" + "\x00\x00\x00\x00\x02\x00\x00\x00" + "\x00\x00\x00\x00\x01\x00\x00\x00"
	h, ok := ReadZipHeader([]byte(zip64))
	if !ok || h.Size != 1<<32 || h.Name != "n" || h.Bytes != len(zip64) || !h.Readable {
		t.Errorf("%+v, %t", h, ok)
	}
	if h, ok := ReadZipHeader([]byte("PK\x03\x04 t\x0cH\x8b\x05" + strings.Repeat("\x01\x8b", 40))); ok && !h.Odd {
		t.Errorf("a program's constant is %+v", h)
	}
}
