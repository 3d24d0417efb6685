package main

import (
	"encoding/base64"
	"unicode/utf8"
)

// keyJSON says in JSON which key of which group an answer is about.
type keyJSON struct {
	Group     string  `json:"group"`
	Key       *string `json:"key,omitempty"`
	KeyBase64 *string `json:"key_base64,omitempty"`
}

func keyOf(group, key string) keyJSON {
	plain, base64 := textOf([]byte(key))
	return keyJSON{group, plain, base64}
}

// textOf returns b as it is where that is UTF-8, which JSON's strings must be, and otherwise in base64.
func textOf(b []byte) (plain, encoded *string) {
	if utf8.Valid(b) {
		return new(string(b)), nil
	}
	return nil, new(base64.StdEncoding.EncodeToString(b))
}
