package attest

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/sigstore/sigstore-go/pkg/tlog"
)

// sameCheckpoint compares an inclusion proof with its own checkpoint, whose
// signature is verified elsewhere. A Rekor v2 verifier needs the checkpoint
// alone; what stands beside it would be believed by whoever reads it.
func sameCheckpoint(entry *tlog.Entry) error {
	proof := entry.TransparencyLogEntry().GetInclusionProof()
	size, root, err := parseCheckpoint(proof.GetCheckpoint().GetEnvelope())
	if err != nil {
		return err
	}
	switch {
	case proof.GetTreeSize() < 0 || uint64(proof.GetTreeSize()) != size:
		return fmt.Errorf("checkpoint of a tree of %d, and a proof for one of %d", size, proof.GetTreeSize())
	case !bytes.Equal(proof.GetRootHash(), root):
		return errors.New("checkpoint and proof name different roots")
	case entry.IsRekorV2() && proof.GetLogIndex() != entry.LogIndex():
		return fmt.Errorf("proof for entry %d, and the entry is %d", proof.GetLogIndex(), entry.LogIndex())
	}
	return nil
}

// parseCheckpoint reads size and root hash of a checkpoint: origin, size and
// root in base64, each on a line
// (https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md).
func parseCheckpoint(text string) (size uint64, root []byte, err error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 {
		return 0, nil, errors.New("checkpoint has fewer than four lines")
	}
	if size, err = strconv.ParseUint(lines[1], 10, 64); err != nil {
		return 0, nil, fmt.Errorf("size in the checkpoint: %w", err)
	}
	if root, err = base64.StdEncoding.DecodeString(lines[2]); err != nil {
		return 0, nil, fmt.Errorf("root hash in the checkpoint: %w", err)
	}
	return size, root, nil
}

// hostname is the origin of a Rekor v2 log's checkpoints.
func hostname(baseURL string) (string, error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return "", fmt.Errorf("URL of the log in the trusted root: %w", err)
	}
	if u.Hostname() == "" {
		return "", fmt.Errorf("the trusted root has no URL for the log, which a Rekor v2 entry needs: %s", quote(baseURL))
	}
	return u.Hostname(), nil
}

// asResponse makes an RFC 3161 response of a bare token, which is what
// Witness keeps: the same token under the status "granted".
func asResponse(data []byte) []byte {
	var token struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"optional"`
	}
	if rest, err := asn1.Unmarshal(data, &token); err != nil || len(rest) > 0 {
		return data // no token: a response, or nothing that verifies
	}
	type status struct{ Status int }
	response, err := asn1.Marshal(struct {
		Status status
		Token  asn1.RawValue
	}{Token: asn1.RawValue{FullBytes: data}})
	if err != nil {
		return data
	}
	return response
}
