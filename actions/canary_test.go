package actions

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/admin/admintest"
	"github.com/stemedb/stemetop/actions/journal"
)

const canary = "canary-4711-secret"

// A server that repeats the secrets that it was sent, in every place that it can:
// none of them is in the journal, on the stream, in what is shown or in what is
// printed.
func TestNoSecretInAnyOutput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{200, 302, 401, 409, 422, 429, 500, 503} {
		server := admintest.Start(t, nil, func(s *admintest.Server, conn net.Conn, r *http.Request, body []byte) {
			text := fmt.Sprintf(`{"error":{"code":%q,"message":"you sent %s"}}`, canary, r.Header.Get("Authorization"))
			admintest.Answer(status, "application/json; x="+canary, text, "Retry-After: "+canary, "Location: http://"+canary+"/")(s, conn, r, body)
		})
		for i, o := range []admin.Options{
			{URL: "http://" + server.Addr(), TokenFile: file},
			{URL: "http://dana:" + canary + "@" + server.Addr()},
		} {
			client, err := admin.New(o)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "audit")
			s := newStageOf(t, client, dir)
			s.confirm(lower)
			v := s.done()
			var out strings.Builder
			d := v.Dialog
			fmt.Fprintf(&out, "%+v %+v %v %s %v", d, *d.Plan, d.Plan.Lines(), d.Result.Summary(), v.Busy(s.Now()))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			told, err := json.Marshal(s.told)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(told)
			paths, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil || len(paths) == 0 {
				t.Fatal(paths, err)
			}
			for _, path := range paths {
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				out.Write(b)
			}
			// That there was a secret is recorded, by the header's name.
			if got, want := recordedHeaders(t, paths), sentHeaders(server.Headers()[i]); !slices.Equal(got, want) {
				t.Errorf("recorded are the headers %q, sent %q", got, want)
			}
			// Of the password, also as basic authentication writes it.
			for _, secret := range []string{canary, "ZGFuYTpjYW5hcnktNDcxMS1zZWNyZXQ="} {
				if i := strings.Index(out.String(), secret); i >= 0 {
					t.Errorf("%d: a secret is shown: …%s", status, out.String()[max(0, i-100):i+len(secret)])
				}
			}
		}
		if h := server.Headers(); len(h) != 2 || h[0].Get("Authorization") == "" || h[1].Get("Authorization") == "" {
			t.Fatal("the secrets were not sent: this test shows nothing")
		}
	}
}

// recordedHeaders are the names in the newest intent of a journal.
func recordedHeaders(t *testing.T, paths []string) (names []string) {
	t.Helper()
	segments, err := journal.Segments(filepath.Dir(paths[0]))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range segments {
		if err := journal.Read(path, func(r journal.Record) {
			if r.Intent != nil {
				names = r.Intent.Request.Headers
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// sentHeaders are the names that a server saw, but for those that frame the
// message.
func sentHeaders(h http.Header) []string {
	h = h.Clone()
	for _, name := range []string{"Content-Length", "Connection"} {
		h.Del(name)
	}
	return slices.Sorted(maps.Keys(h))
}
