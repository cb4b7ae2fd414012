package actionref

import (
	"strings"
	"testing"
)

const (
	testSHA    = "3f1c9a7be0d25486af77c41be83d90265cb1e8d4"
	testDigest = "sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
)

// parsed is what a caller can ask of a Ref.
type parsed struct {
	kind                         Kind
	pinned, annotate, thirdParty bool
	canonical                    string
}

// TestParsePlaces: the same text means something else in another place.
func TestParsePlaces(t *testing.T) {
	flow := "acme/flows/.github/workflows/w.yml@"
	none := parsed{KindInvalid, false, true, true, ""} // canonical: as written
	for _, c := range []struct {
		text                           string
		step, job, container, runImage parsed
	}{
		{
			"Acme/Tool@" + strings.ToUpper(testSHA),
			parsed{KindAction, true, false, true, "acme/tool@" + testSHA},
			none,
			parsed{KindImage, false, true, true, ""},
			parsed{KindImage, false, true, true, ""},
		},
		{
			flow + testSHA,
			parsed{KindAction, true, false, true, ""},
			parsed{KindWorkflow, true, false, true, ""},
			parsed{KindImage, false, true, true, ""},
			parsed{KindImage, false, true, true, ""},
		},
		{
			"./.github/workflows/w.yml",
			parsed{KindLocal, false, false, false, ""},
			parsed{KindLocalWorkflow, true, false, false, ""},
			parsed{KindImage, false, true, true, ""},
			parsed{KindImage, false, true, true, ""},
		},
		{
			"$/.github/workflows/w.yml",
			parsed{KindSelf, true, false, false, ""},
			parsed{KindSelf, true, false, false, ""},
			parsed{KindImage, false, true, true, ""},
			parsed{KindImage, false, true, true, ""},
		},
		{
			"docker://alpine:3@" + testDigest,
			parsed{KindDocker, true, false, true, ""},
			none,
			parsed{KindImage, true, false, true, "alpine:3@" + testDigest},
			parsed{KindImage, true, false, true, "alpine:3@" + testDigest},
		},
		{
			"DOCKER://alpine@" + strings.ToUpper(testDigest), none, none,
			parsed{KindImage, false, true, true, "alpine@" + strings.ToUpper(testDigest)},
			parsed{KindImage, false, true, true, "alpine@" + strings.ToUpper(testDigest)},
		},
		{
			"./../out",
			parsed{KindLocal, false, true, true, "./../out"},
			none,
			parsed{KindImage, false, true, true, ""},
			parsed{KindImage, false, true, true, ""},
		},
		{
			"a/${{ inputs.x }}@" + testSHA,
			parsed{KindDynamic, false, true, true, ""},
			parsed{KindDynamic, false, true, true, ""},
			parsed{KindDynamic, false, true, true, ""},
			parsed{KindDynamic, false, true, true, ""},
		},
		{"", none, none, none, none},
		{"docker://", none, none, none, none},
		{"a b@" + testSHA, none, none, none, none},
		{strings.Repeat("a", maxText) + "/b@" + testSHA, none, none, none, none},
		{"a/b\xff@" + testSHA, none, none, none, none},
	} {
		for at, want := range map[Place]parsed{InStep: c.step, InJob: c.job, InContainer: c.container, InRunsImage: c.runImage} {
			if want.canonical == "" {
				want.canonical = c.text
			}
			r := Parse(c.text, at)
			got := parsed{r.Kind(), r.Pinned(), r.Annotate(), r.ThirdParty(), r.Canonical()}
			if got != want {
				t.Errorf("Parse(%.80q, %s) = %+v, want %+v", c.text, at, got, want)
			}
			checkRef(t, r, at)
		}
	}
}

// TestParseParts: what a resolver asks for.
func TestParseParts(t *testing.T) {
	r := Parse(" Acme/Tool/Sub/Dir@Refs/Tags/V1\n", InStep)
	if r.Owner() != "acme" || r.Repo() != "tool" || r.Path() != "Sub/Dir" || r.Version() != "Refs/Tags/V1" || r.SHA() != "" {
		t.Errorf("parts %q %q %q %q %q", r.Owner(), r.Repo(), r.Path(), r.Version(), r.SHA())
	}
	if r = Parse("Acme/Tool@"+strings.ToUpper(testSHA), InStep); r.SHA() != testSHA || r.Repository() != "acme/tool" {
		t.Errorf("SHA %q of %q", r.SHA(), r.Repository())
	}
	if r = Parse("docker://host:5000/a/b:1@"+testDigest, InStep); r.Image() != "host:5000/a/b:1" || r.Digest() != testDigest || r.SHA() != "" {
		t.Errorf("image %q digest %q sha %q", r.Image(), r.Digest(), r.SHA())
	}
	if r = (Ref{}); r.Pinned() || r.ThirdParty() || r.Canonical() != "" {
		t.Error("the zero Ref is something")
	}
}

// TestParseLeaves: only a path that is outside at some point leaves the workspace.
func TestParseLeaves(t *testing.T) {
	for text, want := range map[string]bool{
		"./":              false,
		"./a/..":          false,
		"./a/../b":        false,
		"./..":            true,
		"./a/../../w/b":   true,
		`.\..\x`:          true,
		`.\a\..\b`:        false,
		"./...":           false,
		"./a/b/../../../": true,
		"././../x":        true,
		".//..//x":        true,
	} {
		if got := Parse(text, InStep); got.Annotate() != want || got.ThirdParty() != want || got.Kind() != KindLocal || got.Pinned() {
			t.Errorf("Parse(%q) = %s, annotate %v, want %v", text, got.Kind(), got.Annotate(), want)
		}
	}
}

// TestParseImages: what docker takes for a name, and what pins it.
func TestParseImages(t *testing.T) {
	for text, want := range map[string]Kind{
		"alpine":                           KindImage,
		"alpine:3.20":                      KindImage,
		"host.test:5000/a/b/c:1":           KindImage,
		"alpine@" + testDigest:             KindImage,
		"alpine@sha512:" + testDigest[7:]:  KindImage,
		"alpine@" + testDigest + "0":       KindImage,
		"alpine@" + testDigest[:70]:        KindImage,
		"alpine@" + testDigest + ":latest": KindImage,
		"a@b@" + testDigest:                KindInvalid,
		"@" + testDigest:                   KindInvalid,
		"/a@" + testDigest:                 KindInvalid,
		"a//b@" + testDigest:               KindInvalid,
		"a/@" + testDigest:                 KindInvalid,
		"a b@" + testDigest:                KindInvalid,
		"alpine @" + testDigest:            KindInvalid,
	} {
		r := Parse(text, InContainer)
		if r.Kind() != want || r.Pinned() != (text == "alpine@"+testDigest) {
			t.Errorf("Parse(%q) = %s pinned %v, want %s", text, r.Kind(), r.Pinned(), want)
		}
		checkRef(t, r, InContainer)
	}
}

// checkRef: what holds of every Ref, wherever it comes from.
func checkRef(t *testing.T, r Ref, at Place) {
	t.Helper()
	valid := r.Kind() != KindInvalid && r.Kind() != KindDynamic
	switch {
	case r.Pinned() && !valid:
		t.Errorf("%q is %s and pinned", r.Text(), r.Kind())
	case r.Pinned() && r.Annotate():
		t.Errorf("%q is pinned and annotated", r.Text())
	case !r.Pinned() && r.Why() == "":
		t.Errorf("%q is not pinned and does not say why", r.Text())
	case r.SHA() != "" && (!r.Pinned() || !isHex(r.SHA(), 40) || !strings.HasSuffix(r.Canonical(), "@"+r.SHA())):
		t.Errorf("%q has the commit %q and the canonical form %q", r.Text(), r.SHA(), r.Canonical())
	case r.Digest() != "" && !r.Pinned():
		t.Errorf("%q has a digest and is not pinned", r.Text())
	case !r.Pinned() && !r.Annotate() && r.ThirdParty():
		t.Errorf("%q is a third party's, not pinned, and nobody is told", r.Text())
	case r.Text() != strings.Trim(r.Text(), white):
		t.Errorf("text %q", r.Text())
	}
	if !valid {
		return
	}
	if strings.ContainsFunc(r.Text(), hidden) {
		t.Errorf("%q is valid and holds what cannot be seen", r.Text())
	}
	again := Parse(r.Canonical(), at)
	if again.Kind() != r.Kind() || again.Pinned() != r.Pinned() || again.Canonical() != r.Canonical() || again.Annotate() != r.Annotate() {
		t.Errorf("%q: canonical %q is %s, pinned %v, canonical %q", r.Text(), r.Canonical(), again.Kind(), again.Pinned(), again.Canonical())
	}
}
