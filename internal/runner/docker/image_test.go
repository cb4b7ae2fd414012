package docker

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	id      = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	digest2 = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
	digest3 = "sha256:3333333333333333333333333333333333333333333333333333333333333333"
)

func TestImageRefOfAnImage(t *testing.T) {
	for image, want := range map[string]string{
		"docker://alpine":                        "alpine",
		"docker://ghcr.io/o/r/x:v1":              "ghcr.io/o/r/x:v1",
		"Docker://localhost:5000/a@" + digest2:   "localhost:5000/a@" + digest2,
		"DOCKER://alpine:3@" + digest2:           "alpine:3@" + digest2,
		"docker://registry.example/a/Dockerfile": "registry.example/a/Dockerfile",
	} {
		ref, build, err := ImageRef(image, "/nowhere")
		if err != nil || build || ref != want {
			t.Errorf("ImageRef(%q) = %q, %t, %v; want %q", image, ref, build, err, want)
		}
	}
	for image, want := range map[string]string{
		"":                       "neither",
		"alpine":                 "neither",
		"docker://":              "empty",
		"docker://--privileged":  "begin with -",
		"docker://alpine --rm":   "white space",
		"docker://alpine\n":      "white space",
		"docker://a@b@c":         "two @",
		"docker://${{ inputs.a}": "white space",
	} {
		if ref, _, err := ImageRef(image, "/nowhere"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ImageRef(%q) = %q, %v; want an error with %q", image, ref, err, want)
		}
	}
	if Pinned("alpine:3@"+digest2) != digest2 || Pinned("alpine:3") != "" || Pinned("alpine@sha256:12") != "" {
		t.Error("only a whole sha256 digest pins an image")
	}
}

func TestImageRefOfADockerfile(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "action")
	files := []string{"Dockerfile", "sub/dockerfile", "Dockerfile.alpine", "my.Dockerfile", "Containerfile", "../Dockerfile"}
	for _, name := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("FROM scratch\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "dirDockerfile"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../Dockerfile", filepath.Join(dir, "outDockerfile")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink("sub/dockerfile", filepath.Join(dir, "inDockerfile")); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"Dockerfile", "./Dockerfile", "sub/dockerfile", "Dockerfile.alpine", "my.Dockerfile", "inDockerfile", "sub/../Dockerfile"} {
		ref, build, err := ImageRef(name, dir)
		if want := filepath.Join(dir, filepath.FromSlash(name)); err != nil || !build || ref != want {
			t.Errorf("ImageRef(%q) = %q, %t, %v; want %q", name, ref, build, err, want)
		}
	}
	for name, want := range map[string]string{
		"../Dockerfile":         "leads out",
		"/etc/Dockerfile":       "leads out",
		"sub/../../Dockerfile":  "leads out",
		"outDockerfile":         "escapes",
		"dirDockerfile":         "not a file",
		"none/Dockerfile":       "not in the action's folder",
		"Dockerfile.d/../other": "neither",
		"Containerfile":         "neither",
	} {
		if ref, build, err := ImageRef(name, dir); err == nil || build || !strings.Contains(err.Error(), want) {
			t.Errorf("ImageRef(%q) = %q, %t, %v; want an error with %q", name, ref, build, err, want)
		}
	}
	if _, _, err := ImageRef("Dockerfile", filepath.Join(parent, "gone")); err == nil {
		t.Error("a Dockerfile of a folder that is not there was found")
	}
}

func TestParseInspect(t *testing.T) {
	for _, text := range []string{
		`{"Id":"` + id + `","RepoDigests":["alpine@` + digest2 + `","<none>@<none>"],"Os":"linux","Architecture":"arm64"}`,
		` [{"Id":"` + id + `","RepoDigests":["alpine@` + digest2 + `"],"Os":"linux","Architecture":"arm64","Config":{"User":"1"}}]` + "\n",
	} {
		got, err := ParseInspect([]byte(text))
		if err != nil || got.ID != id || !slices.Equal(got.Digests, []string{"alpine@" + digest2}) || got.OS != "linux" || got.Architecture != "arm64" {
			t.Errorf("ParseInspect(%s) = %+v, %v", text, got, err)
		}
	}
	if got, err := ParseInspect([]byte(`{"Id":"` + id + `","RepoDigests":null}`)); err != nil || len(got.Digests) != 0 {
		t.Errorf("an image that was built: %+v, %v", got, err)
	}
	many := `{"Id":"` + id + `","RepoDigests":[` + strings.Repeat(`"a@`+digest2+`",`, maxDigests) + `"a@` + digest2 + `"]}`
	for text, want := range map[string]string{
		"":                                "EOF",
		"[]":                              "not one object",
		"Error: No such image":            "invalid character",
		`{"Id":"` + id + `"} {}`:          "",
		`{"Id":"1234"}`:                   "not an Id",
		`{"Id":"` + id + "\\n" + `"}`:     "not an Id",
		many:                              "more than",
		strings.Repeat(" ", maxInspect+1): "longer than",
		`{"Id":"` + id + `","RepoDigests":["alpine"]}`:                      "NAME@DIGEST",
		`{"Id":"` + id + `","RepoDigests":["::error::@` + digest2 + `"]}`:   "NAME@DIGEST",
		`{"Id":"` + id + `","Os":"` + strings.Repeat("x", maxWord+1) + `"}`: "platform",
		`[{"Id":"` + id + `"},{"Id":"` + id + `"}]`:                         "not one object",
	} {
		if got, err := ParseInspect([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseInspect(%.80s) = %+v, %v; want an error with %q", text, got, err, want)
		}
	}
}

// FuzzParseInspect: what is accepted can be shown and signed as it is.
func FuzzParseInspect(f *testing.F) {
	f.Add([]byte(`{"Id":"` + id + `","RepoDigests":["alpine@` + digest2 + `"],"Os":"linux","Architecture":"amd64"}`))
	f.Add([]byte(`[{"Id":"` + id + `","RepoDigests":["<none>@<none>"]}]`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ParseInspect(data)
		if err != nil {
			return
		}
		for _, s := range append(slices.Clone(got.Digests), got.ID) {
			if strings.ContainsAny(s, " \r\n<>") || len(s) < len(id) {
				t.Errorf("ParseInspect(%q) has %q", data, s)
			}
		}
		if len(got.Digests) > maxDigests {
			t.Errorf("%d digests", len(got.Digests))
		}
	})
}

func TestDigest(t *testing.T) {
	image := Image{ID: id, Digests: []string{"alpine@" + digest2, "localhost:5000/a/b@" + digest3, "ghcr.io/a/b@" + digest2}}
	for ref, want := range map[string]string{
		"alpine":                     digest2,
		"alpine:3":                   digest2,
		"docker.io/library/alpine:3": digest2,
		"library/alpine":             digest2,
		"alpine:3@" + digest2:        digest2,
		"localhost:5000/a/b":         digest3,
		"localhost:5000/a/b:1":       digest3,
		"ghcr.io/a/b@" + digest2:     digest2,
		"a/b":                        "",
		"busybox":                    "",
	} {
		if got, err := image.Digest(ref); err != nil || got != want {
			t.Errorf("Digest(%q) = %q, %v; want %q", ref, got, err, want)
		}
	}
	for _, ref := range []string{"alpine@" + digest3, "busybox@" + digest2} {
		if got, err := image.Digest(ref); err == nil {
			t.Errorf("Digest(%q) = %q, want an error: the engine has another image", ref, got)
		}
	}
}
