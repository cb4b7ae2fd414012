package ghresolve

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

const (
	shaA = "1111111111111111111111111111111111111111"
	shaB = "2222222222222222222222222222222222222222"
	shaC = "3333333333333333333333333333333333333333"
)

const goodList = "ref: refs/heads/main\tHEAD\n" + shaA + "\tHEAD\n" + shaA + "\trefs/heads/main\n" + shaB + "\trefs/heads/a/b\n" +
	shaC + "\trefs/pull/1/head\n" + shaB + "\trefs/tags/v1\n" + shaC + "\trefs/tags/v1^{}\n" + shaA + "\trefs/tags/v2\n"

func TestParseListing(t *testing.T) {
	l, err := parseListing([]byte(goodList))
	want := listing{
		Default: "main", Heads: map[string]string{"main": shaA, "a/b": shaB},
		Tags: map[string]tag{"v1": {shaB, shaC}, "v2": {shaA, shaA}},
	}
	if err != nil || !reflect.DeepEqual(l, want) {
		t.Errorf("%+v, %v", l, err)
	}
	for name, bad := range map[string]string{
		"nothing":            "",
		"html":               "<html>\n",
		"cut off":            goodList[:len(goodList)-1],
		"no HEAD":            goodList[strings.Index(goodList, "\n")+1:],
		"HEAD of a tag":      strings.Replace(goodList, "ref: refs/heads/main", "ref: refs/tags/v1", 1),
		"HEAD without ref":   strings.Replace(goodList, "ref: refs/heads/main", "ref: refs/heads/gone", 1),
		"64 digits":          strings.Replace(goodList, shaB, shaB+shaB[:24], 1),
		"39 digits":          strings.Replace(goodList, shaB, shaB[:39], 1),
		"upper case":         goodList + strings.Repeat("A", 40) + "\trefs/heads/x\n",
		"no tab":             goodList + shaA + " refs/heads/x\n",
		"no ref":             goodList + shaA + "\t\n",
		"empty line":         goodList + "\n",
		"branch twice":       goodList + shaB + "\trefs/heads/main\n",
		"tag twice":          goodList + shaB + "\trefs/tags/v2\n",
		"peeled twice":       goodList + shaA + "\trefs/tags/v1^{}\n",
		"peeled before tag":  shaA + "\trefs/tags/v3^{}\n" + goodList,
		"bad object of pull": goodList + "x\trefs/pull/2/head\n",
	} {
		if l, err := parseListing([]byte(bad)); err == nil {
			t.Errorf("%s: %+v", name, l)
		}
	}
	if l, err := parseListing([]byte(goodList + shaB + "\trefs/heads/a\x1b[31m\n")); err != nil || len(l.Heads) != 2 {
		t.Errorf("a branch with a control character: %+v, %v", l, err)
	}
}

func FuzzListing(f *testing.F) {
	f.Add([]byte(goodList))
	f.Add([]byte("ref: refs/heads/main\tHEAD\n"))
	f.Add([]byte(shaA + "\trefs/tags/^{}\n" + shaA + "\trefs/tags/v^{}^{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := parseListing(data)
		if err != nil {
			return
		}
		if !l.valid() {
			t.Fatalf("accepted, and not valid: %+v", l)
		}
		for name, sha := range l.Heads {
			if !bytes.Contains(data, []byte(sha+"\trefs/heads/"+name+"\n")) {
				t.Fatalf("branch %q was not in the list", name)
			}
		}
		for name, tag := range l.Tags {
			if !bytes.Contains(data, []byte(tag.Object+"\trefs/tags/"+name+"\n")) {
				t.Fatalf("tag %q was not in the list", name)
			}
			if tag.Commit != tag.Object && !bytes.Contains(data, []byte(tag.Commit+"\trefs/tags/"+name+"^{}\n")) {
				t.Fatalf("tag %q was not peeled in the list", name)
			}
		}
	})
}

// FuzzEntry: what is accepted is byte for byte what we would write. The digest
// is computed here, else no input would come past it.
func FuzzEntry(f *testing.F) {
	asked := time.Date(2026, 11, 1, 12, 0, 0, 5, time.UTC)
	l, err := parseListing([]byte(goodList))
	if err != nil {
		f.Fatal(err)
	}
	for _, body := range []any{
		keptCommit{"k", asked, judgement{ReachableDefault, "<why>", shaA}},
		keptListing{"k", asked, "o/r", l},
		keptInfo{"k", asked, `W/"x"`, info{"o/r", true}},
		keptFile{"k", "action.yml", []byte("x")},
	} {
		data, err := encodeEntry(body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[bytes.IndexByte(data, '\n')+1:], true)
		f.Add(data, false)
	}
	f.Fuzz(func(t *testing.T, data []byte, seal bool) {
		if seal {
			data = sealed(data)
		}
		for _, body := range []any{new(keptCommit), new(keptListing), new(keptInfo), new(keptFile)} {
			if decodeEntry(data, body) != nil {
				continue
			}
			again, err := encodeEntry(body)
			if err != nil || !bytes.Equal(again, data) {
				t.Fatalf("accepted %q, would write %q, %v", data, again, err)
			}
		}
	})
}

// TestEntryIsStrict: spellings that JSON allows and we never write.
func TestEntryIsStrict(t *testing.T) {
	good := fmt.Sprintf(`{"key":"k","asked":"2026-11-01T12:00:00Z","judged":{"verdict":"unreachable","reason":"r","sha":%q}}`, shaA)
	if err := decodeEntry(sealed([]byte(good)), new(keptCommit)); err != nil {
		t.Fatalf("the good entry: %v", err)
	}
	for name, bad := range map[string]string{
		"twice":       strings.Replace(good, `"reason"`, `"verdict":"reachable-default","reason"`, 1),
		"other case":  strings.Replace(good, `"reason"`, `"Verdict":"reachable-default","reason"`, 1),
		"unknown":     strings.Replace(good, `"reason"`, `"more":1,"reason"`, 1),
		"left out":    strings.Replace(good, `"reason":"r",`, "", 1),
		"spaces":      strings.Replace(good, `:`, `: `, 1),
		"two values":  good + good,
		"other order": `{"asked":"2026-11-01T12:00:00Z","key":"k"}`,
	} {
		if err := decodeEntry(sealed([]byte(bad)), new(keptCommit)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func FuzzDenied(f *testing.F) {
	f.Add([]byte("# bad ones\nO/R " + shaA + " stolen token\r\n* " + shaB + "\n\n"))
	f.Add([]byte("\ufeffo/r\t" + shaA))
	f.Add([]byte("o/r/x " + shaA + " subpath"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseDenied(data)
		if err != nil {
			return
		}
		var again strings.Builder
		for _, d := range list {
			if !isSHA(d.SHA) || d.Repository != "*" && repositoryName(d.Repository) != d.Repository || d.Reason == "" {
				t.Fatalf("accepted %+v", d)
			}
			fmt.Fprintln(&again, d.Repository, d.SHA, d.Reason)
		}
		if l, err := ParseDenied([]byte(again.String())); err != nil || !reflect.DeepEqual(l, list) {
			t.Fatalf("%q reads as %+v, %v; it was %+v", again.String(), l, err, list)
		}
	})
}

func TestParseDenied(t *testing.T) {
	list, err := ParseDenied([]byte("\ufeff# known attacks\n\n  O/R  " + strings.ToUpper(strings.Replace(shaA, "1", "a", 3)) + "  it stole  things \r\n* " + shaB + "\n"))
	want := []Denied{{"o/r", strings.Replace(shaA, "1", "a", 3), "it stole  things"}, {"*", shaB, "no reason given"}}
	if err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("%+v, %v", list, err)
	}
	for _, bad := range []string{"o/r", "o/r v1 x", "o/r " + shaA[:39], "r " + shaA, shaA, "o/r@v1 " + shaA, "o/../r " + shaA, "o/r " + shaA + " \xff"} {
		if l, err := ParseDenied([]byte("# one\n" + bad)); err == nil {
			t.Errorf("%q reads as %+v", bad, l)
		} else if !strings.Contains(err.Error(), "line 2") && !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("%q: %v does not name the line", bad, err)
		}
	}
}
