package attest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-openapi/runtime"
	httptransport "github.com/go-openapi/runtime/client"
	"github.com/go-openapi/strfmt"
	protobundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	protorekor "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	rekortiles "github.com/sigstore/rekor-tiles/v2/pkg/generated/protobuf"
	rekorclient "github.com/sigstore/rekor/pkg/generated/client"
	"github.com/sigstore/sigstore-go/pkg/sign"
	"google.golang.org/protobuf/encoding/protojson"
)

// addToRekor2 adds an entry to a log of Rekor v2, which answers when the entry
// is in the published tree: about a second.
func addToRekor2(ctx context.Context, base string, transport http.RoundTripper, b *protobundle.Bundle, verifier []byte) (*protorekor.TransparencyLogEntry, error) {
	return added(ctx, sign.NewRekor(&sign.RekorOptions{
		BaseURL: base, Version: 2, ClientV2: rekor2{strings.TrimRight(base, "/"), transport},
	}), b, verifier)
}

// addToRekor1 adds an entry to a log of Rekor v1. The envelope is sent whole,
// and the log keeps hashes of it.
func addToRekor1(ctx context.Context, base string, transport http.RoundTripper, b *protobundle.Bundle, verifier []byte) (*protorekor.TransparencyLogEntry, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	rt := httptransport.NewWithClient(u.Host, strings.TrimRight(u.Path, "/")+"/", []string{u.Scheme}, &http.Client{Transport: transport})
	rt.Consumers["application/json"], rt.Producers["application/json"] = runtime.JSONConsumer(), runtime.JSONProducer()
	client := rekorclient.New(rt, strfmt.NewFormats())
	return added(ctx, sign.NewRekor(&sign.RekorOptions{BaseURL: base, Version: 1, Timeout: -1, Client: client.Entries}), b, verifier)
}

// AlreadyLogged reports whether a log of Rekor v2 refused a signature because it
// has it already. It gives no proof of the entry then; v1 does.
func AlreadyLogged(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return slices.ContainsFunc(joined.Unwrap(), AlreadyLogged)
	}
	var service *ServiceError
	var answer *refusal
	return errors.As(err, &service) && service.Service == rekorName && errors.As(err, &answer) && answer.status == http.StatusConflict
}

// added has the client add its entry to b, and takes it out again.
func added(ctx context.Context, rekor *sign.Rekor, b *protobundle.Bundle, verifier []byte) (*protorekor.TransparencyLogEntry, error) {
	b.VerificationMaterial.TlogEntries = nil
	if err := rekor.GetTransparencyLogEntry(ctx, verifier, b); err != nil {
		return nil, err
	}
	if len(b.VerificationMaterial.TlogEntries) != 1 {
		return nil, errors.New("the log gave no entry")
	}
	return b.VerificationMaterial.TlogEntries[0], nil
}

// rekor2 is sign.RekorV2Client over our transport: the one of rekor-tiles has
// a deadline and a transport of its own.
type rekor2 struct {
	base      string
	transport http.RoundTripper
}

func (r rekor2) Add(ctx context.Context, entry any) (*protorekor.TransparencyLogEntry, error) {
	record, ok := entry.(*rekortiles.HashedRekordRequestV002)
	if !ok {
		return nil, fmt.Errorf("an entry of type %T", entry)
	}
	body, err := protojson.Marshal(&rekortiles.CreateEntryRequest{
		Spec: &rekortiles.CreateEntryRequest_HashedRekordRequestV002{HashedRekordRequestV002: record},
	})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.base+"/api/v2/log/entries", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Transport: r.transport}).Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body) // bounded by the transport
	if err != nil {
		return nil, err
	}
	var out protorekor.TransparencyLogEntry
	if err := protojson.Unmarshal(answer, &out); err != nil {
		return nil, fmt.Errorf("read the log's entry: %w", err)
	}
	return &out, nil
}
