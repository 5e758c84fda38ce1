//go:build linux

package durable_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// postgres starts a server with an empty database, and returns its URL.
func postgres(t *testing.T) string {
	t.Helper()
	bin := func(name string) string {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
		if len(found) == 0 {
			if os.Getenv("GOBELIN_REQUIRE_POSTGRES") != "" {
				t.Fatal("Postgres is not installed")
			}
			t.Skip("Postgres is not installed (Debian: apt-get install postgresql)")
		}
		return found[len(found)-1]
	}
	dir, err := os.MkdirTemp("", "postgres")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	attributes := &syscall.SysProcAttr{}
	if os.Getuid() == 0 { // as whom it refuses to run
		account, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(account.Uid)
		gid, _ := strconv.Atoi(account.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	attributes.Pdeathsig = syscall.SIGQUIT
	initdb := exec.Command(bin("initdb"), "-D", dir+"/data", "-U", "gobelin", "-A", "trust", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, attributes
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	server := exec.Command(bin("postgres"), "-D", dir+"/data", "-k", dir, "-c", fmt.Sprintf("port=%d", port),
		"-c", "listen_addresses=127.0.0.1")
	server.Dir, server.SysProcAttr = dir, attributes
	runtime.LockOSThread() // it gets the signal when this thread ends
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Signal(syscall.SIGINT)
		server.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; {
		ready := exec.Command(bin("pg_isready"), "-h", "127.0.0.1", "-p", strconv.Itoa(port))
		if ready.Run() == nil {
			return fmt.Sprintf("postgres://gobelin@127.0.0.1:%d/postgres?sslmode=disable", port)
		}
		if time.Now().After(deadline) {
			t.Fatal("Postgres does not begin")
		}
		time.Sleep(50 * time.Millisecond) // between two checks
	}
}
