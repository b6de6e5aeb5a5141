package folder

import (
	"net/http/httptest"
	"testing"

	"outreach/internal/objects"
	"outreach/internal/objects/objectstest"
)

var secret = []byte("a secret for tests alone")

// serve returns a store in a new directory, behind a server of its own.
func serve(t *testing.T) (*Store, string) {
	t.Helper()
	dir := t.TempDir()
	server := httptest.NewUnstartedServer(nil)
	s, err := Open(dir, "http://"+server.Listener.Addr().String(), secret)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = s
	server.Start()
	t.Cleanup(server.Close)
	return s, dir
}

func TestSuite(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) objects.Store {
		s, _ := serve(t)
		return s
	})
}
