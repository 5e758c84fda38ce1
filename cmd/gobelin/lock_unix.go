//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package main

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the exclusive lock of an open file, or returns errLocked. The
// system releases it when the file is closed or the process ends in any way.
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
