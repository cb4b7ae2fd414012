package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"time"

	common "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	trustroot "github.com/sigstore/protobuf-specs/gen/pb-go/trustroot/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// addToRoot writes to the trusted root from with the log's key, which verifiers
// find by its ID: the hash of the key alone.
func addToRoot(from, to string, r *rekor) error {
	root := new(trustroot.TrustedRoot)
	if err := readMessage(from, root); err != nil {
		return err
	}
	id := sha256.Sum256(r.public)
	root.Tlogs = append(root.Tlogs, &trustroot.TransparencyLogInstance{
		BaseUrl: r.url, HashAlgorithm: common.HashAlgorithm_SHA2_256, LogId: &common.LogId{KeyId: id[:]},
		PublicKey: &common.PublicKey{
			RawBytes: r.public, KeyDetails: common.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256, ValidFor: validity(),
		},
	})
	return writeMessage(to, root)
}

// putIntoConfig writes to the signing configuration from with this log alone.
func putIntoConfig(from, to string, r *rekor) error {
	config := new(trustroot.SigningConfig)
	if err := readMessage(from, config); err != nil {
		return err
	}
	config.RekorTlogUrls = []*trustroot.Service{{Url: r.url, MajorApiVersion: 1, Operator: "rekor1", ValidFor: validity()}}
	return writeMessage(to, config)
}

// validity begins an hour ago, so that no clock that lags makes a test fail.
func validity() *common.TimeRange {
	return &common.TimeRange{Start: timestamppb.New(time.Now().Add(-time.Hour))}
}

func readMessage(path string, m proto.Message) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := protojson.Unmarshal(data, m); err != nil {
		return fmt.Errorf("decode %s: %w", path, err)
	}
	return nil
}

func writeMessage(path string, m proto.Message) error {
	data, err := protojson.MarshalOptions{Multiline: true}.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
