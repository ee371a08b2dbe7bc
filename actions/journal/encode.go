package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// minSecret is how long a secret must be to be looked for: a shorter one would
// black out ordinary words.
const minSecret = 4

// encode returns a record as one line of JSON without any of the secrets.
func encode(r Record, secrets []Secret) ([]byte, error) {
	b, err := marshal(r)
	if err != nil {
		return nil, err
	}
	for _, s := range secrets {
		if b, err = blackOut(b, s.Reveal()); err != nil {
			return nil, err
		}
	}
	if len(b) > MaxRecord {
		return nil, fmt.Errorf("a record of %d bytes is too large", len(b))
	}
	return b, nil
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// blackOut replaces secret in all strings of a JSON document. Only where it is
// found the document is taken apart, and loses the order of its keys.
func blackOut(doc []byte, secret string) ([]byte, error) {
	if len(secret) < minSecret {
		return doc, nil
	}
	written, err := marshal(secret)
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(doc, written[1:len(written)-1]) {
		return doc, nil
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return marshal(replace(v, secret))
}

func replace(v any, secret string) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, secret, redacted)
	case []any:
		for i := range v {
			v[i] = replace(v[i], secret)
		}
	case map[string]any:
		for k := range v {
			v[k] = replace(v[k], secret)
		}
	}
	return v
}
