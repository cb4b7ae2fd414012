package main

import (
	"debug/buildinfo"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// folder has a manifest without a release, and the repository's Dockerfile.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("../../docker/Dockerfile")
	must(t, err)
	must(t, os.Mkdir(filepath.Join(dir, "docker"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "docker", "Dockerfile"), text, 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "release.txt"), []byte("version none\n"), 0o644))
	return dir
}

func assets() []asset {
	var all []asset
	for i, target := range strings.Split(platforms, ",") {
		all = append(all, asset{target, name(target), int64(1000 + i), [32]byte{byte(i)}})
	}
	return all
}

// TestManifest: what is written agrees with what was built, and with nothing else.
func TestManifest(t *testing.T) {
	dir := folder(t)
	must(t, compare(dir, assets())) // no release: nothing is promised
	must(t, write(dir, "1.2.3", assets()))
	text, err := os.ReadFile(filepath.Join(dir, "release.txt"))
	must(t, err)
	if !strings.Contains(string(text), "\nversion 1.2.3\nlinux amd64 1000 "+strings.Repeat("0", 64)+" cilock-linux-amd64\nlinux arm64 1001 01") {
		t.Errorf("%s", text)
	}
	dockerfile, err := os.ReadFile(filepath.Join(dir, "docker", "Dockerfile"))
	must(t, err)
	for _, want := range []string{
		"sha256:00" + strings.Repeat("0", 62) + " --chmod=0755 " + releases + "/v1.2.3/cilock-linux-amd64 /cilock\n",
		"sha256:01" + strings.Repeat("0", 62) + " --chmod=0755 " + releases + "/v1.2.3/cilock-linux-arm64 /cilock\n",
	} {
		if !strings.Contains(string(dockerfile), want) {
			t.Errorf("the Dockerfile has no %q:\n%s", want, dockerfile)
		}
	}
	must(t, compare(dir, assets()))
	must(t, compare(dir, assets()[2:])) // some platforms only

	other := assets()
	other[4].sum[31] = 1
	if err := compare(dir, other); err == nil || !strings.Contains(err.Error(), other[4].line()) {
		t.Errorf("another binary for Windows: %v", err)
	}
	must(t, os.WriteFile(filepath.Join(dir, "docker", "Dockerfile"), []byte(strings.Replace(string(dockerfile), "sha256:01", "sha256:02", 1)), 0o644))
	if err := compare(dir, assets()); err == nil || !strings.Contains(err.Error(), "docker/Dockerfile") {
		t.Errorf("another digest in the Dockerfile: %v", err)
	}
	must(t, os.WriteFile(filepath.Join(dir, "docker", "Dockerfile"), []byte("FROM scratch\n"), 0o644))
	if err := write(dir, "1.2.3", assets()); err == nil {
		t.Error("a Dockerfile without the lines was taken")
	}
}

// TestRepository: the committed Dockerfile and manifest can be a release's.
func TestRepository(t *testing.T) {
	must(t, write(folder(t), "1.2.3-rc.1", assets()))
	if _, err := os.Stat("../../release.txt"); err != nil {
		t.Error(err)
	}
}

// TestIdentical: two builds that differ are no release.
func TestIdentical(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	must(t, os.WriteFile(one, []byte("abcd"), 0o644))
	for text, want := range map[string]string{"abcd": "", "abxd": "differ from byte 2 on", "abcde": "differ from byte 4 on"} {
		must(t, os.WriteFile(two, []byte(text), 0o644))
		_, err := identical(one, two)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestEnvironment: the caller's settings do not reach the build.
func TestEnvironment(t *testing.T) {
	env := environment([]string{"PATH=/bin", "GOFLAGS=-tags=x", "GOAMD64=v4", "GOEXPERIMENT=x", "CGO_ENABLED=1", "GOPROXY=off", "GOTOOLCHAIN=local"}, "linux", "arm64")
	want := []string{"PATH=/bin", "GOPROXY=off", "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0", "GOWORK=off", "GO111MODULE=on", "GOFIPS140=v1.0.0", "GOTOOLCHAIN=" + toolchain}
	if !slices.Equal(env, want) {
		t.Errorf("the build's environment is %q, want %q", env, want)
	}
}

// TestRefused: what is not a release is not begun.
func TestRefused(t *testing.T) {
	for _, args := range []string{"", "-out x", "-out x -version 1", "-out x -version v1.2.3", "-out x -version 1.2.3 -check", "-version 1.2.3", "-out x -version 1.2.3/..", "-out x -check -targets plan9/amd64", "-out x -check y"} {
		if err := run(t.Context(), strings.Fields(args)); err == nil {
			t.Errorf("%q was not refused", args)
		}
	}
	if _, err := os.Lstat("x"); err == nil {
		t.Error("a folder was made")
	}
}

// TestSBOM: every module of a binary is in its SBOM, with Go's own library. The
// binary is this test.
func TestSBOM(t *testing.T) {
	path, err := os.Executable()
	must(t, err)
	text, err := sbom(path, asset{target: "linux/amd64", file: "cilock-linux-amd64", sum: [32]byte{0xab}})
	must(t, err)
	again, err := sbom(path, asset{target: "linux/amd64", file: "cilock-linux-amd64", sum: [32]byte{0xab}})
	if must(t, err); string(text) != string(again) {
		t.Error("the same binary has two SBOMs")
	}
	var got document
	must(t, json.Unmarshal(text, &got))
	info, err := buildinfo.ReadFile(path)
	must(t, err)
	if len(got.Components) != 1+len(info.Deps) || got.Components[0].PURL != "pkg:golang/std@"+strings.TrimPrefix(info.GoVersion, "go")+"?type=module" {
		t.Errorf("components are %+v, modules %v", got.Components, info.Deps)
	}
	if h := got.Metadata.Component.Hashes; len(h) != 1 || h[0].Alg != "SHA-256" || !strings.HasPrefix(h[0].Content, "ab00") {
		t.Errorf("hashes are %+v", h)
	}
	c := module("example.com/M", "v2.0.0+incompatible", "h1:x")
	if c.PURL != "pkg:golang/example.com/M@v2.0.0%2Bincompatible?type=module" || c.Properties[0] != (property{"go.sum", "h1:x"}) {
		t.Errorf("%+v", c)
	}
}
