package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	trustroot "github.com/sigstore/protobuf-specs/gen/pb-go/trustroot/v1"
)

// TestRun: the log serves, is in the trusted root beside the one that was
// there, and alone in the signing configuration.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	trustedRoot, signingConfig := filepath.Join(dir, "given_root.json"), filepath.Join(dir, "given_config.json")
	for path, text := range map[string]string{
		trustedRoot:   `{"tlogs":[{"baseUrl":"http://other.test"}]}`,
		signingConfig: `{"rekorTlogUrls":[{"url":"http://other.test","majorApiVersion":2}],"caUrls":[{"url":"http://ca.test"}]}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in, input := io.Pipe()
	output, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(t.TempDir(), trustedRoot, signingConfig, in, out)
		out.CloseWithError(err)
		done <- err
	}()
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		t.Fatal(err)
	}
	root, config := new(trustroot.TrustedRoot), new(trustroot.SigningConfig)
	if err := readMessage(a.TrustedRoot, root); err != nil || len(root.Tlogs) != 2 || root.Tlogs[1].BaseUrl != a.Rekor {
		t.Errorf("the trusted root is %v, %v", root, err)
	}
	if err := readMessage(a.SigningConfig, config); err != nil || len(config.RekorTlogUrls) != 1 || config.RekorTlogUrls[0].Url != a.Rekor ||
		config.RekorTlogUrls[0].MajorApiVersion != 1 || len(config.CaUrls) != 1 {
		t.Errorf("the signing configuration is %v, %v", config, err)
	}
	response, err := http.Get(a.Rekor + "/api/v1/log")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("the log says %s", response.Status)
	}
	input.Close()
	if err := <-done; err != nil {
		t.Errorf("the end: %v", err)
	}
}
