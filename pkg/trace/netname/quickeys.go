package netname

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/fips140"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// suite is what a version of QUIC derives Initial keys with: RFC 9001, section
// 5.2, and RFC 9369, section 3.3.
type suite struct{ salt, key, iv, mask string }

func suiteOf(version uint32) suite {
	if version == quicV2 {
		return suite{
			"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9",
			"quicv2 key", "quicv2 iv", "quicv2 hp",
		}
	}
	return suite{
		"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a",
		"quic key", "quic iv", "quic hp",
	}
}

// initialKeys open what a client sends in Initial packets. They are no secret:
// they follow from the connection ID in the first of them.
type initialKeys struct {
	aead cipher.AEAD
	iv   []byte
	mask cipher.Block
}

// newInitialKeys derives the keys of a connection. FIPS 140-3 would refuse them,
// for the short connection ID and the nonce that the packet decides; but nothing
// is kept secret or proved by them, so it is not enforced here.
func newInitialKeys(version uint32, id []byte) (keys *initialKeys, err error) {
	fips140.WithoutEnforcement(func() { keys, err = deriveInitialKeys(version, id) })
	return keys, err
}

func deriveInitialKeys(version uint32, id []byte) (*initialKeys, error) {
	s := suiteOf(version)
	secret, err := hkdf.Extract(sha256.New, id, []byte(s.salt))
	if err != nil {
		return nil, fmt.Errorf("derive the Initial secret: %w", err)
	}
	if secret, err = expandLabel(secret, "client in", sha256.Size); err != nil {
		return nil, err
	}
	var key, iv, mask []byte
	for _, d := range []struct {
		out   *[]byte
		label string
		size  int
	}{{&key, s.key, 16}, {&iv, s.iv, 12}, {&mask, s.mask, 16}} {
		if *d.out, err = expandLabel(secret, d.label, d.size); err != nil {
			return nil, err
		}
	}
	return assembleKeys(key, iv, mask)
}

func assembleKeys(key, iv, mask []byte) (*initialKeys, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make the Initial key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make the Initial cipher: %w", err)
	}
	header, err := aes.NewCipher(mask)
	if err != nil {
		return nil, fmt.Errorf("make the header key: %w", err)
	}
	return &initialKeys{aead, iv, header}, nil
}

// expandLabel is HKDF-Expand-Label of TLS 1.3 without context (RFC 8446,
// section 7.1).
func expandLabel(secret []byte, label string, size int) ([]byte, error) {
	label = "tls13 " + label
	info := binary.BigEndian.AppendUint16(nil, uint16(size))
	info = append(info, byte(len(label)))
	info = append(append(info, label...), 0)
	out, err := hkdf.Expand(sha256.New, secret, string(info), size)
	if err != nil {
		return nil, fmt.Errorf("derive %q: %w", label, err)
	}
	return out, nil
}

// open removes the protection of a packet's header and opens its payload (RFC
// 9001, section 5). The packet itself stays as it is.
func (k *initialKeys) open(in initial) ([]byte, bool) {
	const sampleAt, sampleSize = 4, aes.BlockSize
	if len(in.packet) < in.number+sampleAt+sampleSize {
		return nil, false
	}
	var mask [sampleSize]byte
	k.mask.Encrypt(mask[:], in.packet[in.number+sampleAt:][:sampleSize])
	first := in.packet[0] ^ mask[0]&0x0f
	size := int(first&3) + 1
	header := append([]byte{first}, in.packet[1:in.number+size]...)
	nonce := append([]byte(nil), k.iv...)
	for i := range size {
		header[in.number+i] ^= mask[1+i]
		nonce[len(nonce)-size+i] ^= header[in.number+i]
	}
	payload, err := k.aead.Open(nil, nonce, in.packet[in.number+size:], header)
	return payload, err == nil
}
