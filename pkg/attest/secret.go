package attest

import (
	"bytes"
	"errors"
)

// pieceOfSecret is the shortest part of a secret that is taken for one. Twelve
// characters of base64 are nine bytes: no word of an error is that by chance.
const pieceOfSecret = 12

// hide replaces what text has of a secret, whole or in part, by ***. A service
// may send back what it was sent, or the end of it, or its claims alone.
func hide(secret string, text []byte) []byte {
	if len(secret) < pieceOfSecret {
		return text
	}
	pieces := make(map[string]bool, len(secret))
	for i := 0; i+pieceOfSecret <= len(secret); i++ {
		pieces[secret[i:i+pieceOfSecret]] = true
	}
	var out bytes.Buffer
	for i := 0; i < len(text); {
		end := i // of the run of pieces that begins at i
		for j := i; j+pieceOfSecret <= len(text) && (j == i || j < end) && pieces[string(text[j:j+pieceOfSecret])]; j++ {
			end = j + pieceOfSecret
		}
		if end == i {
			out.WriteByte(text[i])
			i++
			continue
		}
		out.WriteString("***")
		i = end
	}
	return out.Bytes()
}

// without takes a secret out of the text of an error.
func without(secret string, err error) error {
	if err == nil {
		return nil
	}
	clean := func(e error) error { return errors.New(string(hide(secret, []byte(e.Error())))) }
	if clean(err).Error() == err.Error() {
		return err
	}
	var service *ServiceError
	if errors.As(err, &service) {
		copied := *service
		copied.Err = clean(service.Err)
		return &copied
	}
	return clean(err)
}
