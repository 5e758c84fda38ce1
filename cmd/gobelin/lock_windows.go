package main

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock takes the exclusive lock of an open file, or returns errLocked. The
// system gives it back when the file is closed or the process ends, however it
// ends. What is locked is one byte far beyond the end of any file: on Windows
// nobody else could read bytes that are locked.
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
