//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package main

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the exclusive lock of an open file, or returns errLocked. The
// system gives it back when the file is closed or the process ends, however it
// ends.
func lock(file *os.File) (unlock func(), err error) {
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() {}, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return nil, errLocked
		case !errors.Is(err, syscall.EINTR):
			return nil, os.NewSyscallError("flock", err)
		}
	}
}
