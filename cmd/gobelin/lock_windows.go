package main

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock takes the exclusive lock of an open file, or returns errLocked. The
// system releases it when the file is closed or the process ends in any way.
// The lock covers one byte far beyond the end of any file: on Windows others
// cannot read locked bytes.
func lock(file *os.File) (unlock func(), err error) {
	at := &windows.Overlapped{Offset: 0xffff_fffe, OffsetHigh: 0x7fff_ffff}
	err = windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	switch {
	case err == nil:
		return func() {}, nil
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION):
		return nil, errLocked
	}
	return nil, os.NewSyscallError("LockFileEx", err)
}
