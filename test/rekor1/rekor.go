package main

import (
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/go-openapi/loads"
	"github.com/sigstore/rekor/pkg/api"
	"github.com/sigstore/rekor/pkg/generated/restapi"
	"github.com/sigstore/rekor/pkg/generated/restapi/operations"
	"github.com/sigstore/rekor/pkg/types"
	"github.com/sigstore/rekor/pkg/types/dsse"
	_ "github.com/sigstore/rekor/pkg/types/dsse/v0.0.1" // registers itself
	"github.com/sigstore/rekor/pkg/types/hashedrekord"
	_ "github.com/sigstore/rekor/pkg/types/hashedrekord/v0.0.1" // registers itself
	"github.com/spf13/viper"
)

// rekor is the log.
type rekor struct {
	url    string
	public []byte // PKIX, DER
}

// startRekor serves Rekor over a Trillian. It takes its settings from viper and
// keeps its state in a package variable: one in a process. Without an index of
// entries it needs no Redis. Settings without a flag of ours are those of its
// command (v1.5.4).
func startRekor(trillian *net.TCPAddr) (*rekor, error) {
	for key, value := range map[string]any{
		"trillian_log_server.address": trillian.IP.String(), "trillian_log_server.port": trillian.Port,
		"rekor_server.hostname": "127.0.0.1", "rekor_server.signer": "memory",
		"enable_retrieve_api": false, "enable_attestation_storage": false, "max_request_body_size": 0,
		"enabled_api_endpoints": []string{
			"getLogInfo", "getPublicKey", "getLogProof", "createLogEntry", "getLogEntryByIndex", "getLogEntryByUUID", "searchLogQuery",
		},
	} {
		viper.Set(key, value)
	}
	types.SetAllowedKindsForSubmission([]string{dsse.KIND, hashedrekord.KIND})
	document, err := loads.Embedded(restapi.SwaggerJSON, restapi.FlatSwaggerJSON)
	if err != nil {
		return nil, fmt.Errorf("load rekor's interface: %w", err)
	}
	server := restapi.NewServer(operations.NewRekorServerAPI(document))
	api.ConfigureAPI(0) // makes a tree
	server.ConfigureAPI()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for rekor: %w", err)
	}
	r := &rekor{url: "http://" + listener.Addr().String()}
	h := &http.Server{Handler: server.GetHandler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = h.Serve(listener) }() // it ends with the process
	return r, r.askKey()
}

// askKey gets the log's key, which the server makes.
func (r *rekor) askKey() error {
	response, err := http.Get(r.url + "/api/v1/log/publicKey")
	if err != nil {
		return fmt.Errorf("ask rekor for its key: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("read rekor's key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return fmt.Errorf("parse rekor's key: %s, %q is no PEM", response.Status, text)
	}
	r.public = block.Bytes
	return nil
}
